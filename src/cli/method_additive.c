/* SPDX-License-Identifier: Apache-2.0 */
/* Causal additive models: effects of any smooth shape. */
#include <stddef.h>
#include <string.h>

#include "methods.h"

static caus_status learn(const void *settings, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    caus_additive found;
    CAUS_TRY(caus_discover_additive(series, settings, run, out, &found, err));
    *result = found.found;
    return CAUS_OK;
}

static caus_status read_counts(const caus_arguments *arguments,
                               caus_additive_options *options, caus_error *err)
{
    long basis;
    CAUS_TRY(caus_arguments_integer(arguments, "basis", 1, 32,
                                    (long)options->basis, &basis, err));
    options->basis = (size_t)basis;
    CAUS_TRY(caus_cli_read_max_tests(arguments, &options->max_tests, err));
    return caus_cli_read_max_parents(arguments, options->max_parents,
                                     &options->max_parents, err);
}

caus_status caus_cli_prepare_additive(const caus_cli_lesson *lesson,
                                      caus_cli_task *task,
                                      caus_graph_answer *answer,
                                      caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_additive_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_additive_options_default();
    if (caus_arguments_has(arguments, "max-lag"))
        CAUS_TRY(caus_cli_read_max_lag(arguments, lesson->series,
                                       &options->max_lag, err));
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    CAUS_TRY(caus_arguments_number(arguments, "penalty", 1e-6, 1000,
                                   options->penalty, &options->penalty, err));
    CAUS_TRY(read_counts(arguments, options, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, options->max_lag,
                                      &options->assumptions, err));
    answer->options = caus_cli_plain_options(options->alpha);
    answer->options.max_lag = options->max_lag;
    answer->options.assumptions = options->assumptions;
    answer->test = "additive-splines";
    *task = (caus_cli_task){
        .learn = learn,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {offsetof(caus_additive_options, alpha), caus_cli_nowhere},
        .max_lag_at = options->max_lag && !options->assumptions
                          ? offsetof(caus_additive_options, max_lag)
                          : caus_cli_nowhere,
        .longest_lag = options->max_lag};
    return CAUS_OK;
}
