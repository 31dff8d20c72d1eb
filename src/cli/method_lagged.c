/* SPDX-License-Identifier: Apache-2.0 */
/* The PCMCI family: its options, and running it. */
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"

caus_status caus_cli_read_max_lag(const caus_arguments *arguments,
                                  const caus_series *series, size_t *result,
                                  caus_error *err)
{
    enum { DEFAULT_LAGS = 5, MOST_DEFAULT_LAGS = 20, MOST_LAGS = 10000 };
    const char *text = caus_arguments_get(arguments, "max-lag");
    if (!text && series->gram) {
        *result = series->gram->max_lag;
        return CAUS_OK;
    }
    bool has_clock = series->segment_count && series->segments[0].start_ns != 0;
    if (!text) {
        int64_t lags = DEFAULT_LAGS;
        if (series->step_ns == 0)
            lags = 0;
        else if (has_clock)
            lags = (300000000000 + series->step_ns - 1) / series->step_ns;
        *result = (size_t)(lags > MOST_DEFAULT_LAGS ? MOST_DEFAULT_LAGS : lags);
        if (caus_cli_chose_near(arguments) && series->variable_count) {
            size_t carried = caus_cli_lags_carried(series);
            *result = *result > carried ? carried : *result;
        }
        return CAUS_OK;
    }
    if (strspn(text, "0123456789") == strlen(text)) {
        long lags;
        CAUS_TRY(caus_arguments_integer(arguments, "max-lag", 0, MOST_LAGS, 0,
                                        &lags, err));
        *result = (size_t)lags;
        return CAUS_OK;
    }
    int64_t lag_ns;
    CAUS_TRY(caus_arguments_duration(arguments, "max-lag", 0, &lag_ns, err));
    if (series->step_ns == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--max-lag=%s: a table has no time, so no lags", text);
    int64_t lags = (lag_ns + series->step_ns - 1) / series->step_ns;
    if (lags > MOST_LAGS)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_ARGUMENT,
            "--max-lag=%s is %lld steps: give at most %d steps, or "
            "a wider --step",
            text, (long long)lags, MOST_LAGS);
    *result = (size_t)lags;
    return CAUS_OK;
}

caus_status caus_cli_read_test(const caus_arguments *arguments,
                               caus_test fallback, caus_test_options *result,
                               caus_error *err)
{
    const char *name = caus_arguments_get(arguments, "test");
    caus_test_options options = caus_test_options_default();
    long shuffles;
    options.test = fallback;
    if (name)
        caus_test_from_name(name, &options.test);
    CAUS_TRY(caus_arguments_number(arguments, "neighbours", 0, 1000000,
                                   options.knn.neighbours,
                                   &options.knn.neighbours, err));
    CAUS_TRY(caus_arguments_integer(arguments, "shuffles", 0, 1000000,
                                    (long)options.knn.shuffles, &shuffles,
                                    err));
    options.knn.shuffles = (size_t)shuffles;
    long window;
    CAUS_TRY(caus_arguments_integer(arguments, "wls-window", 2, 1000000,
                                    (long)options.wls_window, &window, err));
    options.wls_window = (size_t)window;
    if (caus_arguments_has(arguments, "wls-window") &&
        options.test != CAUS_TEST_WLS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--wls-window belongs to --test parcorr-wls");
    bool permutes = options.test == CAUS_TEST_CMIKNN ||
                    options.test == CAUS_TEST_CMIKNN_MIXED;
    static const char *const settings[] = {"neighbours", "shuffles"};
    for (size_t k = 0; !permutes && k < 2; k++) {
        if (caus_arguments_has(arguments, settings[k]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s belongs to --test cmiknn and cmiknn-mixed",
                             settings[k]);
    }
    *result = options;
    return CAUS_OK;
}

void caus_cli_settle_shuffles(const caus_arguments *arguments, double level,
                              caus_fdr fdr, caus_test_options *test)
{
    bool all = fdr != CAUS_FDR_NONE ||
               caus_arguments_has(arguments, "all-links") ||
               caus_arguments_has(arguments, "graph") ||
               caus_arguments_has(arguments, "sensitivity");
    test->knn.shuffle_alpha = all ? 1 : level;
}

/* A table has no past to hold fixed. */
static caus_status check_table(const caus_series *series, const char *method,
                               caus_error *err)
{
    if (series->step_ns || !method ||
        (strcmp(method, "pcmci") != 0 && strcmp(method, "bivci") != 0 &&
         strcmp(method, "fullci") != 0))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--method=%s holds the past fixed and a table has none: "
                     "give --method pcmci+ or lagged, or --csv with a column "
                     "time",
                     method);
}

caus_status caus_cli_check_rows(const caus_series *series, size_t max_lag,
                                caus_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < series->segment_count; i++) {
        if (series->segments[i].row_count > longest)
            longest = series->segments[i].row_count;
    }
    if (!max_lag || longest > 2 * max_lag || series->gram)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "%zu rows are too few for --max-lag=%zu: more than twice "
                     "as many rows as lags are needed, so widen the window, "
                     "lower --max-lag or give a smaller --step",
                     longest, max_lag);
}

