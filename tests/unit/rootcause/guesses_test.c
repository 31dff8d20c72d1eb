/* SPDX-License-Identifier: Apache-2.0 */
/* Who is taken for whose callee where nobody told who calls whom. */
#include "made_case.h"
#include "test.h"

/*
 * Front asks mid in a part of its requests, so that mid may take longer than
 * front does in the mean. Mid gains `late` s in each, or fails in `failing` %
 * of them, and front by that part.
 */
static caus_explanation explain_part(made_fixture *with, double part,
                                     double late, double failing)
{
    const made_measure measures[MADE_VARIABLES] = {
        {"front_latency_avg", "front", .1, .004, late * part},
        {"front_availability_percent", "front", 100, .02, -failing * part},
        {"front_requests", "front", 1000, 20, 0},
        {"mid_latency_avg", "mid", .25, .03, late},
        {"mid_availability_percent", "mid", 100, .2, -failing},
        {"mid_requests", "mid", 1000 * part, 20 * part, 0},
        {"side_latency_avg", "side", .02, .001, 0},
        {"side_availability_percent", "side", 100, .02, 0},
        {"side_requests", "side", 1000, 20, 0},
        {"side_cpu", "side", 20, 1, 0}};
    caus_explain_options options = made_options();
    options.topology = NULL;
    options.symptom =
        late > 0 ? "front_latency_avg" : "front_availability_percent";
    return made_explain(with, measures, &options);
}

static void who_a_part_of_requests_ask_may_be_slower(void **state)
{
    for (double part = .1; part < .35; part += .1) {
        caus_explanation told = explain_part(*state, part, .5, 0);
        assert_string_equal(made_first_of(&told), "mid");
        told = explain_part(*state, part, 0, 20);
        assert_string_equal(made_first_of(&told), "mid");
    }
}

/* Mid is slow in all of front's requests and slower than it: nothing tells that
 * front waits for it. */
static void who_takes_longer_in_all_is_no_part(void **state)
{
    caus_explanation told = explain_part(*state, .9, .5, 0);
    assert_string_equal(made_first_of(&told), "front");
}

int main(void)
{
#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)
    const struct CMUnitTest tests[] = {
        MADE(who_a_part_of_requests_ask_may_be_slower),
        MADE(who_takes_longer_in_all_is_no_part)};
#undef MADE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
