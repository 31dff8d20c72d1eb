/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional mutual information by nearest neighbours: Frenzel & Pompe (2007)
 * for continuous variables, Mesner & Shalizi (2019) with infinite distances
 * between categories for mixed ones, and the permutation test of Runge (2018).
 */
#include <math.h>
#include <stdlib.h>

#include "independence/cmiknn_internal.h"

enum { MOST_SHUFFLES = 1000000, MOST_SHUFFLE_NEIGHBOURS = 1000 };

static caus_status check_options(const caus_test_options *options,
                                 caus_error *err)
{
    const caus_knn_options *knn = &options->knn;
    if (!(knn->neighbours > 0 && knn->neighbours < CAUS_RANK_ROWS))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%g nearest neighbours: give a share of the rows "
                         "between 0 and 1, or a number from 1 to %d",
                         knn->neighbours, CAUS_RANK_ROWS - 1);
    if (knn->shuffle_neighbours < 2 ||
        knn->shuffle_neighbours > MOST_SHUFFLE_NEIGHBOURS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu neighbours to shuffle among: give 2 to %d",
                         knn->shuffle_neighbours, MOST_SHUFFLE_NEIGHBOURS);
    if (knn->shuffles > MOST_SHUFFLES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu shuffles: give 0 (no p-values) to %d",
                         knn->shuffles, MOST_SHUFFLES);
    if (!(knn->shuffle_alpha > 0 && knn->shuffle_alpha <= 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "shuffling up to the level %g: give a number above 0 "
                         "and up to 1",
                         knn->shuffle_alpha);
    if (options->test == CAUS_TEST_CMIKNN_MIXED &&
        knn->transform != CAUS_KNN_RANKS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the test %s works on ranks only",
                         caus_test_name(options->test));
    return CAUS_OK;
}

/* A value and the row it stands in. */
typedef struct placed_value {
    double value;
    size_t row;
} placed_value;

static int by_value(const void *left, const void *right)
{
    const placed_value *a = left, *b = right;
    if (a->value < b->value || a->value > b->value)
        return a->value < b->value ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Equal values of a continuous variable get an order by chance: any rule by
 * rows would make a trend out of ties. */
static void shuffle_ties(placed_value *values, size_t count,
                         caus_random *random)
{
    for (size_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && !(values[end].value > values[first].value))
            end++;
        for (size_t left = end - first; left > 1; left--) {
            size_t other = first + caus_random_below(random, left);
            placed_value kept = values[first + left - 1];
            values[first + left - 1] = values[other];
            values[other] = kept;
        }
    }
}

static void order_node(const caus_cmiknn *state, caus_node node,
                       placed_value *values)
{
    for (size_t r = 0; r < state->row_count; r++)
        values[r] = (placed_value){
            caus_node_value(state->sample, state->rows[r], node), r};
    qsort(values, state->row_count, sizeof *values, by_value);
    if (!state->is_mixed) {
        caus_random random;
        caus_random_init(&random, caus_run_seed(state->run),
                         state->identity[node]);
        shuffle_ties(values, state->row_count, &random);
    }
    caus_rank *order = state->order + node * state->row_count;
    for (size_t r = 0; r < state->row_count; r++)
        order[r] = (caus_rank)values[r].row;
}

static caus_status order_nodes(caus_cmiknn *state, caus_arena *arena,
                               caus_error *err)
{
    const caus_sample *sample = state->sample;
    state->order =
        CAUS_ARRAY(arena, caus_rank, sample->node_count * state->row_count);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    placed_value *values = CAUS_ARRAY(arena, placed_value, state->row_count);
    if (!state->order || !values)
        return caus_arena_fail(arena, err);
    for (caus_node node = 0; node < sample->node_count; node++) {
        CAUS_TRY(caus_run_check(state->run, err));
        if (node % sample->stride < sample->variable_count)
            order_node(state, node, values);
    }
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}

static caus_status list_rows(caus_cmiknn *state, const double *weights,
                             caus_arena *arena, caus_error *err)
{
    const caus_sample *sample = state->sample;
    size_t *rows = CAUS_ARRAY(arena, size_t, sample->row_count);
    if (!rows)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < sample->row_count; r++)
        if (!weights || weights[r] > 0)
            rows[state->row_count++] = r;
    state->rows = rows;
    if (state->row_count > CAUS_RANK_ROWS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows are more than the %d that nearest "
                         "neighbours are looked for in: give a wider --step "
                         "or a shorter window",
                         state->row_count, CAUS_RANK_ROWS);
    return CAUS_OK;
}

