/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LPCMCI (Gerhardus & Runge 2020, "High-recall causal discovery for
 * autocorrelated time series with latent confounders", algorithm 1).
 */
#include <math.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "discovery/lpcmci_internal.h"

caus_lpcmci_options caus_lpcmci_options_default(void)
{
    return (caus_lpcmci_options){.test = caus_test_options_default(),
                                 .max_lag = 5,
                                 .alpha = .01,
                                 .preliminary_iterations = 1,
                                 .max_conditions = SIZE_MAX,
                                 .max_conditions_second = SIZE_MAX,
                                 .max_separating_search = SIZE_MAX,
                                 .max_combinations = SIZE_MAX};
}

caus_status caus_lp_check_options(const caus_lpcmci_options *options,
                                  caus_error *err)
{
    enum { MOST_ITERATIONS = 100 };
    if (!(options->alpha > 0 && options->alpha < 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "alpha is %g: give a number between 0 and 1",
                         options->alpha);
    if (options->preliminary_iterations > MOST_ITERATIONS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu preliminary iterations were asked for: the most "
                         "is %d, and 1 to 4 are usual",
                         options->preliminary_iterations, MOST_ITERATIONS);
    if (!options->max_combinations)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no combination of conditions may be tried: give 1 "
                         "or more");
    return CAUS_OK;
}

static caus_status check_series(const caus_series *series,
                                const caus_lpcmci_options *options,
                                caus_error *err)
{
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    if (series->step_ns == 0 && options->max_lag > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a table without time has no lags: %zu were asked "
                         "for; give --max-lag 0 or data with a time column",
                         options->max_lag);
    return CAUS_OK;
}

/* Bytes of the largest pieces, so that a budget is refused before the work. */
static caus_status check_budget(size_t variable_count, size_t rows,
                                const caus_lpcmci_options *options,
                                const caus_run *run, caus_error *err)
{
    double variables = (double)variable_count;
    double window = variables * ((double)options->max_lag + 1);
    double nodes = (variables + 8) * (2 * (double)options->max_lag + 1);
    double cells = variables * window;
    double needed = 8 * nodes * nodes + 8 * (variables + 8) * (double)rows +
                    6 * window * window + 100 * cells;
    double limit = (double)caus_run_memory_limit_bytes(run);
    if (window > 60000 || (limit > 0 && needed > limit))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu variables with lags up to %zu need about %.0f "
                         "MiB: raise --memory-limit, or ask for fewer "
                         "variables or lags (at most 60000 lagged variables)",
                         variable_count, options->max_lag, needed / 0x1p20);
    return CAUS_OK;
}

static caus_status init_view(caus_lp *lp, caus_error *err)
{
    size_t rows = lp->node_count * lp->words;
    caus_lp_view *view = &lp->view;
    view->adjacent = CAUS_ARRAY(lp->arena, uint64_t, rows);
    view->sure = CAUS_ARRAY(lp->arena, uint64_t, rows);
    bool is_whole = view->adjacent && view->sure;
    for (int mark = CAUS_MARK_TAIL; mark <= CAUS_MARK_CONFLICT; mark++) {
        view->here[mark] = CAUS_ARRAY(lp->arena, uint64_t, rows);
        view->there[mark] = CAUS_ARRAY(lp->arena, uint64_t, rows);
        is_whole = is_whole && view->here[mark] && view->there[mark];
    }
    return is_whole ? CAUS_OK : caus_arena_fail(lp->arena, err);
}

static caus_status init_lists(caus_lp *lp, caus_error *err)
{
    caus_arena *arena = lp->arena;
    size_t nodes = lp->node_count;
    lp->scratch =
        CAUS_ARRAY(arena, uint64_t, (size_t)CAUS_LP_SCRATCH * lp->words);
    lp->steps = CAUS_ARRAY(arena, uint64_t, nodes * lp->words);
    lp->keys = CAUS_ARRAY(arena, double, nodes);
    lp->list = CAUS_ARRAY(arena, uint32_t, nodes);
    lp->more = CAUS_ARRAY(arena, uint32_t, nodes);
    lp->queue = CAUS_ARRAY(arena, uint32_t, (nodes + 1) * (nodes + 1) + 1);
    lp->combination = CAUS_ARRAY(arena, size_t, nodes);
    lp->given_nodes = CAUS_ARRAY(arena, caus_node, nodes);
    lp->lag_of = CAUS_ARRAY(arena, uint32_t, nodes);
    lp->variable_of = CAUS_ARRAY(arena, uint32_t, nodes);
    if (!lp->scratch || !lp->steps || !lp->keys || !lp->list || !lp->more ||
        !lp->queue || !lp->combination || !lp->given_nodes || !lp->lag_of ||
        !lp->variable_of)
        return caus_arena_fail(arena, err);
    for (size_t node = 0; node < nodes; node++) {
        lp->lag_of[node] = (uint32_t)(node / lp->variable_count);
        lp->variable_of[node] = (uint32_t)(node % lp->variable_count);
    }
    return CAUS_OK;
}

