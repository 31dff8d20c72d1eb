/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "discovery/discovery_internal.h"
#include "discovery/options.h"
#include "discovery/parents.h"

caus_pcmci_options caus_pcmci_options_default(void)
{
    return (caus_pcmci_options){.method = CAUS_METHOD_PCMCI,
                                .test = caus_test_options_default(),
                                .max_lag = 5,
                                .alpha = .05,
                                .pc_alpha = .05,
                                .max_combinations = 1,
                                .max_conditions = SIZE_MAX,
                                .max_conditions_target = SIZE_MAX,
                                .max_conditions_source = SIZE_MAX,
                                .level = .95};
}

static caus_status check_lags(const caus_series *series,
                              const caus_pcmci_options *options,
                              caus_error *err)
{
    if (options->min_lag > options->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the smallest lag %zu is above the largest lag %zu",
                         options->min_lag, options->max_lag);
    if (series->step_ns == 0 && options->max_lag > 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a table without time has no lags: %zu were asked "
                         "for; give --max-lag 0 or data with a time column",
                         options->max_lag);
    if (options->max_lag == 0 && options->method != CAUS_METHOD_LAGGED &&
        !caus_is_plus(options))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "this method conditions on the past: it needs "
                         "--max-lag 1 or more; for a table take pcmci+ or "
                         "lagged");
    return CAUS_OK;
}

static caus_status check_options(const caus_series *series,
                                 const caus_pcmci_options *options,
                                 caus_error *err)
{
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    CAUS_TRY(check_lags(series, options, err));
    if (!(options->alpha >= 0 && options->alpha <= 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "alpha is %g: give a number from 0 to 1",
                         options->alpha);
    if (!isnan(options->pc_alpha) &&
        !(options->pc_alpha > 0 && options->pc_alpha <= 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "pc_alpha is %g: give a number above 0 and up to 1, "
                         "or none to have it chosen",
                         options->pc_alpha);
    CAUS_TRY(caus_check_level(options->level, err));
    if (!options->max_combinations)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no combination of conditions may be tried: give 1 "
                         "or more");
    return CAUS_OK;
}

/* Bytes of the largest pieces, so that a budget is refused before the work. */
static double bytes_needed(const caus_series *series,
                           const caus_pcmci_options *options, int threads)
{
    double variables = (double)series->variable_count + 8;
    double nodes = variables * (2 * (double)options->max_lag + 1);
    double cells = variables * variables * ((double)options->max_lag + 1);
    double rows = series->gram ? 0 : (double)caus_series_row_count(series);
    double panel = variables * rows * 8;
    double grams = options->bootstrap ? 1 + (double)threads : 1;
    return grams * (8 * nodes * nodes + panel + 40 * cells);
}

static caus_status check_budget(const caus_series *series,
                                const caus_pcmci_options *options,
                                const caus_run *run, caus_error *err)
{
    double needed = bytes_needed(series, options, caus_run_threads(run));
    double limit = (double)caus_run_memory_limit_bytes(run);
    if (needed > 0x1p47 || (limit > 0 && needed > limit))
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu variables with lags up to %zu need about %.0f "
                         "MiB, more than the limit of %.0f MiB: raise "
                         "--memory-limit, or ask for fewer variables or lags",
                         series->variable_count, options->max_lag,
                         needed / 0x1p20,
                         (limit > 0 ? limit : 0x1p47) / 0x1p20);
    return CAUS_OK;
}

static caus_status check_rows(const caus_series *series,
                              const caus_pcmci_options *options,
                              const caus_sample *sample, caus_error *err)
{
    size_t conditions = 0;
    if (options->method == CAUS_METHOD_BIVCI)
        conditions = options->max_lag;
    if (options->method == CAUS_METHOD_FULLCI)
        conditions = options->max_lag * series->variable_count;
    if (sample->row_count < conditions + 3)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows less twice the largest lag %zu leave %zu "
                         "to test %zu conditions: need at least %zu; widen "
                         "the window or lower --max-lag",
                         caus_series_row_count(series), options->max_lag,
                         sample->row_count, conditions, conditions + 3);
    return CAUS_OK;
}

/* Everything one call works on. */
typedef struct call {
    const caus_series *series;
    const caus_pcmci_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_question question;
    caus_sample sample;
    caus_independence test;
    caus_search search;
    caus_findings findings;
} call;

static caus_status check_selection(const call *c, caus_error *err)
{
    if (c->test.score || !isnan(c->options->pc_alpha))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "pc_alpha cannot be chosen by a score with the test %s: "
                     "give --pc-alpha a number",
                     caus_test_name(c->options->test.test));
}

