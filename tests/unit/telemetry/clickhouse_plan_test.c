// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <string.h>

#include "fault.h"
#include "telemetry/clickhouse_bins.h"

static const int64_t minute_ns = 60000000000;

static int set_up(void **state)
{
    *state = caus_arena_new(0);
    return *state == NULL;
}

static int tear_down(void **state)
{
    caus_arena_free(*state);
    return 0;
}

static void database_and_table_leave_the_url(void **state)
{
    caus_arena *arena = *state;
    static const struct {
        const char *url, *plain, *host, *database, *table, *log_table;
    } cases[] = {
        {"http://ch:8123", "http://ch:8123", "ch:8123", NULL, NULL, NULL},
        {"http://ch:8123/?database=otel", "http://ch:8123/", "ch:8123", "otel",
         NULL, NULL},
        {"https://u@ch/proxy/?a=1&table=my%20spans&database=d%27b&b=2#x",
         "https://u@ch/proxy/?a=1&b=2", "ch", "d'b", "my spans", NULL},
        {"http://ch/?log_table=our%20logs&table=spans", "http://ch/", "ch",
         NULL, "spans", "our logs"},
        {"http://ch?database=&table=t+u&", "http://ch", "ch", NULL, "t u",
         NULL},
        {"http://ch/?database=100%&table=%zz", "http://ch/", "ch", "100%",
         "%zz", NULL},
        {"http://ch/?databases=x&xtable=y", "http://ch/?databases=x&xtable=y",
         "ch", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *plain, *host;
        caus_clickhouse_place place;
        assert_int_equal(caus_clickhouse_url(cases[i].url, arena, &plain, &host,
                                             &place, NULL),
                         CAUS_OK);
        assert_string_equal(plain, cases[i].plain);
        assert_string_equal(host, cases[i].host);
        const char *const pairs[][2] = {{place.database, cases[i].database},
                                        {place.table, cases[i].table},
                                        {place.log_table, cases[i].log_table}};
        for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
            assert_int_equal(!pairs[k][0], !pairs[k][1]);
            if (pairs[k][0])
                assert_string_equal(pairs[k][0], pairs[k][1]);
        }
    }
}

static void secrets_in_the_url_and_no_url_are_refused(void **state)
{
    caus_arena *arena = *state;
    const char *plain = "untouched", *host;
    caus_clickhouse_place place;
    caus_error err;
    assert_int_equal(caus_clickhouse_url("http://ch/?user=a&password=b", arena,
                                         &plain, &host, &place, &err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "CAUS_CLICKHOUSE_PASSWORD"));
    assert_int_equal(
        caus_clickhouse_url(NULL, arena, &plain, &host, &place, &err),
        CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "CAUS_CLICKHOUSE_URL"));
    assert_string_equal(plain, "untouched");
}

static caus_grid grid(int64_t from, int64_t to)
{
    return (caus_grid){from * minute_ns, to * minute_ns, minute_ns};
}