static caus_status init_cells(caus_lp *lp, caus_error *err)
{
    caus_arena *arena = lp->arena;
    size_t cells = lp->cell_count;
    lp->links = CAUS_ARRAY(arena, caus_lp_link, cells);
    lp->kept = CAUS_ARRAY(arena, caus_lp_link, cells);
    lp->least = CAUS_ARRAY(arena, double, cells);
    lp->statistic = CAUS_ARRAY(arena, double, cells);
    lp->df = CAUS_ARRAY(arena, double, cells);
    lp->told = CAUS_ARRAY(arena, unsigned char, cells *CAUS_LP_ENDS);
    lp->sets = CAUS_ARRAY(arena, caus_lp_sets, cells);
    lp->found = CAUS_ARRAY(arena, caus_lp_sets, cells);
    if (!lp->links || !lp->kept || !lp->least || !lp->statistic || !lp->df ||
        !lp->told || !lp->sets || !lp->found)
        return caus_arena_fail(arena, err);
    for (size_t cell = 0; cell < cells; cell++)
        lp->df[cell] = -1;
    return CAUS_OK;
}

caus_status caus_lp_init(caus_lp *lp, const caus_lp_question *question,
                         const caus_independence *test, caus_arena *arena,
                         caus_error *err)
{
    size_t n = question->variable_count, lags = question->options->max_lag + 1;
    *lp = (caus_lp){.options = question->options,
                    .run = question->run,
                    .test = test,
                    .arena = arena,
                    .variable_count = n,
                    .max_lag = question->options->max_lag,
                    .node_count = n * lags,
                    .words = caus_bit_words(n * lags),
                    .column = question->column,
                    .cell_count = n * n * lags};
    caus_series named = {.variable_count = n, .variables = question->variables};
    CAUS_TRY(caus_lag_prior_read(&named, lp->max_lag, lp->options->assumptions,
                                 true, arena, &lp->prior, err));
    CAUS_TRY(init_view(lp, err));
    CAUS_TRY(init_lists(lp, err));
    CAUS_TRY(init_cells(lp, err));
    CAUS_TRY(caus_lp_tests_init(lp, err));
    CAUS_TRY(caus_decider_init(&lp->decider, test, question->options->alpha,
                               arena, err));
    return test->start(test->state, arena, &lp->work, err);
}

/* The cell of the result that a cell of the search stands for. */
static size_t cell_in_columns(const caus_lp *lp, size_t cell)
{
    size_t n = lp->variable_count, lags = lp->max_lag + 1;
    size_t source = lp->column[cell / lags / n];
    size_t target = lp->column[cell / lags % n];
    return (source * n + target) * lags + cell % lags;
}

caus_status caus_lp_give_graph(const caus_lp *lp, caus_arena *out,
                               caus_graph *result, caus_error *err)
{
    size_t n = lp->variable_count, lags = lp->max_lag + 1;
    CAUS_TRY(caus_graph_init(result, n, lp->max_lag, out, err));
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        const caus_lp_link *link = &lp->links[cell];
        if (link->mark[0] != CAUS_MARK_NONE)
            caus_graph_set(result, lp->column[cell / lags / n],
                           lp->column[cell / lags % n], cell % lags,
                           link->mark[CAUS_LP_SOURCE],
                           link->mark[CAUS_LP_TARGET]);
    }
    return CAUS_OK;
}

/* Everything one call works on. */
typedef struct call {
    const caus_series *series;
    caus_lp_question question;
    caus_sample sample;
    caus_independence test;
    caus_lp lp;
} call;