/* By the order of caus_method. */
static const char *const method_names[] = {"pcmci",  "bivci",  "fullci",
                                           "lagged", "pcmci+", "pc-lagged"};

static caus_method read_method(const char *name)
{
    for (size_t i = 0; name && i < sizeof method_names / sizeof *method_names;
         i++) {
        if (strcmp(name, method_names[i]) == 0)
            return (caus_method)i;
    }
    return CAUS_METHOD_PCMCIPLUS;
}

caus_collider_rule caus_cli_read_colliders(const caus_arguments *arguments,
                                           caus_collider_rule fallback)
{
    const char *rule = caus_arguments_get(arguments, "colliders");
    if (!rule)
        return fallback;
    if (strcmp(rule, "conservative") == 0)
        return CAUS_COLLIDERS_CONSERVATIVE;
    return strcmp(rule, "standard") == 0 ? CAUS_COLLIDERS_NONE
                                         : CAUS_COLLIDERS_MAJORITY;
}

caus_fdr caus_cli_read_fdr(const caus_arguments *arguments, caus_fdr fallback)
{
    const char *name = caus_arguments_get(arguments, "fdr");
    if (!name)
        return fallback;
    if (strcmp(name, "bh") == 0)
        return CAUS_FDR_BH;
    return strcmp(name, "by") == 0 ? CAUS_FDR_BY : CAUS_FDR_NONE;
}

/* A level of 0 would report nothing. */
caus_status caus_cli_read_level(const caus_arguments *arguments,
                                const char *name, double fallback,
                                double *result, caus_error *err)
{
    double level;
    CAUS_TRY(
        caus_arguments_number(arguments, name, 0, 1, fallback, &level, err));
    if (!(level > 0))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--%s=0 accepts no evidence: give a number above 0, "
                         "up to 1",
                         name);
    *result = level;
    return CAUS_OK;
}

caus_status caus_cli_read_max_tests(const caus_arguments *arguments,
                                    uint64_t *result, caus_error *err)
{
    long tests;
    CAUS_TRY(caus_arguments_integer(arguments, "max-tests", 1, LONG_MAX, 0,
                                    &tests, err));
    *result = (uint64_t)tests;
    return CAUS_OK;
}

caus_status caus_cli_read_max_conditions(const caus_arguments *arguments,
                                         size_t *result, caus_error *err)
{
    long conditions;
    CAUS_TRY(caus_arguments_integer(arguments, "max-conditions", 0, 1000000, -1,
                                    &conditions, err));
    *result = conditions < 0 ? SIZE_MAX : (size_t)conditions;
    return CAUS_OK;
}

static caus_interval read_interval(const caus_arguments *arguments)
{
    const char *kind = caus_arguments_get(arguments, "interval");
    if (kind && strcmp(kind, "student") == 0)
        return CAUS_INTERVAL_STUDENT;
    return kind && strcmp(kind, "fisher") == 0 ? CAUS_INTERVAL_FISHER
                                               : CAUS_INTERVAL_ROWS;
}

static caus_status read_levels(const caus_arguments *arguments,
                               caus_pcmci_options *options, caus_error *err)
{
    const char *pc_alpha = caus_arguments_get(arguments, "pc-alpha");
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    if (pc_alpha && strcmp(pc_alpha, "auto") == 0)
        options->pc_alpha = (double)NAN;
    else
        CAUS_TRY(caus_cli_read_level(arguments, "pc-alpha", options->alpha,
                                     &options->pc_alpha, err));
    return caus_arguments_number(arguments, "level", 0, 0.9999, options->level,
                                 &options->level, err);
}