static caus_status give_parents(const call *c, caus_discovery *result,
                                caus_error *err)
{
    size_t variables = c->question.variable_count;
    caus_parents *parents = CAUS_ARRAY(c->out, caus_parents, variables);
    if (!parents)
        return caus_arena_fail(c->out, err);
    for (size_t j = 0; j < variables; j++) {
        const caus_selection *selection = &c->findings.selections[j];
        caus_lagged *lagged = CAUS_ARRAY(c->out, caus_lagged, selection->count);
        double *strength = CAUS_ARRAY(c->out, double, selection->count);
        if (!lagged || !strength)
            return caus_arena_fail(c->out, err);
        for (size_t k = 0; k < selection->count; k++) {
            lagged[k] = (caus_lagged){selection->nodes[k] % c->sample.stride,
                                      selection->nodes[k] / c->sample.stride};
            strength[k] = selection->strength[k];
        }
        parents[j] = (caus_parents){selection->count, lagged, strength,
                                    selection->alpha};
    }
    result->parents = parents;
    return CAUS_OK;
}

static void set_edges_of(const call *c, caus_graph *graph, size_t source)
{
    const caus_question *question = &c->question;
    const unsigned char *linked = c->findings.linked;
    for (size_t j = 0; j < question->variable_count; j++) {
        for (size_t lag = 0; lag <= c->options->max_lag; lag++) {
            bool forward = linked[caus_cell(question, source, j, lag)];
            bool back = lag == 0 && linked[caus_cell(question, j, source, 0)];
            if ((!forward && !back) || (lag == 0 && source >= j))
                continue;
            caus_edge edge =
                lag == 0 && c->findings.plus
                    ? caus_plus_edge(&c->findings, source, j)
                    : caus_link_marks(question, forward, back, source, j, lag);
            caus_graph_set(graph, source, j, lag, edge.source, edge.target);
        }
    }
}

static void set_edges(const call *c, caus_graph *graph)
{
    int threads = c->search.threads;
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 8) if (threads > 1)
    for (size_t i = 0; i < c->question.variable_count; i++)
        set_edges_of(c, graph, i);
}

static double p_value_of(const call *c, size_t cell)
{
    const caus_findings *found = &c->findings;
    if (found->df[cell] < 1)
        return found->linked[cell] ? 0 : 1;
    if (c->options->all_links || found->linked[cell] ||
        c->options->fdr != CAUS_FDR_NONE)
        return c->test.p_value(found->statistic[cell], found->df[cell]);
    return (double)NAN;
}

/* p-values of links, or of everything tested; 1 where nothing was. */
static void set_p_values(const call *c)
{
    int threads = c->search.threads;
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 4096) if (threads > 1)
    for (size_t cell = 0; cell < c->question.cell_count; cell++)
        c->findings.p_value[cell] = p_value_of(c, cell);
}

enum { MOST_KEPT = 1 << 20 };

/* Critical values come from long double: once for each df. */
static double critical_of(const call *c, double df, double *known)
{
    size_t place = (size_t)df;
    if (place >= MOST_KEPT || place > c->sample.row_count)
        return c->test.critical(1 - c->options->level, df);
    if (!(known[place] > 0))
        known[place] = c->test.critical(1 - c->options->level, df);
    return known[place];
}

static caus_status give_intervals(call *c, caus_discovery *result,
                                  caus_error *err)
{
    size_t cells = c->question.cell_count;
    caus_arena *scratch = c->search.hands[0].arena;
    const caus_ends *found;
    double *lower = CAUS_ARRAY(c->out, double, cells);
    double *upper = CAUS_ARRAY(c->out, double, cells);
    size_t most = c->sample.row_count + 1;
    double *known =
        CAUS_ARRAY(scratch, double, most < MOST_KEPT ? most : MOST_KEPT);
    if (!lower || !upper)
        return caus_arena_fail(c->out, err);
    if (!known)
        return caus_arena_fail(scratch, err);
    bool fit;
    CAUS_TRY(caus_row_intervals(&c->search, &c->findings, &found, &fit, err));
    for (size_t cell = 0; cell < cells; cell++) {
        double statistic = c->findings.statistic[cell];
        double df = c->findings.df[cell];
        caus_ends ends = {statistic, statistic};
        if (df >= 1 && found && !isnan(found[cell].lower))
            ends = found[cell];
        else if (df >= 1)
            ends = c->test.interval(&c->test, statistic, df,
                                    critical_of(c, df, known));
        lower[cell] = ends.lower;
        upper[cell] = ends.upper;
    }
    result->lower = lower;
    result->upper = upper;
    result->intervals_by_formula = !fit;
    return CAUS_OK;
}

