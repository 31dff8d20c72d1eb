/* SPDX-License-Identifier: Apache-2.0 */
/* What makes an answer surer, and what less sure. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "rootcause/weights.h"
#include "test.h"

typedef made_measure measure;

static const double exact = 1e-12;

static double confidence_of(const caus_explanation *told)
{
    assert_string_equal(told->suspects[0].service, "root");
    return told->suspects[0].confidence;
}

static void callers_of_the_first_are_its_doing(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    assert_true(fabs(told.explained - 1) < exact);
}

/* Side takes what mid takes and a little more: a load balancer before it. */
static void what_stands_before_them_is_its_doing(void **state)
{
    measure balanced[MADE_VARIABLES];
    memcpy(balanced, made_incident, sizeof balanced);
    balanced[8] = (measure){"side_latency", "side", .11, .004, .5};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, balanced, &options);
    assert_true(fabs(told.explained - 1) < exact);
    balanced[8].shift = .1; /* it would have taken as much longer as mid */
    told = made_explain(*state, balanced, &options);
    assert_true(told.explained < .95);
}

static void
what_the_first_cannot_have_moved_lessens_its_confidence(void **state)
{
    measure apart[MADE_VARIABLES];
    memcpy(apart, made_incident, sizeof apart);
    caus_explain_options options = made_options();
    caus_explanation calm = made_explain(*state, apart, &options);
    apart[8].shift = .1;
    caus_explanation loud = made_explain(*state, apart, &options);
    assert_true(loud.explained < .95);
    assert_true(confidence_of(&loud) < confidence_of(&calm));
}

static void without_calls_nobody_knows_what_the_first_moved(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation known = made_explain(*state, made_incident, &options);
    options.topology = NULL;
    caus_explanation blind = made_explain(*state, made_incident, &options);
    assert_true(isnan(blind.explained));
    assert_true(confidence_of(&blind) < confidence_of(&known));
}

/* A rival as loud inside as the first halves what speaks for that. */
static void a_rival_lessens_the_confidence(void **state)
{
    measure rivals[MADE_VARIABLES];
    memcpy(rivals, made_incident, sizeof rivals);
    caus_explain_options options = made_options();
    caus_explanation calm = made_explain(*state, rivals, &options);
    rivals[9].shift = 25;
    caus_explanation told = made_explain(*state, rivals, &options);
    assert_true(confidence_of(&told) < confidence_of(&calm));
}

/* root is slow, and nothing shows inside it; it may wait for side, of which
 * nobody measures how long it takes. */
static caus_explanation explain_slow(made_fixture *with, const char *of_side,
                                     bool knows_calls)
{
    measure slow[MADE_VARIABLES];
    made_quiet(slow);
    slow[6].shift = .4;
    slow[8] = (measure){of_side, "side", 15, 1, 0};
    caus_explain_options options = made_options();
    options.topology = knows_calls ? &made_topology : NULL;
    options.symptom = NULL;
    return made_explain(with, slow, &options);
}

static void who_may_wait_for_what_nobody_measures_is_less_sure(void **state)
{
    static const char *const unseen = "side_memory", *const seen = "side_p99";
    for (int calls = 0; calls < 2; calls++) {
        caus_explanation all = explain_slow(*state, seen, calls);
        caus_explanation some = explain_slow(*state, unseen, calls);
        double share = confidence_of(&some) / confidence_of(&all);
        assert_true(calls ? share > .99 : share < .93);
    }
}

/* root is slow, and so are its callers; a job, which is not, calls side, too.
 */
static caus_explanation explain_wait(made_fixture *with, const char *of_side,
                                     const char *of_root, double inside)
{
    static const char *const services[] = {"front", "job", "mid", "root",
                                           "side"};
    static const size_t calls[][2] = {{0, 2}, {1, 4}, {2, 3}, {3, 4}};
    static const caus_topology topology = {5, services, 4, calls};
    measure slow[MADE_VARIABLES];
    memcpy(slow, made_incident, sizeof slow);
    slow[1] = (measure){"job_latency", "job", .3, .01, 0};
    slow[7] = (measure){of_root, "root", 30, 1, inside};
    slow[8].name = of_side;
    caus_explain_options options = made_options();
    options.topology = &topology;
    caus_explanation told = made_explain(with, slow, &options);
    assert_string_equal(told.suspects[0].service, "root");
    return told;
}

