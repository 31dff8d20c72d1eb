/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "answers.h"
#include "fault.h"
#include "test.h"

static void assert_sentence(const made_answer *made, const char *expected)
{
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    assert_int_equal(caus_render_sentence(&made->answer, arena, &text, &err),
                     CAUS_OK);
    assert_string_equal(text, expected);
    caus_arena_free(arena);
}

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};

static void a_chain_is_told_hop_by_hop_with_delays(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 4, 3);
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    add_link(&made, 1, 2, 2, 0.4, 1e-9);
    add_link(&made, 3, 2, 1, 0.1, 0.01);
    assert_sentence(&made, "a preceded b by 15 s, which preceded c by 30 s.");
    free_answer(&made);
}

static void weak_links_do_not_lengthen_the_chain(void **state)
{
    (void)state;
    static const struct {
        double strength;
        const char *told;
    } seconds[] = {{0.16, "a preceded b by 15 s."},
                   {0.17, "a preceded b by 15 s, which preceded c by 15 s."}};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        made_answer made;
        make_answer(&made, names, 3, 3);
        add_link(&made, 0, 1, 1, 0.5, 1e-9);
        add_link(&made, 1, 2, 1, seconds[i].strength, 1e-9);
        assert_sentence(&made, seconds[i].told);
        free_answer(&made);
    }
}

/* The strongest link of all need not be of the incident. */
static void the_sentence_is_of_what_moved(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 5, 2);
    add_link(&made, 0, 1, 1, 0.9, 1e-9);
    add_link(&made, 1, 2, 1, 0.8, 1e-9);
    add_link(&made, 2, 3, 1, 0.4, 1e-9);
    add_link(&made, 3, 4, 2, 0.3, 1e-9);
    double departures[] = {.5, .9, 2, 8, 3};
    made.answer.departures = departures;
    assert_sentence(&made, "c preceded d by 15 s, which preceded e by 30 s.");
    departures[2] = departures[4] = 1;
    assert_sentence(&made, "No link joins two variables that moved in the "
                           "incident; d moved most.");
    departures[3] = .1;
    assert_sentence(&made, "No variable left its level in the incident: the "
                           "links found are those of normal operation.");
    free_answer(&made);
}

static void where_no_incident_was_found_that_comes_first(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 2);
    add_link(&made, 0, 1, 1, 0.9, 1e-9);
    const caus_extent nothing = {.found = false};
    made.answer.extent = &nothing;
    assert_sentence(&made, "No incident was found; as usual, a preceded b by "
                           "15 s.");
    free_answer(&made);
}

static void a_negative_link_says_so(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 3);
    add_link(&made, 1, 0, 3, -0.5, 1e-9);
    assert_sentence(&made, "b preceded a by 45 s (opposite sign).");
    free_answer(&made);
}

static void feedback_ends_the_chain_instead_of_going_round(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 3, 1);
    for (size_t i = 0; i < 3; i++)
        add_link(&made, i, (i + 1) % 3, 1, 0.5 - 0.01 * (double)i, 1e-9);
    assert_sentence(&made, "c preceded a by 15 s, which preceded b by 15 s.");
    free_answer(&made);
}

static void a_chain_has_four_hops_at_most(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 7, 1);
    for (size_t i = 0; i < 6; i++)
        add_link(&made, i, i + 1, 1, 0.5 + 0.01 * (double)i, 1e-9);
    assert_sentence(&made, "c preceded d by 15 s, which preceded e by 15 s, "
                           "which preceded f by 15 s, which preceded g by 15 "
                           "s.");
    free_answer(&made);
}

static void with_a_target_the_chain_ends_there(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 4, 2);
    add_link(&made, 0, 1, 1, 0.3, 1e-9);
    add_link(&made, 1, 2, 1, 0.9, 1e-9);
    add_link(&made, 3, 0, 2, 0.2, 1e-9);
    made.answer.target = "b";
    assert_sentence(&made, "d preceded a by 30 s, which preceded b by 15 s.");
    made.answer.target = "d";
    assert_sentence(
        &made, "No link to d stands out from chance in 48 tests (alpha 0.05).");
    free_answer(&made);
}

