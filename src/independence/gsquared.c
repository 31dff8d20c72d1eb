/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of independence for categories, by tables of counts. Where the table
 * of all strata is small it is filled in one pass over the rows; where it is
 * not, the rows are sorted into the strata that occur.
 */
#include <string.h>

#include "independence/discrete.h"
#include "numeric/distributions.h"

/* Cells of a table that is always filled in one pass, and never. */
enum { FEW_CELLS = 4096, MANY_CELLS = 1 << 22 };

typedef struct gsquared {
    const caus_sample *sample;
    const caus_run *run;
    caus_codes codes;
    const size_t *offsets;     /* [stretch_count] its row 0 among the codes */
    const uint32_t *positions; /* [row_count] a row's place among the codes of
                                  a node */
    const uint32_t *weights;   /* [row_count]; NULL = once */
    caus_table_scale scale;
    size_t most_cells; /* of a table filled in one pass */
} gsquared;

struct caus_ci_work {
    const gsquared *state;
    caus_arena *arena;
    caus_node target;
    caus_node *given; /* [given_capacity] */
    size_t given_count;
    size_t given_capacity;
    caus_node *conditions; /* [condition_capacity] of one test */
    size_t condition_capacity;
    uint32_t *shared; /* [row_count] strata of the shared conditions */
    bool has_shared;
    uint32_t *strata; /* [row_count] of one test */
    uint64_t *lost;   /* [word_count] rows that a test must not use */
    uint32_t *cells;  /* [cell_capacity] */
    size_t cell_capacity;
    caus_strata sorted;
};

static const uint8_t *column_of(const gsquared *state, caus_node node)
{
    return caus_codes_column(&state->codes, node % state->sample->stride);
}

/* The codes of a node, to be found by positions. */
static const uint8_t *codes_of(const gsquared *state, caus_node node)
{
    size_t lag = node / state->sample->stride;
    return column_of(state, node) + (state->sample->longest_lag - lag);
}

static size_t levels_of(const gsquared *state, caus_node node)
{
    return state->codes.levels[node % state->sample->stride];
}

/* The codes of a node in the rows that a stretch gives to the sample. */
static const uint8_t *codes_in(const gsquared *state, caus_node node,
                               size_t stretch)
{
    return codes_of(state, node) + state->offsets[stretch];
}

/* ---- strata in one pass ---- */

static void extend_strata(const gsquared *state, caus_node node, bool is_first,
                          const uint32_t *from, uint32_t *strata)
{
    uint32_t levels = (uint32_t)levels_of(state, node);
    for (size_t s = 0; s < state->sample->stretch_count; s++) {
        const caus_stretch *stretch = &state->sample->stretches[s];
        const uint8_t *codes = codes_in(state, node, s);
        const uint32_t *before = from + stretch->first;
        uint32_t *out = strata + stretch->first;
        for (size_t k = 0; is_first && k < stretch->count; k++)
            out[k] = codes[k];
        for (size_t k = 0; !is_first && k < stretch->count; k++)
            out[k] = before[k] * levels + codes[k];
    }
}

static void count_rows(const gsquared *state, caus_ci_work *work,
                       caus_node source, const uint32_t *strata, bool is_ragged)
{
    const caus_sample *sample = state->sample;
    uint32_t height = (uint32_t)levels_of(state, source);
    uint32_t width = (uint32_t)levels_of(state, work->target);
    uint32_t *cells = work->cells;
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        const uint8_t *x = codes_in(state, source, s);
        const uint8_t *y = codes_in(state, work->target, s);
        const uint32_t *z = strata + stretch->first;
        if (!is_ragged && !state->weights) {
            for (size_t k = 0; k < stretch->count; k++)
                cells[(z[k] * height + x[k]) * width + y[k]]++;
            continue;
        }
        for (size_t k = 0; k < stretch->count; k++) {
            size_t row = stretch->first + k;
            if (is_ragged && work->lost[row / 64] >> (row % 64) & 1)
                continue;
            cells[(z[k] * height + x[k]) * width + y[k]] +=
                state->weights ? state->weights[row] : 1;
        }
    }
}

/* ---- strata by sorting ---- */

/* The rows of a test as one stratum. */
static void list_rows(const gsquared *state, caus_ci_work *work, bool is_ragged)
{
    uint32_t *rows = work->sorted.rows;
    size_t count = 0;
    for (size_t r = 0; r < state->sample->row_count; r++)
        if (!(is_ragged && work->lost[r / 64] >> (r % 64) & 1) &&
            !(state->weights && !state->weights[r]))
            rows[count++] = (uint32_t)r;
    caus_strata_start(&work->sorted, count);
}

