/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "independence/linear_internal.h"

caus_status caus_linear_start(const caus_sample *sample, const caus_run *run,
                              caus_arena *arena, caus_linear_work *work,
                              caus_error *err)
{
    *work = (caus_linear_work){.sample = sample, .run = run, .arena = arena};
    work->listed_in = CAUS_ARRAY(arena, uint32_t, sample->node_count);
    work->lost = CAUS_ARRAY(arena, uint64_t, sample->word_count);
    work->rows = CAUS_ARRAY(arena, size_t, sample->row_count);
    if (!work->listed_in || !work->lost || !work->rows)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static caus_status grow_nodes(caus_linear_work *work, size_t count,
                              caus_error *err)
{
    if (count <= work->node_capacity)
        return CAUS_OK;
    size_t capacity = count < 16 ? 16 : 2 * count;
    caus_node *nodes = CAUS_ARRAY(work->arena, caus_node, capacity);
    if (!nodes)
        return caus_arena_fail(work->arena, err);
    if (work->given_count)
        memcpy(nodes, work->nodes, work->given_count * sizeof *nodes);
    work->nodes = nodes;
    work->node_capacity = capacity;
    return CAUS_OK;
}

caus_status caus_linear_condition(caus_linear_work *work, caus_node target,
                                  const caus_node *given, size_t count,
                                  caus_error *err)
{
    work->given_count = 0;
    CAUS_TRY(grow_nodes(work, count + 2, err));
    work->target = target;
    work->list++;
    for (size_t k = 0; k < count; k++) {
        if (given[k] == target || work->listed_in[given[k]] == work->list)
            continue;
        work->listed_in[given[k]] = work->list;
        work->nodes[work->given_count++] = given[k];
    }
    return CAUS_OK;
}

caus_status caus_linear_list(caus_linear_work *work,
                             const caus_ci_source *source, caus_error *err)
{
    size_t given = work->given_count, used = 0;
    CAUS_TRY(grow_nodes(work, 2 * given + source->extra_count + 2, err));
    /* the shared conditions stay in front; the test's list follows them */
    caus_node *nodes = work->nodes + given;
    work->list++;
    work->listed_in[source->node] = work->list;
    work->listed_in[work->target] = work->list;
    for (size_t k = 0; k < given + source->extra_count; k++) {
        caus_node node = k < given ? work->nodes[k] : source->extra[k - given];
        if (work->listed_in[node] == work->list)
            continue;
        work->listed_in[node] = work->list;
        nodes[used++] = node;
    }
    nodes[used++] = source->node;
    nodes[used++] = work->target;
    work->node_count = used;
    return CAUS_OK;
}

static caus_test_role role_of(const caus_linear_work *work, size_t place)
{
    if (place + 1 == work->node_count)
        return CAUS_ROLE_OF_TARGET;
    return place + 2 == work->node_count ? CAUS_ROLE_OF_SOURCE
                                         : CAUS_ROLE_OF_CONDITION;
}

void caus_linear_find_rows(caus_linear_work *work)
{
    const caus_sample *sample = work->sample;
    size_t words = sample->word_count;
    const caus_node *nodes = caus_linear_nodes(work);
    memset(work->lost, 0, words * sizeof *work->lost);
    for (size_t place = 0; place < work->node_count; place++) {
        const uint64_t *const *marks = sample->invalid[role_of(work, place)];
        const uint64_t *bits = marks ? marks[nodes[place]] : NULL;
        for (size_t w = 0; bits && w < words; w++)
            work->lost[w] |= bits[w];
    }
    work->row_count = 0;
    for (size_t r = 0; r < sample->row_count; r++)
        if (!(work->lost[r / 64] >> (r % 64) & 1))
            work->rows[work->row_count++] = r;
}

caus_status caus_linear_reserve(caus_linear_work *work, size_t count,
                                caus_error *err)
{
    if (count <= work->column_capacity)
        return CAUS_OK;
    size_t capacity = count < 8 ? 8 : 2 * count;
    work->column_capacity = 0;
    work->columns =
        CAUS_ARRAY(work->arena, double, capacity * work->sample->row_count);
    if (!work->columns)
        return caus_arena_fail(work->arena, err);
    work->column_capacity = capacity;
    return CAUS_OK;
}

bool caus_linear_copy(const caus_linear_work *work, caus_node node,
                      double *column)
{
    const caus_sample *sample = work->sample;
    size_t lag = node / sample->stride, variable = node % sample->stride;
    size_t back = lag * sample->stride;
    bool varies = false;
    for (size_t k = 0; k < work->row_count; k++) {
        column[k] = *(sample->rows[work->rows[k]] - back + variable);
        varies = varies || column[k] < column[0] || column[k] > column[0];
    }
    return varies;
}

double caus_linear_centre(double *column, size_t count)
{
    double sum = 0;
    for (size_t k = 0; k < count; k++)
        sum += column[k];
    double mean = sum / (double)count;
    for (size_t k = 0; k < count; k++)
        column[k] -= mean;
    return mean;
}

bool caus_linear_normalise(double *column, size_t count)
{
    caus_linear_centre(column, count);
    double length = sqrt(caus_dot(column, column, count));
    if (!(length > 0))
        return false;
    for (size_t k = 0; k < count; k++)
        column[k] /= length;
    return true;
}
