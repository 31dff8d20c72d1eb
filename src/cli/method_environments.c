/* SPDX-License-Identifier: Apache-2.0 */
/* One graph from several environments: J-PCMCI+. */
#include <stddef.h>
#include <string.h>

#include "methods.h"

/* What is asked, and where the variables of the result go: dummies join those
 * of the series. */
typedef struct environments_question {
    caus_jpcmciplus_options options;
    caus_series *shown;
    caus_arena *arena;
} environments_question;

static caus_status show_variables(const environments_question *asked,
                                  const caus_jpcmciplus *found, caus_error *err)
{
    caus_variable *variables = caus_arena_array(
        asked->arena, found->variable_count, sizeof *variables);
    if (!variables)
        return caus_arena_fail(asked->arena, err);
    memcpy(variables, found->variables,
           found->variable_count * sizeof *variables);
    asked->shown->variables = variables;
    asked->shown->variable_count = found->variable_count;
    return CAUS_OK;
}

static caus_status learn(const void *settings, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    const environments_question *asked = settings;
    caus_jpcmciplus found;
    CAUS_TRY(caus_discover_jpcmciplus(series, &asked->options, run, out, &found,
                                      err));
    if (!asked->shown->variable_count)
        CAUS_TRY(show_variables(asked, &found, err));
    *result = found.discovery;
    return CAUS_OK;
}

static caus_status check_environments(const caus_series *series,
                                      caus_error *err)
{
    if (series->environment_count > 1)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--method jpcmci+ learns from several environments and "
                     "there is one: give --csv several times or --baseline, "
                     "or take pcmci+");
}

static void read_dummies(const caus_arguments *arguments,
                         caus_jpcmciplus_options *options)
{
    const char *which = caus_arguments_get(arguments, "dummies");
    if (!which || strcmp(which, "both") == 0)
        return;
    options->time_dummy = strcmp(which, "time") == 0;
    options->space_dummy = strcmp(which, "space") == 0;
}

caus_status caus_cli_prepare_environments(const caus_cli_lesson *lesson,
                                          caus_cli_task *task,
                                          caus_graph_answer *answer,
                                          caus_error *err)
{
    environments_question *asked =
        caus_arena_array(lesson->arena, 1, sizeof *asked);
    caus_series *shown = caus_arena_array(lesson->arena, 1, sizeof *shown);
    if (!asked || !shown)
        return caus_arena_fail(lesson->arena, err);
    CAUS_TRY(check_environments(lesson->series, err));
    *shown = *lesson->series;
    shown->variable_count = 0;
    asked->shown = shown;
    asked->arena = lesson->arena;
    asked->options = caus_jpcmciplus_options_default();
    read_dummies(lesson->arguments, &asked->options);
    CAUS_TRY(caus_cli_read_pcmci(lesson->arguments, "jpcmci+", lesson->series,
                                 &asked->options.search, err));
    asked->options.search.bootstrap = 0; /* resampled as a whole */
    CAUS_TRY(caus_cli_apply_knowledge(lesson, asked->options.search.max_lag,
                                      &asked->options.search.assumptions, err));
    answer->options = asked->options.search;
    answer->options.assumptions = NULL; /* they do not know the dummies */
    answer->has_selection = true;
    answer->test = "parcorr";
    answer->series = shown;
    *task = (caus_cli_task){
        .learn = learn,
        .settings = asked,
        .settings_size = sizeof *asked,
        .alpha_at = {offsetof(environments_question, options.search.alpha),
                     offsetof(environments_question, options.search.pc_alpha)},
        .max_lag_at =
            asked->options.search.assumptions
                ? caus_cli_nowhere
                : offsetof(environments_question, options.search.max_lag),
        .longest_lag = 2 * asked->options.search.max_lag};
    return CAUS_OK;
}
