/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "caus/graph.h"
#include "fault.h"
#include "graph/calls.h"
#include "test.h"

static caus_graph make_graph(caus_arena *arena, size_t nodes, size_t max_lag)
{
    caus_graph graph;
    caus_error err = {0};
    assert_int_equal(caus_graph_init(&graph, nodes, max_lag, arena, &err),
                     CAUS_OK);
    return graph;
}

static void new_graph_has_no_edges(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 3, 2);
    assert_int_equal(graph.node_count, 3);
    assert_int_equal(graph.max_lag, 2);
    assert_int_equal(caus_graph_edge_count(&graph), 0);
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t lag = 0; lag <= 2; lag++)
                assert_string_equal(
                    caus_edge_text(caus_graph_get(&graph, i, j, lag)), "");
    caus_arena_free(arena);
}

static void impossible_sizes_are_refused_and_leave_the_graph_alone(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(1 << 20);
    caus_graph graph = {.node_count = 77};
    caus_error err;
    assert_int_equal(caus_graph_init(&graph, 0, 1, arena, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_int_equal(caus_graph_init(&graph, SIZE_MAX / 2, 1, arena, &err),
                     CAUS_ERR_LIMIT);
    assert_int_equal(caus_graph_init(&graph, 1, SIZE_MAX, arena, &err),
                     CAUS_ERR_LIMIT);
    assert_int_equal(caus_graph_init(&graph, 2000, 1, arena, &err),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(err.message, "--memory-limit"));
    assert_int_equal(graph.node_count, 77);
    assert_int_equal(caus_arena_used_bytes(arena), 0);
    caus_arena_free(arena);
}

static void edge_at_lag_0_is_one_edge_seen_from_both_sides(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 3, 1);
    caus_graph_set(&graph, 2, 0, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    assert_int_equal(caus_graph_edge_count(&graph), 1);
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 2, 0, 0)), "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 0, 2, 0)), "<--");
    caus_edge stored = graph.cells[caus_graph_cell(&graph, 0, 2, 0)];
    assert_int_equal(stored.source, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 0, 2, 0, CAUS_MARK_NONE, CAUS_MARK_NONE);
    assert_int_equal(caus_graph_edge_count(&graph), 0);
    caus_arena_free(arena);
}

static void lagged_edges_of_a_pair_are_apart(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 2, 2);
    caus_graph_set(&graph, 1, 0, 2, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 0, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    assert_int_equal(caus_graph_edge_count(&graph), 2);
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 1, 0, 2)), "-->");
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 0, 1, 2)), "");
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 1, 0, 1)), "");
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 0, 0, 1)), "-->");
    caus_arena_free(arena);
}

