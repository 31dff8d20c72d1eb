/* SPDX-License-Identifier: Apache-2.0 */
#include "planted.h"

#include <math.h>
#include <string.h>

#include "base/base.h"
#include "test.h"

planted planted_noise(uint64_t seed, size_t segments, size_t rows,
                      size_t variables)
{
    planted world = {.arena = caus_arena_new(0)};
    size_t words = (rows + 63) / 64;
    caus_random random;
    assert_non_null(world.arena);
    for (size_t s = 0; s < segments; s++) {
        caus_random_init(&random, seed, s);
        world.values[s] = CAUS_ARRAY(world.arena, double, rows *variables);
        world.missing[s] = CAUS_ARRAY(world.arena, uint64_t, words * variables);
        world.selected[s] =
            CAUS_ARRAY(world.arena, uint64_t, words * variables);
        assert_true(world.values[s] && world.missing[s] && world.selected[s]);
        memset(world.selected[s], 0xff, words * variables * sizeof(uint64_t));
        for (size_t k = 0; k < rows * variables; k++)
            world.values[s][k] = caus_random_normal(&random);
        world.segments[s] = (caus_segment){.row_count = rows,
                                           .word_count = words,
                                           .values = world.values[s],
                                           .missing = world.missing[s],
                                           .selected = world.selected[s]};
    }
    world.series = (caus_series){.variable_count = variables,
                                 .segment_count = segments,
                                 .step_ns = 1000000000};
    return world;
}

planted planted_chain(uint64_t seed, size_t segments, size_t rows,
                      size_t variables)
{
    planted world = planted_noise(seed, segments, rows, variables);
    for (size_t s = 0; s < segments; s++) {
        double *x = world.values[s];
        for (size_t t = 2; t < rows; t++) {
            for (size_t v = 0; v < variables; v++) {
                double *now = &x[t * variables + v];
                *now += .4 * x[(t - 1) * variables + v];
                if (v > 0)
                    *now += .5 * x[(t - 1) * variables + v - 1];
                if (v > 1)
                    *now -= .2 * x[(t - 2) * variables];
            }
        }
    }
    return world;
}

void planted_free(planted *world)
{
    caus_arena_free(world->arena);
}

void planted_miss(planted *world, size_t segment, size_t row, size_t variable)
{
    const caus_segment *where = &world->segments[segment];
    world->missing[segment][variable * where->word_count + row / 64] |=
        (uint64_t)1 << (row % 64);
    world->values[segment][row * world->series.variable_count + variable] =
        (double)NAN;
}

void planted_deselect(planted *world, size_t segment, size_t row,
                      size_t variable)
{
    const caus_segment *where = &world->segments[segment];
    world->selected[segment][variable * where->word_count + row / 64] &=
        ~((uint64_t)1 << (row % 64));
}

caus_run *planted_run(int threads)
{
    caus_run *run = NULL;
    caus_run_options options = caus_run_options_default();
    options.threads = threads;
    options.seed = 7;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    return run;
}

caus_discovery planted_discover(const planted *world,
                                const caus_pcmci_options *options,
                                const caus_run *run, caus_arena *out)
{
    caus_error err = {0};
    caus_discovery found = {0};
    caus_series series = world->series;
    series.segments = world->segments;
    if (caus_discover_pcmci(&series, options, run, out, &found, &err) !=
        CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

size_t planted_cells(const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    return graph->node_count * graph->node_count * (graph->max_lag + 1);
}

static bool same_numbers(const double *a, const double *b, size_t count)
{
    return (!a && !b) || (a && b && memcmp(a, b, count * sizeof *a) == 0);
}

static bool same_parents(const caus_parents *a, const caus_parents *b)
{
    if (a->count != b->count || a->alpha < b->alpha || a->alpha > b->alpha)
        return false;
    for (size_t k = 0; k < a->count; k++)
        if (a->parents[k].variable != b->parents[k].variable ||
            a->parents[k].lag != b->parents[k].lag)
            return false;
    return same_numbers(a->min_statistic, b->min_statistic, a->count);
}

bool planted_same(const caus_discovery *a, const caus_discovery *b)
{
    size_t cells = planted_cells(a);
    if (a->test_count != b->test_count ||
        memcmp(a->graph.cells, b->graph.cells,
               cells * sizeof *a->graph.cells) != 0)
        return false;
    for (size_t j = 0; a->parents && j < a->graph.node_count; j++)
        if (!same_parents(&a->parents[j], &b->parents[j]))
            return false;
    return same_numbers(a->statistic, b->statistic, cells) &&
           same_numbers(a->p_value, b->p_value, cells) &&
           same_numbers(a->q_value, b->q_value, cells) &&
           same_numbers(a->lower, b->lower, cells) &&
           same_numbers(a->upper, b->upper, cells) &&
           same_numbers(a->stability, b->stability, cells);
}
