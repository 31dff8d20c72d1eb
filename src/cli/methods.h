/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of "caus discover --method": one row of a table for each. */
#ifndef CAUS_SRC_CLI_METHODS_H
#define CAUS_SRC_CLI_METHODS_H

#include "cli.h"

/* What a method is asked. */
typedef struct caus_cli_lesson {
    caus_program *program;
    const caus_arguments *arguments;
    const caus_series *series; /* transformed as asked */
    caus_arena *arena;
} caus_cli_lesson;

/* Of a setting that a task does not have. */
static const size_t caus_cli_nowhere = SIZE_MAX;

/* A search ready to run, and what may be varied in it. */
typedef struct caus_cli_task {
    caus_learner *learn;
    const void *settings; /* [settings_size] bytes without pointers to itself */
    size_t settings_size;
    size_t alpha_at[2]; /* places of levels in the settings, or nowhere */
    size_t max_lag_at;  /* of the largest lag, or nowhere */
    size_t longest_lag; /* that a row reaches back */
    bool resamples;     /* --bootstrap is done by the search itself */
} caus_cli_task;

/* Reads the options of a method; fills test and options of the answer. */
typedef caus_status caus_cli_prepare(const caus_cli_lesson *lesson,
                                     caus_cli_task *task,
                                     caus_graph_answer *answer,
                                     caus_error *err);

typedef struct caus_cli_method {
    const char *name;
    caus_cli_prepare *prepare;
    const char *options;          /* those it honours, each between spaces */
    bool is_static;               /* takes rows as independent of each other */
    const char *(*warning)(void); /* to stand beside every answer; NULL */
} caus_cli_method;

/* Of the PCMCI family. */
caus_cli_prepare caus_cli_prepare_lagged;
/* Of several environments. */
caus_cli_prepare caus_cli_prepare_environments;
/* With hidden causes. */
caus_cli_prepare caus_cli_prepare_lpcmci;
caus_cli_prepare caus_cli_prepare_fci;
/* Linear models. */
caus_cli_prepare caus_cli_prepare_lingam;
caus_cli_prepare caus_cli_prepare_dagma;
caus_cli_prepare caus_cli_prepare_granger;
/* Nonlinear. */
caus_cli_prepare caus_cli_prepare_additive;
/* First looks. */
caus_cli_prepare caus_cli_prepare_correlation;
/* Without lags. */
caus_cli_prepare caus_cli_prepare_pc;
caus_cli_prepare caus_cli_prepare_score;

/* The method of a name that the table of options allows. */
const caus_cli_method *caus_cli_find_method(const char *name);

/*
 * Makes the answer to evidence that is insufficient: no link, and what was left
 * out.
 *
 *   lesson  with the series that was to be learned from
 *   method  NULL = the incident preset
 *   reason  a sentence
 *   answer  as far as it is known
 */
caus_status caus_cli_tell_insufficient(const caus_cli_lesson *lesson,
                                       const caus_cli_method *method,
                                       const char *reason,
                                       caus_graph_answer *answer,
                                       caus_error *err);

bool caus_cli_honours(const caus_cli_method *method, const char *option);

/*
 * Refuses options that would change nothing: an option that changes nothing is
 * a misunderstanding.
 *
 *   method  NULL = the incident preset
 */
caus_status caus_cli_check_options(const caus_arguments *arguments,
                                   const caus_cli_method *method,
                                   caus_error *err);

/* Tells of heavy tails, few distinct values and more variables than rows, and
 * what to take instead where the method is not made for them. */
caus_status caus_cli_warn_of_shape(const caus_cli_method *method,
                                   const caus_arguments *arguments,
                                   caus_arena *arena, caus_cli_input *input,
                                   caus_error *err);

/* What searches by tests without lags have in common. */
typedef struct caus_cli_static {
    caus_test_options test;
    double alpha;
    caus_collider_rule colliders;
    size_t max_conditions;
    uint64_t max_tests;
    const unsigned char *assumptions;
} caus_cli_static;

/* Reads them, `result` holding the defaults; fills test and options of the
 * answer. */
caus_status caus_cli_read_static(const caus_cli_lesson *lesson,
                                 caus_cli_static *result,
                                 caus_graph_answer *answer, caus_error *err);

