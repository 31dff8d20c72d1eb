/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs learned by other programs from the same data. */
#include <stdio.h>

#include <math.h>

#include "discovery/ges_internal.h"
#include "oracle/structure/sem.h"
#include "test.h"

static const sem_options sets[] = {
    {10, 2, 1, 1000, false},  {10, 2, 1, 5000, false},
    {10, 4, 1, 1000, false},  {10, 4, 1, 5000, false},
    {20, 2, 1, 1000, false},  {20, 2, 1, 5000, false},
    {20, 4, 1, 1000, false},  {20, 4, 1, 5000, false},
    {50, 2, 1, 1000, false},  {50, 2, 1, 5000, false},
    {50, 4, 1, 1000, false},  {50, 4, 1, 5000, false},
    {100, 2, 1, 1000, false}, {100, 2, 1, 5000, false},
    {100, 4, 1, 1000, false}, {100, 4, 1, 5000, false},
};

static caus_graph other_graph(const sem_options *set, const char *program,
                              caus_arena *arena)
{
    char path[200];
    caus_error err = {0};
    caus_graph graph = {0};
    snprintf(path, sizeof path,
             "oracle/structure/learned/p%zu_d%.0f_n%zu_%s.txt", set->nodes,
             set->degree, set->rows, program);
    if (sem_read_graph(path, set->nodes, arena, &graph, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return graph;
}

static caus_discovery learn_pc(const sem *world, caus_arena *arena)
{
    caus_run *run = NULL;
    caus_discovery found;
    caus_pc_options options = caus_pc_options_default();
    options.alpha = .05;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_discover_pc(&world->series, &options, run, arena, &found, NULL),
        CAUS_OK);
    caus_run_free(run);
    return found;
}

static void pc_skeletons_are_those_of_causal_learn(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        caus_arena *arena = caus_arena_new(0);
        sem world;
        assert_int_equal(sem_make(&sets[k], arena, &world, NULL), CAUS_OK);
        caus_graph other = other_graph(&sets[k], "causal-learn", arena);
        caus_discovery found = learn_pc(&world, arena);
        assert_true(caus_graph_edge_count(&other) > 5);
        assert_int_equal(sem_skeleton_distance(&found.graph, &other), 0);
        caus_arena_free(arena);
    }
}

/* Conflicts between colliders are settled otherwise: in one edge each. */
static void
conservative_graphs_are_those_of_pcalg_but_for_an_edge(void **unused)
{
    (void)unused;
    static const sem_options both[] = {{50, 4, 1, 1000, false},
                                       {100, 4, 1, 1000, false}};
    for (size_t k = 0; k < 2; k++) {
        caus_arena *arena = caus_arena_new(0);
        sem world;
        size_t apart = SIZE_MAX;
        assert_int_equal(sem_make(&both[k], arena, &world, NULL), CAUS_OK);
        caus_graph other = other_graph(&both[k], "pcalg-conservative", arena);
        caus_discovery found = learn_pc(&world, arena);
        assert_int_equal(
            caus_graph_distance(&found.graph, &other, &apart, NULL), CAUS_OK);
        assert_int_equal(sem_skeleton_distance(&found.graph, &other), 0);
        assert_true(apart <= 1);
        caus_arena_free(arena);
    }
}

/* The score of a class, by any of its members. */
static double score_of(const caus_graph *graph, const sem *world,
                       caus_arena *arena)
{
    caus_run *run = NULL;
    caus_correlation correlation;
    caus_scoring scoring;
    caus_pdag pdag, member;
    caus_dag_work work;
    size_t nodes = graph->node_count;
    assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
    assert_int_equal(
        caus_correlate(&world->series, 5, run, arena, &correlation, NULL),
        CAUS_OK);
    caus_run_free(run);
    double penalty = log((double)correlation.row_count), score = 0;
    assert_true(caus_scoring_init(&scoring, &correlation, penalty, arena) &&
                caus_pdag_init(&pdag, nodes, arena) &&
                caus_pdag_init(&member, nodes, arena) &&
                caus_dag_work_init(&work, nodes, arena));
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            caus_edge edge = {0};
            if (a != b)
                edge = caus_graph_get(graph, a, b, 0);
            if (edge.target == CAUS_MARK_ARROW)
                caus_pdag_add_directed(&pdag, a, b);
            else if (edge.source == CAUS_MARK_TAIL)
                caus_pdag_add_undirected(&pdag, a, b);
        }
    assert_true(caus_pdag_extend(&pdag, NULL, 0, &work, &member));
    for (size_t v = 0; v < nodes; v++) {
        const uint64_t *parents = caus_pdag_row(&member, member.parents, v);
        score -=
            penalty * (double)caus_bit_count(parents, member.word_count) +
            scoring.half_rows * caus_scoring_log_variance(&scoring, v, parents);
    }
    return score;
}

static void score_search_finds_no_lower_score_than_xges(void **unused)
{
    (void)unused;
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        if (sets[k].nodes > 50)
            continue;
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = NULL;
        caus_discovery found;
        sem world;
        assert_int_equal(sem_make(&sets[k], arena, &world, NULL), CAUS_OK);
        caus_graph other = other_graph(&sets[k], "xges", arena);
        assert_int_equal(caus_run_new(NULL, &run, NULL), CAUS_OK);
        assert_int_equal(
            caus_discover_score(&world.series, NULL, run, arena, &found, NULL),
            CAUS_OK);
        caus_run_free(run);
        assert_true(score_of(&found.graph, &world, arena) >
                    score_of(&other, &world, arena) - 1e-6);
        caus_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pc_skeletons_are_those_of_causal_learn),
        cmocka_unit_test(score_search_finds_no_lower_score_than_xges),
        cmocka_unit_test(
            conservative_graphs_are_those_of_pcalg_but_for_an_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
