/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/prometheus_promql.h"

#include <string.h>

#include "fault.h"
#include "test.h"

static const int64_t minute_ns = 60 * INT64_C(1000000000);

static void assert_sent(const char *query, const char *expected)
{
    static caus_promql promql;
    caus_arena *out = caus_arena_new(0);
    if (!caus_promql_read(query, &promql))
        fail_msg("not read: %s", query);
    assert_string_equal(caus_promql_limit(&promql, minute_ns, out), expected);
    caus_arena_free(out);
}

static void open_windows_take_the_step(void **state)
{
    (void)state;
    static const char *const queries[][2] = {
        {"rate(x[$__rate_interval])", "rate(x[60s])"},
        {"increase(x{a=\"$__b\"}[$__interval]) / rate(y[${__interval}])",
         "increase(x{a=\"$__b\"}[60s]) / rate(y[60s])"},
        {"sum(rate(x[${__rate_interval}]))", "sum(rate(x[60s]))"},
        {"label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")", NULL},
    };
    caus_arena *out = caus_arena_new(0);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const char *query = queries[i][0], *filled = queries[i][1];
        assert_true(caus_promql_is_open(query) == (filled != NULL));
        assert_string_equal(caus_promql_fill(query, minute_ns, out),
                            filled ? filled : query);
    }
    caus_arena_free(out);
}

static void instant_selectors_are_limited_to_the_step(void **state)
{
    (void)state;
    assert_sent("up", "last_over_time(up[59999ms])");
    assert_sent("x{a=\"b\", c!~'d|\\'e'} / 2",
                "last_over_time(x{a=\"b\", c!~'d|\\'e'}[59999ms]) / 2");
    assert_sent("{__name__=\"x\"}",
                "last_over_time({__name__=\"x\"}[59999ms])");
    assert_sent("sum by (job, x) (node:cpu) + on (job) group_left y",
                "sum by (job, x) (last_over_time(node:cpu[59999ms])) + on (job)"
                " group_left last_over_time(y[59999ms])");
    assert_sent("sum(x) by (job) > bool 3e+2 or vector(0)",
                "sum(last_over_time(x[59999ms])) by (job) > bool 3e+2 or "
                "vector(0)");
    assert_sent("x offset 5m @ 12.5 - y @ end()",
                "last_over_time(x[59999ms] offset 5m @ 12.5) - "
                "last_over_time(y[59999ms] @ end())");
    assert_sent("label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
                "label_replace(last_over_time(x[59999ms]), \"a\", \"$1\", "
                "\"b\", \"(.*)\")");
    assert_sent("topk(3, x) # the most\n",
                "topk(3, last_over_time(x[59999ms])) # the most\n");
    assert_sent("sum without (a) (x)",
                "sum without (a) (last_over_time(x[59999ms]))");
}

static void ranges_subqueries_and_times_are_left_alone(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "sum(rate(x[5m]))",
        "rate(x{a=\"b\"}[1h30m] offset 1w)",
        "max_over_time(x[1h:1m])",
        "avg_over_time(sum(rate(x[1m]))[5m:15s] offset 1m)",
        "max_over_time(x offset 5m [10m:])",
        "time() - timestamp(x)",
        "absent(x{a=\"b\"})",
        "histogram_quantile(0.9, native)",
        "42",
        "-1 ^ 0x1F + Inf - .5",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        assert_sent(queries[i], queries[i]);
}

static void sums_of_an_outcome_are_zero_where_there_are_events(void **state)
{
    (void)state;
    assert_sent("sum by (service) (rate(x{code=~\"5..\"}[1m]))",
                "(sum by (service) (rate(x{code=~\"5..\"}[1m])) or 0 * "
                "sum by (service) (rate(x[1m])))");
    assert_sent("1 - sum(increase(x{a=\"b\",status=\"200\",c=\"d\"}[1m])) by "
                "(a) / sum(increase(x[1m])) by (a)",
                "1 - (sum(increase(x{a=\"b\",status=\"200\",c=\"d\"}[1m])) by "
                "(a) or 0 * sum(increase(x{a=\"b\",c=\"d\"}[1m])) by (a)) / "
                "sum(increase(x[1m])) by (a)");
    assert_sent("sum(irate({__name__=\"x\",error=\"true\"}[1m]))",
                "(sum(irate({__name__=\"x\",error=\"true\"}[1m])) or 0 * "
                "sum(irate({__name__=\"x\"}[1m])))");
}

