/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "csv_fixture.h"
#include "fault.h"

typedef struct vars {
    caus_arena *out;
    const caus_variable_spec *specs;
    size_t count;
    caus_error error;
} vars;

static caus_status read_vars(vars *made, const char *text)
{
    csv_file file = csv_file_of(text);
    *made = (vars){.out = caus_arena_new(0), .count = 77};
    caus_status status = caus_specs_from_file(
        file.path, made->out, &made->specs, &made->count, &made->error);
    close(file.descriptor);
    return status;
}

static void a_file_names_metrics_traces_and_csv_columns(void **state)
{
    (void)state;
    vars made;
    assert_int_equal(
        read_vars(&made,
                  "# what we watch\n"
                  "variables:\n"
                  "  - name: redis_cpu\n"
                  "    source: {type: metrics, impl: prometheus, "
                  "loc: 'http://localhost:9090'}\n"
                  "    metrics_query: rate(cpu{a=\"b\"}[1m])\n"
                  "    kind: gauge\n"
                  "    unit: cores\n"
                  "  - name: auth_failures\n"
                  "    source:\n"
                  "      type: traces\n"
                  "      impl: clickhouse\n"
                  "      api_key: \"\"\n"
                  "    trace_query:\n"
                  "      service: auth\n"
                  "      dimension: calls\n"
                  "      aggregation: count\n"
                  "      span_name: login\n"
                  "      span_kind: Server\n"
                  "      attribute_queries:\n"
                  "        - {key: error, value: true, operator: equals}\n"
                  "        - {key: path, value: /v1, operator: contains}\n"
                  "        - {key: user.id, operator: isnotnull}\n"
                  "        - {key: method, value: GET}\n"
                  "  - name: auth_slow\n"
                  "    trace_query: {service: auth, dimension: duration, "
                  "aggregation: p99}\n"
                  "  - name: queue\n"
                  "    source: {type: metrics, impl: csv, loc: queue.csv}\n"),
        CAUS_OK);
    assert_int_equal(made.count, 4);
    const caus_variable_spec *spec = &made.specs[0];
    assert_int_equal(spec->origin, CAUS_ORIGIN_METRIC);
    assert_string_equal(spec->name, "redis_cpu");
    assert_string_equal(spec->query, "rate(cpu{a=\"b\"}[1m])");
    assert_string_equal(spec->location, "http://localhost:9090");
    assert_int_equal(spec->kind, CAUS_KIND_GAUGE);
    assert_string_equal(spec->unit, "cores");
    assert_null(spec->service);

    spec = &made.specs[1];
    assert_int_equal(spec->origin, CAUS_ORIGIN_TRACE);
    assert_string_equal(spec->service, "auth");
    assert_int_equal(spec->trace_value, CAUS_TRACE_CALLS);
    assert_int_equal(spec->kind, CAUS_KIND_COUNT);
    assert_string_equal(spec->span_name, "login");
    assert_string_equal(spec->span_kind, "Server");
    assert_null(spec->location);
    assert_int_equal(spec->attribute_count, 4);
    assert_string_equal(spec->attributes[0].key, "error");
    assert_string_equal(spec->attributes[0].value, "true");
    assert_int_equal(spec->attributes[0].op, CAUS_ATTRIBUTE_EQUALS);
    assert_int_equal(spec->attributes[1].op, CAUS_ATTRIBUTE_CONTAINS);
    assert_int_equal(spec->attributes[2].op, CAUS_ATTRIBUTE_IS_NOT_NULL);
    assert_string_equal(spec->attributes[2].value, "");
    assert_int_equal(spec->attributes[3].op, CAUS_ATTRIBUTE_EQUALS);

    spec = &made.specs[2];
    assert_int_equal(spec->origin, CAUS_ORIGIN_TRACE);
    assert_int_equal(spec->trace_value, CAUS_TRACE_LATENCY_P99);
    assert_int_equal(spec->kind, CAUS_KIND_LATENCY_QUANTILE);
    assert_string_equal(spec->unit, "s");

    spec = &made.specs[3];
    assert_int_equal(spec->origin, CAUS_ORIGIN_CSV);
    assert_string_equal(spec->location, "queue.csv");
    caus_arena_free(made.out);
}

static void what_is_measured_follows_dimension_and_aggregation(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        caus_trace_value value;
    } cases[] = {
        {"", CAUS_TRACE_CALLS},
        {", dimension: calls", CAUS_TRACE_CALLS},
        {", aggregation: count", CAUS_TRACE_CALLS},
        {", dimension: duration", CAUS_TRACE_LATENCY},
        {", aggregation: p50", CAUS_TRACE_LATENCY_P50},
        {", aggregation: avg", CAUS_TRACE_LATENCY_AVG},
        {", dimension: duration, aggregation: p95", CAUS_TRACE_LATENCY_P95}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "variables: [{name: a, trace_query: {service: s%s}}]\n",
                 cases[i].words);
        vars made;
        assert_int_equal(read_vars(&made, text), CAUS_OK);
        assert_int_equal(made.specs[0].trace_value, cases[i].value);
        caus_arena_free(made.out);
    }
}

typedef struct fault_case {
    const char *text;
    const char *says[2];
} fault_case;

