/* SPDX-License-Identifier: Apache-2.0 */
/* Separation, completion and orientation against their definitions. */
#include <string.h>

#include "fault.h"
#include "graph/dag.h"
#include "test.h"

enum { MOST_NODES = 6 };

static caus_graph empty_graph(size_t nodes, caus_arena *arena)
{
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, nodes, 0, arena, NULL), CAUS_OK);
    return graph;
}

/* A random graph over a random order; with `hidden`, bidirected edges too. */
static caus_graph random_graph(caus_random *random, size_t nodes,
                               double density, double hidden, caus_arena *arena)
{
    caus_graph graph = empty_graph(nodes, arena);
    size_t order[MOST_NODES];
    for (size_t k = 0; k < nodes; k++) {
        size_t at = (size_t)caus_random_below(random, k + 1);
        order[k] = order[at];
        order[at] = k;
    }
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++) {
            if (caus_random_uniform(random) < density)
                caus_graph_set(&graph, order[a], order[b], 0, CAUS_MARK_TAIL,
                               CAUS_MARK_ARROW);
            else if (caus_random_uniform(random) < hidden)
                caus_graph_set(&graph, order[a], order[b], 0, CAUS_MARK_ARROW,
                               CAUS_MARK_ARROW);
        }
    return graph;
}

static bool is_joined(const caus_graph *graph, size_t a, size_t b)
{
    return a != b && caus_graph_get(graph, a, b, 0).source != CAUS_MARK_NONE;
}

static bool has_arrow(const caus_graph *graph, size_t from, size_t to)
{
    return caus_graph_get(graph, from, to, 0).target == CAUS_MARK_ARROW;
}

static bool is_parent(const caus_graph *graph, size_t from, size_t to)
{
    return is_joined(graph, from, to) && has_arrow(graph, from, to) &&
           !has_arrow(graph, to, from);
}

/* Whether a node or a descendant of it is in the set. */
static bool reaches_set(const caus_graph *graph, size_t node, unsigned set)
{
    if (set >> node & 1)
        return true;
    for (size_t v = 0; v < graph->node_count; v++)
        if (v != node && is_parent(graph, node, v) &&
            reaches_set(graph, v, set))
            return true;
    return false;
}

/* Whether an open path leads on from the end of `path` to `goal`. */
static bool path_opens(const caus_graph *graph, size_t *path, size_t length,
                       unsigned used, unsigned set, size_t goal)
{
    size_t end = path[length - 1];
    for (size_t v = 0; v < graph->node_count; v++) {
        if (used >> v & 1 || !is_joined(graph, end, v))
            continue;
        if (length > 1) {
            bool collider = has_arrow(graph, path[length - 2], end) &&
                            has_arrow(graph, v, end);
            if (collider ? !reaches_set(graph, end, set) : set >> end & 1)
                continue;
        }
        if (v == goal)
            return true;
        path[length] = v;
        if (path_opens(graph, path, length + 1, used | 1u << v, set, goal))
            return true;
    }
    return false;
}

static void separation_equals_the_definition_over_all_paths(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 11, 0);
    for (size_t round = 0; round < 300; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 2 + round % (MOST_NODES - 1);
        caus_graph graph =
            random_graph(&random, nodes, .35, round % 2 ? .25 : 0, arena);
        for (size_t a = 0; a < nodes; a++)
            for (unsigned set = 0; set < 1u << nodes; set++) {
                size_t given[MOST_NODES], count = 0;
                bool separated[MOST_NODES];
                if (set >> a & 1)
                    continue;
                for (size_t v = 0; v < nodes; v++)
                    if (set >> v & 1)
                        given[count++] = v;
                assert_int_equal(caus_graph_separated(&graph, a, given, count,
                                                      separated, NULL),
                                 CAUS_OK);
                for (size_t b = 0; b < nodes; b++) {
                    size_t path[MOST_NODES] = {a};
                    bool expected =
                        b != a && !(set >> b & 1) &&
                        !path_opens(&graph, path, 1, 1u << a, set, b);
                    assert_int_equal(separated[b], expected);
                }
            }
        caus_arena_free(arena);
    }
}

static bool is_collider(const caus_graph *graph, size_t a, size_t m, size_t b)
{
    return is_joined(graph, a, m) && is_joined(graph, b, m) &&
           !is_joined(graph, a, b) && has_arrow(graph, a, m) &&
           has_arrow(graph, b, m);
}

