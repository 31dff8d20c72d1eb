/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of counts for walks over sets of conditions. A frame holds the rows of
 * every stratum and category of the walk's node as bits; a condition more parts
 * each of them, and a cell of a table is the count of what two sets share. A
 * stratum in which the node has one category tells nothing about any target,
 * now or further down, and is dropped. Where that would be more work than a
 * pass over the rows, the general test takes over; both give the same bits.
 */
#include <math.h>
#include <string.h>

#include "discovery/discrete_internal.h"
#include "numeric/distributions.h"

/* Sets of rows in one stratum: categories of the node. */
typedef struct frame {
    const uint64_t *bits;   /* [strata × height × words] */
    const uint32_t *totals; /* [strata × height] */
    size_t strata;
    bool is_usable;
} frame;

typedef struct discrete_work {
    caus_ci_work *general;
    size_t reserved; /* conditions that the general test is ready for */
    frame *frames;
    size_t frame_capacity;
    uint64_t **bits;       /* [frame_capacity] memory of each frame */
    uint32_t **totals;     /* [frame_capacity] */
    size_t *bits_capacity; /* [frame_capacity] sets of rows */
    uint32_t *ones;        /* [CAUS_MOST_CATEGORIES] totals of the node */
    uint32_t *cells;       /* [CAUS_MOST_CATEGORIES²] of a stratum */
    caus_node *given;      /* [node_count] */
    bool has_failed;
} discrete_work;

static const caus_discrete *state_of(const caus_walk *walk)
{
    return walk->engine->state;
}

static size_t levels_of(const caus_discrete *state, size_t node)
{
    return state->codes.levels[node];
}

static const uint64_t *plane_of(const caus_discrete *state, size_t node,
                                size_t level)
{
    return state->planes[node] + level * state->words;
}

/* ---- verdicts ---- */

static double critical_of(const caus_discrete *state, double df)
{
    if (df < (double)state->critical_count)
        return state->critical[(size_t)df];
    return caus_chi_squared_quantile_sf(state->alpha, df);
}

static caus_weakest weigh(const caus_discrete *state, double statistic,
                          double df)
{
    return (caus_weakest){statistic / critical_of(state, df), statistic, df};
}

static double squared_of(const caus_weakest *found)
{
    return found->ratio / (1 + found->ratio);
}

static bool is_weaker(const caus_weakest *a, const caus_weakest *b)
{
    if (a->ratio < b->ratio || a->ratio > b->ratio)
        return a->ratio < b->ratio;
    return a->df < b->df;
}

/* A pair's first separation stands. */
static void note(const caus_walk *walk, size_t target,
                 const caus_weakest *found)
{
    const caus_discrete *state = state_of(walk);
    caus_weakest *known =
        &state->weakest[walk->node * state->codes.variable_count + target];
    if (walk->fewest > 0 && known->ratio > 1 && is_weaker(found, known))
        *known = *found;
}

/* ---- tables from bits ---- */

/* One row of a table: how a set of rows spreads over the target. */
static void count_row(const caus_discrete *state, const uint64_t *bits,
                      uint32_t total, size_t target, uint32_t *cells)
{
    size_t width = levels_of(state, target);
    bool is_complete = !state->codes.missing[target];
    size_t counted = is_complete ? width - 1 : width;
    uint32_t left = total;
    for (size_t j = 0; j < counted; j++) {
        cells[j] = 0;
        if (left)
            cells[j] = (uint32_t)state->kernel->count(
                bits, plane_of(state, target, j), state->words);
        left -= cells[j];
    }
    if (is_complete)
        cells[width - 1] = left;
}

static caus_weakest test_bits(const caus_discrete *state, const frame *from,
                              size_t height, size_t target, uint32_t *cells)
{
    size_t width = levels_of(state, target);
    caus_table_sum sum = {0};
    for (size_t s = 0; s < from->strata; s++) {
        for (size_t i = 0; i < height; i++) {
            size_t set = s * height + i;
            count_row(state, from->bits + set * state->words, from->totals[set],
                      target, cells + i * width);
        }
        caus_table_add(&state->scale, cells, height, width, &sum);
    }
    return weigh(state, caus_table_statistic(&state->scale, &sum),
                 sum.df ? (double)sum.df : 1);
}

static bool is_worthwhile(const caus_discrete *state, size_t sets,
                          size_t target)
{
    double cells = (double)sets * (double)levels_of(state, target);
    return state->planes[target] &&
           cells * (double)state->words * state->kernel->word_cost <
               (double)state->codes.row_count;
}

/* ---- frames ---- */

