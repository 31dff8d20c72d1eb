/* SPDX-License-Identifier: Apache-2.0 */
/* What is known beforehand: PC and FCI with true separations and true
 * assumptions against all graphs that fit both. */
#include <string.h>

#include "discovery/fci_internal.h"
#include "property/fci/mags.h"
#include "test.h"

enum { MOST_NODES = 9 };

static caus_run *run_of(int threads)
{
    caus_run *run = NULL;
    caus_run_options options = {.threads = threads};
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    return run;
}

static size_t distance(const caus_graph *a, const caus_graph *b)
{
    size_t result = SIZE_MAX;
    assert_int_equal(caus_graph_distance(a, b, &result, NULL), CAUS_OK);
    return result;
}

static bool points(const caus_graph *graph, size_t a, size_t b)
{
    return a != b && caus_graph_get(graph, a, b, 0).target == CAUS_MARK_ARROW &&
           caus_graph_get(graph, a, b, 0).source == CAUS_MARK_TAIL;
}

static bool joins(const caus_graph *graph, size_t a, size_t b)
{
    return caus_graph_get(graph, a, b, 0).source != CAUS_MARK_NONE;
}

/* ---- PC ---- */

/* True statements about some pairs, from one end or both. */
static void assume(const caus_graph *dag, caus_random *random,
                   unsigned char *cells)
{
    size_t nodes = dag->node_count;
    memset(cells, CAUS_ASSUME_UNKNOWN, nodes * nodes);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            if (a == b || caus_random_uniform(random) < .8)
                continue;
            bool required = caus_random_uniform(random) < .5;
            unsigned char *cell = &cells[a * nodes + b];
            if (cells[b * nodes + a] != CAUS_ASSUME_UNKNOWN)
                continue;
            if (points(dag, a, b))
                *cell = required ? CAUS_ASSUME_LINK : CAUS_ASSUME_NOT_BACK;
            else if (points(dag, b, a))
                *cell = required ? CAUS_ASSUME_ADJACENT : CAUS_ASSUME_ONLY_BACK;
            else
                *cell = CAUS_ASSUME_ABSENT;
        }
}

typedef struct dag_set {
    const caus_graph *dag;
    const unsigned char *cells;
    size_t edges[MOST_NODES * MOST_NODES][2];
    size_t edge_count;
    unsigned parents[MOST_NODES]; /* of the graph at hand */
} dag_set;

static bool is_acyclic(const dag_set *set)
{
    size_t nodes = set->dag->node_count;
    unsigned left = (1U << nodes) - 1;
    for (size_t round = 0; round < nodes; round++)
        for (size_t v = 0; v < nodes; v++)
            if (!(set->parents[v] & left))
                left &= ~(1U << v);
    return left == 0;
}

static bool has_same_colliders(const dag_set *set)
{
    size_t nodes = set->dag->node_count;
    for (size_t m = 0; m < nodes; m++)
        for (size_t a = 0; a < nodes; a++)
            for (size_t b = a + 1; b < nodes; b++) {
                if (a == m || b == m || joins(set->dag, a, b))
                    continue;
                unsigned both = 1U << a | 1U << b;
                bool collides = (set->parents[m] & both) == both;
                if (collides !=
                    (points(set->dag, a, m) && points(set->dag, b, m)))
                    return false;
            }
    return true;
}

static bool is_allowed(const dag_set *set, size_t a, size_t b)
{
    size_t nodes = set->dag->node_count;
    unsigned char forward = set->cells[a * nodes + b];
    unsigned char back = set->cells[b * nodes + a];
    return forward != CAUS_ASSUME_ONLY_BACK &&
           forward != CAUS_ASSUME_LINK_BACK && back != CAUS_ASSUME_LINK &&
           back != CAUS_ASSUME_NOT_BACK;
}

/* The arrows that all DAGs of the class have that the assumptions allow. */
static caus_graph allowed_graph(dag_set *set, caus_arena *arena)
{
    size_t nodes = set->dag->node_count;
    unsigned seen[MOST_NODES * MOST_NODES] = {0};
    set->edge_count = 0;
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (joins(set->dag, a, b)) {
                set->edges[set->edge_count][0] = a;
                set->edges[set->edge_count++][1] = b;
            }
    for (unsigned code = 0; code < 1U << set->edge_count; code++) {
        bool allowed = true;
        memset(set->parents, 0, sizeof set->parents);
        for (size_t k = 0; k < set->edge_count; k++) {
            size_t turned = code >> k & 1;
            size_t from = set->edges[k][turned], to = set->edges[k][!turned];
            allowed = allowed && is_allowed(set, from, to);
            set->parents[to] |= 1U << from;
        }
        if (!allowed || !is_acyclic(set) || !has_same_colliders(set))
            continue;
        for (size_t k = 0; k < set->edge_count; k++)
            seen[k] |= 1U << (code >> k & 1);
    }
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, nodes, 0, arena, NULL), CAUS_OK);
    for (size_t k = 0; k < set->edge_count; k++)
        caus_graph_set(&graph, set->edges[k][0], set->edges[k][1], 0,
                       seen[k] == 2 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL,
                       seen[k] == 1 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL);
    return graph;
}

