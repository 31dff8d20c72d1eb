/* SPDX-License-Identifier: Apache-2.0 */
/* The rows and the ranks of one test. */
#include <math.h>
#include <string.h>

#include "independence/cmiknn_internal.h"

caus_status caus_cmiknn_work_init(caus_ci_work *work, caus_error *err)
{
    const caus_cmiknn *state = work->state;
    caus_arena *arena = work->arena;
    size_t rows = state->row_count, padded = caus_rank_pad(rows);
    caus_rank *ranks =
        CAUS_ARRAY(arena, caus_rank, (4 + CAUS_CMIKNN_BATCH) * padded);
    caus_rank *lists = CAUS_ARRAY(arena, caus_rank, 5 * rows);
    work->alike =
        CAUS_ARRAY(arena, caus_rank, rows * state->options.shuffle_neighbours);
    work->taken = CAUS_ARRAY(arena, bool, rows);
    if (!ranks || !lists || !work->alike || !work->taken)
        return caus_arena_fail(arena, err);
    if (state->options.transform == CAUS_KNN_STANDARDISED) {
        work->apart = CAUS_ARRAY(arena, double, 4 * rows);
        if (!work->apart)
            return caus_arena_fail(arena, err);
    }
    work->fixed = ranks;
    work->near = ranks + padded;
    work->all = ranks + 2 * padded;
    work->both = ranks + 3 * padded;
    work->moved = ranks + 4 * padded;
    work->place = lists;
    work->shuffle = lists + rows;
    work->visit = lists + 2 * rows;
    work->alike_count = lists + 3 * rows;
    work->reach = lists + 4 * rows;
    return CAUS_OK;
}

static caus_status grow(caus_ci_work *work, size_t count, caus_error *err)
{
    if (count <= work->node_capacity)
        return CAUS_OK;
    size_t capacity = 2 * count, rows = work->state->row_count;
    caus_arena *arena = work->arena;
    work->node_capacity = 0;
    work->nodes = CAUS_ARRAY(arena, caus_node, capacity);
    work->columns = CAUS_ARRAY(arena, caus_rank_column, capacity);
    work->values = CAUS_ARRAY(arena, caus_rank, capacity * caus_rank_pad(rows));
    if (!work->nodes || !work->columns || !work->values)
        return caus_arena_fail(arena, err);
    if (work->state->options.transform == CAUS_KNN_STANDARDISED) {
        work->reals = CAUS_ARRAY(arena, double, capacity *rows);
        if (!work->reals)
            return caus_arena_fail(arena, err);
    }
    work->node_capacity = capacity;
    return CAUS_OK;
}

static void add_condition(caus_ci_work *work, caus_node node)
{
    for (size_t i = 0; i < work->node_count; i++)
        if (work->nodes[i] == node)
            return;
    work->nodes[work->node_count++] = node;
}

static caus_status list_nodes(caus_ci_work *work, const caus_ci_source *source,
                              caus_error *err)
{
    CAUS_TRY(grow(work, 2 + work->given_count + source->extra_count, err));
    work->nodes[CAUS_CMIKNN_SOURCE] = source->node;
    work->nodes[CAUS_CMIKNN_TARGET] = work->target;
    work->node_count = CAUS_CMIKNN_GIVEN;
    for (size_t i = 0; i < work->given_count; i++)
        add_condition(work, work->given[i]);
    for (size_t i = 0; i < source->extra_count; i++)
        add_condition(work, source->extra[i]);
    return CAUS_OK;
}

static bool is_lost(const caus_ci_work *work, size_t row)
{
    const caus_sample *sample = work->state->sample;
    for (size_t i = 0; i < work->node_count; i++) {
        caus_test_role role = i == CAUS_CMIKNN_SOURCE ? CAUS_ROLE_OF_SOURCE
                              : i == CAUS_CMIKNN_TARGET
                                  ? CAUS_ROLE_OF_TARGET
                                  : CAUS_ROLE_OF_CONDITION;
        const uint64_t *const *marks = sample->invalid[role];
        const uint64_t *bits = marks ? marks[work->nodes[i]] : NULL;
        if (bits && bits[row / 64] >> (row % 64) & 1)
            return true;
    }
    return false;
}

static void place_rows(caus_ci_work *work)
{
    const caus_cmiknn *state = work->state;
    const uint64_t *const *const *invalid = state->sample->invalid;
    bool none = !invalid[CAUS_ROLE_OF_SOURCE] &&
                !invalid[CAUS_ROLE_OF_TARGET] &&
                !invalid[CAUS_ROLE_OF_CONDITION];
    work->rows = 0;
    for (size_t r = 0; r < state->row_count; r++)
        work->place[r] = !none && is_lost(work, state->rows[r])
                             ? CAUS_RANK_FAR
                             : (caus_rank)work->rows++;
}

static double value_at(const caus_cmiknn *state, caus_node node, size_t row)
{
    return caus_node_value(state->sample, state->rows[row], node);
}

/* Ranks without ties; returns whether the values differ. */
static bool fill_ranks(const caus_ci_work *work, caus_node node,
                       caus_rank *ranks)
{
    const caus_cmiknn *state = work->state;
    const caus_rank *order = state->order + node * state->row_count;
    caus_rank next = 0, first = 0, last = 0;
    for (size_t r = 0; r < state->row_count; r++) {
        caus_rank place = work->place[order[r]];
        if (place == CAUS_RANK_FAR)
            continue;
        if (!next)
            first = order[r];
        last = order[r];
        ranks[place] = next++;
    }
    return next && value_at(state, node, first) < value_at(state, node, last);
}