/* Numbers for the codes that occur in one stratum. */
typedef struct numbering {
    uint8_t number[CAUS_MOST_CATEGORIES + 1];
    bool is_met[CAUS_MOST_CATEGORIES + 1];
    size_t count;
} numbering;

static void number_code(numbering *n, uint8_t code)
{
    if (n->is_met[code])
        return;
    n->is_met[code] = true;
    n->number[code] = (uint8_t)n->count++;
}

static void add_stratum(const gsquared *state, caus_ci_work *work,
                        caus_node source, size_t g, caus_table_sum *sum)
{
    const uint8_t *x = codes_of(state, source);
    const uint8_t *y = codes_of(state, work->target);
    const uint32_t *rows = work->sorted.rows;
    uint32_t first = work->sorted.bounds[g], end = work->sorted.bounds[g + 1];
    numbering height = {.count = 0}, width = {.count = 0};
    for (uint32_t k = first; k < end; k++) {
        number_code(&height, x[state->positions[rows[k]]]);
        number_code(&width, y[state->positions[rows[k]]]);
    }
    memset(work->cells, 0, height.count * width.count * sizeof *work->cells);
    for (uint32_t k = first; k < end; k++) {
        size_t place = state->positions[rows[k]];
        work->cells[height.number[x[place]] * width.count +
                    width.number[y[place]]] +=
            state->weights ? state->weights[rows[k]] : 1;
    }
    caus_table_add(&state->scale, work->cells, height.count, width.count, sum);
}

/* ---- one test ---- */

/* Marks the rows that some node of the test cannot use; whether there are
 * any. */
static bool find_lost_rows(const gsquared *state, caus_ci_work *work,
                           caus_node source, size_t condition_count)
{
    const caus_sample *sample = state->sample;
    bool any = false;
    for (size_t k = 0; k < condition_count + 2; k++) {
        caus_test_role role = k < condition_count    ? CAUS_ROLE_OF_CONDITION
                              : k == condition_count ? CAUS_ROLE_OF_SOURCE
                                                     : CAUS_ROLE_OF_TARGET;
        caus_node node = k < condition_count    ? work->conditions[k]
                         : k == condition_count ? source
                                                : work->target;
        const uint64_t *const *marks = sample->invalid[role];
        const uint64_t *bits = marks ? marks[node] : NULL;
        if (!bits)
            continue;
        if (!any)
            memset(work->lost, 0, sample->word_count * sizeof *work->lost);
        any = true;
        for (size_t w = 0; w < sample->word_count; w++)
            work->lost[w] |= bits[w];
    }
    return any;
}

static caus_status reserve_cells(caus_ci_work *work, size_t count,
                                 caus_error *err)
{
    if (count <= work->cell_capacity)
        return CAUS_OK;
    work->cell_capacity = 0;
    work->cells = CAUS_ARRAY(work->arena, uint32_t, 2 * count);
    if (!work->cells)
        return caus_arena_fail(work->arena, err);
    work->cell_capacity = 2 * count;
    return CAUS_OK;
}

static caus_status grow_nodes(caus_arena *arena, size_t count,
                              caus_node **nodes, size_t *capacity,
                              caus_error *err)
{
    if (count <= *capacity)
        return CAUS_OK;
    *capacity = 0;
    *nodes = CAUS_ARRAY(arena, caus_node, 2 * count);
    if (!*nodes)
        return caus_arena_fail(arena, err);
    *capacity = 2 * count;
    return CAUS_OK;
}

/* Lists the conditions of a test, the shared ones first; whether all of those
 * take part. */
static caus_status list_conditions(caus_ci_work *work,
                                   const caus_ci_source *source, size_t *count,
                                   caus_error *err)
{
    CAUS_TRY(grow_nodes(work->arena, work->given_count + source->extra_count,
                        &work->conditions, &work->condition_capacity, err));
    size_t n = 0;
    for (size_t k = 0; k < work->given_count; k++)
        if (work->given[k] != source->node)
            work->conditions[n++] = work->given[k];
    for (size_t k = 0; k < source->extra_count; k++)
        work->conditions[n++] = source->extra[k];
    *count = n;
    return CAUS_OK;
}