static void near_ranges_merge_and_far_ones_stay_two(void **state)
{
    (void)state;
    static const struct {
        int64_t baseline[2], window[2];
        size_t count;
        uint32_t first, last;
    } cases[] = {
        {{0, 0}, {500, 600}, 1, 500, 600},
        {{100, 499}, {500, 600}, 1, 100, 600},
        {{100, 440}, {500, 600}, 1, 100, 600},
        {{100, 430}, {500, 600}, 2, 100, 430},
        {{100, 700}, {500, 600}, 1, 100, 700},
        {{700, 800}, {500, 600}, 2, 500, 600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_fetch_options options = {
            .window = grid(cases[i].window[0], cases[i].window[1])};
        if (cases[i].baseline[0])
            options.baseline = grid(cases[i].baseline[0], cases[i].baseline[1]);
        caus_step_ranges ranges;
        assert_int_equal(caus_step_ranges_of(&options, &ranges, NULL), CAUS_OK);
        assert_int_equal(ranges.count, cases[i].count);
        assert_int_equal(ranges.range[0].first, cases[i].first);
        assert_int_equal(ranges.range[0].last, cases[i].last);
    }
}

static void impossible_windows_are_refused(void **state)
{
    (void)state;
    static const struct {
        caus_fetch_options options;
        const char *words;
    } cases[] = {
        {{.window = {0, 10, 999999999}}, "too short for spans"},
        {{.window = {0, 0, 0}}, "too short for spans"},
        {{.window = {90000000001, 120000000000, 30000000000}}, "not aligned"},
        {{.window = {90000000000, 60000000000, 30000000000}},
         "ends before it starts"},
        {{.window = {0, 60000000000, 30000000000}}, "before 1970"},
        {{.window = {1000000000, 4294967295000000000, 1000000000}},
         "too far in the future"},
        {{.window = {60000000000, 60000000000, 30000000000},
          .baseline = {60000000000, 60000000000, 60000000000}},
         "differ in their step"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        caus_step_ranges ranges = {.count = 9};
        caus_error err;
        assert_int_equal(caus_step_ranges_of(&cases[i].options, &ranges, &err),
                         CAUS_ERR_INVALID_ARGUMENT);
        if (!strstr(err.message, cases[i].words))
            fail_msg("%s\nlacks %s", err.message, cases[i].words);
    }
}

static void one_group_for_each_service_and_filter(void **state)
{
    (void)state;
    static const caus_attribute_filter a = {"k", "v", CAUS_ATTRIBUTE_EQUALS},
                                       b = {"k", "v", CAUS_ATTRIBUTE_CONTAINS},
                                       c = {"k", "v", CAUS_ATTRIBUTE_EQUALS};
    char copied[] = "cart";
    const caus_variable_spec specs[] = {
        {.name = "1", .service = "cart", .trace_value = CAUS_TRACE_LATENCY},
        {.name = "2", .service = "auth", .trace_value = CAUS_TRACE_CALLS},
        {.name = "3", .service = copied, .trace_value = CAUS_TRACE_ERRORS},
        {.name = "4", .service = "cart", .span_name = "GET"},
        {.name = "5", .service = "cart", .span_kind = "client"},
        {.name = "6",
         .service = "cart",
         .attributes = &a,
         .attribute_count = 1},
        {.name = "7",
         .service = "cart",
         .attributes = &b,
         .attribute_count = 1},
        {.name = "8",
         .service = "cart",
         .attributes = &c,
         .attribute_count = 1,
         .trace_value = CAUS_TRACE_LATENCY_P99},
    };
    enum { SPECS = sizeof specs / sizeof *specs };
    static const size_t wanted[SPECS] = {0, 1, 0, 2, 3, 4, 5, 4};
    caus_variable_spec traces[SPECS];
    for (size_t i = 0; i < SPECS; i++) {
        traces[i] = specs[i];
        traces[i].origin = CAUS_ORIGIN_TRACE;
    }
    caus_span_group groups[SPECS];
    size_t group_of[SPECS], count;
    assert_int_equal(
        caus_span_groups(traces, SPECS, groups, group_of, &count, NULL),
        CAUS_OK);
    assert_int_equal(count, 6);
    assert_memory_equal(group_of, wanted, sizeof wanted);
    assert_true(groups[0].errors && groups[0].quantile[0] &&
                groups[0].quantile[1] && !groups[0].quantile[2]);
    assert_true(!groups[1].errors && !groups[1].mean);
    assert_true(groups[4].quantile[2] && !groups[4].quantile[1]);
}

static void a_spec_that_is_no_trace_variable_is_refused(void **state)
{
    (void)state;
    static const caus_attribute_filter keyless = {"", "v",
                                                  CAUS_ATTRIBUTE_EQUALS};
    const caus_variable_spec specs[] = {
        {.origin = CAUS_ORIGIN_METRIC, .name = "up", .service = "s"},
        {.origin = CAUS_ORIGIN_TRACE, .name = "x_calls"},
        {.origin = CAUS_ORIGIN_TRACE, .service = "s"},
        {.origin = CAUS_ORIGIN_TRACE,
         .name = "x",
         .service = "s",
         .attributes = &keyless,
         .attribute_count = 1},
    };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        caus_span_group group;
        size_t group_of, count;
        assert_int_equal(
            caus_span_groups(&specs[i], 1, &group, &group_of, &count, NULL),
            CAUS_ERR_INVALID_ARGUMENT);
    }
}

static void parting_a_url_survives_each_failed_allocation(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        caus_arena *arena = caus_arena_new(0);
        const char *plain, *host;
        caus_clickhouse_place place;
        caus_error err;
        fault_fail_after(n);
        caus_status status =
            caus_clickhouse_url("http://ch/?a=b&database=otel&table=t", arena,
                                &plain, &host, &place, &err);
        bool refused = fault_stop();
        caus_arena_free(arena);
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        if (!refused)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(database_and_table_leave_the_url),
        cmocka_unit_test(secrets_in_the_url_and_no_url_are_refused),
        cmocka_unit_test(near_ranges_merge_and_far_ones_stay_two),
        cmocka_unit_test(impossible_windows_are_refused),
        cmocka_unit_test(one_group_for_each_service_and_filter),
        cmocka_unit_test(a_spec_that_is_no_trace_variable_is_refused),
        cmocka_unit_test(parting_a_url_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
