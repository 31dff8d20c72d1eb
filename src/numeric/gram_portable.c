/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "numeric/gram_internal.h"

/* One row of the output, CAUS_LANES wide. */
static void add_lanes(const caus_gram_task *task, size_t i, size_t j)
{
    double *out = task->out + i * task->out_stride + j;
    double sum[CAUS_LANES];
    for (size_t lane = 0; lane < CAUS_LANES; lane++)
        sum[lane] = out[lane];
    for (size_t r = 0; r < task->row_count; r++) {
        double factor = task->left[r * task->left_stride + i];
        const double *right = task->right + r * task->right_stride + j;
        for (size_t lane = 0; lane < CAUS_LANES; lane++)
            sum[lane] = fma(factor, right[lane], sum[lane]);
    }
    for (size_t lane = 0; lane < CAUS_LANES; lane++)
        out[lane] = sum[lane];
}

void caus_gram_add_portable(const caus_gram_task *task)
{
    for (size_t j = 0; j < task->right_count; j += CAUS_LANES)
        for (size_t i = 0; i < task->left_count; i++)
            add_lanes(task, i, j);
}