/* Same adjacencies and unshielded colliders (Verma & Pearl 1990). */
static bool is_equivalent(const caus_graph *x, const caus_graph *y)
{
    for (size_t m = 0; m < x->node_count; m++)
        for (size_t a = 0; a < x->node_count; a++)
            for (size_t b = 0; b < a; b++)
                if (a != m && b != m &&
                    is_collider(x, a, m, b) != is_collider(y, a, m, b))
                    return false;
    return true;
}

/* Whether taking away nodes without parents ever stops early. */
static bool has_cycle(const caus_graph *graph)
{
    unsigned left = (1u << graph->node_count) - 1;
    for (size_t round = 0; round < graph->node_count; round++)
        for (size_t v = 0; v < graph->node_count; v++) {
            bool has_parent = false;
            for (size_t w = 0; w < graph->node_count; w++)
                has_parent = has_parent || (w != v && left >> w & 1 &&
                                            is_parent(graph, w, v));
            if (!has_parent)
                left &= ~(1u << v);
        }
    return left != 0;
}

/* What all acyclic orientations with the colliders of `dag` agree on. */
static caus_graph agreed(const caus_graph *dag, caus_arena *arena)
{
    size_t ends[MOST_NODES * MOST_NODES][2], edges = 0;
    caus_graph result = empty_graph(dag->node_count, arena);
    caus_graph tried = empty_graph(dag->node_count, arena);
    unsigned forward = 0, backward = 0;
    for (size_t a = 0; a < dag->node_count; a++)
        for (size_t b = a + 1; b < dag->node_count; b++)
            if (is_joined(dag, a, b))
                ends[edges][0] = a, ends[edges++][1] = b;
    for (unsigned way = 0; way < 1u << edges; way++) {
        for (size_t e = 0; e < edges; e++) {
            bool turned = way >> e & 1;
            caus_graph_set(&tried, ends[e][turned], ends[e][!turned], 0,
                           CAUS_MARK_TAIL, CAUS_MARK_ARROW);
        }
        if (!is_equivalent(dag, &tried) || has_cycle(&tried))
            continue;
        backward |= way;
        forward |= ~way;
    }
    for (size_t e = 0; e < edges; e++)
        caus_graph_set(&result, ends[e][0], ends[e][1], 0,
                       backward >> e & 1 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL,
                       forward >> e & 1 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL);
    for (size_t e = 0; e < edges; e++)
        if (forward >> e & backward >> e & 1)
            caus_graph_set(&result, ends[e][0], ends[e][1], 0, CAUS_MARK_TAIL,
                           CAUS_MARK_TAIL);
    return result;
}

static size_t distance(const caus_graph *a, const caus_graph *b)
{
    size_t result = SIZE_MAX;
    assert_int_equal(caus_graph_distance(a, b, &result, NULL), CAUS_OK);
    return result;
}

static caus_graph written(const caus_pdag *pdag, caus_arena *arena)
{
    caus_graph graph = empty_graph(pdag->node_count, arena);
    caus_pdag_write(pdag, &graph);
    return graph;
}

/* Colliders alone, everything else undirected. */
static caus_pdag pattern_of(const caus_graph *dag, caus_arena *arena)
{
    caus_pdag pdag;
    assert_true(caus_pdag_init(&pdag, dag->node_count, arena));
    for (size_t a = 0; a < dag->node_count; a++)
        for (size_t b = a + 1; b < dag->node_count; b++)
            if (is_joined(dag, a, b))
                caus_pdag_add_undirected(&pdag, a, b);
    for (size_t m = 0; m < dag->node_count; m++)
        for (size_t a = 0; a < dag->node_count; a++)
            for (size_t b = 0; b < dag->node_count; b++)
                if (a != b && a != m && b != m && is_collider(dag, a, m, b))
                    caus_pdag_add_directed(&pdag, a, m);
    return pdag;
}

/* Completion three ways: by labels, by Meek's rules, by enumeration; and
 * every member made of it has the same completion. */
