// SPDX-License-Identifier: Apache-2.0
/* caus_clickhouse_fetch() against a real clickhouse-server: see the script
 * clickhouse_test, which starts it. */
#include "test.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "e2e/clickhouse_bench.h"

static caus_status fetch_from(bench *at, const char *url,
                              const caus_variable_spec *specs, size_t count,
                              caus_fetch_options options, caus_fetch *result)
{
    caus_endpoint endpoint = bench_endpoint(url);
    return caus_clickhouse_fetch(&endpoint, specs, count, &options, at->run,
                                 at->out, result, &at->err);
}

static caus_fetch fetch(bench *at, const caus_variable_spec *specs,
                        size_t count, caus_fetch_options options)
{
    caus_fetch result = {0};
    caus_status status =
        fetch_from(at, at->database_url, specs, count, options, &result);
    if (status != CAUS_OK)
        fail_msg("%s", at->err.message);
    return result;
}

/* Each value of a track is that of brute force, and none is left out. */
static void check_track(bench *at, const caus_track *track, const char *service,
                        world_filter *filter, caus_trace_value value,
                        const caus_grid *asked)
{
    size_t row = 0;
    for (int64_t t = asked->start_ns; t <= asked->end_ns; t += asked->step_ns) {
        size_t support;
        double wanted = world_value(&at->world, service, filter, value, t,
                                    asked->step_ns, &support);
        while (row < track->count && track->time_ns[row] < t)
            row++;
        bool has = row < track->count && track->time_ns[row] == t;
        if (has != !isnan(wanted))
            fail_msg("%s at %+lld s: %s, should be %g", track->variable.name,
                     (long long)((t - WORLD_START_NS) / SECOND_NS),
                     has ? "present" : "missing", wanted);
        if (!has)
            continue;
        if (!(fabs(track->value[row] - wanted) <= 1.01e-9) ||
            track->support[row] != (double)support)
            fail_msg("%s at %+lld s: %.12g of %g spans, should be %.12g of %zu",
                     track->variable.name,
                     (long long)((t - WORLD_START_NS) / SECOND_NS),
                     track->value[row], track->support[row], wanted, support);
    }
}

static void every_aggregate_equals_brute_force(void **state)
{
    bench *at = *state;
    static const caus_trace_value values[] = {
        CAUS_TRACE_CALLS,       CAUS_TRACE_ERRORS,      CAUS_TRACE_ERROR_RATIO,
        CAUS_TRACE_LATENCY,     CAUS_TRACE_LATENCY_AVG, CAUS_TRACE_LATENCY_P50,
        CAUS_TRACE_LATENCY_P95, CAUS_TRACE_LATENCY_P99};
    enum { VALUES = sizeof values / sizeof *values };
    static const char *const services[] = {"checkout", "worker", "rare"};
    static const int64_t steps_ns[] = {MINUTE_NS, 15 * SECOND_NS, 2500000000,
                                       SECOND_NS};
    caus_variable_spec specs[VALUES];
    char names[VALUES][40];
    for (size_t k = 0; k < sizeof steps_ns / sizeof *steps_ns; k++) {
        caus_fetch_options options = {.window = bench_grid(0, 30, steps_ns[k])};
        for (size_t s = 0; s < 3; s++) {
            for (size_t i = 0; i < VALUES; i++) {
                snprintf(names[i], sizeof names[i], "%s_%zu", services[s], i);
                specs[i] = bench_spec(names[i], services[s], values[i]);
            }
            caus_fetch got = fetch(at, specs, VALUES, options);
            assert_int_equal(got.samples.track_count, VALUES);
            assert_true(got.query_count <= 3);
            bool few = k > 0 || s > 0;
            for (size_t i = 0; i < VALUES; i++) {
                caus_trace_value value = values[i];
                if (few && value == CAUS_TRACE_LATENCY)
                    value = CAUS_TRACE_LATENCY_P50;
                check_track(at, &got.samples.tracks[i], services[s], NULL,
                            value, &options.window);
            }
        }
    }
}

