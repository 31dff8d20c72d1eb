/* SPDX-License-Identifier: Apache-2.0 */
/* What services score by clues that are known. */
#include <math.h>

#include "made_case.h"
#include "rootcause/weights.h"
#include "test.h"

enum { FRONT, MID, ROOT, SIDE, SERVICES };
enum { FRONT_LATENCY, FRONT_ERRORS, MID_LATENCY = 3, ROOT_LATENCY = 6 };
enum { ROOT_CPU = 7, SIDE_LATENCY, SIDE_CPU };

static const double exact = 1e-12;
static const double nothing[SERVICES] = {0};

static const char *const services[] = {"front", "mid", "root", "side"};
static const size_t shared_calls[][2] = {{0, 1}, {0, 3}, {1, 2}, {3, 2}};
/* mid and side call root */
static const caus_topology shared = {SERVICES, services, 4, shared_calls};

/* The scores of the made services by clues of their variables; `ends` tells
 * where the symptom was seen, NULL = it is not known. */
static caus_scores score_from(made_fixture *with, const caus_topology *calls,
                              const double clues[MADE_VARIABLES],
                              const double *ends, double seen)
{
    caus_series series = made_series(with->arena, made_incident, NULL, 1);
    caus_scene *scene = CAUS_ARRAY(with->arena, caus_scene, 1);
    caus_scores scores;
    assert_int_equal(
        caus_scene_init(&series, calls, NULL, with->arena, scene, &with->err),
        CAUS_OK);
    assert_int_equal(caus_scores_init(scene, MADE_VARIABLES, with->arena,
                                      &scores, &with->err),
                     CAUS_OK);
    const caus_context context = {.scene = scene,
                                  .silent = nothing,
                                  .asked = nothing,
                                  .kinds = {1, 1},
                                  .seen = seen,
                                  .ends = ends};
    caus_scores_fill(&context, clues, MADE_VARIABLES, &scores);
    return scores;
}

static caus_scores score(made_fixture *with, const caus_topology *calls,
                         const double clues[MADE_VARIABLES])
{
    return score_from(with, calls, clues, NULL, 0);
}

/* The loudest of many callees is a deviation off by chance. */
static void a_faint_callee_explains_by_its_square(void **state)
{
    static const double sizes[] = {0, .25, .5, 1, 40};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double clues[MADE_VARIABLES] = {[MID_LATENCY] = 10};
        clues[ROOT_LATENCY] = sizes[i] * caus_explained_clue;
        caus_scores told = score(*state, &made_topology, clues);
        double explained = caus_explained_share * fmin(1, sizes[i] * sizes[i]);
        assert_true(fabs(told.below[MID][OUTSIDE_LATENCY] - explained) < exact);
        assert_true(fabs(told.terms[MID][CAUS_TERM_EXTERNAL] -
                         10 * (1 - explained)) < exact);
    }
}

/* mid and side wait for root, or for the way to it: what it shows itself is
 * none of the way. */
static void what_a_service_shows_is_not_the_way_to_it(void **state)
{
    static const double sizes[] = {0, .25, .5, 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double clues[MADE_VARIABLES] = {[MID_LATENCY] = 10, [SIDE_LATENCY] = 8};
        clues[ROOT_LATENCY] = sizes[i] * caus_explained_clue;
        caus_scores told = score(*state, &shared, clues);
        double left = 1 - caus_explained_share * sizes[i] * sizes[i];
        double way = 8 * left * (1 - sizes[i]);
        assert_true(fabs(told.common[ROOT][OUTSIDE_LATENCY] - way) < exact);
        assert_true(fabs(told.common[SIDE][OUTSIDE_LATENCY]) < exact);
    }
}

/* front and mid call root, front also mid. That front fails may be the doing of
 * root, which counts no failures; mid is slow and does not fail, be it told
 * before front or behind it. */
static void the_least_of_callers_tells_of_the_way(void **state)
{
    static const size_t calls[][3][2] = {{{0, 1}, {0, 2}, {1, 2}},
                                         {{1, 2}, {0, 2}, {0, 1}}};
    const double clues[MADE_VARIABLES] = {
        [FRONT_LATENCY] = 10, [FRONT_ERRORS] = 10, [MID_LATENCY] = 10};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const caus_topology both = {SERVICES, services, 3, calls[i]};
        caus_scores told = score(*state, &both, clues);
        assert_true(fabs(told.terms[ROOT][CAUS_TERM_WAY] -
                         10 * caus_weight_way) < exact);
    }
}

/* front calls mid, which calls root; nobody calls side. */
static void who_does_not_reach_the_symptom_counts_less(void **state)
{
    static const size_t calls[][2] = {{0, 1}, {1, 2}};
    static const caus_topology apart = {SERVICES, services, 2, calls};
    static const double ends[SERVICES] = {[FRONT] = 1};
    const double clues[MADE_VARIABLES] = {[ROOT_CPU] = 2, [SIDE_CPU] = 2};
    caus_scores told = score_from(*state, &apart, clues, ends, 0);
    assert_true(fabs(told.total[SIDE] - told.total[ROOT]) < exact);
    caus_scores seen = score_from(*state, &apart, clues, ends, 1);
    assert_true(fabs(seen.total[SIDE] -
                     caus_unreached_factor * told.total[SIDE]) < exact);
    /* On the way to root mid shows nothing. */
    assert_true(fabs(seen.total[ROOT] -
                     (1 - caus_weight_path) * told.total[ROOT]) < exact);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_faint_callee_explains_by_its_square),
        TEST(what_a_service_shows_is_not_the_way_to_it),
        TEST(the_least_of_callers_tells_of_the_way),
        TEST(who_does_not_reach_the_symptom_counts_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