/* Of what is not measured inside nobody can tell that it is quiet. */
static void what_a_callee_may_have_done_is_told_as_such(void **state)
{
    static const char *const seen = "side_latency", *const unseen = "side_jobs";
    caus_explanation told = explain_wait(*state, unseen, "root_cpu", 0);
    assert_true(told.untold > .5);
    told = explain_wait(*state, seen, "root_cpu", 0);
    assert_true(told.untold < exact);
    told = explain_wait(*state, unseen, "root_cpu", 40);
    assert_true(told.untold < exact);
    told = explain_wait(*state, unseen, "root_jobs", 0);
    assert_true(told.untold < exact);
}

/* What is quiet inside root is measured, or nothing is. */
static void who_may_wait_for_a_callee_is_less_sure(void **state)
{
    static const char unseen[] = "side_jobs";
    caus_explanation told = explain_wait(*state, unseen, "root_jobs", 0);
    double plain = confidence_of(&told);
    told = explain_wait(*state, unseen, "root_cpu", 0);
    assert_true(1 - confidence_of(&told) > 1.5 * (1 - plain));
}

/* However sure it is that something happened. */
static void who_scores_alike_is_as_likely(void **state)
{
    measure twins[MADE_VARIABLES];
    made_quiet(twins);
    caus_explain_options options = made_options();
    bool was_close = false, was_far = false;
    for (double rival = 10; rival <= 400; rival += 30) {
        twins[7].shift = 400; /* root_cpu */
        twins[9].shift = rival;
        caus_explanation told = made_explain(*state, twins, &options);
        double ratio = told.suspects[1].score / told.suspects[0].score;
        double most = 1 / (1 + pow(ratio, 4));
        assert_true(told.suspects[0].confidence <= most + exact);
        was_close = was_close || (ratio > .9 && most < .6);
        was_far = was_far || told.suspects[0].confidence > .6;
    }
    assert_true(was_close && was_far);
}

/* What a service works more, as jobs do, with latencies as ever or not. */
static caus_explanation explain_work(made_fixture *with, double more,
                                     double slower)
{
    measure working[MADE_VARIABLES];
    made_quiet(working);
    working[8].shift = slower; /* side_latency */
    working[9].shift = more;   /* side_cpu */
    caus_explain_options options = made_options();
    options.symptom = NULL;
    return made_explain(with, working, &options);
}

static void what_nobody_feels_has_to_be_surer(void **state)
{
    bool was_open = false, was_named = false;
    for (double more = .5; more < 10; more += .25) {
        caus_explanation told = explain_work(*state, more, 0);
        caus_explanation felt = explain_work(*state, more, .05);
        bool open = told.verdict == CAUS_VERDICT_INSUFFICIENT;
        bool named = told.verdict == CAUS_VERDICT_CAUSE;
        if (!open && !named)
            continue;
        assert_string_equal(told.suspects[0].service, "side");
        assert_true(told.unfelt > .8);
        assert_true(felt.unfelt < .2);
        assert_int_equal(felt.verdict, CAUS_VERDICT_CAUSE);
        was_open = was_open || (open && strstr(told.doubt, "anybody feels it"));
        was_named = was_named || named;
    }
    assert_true(was_open && was_named);
}

/* A job in whose way nobody is moves no clue of latency. */
static void who_names_a_symptom_feels_it(void **state)
{
    measure working[MADE_VARIABLES];
    made_quiet(working);
    working[9].shift = 8; /* side_cpu */
    caus_explain_options options = made_options();
    caus_explanation named = made_explain(*state, working, &options);
    options.symptom = NULL;
    caus_explanation told = made_explain(*state, working, &options);
    assert_true(told.unfelt > .8);
    assert_true(named.unfelt < .6 * told.unfelt);
}

static double inside(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_INTERNAL];
}

/* Kinds of evidence that point to different services are worth less: it costs
 * most to fall behind in one. Little of the first score is of that kind, so
 * that the rival stays too far behind to bound the confidence by itself. */