static void pc_with_true_assumptions_gives_what_they_allow(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 61, 0);
    caus_run *run = run_of(1);
    size_t helped = 0;
    for (size_t round = 0; round < 1200; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 2 + round % 6;
        unsigned char cells[MOST_NODES * MOST_NODES];
        caus_graph dag = truth_random_dag(&random, nodes,
                                          .2 + .1 * (double)(round % 5), arena);
        assume(&dag, &random, cells);
        dag_set set = {.dag = &dag, .cells = cells};
        caus_graph expected = allowed_graph(&set, arena), plain;
        assert_int_equal(caus_graph_complete(&dag, arena, &plain, NULL),
                         CAUS_OK);
        helped += distance(&plain, &expected) > 0;
        truth state = truth_init(&dag, nodes, arena);
        caus_engine engine = truth_engine(&state);
        caus_pc_options options = caus_pc_options_default();
        options.assumptions = cells;
        for (int rule = 0; rule < CAUS_COLLIDERS_NONE; rule++) {
            caus_discovery found = {0};
            options.colliders = (caus_collider_rule)rule;
            caus_arena *scratch = caus_run_scratch(run, 0);
            caus_arena_mark mark = caus_arena_get_mark(scratch);
            assert_int_equal(
                caus_pc_learn(&engine, &options, run, arena, &found, NULL),
                CAUS_OK);
            caus_arena_rewind(scratch, mark);
            assert_int_equal(distance(&found.graph, &expected), 0);
        }
        caus_arena_free(arena);
    }
    assert_true(helped >= 300);
    caus_run_free(run);
}

/* ---- FCI ---- */

/* Tiers along a causal order, as pairs: later ones cannot cause earlier. */
static void assume_tiers(const truth *state, size_t tiers, unsigned char *cells)
{
    size_t nodes = state->observed, depth[MOST_NODES];
    for (size_t v = 0; v < nodes; v++) {
        uint64_t causes = 0;
        caus_bit_set(&causes, v);
        caus_separation_ancestors(&state->separation, &causes);
        /* causes of causes have fewer causes */
        depth[v] = caus_bit_count(&causes, 1) - 1;
        depth[v] = depth[v] < tiers ? depth[v] : tiers - 1;
    }
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++)
            cells[a * nodes + b] = depth[a] < depth[b]   ? CAUS_ASSUME_NOT_BACK
                                   : depth[a] > depth[b] ? CAUS_ASSUME_ONLY_BACK
                                                         : CAUS_ASSUME_UNKNOWN;
}

/* Every circle that stays can be an arrow and can be a tail. */
static void fci_with_tiers_leaves_open_only_what_is(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 62, 0);
    caus_run *run = run_of(1);
    size_t compared = 0, helped = 0;
    for (size_t round = 0; round < 1300; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t observed = 3 + round % 5;
        unsigned char cells[MOST_NODES * MOST_NODES] = {0};
        caus_graph dag =
            truth_random_dag(&random, observed + round / 5 % 4,
                             .2 + .06 * (double)(round % 4), arena);
        truth state = truth_init(&dag, observed, arena);
        caus_engine engine = truth_engine(&state);
        assume_tiers(&state, 2 + round % 2, cells);
        caus_fci_options options = caus_fci_options_default();
        caus_discovery found = {0}, plain = {0};
        assert_int_equal(
            caus_fci_learn(&engine, &options, run, arena, &plain, NULL),
            CAUS_OK);
        options.assumptions = cells;
        assert_int_equal(
            caus_fci_learn(&engine, &options, run, arena, &found, NULL),
            CAUS_OK);
        for (size_t a = 0; a < observed; a++)
            for (size_t b = 0; b < observed; b++) {
                uint64_t causes = (uint64_t)1 << b;
                caus_edge edge = caus_graph_get(&found.graph, a, b, 0);
                caus_edge old = caus_graph_get(&plain.graph, a, b, 0);
                caus_separation_ancestors(&state.separation, &causes);
                if (a == b)
                    continue;
                assert_int_equal(!edge.source, !old.source);
                if (edge.source == CAUS_MARK_TAIL)
                    assert_true(causes >> a & 1);
                if (edge.source == CAUS_MARK_ARROW)
                    assert_false(causes >> a & 1);
            }
        helped += distance(&found.graph, &plain.graph) > 0;
        mags_model model;
        size_t members = 0;
        mags_observe(&state, &model);
        caus_graph expected =
            mags_pag(&model, false, &found.graph, 800, &members, arena);
        if (members) {
            assert_int_equal(distance(&found.graph, &expected), 0);
            compared++;
        }
        caus_arena_free(arena);
    }
    assert_true(compared >= 1000 && helped >= 500);
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pc_with_true_assumptions_gives_what_they_allow),
        cmocka_unit_test(fci_with_tiers_leaves_open_only_what_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
