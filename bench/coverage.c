/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often 95 % intervals of single tests hold what the statistic tends to:
 * tables of docs/methods/tests.md. x and y have so many common causes and the
 * partial correlation r; noise is of one of several kinds.
 *
 *   bench_coverage [TRIALS] [NOISE] [TEST] [INTERVAL] [TRUTH]
 *
 * NOISE, TEST and INTERVAL may be all; TRUTH is one of 0, .3, -.7 and .9.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/single_test.h"

enum { MOST_CONDITIONS = 6, COLUMNS = 2 + MOST_CONDITIONS, TRUTHS = 4 };

typedef enum noise {
    NORMAL,
    LAPLACE,
    STUDENT,    /* t with 5 degrees of freedom */
    ELLIPTICAL, /* a row's values share the divisor of Student's t, 5 degrees */
    SWINGING,   /* normal, of a size that rises and falls threefold */
    NOISES
} noise;

static const char *const noise_names[NOISES] = {"normal", "laplace", "t5",
                                                "elliptical t5", "swinging"};

typedef struct setting {
    caus_ci_options options;
    noise noise;
    size_t rows, conditions;
    double truth;
} setting;

/* The divisor of Student's t with 5 degrees of freedom. */
static double chi(caus_random *random)
{
    double sum = 0;
    for (int k = 0; k < 5; k++) {
        double value = caus_random_normal(random);
        sum += value * value;
    }
    return sqrt(sum / 5);
}

static double draw(noise kind, caus_random *random)
{
    double normal = caus_random_normal(random);
    if (kind == LAPLACE)
        return log1p(-caus_random_uniform(random)) -
               log1p(-caus_random_uniform(random));
    return kind == STUDENT ? normal / chi(random) : normal;
}

/* x and y, and conditions that drive both. */
static void fill(const setting *s, caus_random *random, double *values)
{
    for (size_t r = 0; r < s->rows; r++) {
        double *row = values + r * COLUMNS;
        double share = s->noise == ELLIPTICAL ? 1 / chi(random) : 1;
        double swing = s->noise == SWINGING
                           ? exp(.55 * sin(12.6 * (double)r / (double)s->rows))
                           : 1;
        for (size_t c = 0; c < COLUMNS; c++)
            row[c] = share * draw(s->noise, random);
        row[1] = s->truth * row[0] + sqrt(1 - s->truth * s->truth) * row[1];
        row[0] *= swing;
        row[1] *= swing;
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
    static const caus_lagged given[MOST_CONDITIONS] = {{2, 0}, {3, 0}, {4, 0},
                                                       {5, 0}, {6, 0}, {7, 0}};
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

static caus_ci_answer answer_of(const setting *s, const caus_run *run,
                                uint64_t trial)
{
    caus_arena *arena = caus_arena_new(0);
    caus_ci_answer answer;
    caus_error err;
    if (ask(s, run, trial, arena, &answer, &err) != CAUS_OK) {
        fprintf(stderr, "bench_coverage: %s\n", err.message);
        exit(1);
    }
    caus_arena_free(arena);
    return answer;
}

/* What is asked for. Normal scores of noise that is not normal tend to
 * something else than the correlation of the noise: told by many rows. */
static double target_of(const setting *s, const caus_run *run)
{
    enum { SAMPLES = 10, ROWS = 40000 };
    setting many = *s;
    double sum = 0;
    if (s->options.test.test != CAUS_TEST_ROBUST || s->noise == NORMAL)
        return s->truth;
    many.rows = ROWS;
    for (uint64_t k = 0; k < SAMPLES; k++)
        sum += answer_of(&many, run, UINT64_MAX - k).statistic;
    return sum / SAMPLES;
}

static double coverage(const setting *s, const caus_run *run, uint64_t trials)
{
    double target = target_of(s, run);
    uint64_t held = 0;
    for (uint64_t trial = 0; trial < trials; trial++) {
        caus_ci_answer answer = answer_of(s, run, trial);
        held += answer.lower <= target && target <= answer.upper;
    }
    return (double)held / (double)trials;
}

static const char *const truth_names[TRUTHS] = {"0", ".3", "-.7", ".9"};

/* A table row of shares for each number of rows and conditions; only: the one
 * truth asked for, NULL = all. */
static void measure(const setting *kind, const char *name, const char *only,
                    const caus_run *run, uint64_t trials)
{
    static const size_t rows[] = {100, 500, 2000},
                        conditions[] = {0, 1, 2, 4, 6};
    static const double truths[TRUTHS] = {0, .3, -.7, .9};
    for (size_t n = 0; n < sizeof rows / sizeof *rows; n++)
        for (size_t k = 0; k < sizeof conditions / sizeof *conditions; k++) {
            printf("| %s | %zu | %zu |", name, rows[n], conditions[k]);
            for (size_t t = 0; t < TRUTHS; t++) {
                setting s = *kind;
                if (only && strcmp(only, truth_names[t]) != 0)
                    continue;
                s.rows = rows[n];
                s.conditions = conditions[k];
                s.truth = truths[t];
                printf(" %.1f |", 100 * coverage(&s, run, trials));
                fflush(stdout);
            }
            putchar('\n');
        }
}

/* Whether a case was asked for by the words of the command line. */
static bool is_asked(int count, char **words, int place, const char *name)
{
    return count <= place || strcmp(words[place], "all") == 0 ||
           strcmp(words[place], name) == 0;
}

int main(int count, char **words)
{
    static const caus_test tests[] = {CAUS_TEST_PARCORR, CAUS_TEST_ROBUST,
                                      CAUS_TEST_WLS};
    static const char *const intervals[] = {"rows", "fisher", "student"};
    uint64_t trials = count > 1 ? strtoull(words[1], NULL, 10) : 2000;
    caus_run_options options = caus_run_options_default();
    caus_run *run;
    options.threads = 1;
    if (caus_run_new(&options, &run, NULL) != CAUS_OK)
        return 1;
    const char *only = count > 5 ? words[5] : NULL;
    printf("| noise, test, interval | rows | conditions |");
    for (size_t t = 0; t < TRUTHS; t++)
        if (!only || strcmp(only, truth_names[t]) == 0)
            printf(" %s |", truth_names[t]);
    printf("\n|---|---|---|%s\n", only ? "---|" : "---|---|---|---|");
    for (size_t n = 0; n < NOISES; n++)
        for (size_t test = 0; test < 3; test++)
            for (size_t k = 0; k < 3; k++) {
                setting kind = {caus_ci_options_default(), .noise = (noise)n};
                char name[80];
                kind.options.test.test = tests[test];
                kind.options.test.interval = (caus_interval)k;
                snprintf(name, sizeof name, "%s, `%s`, %s", noise_names[n],
                         caus_test_name(tests[test]), intervals[k]);
                if (is_asked(count, words, 2, noise_names[n]) &&
                    is_asked(count, words, 3, caus_test_name(tests[test])) &&
                    is_asked(count, words, 4, intervals[k]))
                    measure(&kind, name, only, run, trials);
            }
    caus_run_free(run);
    return 0;
}
