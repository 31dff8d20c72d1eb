/* SPDX-License-Identifier: Apache-2.0 */
/* A bound on parents leaves the strongest of those found without it. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/caus.h"
#include "fault.h"
#include "given.h"
#include "test.h"

enum { VARIABLES = 5, LAGS = 2, ROWS = 300, MOST_CELLS = 25 * (LAGS + 1) };

/* What a learner drew, and how strong it says each edge is, by cell. */
typedef struct answer {
    caus_graph graph;
    const double *strength;
} answer;

/* What is asked: at most 0 parents are any number. */
typedef struct question {
    const caus_series *series;
    const caus_run *run;
    size_t max_lag;
    size_t max_parents;
    const unsigned char *cells;
} question;

typedef caus_status learner(const question *q, caus_arena *arena,
                            answer *result, caus_error *err);

static caus_status learn_pcmci(const question *q, caus_method method,
                               caus_arena *arena, answer *result,
                               caus_error *err)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found;
    options.method = method;
    options.max_lag = q->max_lag;
    options.alpha = .2;
    options.max_parents = q->max_parents;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_pcmci(q->series, &options, q->run, arena, &found, err));
    *result = (answer){found.graph, found.statistic};
    return CAUS_OK;
}

static caus_status with_pcmci(const question *q, caus_arena *arena,
                              answer *result, caus_error *err)
{
    return learn_pcmci(q, CAUS_METHOD_PCMCI, arena, result, err);
}

static caus_status with_lagged(const question *q, caus_arena *arena,
                               answer *result, caus_error *err)
{
    return learn_pcmci(q, CAUS_METHOD_LAGGED, arena, result, err);
}

static caus_status with_pcmciplus(const question *q, caus_arena *arena,
                                  answer *result, caus_error *err)
{
    return learn_pcmci(q, CAUS_METHOD_PCMCIPLUS, arena, result, err);
}

static caus_status with_granger(const question *q, caus_arena *arena,
                                answer *result, caus_error *err)
{
    caus_granger_options options = caus_granger_options_default();
    caus_granger found;
    options.max_lag = q->max_lag;
    options.alpha = .3;
    options.max_parents = q->max_parents;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_granger(q->series, &options, q->run, arena, &found, err));
    *result = (answer){found.found.graph, found.found.statistic};
    return CAUS_OK;
}

static caus_status with_lingam(const question *q, caus_arena *arena,
                               answer *result, caus_error *err)
{
    caus_lingam_options options = caus_lingam_options_default();
    caus_lingam found;
    options.max_lag = q->max_lag;
    options.max_parents = q->max_parents;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_lingam(q->series, &options, q->run, arena, &found, err));
    *result = (answer){found.found.graph, found.found.statistic};
    return CAUS_OK;
}

static caus_status with_notears(const question *q, caus_arena *arena,
                                answer *result, caus_error *err)
{
    caus_dagma_options options = caus_notears_options_default();
    caus_dagma found;
    options.penalty = .002;
    options.least = .02;
    options.max_parents = q->max_parents;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_dagma(q->series, &options, q->run, arena, &found, err));
    *result = (answer){found.found.graph, found.weight};
    return CAUS_OK;
}

static caus_status with_pc(const question *q, caus_arena *arena, answer *result,
                           caus_error *err)
{
    caus_pc_options options = caus_pc_options_default();
    caus_discovery found;
    options.max_parents = q->max_parents;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_pc(q->series, &options, q->run, arena, &found, err));
    *result = (answer){found.graph, found.statistic};
    return CAUS_OK;
}

/* The last ones take the bound as known and keep every link. */
static const struct {
    const char *name;
    learner *learn;
    size_t max_lag;
    size_t required_lag;
} learners[] = {
    {"pcmci", with_pcmci, LAGS, 1},       {"lagged", with_lagged, LAGS, 1},
    {"granger", with_granger, LAGS, 1},   {"lingam", with_lingam, 0, 0},
    {"var-lingam", with_lingam, LAGS, 0}, {"notears", with_notears, 0, 0},
    {"pcmci+", with_pcmciplus, LAGS, 0},  {"pc", with_pc, 0, 0}};

enum { BOUND = 6, LEARNERS = sizeof learners / sizeof *learners };