static void a_variable_carries_unit_kind_service_and_statement(void **state)
{
    bench *at = *state;
    caus_variable_spec specs[] = {
        bench_spec("checkout_latency", "checkout", CAUS_TRACE_LATENCY),
        bench_spec("checkout_errors", "checkout", CAUS_TRACE_ERRORS)};
    caus_fetch_options options = {.window = bench_grid(1, 9, MINUTE_NS)};
    caus_fetch got = fetch(at, specs, 2, options);
    const caus_variable *latency = &got.samples.tracks[0].variable;
    assert_string_equal(latency->name, "checkout_latency");
    assert_string_equal(latency->service, "checkout");
    assert_string_equal(latency->unit, "s");
    assert_string_equal(latency->source, "clickhouse");
    assert_int_equal(latency->kind, CAUS_KIND_LATENCY_QUANTILE);
    assert_int_equal(latency->bad_direction, CAUS_BAD_UP);
    assert_true(latency->rate_window_s == 60);
    assert_non_null(strstr(latency->query, "`ServiceName` = 'checkout'"));
    assert_int_equal(got.samples.tracks[1].variable.kind, CAUS_KIND_COUNT);
    /* no step is empty: the search for tables and one statement */
    assert_int_equal(got.query_count, 2);
    assert_int_equal(got.warning_count, 0);
    assert_true(fabs(got.clock_skew_s) < 2);
}

static void a_span_counts_for_the_step_it_ends_in(void **state)
{
    bench *at = *state;
    caus_variable_spec spec =
        bench_spec("edge_calls", "edge", CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(5, 6, SECOND_NS)};
    caus_fetch got = fetch(at, &spec, 1, options);
    const caus_track *track = &got.samples.tracks[0];
    check_track(at, track, "edge", NULL, CAUS_TRACE_CALLS, &options.window);
    assert_true(track->time_ns[0] == WORLD_START_NS + 5 * MINUTE_NS);
    assert_true(track->value[0] == 2); /* ends at :00; the long one too */
    assert_true(track->time_ns[1] == track->time_ns[0] + SECOND_NS);
    assert_true(track->value[1] == 1); /* ends one nanosecond later */
}

static void an_empty_step_is_zero_only_where_other_spans_are(void **state)
{
    bench *at = *state;
    caus_variable_spec specs[] = {
        bench_spec("checkout_calls", "checkout", CAUS_TRACE_CALLS),
        bench_spec("checkout_latency_avg", "checkout", CAUS_TRACE_LATENCY_AVG),
        bench_spec("checkout_error_ratio", "checkout", CAUS_TRACE_ERROR_RATIO)};
    caus_fetch_options options = {.window = bench_grid(11, 22, 10 * SECOND_NS)};
    options.window.start_ns = WORLD_START_NS + 10 * MINUTE_NS + 30 * SECOND_NS;
    caus_fetch got = fetch(at, specs, 3, options);
    const caus_track *calls = &got.samples.tracks[0];
    assert_true(calls->value[0] == 0 && calls->support[0] == 0);
    check_track(at, calls, "checkout", NULL, CAUS_TRACE_CALLS, &options.window);
    check_track(at, &got.samples.tracks[1], "checkout", NULL,
                CAUS_TRACE_LATENCY_AVG, &options.window);
    check_track(at, &got.samples.tracks[2], "checkout", NULL,
                CAUS_TRACE_ERROR_RATIO, &options.window);
    /* minutes 20 and 21 hold nobody's spans */
    assert_true(calls->time_ns[calls->count - 1] <
                WORLD_START_NS + 20 * MINUTE_NS + 10 * SECOND_NS);
}

static void few_spans_turn_p95_into_p50_and_say_so(void **state)
{
    bench *at = *state;
    caus_variable_spec spec =
        bench_spec("worker_latency", "worker", CAUS_TRACE_LATENCY);
    caus_fetch_options options = {.window = bench_grid(1, 19, MINUTE_NS)};
    caus_fetch got = fetch(at, &spec, 1, options);
    assert_int_equal(got.warning_count, 1);
    assert_string_equal(got.warnings[0],
                        "worker_latency: a median of 12 spans a step is too "
                        "few for p95 (50), so it is p50; --step 5m would give "
                        "enough");
    check_track(at, &got.samples.tracks[0], "worker", NULL,
                CAUS_TRACE_LATENCY_P50, &options.window);
    spec = bench_spec("rare_latency", "rare", CAUS_TRACE_LATENCY);
    got = fetch(at, &spec, 1, options);
    assert_int_equal(got.samples.tracks[0].count, 0);
    assert_non_null(strstr(got.warnings[1], "fewer than 5 spans"));
}

static bool is_client(const world_span *span)
{
    return strcmp(span->kind, "Client") == 0;
}

static bool is_order(const world_span *span)
{
    return !is_client(span) && strcmp(span->name, "POST /order") == 0;
}

static bool is_blue(const world_span *span)
{
    return !is_client(span) && span->tenant && strstr(span->tenant, "blue");
}

static bool has_tenant(const world_span *span)
{
    return !is_client(span) && span->tenant;
}

static bool is_failed(const world_span *span)
{
    return !is_client(span) &&
           (strstr(span->status, "rror") || strstr(span->status, "ERROR"));
}