static void expect_faults(const fault_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vars made;
        caus_status status = read_vars(&made, cases[i].text);
        if (status != CAUS_ERR_INVALID_DATA && status != CAUS_ERR_UNSUPPORTED &&
            status != CAUS_ERR_LIMIT)
            fail_msg("status %d for '%s'", (int)status, cases[i].text);
        for (int j = 0; j < 2 && cases[i].says[j]; j++)
            if (!strstr(made.error.message, cases[i].says[j]))
                fail_msg("'%s' does not say '%s'", made.error.message,
                         cases[i].says[j]);
        assert_null(made.specs);
        assert_int_equal(made.count, 77);
        assert_int_equal(caus_arena_used_bytes(made.out), 0);
        caus_arena_free(made.out);
    }
}

static void wrong_words_are_named_with_their_line(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        {"variabels:\n- name: a\n", {"line 1", "nearest is 'variables'"}},
        {"- a\n", {"line 1", "map of keys"}},
        {"variables: 3\n", {"line 1", "no list of variables"}},
        {"variables: []\n", {"no list of variables", NULL}},
        {"{}\n", {"no list of variables", NULL}},
        {"variables:\n- nam: a\n", {"line 2", "nearest is 'name'"}},
        {"variables:\n- 3\n", {"line 2", "map of keys"}},
        {"variables:\n- unit: s\n", {"line 2", "name"}},
        {"variables:\n- name: \"\"\n", {"line 2", "name"}},
        {"variables:\n- name: \"a\\nb\"\n", {"line 2", "plain name"}},
        {"variables:\n- name: [a]\n", {"line 2", "one value"}},
        {"variables:\n- name: a\n- name: b\n- name: a\n",
         {"line 4", "already on line 2"}},
        {"variables:\n- name: a\n  kind: gage\n", {"line 3", "'gage'"}},
        {"variables:\n- name: a\n  source: {type: logs}\n",
         {"line 3", "metrics, traces"}},
        {"variables:\n- name: a\n  source: {impl: datadog}\n",
         {"line 3", "impl 'datadog' is not read"}},
        {"variables:\n- name: a\n  source: {impl: mock}\n",
         {"'mock'", "prometheus"}},
        {"variables:\n- name: a\n  source: {type: metrics, impl: clickhouse}\n",
         {"line 3", "metrics come from prometheus"}},
        {"variables:\n- name: a\n  source: {type: traces, impl: prometheus}\n",
         {"line 3", "traces from clickhouse"}},
        {"variables:\n- name: a\n  source: {api_key: abc}\n",
         {"line 3", "api_key"}},
        {"variables:\n- name: a\n  source: {loc: \"http://me:pw@x/\"}\n",
         {"line 3", "password"}},
        {"variables:\n- name: a\n  source: {impl: csv}\n",
         {"line 2", "loc: FILE.csv"}},
        {"variables:\n- name: a\n  source: {impl: csv, loc: x.csv}\n"
         "  trace_query: {service: s}\n",
         {"line 4", "trace_query"}},
    };
    expect_faults(cases, sizeof cases / sizeof cases[0]);
}

static void wrong_trace_queries_are_named_with_their_line(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        {"variables:\n- name: a\n  source: {type: traces}\n",
         {"line 2", "no trace_query"}},
        {"variables:\n- name: a\n  trace_query: {dimension: calls}\n",
         {"line 3", "names no service"}},
        {"variables:\n- name: a\n  trace_query: {service: s, dimension: x}\n",
         {"line 3", "calls, duration"}},
        {"variables:\n- name: a\n  trace_query:\n    service: s\n"
         "    dimension: calls\n    aggregation: p95\n",
         {"line 3", "count"}},
        {"variables:\n- name: a\n  trace_query: {service: s, dimension: "
         "duration, aggregation: count}\n",
         {"line 3", "p95"}},
        {"variables:\n- name: a\n  trace_query: {service: s, aggregation: "
         "p90}\n",
         {"line 3", "count, avg, p50, p95, p99"}},
        {"variables:\n- name: a\n  metrics_query: up\n"
         "  trace_query: {service: s}\n",
         {"line 2", "metrics_query"}},
        {"variables:\n- name: a\n  trace_query: {service: s, "
         "attribute_queries: 3}\n",
         {"line 3", "no list"}},
        {"variables:\n- name: a\n  trace_query: {service: s, "
         "attribute_queries: [{value: 3}]}\n",
         {"line 3", "without a key"}},
        {"variables:\n- name: a\n  trace_query: {service: s, "
         "attribute_queries: [{key: k, operator: like}]}\n",
         {"line 3", "equals, contains, isnotnull"}},
        {"variables:\n- name: a\n  trace_query: {service: s, "
         "attribute_queries: [{key: k, operator: contains}]}\n",
         {"line 3", "without a value"}},
        {"variables:\n- name: a\n  trace_query: {service: s, "
         "attribute_queries: [{ky: k}]}\n",
         {"line 3", "nearest is 'key'"}},
    };
    expect_faults(cases, sizeof cases / sizeof cases[0]);
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file file = csv_file_of(
        "variables: [{name: a, trace_query: {service: s, attribute_queries: "
        "[{key: k, value: v}]}}]\n");
    bool refused = true;
    for (long successes = 0; refused; successes++) {
        caus_arena *out = caus_arena_new(0);
        const caus_variable_spec *specs;
        size_t count;
        fault_fail_after(successes);
        caus_status status =
            caus_specs_from_file(file.path, out, &specs, &count, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
    }
    close(file.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_names_metrics_traces_and_csv_columns),
        cmocka_unit_test(what_is_measured_follows_dimension_and_aggregation),
        cmocka_unit_test(wrong_words_are_named_with_their_line),
        cmocka_unit_test(wrong_trace_queries_are_named_with_their_line),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
