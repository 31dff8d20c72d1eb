/* SPDX-License-Identifier: Apache-2.0 */
/* Every learner, asked with knowledge that has nothing to do with the data. */
#include <string.h>

#include "base/base.h"
#include "caus/caus.h"
#include "fault.h"
#include "test.h"

enum { VARIABLES = 5, ROWS = 120, MOST_LAGS = 3 };

/* What is asked of each of them. */
typedef struct question {
    const caus_series *series;
    size_t max_lag;
    const unsigned char *cells;
    const caus_run *run;
    caus_arena *arena;
} question;

typedef caus_status learner(const question *q, caus_graph *graph,
                            caus_error *err);

static caus_status learn_pcmci(const question *q, caus_method method,
                               caus_graph *graph, caus_error *err)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    caus_discovery found;
    options.method = method;
    options.max_lag = q->max_lag;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_pcmci(q->series, &options, q->run, q->arena, &found,
                                 err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status with_pcmci(const question *q, caus_graph *graph,
                              caus_error *err)
{
    return learn_pcmci(q, CAUS_METHOD_PCMCI, graph, err);
}

static caus_status with_pcmciplus(const question *q, caus_graph *graph,
                                  caus_error *err)
{
    return learn_pcmci(q, CAUS_METHOD_PCMCIPLUS, graph, err);
}

static caus_status with_lpcmci(const question *q, caus_graph *graph,
                               caus_error *err)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    caus_discovery found;
    options.max_lag = q->max_lag;
    options.alpha = .1;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_lpcmci(q->series, &options, q->run, q->arena, &found,
                                  err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status with_lingam(const question *q, caus_graph *graph,
                               caus_error *err)
{
    caus_lingam_options options = caus_lingam_options_default();
    caus_lingam found;
    options.max_lag = q->max_lag;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_lingam(q->series, &options, q->run, q->arena, &found,
                                  err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status with_granger(const question *q, caus_graph *graph,
                                caus_error *err)
{
    caus_granger_options options = caus_granger_options_default();
    caus_granger found;
    options.max_lag = q->max_lag;
    options.alpha = .3;
    options.pairwise = q->series->segments[0].row_count % 2;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_granger(q->series, &options, q->run, q->arena,
                                   &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status with_additive(const question *q, caus_graph *graph,
                                 caus_error *err)
{
    caus_additive_options options = caus_additive_options_default();
    caus_additive found;
    options.max_lag = q->max_lag;
    options.starts = 2;
    options.alpha = .3;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_additive(q->series, &options, q->run, q->arena,
                                    &found, err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status with_pc(const question *q, caus_graph *graph,
                           caus_error *err)
{
    caus_pc_options options = caus_pc_options_default();
    caus_discovery found;
    options.alpha = .2;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_pc(q->series, &options, q->run, q->arena, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status learn_fci(const question *q, bool fast, caus_graph *graph,
                             caus_error *err)
{
    caus_fci_options options = caus_fci_options_default();
    caus_discovery found;
    options.alpha = .2;
    options.fast = fast;
    options.assumptions = q->cells;
    CAUS_TRY(
        caus_discover_fci(q->series, &options, q->run, q->arena, &found, err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status with_fci(const question *q, caus_graph *graph,
                            caus_error *err)
{
    return learn_fci(q, false, graph, err);
}

static caus_status with_rfci(const question *q, caus_graph *graph,
                             caus_error *err)
{
    return learn_fci(q, true, graph, err);
}

static caus_status learn_score(const question *q, caus_score_options options,
                               caus_graph *graph, caus_error *err)
{
    caus_discovery found;
    options.penalty = .5;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_score(q->series, &options, q->run, q->arena, &found,
                                 err));
    *graph = found.graph;
    return CAUS_OK;
}

static caus_status with_xges(const question *q, caus_graph *graph,
                             caus_error *err)
{
    return learn_score(q, caus_score_options_default(), graph, err);
}

static caus_status with_ges(const question *q, caus_graph *graph,
                            caus_error *err)
{
    caus_score_options options = caus_score_options_default();
    options.search = CAUS_SEARCH_GES;
    return learn_score(q, options, graph, err);
}

static caus_status with_bdeu(const question *q, caus_graph *graph,
                             caus_error *err)
{
    caus_score_options options = caus_score_options_default();
    options.score = CAUS_SCORE_BDEU;
    return learn_score(q, options, graph, err);
}

static caus_status learn_acyclic(const question *q, caus_dagma_options options,
                                 caus_graph *graph, caus_error *err)
{
    caus_dagma found;
    options.iterations = 500;
    options.least = .02;
    options.assumptions = q->cells;
    CAUS_TRY(caus_discover_dagma(q->series, &options, q->run, q->arena, &found,
                                 err));
    *graph = found.found.graph;
    return CAUS_OK;
}

static caus_status with_dagma(const question *q, caus_graph *graph,
                              caus_error *err)
{
    return learn_acyclic(q, caus_dagma_options_default(), graph, err);
}

static caus_status with_notears(const question *q, caus_graph *graph,
                                caus_error *err)
{
    return learn_acyclic(q, caus_notears_options_default(), graph, err);
}

static const struct {
    const char *name;
    learner *learn;
    bool has_lags;
    bool has_now;   /* links at lag 0 */
    bool is_latent; /* hidden common causes are possible */
    bool keeps_required;
} learners[] = {
    {"pcmci", with_pcmci, true, false, false, true},
    {"pcmci+", with_pcmciplus, true, true, false, true},
    {"lpcmci", with_lpcmci, true, true, true, true},
    {"lingam", with_lingam, false, true, false, true},
    {"var-lingam", with_lingam, true, true, false, true},
    {"granger", with_granger, true, false, false, true},
    {"additive", with_additive, false, true, false, true},
    {"additive in time", with_additive, true, true, false, true},
    {"pc", with_pc, false, true, false, true},
    {"fci", with_fci, false, true, true, true},
    {"rfci", with_rfci, false, true, true, true},
    {"xges", with_xges, false, true, false, true},
    {"ges", with_ges, false, true, false, true},
    {"bdeu", with_bdeu, false, true, false, true},
    {"dagma", with_dagma, false, true, false, true},
    {"notears", with_notears, false, true, false, true},
};

enum { LEARNERS = sizeof learners / sizeof *learners };

/* ---- knowledge ---- */

static size_t cell_of(size_t source, size_t target, size_t lag, size_t lags)
{
    return (source * VARIABLES + target) * lags + lag;
}

/* A pair at lag 0, in the order a variable's number gives. */
static void assume_now(caus_random *random, size_t which,
                       unsigned char *forward, unsigned char *back)
{
    double draw = caus_random_uniform(random);
    if (draw < .15 && learners[which].keeps_required &&
        learners[which].has_now) {
        *forward = CAUS_ASSUME_LINK;
        *back = CAUS_ASSUME_LINK_BACK;
    } else if (draw < .35) {
        *forward = CAUS_ASSUME_NOT_BACK;
        *back = CAUS_ASSUME_ONLY_BACK;
    } else if (draw < .55) {
        *forward = *back = CAUS_ASSUME_ABSENT;
    }
}

/* Where "no cause" speaks of mediators, too, required links go up and it down.
 */
static const unsigned char *draw_knowledge(caus_random *random, size_t which,
                                           size_t max_lag, caus_arena *arena)
{
    size_t lags = max_lag + 1;
    unsigned char *cells =
        caus_arena_array(arena, VARIABLES * VARIABLES * lags, 1);
    assert_non_null(cells);
    for (size_t i = 0; i < VARIABLES; i++)
        for (size_t j = 0; j < VARIABLES; j++) {
            if (i < j)
                assume_now(random, which, &cells[cell_of(i, j, 0, lags)],
                           &cells[cell_of(j, i, 0, lags)]);
            for (size_t lag = 1; lag < lags && i != j; lag++) {
                double draw = caus_random_uniform(random);
                unsigned char *cell = &cells[cell_of(i, j, lag, lags)];
                bool latent = learners[which].is_latent;
                if (draw < .1 && learners[which].keeps_required &&
                    (i < j || !latent))
                    *cell = CAUS_ASSUME_LINK;
                else if (draw < .3)
                    *cell = CAUS_ASSUME_ABSENT;
                else if (draw < .4 && (i > j || !latent))
                    *cell = CAUS_ASSUME_ONLY_BACK;
            }
        }
    return cells;
}

/* Whether an edge is as an assumption has it. */
static bool is_honoured(size_t which, caus_assumption known, size_t lag,
                        caus_edge edge)
{
    bool is_linked = edge.source != CAUS_MARK_NONE;
    switch (known) {
    case CAUS_ASSUME_ABSENT:
        return !is_linked;
    case CAUS_ASSUME_LINK:
        return edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW;
    case CAUS_ASSUME_ONLY_BACK:
        if (lag && !learners[which].is_latent)
            return !is_linked;
        return !is_linked || edge.source == CAUS_MARK_ARROW;
    default:
        return true;
    }
}

static void assert_honoured(size_t which, const question *q,
                            const caus_graph *graph)
{
    size_t lags = q->max_lag + 1;
    for (size_t i = 0; i < VARIABLES; i++)
        for (size_t j = 0; j < VARIABLES; j++)
            for (size_t lag = 0; lag < lags; lag++) {
                caus_assumption known =
                    (caus_assumption)q->cells[cell_of(i, j, lag, lags)];
                if (lag == 0 && (i == j || !learners[which].has_now))
                    continue;
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if (!is_honoured(which, known, lag, edge))
                    fail_msg("%s: %zu(t-%zu) to %zu: told %d, drew %s",
                             learners[which].name, i, lag, j, (int)known,
                             caus_edge_text(edge));
            }
}

/* ---- data ---- */

static caus_series draw_series(caus_random *random, bool has_time,
                               bool has_categories, size_t rows,
                               caus_arena *arena)
{
    double *values = caus_arena_array(arena, rows * VARIABLES, sizeof *values);
    caus_series series;
    assert_non_null(values);
    for (size_t k = 0; k < rows * VARIABLES; k++) {
        double value = caus_random_uniform(random) - .5;
        if (k % VARIABLES)
            value += .6 * values[k - 1];
        if (k > VARIABLES)
            value += .4 * values[k - VARIABLES];
        values[k] = value;
    }
    for (size_t k = 0; has_categories && k < rows * VARIABLES; k++)
        values[k] = values[k] > 0;
    assert_int_equal(caus_series_from_values(NULL, VARIABLES, values, rows,
                                             has_time ? 1000000000 : 0, arena,
                                             &series, NULL),
                     CAUS_OK);
    return series;
}

static void ask(size_t which, uint64_t number, const caus_run *run)
{
    caus_random random;
    caus_arena *arena = caus_arena_new(0);
    assert_non_null(arena);
    caus_random_init(&random, 30 + which, number);
    bool has_lags = learners[which].has_lags;
    size_t max_lag = has_lags ? 1 + number % MOST_LAGS : 0;
    caus_series series =
        draw_series(&random, has_lags, learners[which].learn == with_bdeu,
                    ROWS + number % 2, arena);
    question q = {&series, max_lag,
                  draw_knowledge(&random, which, max_lag, arena), run, arena};
    caus_graph graph;
    caus_error err = {0};
    if (learners[which].learn(&q, &graph, &err) != CAUS_OK)
        fail_msg("%s: %s", learners[which].name, err.message);
    assert_honoured(which, &q, &graph);
    caus_arena_free(arena);
}

static void every_learner_does_as_it_is_told(void **state)
{
    (void)state;
    caus_run *run;
    caus_run_options options = {.threads = 1};
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    for (size_t which = 0; which < LEARNERS; which++)
        for (uint64_t number = 0; number < 40; number++)
            ask(which, number, run);
    caus_run_free(run);
}

static void what_cannot_be_kept_is_refused_by_name(void **state)
{
    (void)state;
    caus_run *run;
    caus_arena *arena = caus_arena_new(0);
    caus_random random;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    caus_random_init(&random, 5, 0);
    caus_series series = draw_series(&random, true, false, ROWS, arena);
    unsigned char cells[VARIABLES * VARIABLES * 2] = {0};
    cells[cell_of(3, 1, 0, 2)] = CAUS_ASSUME_LINK;
    question q = {&series, 1, cells, run, arena};
    caus_graph graph;
    caus_error err;
    assert_int_equal(with_granger(&q, &graph, &err), CAUS_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.message, series.variables[3].name));
    assert_non_null(strstr(err.message, series.variables[1].name));
    assert_non_null(strstr(err.message, "what the past foretells"));
    /* one way or the other */
    cells[cell_of(3, 1, 0, 2)] = CAUS_ASSUME_ADJACENT;
    static learner *const refusing[] = {with_lingam, with_additive};
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(refusing[k](&q, &graph, &err), CAUS_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.message, series.variables[3].name));
    }
    /* in a circle */
    cells[cell_of(3, 1, 0, 2)] = CAUS_ASSUME_LINK;
    cells[cell_of(1, 2, 0, 2)] = CAUS_ASSUME_LINK;
    cells[cell_of(2, 3, 0, 2)] = CAUS_ASSUME_LINK;
    static learner *const others[] = {with_lpcmci, with_lingam, with_pcmciplus,
                                      with_additive};
    for (size_t k = 0; k < 4; k++)
        assert_int_equal(others[k](&q, &graph, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
    caus_run_free(run);
    caus_arena_free(arena);
}

/* Knowledge is read into memory of its own in each of them. */
static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    caus_run *run;
    caus_run_options options = {.threads = 1};
    caus_random random;
    for (size_t which = 0; which < LEARNERS; which++) {
        bool has_lags = learners[which].has_lags;
        for (long n = 0; n < 10000; n++) {
            caus_arena *arena = caus_arena_new(0);
            assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
            caus_random_init(&random, 77, which);
            caus_series series =
                draw_series(&random, has_lags,
                            learners[which].learn == with_bdeu, 60, arena);
            question q = {&series, has_lags,
                          draw_knowledge(&random, which, has_lags, arena), run,
                          arena};
            caus_graph graph;
            caus_error err;
            fault_fail_after(n);
            caus_status status = learners[which].learn(&q, &graph, &err);
            bool refused = fault_stop();
            caus_run_free(run);
            caus_arena_free(arena);
            if (!refused)
                break;
            /* scores of categories need not be remembered */
            if (status != CAUS_ERR_OUT_OF_MEMORY &&
                learners[which].learn != with_bdeu)
                fail_msg("%s: allocation %ld", learners[which].name, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_learner_does_as_it_is_told),
        cmocka_unit_test(what_cannot_be_kept_is_refused_by_name),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