static void every_pair_of_marks_has_its_text_and_type(void **state)
{
    (void)state;
    static const struct {
        caus_edge edge;
        const char *text, *type;
    } rows[] = {
        {{CAUS_MARK_TAIL, CAUS_MARK_ARROW}, "-->", "directed"},
        {{CAUS_MARK_ARROW, CAUS_MARK_TAIL}, "<--", "directed"},
        {{CAUS_MARK_TAIL, CAUS_MARK_TAIL}, "---", "undirected"},
        {{CAUS_MARK_ARROW, CAUS_MARK_ARROW}, "<->", "bidirected"},
        {{CAUS_MARK_CIRCLE, CAUS_MARK_ARROW}, "o->", "partial"},
        {{CAUS_MARK_ARROW, CAUS_MARK_CIRCLE}, "<-o", "partial"},
        {{CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE}, "o-o", "partial"},
        {{CAUS_MARK_TAIL, CAUS_MARK_CIRCLE}, "--o", "partial"},
        {{CAUS_MARK_CONFLICT, CAUS_MARK_CONFLICT}, "x-x", "conflict"},
        {{CAUS_MARK_CONFLICT, CAUS_MARK_ARROW}, "x->", "conflict"},
        {{CAUS_MARK_CIRCLE, CAUS_MARK_CONFLICT}, "o-x", "conflict"},
        {{CAUS_MARK_NONE, CAUS_MARK_NONE}, "", ""},
        {{CAUS_MARK_NONE, CAUS_MARK_ARROW}, "", ""},
        {{99, CAUS_MARK_ARROW}, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(caus_edge_text(rows[i].edge), rows[i].text);
        assert_string_equal(caus_edge_type(rows[i].edge), rows[i].type);
    }
}

static void sources_may_be_causes_or_lead_to_one(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 8, 3);
    caus_graph_set(&graph, 0, 1, 3, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 1, 5, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    /* Stored backwards, still an arrow into 5. */
    caus_graph_set(&graph, 6, 5, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 5, 0, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 2, 5, 1, CAUS_MARK_CIRCLE, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 3, 5, 0, CAUS_MARK_ARROW, CAUS_MARK_ARROW);
    caus_graph_set(&graph, 4, 5, 0, CAUS_MARK_TAIL, CAUS_MARK_TAIL);
    caus_graph_set(&graph, 5, 7, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    bool keep[8];
    caus_error err;
    assert_int_equal(caus_graph_sources(&graph, 5, keep, &err), CAUS_OK);
    static const bool expected[8] = {1, 1, 1, 0, 1, 1, 1, 0};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(keep[i], expected[i]);
    caus_arena_free(arena);
}

static void sources_of_no_such_node_is_an_error(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 2, 1);
    bool keep[2] = {true, true};
    caus_error err;
    assert_int_equal(caus_graph_sources(&graph, 2, keep, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_true(keep[0] && keep[1]);
    caus_arena_free(arena);
}

static void lack_of_memory_is_reported(void **state)
{
    (void)state;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = make_graph(arena, 2, 1);
    bool keep[2] = {true, true};
    caus_error err;
    fault_fail_after(0);
    assert_int_equal(caus_graph_sources(&graph, 0, keep, &err),
                     CAUS_ERR_OUT_OF_MEMORY);
    assert_true(keep[1]);
    fault_fail_after(0);
    caus_graph big = {.node_count = 5};
    assert_int_equal(caus_graph_init(&big, 300, 9, arena, &err),
                     CAUS_ERR_OUT_OF_MEMORY);
    assert_true(fault_stop());
    assert_int_equal(big.node_count, 5);
    caus_arena_free(arena);
}

static void calls_stand_side_by_side_by_either_end(void **state)
{
    (void)state;
    static const size_t pairs[][2] = {{0, 2}, {2, 1}, {0, 1}, {1, 1}};
    const caus_topology calls = {
        .service_count = 4, .call_count = 4, .calls = pairs};
    caus_arena *arena = caus_arena_new(0);
    caus_error err;
    const size_t *start, *others;
    assert_int_equal(caus_calls_group(&calls, 0, arena, &start, &others, &err),
                     CAUS_OK);
    assert_memory_equal(start, ((size_t[]){0, 2, 3, 4, 4}), 5 * sizeof *start);
    assert_memory_equal(others, ((size_t[]){2, 1, 1, 1}), 4 * sizeof *others);
    assert_int_equal(caus_calls_group(&calls, 1, arena, &start, &others, &err),
                     CAUS_OK);
    assert_memory_equal(start, ((size_t[]){0, 0, 3, 4, 4}), 5 * sizeof *start);
    assert_memory_equal(others, ((size_t[]){2, 0, 1, 0}), 4 * sizeof *others);
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_graph_has_no_edges),
        cmocka_unit_test(
            impossible_sizes_are_refused_and_leave_the_graph_alone),
        cmocka_unit_test(edge_at_lag_0_is_one_edge_seen_from_both_sides),
        cmocka_unit_test(lagged_edges_of_a_pair_are_apart),
        cmocka_unit_test(every_pair_of_marks_has_its_text_and_type),
        cmocka_unit_test(sources_may_be_causes_or_lead_to_one),
        cmocka_unit_test(sources_of_no_such_node_is_an_error),
        cmocka_unit_test(calls_stand_side_by_side_by_either_end),
        cmocka_unit_test(lack_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
