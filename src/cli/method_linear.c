/* SPDX-License-Identifier: Apache-2.0 */
/* Linear models and first looks: LiNGAM, DAGMA, NOTEARS, Granger, correlations.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "methods.h"

static caus_status learn_lingam(const void *settings, const caus_series *series,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    caus_lingam found;
    CAUS_TRY(caus_discover_lingam(series, settings, run, out, &found, err));
    *result = found.found;
    return CAUS_OK;
}

static const char *prune_names[] = {"lasso", "test", "none"};

static caus_lingam_prune read_prune(const caus_arguments *arguments)
{
    const char *name = caus_arguments_get(arguments, "prune");
    for (int k = 0; name && k < 3; k++) {
        if (strcmp(name, prune_names[k]) == 0)
            return (caus_lingam_prune)k;
    }
    return CAUS_LINGAM_LASSO;
}

/* A level only decides when edges are kept by tests. */
static caus_status check_alpha(const caus_arguments *arguments,
                               caus_lingam_prune prune, caus_error *err)
{
    if (prune == CAUS_LINGAM_TEST || (!caus_arguments_has(arguments, "alpha") &&
                                      !caus_arguments_has(arguments, "fdr")))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--alpha and --fdr decide with --prune test only: by "
                     "default the adaptive lasso keeps edges");
}

caus_status caus_cli_prepare_lingam(const caus_cli_lesson *lesson,
                                    caus_cli_task *task,
                                    caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_lingam_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_lingam_options_default();
    options->prune = read_prune(arguments);
    options->fdr = caus_cli_read_fdr(arguments, CAUS_FDR_NONE);
    CAUS_TRY(check_alpha(arguments, options->prune, err));
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    CAUS_TRY(caus_arguments_number(arguments, "level", 0, 0.9999,
                                   options->level, &options->level, err));
    CAUS_TRY(caus_arguments_number(arguments, "least-effect", 0, 1000,
                                   options->least_effect,
                                   &options->least_effect, err));
    bool has_lags =
        strcmp(caus_arguments_get(arguments, "method"), "var-lingam") == 0;
    if (has_lags)
        CAUS_TRY(caus_cli_read_max_lag(arguments, lesson->series,
                                       &options->max_lag, err));
    CAUS_TRY(
        caus_cli_read_max_parents(arguments, 0, &options->max_parents, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, options->max_lag,
                                      &options->assumptions, err));
    answer->options = caus_cli_plain_options(
        options->prune == CAUS_LINGAM_TEST ? options->alpha : (double)NAN);
    answer->options.fdr = options->fdr;
    answer->options.level = options->level;
    answer->options.max_lag = options->max_lag;
    answer->options.assumptions = options->assumptions;
    answer->test = "likelihood-ratio";
    *task = (caus_cli_task){
        .learn = learn_lingam,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {options->prune == CAUS_LINGAM_TEST
                         ? offsetof(caus_lingam_options, alpha)
                         : caus_cli_nowhere,
                     caus_cli_nowhere},
        .max_lag_at = has_lags && !options->assumptions
                          ? offsetof(caus_lingam_options, max_lag)
                          : caus_cli_nowhere,
        .longest_lag = options->max_lag};
    return CAUS_OK;
}

static caus_status learn_granger(const void *settings,
                                 const caus_series *series, const caus_run *run,
                                 caus_arena *out, caus_discovery *result,
                                 caus_error *err)
{
    caus_granger found;
    CAUS_TRY(caus_discover_granger(series, settings, run, out, &found, err));
    *result = found.found;
    return CAUS_OK;
}

caus_status caus_cli_prepare_granger(const caus_cli_lesson *lesson,
                                     caus_cli_task *task,
                                     caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_granger_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_granger_options_default();
    options->pairwise = caus_arguments_has(arguments, "pairwise");
    CAUS_TRY(caus_cli_read_max_tests(arguments, &options->max_tests, err));
    options->fdr = caus_cli_read_fdr(arguments, CAUS_FDR_NONE);
    CAUS_TRY(caus_cli_read_max_lag(arguments, lesson->series, &options->max_lag,
                                   err));
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    CAUS_TRY(caus_arguments_number(arguments, "level", 0, 0.9999,
                                   options->level, &options->level, err));
    CAUS_TRY(
        caus_cli_read_max_parents(arguments, 0, &options->max_parents, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, options->max_lag,
                                      &options->assumptions, err));
    answer->options = caus_cli_plain_options(options->alpha);
    answer->options.fdr = options->fdr;
    answer->options.level = options->level;
    answer->options.max_lag = options->max_lag;
    answer->options.assumptions = options->assumptions;
    answer->test = "f";
    *task = (caus_cli_task){
        .learn = learn_granger,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {offsetof(caus_granger_options, alpha), caus_cli_nowhere},
        .max_lag_at = options->assumptions
                          ? caus_cli_nowhere
                          : offsetof(caus_granger_options, max_lag),
        .longest_lag = options->max_lag};
    return CAUS_OK;
}