static void completion_is_what_all_equivalent_dags_agree_on(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 12, 0);
    for (size_t round = 0; round < 1000; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 2 + round % (MOST_NODES - 2);
        caus_graph dag = random_graph(&random, nodes,
                                      .3 + .1 * (double)(round % 5), 0, arena);
        caus_graph completed;
        assert_int_equal(caus_graph_complete(&dag, arena, &completed, NULL),
                         CAUS_OK);
        caus_graph expected = agreed(&dag, arena);
        assert_int_equal(distance(&completed, &expected), 0);

        caus_pdag pattern = pattern_of(&dag, arena);
        uint64_t arrows[MOST_NODES];
        caus_pdag_close(&pattern, NULL, 0, arrows);
        caus_graph closed = written(&pattern, arena);
        assert_int_equal(distance(&closed, &expected), 0);

        caus_dag_work work;
        caus_pdag member, again;
        assert_true(caus_dag_work_init(&work, nodes, arena));
        assert_true(caus_pdag_init(&member, nodes, arena));
        assert_true(caus_pdag_init(&again, nodes, arena));
        size_t first = (size_t)caus_random_below(&random, nodes);
        assert_true(caus_pdag_extend(&pattern, &first, 1, &work, &member));
        assert_true(caus_pdag_complete(&member, &work, &again));
        caus_graph back = written(&again, arena);
        assert_int_equal(distance(&back, &expected), 0);
        caus_arena_free(arena);
    }
}

static void first_nodes_that_would_collide_are_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_pdag chain, member;
    caus_dag_work work;
    assert_true(caus_pdag_init(&chain, 3, arena));
    assert_true(caus_pdag_init(&member, 3, arena));
    assert_true(caus_dag_work_init(&work, 3, arena));
    caus_pdag_add_undirected(&chain, 0, 1);
    caus_pdag_add_undirected(&chain, 1, 2);
    assert_false(caus_pdag_extend(&chain, (size_t[]){0, 2}, 2, &work, &member));
    assert_true(caus_pdag_extend(&chain, (size_t[]){0, 1}, 2, &work, &member));
    assert_true(caus_bit_get(member.parents + 1, 0));
    assert_true(caus_bit_get(member.parents + 2, 1));
    caus_arena_free(arena);
}

/* 0 → 1 – 2 ← 3, 1 and 2 each pulled both ways. */
static void arrows_asked_for_both_ways_are_a_conflict(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_pdag pdag;
    uint64_t arrows[4];
    assert_true(caus_pdag_init(&pdag, 4, arena));
    caus_pdag_add_directed(&pdag, 0, 1);
    caus_pdag_add_undirected(&pdag, 1, 2);
    caus_pdag_add_directed(&pdag, 3, 2);
    caus_pdag_close(&pdag, NULL, 0, arrows);
    caus_graph graph = written(&pdag, arena);
    assert_string_equal(caus_edge_text(caus_graph_get(&graph, 1, 2, 0)), "x-x");
    caus_arena_free(arena);
}

static void ambiguous_triples_support_no_rule(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_pdag pdag;
    uint64_t arrows[3];
    caus_triple unsure = {.source = 0, .middle = 1, .target = 2};
    assert_true(caus_pdag_init(&pdag, 3, arena));
    caus_pdag_add_directed(&pdag, 0, 1);
    caus_pdag_add_undirected(&pdag, 1, 2);
    caus_pdag_close(&pdag, &unsure, 1, arrows);
    assert_true(caus_bit_get(pdag.neighbours + 1, 2));
    caus_pdag_close(&pdag, NULL, 0, arrows);
    assert_true(caus_bit_get(pdag.children + 1, 2));
    caus_arena_free(arena);
}