static caus_status fill_digamma(caus_cmiknn *state, caus_arena *arena,
                                caus_error *err)
{
    static const double euler_gamma = 0.57721566490153286061;
    double *digamma = CAUS_ARRAY(arena, double, state->row_count + 2);
    if (!digamma)
        return caus_arena_fail(arena, err);
    digamma[1] = -euler_gamma;
    for (size_t m = 1; m <= state->row_count; m++)
        digamma[m + 1] = digamma[m] + 1 / (double)m;
    state->digamma = digamma;
    return CAUS_OK;
}

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    *work = (caus_ci_work){.state = state, .arena = arena};
    CAUS_TRY(caus_cmiknn_work_init(work, err));
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    if (count > work->given_capacity) {
        caus_node *grown = CAUS_ARRAY(work->arena, caus_node, 2 * count);
        if (!grown)
            return caus_arena_fail(work->arena, err);
        work->given = grown;
        work->given_capacity = 2 * count;
    }
    for (size_t i = 0; i < count; i++)
        work->given[i] = given[i];
    work->given_count = count;
    work->target = target;
    return CAUS_OK;
}

static caus_status estimate_observed(caus_ci_work *work, double *value,
                                     caus_error *err)
{
    if (work->state->options.transform == CAUS_KNN_STANDARDISED)
        return caus_cmiknn_estimate_real(work, NULL, value, err);
    return caus_cmiknn_estimate(work, work->columns[CAUS_CMIKNN_TARGET].values,
                                1, value, err);
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    bool sound = true;
    CAUS_TRY(caus_cmiknn_gather(work, source, &sound, err));
    if (!sound) {
        *result = (caus_ci_result){.df = 1, .undetermined = true};
        return CAUS_OK;
    }
    double value;
    caus_cmiknn_shuffles shuffles;
    CAUS_TRY(estimate_observed(work, &value, err));
    CAUS_TRY(caus_cmiknn_shuffle(work, value, &shuffles, err));
    *result = (caus_ci_result){.statistic = value,
                               .df = 1 + ((double)shuffles.reached + 1) /
                                             ((double)shuffles.made + 1)};
    return CAUS_OK;
}

/*
 * The quotient of whole numbers that df − 1 is but for the rounding of the sum,
 * so that p ≤ alpha holds where both are the same quotient: the first
 * convergent of the continued fraction that is near enough. Quotients of
 * numbers up to MOST_SHUFFLES + 1 are much farther apart than that.
 */
static double p_value(double statistic, double df)
{
    enum { MOST_STEPS = 40 };
    static const double near = 0x1p-52;
    double p = df - 1, rest = p;
    double above[2] = {0, 1}, below[2] = {1, 0}; /* the last two convergents */
    (void)statistic;
    if (!(df >= 1))
        return 1;
    for (int step = 0; step < MOST_STEPS; step++) {
        double whole = floor(rest);
        double next_above = whole * above[1] + above[0];
        double next_below = whole * below[1] + below[0];
        if (fabs(p - next_above / next_below) <= near)
            return next_above / next_below;
        above[0] = above[1];
        above[1] = next_above;
        below[0] = below[1];
        below[1] = next_below;
        rest = 1 / (rest - whole);
    }
    return p;
}

static caus_status make_state(caus_cmiknn *state, const double *weights,
                              caus_arena *arena, caus_error *err)
{
    CAUS_TRY(list_rows(state, weights, arena, err));
    CAUS_TRY(caus_sample_identify(state->sample, arena, &state->identity, err));
    CAUS_TRY(fill_digamma(state, arena, err));
    return order_nodes(state, arena, err);
}

caus_status caus_cmiknn_init(const caus_test_options *options,
                             const caus_sample *sample, const double *weights,
                             const caus_run *run, caus_arena *arena,
                             caus_independence *result, caus_error *err)
{
    CAUS_TRY(check_options(options, err));
    caus_arena_mark mark = caus_arena_get_mark(arena);
    caus_cmiknn *state = CAUS_ARRAY(arena, caus_cmiknn, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (caus_cmiknn){
        .sample = sample,
        .run = run,
        .kernel = caus_neighbour_best(),
        .options = options->knn,
        .is_mixed = options->test == CAUS_TEST_CMIKNN_MIXED,
    };
    caus_status status = make_state(state, weights, arena, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = (caus_independence){
        .state = state,
        .sample = sample,
        .start = start,
        .condition = condition,
        .test = test,
        .p_value = p_value,
    };
    return CAUS_OK;
}
