/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "test.h"

static void add_environment(world *w, uint64_t seed, size_t m, size_t rows)
{
    size_t variables = w->series.variable_count, words = (rows + 63) / 64;
    caus_random random;
    caus_random_init(&random, seed, m);
    w->values[m] = CAUS_ARRAY(w->arena, double, rows *variables);
    w->missing[m] = CAUS_ARRAY(w->arena, uint64_t, words * variables);
    w->selected[m] = CAUS_ARRAY(w->arena, uint64_t, words * variables);
    assert_true(w->values[m] && w->missing[m] && w->selected[m]);
    memset(w->selected[m], 0xff, words * variables * sizeof(uint64_t));
    for (size_t k = 0; k < rows * variables; k++)
        w->values[m][k] = caus_random_normal(&random);
    w->segments[m] = (caus_segment){.row_count = rows,
                                    .word_count = words,
                                    .environment = (int)m,
                                    .values = w->values[m],
                                    .missing = w->missing[m],
                                    .selected = w->selected[m]};
    w->environments[m] = (caus_environment){(int)m, "somewhere"};
}

void world_noise(world *w, uint64_t seed, size_t environments, size_t rows,
                 size_t variables)
{
    *w = (world){.arena = caus_arena_new(0)};
    assert_non_null(w->arena);
    w->series = (caus_series){.variable_count = variables,
                              .variables = w->variables,
                              .segment_count = environments,
                              .segments = w->segments,
                              .environment_count = environments,
                              .environments = w->environments,
                              .step_ns = 1000000000};
    for (size_t v = 0; v < variables; v++) {
        char *name = CAUS_ARRAY(w->arena, char, 24);
        assert_non_null(name);
        snprintf(name, 24, "v%zu", v);
        w->variables[v] = caus_variable_default();
        w->variables[v].name = name;
    }
    for (size_t m = 0; m < environments; m++)
        add_environment(w, seed, m, rows);
}

void world_confounded(world *w, uint64_t seed, size_t environments, size_t rows)
{
    world_noise(w, seed, environments, rows, 3);
    for (size_t m = 0; m < environments; m++) {
        caus_random place;
        caus_random_init(&place, seed, 1000 + m);
        double kept = 1.5 * caus_random_normal(&place);
        caus_random clock;
        caus_random_init(&clock, seed, 999);
        for (size_t t = 1; t < rows; t++) {
            double *x = w->values[m] + 3 * t;
            double shared = caus_random_normal(&clock);
            for (size_t v = 0; v < 3; v++)
                x[v] += .3 * x[v - 3];
            x[1] += .6 * x[-3] + kept + shared;
            x[2] += kept - shared;
        }
    }
}

void world_set_context(world *w, size_t variable, caus_role role, uint64_t seed)
{
    for (size_t m = 0; m < w->series.segment_count; m++) {
        caus_random random;
        caus_random_init(&random, seed,
                         role == CAUS_ROLE_SPACE_CONTEXT ? m : 9999);
        double value = caus_random_normal(&random);
        for (size_t t = 0; t < w->segments[m].row_count; t++) {
            if (role == CAUS_ROLE_TIME_CONTEXT)
                value = caus_random_normal(&random);
            w->values[m][t * w->series.variable_count + variable] = value;
        }
    }
    w->variables[variable].role = role;
}

void world_free(world *w)
{
    caus_arena_free(w->arena);
}

caus_run *world_run(int threads)
{
    caus_run *run = NULL;
    caus_run_options options = caus_run_options_default();
    options.threads = threads;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    return run;
}

caus_jpcmciplus world_discover(const world *w,
                               const caus_jpcmciplus_options *options,
                               const caus_run *run, caus_arena *out)
{
    caus_error err = {0};
    caus_jpcmciplus found = {0};
    if (caus_discover_jpcmciplus(&w->series, options, run, out, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

static size_t cells_of(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    return graph->node_count * graph->node_count * (graph->max_lag + 1);
}

static bool same_numbers(const double *a, const double *b, size_t count)
{
    return (!a && !b) || (a && b && memcmp(a, b, count * sizeof *a) == 0);
}

bool world_same(const caus_discovery *a, const caus_discovery *b)
{
    size_t cells = cells_of(a);
    if (cells != cells_of(b) || a->test_count != b->test_count ||
        a->graph.ambiguous_count != b->graph.ambiguous_count)
        return false;
    return memcmp(a->graph.cells, b->graph.cells,
                  cells * sizeof *a->graph.cells) == 0 &&
           same_numbers(a->statistic, b->statistic, cells) &&
           same_numbers(a->p_value, b->p_value, cells) &&
           same_numbers(a->lower, b->lower, cells) &&
           same_numbers(a->upper, b->upper, cells) &&
           same_numbers(a->df, b->df, cells);
}

double world_distance(const caus_discovery *a, const caus_discovery *b)
{
    double largest = 0;
    for (size_t cell = 0; cell < cells_of(a); cell++) {
        double distance = fabs(a->statistic[cell] - b->statistic[cell]);
        largest = distance > largest ? distance : largest;
    }
    return largest;
}
