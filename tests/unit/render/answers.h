/* SPDX-License-Identifier: Apache-2.0 */
/* Answers made by hand, for the tests of every format. */
#ifndef CAUS_TESTS_RENDER_ANSWERS_H
#define CAUS_TESTS_RENDER_ANSWERS_H

#include "caus/render.h"

/* An answer and what it points to; all in one arena. */
typedef struct made_answer {
    caus_arena *arena;
    caus_variable *variables;
    caus_segment segment;
    caus_environment environment;
    caus_series series;
    caus_discovery discovery;
    double *statistic, *p_value;
    caus_graph_answer answer;
} made_answer;

/* Variables v0, v1, … (or `names`) at 15 s steps and no links. */
void make_answer(made_answer *made, const char *const *names, size_t count,
                 size_t max_lag);
void free_answer(made_answer *made);

/* source(t − lag) → target(t), or source o-o target at lag 0. */
void add_link(made_answer *made, size_t source, size_t target, size_t lag,
              double statistic, double p_value);

/* The incident of the golden files: six variables of five services, a chain,
 * a link the scrapes cannot order, one at lag 0, a feedback loop, memory, a
 * data-quality report, dropped variables and warnings. */
void make_incident(made_answer *made);

#endif