static void an_unknown_target_names_the_nearest(void **state)
{
    (void)state;
    made_answer made;
    static const char *const long_names[] = {"auth_latency", "cart_calls"};
    make_answer(&made, long_names, 2, 1);
    made.answer.target = "auth_latencies";
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    assert_int_equal(caus_render_sentence(&made.answer, arena, &text, &err),
                     CAUS_ERR_NOT_FOUND);
    assert_null(text);
    assert_non_null(strstr(err.message, "\"auth_latency\""));
    caus_arena_free(arena);
    free_answer(&made);
}

static void lag_zero_moves_with(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 1);
    add_link(&made, 1, 0, 0, 0.5, 1e-9);
    assert_sentence(&made, "a moved with b within one step of 15 s; which "
                           "came first is not measurable.");
    free_answer(&made);
}

static void lags_within_the_scrapes_blur_have_no_order(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 2);
    for (size_t i = 0; i < 2; i++) {
        made.variables[i].scrape_interval_s = 5;
        made.variables[i].rate_window_s = 30;
        made.variables[i].scrape_offset_s = i ? 4 : 1;
    }
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    assert_sentence(&made, "a moved with b; they lie 15 s apart, too close "
                           "for the scrapes to order.");
    add_link(&made, 0, 1, 2, 0.4, 1e-9);
    assert_sentence(&made, "a preceded b by 30 s.");
    /* 23 s of blur become 32: two steps are not enough any more */
    made.variables[0].scrape_interval_s = 14;
    assert_sentence(&made, "a moved with b; they lie 15 s apart, too close "
                           "for the scrapes to order.");
    free_answer(&made);
}

static void a_range_of_one_step_blurs_nothing(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 1);
    for (size_t i = 0; i < 2; i++) {
        made.variables[i].scrape_interval_s = 5;
        made.variables[i].rate_window_s = 15;
    }
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    assert_sentence(&made, "a preceded b by 15 s.");
    free_answer(&made);
}

static void drives_is_earned_by_replication_without_shared_load(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 1);
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    unsigned char environments[8];
    memset(environments, CAUS_EDGE_REPLICATED, sizeof environments);
    made.discovery.environments = environments;
    assert_sentence(&made, "a preceded b by 15 s.");
    made.answer.workload = "shop_calls";
    assert_sentence(&made, "a drives b 15 s later.");
    made.answer.workload_guess = "shop_calls alone counts requests";
    assert_sentence(&made, "a preceded b by 15 s.");
    made.answer.workload_guess = NULL;
    made.p_value[caus_graph_cell(&made.discovery.graph, 0, 1, 1)] = 0.04;
    assert_sentence(&made, "a preceded b by 15 s.");
    memset(environments, CAUS_EDGE_INCIDENT_ONLY, sizeof environments);
    assert_sentence(&made, "a preceded b by 15 s.");
    free_answer(&made);
}

static void a_station_between_cause_and_effect_is_told(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 3, 1);
    add_link(&made, 0, 2, 1, 0.6, 1e-9);
    add_link(&made, 0, 1, 1, 0.25, 1e-9);
    add_link(&made, 1, 2, 1, 0.22, 1e-9);
    assert_sentence(&made, "a preceded b by 15 s, which preceded c by 15 s.");
    free_answer(&made);
    make_answer(&made, names, 3, 1);
    add_link(&made, 0, 2, 1, 0.6, 1e-9);
    add_link(&made, 0, 1, 1, 0.25, 1e-9);
    add_link(&made, 1, 2, 1, 0.19, 1e-9);
    assert_sentence(&made, "a preceded c by 15 s.");
    free_answer(&made);
}

