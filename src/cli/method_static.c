/* SPDX-License-Identifier: Apache-2.0 */
/* Methods without lags: rows are taken as independent. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "methods.h"

caus_pcmci_options caus_cli_plain_options(double alpha)
{
    caus_pcmci_options options = caus_pcmci_options_default();
    options.max_lag = 0;
    options.alpha = options.pc_alpha = alpha;
    options.level = 0;
    return options;
}

caus_status caus_cli_read_static(const caus_cli_lesson *lesson,
                                 caus_cli_static *result,
                                 caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_cli_static read = *result;
    CAUS_TRY(
        caus_cli_read_test(arguments, CAUS_TEST_FISHER_Z, &read.test, err));
    CAUS_TRY(
        caus_cli_read_level(arguments, "alpha", read.alpha, &read.alpha, err));
    caus_cli_settle_shuffles(arguments, read.alpha, CAUS_FDR_NONE, &read.test);
    read.colliders = caus_cli_read_colliders(arguments, read.colliders);
    CAUS_TRY(
        caus_cli_read_max_conditions(arguments, &read.max_conditions, err));
    CAUS_TRY(caus_cli_read_max_tests(arguments, &read.max_tests, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, 0, &read.assumptions, err));
    answer->options = caus_cli_plain_options(read.alpha);
    answer->options.max_conditions = read.max_conditions;
    answer->options.assumptions = read.assumptions;
    answer->test = caus_test_name(read.test.test);
    *result = read;
    return CAUS_OK;
}

/* What PC is asked: tests of numbers and categories have searches of their
 * own. */
typedef struct pc_question {
    caus_pc_options options;
    caus_test_options test;
} pc_question;

static caus_status learn_pc(const void *settings, const caus_series *series,
                            const caus_run *run, caus_arena *out,
                            caus_discovery *result, caus_error *err)
{
    const pc_question *asked = settings;
    switch (asked->test.test) {
    case CAUS_TEST_FISHER_Z:
        return caus_discover_pc(series, &asked->options, run, out, result, err);
    case CAUS_TEST_GSQUARED:
    case CAUS_TEST_CHISQUARED:
        return caus_discover_discrete_pc(
            series, &asked->options, asked->test.test, run, out, result, err);
    default:
        return caus_discover_pc_by(series, &asked->options, &asked->test, run,
                                   out, result, err);
    }
}

caus_status caus_cli_prepare_pc(const caus_cli_lesson *lesson,
                                caus_cli_task *task, caus_graph_answer *answer,
                                caus_error *err)
{
    pc_question *asked = caus_arena_array(lesson->arena, 1, sizeof *asked);
    if (!asked)
        return caus_arena_fail(lesson->arena, err);
    caus_pc_options *options = &asked->options;
    *options = caus_pc_options_default();
    caus_cli_static read = {.alpha = options->alpha,
                            .colliders = options->colliders};
    CAUS_TRY(caus_cli_read_static(lesson, &read, answer, err));
    asked->test = read.test;
    options->alpha = read.alpha;
    options->colliders = read.colliders;
    options->max_conditions = read.max_conditions;
    options->max_tests = read.max_tests;
    CAUS_TRY(caus_cli_read_max_parents(lesson->arguments, 0,
                                       &options->max_parents, err));
    options->assumptions = read.assumptions;
    *task = (caus_cli_task){
        .learn = learn_pc,
        .settings = asked,
        .settings_size = sizeof *asked,
        .alpha_at = {offsetof(pc_question, options.alpha), caus_cli_nowhere},
        .max_lag_at = caus_cli_nowhere};
    return CAUS_OK;
}

caus_status caus_cli_read_max_parents(const caus_arguments *arguments,
                                      size_t fallback, size_t *result,
                                      caus_error *err)
{
    long parents;
    CAUS_TRY(caus_arguments_integer(arguments, "max-parents", 1, 1000000, 0,
                                    &parents, err));
    *result = parents ? (size_t)parents : fallback;
    return CAUS_OK;
}

static caus_status learn_score(const void *settings, const caus_series *series,
                               const caus_run *run, caus_arena *out,
                               caus_discovery *result, caus_error *err)
{
    return caus_discover_score(series, settings, run, out, result, err);
}

/* By the order of caus_score. */
static const struct {
    const char *name;
    const char *test;
} score_names[] = {{"gaussian", "gaussian-bic"},
                   {"bdeu", "bdeu"},
                   {"categories", "categories-bic"}};

static caus_status read_score(const caus_arguments *arguments,
                              caus_score_options *options, caus_error *err)
{
    const char *name = caus_arguments_get(arguments, "score");
    for (int k = 0; name && k < 3; k++) {
        if (strcmp(name, score_names[k].name) == 0)
            options->score = (caus_score_kind)k;
    }
    bool bayes = options->score == CAUS_SCORE_BDEU;
    static const char *const prices[] = {"penalty", "ebic-gamma"};
    for (size_t k = 0; bayes && k < 2; k++) {
        if (caus_arguments_has(arguments, prices[k]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--%s changes nothing with --score bdeu, which "
                             "has --sample-size",
                             prices[k]);
    }
    if (!bayes && caus_arguments_has(arguments, "sample-size"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--sample-size belongs to --score bdeu");
    return caus_arguments_number(arguments, "sample-size", 1e-3, 1e6,
                                 options->sample_size, &options->sample_size,
                                 err);
}

caus_status caus_cli_prepare_score(const caus_cli_lesson *lesson,
                                   caus_cli_task *task,
                                   caus_graph_answer *answer, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_score_options *options =
        caus_arena_array(lesson->arena, 1, sizeof *options);
    if (!options)
        return caus_arena_fail(lesson->arena, err);
    *options = caus_score_options_default();
    if (strcmp(caus_arguments_get(arguments, "method"), "ges") == 0)
        options->search = caus_arguments_has(arguments, "turns")
                              ? CAUS_SEARCH_TURNING_GES
                              : CAUS_SEARCH_GES;
    CAUS_TRY(read_score(arguments, options, err));
    CAUS_TRY(caus_arguments_number(arguments, "penalty", 0, 1000,
                                   options->penalty, &options->penalty, err));
    CAUS_TRY(caus_arguments_number(arguments, "ebic-gamma", 0, 1,
                                   options->ebic_gamma, &options->ebic_gamma,
                                   err));
    CAUS_TRY(caus_cli_read_max_parents(arguments, options->max_parents,
                                       &options->max_parents, err));
    CAUS_TRY(caus_cli_read_max_tests(arguments, &options->max_tests, err));
    CAUS_TRY(caus_cli_apply_knowledge(lesson, 0, &options->assumptions, err));
    answer->options = caus_cli_plain_options((double)NAN);
    answer->options.assumptions = options->assumptions;
    answer->test = score_names[options->score].test;
    *task = (caus_cli_task){.learn = learn_score,
                            .settings = options,
                            .settings_size = sizeof *options,
                            .alpha_at = {caus_cli_nowhere, caus_cli_nowhere},
                            .max_lag_at = caus_cli_nowhere};
    return CAUS_OK;
}