static bool is_server(const world_span *span)
{
    return !is_client(span);
}

static void filters_choose_the_spans_they_name(void **state)
{
    bench *at = *state;
    static const caus_attribute_filter blue = {"app.tenant", "it's \\ blue",
                                               CAUS_ATTRIBUTE_EQUALS};
    static const caus_attribute_filter part = {"app.tenant", "\\ bl",
                                               CAUS_ATTRIBUTE_CONTAINS};
    static const caus_attribute_filter any = {"app.tenant", "",
                                              CAUS_ATTRIBUTE_IS_NOT_NULL};
    static const caus_attribute_filter failed = {"error", "true",
                                                 CAUS_ATTRIBUTE_EQUALS};
    static const caus_attribute_filter host = {"host.name", "n1",
                                               CAUS_ATTRIBUTE_EQUALS};
    const struct {
        const char *span_name, *span_kind;
        const caus_attribute_filter *attribute;
        world_filter *filter;
    } cases[] = {
        {NULL, "client", NULL, is_client},
        {"POST /order", NULL, NULL, is_order},
        {NULL, NULL, &blue, is_blue},
        {NULL, NULL, &part, is_blue},
        {NULL, NULL, &any, has_tenant},
        {NULL, NULL, &failed, is_failed},
        {NULL, NULL, &host, is_server},
        {NULL, "SPAN_KIND_CLIENT", NULL, is_client},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    caus_variable_spec specs[CASES];
    char names[CASES][16];
    for (size_t i = 0; i < CASES; i++) {
        snprintf(names[i], sizeof names[i], "calls_%zu", i);
        specs[i] = bench_spec(names[i], "checkout", CAUS_TRACE_CALLS);
        specs[i].span_name = cases[i].span_name;
        specs[i].span_kind = cases[i].span_kind;
        specs[i].attributes = cases[i].attribute;
        specs[i].attribute_count = cases[i].attribute != NULL;
    }
    caus_fetch_options options = {.window = bench_grid(0, 30, MINUTE_NS)};
    caus_fetch got = fetch(at, specs, CASES, options);
    for (size_t i = 0; i < CASES; i++)
        check_track(at, &got.samples.tracks[i], "checkout", cases[i].filter,
                    CAUS_TRACE_CALLS, &options.window);
    assert_true(got.query_count <= CASES + 3);
}

static void odd_names_find_themselves_and_nothing_else(void **state)
{
    bench *at = *state;
    const char *const odd[] = {"o'brien",
                               "back\\slash",
                               "caf\xC3\xA9 \xE2\x98\x95",
                               "x' OR '1' = '1",
                               "tab\there",
                               "`tick`",
                               "--"};
    enum { ODD = sizeof odd / sizeof *odd };
    caus_variable_spec specs[ODD];
    for (size_t i = 0; i < ODD; i++)
        specs[i] = bench_spec(odd[i], odd[i], CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(4, 7, MINUTE_NS)};
    caus_fetch got = fetch(at, specs, ODD, options);
    for (size_t i = 0; i < ODD; i++) {
        double sum = 0;
        for (size_t k = 0; k < got.samples.tracks[i].count; k++)
            sum += got.samples.tracks[i].value[k];
        assert_true(sum == (double)(i + 1));
        check_track(at, &got.samples.tracks[i], odd[i], NULL, CAUS_TRACE_CALLS,
                    &options.window);
    }
}

static void nothing_can_be_injected(void **state)
{
    bench *at = *state;
    const char *const evil[] = {
        "checkout' --",        "' OR 1 = 1 OR '",
        "\\' OR 1 = 1 --",     "'; DROP TABLE otel_traces; --",
        "checkout\\",          "') OR (1 = 1",
        "\xC3'\x28 OR 1=1 --", "\xBF' OR 1=1 --"};
    caus_fetch_options options = {.window = bench_grid(0, 9, MINUTE_NS)};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        caus_fetch got;
        caus_variable_spec spec = bench_spec("v", evil[i], CAUS_TRACE_CALLS);
        assert_int_equal(
            fetch_from(at, at->database_url, &spec, 1, options, &got),
            CAUS_ERR_NOT_FOUND);
        assert_non_null(strstr(at->err.message, "has no service"));
        const caus_attribute_filter filters[] = {
            {evil[i], "x", CAUS_ATTRIBUTE_EQUALS},
            {"app.tenant", evil[i], CAUS_ATTRIBUTE_CONTAINS}};
        for (size_t k = 0; k < 2; k++) {
            spec = bench_spec("v", "checkout", CAUS_TRACE_CALLS);
            spec.attributes = &filters[k];
            spec.attribute_count = 1;
            assert_int_equal(
                fetch_from(at, at->database_url, &spec, 1, options, &got),
                CAUS_ERR_NOT_FOUND);
            assert_non_null(strstr(at->err.message, "none under 1 h"));
        }
        char url[512];
        snprintf(url, sizeof url, "%s/?database=default%%27%%20OR%%201=1%%20--",
                 at->url);
        assert_int_equal(fetch_from(at, url, &spec, 1, options, &got),
                         CAUS_ERR_NOT_FOUND);
    }
}

