/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that allow for hidden common causes. */
#include <stddef.h>
#include <string.h>

#include "methods.h"

static caus_status learn_lpcmci(const void *settings, const caus_series *series,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    return caus_discover_lpcmci(series, settings, run, out, result, err);
}

caus_status caus_cli_prepare_lpcmci(const caus_cli_lesson *lesson,
                                    caus_cli_task *task,
                                    caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_lpcmci_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_lpcmci_options_default();
    CAUS_TRY(
        caus_cli_read_test(arguments, CAUS_TEST_PARCORR, &options->test, err));
    CAUS_TRY(caus_cli_read_max_lag(arguments, lesson->series, &options->max_lag,
                                   err));
    CAUS_TRY(caus_cli_check_rows(lesson->series, options->max_lag, err));
    CAUS_TRY(caus_cli_read_level(arguments, "alpha", options->alpha,
                                 &options->alpha, err));
    CAUS_TRY(
        caus_cli_read_max_conditions(arguments, &options->max_conditions, err));
    CAUS_TRY(caus_cli_read_max_tests(arguments, &options->max_tests, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, options->max_lag,
                                      &options->assumptions, err));
    answer->options = caus_cli_plain_options(options->alpha);
    answer->options.max_lag = options->max_lag;
    answer->options.max_conditions = options->max_conditions;
    answer->options.assumptions = options->assumptions;
    answer->test = caus_test_name(options->test.test);
    *task = (caus_cli_task){
        .learn = learn_lpcmci,
        .settings = options,
        .settings_size = sizeof *options,
        .alpha_at = {offsetof(caus_lpcmci_options, alpha), caus_cli_nowhere},
        .max_lag_at = options->assumptions
                          ? caus_cli_nowhere
                          : offsetof(caus_lpcmci_options, max_lag),
        .longest_lag = 2 * options->max_lag};
    return CAUS_OK;
}

typedef struct fci_question {
    caus_fci_options options;
    caus_test_options test;
} fci_question;

static caus_status learn_fci(const void *settings, const caus_series *series,
                             const caus_run *run, caus_arena *out,
                             caus_discovery *result, caus_error *err)
{
    const fci_question *asked = settings;
    if (asked->test.test == CAUS_TEST_FISHER_Z)
        return caus_discover_fci(series, &asked->options, run, out, result,
                                 err);
    return caus_discover_fci_by(series, &asked->options, &asked->test, run, out,
                                result, err);
}

caus_status caus_cli_prepare_fci(const caus_cli_lesson *lesson,
                                 caus_cli_task *task, caus_graph_answer *answer,
                                 caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    fci_question *asked = caus_arena_array(lesson->arena, 1, sizeof *asked);
    if (!asked)
        return caus_arena_fail(lesson->arena, err);
    caus_fci_options *options = &asked->options;
    *options = caus_fci_options_default();
    options->fast =
        strcmp(caus_arguments_get(arguments, "method"), "rfci") == 0;
    options->selection = caus_arguments_has(arguments, "selection-bias");
    caus_cli_static read = {.alpha = options->alpha,
                            .colliders = options->colliders};
    CAUS_TRY(caus_cli_read_static(lesson, &read, answer, err));
    asked->test = read.test;
    options->alpha = read.alpha;
    options->colliders = read.colliders;
    options->max_conditions = read.max_conditions;
    options->max_tests = read.max_tests;
    options->assumptions = read.assumptions;
    *task = (caus_cli_task){
        .learn = learn_fci,
        .settings = asked,
        .settings_size = sizeof *asked,
        .alpha_at = {offsetof(fci_question, options.alpha), caus_cli_nowhere},
        .max_lag_at = caus_cli_nowhere};
    return CAUS_OK;
}
