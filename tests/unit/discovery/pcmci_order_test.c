/* SPDX-License-Identifier: Apache-2.0 */
/* Named columns give the same answer in whatever order they come. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "fault.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { COLUMNS = 7, LAGS = 3 };

static const char *const names[COLUMNS] = {"a",  "b1",  "b2", "b02x",
                                           "b9", "b10", "c"};

static void name_columns(planted *world)
{
    size_t count = world->series.variable_count;
    caus_variable *variables =
        caus_arena_array(world->arena, count, sizeof *variables);
    assert_non_null(variables);
    for (size_t v = 0; v < count; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
    }
    world->series.variables = variables;
    world->series.segments = world->segments;
}

/* A chain with a copy, a scaled copy and a missing value. */
static void make_world(uint64_t seed, planted *made)
{
    *made = planted_chain(seed, 2, 90, COLUMNS);
    for (size_t s = 0; s < 2; s++)
        for (size_t r = 0; r < 90; r++) {
            double *x = made->values[s] + r * COLUMNS;
            x[2] += .7 * x[1];
            x[5] = x[1];
            x[6] = -4 * x[2];
        }
    planted_miss(made, 1, 40, 3);
    name_columns(made);
}

static caus_series reorder(const caus_series *series, const size_t *order,
                           caus_arena *arena)
{
    caus_series made;
    caus_error err = {0};
    if (caus_series_select(series, order, series->variable_count, arena, &made,
                           &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return made;
}

static bool same_bytes(const double *a, size_t i, const double *b, size_t j)
{
    return (!a && !b) || memcmp(a + i, b + j, sizeof *a) == 0;
}

static void check_cells(const caus_discovery *a, const caus_discovery *b,
                        const size_t *order)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            for (size_t lag = 0; lag < LAGS; lag++) {
                size_t there =
                    caus_graph_cell(&a->graph, order[i], order[j], lag);
                size_t here = caus_graph_cell(&b->graph, i, j, lag);
                assert_true(
                    same_bytes(a->statistic, there, b->statistic, here));
                assert_true(same_bytes(a->p_value, there, b->p_value, here));
                assert_true(same_bytes(a->q_value, there, b->q_value, here));
                assert_true(same_bytes(a->lower, there, b->lower, here));
                assert_true(same_bytes(a->upper, there, b->upper, here));
                assert_true(
                    same_bytes(a->stability, there, b->stability, here));
                if (lag == 0 && i == j)
                    continue;
                caus_edge expected =
                    caus_graph_get(&a->graph, order[i], order[j], lag);
                caus_edge found = caus_graph_get(&b->graph, i, j, lag);
                assert_int_equal(found.source, expected.source);
                assert_int_equal(found.target, expected.target);
                if (!a->separating_sets)
                    continue;
                const caus_separating_set *set = &a->separating_sets[there];
                const caus_separating_set *own = &b->separating_sets[here];
                assert_int_equal(own->count, set->count);
                for (size_t k = 0; k < set->count; k++)
                    assert_int_equal(order[own->nodes[k].variable],
                                     set->nodes[k].variable);
            }
}

static void check_lists(const caus_discovery *a, const caus_discovery *b,
                        const size_t *order)
{
    assert_int_equal(a->test_count, b->test_count);
    assert_int_equal(a->rows_used, b->rows_used);
    assert_int_equal(a->complete, b->complete);
    for (size_t j = 0; a->parents && j < COLUMNS; j++) {
        const caus_parents *from = &a->parents[order[j]];
        const caus_parents *to = &b->parents[j];
        assert_int_equal(from->count, to->count);
        for (size_t k = 0; k < from->count; k++) {
            assert_int_equal(order[to->parents[k].variable],
                             from->parents[k].variable);
            assert_int_equal(to->parents[k].lag, from->parents[k].lag);
            assert_true(
                same_bytes(from->min_statistic, k, to->min_statistic, k));
        }
    }
    assert_int_equal(a->graph.ambiguous_count, b->graph.ambiguous_count);
    for (size_t t = 0; t < a->graph.ambiguous_count; t++) {
        const caus_triple *from = &a->graph.ambiguous[t];
        const caus_triple *to = &b->graph.ambiguous[t];
        assert_int_equal(order[to->source], from->source);
        assert_int_equal(order[to->middle], from->middle);
        assert_int_equal(order[to->target], from->target);
        assert_int_equal(to->source_lag, from->source_lag);
    }
}

static caus_discovery discover(const caus_series *series,
                               const caus_pcmci_options *options,
                               const caus_run *run, caus_arena *out)
{
    caus_discovery found;
    caus_error err = {0};
    if (caus_discover_pcmci(series, options, run, out, &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

static void shuffle(caus_random *random, size_t *order)
{
    for (size_t i = 0; i < COLUMNS; i++)
        order[i] = i;
    for (size_t i = COLUMNS; i-- > 1;) {
        size_t j = caus_random_below(random, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void shuffled_columns_give_the_same_bytes(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 17, 0);
    caus_run *run = planted_run(2);
    size_t ambiguous = 0;
    for (uint64_t seed = 0; seed < 6; seed++) {
        planted world;
        make_world(seed, &world);
        for (int method = CAUS_METHOD_PCMCI; method <= CAUS_METHOD_PCMCIPLUS;
             method++) {
            caus_pcmci_options options = caus_pcmci_options_default();
            options.method = (caus_method)method;
            options.max_lag = LAGS - 1;
            options.all_links = true;
            options.fdr = seed % 2 ? CAUS_FDR_BH : CAUS_FDR_NONE;
            options.bootstrap = seed % 3 ? 0 : 2;
            options.colliders =
                seed % 2 ? CAUS_COLLIDERS_MAJORITY : CAUS_COLLIDERS_NONE;
            options.max_combinations = 1 + seed % 2;
            caus_discovery straight =
                discover(&world.series, &options, run, world.arena);
            ambiguous += straight.graph.ambiguous_count;
            size_t order[COLUMNS];
            shuffle(&random, order);
            caus_series mixed = reorder(&world.series, order, world.arena);
            caus_discovery other = discover(&mixed, &options, run, world.arena);
            check_cells(&straight, &other, order);
            check_lists(&straight, &other, order);
        }
        planted_free(&world);
    }
    assert_true(ambiguous > 0);
    caus_run_free(run);
}

static void assumptions_follow_their_columns(void **unused)
{
    (void)unused;
    planted world;
    make_world(9, &world);
    caus_run *run = planted_run(1);
    const size_t order[COLUMNS] = {6, 3, 0, 5, 1, 2, 4};
    unsigned char cells[COLUMNS * COLUMNS * LAGS] = {0};
    unsigned char mixed_cells[COLUMNS * COLUMNS * LAGS];
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = LAGS - 1;
    cells[(0 * COLUMNS + 1) * LAGS + 1] = CAUS_ASSUME_ABSENT;
    cells[(1 * COLUMNS + 2) * LAGS] = CAUS_ASSUME_NOT_BACK;
    cells[(4 * COLUMNS + 0) * LAGS + 2] = CAUS_ASSUME_LINK;
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t j = 0; j < COLUMNS; j++)
            memcpy(mixed_cells + (i * COLUMNS + j) * LAGS,
                   cells + (order[i] * COLUMNS + order[j]) * LAGS, LAGS);
    options.assumptions = cells;
    caus_discovery straight =
        discover(&world.series, &options, run, world.arena);
    caus_series mixed = reorder(&world.series, order, world.arena);
    options.assumptions = mixed_cells;
    caus_discovery other = discover(&mixed, &options, run, world.arena);
    check_cells(&straight, &other, order);
    assert_string_equal(caus_edge_text(caus_graph_get(&other.graph, 6, 2, 2)),
                        "-->");
    /* a contradiction is told in the numbers the caller knows */
    caus_error err = {0};
    mixed_cells[(6 * COLUMNS + 2) * LAGS + 1] = 77;
    assert_int_equal(
        caus_discover_pcmci(&mixed, &options, run, world.arena, &other, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "variable 6 at lag 1 to variable 2"));
    caus_run_free(run);
    planted_free(&world);
}

static void numbers_in_names_count_by_value(void **unused)
{
    (void)unused;
    static const char *const sorted[COLUMNS] = {"",    "a",    "a02", "a2",
                                                "a10", "a10b", "b"};
    static const size_t given[COLUMNS] = {4, 6, 1, 5, 0, 3, 2};
    caus_variable variables[COLUMNS];
    caus_series series = {.variable_count = COLUMNS, .variables = variables};
    caus_arena *arena = caus_arena_new(0);
    const size_t *order;
    for (size_t v = 0; v < COLUMNS; v++)
        variables[v].name = sorted[given[v]];
    assert_int_equal(caus_order_by_name(&series, arena, &order, NULL), CAUS_OK);
    assert_non_null(order);
    for (size_t v = 0; v < COLUMNS; v++)
        assert_string_equal(variables[order[v]].name, sorted[v]);
    for (size_t v = 0; v < COLUMNS; v++)
        variables[v].name = sorted[v];
    assert_int_equal(caus_order_by_name(&series, arena, &order, NULL), CAUS_OK);
    assert_null(order);
    caus_arena_free(arena);
}

static void columns_without_names_keep_their_order(void **unused)
{
    (void)unused;
    caus_series series = {.variable_count = 3};
    const size_t *order = &series.variable_count;
    caus_arena *arena = caus_arena_new(0);
    assert_int_equal(caus_order_by_name(&series, arena, &order, NULL), CAUS_OK);
    assert_null(order);
    caus_arena_free(arena);
}

static void out_of_memory_is_an_error_at_every_allocation(void **unused)
{
    (void)unused;
    planted world;
    make_world(3, &world);
    const size_t order[COLUMNS] = {6, 3, 0, 5, 1, 2, 4};
    caus_series mixed = reorder(&world.series, order, world.arena);
    unsigned char cells[COLUMNS * COLUMNS * LAGS] = {0};
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = LAGS - 1;
    options.assumptions = cells;
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = planted_run(1);
        caus_arena *out = caus_arena_new(0);
        caus_discovery found;
        caus_error err = {0};
        fault_fail_after(allowed);
        caus_status status =
            caus_discover_pcmci(&mixed, &options, run, out, &found, &err);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (failed)
            assert_int_equal(caus_arena_used_bytes(out), 0);
        caus_arena_free(out);
        caus_run_free(run);
    }
    planted_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffled_columns_give_the_same_bytes),
        cmocka_unit_test(assumptions_follow_their_columns),
        cmocka_unit_test(numbers_in_names_count_by_value),
        cmocka_unit_test(columns_without_names_keep_their_order),
        cmocka_unit_test(out_of_memory_is_an_error_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