static void a_rival_that_is_ahead_in_one_kind_lessens_it_most(void **state)
{
    measure rivals[MADE_VARIABLES];
    memcpy(rivals, made_incident, sizeof rivals);
    rivals[6].shift = 2;   /* root_latency */
    rivals[7].shift = 3.8; /* root_cpu */
    caus_explain_options options = made_options();
    double before = 1, most = 0;
    bool was_ahead = false, falls_most_there = false;
    for (int step = 0; step <= 17; step++) {
        rivals[9].shift = .4 * step;
        caus_explanation told = made_explain(*state, rivals, &options);
        double now = confidence_of(&told);
        bool ahead = inside(&told, "side") > inside(&told, "root");
        if (step && before - now > most) {
            most = before - now;
            falls_most_there = ahead && !was_ahead;
        }
        was_ahead = ahead;
        before = now;
    }
    assert_true(was_ahead);
    assert_true(falls_most_there);
}

static void confidences_are_shares_of_one(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    double sum = 0;
    for (size_t i = 0; i < told.suspect_count; i++) {
        double own = told.suspects[i].confidence;
        assert_true(own >= 0 && own <= told.suspects[0].confidence);
        sum += own;
    }
    assert_true(sum <= 1 + exact);
}

/* However likely it is that root is first of those that hardly moved. */
static void where_nothing_happened_nobody_is_likely(void **state)
{
    made_fixture *with = *state;
    measure quiet[MADE_VARIABLES];
    made_quiet(quiet);
    quiet[7] = (measure){"root_cpu", "root", 30, 10, 6};
    caus_series series = made_series(with->arena, quiet, NULL, 1);
    caus_explain_options options = made_options();
    caus_case about = {.series = &series,
                       .whole = &series,
                       .options = &options,
                       .run = with->run,
                       .out = with->arena};
    caus_explanation told;
    assert_int_equal(caus_case_open(&about, &with->err), CAUS_OK);
    assert_int_equal(caus_case_explain(&about, &told, &with->err), CAUS_OK);
    assert_int_equal(told.verdict, CAUS_VERDICT_NO_ANOMALY);
    assert_true(about.incident < .5 * caus_moved_incident);
    assert_true(told.suspects[0].confidence > 0);
    assert_true(told.suspects[0].confidence <=
                sqrt(about.incident * caus_moved_incident));
}

/* Front breaks; of side nobody knows more than its requests show. */
static caus_explanation explain_front(made_fixture *with, bool side_is_dark)
{
    measure asked[MADE_VARIABLES];
    made_quiet(asked);
    asked[0].shift = .5;
    asked[2].shift = 20;
    asked[9].name = "side_calls";
    asked[9].level = 50;
    if (side_is_dark)
        asked[8].shift = asked[9].shift = (double)NAN;
    caus_explain_options options = made_options();
    return made_explain(with, asked, &options);
}

/* It may have stopped, or front asks it no more. */
static void
a_callee_of_which_no_more_is_known_halves_the_confidence(void **state)
{
    caus_explanation known = explain_front(*state, false);
    caus_explanation dark = explain_front(*state, true);
    assert_string_equal(known.suspects[0].service, "front");
    assert_string_equal(dark.suspects[0].service, "front");
    assert_true(known.suspects[0].confidence > .5);
    assert_true(dark.suspects[0].confidence <= .5);
    assert_int_not_equal(dark.verdict, CAUS_VERDICT_CAUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(callers_of_the_first_are_its_doing,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(what_stands_before_them_is_its_doing,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_the_first_cannot_have_moved_lessens_its_confidence,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            without_calls_nobody_knows_what_the_first_moved, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(who_may_wait_for_a_callee_is_less_sure,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(a_rival_lessens_the_confidence,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            who_may_wait_for_what_nobody_measures_is_less_sure, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            what_a_callee_may_have_done_is_told_as_such, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_feels_has_to_be_surer,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_names_a_symptom_feels_it,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(who_scores_alike_is_as_likely,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_rival_that_is_ahead_in_one_kind_lessens_it_most, made_set_up,
            made_tear_down),
        cmocka_unit_test_setup_teardown(
            a_callee_of_which_no_more_is_known_halves_the_confidence,
            made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_happened_nobody_is_likely,
                                        made_set_up, made_tear_down),
        cmocka_unit_test_setup_teardown(confidences_are_shares_of_one,
                                        made_set_up, made_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
