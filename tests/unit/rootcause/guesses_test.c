/* SPDX-License-Identifier: Apache-2.0 */
/* Who is taken for whose callee where nobody told who calls whom, and how much
 * of a caller's wait a callee's can be. */
#include "made_case.h"
#include "test.h"

/* What mid gains in each of its requests, or how many % of them fail, and how
 * much of that is front's. */
typedef struct trouble {
    double late, failing, passed;
} trouble;

/* Front asks mid in a part of its requests, so that mid, which takes `usual` s,
 * may take longer than front does in the mean. */
static caus_explanation explain_asked(made_fixture *with, double part,
                                      double usual, trouble mid)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency_avg", "front", .1, .004, mid.late * mid.passed},
        {"front_availability_percent", "front", 99.5, .02,
         -mid.failing * mid.passed},
        {"front_requests", "front", 1000, 20, 0},
        {"mid_latency_avg", "mid", usual, .12 * usual, mid.late},
        {"mid_availability_percent", "mid", 99, .1, -mid.failing},
        {"mid_requests", "mid", 1000 * part, 20 * part, 0},
        {"side_latency_avg", "side", .02, .001, 0},
        {"side_availability_percent", "side", 99.5, .02, 0},
        {"side_requests", "side", 1000, 20, 0},
        {"side_cpu", "side", 20, 1, 0}};
    caus_explain_options options = made_options();
    options.topology = NULL;
    options.symptom =
        mid.late > 0 ? "front_latency_avg" : "front_availability_percent";
    return made_explain(with, measures, &options);
}

static caus_explanation explain_part(made_fixture *with, double part,
                                     double late, double failing)
{
    return explain_asked(with, part, .25, (trouble){late, failing, part});
}

static double external_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_EXTERNAL];
}

static void who_a_part_of_requests_ask_may_be_slower(void **state)
{
    for (double part = .1; part < .35; part += .1) {
        caus_explanation told = explain_part(*state, part, .5, 0);
        assert_string_equal(made_first_of(&told), "mid");
        told = explain_part(*state, part, 0, 20);
        assert_true(external_of(&told, "front") <
                    .4 * external_of(&told, "mid"));
    }
}

/* Mid is slow in half of front's requests, which takes longer than front in
 * all: nothing tells that front waits for it. */
static void who_takes_longer_in_all_is_no_part(void **state)
{
    caus_explanation told = explain_part(*state, .5, .5, 0);
    assert_string_equal(made_first_of(&told), "front");
}

/* Nearly each of front's requests may ask mid, or hardly any. */
static void who_nearly_all_or_hardly_any_ask_is_no_part(void **state)
{
    caus_explanation told =
        explain_asked(*state, .9, .105, (trouble){.5, 0, .9});
    assert_string_equal(made_first_of(&told), "front");
    told = explain_part(*state, .01, 30, 0);
    assert_true(external_of(&told, "front") > .5 * external_of(&told, "mid"));
}

/* Front gains five times what the requests that ask mid do, or a tenth. */
static void who_passes_on_another_amount_is_no_part(void **state)
{
    caus_explanation told = explain_asked(*state, .2, .25, (trouble){.5, 0, 1});
    assert_string_equal(made_first_of(&told), "front");
    told = explain_asked(*state, .2, .25, (trouble){2, 0, .02});
    assert_true(external_of(&told, "front") > .5 * external_of(&told, "mid"));
}

/* Mid gains 500 ms, and front, which takes longer, 4 ms less by chance. */
static void who_gains_hardly_more_may_be_called(void **state)
{
    caus_explanation told =
        explain_asked(*state, .9, .05, (trouble){.5, 0, .992});
    assert_string_equal(made_first_of(&told), "mid");
}

/* Mid, which front calls, gains 500 ms, and root, which it asks twice for each
 * request, `late`. */
static caus_explanation explain_little(made_fixture *with, double late)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency_avg", "front", .3, .01, .5},
        {"front_requests", "front", 100, 2, 0},
        {"front_cpu", "front", 20, 1, 0},
        {"mid_latency_avg", "mid", .1, .01, .5},
        {"mid_requests", "mid", 100, 2, 0},
        {"mid_cpu", "mid", 20, 1, 0},
        {"root_latency_avg", "root", .01, .0003, late},
        {"root_requests", "root", 200, 2, 0},
        {"side_latency_avg", "side", .02, .001, 0},
        {"side_requests", "side", 100, 2, 0}};
    caus_explain_options options = made_options();
    options.symptom = "front_latency_avg";
    return made_explain(with, measures, &options);
}

/* Who waits 8 ms longer does not take half a second longer for that. */
static void a_little_wait_explains_little(void **state)
{
    double left[3];
    static const double late[] = {0, .004, .2};
    for (size_t i = 0; i < 3; i++) {
        caus_explanation told = explain_little(*state, late[i]);
        left[i] = made_suspect_of(&told, "mid")->terms[CAUS_TERM_EXTERNAL];
    }
    assert_true(left[1] > .9 * left[0]);
    assert_true(left[2] < .5 * left[0]);
}

int main(void)
{
#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)
    const struct CMUnitTest tests[] = {
        MADE(who_a_part_of_requests_ask_may_be_slower),
        MADE(who_takes_longer_in_all_is_no_part),
        MADE(who_nearly_all_or_hardly_any_ask_is_no_part),
        MADE(who_passes_on_another_amount_is_no_part),
        MADE(who_gains_hardly_more_may_be_called),
        MADE(a_little_wait_explains_little)};
#undef MADE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