static void what_is_no_dag_is_refused(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_graph graph = empty_graph(3, arena), result = {.node_count = 77};
    caus_error err;
    size_t used = caus_arena_used_bytes(arena);
    for (size_t v = 0; v < 3; v++)
        caus_graph_set(&graph, v, (v + 1) % 3, 0, CAUS_MARK_TAIL,
                       CAUS_MARK_ARROW);
    assert_int_equal(caus_graph_complete(&graph, arena, &result, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "cycle"));
    caus_graph_set(&graph, 0, 1, 0, CAUS_MARK_CIRCLE, CAUS_MARK_ARROW);
    assert_int_equal(caus_graph_complete(&graph, arena, &result, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "o->"));
    bool separated[3] = {true, true, true};
    assert_int_equal(caus_graph_separated(&graph, 0, NULL, 0, separated, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    size_t given = 3;
    assert_int_equal(
        caus_graph_separated(&graph, 0, &given, 1, separated, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "no node 3"));
    given = 0;
    assert_int_equal(
        caus_graph_separated(&graph, 0, &given, 1, separated, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_true(separated[0] && separated[1] && separated[2]);
    assert_int_equal(result.node_count, 77);
    assert_int_equal(caus_arena_used_bytes(arena), used);
    graph.max_lag = 1;
    assert_int_equal(caus_graph_complete(&graph, arena, &result, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    size_t unused_count;
    caus_graph other = empty_graph(3, arena);
    assert_int_equal(caus_graph_distance(&graph, &other, &unused_count, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(arena);
}

/* The fewest of the nodes 1 … candidates that separate 0 from another. */
static size_t fewest_separating(const caus_graph *graph, size_t candidates,
                                size_t other)
{
    size_t fewest = SIZE_MAX;
    for (unsigned bits = 0; bits < 1u << candidates; bits++) {
        size_t given[8], count = 0;
        bool separated[8];
        for (size_t k = 0; k < candidates; k++)
            if (bits >> k & 1)
                given[count++] = k + 1;
        assert_int_equal(
            caus_graph_separated(graph, 0, given, count, separated, NULL),
            CAUS_OK);
        if (separated[other] && count < fewest)
            fewest = count;
    }
    return fewest;
}

static size_t most_parents(const caus_graph *graph)
{
    size_t most = 0;
    for (size_t to = 0; to < graph->node_count; to++) {
        size_t count = 0;
        for (size_t from = 0; from < graph->node_count; from++)
            count += is_parent(graph, from, to);
        most = count > most ? count : most;
    }
    return most;
}

/* Why FCI and its kin take no bound on parents. */
static void with_hidden_causes_few_parents_need_more_conditions(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    /* 0 acts on 5 by 1 … 4, which meet in the hidden 6 and 7 */
    static const size_t arrows[][2] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 6},
                                       {2, 6}, {3, 7}, {4, 7}, {6, 5}, {7, 5}};
    caus_graph merged = empty_graph(8, arena);
    for (size_t k = 0; k < sizeof arrows / sizeof *arrows; k++)
        caus_graph_set(&merged, arrows[k][0], arrows[k][1], 0, CAUS_MARK_TAIL,
                       CAUS_MARK_ARROW);
    assert_int_equal(most_parents(&merged), 2);
    assert_int_equal(fewest_separating(&merged, 4, 5), 4);

    /* 1 → 0 and 2 → 3, hidden causes of 1 and 3 and of 2 and 0 */
    caus_graph crossed = empty_graph(4, arena);
    caus_graph_set(&crossed, 1, 0, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&crossed, 2, 3, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&crossed, 1, 3, 0, CAUS_MARK_ARROW, CAUS_MARK_ARROW);
    caus_graph_set(&crossed, 2, 0, 0, CAUS_MARK_ARROW, CAUS_MARK_ARROW);
    assert_int_equal(most_parents(&crossed), 1);
    assert_int_equal(fewest_separating(&crossed, 2, 3), 2);
    caus_arena_free(arena);
}

static void distance_counts_places_that_differ(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    caus_graph a = empty_graph(4, arena), b = empty_graph(4, arena);
    caus_graph_set(&a, 0, 1, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&b, 1, 0, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&a, 2, 3, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&b, 3, 2, 0, CAUS_MARK_ARROW, CAUS_MARK_TAIL);
    caus_graph_set(&b, 0, 3, 0, CAUS_MARK_TAIL, CAUS_MARK_TAIL);
    assert_int_equal(distance(&a, &b), 2);
    assert_int_equal(distance(&a, &a), 0);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 13, 0);
    caus_arena *arena = caus_arena_new(0);
    caus_graph dag = random_graph(&random, 6, .5, 0, arena);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_arena *out = caus_arena_new(0);
        caus_graph result;
        bool separated[6];
        fault_fail_after(allowed);
        caus_status status = caus_graph_complete(&dag, out, &result, NULL);
        if (status == CAUS_OK)
            status = caus_graph_separated(&dag, 0, NULL, 0, separated, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
    }
    caus_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separation_equals_the_definition_over_all_paths),
        cmocka_unit_test(completion_is_what_all_equivalent_dags_agree_on),
        cmocka_unit_test(first_nodes_that_would_collide_are_refused),
        cmocka_unit_test(arrows_asked_for_both_ways_are_a_conflict),
        cmocka_unit_test(ambiguous_triples_support_no_rule),
        cmocka_unit_test(what_is_no_dag_is_refused),
        cmocka_unit_test(with_hidden_causes_few_parents_need_more_conditions),
        cmocka_unit_test(distance_counts_places_that_differ),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