static caus_status learn_correlation(const void *settings,
                                     const caus_series *series,
                                     const caus_run *run, caus_arena *out,
                                     caus_discovery *result, caus_error *err)
{
    return caus_discover_correlation(series, settings, run, out, result, err);
}

caus_status caus_cli_prepare_correlation(const caus_cli_lesson *lesson,
                                         caus_cli_task *task,
                                         caus_graph_answer *answer,
                                         caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_correlation_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_correlation_options_default();
    bool ranks =
        strcmp(caus_arguments_get(arguments, "method"), "spearman") == 0;
    options->kind =
        ranks ? CAUS_CORRELATION_SPEARMAN : CAUS_CORRELATION_PEARSON;
    options->effective_rows = lesson->series->step_ns != 0;
    options->fdr = caus_cli_read_fdr(arguments, CAUS_FDR_NONE);
    if (caus_arguments_has(arguments, "max-lag"))
        CAUS_TRY(caus_cli_read_max_lag(arguments, lesson->series,
                                       &options->max_lag, err));
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    CAUS_TRY(caus_arguments_number(arguments, "level", 0, 0.9999,
                                   options->level, &options->level, err));
    CAUS_TRY(caus_arguments_number(arguments, "least-effect", 0, 0.999999, 0,
                                   &options->least, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, options->max_lag,
                                      &options->assumptions, err));
    answer->options = caus_cli_plain_options(options->alpha);
    answer->options.fdr = options->fdr;
    answer->options.level = options->level;
    answer->options.assumptions = options->assumptions;
    answer->options.max_lag = options->max_lag;
    answer->test = ranks ? "spearman" : "pearson";
    *task = (caus_cli_task){
        .learn = learn_correlation,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {offsetof(caus_correlation_options, alpha),
                     caus_cli_nowhere},
        .max_lag_at = options->max_lag && !options->assumptions
                          ? offsetof(caus_correlation_options, max_lag)
                          : caus_cli_nowhere,
        .longest_lag = options->max_lag};
    return CAUS_OK;
}

static caus_status learn_dagma(const void *settings, const caus_series *series,
                               const caus_run *run, caus_arena *out,
                               caus_discovery *result, caus_error *err)
{
    caus_dagma found;
    CAUS_TRY(caus_discover_dagma(series, settings, run, out, &found, err));
    *result = found.found;
    return CAUS_OK;
}

caus_status caus_cli_prepare_dagma(const caus_cli_lesson *lesson,
                                   caus_cli_task *task,
                                   caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    const char *name = caus_arguments_get(arguments, "method");
    caus_dagma_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    if (!caus_arguments_has(arguments, "units-decide"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--method %s: %s; "
                         "--units-decide says that you know",
                         name, caus_dagma_warning());
    *options = strcmp(name, "notears") == 0 ? caus_notears_options_default()
                                            : caus_dagma_options_default();
    CAUS_TRY(caus_arguments_number(arguments, "least-effect", 0, 1000,
                                   options->least, &options->least, err));
    CAUS_TRY(caus_arguments_number(arguments, "level", 0, 0.9999,
                                   options->level, &options->level, err));
    CAUS_TRY(
        caus_cli_read_max_parents(arguments, 0, &options->max_parents, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, 0, &options->assumptions, err));
    answer->options = caus_cli_plain_options((double)NAN);
    answer->options.assumptions = options->assumptions;
    answer->options.level = options->level;
    answer->test = "least-squares";
    *task = (caus_cli_task){.learn = learn_dagma,
                            .settings = options,
                            .settings_size = sizeof *options,
                            .alpha_at = {caus_cli_nowhere, caus_cli_nowhere},
                            .max_lag_at = caus_cli_nowhere};
    return CAUS_OK;
}
