/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation of normal scores. Every node takes its scores from the
 * rows of the test, so that its scores at one lag are not those at the next,
 * shifted. Where all tests share their rows the scores make a sample of their
 * own, without lags, on which partial correlation works as on any other; else
 * they are taken anew for the rows of each test.
 */
#include <math.h>
#include <stdlib.h>

#include "independence/linear_internal.h"
#include "numeric/distributions.h"

/* Shares below and above are cut off here: tigramite's bounds. The largest of
 * few rows so gets a score that outweighs many others, which pulls correlations
 * to 0 and leaves something of the conditions; intervals are placed by scores
 * without that. */
static const double least_share = 1e-5;

/* A value of a column's panel rows. */
typedef struct ranked {
    double value;
    uint32_t stretch;
    uint32_t row; /* in the stretch */
} ranked;

typedef struct robust {
    const caus_sample *sample;
    const caus_run *run;
    const double *weights; /* [row_count] whole numbers; NULL = all 1 */
    size_t total;          /* their sum */
    size_t panel_rows;     /* rows of all stretches */
    bool is_open;          /* shares are of one row more, and never 0 or 1 */
    double level;          /* of intervals, when placed */
    ranked *order;         /* [variable_count × panel_rows] by value */
} robust;

/* Scores for so many rows: table[c] belongs to the share c / count. */
typedef struct score_table {
    double *score; /* [total + 1] */
    size_t count;
} score_table;

struct caus_ci_work {
    const robust *state;
    caus_linear_work linear;
    score_table table;
    double *scores; /* [row_count] */
};

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

static void order_variable(const robust *state, size_t variable)
{
    const caus_sample *sample = state->sample;
    ranked *order = state->order + variable * state->panel_rows;
    size_t next = 0;
    for (size_t s = 0; s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        for (size_t r = 0; r < stretch->row_count; r++)
            order[next++] =
                (ranked){stretch->panel[r * sample->stride + variable],
                         (uint32_t)s, (uint32_t)r};
    }
    qsort(order, next, sizeof *order, compare_ranked);
}

static caus_status order_variables(robust *state, int threads,
                                   caus_arena *arena, caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t variables = sample->variable_count;
    for (size_t s = 0; s < sample->stretch_count; s++)
        state->panel_rows += sample->stretches[s].row_count;
    state->order = CAUS_ARRAY(arena, ranked, variables * state->panel_rows);
    if (!state->order)
        return caus_arena_fail(arena, err);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t v = 0; v < variables; v++)
        if (!caus_run_should_stop(state->run))
            order_variable(state, v);
    return caus_run_check(state->run, err);
}

static void fill_table(const robust *state, score_table *table, size_t count)
{
    if (table->count == count)
        return;
    table->count = count;
    for (size_t c = 0; c <= count; c++) {
        double share = (double)c / (double)(count + state->is_open);
        share = share < least_share ? least_share : share;
        share = share > 1 - least_share ? 1 - least_share : share;
        table->score[c] = caus_normal_quantile(share);
    }
}

/* The pooled row in which a panel row is seen at a lag, or SIZE_MAX. */
static inline size_t row_at_lag(const caus_sample *sample, const ranked *entry,
                                size_t lag)
{
    const caus_stretch *stretch = &sample->stretches[entry->stretch];
    size_t at = entry->row + lag;
    if (at < sample->longest_lag || at >= stretch->row_count)
        return SIZE_MAX;
    return stretch->first + at - sample->longest_lag;
}

static inline size_t weight_of(const robust *state, size_t row)
{
    return state->weights ? (size_t)state->weights[row] : 1;
}

/*
 * Normal scores of a node: the quantile of the share of rows whose value is
 * not larger. Equal values share the score of the last of them.
 *
 *   lost  bits of the rows that do not count; NULL = none
 *   out   [row_count × step] rows that do not count are left alone
 */
static void score_node(const robust *state, caus_node node,
                       const uint64_t *lost, const score_table *table,
                       double *out, size_t step)
{
    const caus_sample *sample = state->sample;
    size_t lag = node / sample->stride, variable = node % sample->stride;
    const ranked *order = state->order + variable * state->panel_rows;
    size_t seen = 0;
    for (size_t first = 0, end; first < state->panel_rows; first = end) {
        for (end = first; end < state->panel_rows &&
                          !(order[end].value > order[first].value);
             end++) {
            size_t row = row_at_lag(sample, &order[end], lag);
            if (row != SIZE_MAX && !(lost && lost[row / 64] >> (row % 64) & 1))
                seen += weight_of(state, row);
        }
        for (size_t k = first; k < end; k++) {
            size_t row = row_at_lag(sample, &order[k], lag);
            if (row != SIZE_MAX && !(lost && lost[row / 64] >> (row % 64) & 1))
                out[row * step] = table->score[seen];
        }
    }
}