/* The task of the PCMCI family; `options` is kept. */
caus_cli_task caus_cli_pcmci_task(const caus_arguments *arguments,
                                  const caus_pcmci_options *options);

/* --bootstrap of other methods, --stability-selection and --sensitivity. */
caus_status caus_cli_add_confidence(const caus_cli_lesson *lesson,
                                    const caus_cli_task *task,
                                    caus_discovery *found,
                                    caus_graph_answer *answer, caus_error *err);

/* Whether --windows or --regimes ask for several graphs. */
bool caus_cli_wants_parts(const caus_arguments *arguments);

/* A graph for each part by the PCMCI family, and what most have in common. Of
 * regimes the series of the lesson is afterwards without their variable. */
caus_status caus_cli_learn_parts(caus_cli_lesson *lesson, caus_discovery *found,
                                 caus_graph_answer *answer, caus_error *err);

/* ---- options that several methods read ---- */

/* Steps of "2" or "90s"; a duration is rounded up to whole steps. */
caus_status caus_cli_read_max_lag(const caus_arguments *arguments,
                                  const caus_series *series, size_t *result,
                                  caus_error *err);

/* Lags reach back twice: a source's own past is held fixed too. */
caus_status caus_cli_check_rows(const caus_series *series, size_t max_lag,
                                caus_error *err);

/* --test and its settings. */
caus_status caus_cli_read_test(const caus_arguments *arguments,
                               caus_test fallback, caus_test_options *result,
                               caus_error *err);

/* Stops shuffling once p is sure to be above the level, unless every p-value
 * is wanted. */
void caus_cli_settle_shuffles(const caus_arguments *arguments, double level,
                              caus_fdr fdr, caus_test_options *test);

caus_fdr caus_cli_read_fdr(const caus_arguments *arguments, caus_fdr fallback);

/* Options of a method without lags, selection and intervals. */
caus_pcmci_options caus_cli_plain_options(double alpha);

caus_collider_rule caus_cli_read_colliders(const caus_arguments *arguments,
                                           caus_collider_rule fallback);

/* --max-tests; 0 = no limit. */
caus_status caus_cli_read_max_tests(const caus_arguments *arguments,
                                    uint64_t *result, caus_error *err);

/* --max-conditions; SIZE_MAX = no limit. */
caus_status caus_cli_read_max_conditions(const caus_arguments *arguments,
                                         size_t *result, caus_error *err);

/* --max-parents; `fallback` without it. */
caus_status caus_cli_read_max_parents(const caus_arguments *arguments,
                                      size_t fallback, size_t *result,
                                      caus_error *err);

/* Warns of rules that match nothing. */
caus_status caus_cli_warn_of_knowledge(const caus_arguments *arguments,
                                       caus_arena *arena, caus_cli_input *input,
                                       caus_error *err);

/* Warns where the answer has more causes than --max-parents allows. */
caus_status caus_cli_check_bound(const caus_arguments *arguments,
                                 caus_arena *arena, caus_graph_answer *answer,
                                 caus_error *err);

/* A level above 0 and at most 1. */
caus_status caus_cli_read_level(const caus_arguments *arguments,
                                const char *name, double fallback,
                                double *result, caus_error *err);

/* Puts the rules that --graph stands for behind what is known. */
caus_status caus_cli_add_graph(const caus_cli_lesson *lesson, size_t max_lag,
                               const caus_knowledge **known, caus_error *err);

/* Compares --graph with the answer; nothing without it. */
caus_status caus_cli_compare(const caus_arguments *arguments, caus_arena *arena,
                             caus_graph_answer *answer, caus_error *err);

/* What --knowledge and --graph say about every link; NULL without them. */
caus_status caus_cli_apply_knowledge(const caus_cli_lesson *lesson,
                                     size_t max_lag,
                                     const unsigned char **result,
                                     caus_error *err);

/*
 * Everything of the PCMCI family, for the preset too.
 *
 *   method  NULL = the preset
 */
caus_status caus_cli_read_pcmci(const caus_arguments *arguments,
                                const char *method, const caus_series *series,
                                caus_pcmci_options *options, caus_error *err);

#endif
