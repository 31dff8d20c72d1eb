/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy search with knowledge against all graphs that fit both. */
#include <math.h>
#include <string.h>

#include "discovery/ges_internal.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "property/static/allowed.h"
#include "property/static/endless.h"
#include "property/static/truth.h"
#include "test.h"

enum { MOST_NODES = ALLOWED_MOST_NODES };

static size_t distance(const caus_graph *a, const caus_graph *b)
{
    size_t result = SIZE_MAX;
    assert_int_equal(caus_graph_distance(a, b, &result, NULL), CAUS_OK);
    return result;
}

static caus_graph search_with(const caus_correlation *correlation,
                              const caus_score_options *options, caus_run *run,
                              caus_arena *arena)
{
    caus_score_search search;
    caus_graph found;
    double penalty = options->penalty * log((double)correlation->row_count) / 2;
    assert_true(caus_ges_init(&search, correlation, penalty, run, arena));
    assert_int_equal(caus_score_run(&search, options, NULL, arena, NULL),
                     CAUS_OK);
    assert_int_equal(
        caus_graph_init(&found, correlation->variable_count, 0, arena, NULL),
        CAUS_OK);
    caus_pdag_write(&search.graph, &found);
    return found;
}

static void assert_honoured(const caus_graph *found, const unsigned char *cells)
{
    size_t nodes = found->node_count;
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            if (a == b)
                continue;
            caus_edge edge = caus_graph_get(found, a, b, 0);
            unsigned char known = cells[a * nodes + b];
            if (known == CAUS_ASSUME_ABSENT)
                assert_int_equal(edge.source, CAUS_MARK_NONE);
            if (known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_ADJACENT)
                assert_int_not_equal(edge.source, CAUS_MARK_NONE);
            if (edge.source != CAUS_MARK_NONE && edge.target == CAUS_MARK_ARROW)
                assert_true(allowed_edge(cells, nodes, a, b));
        }
}

static void with_endless_rows_the_allowed_graph_comes_back(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 71, 0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    size_t hidden = 0, helped = 0;
    for (size_t round = 0; round < 1400; round++) {
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
        caus_correlation correlation = endless_rows(&dag, &random, arena);
        bool skipped = endless_hides_an_edge(&dag, &correlation, arena);
        hidden += skipped;
        caus_score_options options = caus_score_options_default();
        options.assumptions = cells;
        for (int kind = 0; kind <= CAUS_SEARCH_TURNING_GES && !skipped;
             kind++) {
            options.search = (caus_score_method)kind;
            caus_graph found = search_with(&correlation, &options, run, arena);
            assert_honoured(&found, cells);
            assert_int_equal(distance(&found, &expected), 0);
        }
        caus_arena_free(arena);
    }
    assert_true(helped >= 300 && hidden <= 100);
    caus_run_free(run);
}

/* ---- knowledge that the data need not agree with ---- */

/* A member of the class of what was found, as a graph. */
static caus_graph member_of(const caus_graph *found, caus_arena *arena)
{
    caus_pdag graph, member;
    caus_dag_work work;
    caus_graph result;
    size_t nodes = found->node_count;
    assert_true(caus_pdag_init(&graph, nodes, arena) &&
                caus_pdag_init(&member, nodes, arena) &&
                caus_dag_work_init(&work, nodes, arena));
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++) {
            caus_edge edge = caus_graph_get(found, a, b, 0);
            if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_TAIL)
                caus_pdag_add_undirected(&graph, a, b);
            else if (edge.target == CAUS_MARK_ARROW)
                caus_pdag_add_directed(&graph, a, b);
            else if (edge.source == CAUS_MARK_ARROW)
                caus_pdag_add_directed(&graph, b, a);
        }
    assert_true(caus_pdag_direct(&graph, &work, &member));
    assert_int_equal(caus_graph_init(&result, nodes, 0, arena, NULL), CAUS_OK);
    caus_pdag_write(&member, &result);
    return result;
}

static size_t most_parents(const caus_graph *graph)
{
    size_t most = 0;
    for (size_t v = 0; v < graph->node_count; v++) {
        size_t parents = 0;
        for (size_t u = 0; u < graph->node_count; u++)
            parents += u != v &&
                       caus_graph_get(graph, u, v, 0).target == CAUS_MARK_ARROW;
        most = parents > most ? parents : most;
    }
    return most;
}

static void wrong_knowledge_is_honoured_and_nothing_more_drawn(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 72, 0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    for (uint64_t round = 0; round < 1000; round++) {
        caus_arena *arena = caus_arena_new(0);
        sem world;
        sem_options made = {3 + round % 6, 3, round + 1, 50, false};
        caus_correlation correlation;
        unsigned char cells[MOST_NODES * MOST_NODES];
        assert_int_equal(sem_make(&made, arena, &world, NULL), CAUS_OK);
        assert_int_equal(
            caus_correlate(&world.series, 5, run, arena, &correlation, NULL),
            CAUS_OK);
        caus_graph other =
            truth_random_dag(&random, correlation.variable_count, .4, arena);
        allowed_assume(&other, &random, cells);
        caus_score_options options = caus_score_options_default();
        options.assumptions = cells;
        options.penalty = round % 4 ? 2 : .5;
        options.search = (caus_score_method)(round % 3);
        options.max_parents = round % 5 ? SIZE_MAX : 7;
        caus_graph found = search_with(&correlation, &options, run, arena);
        caus_graph member = member_of(&found, arena);
        caus_graph expected = allowed_graph(&member, cells, arena);
        assert_honoured(&found, cells);
        assert_int_equal(distance(&found, &expected), 0);
        caus_arena_free(arena);
    }
    caus_run_free(run);
}

static void no_variable_gets_more_parents_than_allowed(void **unused)
{
    (void)unused;
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    size_t bound = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        caus_arena *arena = caus_arena_new(0);
        sem world;
        sem_options made = {8, 5, seed, 300, false};
        caus_correlation correlation;
        assert_int_equal(sem_make(&made, arena, &world, NULL), CAUS_OK);
        assert_int_equal(
            caus_correlate(&world.series, 5, run, arena, &correlation, NULL),
            CAUS_OK);
        caus_score_options options = caus_score_options_default();
        caus_graph free_graph = search_with(&correlation, &options, run, arena);
        options.max_parents = 2;
        caus_graph found = search_with(&correlation, &options, run, arena);
        bound += most_parents(&free_graph) > 2;
        assert_true(most_parents(&found) <= 2);
        caus_arena_free(arena);
    }
    assert_true(bound >= 100);
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_endless_rows_the_allowed_graph_comes_back),
        cmocka_unit_test(wrong_knowledge_is_honoured_and_nothing_more_drawn),
        cmocka_unit_test(no_variable_gets_more_parents_than_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
