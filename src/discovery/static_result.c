/* SPDX-License-Identifier: Apache-2.0 */
/* The public form of what a static search found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/static_internal.h"
#include "numeric/distributions.h"

caus_status caus_give_numbers(const caus_skeleton *skeleton, caus_arena *out,
                              caus_discovery *result, caus_error *err)
{
    size_t nodes = skeleton->node_count;
    double *statistic = CAUS_ARRAY(out, double, nodes *nodes);
    double *p_value = CAUS_ARRAY(out, double, nodes *nodes);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    memcpy(statistic, skeleton->statistic, nodes * nodes * sizeof *statistic);
    for (size_t v = 0; v < nodes; v++) {
        const uint64_t *row = skeleton->adjacent + v * skeleton->word_count;
        for (size_t w = 0; w < nodes; w++) {
            size_t cell = v * nodes + w;
            p_value[cell] = v == w ? 1 : (double)NAN;
            if (caus_bit_get(row, w))
                p_value[cell] =
                    fmin(1, 2 * caus_normal_sf(skeleton->deviate[cell]));
        }
    }
    result->statistic = statistic;
    result->p_value = p_value;
    return CAUS_OK;
}

caus_status caus_give_sets(const caus_skeleton *skeleton, caus_arena *out,
                           caus_discovery *result, caus_error *err)
{
    size_t nodes = skeleton->node_count, total = 0;
    for (size_t cell = 0; cell < nodes * nodes; cell++)
        total += skeleton->set_sizes[cell];
    caus_separating_set *sets =
        CAUS_ARRAY(out, caus_separating_set, nodes * nodes);
    caus_lagged *members = CAUS_ARRAY(out, caus_lagged, total);
    if (!sets || !members)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < nodes * nodes; cell++) {
        size_t count = skeleton->set_sizes[cell];
        if (!count)
            continue;
        for (size_t k = 0; k < count; k++)
            members[k].variable = skeleton->sets[cell][k];
        sets[cell] = (caus_separating_set){count, members};
        members += count;
    }
    result->separating_sets = sets;
    return CAUS_OK;
}

static int compare_size(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int compare_block(const void *a, const void *b)
{
    const caus_singular_block *x = a, *y = b;
    for (size_t k = 0; k < x->count && k < y->count; k++)
        if (x->variables[k] != y->variables[k])
            return x->variables[k] < y->variables[k] ? -1 : 1;
    return x->count < y->count ? -1 : x->count > y->count;
}

caus_status caus_give_singular(const caus_skeleton *skeleton, caus_arena *out,
                               caus_discovery *result, caus_error *err)
{
    size_t count = 0, kept = 0;
    caus_singular_block *blocks =
        CAUS_ARRAY(out, caus_singular_block, skeleton->node_count);
    if (!blocks)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < skeleton->node_count; v++) {
        const uint32_t *noted = skeleton->singular[v];
        if (!noted)
            continue;
        size_t *variables = CAUS_ARRAY(out, size_t, noted[0]);
        if (!variables)
            return caus_arena_fail(out, err);
        for (size_t k = 0; k < noted[0]; k++)
            variables[k] = noted[k + 1];
        qsort(variables, noted[0], sizeof *variables, compare_size);
        blocks[count++] = (caus_singular_block){noted[0], variables};
    }
    if (!count)
        return CAUS_OK;
    qsort(blocks, count, sizeof *blocks, compare_block);
    for (size_t k = 0; k < count; k++)
        if (!k || compare_block(&blocks[kept - 1], &blocks[k]))
            blocks[kept++] = blocks[k];
    result->singular = blocks;
    result->singular_count = kept;
    return CAUS_OK;
}

caus_status caus_static_call(const caus_series *series, size_t least,
                             const caus_run *run, caus_arena *out,
                             caus_static_fn *learn, const void *data,
                             caus_discovery *result, caus_error *err)
{
    enum { MAX_THREADS = 256 };
    caus_arena_mark marks[MAX_THREADS], mark = caus_arena_get_mark(out);
    int threads = caus_run_threads(run);
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    for (int k = 0; k < threads; k++)
        marks[k] = caus_arena_get_mark(caus_run_scratch(run, k));
    caus_correlation correlation = {0};
    caus_discovery made = {0};
    caus_status status = caus_correlate(
        series, least, run, caus_run_scratch(run, 0), &correlation, err);
    if (status == CAUS_OK)
        status = learn(data, &correlation, run, out, &made, err);
    if (status == CAUS_ERR_TIME_LIMIT) {
        caus_arena_rewind(out, mark);
        status = caus_give_empty(series->variable_count, 0, out, &made, err);
    }
    for (int k = threads; k-- > 0;)
        caus_arena_rewind(caus_run_scratch(run, k), marks[k]);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    made.rows_used = correlation.row_count;
    *result = made;
    return CAUS_OK;
}