static caus_status give_stability(const call *c, caus_discovery *result,
                                  caus_error *err)
{
    caus_arena *scratch = c->search.hands[0].arena;
    double *share = CAUS_ARRAY(c->out, double, c->question.cell_count);
    if (!share)
        return caus_arena_fail(c->out, err);
    size_t done;
    CAUS_TRY(caus_bootstrap_stability(&c->question, &c->sample, share, scratch,
                                      &done, err));
    result->stability = done ? share : NULL;
    result->complete = result->complete && done == c->options->bootstrap;
    return CAUS_OK;
}

static caus_status give_result(call *c, caus_discovery *result, caus_error *err)
{
    CAUS_TRY(caus_graph_init(&result->graph, c->question.variable_count,
                             c->options->max_lag, c->out, err));
    set_edges(c, &result->graph);
    set_p_values(c);
    result->statistic = c->findings.statistic;
    result->p_value = c->findings.p_value;
    result->q_value = c->findings.q_value;
    result->df = c->test.is_correlation ? c->findings.df : NULL;
    result->rows_used = c->sample.row_count;
    result->test_count = caus_search_test_count(&c->search);
    result->complete = !atomic_load(&c->search.stopped);
    if (c->findings.selections)
        CAUS_TRY(give_parents(c, result, err));
    if (c->findings.plus)
        CAUS_TRY(caus_plus_give(&c->findings, c->out, result, err));
    if (c->options->level > 0 && c->test.critical)
        CAUS_TRY(give_intervals(c, result, err));
    if (c->options->bootstrap && result->complete)
        CAUS_TRY(give_stability(c, result, err));
    return CAUS_OK;
}

/* Gram matrices and tests of partial correlation cost about so much; other
 * tests cost far more. Only how many threads are started depends on it. */
static int threads_worth(const call *c)
{
    const double product_ns = .15, test_ns = 300;
    double variables = (double)c->question.variable_count;
    double rows = (double)caus_series_row_count(c->series);
    double lags = (double)c->options->max_lag;
    if (c->options->test.test != CAUS_TEST_PARCORR)
        return caus_run_threads(c->run);
    return caus_run_threads_for(
        c->run, rows * variables * variables * (2 * lags + 1) * product_ns +
                    (double)c->question.cell_count * test_ns);
}

/* Processes must meet at the same places: clocks would part them, and full
 * conditional independence may take a way of its own. */
static bool may_be_grouped(const call *c)
{
    return caus_run_rank_count(c->run) > 1 &&
           !caus_run_has_time_limit(c->run) && !c->question.joint &&
           c->options->method != CAUS_METHOD_FULLCI;
}

static caus_status run_call(call *c, caus_discovery *result, caus_error *err)
{
    const caus_pcmci_options *options = c->options;
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    int threads = threads_worth(c);
    caus_sample_options sampling = {
        .longest_lag = 2 * options->max_lag,
        .leave_out = {options->mask_roles & CAUS_MASK_SOURCE,
                      options->mask_roles & CAUS_MASK_TARGET,
                      options->mask_roles & CAUS_MASK_CONDITIONS},
        .drop_up_to_longest = options->drop_up_to_max_lag,
    };
    CAUS_TRY(caus_assumptions_complete(&c->question, options->assumptions,
                                       scratch, &c->question.assumptions, err));
    caus_lag_prior known = {c->question.variable_count, options->max_lag + 1,
                            c->question.assumptions};
    CAUS_TRY(caus_check_parents(&known, c->series->variables,
                                options->max_parents, err));
    CAUS_TRY(caus_sample_init(c->series, &sampling, c->run, scratch, &c->sample,
                              err));
    CAUS_TRY(check_rows(c->series, options, &c->sample, err));
    if (options->method == CAUS_METHOD_JPCMCIPLUS)
        CAUS_TRY(caus_joint_init(c->series, &c->question, &c->sample, threads,
                                 scratch, &c->test, err));
    else
        CAUS_TRY(caus_independence_init(&options->test, &c->sample, NULL,
                                        threads, c->run, scratch, &c->test,
                                        err));
    CAUS_TRY(check_selection(c, err));
    CAUS_TRY(caus_search_init(&c->search, &c->question, &c->test, 0, threads,
                              scratch, err));
    c->search.grouped = may_be_grouped(c);
    CAUS_TRY(caus_findings_init(&c->question, c->out, &c->findings, err));
    CAUS_TRY(caus_search_run(&c->search, &c->findings, err));
    return give_result(c, result, err);
}

