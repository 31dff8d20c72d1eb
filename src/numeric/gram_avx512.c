/* SPDX-License-Identifier: Apache-2.0 */
#include <immintrin.h>

#include "numeric/gram_internal.h"

enum { ROWS = 8, MAX_VECTORS = 3 };

/* Eight rows and `vectors` times eight columns of the output. */
static inline __attribute__((always_inline)) void
add_tile(const caus_gram_task *task, const double *left, const double *right,
         double *out, size_t row_count, size_t vectors)
{
    __m512d sum[ROWS][MAX_VECTORS];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] =
                _mm512_loadu_pd(out + i * task->out_stride + v * CAUS_LANES);
    for (size_t r = 0; r < row_count; r++) {
        __m512d column[MAX_VECTORS];
        for (size_t v = 0; v < vectors; v++)
            column[v] = _mm512_loadu_pd(right + v * CAUS_LANES);
        for (size_t i = 0; i < ROWS; i++) {
            __m512d factor = _mm512_set1_pd(left[i]);
            for (size_t v = 0; v < vectors; v++)
                sum[i][v] = _mm512_fmadd_pd(factor, column[v], sum[i][v]);
        }
        left += task->left_stride;
        right += task->right_stride;
    }
    for (size_t i = 0; i < ROWS; i++)
        for (size_t v = 0; v < vectors; v++)
            _mm512_storeu_pd(out + i * task->out_stride + v * CAUS_LANES,
                             sum[i][v]);
}

static void add_tiles(const caus_gram_task *task, size_t first_row, size_t rows,
                      size_t j, size_t vectors)
{
    const double *left = task->left + first_row * task->left_stride;
    const double *right = task->right + first_row * task->right_stride + j;
    for (size_t i = 0; i < task->left_count; i += ROWS) {
        double *out = task->out + i * task->out_stride + j;
        if (vectors == 3)
            add_tile(task, left + i, right, out, rows, 3);
        else if (vectors == 2)
            add_tile(task, left + i, right, out, rows, 2);
        else
            add_tile(task, left + i, right, out, rows, 1);
    }
}

void caus_gram_add_avx512(const caus_gram_task *task)
{
    for (size_t r = 0; r < task->row_count; r += CAUS_GRAM_ROWS) {
        size_t rows = task->row_count - r;
        if (rows > CAUS_GRAM_ROWS)
            rows = CAUS_GRAM_ROWS;
        size_t j = 0;
        while (j < task->right_count) {
            size_t vectors = (task->right_count - j) / CAUS_LANES;
            if (vectors > MAX_VECTORS)
                vectors = MAX_VECTORS;
            add_tiles(task, r, rows, j, vectors);
            j += vectors * CAUS_LANES;
        }
    }
}
