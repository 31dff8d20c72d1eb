/* SPDX-License-Identifier: Apache-2.0 */
/* Whose doing calls are that are bad: their caller's own end, a callee's that
 * nobody traces, or the way to another callee. */
#include <math.h>

#include "made_case.h"
#include "rootcause/waiting.h"
#include "rootcause/weights.h"
#include "test.h"

enum { FRONT, MID, ROOT, SIDE, SERVICES };
enum { FRONT_MID, FRONT_ROOT, MID_ROOT, MID_SIDE, CALLS };

static const double exact = 1e-12;
/* A clue that counts in full, and one of nobody who measures. */
static const double bad = 1.5, unknown = -1;

static const size_t callee_start[] = {0, 2, 4, 4, 4};
static const size_t callees[] = {MID, ROOT, ROOT, SIDE};
static const size_t caller_start[] = {0, 0, 1, 3, 4};
static const size_t callers[] = {FRONT, FRONT, MID, MID};

/* What is known of them; mid finds its calls to root and to side slow. */
typedef struct known {
    bool shows[SERVICES][OUTSIDE_COUNT];
    caus_outside toward[CALLS];
    caus_outside outside[SERVICES], seen[SERVICES], own_end[SERVICES];
    double again[CALLS];
    bool traced[SERVICES];
    double own_clue[SERVICES], nothing[SERVICES], pushed[SERVICES];
    double begun[SERVICES];
    caus_outside below[SERVICES], common[SERVICES], waited[SERVICES],
        nearer[SERVICES];
    double calling[SERVICES];
} known;

static known start(void)
{
    known made = {.toward = {{unknown, unknown},
                             {unknown, unknown},
                             {bad, unknown},
                             {bad, unknown}}};
    made.shows[ROOT][OUTSIDE_LATENCY] = made.shows[SIDE][OUTSIDE_LATENCY] =
        true;
    return made;
}

static caus_scene scene_of(known *of)
{
    return (caus_scene){.service_count = SERVICES,
                        .shows = of->shows,
                        .has_calls = true,
                        .callee_start = callee_start,
                        .callees = callees,
                        .caller_start = caller_start,
                        .callers = callers};
}

/* How surely calls of mid are slow, or fail, at its own end. */
static double own_end_of(known *of, size_t kind)
{
    caus_scene scene = scene_of(of);
    caus_scores scores = {.toward = of->toward,
                          .outside = of->outside,
                          .own_end = of->own_end,
                          .again = of->again};
    caus_own_ends_find(&scene, &scores);
    return of->own_end[MID][kind];
}

static void two_callees_that_are_well_tell_of_their_caller(void **state)
{
    (void)state;
    known both = start();
    assert_true(fabs(own_end_of(&both, OUTSIDE_LATENCY) - 1) < exact);
    assert_true(fabs(both.outside[MID][OUTSIDE_LATENCY] - bad) < exact);
    /* Nobody counts failures of these calls. */
    assert_true(own_end_of(&both, OUTSIDE_ERRORS) < exact);
    known one = start();
    one.toward[MID_SIDE][OUTSIDE_LATENCY] = 0;
    assert_true(own_end_of(&one, OUTSIDE_LATENCY) < exact);
    known ill = start();
    ill.outside[ROOT][OUTSIDE_LATENCY] = bad;
    assert_true(own_end_of(&ill, OUTSIDE_LATENCY) < exact);
    known unseen = start();
    unseen.shows[SIDE][OUTSIDE_LATENCY] = false;
    assert_true(own_end_of(&unseen, OUTSIDE_LATENCY) < exact);
}

static void one_callee_is_enough_where_others_reach_it_well(void **state)
{
    (void)state;
    known of = start();
    of.toward[MID_SIDE][OUTSIDE_LATENCY] = unknown;
    assert_true(own_end_of(&of, OUTSIDE_LATENCY) < exact);
    of.toward[FRONT_ROOT][OUTSIDE_LATENCY] = 0;
    assert_true(fabs(own_end_of(&of, OUTSIDE_LATENCY) - 1) < exact);
    of.toward[FRONT_ROOT][OUTSIDE_LATENCY] = bad;
    assert_true(own_end_of(&of, OUTSIDE_LATENCY) < exact);
}

/* What traces lose in mid and in front, of which root, the callee of both, may
 * be told. */
static known start_traced(void)
{
    known made = start();
    made.shows[ROOT][OUTSIDE_LATENCY] = false;
    made.traced[FRONT] = made.traced[MID] = true;
    made.own_clue[FRONT] = 2;
    made.own_clue[MID] = 3;
    return made;
}