/* What can be said when the time limit passes before the first test. */
static caus_status give_nothing(const call *c, caus_discovery *result,
                                caus_error *err)
{
    caus_findings none;
    *result = (caus_discovery){.complete = false};
    CAUS_TRY(caus_graph_init(&result->graph, c->question.variable_count,
                             c->options->max_lag, c->out, err));
    CAUS_TRY(caus_findings_init(&c->question, c->out, &none, err));
    for (size_t cell = 0; cell < c->question.cell_count; cell++) {
        none.p_value[cell] = 1;
        if (none.q_value)
            none.q_value[cell] = 1;
    }
    result->statistic = none.statistic;
    result->p_value = none.p_value;
    result->q_value = none.q_value;
    return CAUS_OK;
}

static caus_status discover(call *c, caus_discovery *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(c->out);
    caus_status status = run_call(c, result, err);
    if (status != CAUS_ERR_TIME_LIMIT)
        return status;
    caus_arena_rewind(c->out, mark);
    return give_nothing(c, result, err);
}

static void rewind_scratch(const caus_run *run, const caus_arena_mark *marks)
{
    for (int k = caus_run_threads(run); k-- > 0;)
        caus_arena_rewind(caus_run_scratch(run, k), marks[k]);
}

static caus_question question_about(const caus_series *series,
                                    const caus_pcmci_options *options,
                                    const caus_run *run)
{
    size_t variables = series->variable_count;
    return (caus_question){.options = options,
                           .variable_count = variables,
                           .cell_count =
                               variables * variables * (options->max_lag + 1),
                           .first_lag = options->min_lag ? options->min_lag : 1,
                           .run = run};
}

/* The search on columns as they come. */
static caus_status search_columns(const caus_series *series,
                                  const caus_pcmci_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_discovery *result, caus_error *err)
{
    call c = {.series = series,
              .options = options,
              .run = run,
              .out = out,
              .question = question_about(series, options, run)};
    return discover(&c, result, err);
}

/* The search on the columns in another order, the answer in theirs. */
static caus_status search_ordered(const caus_series *series,
                                  const caus_pcmci_options *options,
                                  const size_t *order, const caus_run *run,
                                  caus_arena *out, caus_discovery *result,
                                  caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_pcmci_options mine = *options;
    caus_question question = question_about(series, options, run);
    caus_series sorted;
    CAUS_TRY(caus_series_select(series, order, series->variable_count, scratch,
                                &sorted, err));
    CAUS_TRY(caus_assumptions_complete(&question, options->assumptions, scratch,
                                       &mine.assumptions, err));
    if (mine.assumptions)
        CAUS_TRY(caus_order_cells(&question, order, mine.assumptions, scratch,
                                  &mine.assumptions, err));
    caus_arena *own = caus_arena_new(caus_run_memory_limit_bytes(run));
    if (!own)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the answer about %zu variables",
                         series->variable_count);
    caus_discovery found = {0};
    caus_status status = search_columns(&sorted, &mine, run, own, &found, err);
    if (status == CAUS_OK)
        status = caus_order_restore(&found, order, out, result, err);
    caus_arena_free(own);
    return status;
}

caus_status caus_discover_pcmci(const caus_series *series,
                                const caus_pcmci_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    caus_pcmci_options defaults = caus_pcmci_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(series, options, err));
    CAUS_TRY(check_budget(series, options, run, err));
    enum { MAX_THREADS = 256 };
    caus_arena_mark marks[MAX_THREADS];
    for (int k = 0; k < caus_run_threads(run); k++)
        marks[k] = caus_arena_get_mark(caus_run_scratch(run, k));
    caus_arena_mark mark = caus_arena_get_mark(out);
    const size_t *order = NULL;
    caus_discovery made = {0};
    caus_pcmci_options mine = *options;
    caus_status status =
        caus_order_by_name(series, caus_run_scratch(run, 0), &order, err);
    if (status == CAUS_OK && options->test.test == CAUS_TEST_VECTORS)
        status =
            caus_vectors_assume(series, mine.max_lag, caus_run_scratch(run, 0),
                                &mine.assumptions, err);
    if (status == CAUS_OK && order)
        status = search_ordered(series, &mine, order, run, out, &made, err);
    else if (status == CAUS_OK)
        status = search_columns(series, &mine, run, out, &made, err);
    rewind_scratch(run, marks);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