static caus_status read_counts(const caus_arguments *arguments,
                               caus_pcmci_options *options, caus_error *err)
{
    long min_lag, combinations, bootstrap, block;
    CAUS_TRY(caus_arguments_integer(arguments, "min-lag", 0, 10000, 0, &min_lag,
                                    err));
    CAUS_TRY(
        caus_cli_read_max_conditions(arguments, &options->max_conditions, err));
    CAUS_TRY(
        caus_cli_read_max_parents(arguments, 0, &options->max_parents, err));
    CAUS_TRY(caus_arguments_integer(arguments, "max-combinations", 1, 1000000,
                                    1, &combinations, err));
    CAUS_TRY(caus_arguments_integer(arguments, "bootstrap", 0, 100000, 0,
                                    &bootstrap, err));
    CAUS_TRY(
        caus_arguments_integer(arguments, "block", 1, 1000000, 0, &block, err));
    options->min_lag = (size_t)min_lag;
    if (options->min_lag > options->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--min-lag=%ld is above --max-lag, which is %zu steps "
                         "here: lower the one or raise the other",
                         min_lag, options->max_lag);
    options->max_combinations = (size_t)combinations;
    CAUS_TRY(caus_cli_read_max_tests(arguments, &options->max_tests, err));
    options->bootstrap = (size_t)bootstrap;
    options->block_rows = (size_t)block;
    return CAUS_OK;
}

caus_status caus_cli_read_pcmci(const caus_arguments *arguments,
                                const char *method, const caus_series *series,
                                caus_pcmci_options *options, caus_error *err)
{
    *options = caus_pcmci_options_default();
    options->method = read_method(method);
    options->fdr =
        caus_cli_read_fdr(arguments, method ? CAUS_FDR_NONE : CAUS_FDR_BH);
    options->fdr_contemporaneous = true;
    /* p-values of links that somebody drew are wanted, too */
    options->all_links = caus_arguments_has(arguments, "all-links") ||
                         caus_arguments_has(arguments, "graph");
    options->colliders = caus_cli_read_colliders(arguments, options->colliders);
    options->keep_first_orientation =
        caus_arguments_has(arguments, "no-conflict-resolution");
    CAUS_TRY(
        caus_cli_read_test(arguments, CAUS_TEST_PARCORR, &options->test, err));
    options->test.interval = read_interval(arguments);
    CAUS_TRY(check_table(series, method, err));
    CAUS_TRY(caus_cli_read_max_lag(arguments, series, &options->max_lag, err));
    CAUS_TRY(caus_cli_check_rows(series, options->max_lag, err));
    CAUS_TRY(read_levels(arguments, options, err));
    caus_cli_settle_shuffles(arguments, fmax(options->alpha, options->pc_alpha),
                             options->fdr, &options->test);
    return read_counts(arguments, options, err);
}

caus_status caus_cli_apply_knowledge(const caus_cli_lesson *lesson,
                                     size_t max_lag,
                                     const unsigned char **result,
                                     caus_error *err)
{
    const caus_knowledge *knowledge;
    const caus_topology *topology;
    *result = NULL;
    CAUS_TRY(caus_cli_read_knowledge(lesson->arguments, lesson->arena,
                                     &knowledge, err));
    CAUS_TRY(caus_cli_add_graph(lesson, max_lag, &knowledge, err));
    if (!knowledge)
        return CAUS_OK;
    CAUS_TRY(caus_cli_read_topology(lesson->arguments, lesson->arena, &topology,
                                    err));
    return caus_knowledge_apply(knowledge, lesson->series, topology, NULL,
                                max_lag, lesson->arena, result, err);
}

static caus_status learn(const void *settings, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    return caus_discover_pcmci(series, settings, run, out, result, err);
}

caus_cli_task caus_cli_pcmci_task(const caus_arguments *arguments,
                                  const caus_pcmci_options *options)
{
    bool follows = !caus_arguments_has(arguments, "pc-alpha");
    return (caus_cli_task){
        .learn = learn,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {offsetof(caus_pcmci_options, alpha),
                     follows ? offsetof(caus_pcmci_options, pc_alpha)
                             : caus_cli_nowhere},
        .max_lag_at = options->assumptions
                          ? caus_cli_nowhere
                          : offsetof(caus_pcmci_options, max_lag),
        .longest_lag = 2 * options->max_lag,
        .resamples = true};
}

caus_status caus_cli_prepare_lagged(const caus_cli_lesson *lesson,
                                    caus_cli_task *task,
                                    caus_graph_answer *answer, caus_error *err)
{
    const char *method = caus_arguments_get(lesson->arguments, "method");
    CAUS_TRY(caus_cli_read_pcmci(lesson->arguments, method, lesson->series,
                                 &answer->options, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, answer->options.max_lag,
                                      &answer->options.assumptions, err));
    answer->has_selection = true;
    answer->test = caus_test_name(answer->options.test.test);
    *task = caus_cli_pcmci_task(lesson->arguments, &answer->options);
    return CAUS_OK;
}