static void other_sums_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "sum by (code) (rate(x{code=~\"5..\"}[1m]))",
        "sum without (pod) (rate(x{code=~\"5..\"}[1m]))",
        "sum(rate(x{code=~\"5..\"}[1m])) without (pod)",
        "sum(rate(x{path=\"/\"}[1m]))",
        "max(rate(x{code=~\"5..\"}[1m]))",
        "sum(rate(x{code=\"5\"}[1m]) / rate(y{code=\"5\"}[1m]))",
        "sum(1 - rate(x{code=\"5\"}[1m]))",
        "rate(a[1m]) unless sum(rate(x{code=\"5\"}[1m]))",
        "rate(x{code=\"5\"}[1m])",
        "sum(rate({code=\"5\"}[1m]))",
        "increase(sum(rate(x[1m])) )",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        assert_sent(queries[i], queries[i]);
}

static void the_widest_window_is_found(void **state)
{
    (void)state;
    static caus_promql promql;
    assert_true(
        caus_promql_read("rate(x[1m]) + rate(y[1h30m15s20ms])", &promql));
    assert_int_equal(promql.widest_window_ns, INT64_C(5415020) * 1000000);
    assert_true(caus_promql_read("x", &promql));
    assert_int_equal(promql.widest_window_ns, 0);
}

static void what_is_not_understood_is_not_read(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "sum(x",           "x)",         "x{a=}",
        "x{a=\"b}",        "rate(x[5])", "rate(x[5m)",
        "x{a=\"b\" c}",    "x $ y",      "x[999999999y]",
        "{\"my.metric\"}", "x offset y", "x @ y",
    };
    static caus_promql promql;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        if (caus_promql_read(queries[i], &promql))
            fail_msg("read: %s", queries[i]);
    }
}

static void the_limits_of_a_query_are_kept(void **state)
{
    (void)state;
    static caus_promql promql;
    caus_text query = {0};
    for (int i = 0; i < 200; i++)
        caus_text_add(&query, i ? "+x" : "x");
    assert_false(caus_promql_read(query.bytes, &promql));
    query.length = 0;
    for (int i = 0; i < 200; i++)
        caus_text_add(&query, "(");
    assert_false(caus_promql_read(query.bytes, &promql));
    caus_text_deinit(&query);
}

static void texts_are_quoted_and_escaped(void **state)
{
    (void)state;
    caus_text text = {0};
    caus_promql_quote(&text, "a\"b\\c\nd");
    assert_string_equal(text.bytes, "\"a\\\"b\\\\c\\nd\"");
    text.length = 0;
    caus_promql_escape_regex(&text, "a.b|c");
    assert_string_equal(text.bytes, "a\\.b\\|c");
    caus_text_deinit(&text);
    char duration[32];
    caus_promql_duration(minute_ns, duration);
    assert_string_equal(duration, "60s");
    caus_promql_duration(1500000000, duration);
    assert_string_equal(duration, "1500ms");
}

static void memory_running_out_gives_null(void **state)
{
    (void)state;
    static caus_promql promql;
    assert_true(caus_promql_read("sum(rate(x{code=\"5\"}[1m])) + y", &promql));
    bool was_refused = true;
    for (long n = 0; was_refused; n++) {
        caus_arena *out = caus_arena_new(0);
        fault_fail_after(n);
        const char *sent = caus_promql_limit(&promql, minute_ns, out);
        was_refused = fault_stop();
        assert_int_equal(sent == NULL, was_refused);
        caus_arena_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_windows_take_the_step),
        cmocka_unit_test(instant_selectors_are_limited_to_the_step),
        cmocka_unit_test(ranges_subqueries_and_times_are_left_alone),
        cmocka_unit_test(sums_of_an_outcome_are_zero_where_there_are_events),
        cmocka_unit_test(other_sums_stay_as_they_are),
        cmocka_unit_test(the_widest_window_is_found),
        cmocka_unit_test(what_is_not_understood_is_not_read),
        cmocka_unit_test(the_limits_of_a_query_are_kept),
        cmocka_unit_test(texts_are_quoted_and_escaped),
        cmocka_unit_test(memory_running_out_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