/* The strata of a table that is filled in one pass. */
static const uint32_t *find_strata(caus_ci_work *work, size_t count,
                                   bool has_all_given)
{
    const gsquared *state = work->state;
    size_t done = 0;
    const uint32_t *known = work->strata;
    if (has_all_given && work->given_count) {
        for (size_t k = 0; !work->has_shared && k < work->given_count; k++)
            extend_strata(state, work->given[k], k == 0, work->shared,
                          work->shared);
        work->has_shared = true;
        done = work->given_count;
        known = work->shared;
    }
    for (; done < count; done++) {
        extend_strata(state, work->conditions[done], done == 0, known,
                      work->strata);
        known = work->strata;
    }
    if (!count)
        memset(work->strata, 0,
               state->sample->row_count * sizeof *work->strata);
    return known;
}

static caus_status reserve_sorting(caus_ci_work *work, caus_error *err)
{
    if (work->sorted.rows)
        return CAUS_OK;
    return caus_strata_init(work->state->sample->row_count, work->arena,
                            &work->sorted, err);
}

static caus_status add_sorted(caus_ci_work *work, caus_node source,
                              size_t condition_count, bool is_ragged,
                              caus_table_sum *sum, caus_error *err)
{
    const gsquared *state = work->state;
    size_t cells = levels_of(state, source) * levels_of(state, work->target);
    CAUS_TRY(reserve_sorting(work, err));
    CAUS_TRY(reserve_cells(work, cells, err));
    list_rows(state, work, is_ragged);
    for (size_t k = 0; k < condition_count; k++) {
        if (state->run)
            CAUS_TRY(caus_run_check(state->run, err));
        caus_strata_part(&work->sorted, codes_of(state, work->conditions[k]),
                         state->positions);
    }
    const uint32_t *bounds = work->sorted.bounds;
    for (size_t g = 0; g < work->sorted.count; g++)
        if (bounds[g + 1] - bounds[g] > 1 || state->weights)
            add_stratum(state, work, source, g, sum);
        else
            caus_table_add_row(&state->scale, sum);
    return CAUS_OK;
}

/* Cells of the table of a test; more than MANY_CELLS when there are too many
 * to tell. */
static size_t count_cells(const caus_ci_work *work, caus_node source,
                          size_t condition_count)
{
    const gsquared *state = work->state;
    size_t cells = levels_of(state, source) * levels_of(state, work->target);
    for (size_t k = 0; k < condition_count && cells <= MANY_CELLS; k++)
        cells *= levels_of(state, work->conditions[k]);
    return cells;
}

static caus_status add_table(caus_ci_work *work, const caus_ci_source *source,
                             size_t condition_count, caus_table_sum *sum,
                             caus_error *err)
{
    const gsquared *state = work->state;
    bool is_ragged = find_lost_rows(state, work, source->node, condition_count);
    size_t cells = count_cells(work, source->node, condition_count);
    if (cells > state->most_cells)
        return add_sorted(work, source->node, condition_count, is_ragged, sum,
                          err);
    CAUS_TRY(reserve_cells(work, cells, err));
    memset(work->cells, 0, cells * sizeof *work->cells);
    bool has_all = condition_count == work->given_count + source->extra_count;
    count_rows(state, work, source->node,
               find_strata(work, condition_count, has_all), is_ragged);
    size_t height = levels_of(state, source->node);
    size_t width = levels_of(state, work->target);
    for (size_t at = 0; at < cells; at += height * width)
        caus_table_add(&state->scale, work->cells + at, height, width, sum);
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    size_t condition_count;
    caus_table_sum sum = {0};
    CAUS_TRY(list_conditions(work, source, &condition_count, err));
    CAUS_TRY(add_table(work, source, condition_count, &sum, err));
    *result = (caus_ci_result){
        .statistic = caus_table_statistic(&work->state->scale, &sum),
        .df = sum.df ? (double)sum.df : 1,
        .undetermined = !sum.rows,
    };
    return CAUS_OK;
}

static caus_status start(const void *data, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const gsquared *state = data;
    size_t rows = state->sample->row_count;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    *work = (caus_ci_work){.state = state, .arena = arena};
    work->shared = CAUS_ARRAY(arena, uint32_t, rows);
    work->strata = CAUS_ARRAY(arena, uint32_t, rows);
    work->lost = CAUS_ARRAY(arena, uint64_t, state->sample->word_count);
    if (!work->shared || !work->strata || !work->lost)
        return caus_arena_fail(arena, err);
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    CAUS_TRY(grow_nodes(work->arena, count, &work->given, &work->given_capacity,
                        err));
    if (count)
        memcpy(work->given, given, count * sizeof *given);
    work->given_count = count;
    work->target = target;
    work->has_shared = false;
    return CAUS_OK;
}

