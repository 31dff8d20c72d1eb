/* SPDX-License-Identifier: Apache-2.0 */
/* What is known beforehand: PC and FCI with true separations and true
 * assumptions against all graphs that fit both. */
#include <string.h>

#include "discovery/fci_internal.h"
#include "given.h"
#include "property/fci/mags.h"
#include "property/static/allowed.h"
#include "test.h"

enum { MOST_NODES = ALLOWED_MOST_NODES };

static size_t distance(const caus_graph *a, const caus_graph *b)
{
    size_t result = SIZE_MAX;
    assert_int_equal(caus_graph_distance(a, b, &result, NULL), CAUS_OK);
    return result;
}

/* ---- PC ---- */

static void pc_with_true_assumptions_gives_what_they_allow(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 61, 0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    size_t helped = 0;
    for (size_t round = 0; round < 1200; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 2 + round % 6;
        unsigned char cells[MOST_NODES * MOST_NODES];
        caus_graph dag = truth_random_dag(&random, nodes,
                                          .2 + .1 * (double)(round % 5), arena);
        allowed_assume(&dag, &random, cells);
        caus_graph expected = allowed_graph(&dag, cells, arena), plain;
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
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
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