/* Parts the strata of frame `depth` by one condition more. */
static void part(const caus_walk *walk, size_t depth, size_t candidate)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = walk->work;
    const frame *from = &work->frames[depth];
    frame *to = &work->frames[depth + 1];
    size_t height = levels_of(state, walk->node), words = state->words;
    size_t node = walk->candidates[candidate], levels = levels_of(state, node);
    uint64_t *bits = work->bits[depth + 1];
    uint32_t *totals = work->totals[depth + 1];
    *to = (frame){.bits = bits, .totals = totals};
    if (!from->is_usable || !state->planes[node] ||
        from->strata * levels * height > work->bits_capacity[depth + 1])
        return;
    to->is_usable = true;
    for (size_t k = 0; k < from->strata * levels; k++) {
        size_t first = k / levels * height, used = 0;
        for (size_t i = 0; i < height; i++) {
            totals[i] = 0;
            if (from->totals[first + i])
                totals[i] = (uint32_t)state->kernel->intersect(
                    from->bits + (first + i) * words,
                    plane_of(state, node, k % levels), bits + i * words, words);
            used += totals[i] > 0;
        }
        if (used < 2)
            continue;
        to->strata++;
        bits += height * words;
        totals += height;
    }
}

static void make_root(const caus_walk *walk)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = walk->work;
    size_t levels = levels_of(state, walk->node);
    work->frames[0] = (frame){.bits = state->planes[walk->node],
                              .totals = work->ones,
                              .strata = 1,
                              .is_usable = state->planes[walk->node]};
    for (size_t i = 0; i < levels; i++)
        work->ones[i] = 1; /* not empty: no more is asked of the root */
}

/* ---- the engine ---- */

static void marginal(const caus_walk *walk, size_t node, double *squared)
{
    const caus_discrete *state = state_of(walk);
    size_t nodes = state->codes.variable_count;
    for (size_t v = 0; v < nodes; v++)
        squared[v] = squared_of(&state->marginal[node * nodes + v]);
}

static caus_status make_work(caus_walk *walk, caus_error *err)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = CAUS_ARRAY(walk->arena, discrete_work, 1);
    if (!work)
        return caus_arena_fail(walk->arena, err);
    work->ones = CAUS_ARRAY(walk->arena, uint32_t, CAUS_MOST_CATEGORIES);
    work->cells =
        CAUS_ARRAY(walk->arena, uint32_t,
                   (size_t)CAUS_MOST_CATEGORIES * CAUS_MOST_CATEGORIES);
    work->given =
        CAUS_ARRAY(walk->arena, caus_node, state->codes.variable_count);
    if (!work->ones || !work->cells || !work->given)
        return caus_arena_fail(walk->arena, err);
    CAUS_TRY(
        state->test.start(state->test.state, walk->arena, &work->general, err));
    walk->work = work;
    return CAUS_OK;
}

static caus_status reserve_frames(caus_walk *walk, size_t count,
                                  caus_error *err)
{
    discrete_work *work = walk->work;
    if (count <= work->frame_capacity)
        return CAUS_OK;
    size_t known = work->frame_capacity;
    frame *frames = CAUS_ARRAY(walk->arena, frame, count);
    uint64_t **bits = CAUS_ARRAY(walk->arena, uint64_t *, count);
    uint32_t **totals = CAUS_ARRAY(walk->arena, uint32_t *, count);
    size_t *capacity = CAUS_ARRAY(walk->arena, size_t, count);
    if (!frames || !bits || !totals || !capacity)
        return caus_arena_fail(walk->arena, err);
    if (known) {
        memcpy(bits, work->bits, known * sizeof(uint64_t *));
        memcpy(totals, work->totals, known * sizeof(uint32_t *));
        memcpy(capacity, work->bits_capacity, known * sizeof *capacity);
    }
    work->frames = frames;
    work->bits = bits;
    work->totals = totals;
    work->bits_capacity = capacity;
    work->frame_capacity = count;
    return CAUS_OK;
}

static caus_status reserve_bits(caus_walk *walk, size_t place, size_t sets,
                                caus_error *err)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = walk->work;
    if (sets <= work->bits_capacity[place])
        return CAUS_OK;
    work->bits_capacity[place] = 0;
    work->bits[place] = CAUS_ARRAY(walk->arena, uint64_t, sets * state->words);
    work->totals[place] = CAUS_ARRAY(walk->arena, uint32_t, sets);
    if (!work->bits[place] || !work->totals[place])
        return caus_arena_fail(walk->arena, err);
    work->bits_capacity[place] = sets;
    return CAUS_OK;
}