static void baseline_and_window_come_in_one_track(void **state)
{
    bench *at = *state;
    caus_variable_spec spec =
        bench_spec("checkout_calls", "checkout", CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(12, 19, MINUTE_NS),
                                  .baseline = bench_grid(0, 9, MINUTE_NS)};
    caus_fetch got = fetch(at, &spec, 1, options);
    const caus_track *track = &got.samples.tracks[0];
    check_track(at, track, "checkout", NULL, CAUS_TRACE_CALLS, &options.window);
    check_track(at, track, "checkout", NULL, CAUS_TRACE_CALLS,
                &options.baseline);
    for (size_t i = 0; i < track->count; i++)
        assert_true(track->time_ns[i] <= options.baseline.end_ns ||
                    track->time_ns[i] >= options.window.start_ns);
    /* a gap longer than the look-back becomes two ranges */
    options.baseline.start_ns -= 10 * 60 * MINUTE_NS;
    options.baseline.end_ns -= 9 * 60 * MINUTE_NS;
    got = fetch(at, &spec, 1, options);
    assert_non_null(strstr(got.queries[1].text, ") OR ("));
    check_track(at, &got.samples.tracks[0], "checkout", NULL, CAUS_TRACE_CALLS,
                &options.window);
    assert_int_equal(got.samples.tracks[0].count, 8);
}

static void two_fetches_give_the_same_bytes(void **state)
{
    bench *at = *state;
    caus_variable_spec spec =
        bench_spec("checkout_latency", "checkout", CAUS_TRACE_LATENCY);
    caus_fetch_options options = {.window = bench_grid(0, 30, MINUTE_NS)};
    caus_fetch a = fetch(at, &spec, 1, options);
    caus_fetch b = fetch(at, &spec, 1, options);
    const caus_track *left = a.samples.tracks, *right = b.samples.tracks;
    assert_int_equal(left->count, right->count);
    assert_memory_equal(left->value, right->value,
                        left->count * sizeof *left->value);
    assert_string_equal(a.queries[1].text, b.queries[1].text);
}

/* Fetches one variable and wants a failure that says `words`. */
static void refused(bench *at, caus_endpoint endpoint, caus_variable_spec spec,
                    caus_fetch_options options, caus_status wanted,
                    const char *words)
{
    caus_fetch got = {.query_count = 77};
    size_t used = caus_arena_used_bytes(at->out);
    caus_status status = caus_clickhouse_fetch(
        &endpoint, &spec, 1, &options, at->run, at->out, &got, &at->err);
    if (status != wanted || !strstr(at->err.message, words))
        fail_msg("status %s: %s\nwanted %s: %s", caus_status_name(status),
                 status ? at->err.message : "", caus_status_name(wanted),
                 words);
    assert_int_equal(got.query_count, 77);
    assert_int_equal(caus_arena_used_bytes(at->out), used);
}