/* ---- tests that share their rows ---- */

/* Centres a column of scores; returns its weighted sum of squares. */
static double centre_column(const robust *state, double *column, size_t stride)
{
    size_t rows = state->sample->row_count;
    double sum = 0, energy = 0;
    for (size_t r = 0; r < rows; r++)
        sum += column[r * stride] * (double)weight_of(state, r);
    double mean = sum / (double)state->total;
    for (size_t r = 0; r < rows; r++) {
        double value = column[r * stride] - mean;
        column[r * stride] = value;
        energy += value * value * (double)weight_of(state, r);
    }
    return energy;
}

/* The sample of scores: node k of the old sample is variable k of it. */
static caus_status make_scores(const robust *state, int threads,
                               caus_arena *arena, caus_sample *result,
                               caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t rows = sample->row_count, nodes = sample->node_count;
    double *panel = CAUS_ARRAY(arena, double, rows *nodes);
    double *energy = CAUS_ARRAY(arena, double, nodes);
    const double **starts = CAUS_ARRAY(arena, const double *, rows);
    caus_stretch *stretch = CAUS_ARRAY(arena, caus_stretch, 1);
    score_table table = {CAUS_ARRAY(arena, double, state->total + 1), 0};
    if (!panel || !energy || !starts || !stretch || !table.score)
        return caus_arena_fail(arena, err);
    fill_table(state, &table, state->total);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 8) if (threads > 1)
    for (size_t node = 0; node < nodes; node++) {
        if (node % sample->stride >= sample->variable_count ||
            caus_run_should_stop(state->run))
            continue;
        score_node(state, (caus_node)node, NULL, &table, panel + node, nodes);
        energy[node] = centre_column(state, panel + node, nodes);
    }
    for (size_t r = 0; r < rows; r++)
        starts[r] = panel + r * nodes;
    *stretch = (caus_stretch){panel, rows, 0, rows};
    *result = (caus_sample){.variable_count = nodes,
                            .stride = nodes,
                            .node_count = nodes,
                            .row_count = rows,
                            .stretch_count = 1,
                            .stretches = stretch,
                            .rows = starts,
                            .word_count = sample->word_count,
                            .energy = energy};
    return caus_run_check(state->run, err);
}

/* ---- tests with rows of their own ---- */

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const robust *mine = state;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    work->state = mine;
    work->table.score = CAUS_ARRAY(arena, double, mine->total + 1);
    work->scores = CAUS_ARRAY(arena, double, mine->sample->row_count);
    if (!work->table.score || !work->scores)
        return caus_arena_fail(arena, err);
    CAUS_TRY(
        caus_linear_start(mine->sample, mine->run, arena, &work->linear, err));
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    return caus_linear_condition(&work->linear, target, given, count, err);
}

/* Weighted scores of the test's rows, centred; false when all are equal. */
static bool fill_column(caus_ci_work *work, caus_node node, double *column)
{
    const caus_linear_work *linear = &work->linear;
    bool varies = false;
    double sum = 0;
    score_node(work->state, node, linear->lost, &work->table, work->scores, 1);
    for (size_t k = 0; k < linear->row_count; k++) {
        size_t row = linear->rows[k];
        column[k] = work->scores[row];
        sum += column[k] * (double)weight_of(work->state, row);
        varies = varies || column[k] < column[0] || column[k] > column[0];
    }
    double mean = sum / (double)work->table.count;
    for (size_t k = 0; k < linear->row_count; k++)
        column[k] = (column[k] - mean) *
                    sqrt((double)weight_of(work->state, linear->rows[k]));
    return varies;
}

