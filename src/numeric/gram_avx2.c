/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/gram_internal.h"

enum { ROWS = 4, WIDTH = 4 }; /* a tile is ROWS × (2 · WIDTH) */

/* Four rows and eight columns of the output over `row_count` rows in time. */
static void add_tile(const caus_gram_task *task, const double *left,
                     const double *right, double *out, size_t row_count)
{
    __m256d sum[ROWS][2];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 2; j++)
            sum[i][j] = _mm256_loadu_pd(out + i * task->out_stride + j * WIDTH);
    for (size_t r = 0; r < row_count; r++) {
        __m256d low = _mm256_loadu_pd(right);
        __m256d high = _mm256_loadu_pd(right + WIDTH);
        for (size_t i = 0; i < ROWS; i++) {
            __m256d factor = _mm256_broadcast_sd(left + i);
            sum[i][0] = _mm256_fmadd_pd(factor, low, sum[i][0]);
            sum[i][1] = _mm256_fmadd_pd(factor, high, sum[i][1]);
        }
        left += task->left_stride;
        right += task->right_stride;
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 2; j++)
            _mm256_storeu_pd(out + i * task->out_stride + j * WIDTH, sum[i][j]);
}

void caus_gram_add_avx2(const caus_gram_task *task)
{
    for (size_t r = 0; r < task->row_count; r += CAUS_GRAM_ROWS) {
        size_t rows = task->row_count - r;
        if (rows > CAUS_GRAM_ROWS)
            rows = CAUS_GRAM_ROWS;
        const double *left = task->left + r * task->left_stride;
        const double *right = task->right + r * task->right_stride;
        for (size_t j = 0; j < task->right_count; j += CAUS_LANES)
            for (size_t i = 0; i < task->left_count; i += ROWS)
                add_tile(task, left + i, right + j,
                         task->out + i * task->out_stride + j, rows);
    }
}