/* Middle ranks, equal values together, or the numbers of the distinct values;
 * returns whether the values differ. */
static bool fill_groups(const caus_ci_work *work, caus_node node, bool is_codes,
                        caus_rank *ranks)
{
    const caus_cmiknn *state = work->state;
    const caus_rank *order = state->order + node * state->row_count;
    size_t count = state->row_count, done = 0, groups = 0;
    for (size_t first = 0, end; first < count; first = end) {
        double value = value_at(state, node, order[first]);
        size_t members = 0;
        for (end = first; end < count; end++) {
            if (value_at(state, node, order[end]) > value)
                break;
            members += work->place[order[end]] != CAUS_RANK_FAR;
        }
        if (!members)
            continue;
        size_t rank = is_codes ? groups : done + (members - 1) / 2;
        for (size_t r = first; r < end; r++)
            if (work->place[order[r]] != CAUS_RANK_FAR)
                ranks[work->place[order[r]]] = (caus_rank)rank;
        done += members;
        groups++;
    }
    return groups > 1;
}

static bool fill_column(caus_ci_work *work, size_t column)
{
    const caus_sample *sample = work->state->sample;
    caus_node node = work->nodes[column];
    size_t variable = node % sample->stride;
    bool is_codes =
        work->state->is_mixed && sample->variables &&
        sample->variables[variable].value_type == CAUS_VALUE_DISCRETE;
    caus_rank *ranks =
        work->values + column * caus_rank_pad(work->state->row_count);
    memset(ranks + work->rows, 0,
           (caus_rank_pad(work->rows) - work->rows) * sizeof *ranks);
    work->columns[column] = (caus_rank_column){ranks, is_codes};
    return work->state->is_mixed ? fill_groups(work, node, is_codes, ranks)
                                 : fill_ranks(work, node, ranks);
}

/* Values with mean 0 and variance 1. */
static void fill_reals(caus_ci_work *work, size_t column)
{
    const caus_cmiknn *state = work->state;
    double *out = work->reals + column * state->row_count, sum = 0, square = 0;
    double rows = (double)work->rows;
    for (size_t r = 0; r < state->row_count; r++) {
        if (work->place[r] == CAUS_RANK_FAR)
            continue;
        double value = value_at(state, work->nodes[column], r);
        out[work->place[r]] = value;
        sum += value;
    }
    for (size_t r = 0; r < work->rows; r++) {
        out[r] -= sum / rows;
        square += out[r] * out[r];
    }
    double deviation = sqrt(square / rows);
    for (size_t r = 0; r < work->rows; r++)
        out[r] /= deviation;
}

static size_t count_nearest(const caus_ci_work *work)
{
    double wanted = work->state->options.neighbours;
    if (wanted < 1)
        wanted *= (double)work->rows;
    return wanted < 1 ? 1 : (size_t)wanted;
}

/* The conditions that vary; one that does not would be told apart by ties
 * alone. */
static void fill_conditions(caus_ci_work *work)
{
    size_t used = CAUS_CMIKNN_GIVEN;
    for (size_t i = CAUS_CMIKNN_GIVEN; i < work->node_count; i++) {
        work->nodes[used] = work->nodes[i];
        used += fill_column(work, used);
    }
    work->node_count = used;
}

/* Puts the rows into the order of one column, so that rows far apart are far
 * apart there: of a condition, or of the source if there is none. Which
 * condition does not depend on their order. */
static void order_rows(caus_ci_work *work)
{
    const caus_cmiknn *state = work->state;
    size_t anchor = CAUS_CMIKNN_SOURCE;
    for (size_t i = CAUS_CMIKNN_GIVEN; i < work->node_count; i++)
        if (anchor == CAUS_CMIKNN_SOURCE ||
            state->identity[work->nodes[i]] <
                state->identity[work->nodes[anchor]])
            anchor = i;
    const caus_rank *ranks = work->columns[anchor].values;
    for (size_t r = 0; r < state->row_count; r++)
        if (work->place[r] != CAUS_RANK_FAR)
            work->place[r] = ranks[work->place[r]];
    for (size_t i = 0; i < work->node_count; i++)
        fill_column(work, i);
}

caus_status caus_cmiknn_gather(caus_ci_work *work, const caus_ci_source *source,
                               bool *sound, caus_error *err)
{
    CAUS_TRY(list_nodes(work, source, err));
    place_rows(work);
    work->nearest = count_nearest(work);
    *sound = work->rows > 2 && work->nearest < work->rows &&
             fill_column(work, CAUS_CMIKNN_SOURCE) &&
             fill_column(work, CAUS_CMIKNN_TARGET);
    if (!*sound)
        return CAUS_OK;
    fill_conditions(work);
    if (!work->state->is_mixed)
        order_rows(work);
    memset(work->reach, 0, work->rows * sizeof *work->reach);
    if (work->reals)
        for (size_t i = 0; i < work->node_count; i++)
            fill_reals(work, i);
    return CAUS_OK;
}