/* Everything that tests of the walk may need: they have no way to fail. */
static caus_status begin(caus_walk *walk, caus_error *err)
{
    const caus_discrete *state = state_of(walk);
    if (!walk->work)
        CAUS_TRY(make_work(walk, err));
    discrete_work *work = walk->work;
    size_t widest = 1, sets = levels_of(state, walk->node);
    CAUS_TRY(reserve_frames(walk, walk->most + 1, err));
    for (size_t k = 0; k < walk->candidate_count; k++)
        if (levels_of(state, walk->candidates[k]) > widest)
            widest = levels_of(state, walk->candidates[k]);
    for (size_t k = 1; k <= walk->most; k++) {
        sets =
            sets * widest < state->most_bits ? sets * widest : state->most_bits;
        CAUS_TRY(reserve_bits(walk, k, sets, err));
    }
    if (walk->most > work->reserved) {
        CAUS_TRY(caus_gsquared_reserve(work->general, walk->most, err));
        work->reserved = walk->most;
    }
    make_root(walk);
    return CAUS_OK;
}

/* One test by the general way. A failure is that of a stopped run. */
static caus_weakest test_rows(caus_walk *walk, size_t size, size_t target)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = walk->work;
    caus_ci_source source = {.node = (caus_node)target};
    caus_ci_result result = {0};
    if (state->test.condition(work->general, (caus_node)walk->node, work->given,
                              size, NULL) != CAUS_OK ||
        state->test.test(work->general, &source, &result, NULL) != CAUS_OK)
        walk->stopped = true;
    return weigh(state, result.statistic, fmax(1, result.df));
}

static void test(caus_walk *walk, size_t depth, size_t candidate)
{
    const caus_discrete *state = state_of(walk);
    discrete_work *work = walk->work;
    size_t height = levels_of(state, walk->node);
    for (size_t k = 0; k < depth; k++)
        work->given[k] = walk->chosen[k];
    work->given[depth] = walk->candidates[candidate];
    part(walk, depth, candidate);
    const frame *last = &work->frames[depth + 1];
    for (size_t t = 0; t < walk->target_count; t++) {
        uint32_t target = walk->targets[t];
        walk->squared[t] = CAUS_UNDETERMINED;
        if (walk->is_chosen[target])
            continue;
        caus_weakest found =
            last->is_usable &&
                    is_worthwhile(state, last->strata * height, target)
                ? test_bits(state, last, height, target, work->cells)
                : test_rows(walk, depth + 1, target);
        note(walk, target, &found);
        walk->squared[t] = squared_of(&found);
    }
}

static void descend(caus_walk *walk, size_t depth, size_t candidate)
{
    part(walk, depth, candidate);
}

static double limit(const void *state, size_t condition_count)
{
    (void)state;
    (void)condition_count;
    return .5;
}

/* Only compared: the ratio. */
static double deviate(const void *state, double squared, size_t condition_count)
{
    (void)state;
    (void)condition_count;
    return squared < 1 ? squared / (1 - squared) : HUGE_VAL;
}

caus_engine caus_discrete_engine(const caus_discrete *state)
{
    return (caus_engine){.state = state,
                         .node_count = state->codes.variable_count,
                         .marginal = marginal,
                         .begin = begin,
                         .descend = descend,
                         .test = test,
                         .limit = limit,
                         .deviate = deviate,
                         .most_conditions = SIZE_MAX,
                         .variables = state->sample.variables};
}

const caus_weakest *caus_discrete_weakest(const caus_discrete *state, size_t a,
                                          size_t b)
{
    size_t nodes = state->codes.variable_count;
    const caus_weakest *one = &state->weakest[a * nodes + b];
    const caus_weakest *other = &state->weakest[b * nodes + a];
    return is_weaker(other, one) ? other : one;
}

/* ---- making ---- */

/* Variables with more categories have no planes. */
enum { MOST_PLANES = 32, CRITICAL_COUNT = 256, FRAME_BYTES = 1 << 22 };

static void fill_planes(const caus_discrete *state, size_t variable,
                        uint64_t *planes)
{
    const uint8_t *column = caus_codes_column(&state->codes, variable);
    for (size_t r = 0; r < state->codes.row_count; r++)
        if (column[r] != CAUS_CODE_MISSING)
            planes[column[r] * state->words + r / 64] |= (uint64_t)1
                                                         << (r % 64);
}