static caus_status project(caus_ci_work *work, const caus_ci_source *source,
                           caus_residuals *left, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    CAUS_TRY(caus_linear_list(linear, source, err));
    caus_linear_find_rows(linear);
    CAUS_TRY(caus_linear_reserve(linear, linear->node_count + 1, err));
    size_t places = linear->node_count - 2, total = 0;
    size_t count = linear->row_count;
    for (size_t k = 0; k < count; k++)
        total += weight_of(work->state, linear->rows[k]);
    *left = (caus_residuals){.row_weight = (double)total, .is_constant = true};
    if (!total)
        return CAUS_OK;
    fill_table(work->state, &work->table, total);
    const caus_node *nodes = caus_linear_nodes(linear);
    double *x = caus_linear_column(linear, 0);
    double *y = caus_linear_column(linear, 1);
    caus_basis basis = {caus_linear_column(linear, 2), count, 0};
    for (size_t place = 0; place < places; place++) {
        CAUS_TRY(caus_run_check(linear->run, err));
        if (!fill_column(work, nodes[place], x))
            continue;
        left->conditions++;
        caus_basis_add(&basis, x);
    }
    bool varies = fill_column(work, nodes[places], x);
    varies = fill_column(work, nodes[places + 1], y) && varies;
    double length = sqrt(caus_dot(y, y, count));
    if (!varies || !(length > 0))
        return CAUS_OK;
    left->is_constant = false;
    for (size_t k = 0; k < count; k++)
        y[k] /= length;
    caus_basis_project(&basis, x);
    caus_basis_project(&basis, y);
    left->source = caus_dot(x, x, count);
    left->target = caus_dot(y, y, count);
    left->both = caus_dot(x, y, count);
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_residuals left;
    CAUS_TRY(project(work, source, &left, err));
    caus_parcorr_give(&left, result);
    return CAUS_OK;
}

static caus_status score(caus_ci_work *work, double *result, caus_error *err)
{
    caus_residuals left;
    caus_ci_source target = {.node = work->linear.target};
    CAUS_TRY(project(work, &target, &left, err));
    *result = caus_parcorr_akaike(left.row_weight, left.target,
                                  work->linear.given_count);
    return CAUS_OK;
}

/* ---- both ---- */

static caus_status make_test(const robust *state, int threads,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err)
{
    bool is_ragged = false;
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++)
        is_ragged = is_ragged || state->sample->invalid[role];
    if (is_ragged) {
        *result = (caus_independence){.state = state,
                                      .sample = state->sample,
                                      .start = start,
                                      .condition = condition,
                                      .test = test,
                                      .score = score};
        caus_parcorr_decide(result);
        return CAUS_OK;
    }
    caus_sample *scores = CAUS_ARRAY(arena, caus_sample, 1);
    if (!scores)
        return caus_arena_fail(arena, err);
    CAUS_TRY(make_scores(state, threads, arena, scores, err));
    CAUS_TRY(caus_parcorr_init(scores, state->weights, threads, state->run,
                               arena, result, err));
    result->sample = state->sample;
    return CAUS_OK;
}

/* ---- intervals ---- */

static bool fill_open(caus_ci_work *work, caus_node node, double *column)
{
    size_t rows = work->linear.row_count;
    fill_table(work->state, &work->table, rows);
    return fill_column(work, node, column) &&
           caus_linear_normalise(column, rows);
}

static caus_status test_placed(caus_ci_work *work, const caus_ci_source *source,
                               caus_ci_result *result, caus_error *err)
{
    caus_row_question asked = {.fill = fill_open,
                               .work = work,
                               .are_scores = true,
                               .level = work->state->level};
    return caus_linear_interval(&work->linear, source, &asked, result, err);
}

static caus_status place(const void *place_state, double level,
                         caus_arena *arena, caus_independence *result,
                         caus_error *err)
{
    robust *state = CAUS_ARRAY(arena, robust, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = *(const robust *)place_state;
    state->is_open = true;
    state->level = level;
    *result = (caus_independence){.state = state,
                                  .sample = state->sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test_placed};
    caus_parcorr_decide(result);
    return CAUS_OK;
}

caus_status caus_robust_init(const caus_sample *sample, const double *weights,
                             int threads, const caus_run *run,
                             caus_arena *arena, caus_independence *result,
                             caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    robust *state = CAUS_ARRAY(arena, robust, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (robust){.sample = sample,
                      .run = run,
                      .weights = weights,
                      .total = sample->row_count};
    if (weights) {
        state->total = 0;
        for (size_t r = 0; r < sample->row_count; r++)
            state->total += (size_t)weights[r];
    }
    caus_status status = order_variables(state, threads, arena, err);
    if (status == CAUS_OK)
        status = make_test(state, threads, arena, result, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    result->place = weights ? NULL : place; /* resamples have no intervals */
    result->place_state = state;
    return CAUS_OK;
}