caus_status caus_gsquared_reserve(caus_ci_work *work, size_t condition_count,
                                  caus_error *err)
{
    const gsquared *state = work->state;
    size_t cells = state->most_cells, levels = 1;
    for (size_t v = 0; v < state->codes.variable_count; v++)
        if (state->codes.levels[v] > levels)
            levels = state->codes.levels[v];
    if (cells < levels * levels)
        cells = levels * levels;
    CAUS_TRY(reserve_cells(work, cells, err));
    CAUS_TRY(reserve_sorting(work, err));
    CAUS_TRY(grow_nodes(work->arena, condition_count + 1, &work->given,
                        &work->given_capacity, err));
    return grow_nodes(work->arena, condition_count + 1, &work->conditions,
                      &work->condition_capacity, err);
}

static double p_value(double statistic, double df)
{
    return df >= 1 ? caus_chi_squared_sf(statistic, df) : 1;
}

static double critical_near(double alpha, double df)
{
    return caus_chi_squared_quantile_sf(alpha, df);
}

/* ---- making ---- */

static caus_status place_rows(gsquared *state, caus_arena *arena,
                              caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t *offsets = CAUS_ARRAY(arena, size_t, sample->stretch_count);
    uint32_t *positions = CAUS_ARRAY(arena, uint32_t, sample->row_count);
    size_t offset = 0, next = 0;
    if (!offsets || !positions)
        return caus_arena_fail(arena, err);
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        offsets[s] = offset;
        for (size_t k = 0; k < stretch->count; k++)
            positions[next++] = (uint32_t)(offset + k);
        offset += stretch->row_count;
    }
    state->offsets = offsets;
    state->positions = positions;
    return CAUS_OK;
}

static caus_status copy_weights(gsquared *state, const double *weights,
                                size_t *total, caus_arena *arena,
                                caus_error *err)
{
    size_t rows = state->sample->row_count;
    *total = rows;
    if (!weights)
        return CAUS_OK;
    uint32_t *copy = CAUS_ARRAY(arena, uint32_t, rows);
    if (!copy)
        return caus_arena_fail(arena, err);
    *total = 0;
    for (size_t r = 0; r < rows; r++) {
        copy[r] = (uint32_t)(weights[r] + .5);
        *total += copy[r];
    }
    state->weights = copy;
    return CAUS_OK;
}

static caus_status fill_state(gsquared *state, caus_table_kind kind,
                              const double *weights, caus_arena *arena,
                              caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t total;
    if (state->codes.row_count > UINT32_MAX)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows are more than the %u that tables of counts "
                         "can hold: narrow the window",
                         state->codes.row_count, UINT32_MAX);
    CAUS_TRY(place_rows(state, arena, err));
    CAUS_TRY(copy_weights(state, weights, &total, arena, err));
    state->most_cells = 2 * sample->row_count;
    if (state->most_cells < FEW_CELLS)
        state->most_cells = FEW_CELLS;
    if (state->most_cells > MANY_CELLS)
        state->most_cells = MANY_CELLS;
    return caus_table_scale_init(kind, total, arena, &state->scale, err);
}

caus_status caus_gsquared_init(caus_table_kind kind, const caus_sample *sample,
                               const double *weights, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_codes codes;
    CAUS_TRY(caus_codes_init(sample->series, sample->longest_lag, run, arena,
                             &codes, err));
    caus_status status = caus_gsquared_on_codes(kind, sample, &codes, weights,
                                                run, arena, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(arena, mark);
    return status;
}

caus_status caus_gsquared_on_codes(caus_table_kind kind,
                                   const caus_sample *sample,
                                   const caus_codes *codes,
                                   const double *weights, const caus_run *run,
                                   caus_arena *arena, caus_independence *result,
                                   caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    gsquared *state = CAUS_ARRAY(arena, gsquared, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (gsquared){.sample = sample, .run = run, .codes = *codes};
    caus_status status = fill_state(state, kind, weights, arena, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test,
                                  .p_value = p_value,
                                  .critical_near = critical_near};
    return CAUS_OK;
}
