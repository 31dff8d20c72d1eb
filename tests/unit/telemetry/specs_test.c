/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "caus/telemetry.h"
#include "fault.h"
#include "test.h"

typedef caus_status read_fn(const char *text, caus_arena *out,
                            const caus_variable_spec **specs, size_t *count,
                            caus_error *err);

static void metrics_are_parted_at_commas_outside_of_brackets(void **state)
{
    (void)state;
    caus_arena *out = caus_arena_new(0);
    const caus_variable_spec *specs;
    size_t count;
    assert_int_equal(
        caus_specs_from_metrics("redis_cpu, b=sum by (job, pod) "
                                "(rate(x{y=\"1,2\",z=~'a\\',b'}[5m]))"
                                " , c = {__name__=`d\\`, e=\"}\"},job:rate5m",
                                out, &specs, &count, NULL),
        CAUS_OK);
    assert_int_equal(count, 4);
    assert_string_equal(specs[0].name, "redis_cpu");
    assert_null(specs[0].query);
    assert_int_equal(specs[0].origin, CAUS_ORIGIN_METRIC);
    assert_int_equal(specs[0].kind, CAUS_KIND_UNKNOWN);
    assert_string_equal(specs[1].name, "b");
    assert_string_equal(
        specs[1].query,
        "sum by (job, pod) (rate(x{y=\"1,2\",z=~'a\\',b'}[5m]))");
    assert_string_equal(specs[2].name, "c");
    assert_string_equal(specs[2].query, "{__name__=`d\\`, e=\"}\"}");
    assert_string_equal(specs[3].name, "job:rate5m");
    caus_arena_free(out);
}

static void trace_names_end_in_what_is_measured(void **state)
{
    (void)state;
    static const struct {
        const char *name, *service;
        caus_trace_value value;
        caus_kind kind;
        const char *unit;
    } cases[] = {
        {"checkout_latency", "checkout", CAUS_TRACE_LATENCY,
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"a_latency_p50", "a", CAUS_TRACE_LATENCY_P50,
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"a_latency_p95", "a", CAUS_TRACE_LATENCY_P95,
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"a_latency_p99", "a", CAUS_TRACE_LATENCY_P99,
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"a_latency_avg", "a", CAUS_TRACE_LATENCY_AVG,
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"payment_errors", "payment", CAUS_TRACE_ERRORS, CAUS_KIND_COUNT,
         "errors"},
        {"a_b-c_error_ratio", "a_b-c", CAUS_TRACE_ERROR_RATIO, CAUS_KIND_RATIO,
         "ratio"},
        {"größe_calls", "größe", CAUS_TRACE_CALLS, CAUS_KIND_COUNT, "requests"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        caus_arena *out = caus_arena_new(0);
        const caus_variable_spec *specs;
        size_t count;
        assert_int_equal(
            caus_specs_from_traces(cases[i].name, out, &specs, &count, NULL),
            CAUS_OK);
        assert_int_equal(count, 1);
        assert_int_equal(specs[0].origin, CAUS_ORIGIN_TRACE);
        assert_string_equal(specs[0].name, cases[i].name);
        assert_string_equal(specs[0].service, cases[i].service);
        assert_int_equal(specs[0].trace_value, cases[i].value);
        assert_int_equal(specs[0].kind, cases[i].kind);
        assert_string_equal(specs[0].unit, cases[i].unit);
        assert_null(specs[0].query);
        caus_arena_free(out);
    }
}

static void expect_fault(read_fn *read, const char *text, const char *says)
{
    caus_arena *out = caus_arena_new(0);
    const caus_variable_spec *specs = NULL;
    size_t count = 77;
    caus_error error;
    caus_status status = read(text, out, &specs, &count, &error);
    if (status != CAUS_ERR_INVALID_ARGUMENT && status != CAUS_ERR_LIMIT)
        fail_msg("'%s' gave status %d", text, (int)status);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
    assert_null(specs);
    assert_int_equal(count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void malformed_metrics_say_what_to_change(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "item 1 of --metrics is empty"},
        {"a,,b", "item 2 of --metrics is empty"},
        {"a,", "item 2 of --metrics is empty"},
        {"a,b,a", "names 'a' twice"},
        {"a,a=rate(b[5m])", "names 'a' twice"},
        {"sum(rate(a[5m]))", "cpu=sum(rate(a[5m]))"},
        {"up==0", "no metric name"},
        {"up=~\"a\"", "no metric name"},
        {"=rate(a[5m])", "no metric name"},
        {"a b", "no metric name"},
        {"a=", "nothing after its '='"},
        {"a=rate(b[5m]", "the ( at character 7 has no partner"},
        {"a=rate(b[5m)]", "the ) at character 12 has no partner"},
        {"a=b)", "the ) at character 4 has no partner"},
        {"a=b{c=\"d}", "the \" at character 7 has no partner"},
        {"a=`", "the ` at character 3"},
        {"\xff", "no metric name"},
        {"a=\"\xff\"", "no UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(caus_specs_from_metrics, cases[i][0], cases[i][1]);
    char deep[200] = "a=";
    memset(deep + 2, '(', 100);
    expect_fault(caus_specs_from_metrics, deep, "64 brackets");
}

static void malformed_traces_name_the_endings(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"checkout", "_latency_p50"}, {"_latency", "_error_ratio"},
        {"a_latency_p90", "_calls"},  {"a_calls,a_calls", "twice"},
        {"a_calls,", "item 2"},       {"\xff_calls", "no value"},
        {"", "item 1 of --traces"},   {"bob's", "names no value of a service"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(caus_specs_from_traces, cases[i][0], cases[i][1]);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    static const struct {
        read_fn *read;
        const char *text;
    } cases[] = {{caus_specs_from_metrics, "a,b=c"},
                 {caus_specs_from_traces, "a_calls,b_latency"}};
    for (size_t i = 0; i < 2; i++) {
        bool refused = true;
        for (long successes = 0; refused; successes++) {
            caus_arena *out = caus_arena_new(0);
            const caus_variable_spec *specs;
            size_t count;
            fault_fail_after(successes);
            caus_status status =
                cases[i].read(cases[i].text, out, &specs, &count, NULL);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            caus_arena_free(out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_parted_at_commas_outside_of_brackets),
        cmocka_unit_test(trace_names_end_in_what_is_measured),
        cmocka_unit_test(malformed_metrics_say_what_to_change),
        cmocka_unit_test(malformed_traces_name_the_endings),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