static caus_status give_result(const call *c, bool is_complete, caus_arena *out,
                               caus_discovery *result, caus_error *err)
{
    const caus_lp *lp = &c->lp;
    double *statistic = CAUS_ARRAY(out, double, lp->cell_count);
    double *p_value = CAUS_ARRAY(out, double, lp->cell_count);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < lp->cell_count; cell++) {
        size_t to = cell_in_columns(lp, cell);
        caus_ci_result weakest = {.statistic = lp->statistic[cell],
                                  .df = lp->df[cell],
                                  .undetermined = lp->df[cell] < 1};
        /* pairs known to be apart are asked about for orientation alone */
        bool is_apart =
            lp->prior.cells && lp->prior.cells[to] == CAUS_ASSUME_ABSENT;
        statistic[to] = is_apart ? 0 : lp->statistic[cell];
        p_value[to] = is_apart ? 1 : caus_ci_p_value(lp->test, &weakest);
    }
    *result = (caus_discovery){.statistic = statistic,
                               .p_value = p_value,
                               .rows_used = c->sample.row_count,
                               .test_count = lp->test_count,
                               .complete = is_complete};
    return caus_lp_give_graph(lp, out, &result->graph, err);
}

/* The columns in the order of their names. */
static caus_status rank_columns(const caus_series *series, caus_arena *arena,
                                const size_t **result, caus_error *err)
{
    size_t *column = CAUS_ARRAY(arena, size_t, series->variable_count);
    if (!column)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        size_t place = v;
        for (; series->variables && place > 0; place--) {
            size_t other = column[place - 1];
            if (strcmp(series->variables[other].name,
                       series->variables[v].name) <= 0)
                break;
            column[place] = other;
        }
        column[place] = v;
    }
    *result = column;
    return CAUS_OK;
}

static caus_status prepare(call *c, caus_arena *scratch, caus_error *err)
{
    const caus_lpcmci_options *options = c->question.options;
    const caus_run *run = c->question.run;
    caus_sample_options sampling = {
        .longest_lag = 2 * options->max_lag,
        .leave_out = {options->mask_roles & CAUS_MASK_SOURCE,
                      options->mask_roles & CAUS_MASK_TARGET,
                      options->mask_roles & CAUS_MASK_CONDITIONS},
        .drop_up_to_longest = options->drop_up_to_max_lag,
    };
    CAUS_TRY(rank_columns(c->series, scratch, &c->question.column, err));
    CAUS_TRY(
        caus_sample_init(c->series, &sampling, run, scratch, &c->sample, err));
    if (c->sample.row_count < 3)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows less twice the largest lag %zu leave %zu: "
                         "need at least 3; widen the window or lower "
                         "--max-lag",
                         caus_series_row_count(c->series), options->max_lag,
                         c->sample.row_count);
    CAUS_TRY(caus_independence_init(&options->test, &c->sample, NULL,
                                    caus_run_threads(run), run, scratch,
                                    &c->test, err));
    return caus_lp_init(&c->lp, &c->question, &c->test, scratch, err);
}

/* What can be said when the time limit passes before the first test. */
static caus_status give_nothing(const call *c, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    size_t n = c->series->variable_count;
    size_t cells = n * n * (c->question.options->max_lag + 1);
    double *statistic = CAUS_ARRAY(out, double, cells);
    double *p_value = CAUS_ARRAY(out, double, cells);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < cells; cell++)
        p_value[cell] = 1;
    *result = (caus_discovery){.statistic = statistic, .p_value = p_value};
    return caus_graph_init(&result->graph, n, c->question.options->max_lag, out,
                           err);
}

static caus_status run_call(call *c, caus_arena *scratch, caus_arena *out,
                            caus_discovery *result, caus_error *err)
{
    caus_status status = prepare(c, scratch, err);
    if (status == CAUS_ERR_TIME_LIMIT)
        return give_nothing(c, out, result, err);
    if (status != CAUS_OK)
        return status;
    status = caus_lp_search(&c->lp, err);
    if (status != CAUS_OK && status != CAUS_ERR_TIME_LIMIT)
        return status;
    return give_result(c, status == CAUS_OK, out, result, err);
}

caus_status caus_discover_lpcmci(const caus_series *series,
                                 const caus_lpcmci_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_discovery *result, caus_error *err)
{
    caus_lpcmci_options defaults = caus_lpcmci_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(caus_lp_check_options(options, err));
    CAUS_TRY(check_series(series, options, err));
    CAUS_TRY(check_budget(series->variable_count, caus_series_row_count(series),
                          options, run, err));
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    call c = {.series = series,
              .question = {.options = options,
                           .run = run,
                           .variable_count = series->variable_count,
                           .variables = series->variables}};
    caus_discovery made;
    caus_status status = run_call(&c, scratch, out, &made, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
