/* SPDX-License-Identifier: Apache-2.0 */
/* FCI and RFCI against ancestral graphs by definition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/fci_internal.h"
#include "oracle/structure/sem.h"
#include "property/fci/mags.h"
#include "test.h"

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

static caus_discovery learn(const truth *state, const caus_fci_options *options,
                            const caus_run *run, caus_arena *arena)
{
    caus_discovery found = {0};
    caus_engine engine = truth_engine(state);
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    assert_int_equal(caus_fci_learn(&engine, options, run, arena, &found, NULL),
                     CAUS_OK);
    caus_arena_rewind(scratch, mark);
    assert_true(found.complete);
    assert_int_equal(found.graph.ambiguous_count > 0 && !options->fast, 0);
    return found;
}

typedef struct world {
    caus_graph dag;
    truth state;
    uint64_t selected[1];
} world;

/* Nodes behind the observed ones are hidden or, the last ones, selected. */
static void make_world(world *made, size_t observed, size_t hidden,
                       size_t selected, double share, caus_random *random,
                       caus_arena *arena)
{
    size_t nodes = observed + hidden + selected;
    made->dag = truth_random_dag(random, nodes, share, arena);
    made->state = truth_init(&made->dag, observed, arena);
    made->selected[0] = 0;
    for (size_t v = observed + hidden; v < nodes; v++)
        caus_bit_set(made->selected, v);
    made->state.selected = selected ? made->selected : NULL;
}

static void compare_with_all_graphs(bool selection, uint64_t seed,
                                    size_t most_edges)
{
    caus_random random;
    caus_random_init(&random, seed, 0);
    caus_run *run = run_of(1);
    size_t compared = 0, open = 0;
    for (size_t round = 0; round < 1500; round++) {
        caus_arena *arena = caus_arena_new(0);
        world w;
        double share = .2 + .08 * (double)(round % 5);
        make_world(&w, 2 + round % 5, (round / 5) % 5,
                   selection ? (round / 25) % 3 : 0, share, &random, arena);
        mags_model model = mags_observe(&w.state);
        if (mags_edge_count(&model) > most_edges) {
            caus_arena_free(arena);
            continue;
        }
        size_t members = 0;
        caus_graph expected = mags_pag(&model, selection, &members, arena);
        assert_true(members > 0);
        open += members > 1;
        for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
            caus_fci_options options = caus_fci_options_default();
            options.colliders = (caus_collider_rule)rule;
            options.selection = selection;
            caus_discovery found = learn(&w.state, &options, run, arena);
            assert_int_equal(distance(&found.graph, &expected), 0);
        }
        compared++;
        caus_arena_free(arena);
    }
    assert_true(compared >= 1000);
    assert_true(open >= 500);
    caus_run_free(run);
}

static void fci_with_true_separations_gives_the_exact_pag(void **unused)
{
    (void)unused;
    compare_with_all_graphs(false, 41, 8);
}

static void with_selection_too(void **unused)
{
    (void)unused;
    compare_with_all_graphs(true, 42, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fci_with_true_separations_gives_the_exact_pag),
        cmocka_unit_test(with_selection_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
