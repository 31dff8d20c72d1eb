/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often 95 % intervals of single tests hold the partial correlation that
 * normal data were made with: a table of docs/methods/tests.md.
 *
 *   bench_coverage [TRIALS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "caus/single_test.h"

enum { COLUMNS = 6 };

typedef struct setting {
    caus_ci_options options;
    size_t rows, conditions;
    double truth;
} setting;

/* x and y, and conditions that drive both. */
static void fill(const setting *s, caus_random *random, double *values)
{
    for (size_t r = 0; r < s->rows; r++) {
        double *row = values + r * COLUMNS;
        for (size_t c = 0; c < COLUMNS; c++)
            row[c] = caus_random_normal(random);
        row[1] = s->truth * row[0] + sqrt(1 - s->truth * s->truth) * row[1];
        for (size_t k = 0; k < s->conditions; k++) {
            row[0] += row[2 + k];
            row[1] += row[2 + k];
        }
    }
}

static caus_status ask(const setting *s, const caus_run *run, uint64_t trial,
                       caus_arena *arena, caus_ci_answer *answer,
                       caus_error *err)
{
    static const caus_lagged given[] = {{2, 0}, {3, 0}, {4, 0}, {5, 0}};
    caus_random random;
    caus_series series;
    double *values = CAUS_ARRAY(arena, double, s->rows *COLUMNS);
    if (!values)
        return caus_arena_fail(arena, err);
    caus_random_init(&random, trial, s->rows);
    fill(s, &random, values);
    CAUS_TRY(caus_series_from_values(NULL, COLUMNS, values, s->rows, 0, arena,
                                     &series, err));
    caus_ci_question question = {.source = {0, 0},
                                 .target = {1, 0},
                                 .conditions = given,
                                 .condition_count = s->conditions};
    return caus_ci_test(&series, &s->options, &question, run, answer, err);
}

static double coverage(const setting *s, const caus_run *run, uint64_t trials)
{
    uint64_t held = 0;
    for (uint64_t trial = 0; trial < trials; trial++) {
        caus_arena *arena = caus_arena_new(0);
        caus_ci_answer answer;
        caus_error err;
        if (ask(s, run, trial, arena, &answer, &err) != CAUS_OK) {
            fprintf(stderr, "bench_coverage: %s\n", err.message);
            exit(1);
        }
        held += answer.lower <= s->truth && s->truth <= answer.upper;
        caus_arena_free(arena);
    }
    return (double)held / (double)trials;
}

static void measure(const caus_ci_options *options, const char *name,
                    const caus_run *run, uint64_t trials)
{
    static const size_t rows[] = {50, 200, 1000}, conditions[] = {0, 4};
    static const double truths[] = {0, .3, .5, .7, .9};
    for (size_t n = 0; n < 3; n++)
        for (size_t k = 0; k < 2; k++) {
            printf("| %s | %zu | %zu |", name, rows[n], conditions[k]);
            for (size_t t = 0; t < 5; t++) {
                setting s = {*options, rows[n], conditions[k], truths[t]};
                printf(" %.1f |", 100 * coverage(&s, run, trials));
                fflush(stdout);
            }
            putchar('\n');
        }
}

int main(int count, char **words)
{
    static const struct {
        const char *name;
        caus_test test;
        caus_interval interval;
    } cases[] = {
        {"`parcorr`", CAUS_TEST_PARCORR, CAUS_INTERVAL_FISHER},
        {"`robust-parcorr`", CAUS_TEST_ROBUST, CAUS_INTERVAL_FISHER},
        {"`parcorr-wls`", CAUS_TEST_WLS, CAUS_INTERVAL_FISHER},
        {"`parcorr`, student", CAUS_TEST_PARCORR, CAUS_INTERVAL_STUDENT},
        {"`robust-parcorr`, student", CAUS_TEST_ROBUST, CAUS_INTERVAL_STUDENT},
        {"`parcorr-wls`, student", CAUS_TEST_WLS, CAUS_INTERVAL_STUDENT},
    };
    uint64_t trials = count > 1 ? strtoull(words[1], NULL, 10) : 2000;
    caus_run_options options = caus_run_options_default();
    caus_run *run;
    options.threads = 1;
    if (caus_run_new(&options, &run, NULL) != CAUS_OK)
        return 1;
    puts("| interval | rows | conditions | 0 | .3 | .5 | .7 | .9 |");
    puts("|---|---|---|---|---|---|---|---|");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        caus_ci_options asked = caus_ci_options_default();
        asked.test.test = cases[k].test;
        asked.test.interval = cases[k].interval;
        measure(&asked, cases[k].name, run, trials);
    }
    caus_run_free(run);
    return 0;
}