static void finding_nothing_is_a_sentence_too(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 3, 1);
    assert_sentence(&made,
                    "No link stands out from chance in 18 tests (alpha 0.05).");
    add_link(&made, 1, 1, 1, 0.9, 1e-9);
    assert_sentence(&made, "No link between two variables stands out from "
                           "chance in 18 tests (alpha 0.05).");
    made.answer.options.fdr = CAUS_FDR_BH;
    made.discovery.complete = false;
    assert_sentence(
        &made,
        "No link between two variables stands out from chance "
        "before the limit of time or tests (alpha 0.05, corrected for their "
        "number).");
    free_answer(&made);
    make_answer(&made, names, 1, 1);
    assert_sentence(&made, "There is one variable only, a, so there is no "
                           "link to find.");
    free_answer(&made);
}

static void a_static_table_has_no_time_in_its_words(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 2, 0);
    made.series.step_ns = 0;
    add_link(&made, 0, 1, 0, -0.5, 1e-9);
    assert_sentence(&made, "a moved with b (opposite sign); which came first "
                           "is not measurable.");
    free_answer(&made);
}

static void control_characters_do_not_reach_the_sentence(void **state)
{
    (void)state;
    made_answer made;
    static const char *const wild[] = {"a\x1b[2Jb", "two\nlines\xff"};
    make_answer(&made, wild, 2, 1);
    add_link(&made, 0, 1, 1, 0.5, 1e-9);
    assert_sentence(&made, "a\xEF\xBF\xBD[2Jb preceded two "
                           "lines\xEF\xBF\xBD by 15 s.");
    free_answer(&made);
}

static void a_foreign_series_is_refused(void **state)
{
    (void)state;
    made_answer made;
    make_answer(&made, names, 3, 1);
    made.series.variable_count = 2;
    caus_arena *arena = caus_arena_new(0);
    caus_error err = {0};
    const char *text = NULL;
    assert_int_equal(caus_render_sentence(&made.answer, arena, &text, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    caus_arena_free(arena);
    free_answer(&made);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    made_answer made;
    make_incident(&made);
    made.answer.target = "cart_calls";
    bool refused = true;
    for (long n = 0; refused; n++) {
        caus_arena *arena = caus_arena_new(0);
        caus_error err = {0};
        const char *text = NULL;
        fault_fail_after(n);
        caus_status status =
            caus_render_sentence(&made.answer, arena, &text, &err);
        refused = fault_stop();
        assert_int_equal(status == CAUS_OK, !refused);
        assert_int_equal(text != NULL, !refused);
        caus_arena_free(arena);
    }
    free_answer(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_told_hop_by_hop_with_delays),
        cmocka_unit_test(weak_links_do_not_lengthen_the_chain),
        cmocka_unit_test(the_sentence_is_of_what_moved),
        cmocka_unit_test(where_no_incident_was_found_that_comes_first),
        cmocka_unit_test(a_negative_link_says_so),
        cmocka_unit_test(feedback_ends_the_chain_instead_of_going_round),
        cmocka_unit_test(a_chain_has_four_hops_at_most),
        cmocka_unit_test(with_a_target_the_chain_ends_there),
        cmocka_unit_test(an_unknown_target_names_the_nearest),
        cmocka_unit_test(lag_zero_moves_with),
        cmocka_unit_test(lags_within_the_scrapes_blur_have_no_order),
        cmocka_unit_test(a_range_of_one_step_blurs_nothing),
        cmocka_unit_test(drives_is_earned_by_replication_without_shared_load),
        cmocka_unit_test(a_station_between_cause_and_effect_is_told),
        cmocka_unit_test(finding_nothing_is_a_sentence_too),
        cmocka_unit_test(a_static_table_has_no_time_in_its_words),
        cmocka_unit_test(control_characters_do_not_reach_the_sentence),
        cmocka_unit_test(a_foreign_series_is_refused),
        cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
