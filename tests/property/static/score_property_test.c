/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy search against exhaustive neighbourhoods and against the truth. */
#include <math.h>
#include <string.h>

#include "discovery/ges_internal.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "property/static/endless.h"
#include "property/static/truth.h"
#include "test.h"

enum { MOST_NODES = 8, MOST_MEMBERS = 4096 };

/* ---- every member of a class, and every graph one edge away ---- */

typedef struct dag {
    uint64_t parents[MOST_NODES];
} dag;

typedef struct members {
    size_t nodes;
    size_t count;
    dag *items; /* [MOST_MEMBERS] */
} members;

static bool is_acyclic(const dag *graph, size_t nodes)
{
    uint64_t left = ((uint64_t)1 << nodes) - 1;
    for (size_t round = 0; round < nodes; round++)
        for (size_t v = 0; v < nodes; v++)
            if (!(graph->parents[v] & left))
                left &= ~((uint64_t)1 << v);
    return left == 0;
}

static void add_member(members *all, const dag *graph)
{
    for (size_t k = 0; k < all->count; k++)
        if (!memcmp(&all->items[k], graph, sizeof *graph))
            return;
    assert_true(all->count < MOST_MEMBERS);
    all->items[all->count++] = *graph;
}

/* Turning covered edges reaches all members (Chickering 1995). */
static void list_members(members *all)
{
    for (size_t k = 0; k < all->count; k++)
        for (size_t y = 0; y < all->nodes; y++)
            for (size_t x = 0; x < all->nodes; x++) {
                dag turned = all->items[k];
                uint64_t bit = (uint64_t)1 << x;
                if (!(turned.parents[y] & bit) ||
                    turned.parents[y] != (turned.parents[x] | bit))
                    continue;
                turned.parents[y] &= ~bit;
                turned.parents[x] |= (uint64_t)1 << y;
                add_member(all, &turned);
            }
}

static double score_of(caus_scoring *scoring, const dag *graph)
{
    double score = 0;
    for (size_t v = 0; v < scoring->node_count; v++)
        score -=
            scoring->half_rows *
                caus_scoring_log_variance(scoring, v, &graph->parents[v]) +
            scoring->penalty * (double)__builtin_popcountll(graph->parents[v]);
    return score;
}

/* The best score one edge away, by insert, delete or turn as asked. */
static double best_neighbour(caus_scoring *scoring, const members *all,
                             bool inserts, bool deletes, bool turns)
{
    double best = -HUGE_VAL;
    for (size_t k = 0; k < all->count; k++)
        for (size_t y = 0; y < all->nodes; y++)
            for (size_t x = 0; x < all->nodes; x++) {
                dag changed = all->items[k];
                uint64_t bit = (uint64_t)1 << x;
                bool joined = changed.parents[y] & bit;
                bool backward = changed.parents[x] >> y & 1;
                if (x == y || backward)
                    continue;
                if (!joined && !inserts)
                    continue;
                changed.parents[y] ^= bit;
                if (joined ? deletes : is_acyclic(&changed, all->nodes))
                    best = fmax(best, score_of(scoring, &changed));
                changed.parents[x] |= (uint64_t)1 << y;
                if (joined && turns && is_acyclic(&changed, all->nodes))
                    best = fmax(best, score_of(scoring, &changed));
            }
    return best;
}

static members class_of(caus_score_search *search, caus_arena *arena)
{
    members all = {.nodes = search->scoring.node_count,
                   .items = CAUS_ARRAY(arena, dag, MOST_MEMBERS)};
    assert_non_null(all.items);
    assert_true(caus_pdag_extend(&search->graph, NULL, 0, &search->work,
                                 &search->member));
    dag first = {{0}};
    memcpy(first.parents, search->member.parents,
           all.nodes * sizeof *first.parents);
    add_member(&all, &first);
    list_members(&all);
    return all;
}

static void climb(caus_score_search *search, int kind, caus_arena *arena)
{
    if (kind == CAUS_SEARCH_GES)
        caus_ges_run(search);
    else if (kind == CAUS_SEARCH_TURNING_GES)
        caus_ges_run_turning(search);
    else
        assert_int_equal(caus_xges_run(search, arena, NULL), CAUS_OK);
}