static caus_status make_planes(caus_discrete *state, const caus_run *run,
                               caus_arena *arena, caus_error *err)
{
    size_t variables = state->codes.variable_count;
    size_t rows = state->codes.row_count, lanes = (size_t)64 * CAUS_BITS_LANES;
    state->kernel = caus_bits_best();
    state->words = (rows + lanes - 1) / lanes * CAUS_BITS_LANES;
    state->most_bits = FRAME_BYTES / (8 * (state->words + 1));
    state->planes = CAUS_ARRAY(arena, const uint64_t *, variables);
    if (!state->planes)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++) {
        size_t levels = levels_of(state, v);
        if (levels > MOST_PLANES)
            continue;
        uint64_t *planes = CAUS_ARRAY(arena, uint64_t, levels * state->words);
        if (!planes)
            return caus_arena_fail(arena, err);
        CAUS_TRY(caus_run_check(run, err));
        fill_planes(state, v, planes);
        state->planes[v] = planes;
    }
    return CAUS_OK;
}

static caus_status make_tests(caus_discrete *state, const caus_series *series,
                              caus_table_kind kind, const caus_run *run,
                              caus_arena *arena, caus_error *err)
{
    size_t nodes = state->codes.variable_count;
    CAUS_TRY(
        caus_codes_sample(&state->codes, series, arena, &state->sample, err));
    CAUS_TRY(caus_gsquared_on_codes(kind, &state->sample, &state->codes, NULL,
                                    run, arena, &state->test, err));
    CAUS_TRY(caus_table_scale_init(kind, state->codes.row_count, arena,
                                   &state->scale, err));
    state->critical = CAUS_ARRAY(arena, double, CRITICAL_COUNT);
    state->marginal = CAUS_ARRAY(arena, caus_weakest, nodes * nodes);
    state->weakest = CAUS_ARRAY(arena, caus_weakest, nodes * nodes);
    if (!state->critical || !state->marginal || !state->weakest)
        return caus_arena_fail(arena, err);
    state->critical_count = CRITICAL_COUNT;
    for (size_t df = 1; df < CRITICAL_COUNT; df++)
        state->critical[df] =
            caus_chi_squared_quantile_sf(state->alpha, (double)df);
    return CAUS_OK;
}

/* A node with all nodes after it. */
static caus_status test_pairs(const caus_discrete *state, size_t node,
                              caus_ci_work *general, uint32_t *totals,
                              uint32_t *cells, caus_error *err)
{
    size_t nodes = state->codes.variable_count;
    size_t height = levels_of(state, node);
    frame all = {.bits = state->planes[node], .totals = totals, .strata = 1};
    for (size_t i = 0; all.bits && i < height; i++)
        totals[i] = (uint32_t)state->kernel->count(
            plane_of(state, node, i), plane_of(state, node, i), state->words);
    for (size_t v = node + 1; v < nodes; v++) {
        caus_weakest found;
        if (all.bits && is_worthwhile(state, height, v)) {
            found = test_bits(state, &all, height, v, cells);
        } else {
            caus_ci_source source = {.node = (caus_node)v};
            caus_ci_result result;
            CAUS_TRY(
                state->test.condition(general, (caus_node)node, NULL, 0, err));
            CAUS_TRY(state->test.test(general, &source, &result, err));
            found = weigh(state, result.statistic, fmax(1, result.df));
        }
        state->marginal[node * nodes + v] = found;
        state->marginal[v * nodes + node] = found;
    }
    return CAUS_OK;
}

static caus_status test_marginals(const caus_discrete *state,
                                  const caus_run *run, caus_arena *arena,
                                  caus_error *err)
{
    size_t nodes = state->codes.variable_count;
    uint32_t *totals = CAUS_ARRAY(arena, uint32_t, CAUS_MOST_CATEGORIES);
    uint32_t *cells = CAUS_ARRAY(
        arena, uint32_t, (size_t)CAUS_MOST_CATEGORIES * CAUS_MOST_CATEGORIES);
    caus_ci_work *general;
    if (!totals || !cells)
        return caus_arena_fail(arena, err);
    CAUS_TRY(state->test.start(state->test.state, arena, &general, err));
    for (size_t v = 0; v < nodes; v++) {
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(test_pairs(state, v, general, totals, cells, err));
    }
    memcpy(state->weakest, state->marginal,
           nodes * nodes * sizeof *state->weakest);
    return CAUS_OK;
}

caus_status caus_discrete_init(const caus_series *series, caus_table_kind kind,
                               double alpha, const caus_run *run,
                               caus_arena *arena, caus_discrete *result,
                               caus_error *err)
{
    *result = (caus_discrete){.alpha = alpha};
    CAUS_TRY(
        caus_codes_init(series, SIZE_MAX, run, arena, &result->codes, err));
    CAUS_TRY(make_planes(result, run, arena, err));
    CAUS_TRY(make_tests(result, series, kind, run, arena, err));
    return test_marginals(result, run, arena, err);
}