static void what_is_wrong_is_said(void **state)
{
    bench *at = *state;
    caus_variable_spec checkout =
        bench_spec("checkout_calls", "checkout", CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(1, 9, MINUTE_NS)};
    char url[512];

    caus_variable_spec unknown =
        bench_spec("chekout_calls", "chekout", CAUS_TRACE_CALLS);
    refused(at, bench_endpoint(at->database_url), unknown, options,
            CAUS_ERR_NOT_FOUND, "has no service \"chekout\"");
    assert_non_null(strstr(at->err.message, "names: checkout, "));

    caus_fetch_options early = {.window = bench_grid(-1000, -900, MINUTE_NS)};
    refused(at, bench_endpoint(at->database_url), checkout, early,
            CAUS_ERR_NOT_FOUND,
            "holds no span at all between 2025-10-28T10:19");

    caus_variable_spec filtered = checkout;
    filtered.span_name = "no such name";
    refused(at, bench_endpoint(at->database_url), filtered, options,
            CAUS_ERR_NOT_FOUND, "none under 1 h long that fits");

    snprintf(url, sizeof url, "%s/?database=empty", at->url);
    refused(at, bench_endpoint(url), checkout, options, CAUS_ERR_NOT_FOUND,
            "has no table of spans as empty that this user may read; databases "
            "looked in: default, empty, other");
    snprintf(url, sizeof url, "%s?database=default&table=nope", at->url);
    refused(at, bench_endpoint(url), checkout, options, CAUS_ERR_NOT_FOUND,
            "as default.nope");
    snprintf(url, sizeof url, "%s/?no_such_setting=1", at->url);
    refused(at, bench_endpoint(url), checkout, options, CAUS_ERR_SERVER,
            "Code: 115");

    caus_endpoint reader = bench_endpoint(at->url);
    reader.user = "reader";
    reader.password = "wrong";
    refused(at, reader, checkout, options, CAUS_ERR_DENIED, "Code: 193");
    reader.password = "open sesame";
    refused(at, reader, checkout, options, CAUS_ERR_NOT_FOUND,
            "databases looked in: empty");

    snprintf(url, sizeof url, "http://127.0.0.1:%s",
             getenv("CLICKHOUSE_TCP_PORT"));
    refused(at, bench_endpoint(url), checkout, options, CAUS_ERR_SERVER,
            "is for clickhouse-client program");
    caus_endpoint nobody = bench_endpoint("http://127.0.0.1:1");
    refused(at, nobody, checkout, options, CAUS_ERR_NETWORK, "127.0.0.1:1");

    options.max_queries = 1;
    refused(at, bench_endpoint(at->database_url), checkout, options,
            CAUS_ERR_LIMIT, "--query-budget");
}

static void a_second_table_is_named_in_a_warning(void **state)
{
    bench *at = *state;
    caus_variable_spec spec =
        bench_spec("checkout_calls", "checkout", CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(1, 9, MINUTE_NS)};
    caus_fetch got;
    assert_int_equal(fetch_from(at, at->url, &spec, 1, options, &got), CAUS_OK);
    assert_int_equal(got.warning_count, 1);
    assert_string_equal(got.warnings[0],
                        "spans are read from default.otel_traces "
                        "(OpenTelemetry exporter); other.otel_traces holds "
                        "spans too: choose by ?database=\xE2\x80\xA6&table="
                        "\xE2\x80\xA6 in the url");
}

/* ---- a server that takes connections and says nothing ---- */

typedef struct silence {
    volatile sig_atomic_t cancel;
    struct timespec cancelled_at;
} silence;

static void *cancel_soon(void *data)
{
    silence *at = data;
    nanosleep(&(struct timespec){0, 50 * 1000 * 1000}, NULL);
    clock_gettime(CLOCK_MONOTONIC, &at->cancelled_at);
    __atomic_store_n(&at->cancel, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void a_hanging_server_is_left_within_100_ms(void **state)
{
    bench *at = *state;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 4), 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));

    silence quiet = {0};
    caus_run_options run_options = {.threads = 1, .cancel = &quiet.cancel};
    caus_run *run;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &quiet), 0);
    caus_variable_spec spec = bench_spec("v_calls", "v", CAUS_TRACE_CALLS);
    caus_fetch_options options = {.window = bench_grid(1, 9, MINUTE_NS)};
    caus_endpoint endpoint = bench_endpoint(url);
    caus_fetch got;
    assert_int_equal(caus_clickhouse_fetch(&endpoint, &spec, 1, &options, run,
                                           at->out, &got, &at->err),
                     CAUS_ERR_CANCELLED);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_join(thread, NULL);
    double passed_s = (double)(now.tv_sec - quiet.cancelled_at.tv_sec) +
                      (double)(now.tv_nsec - quiet.cancelled_at.tv_nsec) / 1e9;
    assert_true(passed_s < 0.1);
    caus_run_free(run);

    endpoint.timeout_s = 0.2;
    refused(at, endpoint, spec, options, CAUS_ERR_NETWORK, "timed out");
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_aggregate_equals_brute_force),
        cmocka_unit_test(a_variable_carries_unit_kind_service_and_statement),
        cmocka_unit_test(a_span_counts_for_the_step_it_ends_in),
        cmocka_unit_test(an_empty_step_is_zero_only_where_other_spans_are),
        cmocka_unit_test(few_spans_turn_p95_into_p50_and_say_so),
        cmocka_unit_test(filters_choose_the_spans_they_name),
        cmocka_unit_test(odd_names_find_themselves_and_nothing_else),
        cmocka_unit_test(nothing_can_be_injected),
        cmocka_unit_test(baseline_and_window_come_in_one_track),
        cmocka_unit_test(two_fetches_give_the_same_bytes),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_second_table_is_named_in_a_warning),
        cmocka_unit_test(a_hanging_server_is_left_within_100_ms),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