/* Each variable depends on those before it, now and one step ago. */
static caus_series draw_series(uint64_t seed, bool has_time, caus_arena *arena)
{
    caus_random random;
    caus_series series;
    double *values = CAUS_ARRAY(arena, double, ROWS *VARIABLES);
    assert_non_null(values);
    caus_random_init(&random, 12, seed);
    for (size_t k = 0; k < (size_t)ROWS * VARIABLES; k++) {
        values[k] = caus_random_uniform(&random) - .5;
        for (size_t back = 1; back <= k % VARIABLES; back++)
            values[k] += .3 * (double)back * values[k - back];
        if (k > VARIABLES)
            values[k] += .2 * values[k - VARIABLES] - .1 * values[k - 3];
    }
    assert_int_equal(caus_series_from_values(NULL, VARIABLES, values, ROWS,
                                             has_time ? 1000000000 : 0, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

static size_t cell_of(size_t source, size_t target, size_t lag, size_t max_lag)
{
    return (source * VARIABLES + target) * (max_lag + 1) + lag;
}

static bool is_parent(const answer *a, size_t source, size_t target, size_t lag)
{
    caus_edge edge = caus_graph_get(&a->graph, source, target, lag);
    return edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW;
}

/* How many parents of a target go before one: required ones, then by
 * strength. */
static size_t rank_of(const question *q, const answer *all, size_t target,
                      size_t cell)
{
    size_t rank = 0, lags = q->max_lag + 1;
    bool stays = q->cells[cell] == CAUS_ASSUME_LINK;
    for (size_t k = 0; k < VARIABLES * lags; k++) {
        size_t other = cell_of(k / lags, target, k % lags, q->max_lag);
        if (other == cell || !is_parent(all, k / lags, target, k % lags))
            continue;
        bool other_stays = q->cells[other] == CAUS_ASSUME_LINK;
        bool is_stronger =
            fabs(all->strength[other]) > fabs(all->strength[cell]);
        rank += other_stays == stays ? is_stronger : other_stays;
    }
    return rank;
}

static size_t check_bound(size_t which, uint64_t seed, size_t most,
                          const caus_run *run)
{
    caus_arena *arena = caus_arena_new(0);
    size_t max_lag = learners[which].max_lag, dropped = 0;
    caus_series series = draw_series(seed, max_lag > 0, arena);
    unsigned char cells[MOST_CELLS] = {0};
    cells[cell_of(0, 4, learners[which].required_lag, max_lag)] =
        CAUS_ASSUME_LINK;
    question q = {&series, run, max_lag, 0, cells};
    answer all, bound;
    caus_error err;
    assert_int_equal(learners[which].learn(&q, arena, &all, &err), CAUS_OK);
    q.max_parents = most;
    assert_int_equal(learners[which].learn(&q, arena, &bound, &err), CAUS_OK);
    for (size_t cell = 0; cell < VARIABLES * VARIABLES * (max_lag + 1);
         cell++) {
        size_t pair = cell / (max_lag + 1), lag = cell % (max_lag + 1);
        size_t source = pair / VARIABLES, target = pair % VARIABLES;
        bool was = is_parent(&all, source, target, lag);
        bool is_kept = was && rank_of(&q, &all, target, cell) < most;
        if (is_kept != is_parent(&bound, source, target, lag))
            fail_msg("%s: %zu(t-%zu) to %zu of seed %llu", learners[which].name,
                     source, lag, target, (unsigned long long)seed);
        dropped += was && !is_kept;
    }
    caus_arena_free(arena);
    return dropped;
}

static void the_strongest_parents_stay(void **unused)
{
    (void)unused;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    for (size_t which = 0; which < BOUND; which++) {
        size_t dropped = 0;
        for (uint64_t seed = 0; seed < 20; seed++)
            dropped += check_bound(which, seed, 1 + seed % 2, run);
        if (!dropped)
            fail_msg("%s was never bound", learners[which].name);
    }
    caus_run_free(run);
}

static void more_required_parents_than_allowed_are_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    unsigned char cells[MOST_CELLS] = {0};
    caus_error err;
    answer found;
    for (size_t which = 0; which < LEARNERS; which++) {
        size_t max_lag = learners[which].max_lag;
        caus_series series = draw_series(1, max_lag > 0, arena);
        question q = {&series, run, max_lag, 1, cells};
        memset(cells, 0, sizeof cells);
        cells[cell_of(0, 4, learners[which].required_lag, max_lag)] =
            CAUS_ASSUME_LINK;
        cells[cell_of(1, 4, learners[which].required_lag, max_lag)] =
            CAUS_ASSUME_LINK;
        assert_int_equal(learners[which].learn(&q, arena, &found, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, series.variables[4].name));
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_told(void **unused)
{
    (void)unused;
    static const unsigned char cells[MOST_CELLS] = {0};
    for (size_t which = 0; which < LEARNERS; which++) {
        for (long n = 0; n < 10000; n++) {
            caus_arena *arena = caus_arena_new(0);
            caus_run *run = given_run(&(caus_run_options){.threads = 1});
            caus_series series =
                draw_series(2, learners[which].max_lag > 0, arena);
            question q = {&series, run, learners[which].max_lag, 1, cells};
            answer found;
            fault_fail_after(n);
            caus_status status = learners[which].learn(&q, arena, &found, NULL);
            bool refused = fault_stop();
            caus_run_free(run);
            caus_arena_free(arena);
            if (!refused)
                break;
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_parents_stay),
        cmocka_unit_test(more_required_parents_than_allowed_are_refused),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