static void no_class_one_edge_away_scores_higher(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        sem world;
        sem_options options = {4 + seed % 5, 3, seed, 40 + 10 * (seed % 9),
                               false};
        caus_correlation correlation;
        caus_score_search search;
        assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
        assert_int_equal(
            caus_correlate(&world.series, 5, run, arena, &correlation, NULL),
            CAUS_OK);
        double penalty = seed % 3 ? 2 : .5;
        assert_true(caus_ges_init(&search, &correlation, penalty, run, arena));
        climb(&search, seed > 60 ? CAUS_SEARCH_TURNING_GES : CAUS_SEARCH_XGES,
              arena);
        members all = class_of(&search, arena);
        double score = score_of(&search.scoring, &all.items[0]);
        dag empty = {{0}};
        double gained = score - score_of(&search.scoring, &empty);
        assert_true(fabs(gained - search.gained) < 1e-6);
        assert_true(best_neighbour(&search.scoring, &all, true, true, true) <
                    score + 1e-6);
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

/* Every single step: the best insert, delete or turn of the operators is the
 * best that any member allows. */
static void the_best_operator_is_the_best_change_of_any_member(void **unused)
{
    (void)unused;
    static const caus_operator_kind kinds[] = {
        CAUS_OPERATOR_INSERT, CAUS_OPERATOR_DELETE, CAUS_OPERATOR_TURN};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        sem world;
        sem_options options = {4 + seed % 3, 3, seed, 60, false};
        caus_correlation correlation;
        caus_score_search search;
        assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
        assert_int_equal(
            caus_correlate(&world.series, 5, run, arena, &correlation, NULL),
            CAUS_OK);
        size_t nodes = correlation.variable_count;
        assert_true(caus_ges_init(&search, &correlation, .2, run, arena));
        for (size_t step = 0; step < 12; step++) {
            caus_arena_mark mark = caus_arena_get_mark(arena);
            members all = class_of(&search, arena);
            double score = score_of(&search.scoring, &all.items[0]);
            caus_operator_kind next = kinds[step % 3];
            for (size_t k = 0; k < 3; k++) {
                caus_operator_kind kind = kinds[k];
                double gain = 0;
                for (size_t v = 0; v < nodes; v++)
                    caus_operators_find(&search, v);
                for (size_t v = 0; v < nodes; v++)
                    gain = fmax(gain, search.best[kind * nodes + v].gain);
                double expected = best_neighbour(&search.scoring, &all, k == 0,
                                                 k == 1, k == 2) -
                                  score;
                assert_true(fabs(gain - fmax(expected, 0)) < 1e-6);
            }
            caus_arena_rewind(arena, mark);
            for (size_t v = 0; v < nodes; v++) {
                caus_operator *best = &search.best[next * nodes + v];
                if (!(best->gain > 0))
                    continue;
                assert_true(caus_ges_apply(&search, next, best->source, v,
                                           search.sets + next * nodes + v));
                break;
            }
        }
        caus_run_free(run);
        caus_arena_free(arena);
    }
}

/* ---- infinitely many rows ---- */

static void with_endless_rows_the_completed_graph_comes_back(void **unused)
{
    (void)unused;
    caus_random random;
    caus_random_init(&random, 42, 0);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    size_t hidden = 0;
    for (size_t round = 0; round < 1200; round++) {
        caus_arena *arena = caus_arena_new(0);
        size_t nodes = 2 + round % 9;
        double share = .15 + .1 * (double)(round % 5);
        caus_graph dag_marks = truth_random_dag(&random, nodes, share, arena);
        caus_graph expected, found;
        assert_int_equal(
            caus_graph_complete(&dag_marks, arena, &expected, NULL), CAUS_OK);
        caus_correlation correlation = endless_rows(&dag_marks, &random, arena);
        bool skipped = endless_hides_an_edge(&dag_marks, &correlation, arena);
        hidden += skipped;
        for (int kind = 0; kind <= CAUS_SEARCH_TURNING_GES && !skipped;
             kind++) {
            caus_score_search search;
            size_t apart = SIZE_MAX;
            double penalty = log((double)correlation.row_count);
            assert_true(
                caus_ges_init(&search, &correlation, penalty, run, arena));
            climb(&search, kind, arena);
            assert_int_equal(caus_graph_init(&found, nodes, 0, arena, NULL),
                             CAUS_OK);
            caus_pdag_write(&search.graph, &found);
            assert_int_equal(
                caus_graph_distance(&found, &expected, &apart, NULL), CAUS_OK);
            assert_int_equal(apart, 0);
        }
        caus_arena_free(arena);
    }
    assert_true(hidden <= 100);
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_class_one_edge_away_scores_higher),
        cmocka_unit_test(the_best_operator_is_the_best_change_of_any_member),
        cmocka_unit_test(with_endless_rows_the_completed_graph_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