static double untraced(known *of)
{
    caus_scene scene = scene_of(of);
    caus_trace_clues traces = {.known = true,
                               .traced = of->traced,
                               .own_clue = of->own_clue,
                               .below = of->nothing,
                               .begun = of->begun};
    caus_context context = {.scene = &scene,
                            .traces = &traces,
                            .silent = of->nothing,
                            .pushed = of->pushed};
    caus_scores scores = {
        .toward = of->toward, .again = of->again, .seen = of->seen};
    return caus_waiting_untraced(&context, &scores, ROOT);
}

static void who_is_not_traced_may_be_what_its_callers_wait_for(void **state)
{
    (void)state;
    known all = start_traced();
    assert_true(fabs(untraced(&all) - caus_weight_unseen * 2) < exact);
    known one = start_traced(); /* nobody knows what front waits for */
    one.traced[FRONT] = false;
    assert_true(fabs(untraced(&one) - caus_weight_unseen * 3) < exact);
    known quick = start_traced(); /* as it measures itself */
    quick.toward[FRONT_ROOT][OUTSIDE_LATENCY] = 0;
    assert_true(untraced(&quick) < exact);
    known traced = start_traced();
    traced.traced[ROOT] = true;
    assert_true(untraced(&traced) < exact);
    known measured = start_traced();
    measured.shows[ROOT][OUTSIDE_LATENCY] = true;
    assert_true(untraced(&measured) < exact);
}

static void what_else_explains_a_caller_tells_nothing_of_it(void **state)
{
    (void)state;
    known asked = start_traced();
    asked.pushed[FRONT] = .5;
    assert_true(fabs(untraced(&asked) - caus_weight_unseen) < exact);
    /* mid waits for side, which is slow; traces would tell if it had spans. */
    known waits = start_traced();
    waits.own_clue[FRONT] = 3;
    waits.seen[SIDE][OUTSIDE_LATENCY] = bad;
    double left = caus_weight_unseen * 3 * (1 - caus_explained_share);
    assert_true(fabs(untraced(&waits) - left) < exact);
    waits.traced[SIDE] = true;
    assert_true(fabs(untraced(&waits) - caus_weight_unseen * 3) < exact);
    waits.begun[SIDE] = bad; /* failures, whatever side counts */
    assert_true(fabs(untraced(&waits) - left) < exact);
}

/* What mid, which is slow, tells of the way to side, which nobody else calls
 * and nobody measures, as far as its calls to root are slow by their name. */
static double way_to_side(double to_root)
{
    known of = start();
    of.shows[MID][OUTSIDE_LATENCY] = true;
    of.shows[SIDE][OUTSIDE_LATENCY] = false;
    of.outside[MID][OUTSIDE_LATENCY] = bad;
    of.toward[MID_ROOT][OUTSIDE_LATENCY] = to_root;
    of.toward[MID_SIDE][OUTSIDE_LATENCY] = unknown;
    for (size_t s = 0; s < SERVICES; s++)
        of.calling[s] = unknown;
    caus_scene scene = scene_of(&of);
    caus_context context = {.scene = &scene, .silent = of.nothing};
    caus_scores scores = {.toward = of.toward,
                          .outside = of.outside,
                          .own_end = of.own_end,
                          .again = of.again,
                          .seen = of.seen,
                          .below = of.below,
                          .common = of.common,
                          .waited = of.waited,
                          .nearer = of.nearer,
                          .calling = of.calling};
    caus_waiting_find(&context, &scores);
    return of.waited[SIDE][OUTSIDE_LATENCY];
}

/* By the square of how surely they are slow. */
static void slow_calls_to_one_callee_are_no_way_to_another(void **state)
{
    (void)state;
    double whole = caus_weight_unseen * bad;
    assert_true(fabs(way_to_side(unknown) - whole) < exact);
    assert_true(fabs(way_to_side(0) - whole) < exact);
    double half = way_to_side(caus_explained_clue / 2);
    assert_true(fabs(half - whole * (1 - caus_explained_share / 4)) < exact);
    double none = way_to_side(bad);
    assert_true(fabs(none - whole * (1 - caus_explained_share)) < exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_callees_that_are_well_tell_of_their_caller),
        cmocka_unit_test(one_callee_is_enough_where_others_reach_it_well),
        cmocka_unit_test(who_is_not_traced_may_be_what_its_callers_wait_for),
        cmocka_unit_test(what_else_explains_a_caller_tells_nothing_of_it),
        cmocka_unit_test(slow_calls_to_one_callee_are_no_way_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
