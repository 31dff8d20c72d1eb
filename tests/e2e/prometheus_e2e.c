/* SPDX-License-Identifier: Apache-2.0 */
/* caus_prometheus_fetch() against a real Prometheus: see the script
 * prometheus_test, which starts it. */
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "e2e/prometheus_native.h"
#include "e2e/prometheus_world.h"
#include "http/http.h"

static const int64_t second_ns = 1000000000;

typedef struct bench {
    caus_run *run;
    caus_arena *out;
    caus_endpoint endpoint;
    caus_fetch_options options;
    caus_fetch fetch;
    caus_error err;
} bench;

static caus_grid grid_of(int64_t start_s, int64_t end_s, int64_t step_s)
{
    return (caus_grid){start_s * second_ns, end_s * second_ns,
                       step_s * second_ns};
}

static int set_up(void **state)
{
    bench *at = calloc(1, sizeof *at);
    caus_run_options options = {.threads = 1};
    if (!at || caus_run_new(&options, &at->run, NULL) != CAUS_OK)
        return -1;
    at->out = caus_arena_new(0);
    at->endpoint =
        (caus_endpoint){.url = getenv("CAUS_TEST_PROMETHEUS"), .timeout_s = 20};
    at->options = (caus_fetch_options){
        .window = grid_of(WORLD_START_S, WORLD_END_S, 60),
        .baseline = grid_of(WORLD_BASELINE_S, WORLD_START_S - 60, 60)};
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    bench *at = *state;
    caus_arena_free(at->out);
    caus_run_free(at->run);
    free(at);
    return 0;
}

/* Fetches "a" or "a=query" for each text given; NULL ends them. */
static caus_status fetch(bench *at, const char *const *texts)
{
    caus_variable_spec specs[64] = {0};
    char names[64][128];
    size_t count = 0;
    for (; texts[count]; count++) {
        const char *equals = strstr(texts[count], ":=");
        size_t length =
            equals ? (size_t)(equals - texts[count]) : strlen(texts[count]);
        snprintf(names[count], sizeof names[count], "%.*s", (int)length,
                 texts[count]);
        specs[count] =
            (caus_variable_spec){.origin = CAUS_ORIGIN_METRIC,
                                 .name = names[count],
                                 .query = equals ? equals + 2 : NULL};
    }
    return caus_prometheus_fetch(&at->endpoint, specs, count, &at->options,
                                 at->run, at->out, &at->fetch, &at->err);
}

#define FETCH(at, ...)                                             \
    do {                                                           \
        if (fetch((at), (const char *const[]){__VA_ARGS__, NULL})) \
            fail_msg("%s", (at)->err.message);                     \
    } while (0)

#define FETCH_FAILS(at, status, words, ...)                                   \
    do {                                                                      \
        assert_int_equal(                                                     \
            fetch((at), (const char *const[]){__VA_ARGS__, NULL}), (status)); \
        if (!strstr((at)->err.message, (words)))                              \
            fail_msg("'%s' lacks '%s'", (at)->err.message, (words));          \
    } while (0)

static const caus_track *track_of(const bench *at, const char *name)
{
    const caus_samples *samples = &at->fetch.samples;
    for (size_t i = 0; i < samples->track_count; i++) {
        if (strcmp(samples->tracks[i].variable.name, name) == 0)
            return &samples->tracks[i];
    }
    for (size_t i = 0; i < samples->track_count; i++)
        print_message("there is %s\n", samples->tracks[i].variable.name);
    fail_msg("no variable %s", name);
    return NULL;
}

/* The value at a grid time; NaN when there is none. */
static double value_at(const caus_track *track, int64_t time_s)
{
    for (size_t i = 0; i < track->count; i++) {
        if (track->time_ns[i] == time_s * second_ns)
            return track->value[i];
    }
    return (double)NAN;
}

static void assert_near(double value, double expected, double slack)
{
    if (!(fabs(value - expected) <= slack))
        fail_msg("%.17g is not within %g of %.17g", value, slack, expected);
}

static bool has_warning(const bench *at, const char *words)
{
    for (size_t i = 0; i < at->fetch.warning_count; i++) {
        if (strstr(at->fetch.warnings[i], words))
            return true;
    }
    return false;
}

static void a_gauge_is_the_mean_of_the_samples_of_its_step(void **state)
{
    bench *at = *state;
    FETCH(at, "redis_cpu");
    const caus_track *track = track_of(at, "redis_cpu");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += world_redis_cpu((t - 58 + 15 * i) * 1000);
        bool in_gap = t > WORLD_GAP_FROM_S && t <= WORLD_GAP_TO_S;
        double value = value_at(track, t);
        if (in_gap != isnan(value))
            fail_msg("value %g at %+ld s", value, (long)(t - WORLD_START_S));
        if (!in_gap && fabs(value - sum / 4) > 1e-12)
            fail_msg("%g instead of %g at %+ld s", value, sum / 4,
                     (long)(t - WORLD_START_S));
    }
    assert_int_equal(track->variable.kind, CAUS_KIND_GAUGE);
    assert_string_equal(track->variable.service, "redis");
    assert_string_equal(track->variable.source, "prometheus");
    assert_near(track->variable.scrape_interval_s, 15, 1e-9);
    assert_near(track->variable.scrape_offset_s, 13, 1e-9);
    assert_near(at->fetch.scrape_interval_s, 15, 1e-9);
    assert_true(fabs(at->fetch.clock_skew_s) < 2);
    assert_null(track->support);
}

static void a_selector_is_never_repeated_by_look_back(void **state)
{
    bench *at = *state;
    FETCH(at, "cpu:=redis_cpu", "double:=2 * sum by (job) (redis_cpu)");
    const caus_track *plain = track_of(at, "cpu");
    const caus_track *twice = track_of(at, "double");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        bool in_gap = t > WORLD_GAP_FROM_S && t <= WORLD_GAP_TO_S;
        double last = world_redis_cpu((t - 13) * 1000);
        assert_int_equal(isnan(value_at(plain, t)), in_gap);
        assert_int_equal(isnan(value_at(twice, t)), in_gap);
        if (!in_gap) {
            assert_true(value_at(plain, t) == last);
            assert_true(value_at(twice, t) == 2 * last);
        }
    }
}

static void counters_count_per_step_through_resets(void **state)
{
    bench *at = *state;
    FETCH(at, "checkout_requests_total");
    const caus_track *track = track_of(at, "checkout_requests_total");
    assert_int_equal(track->variable.kind, CAUS_KIND_COUNTER_RATE);
    assert_string_equal(track->variable.service, "checkout");
    assert_near(track->variable.rate_window_s, 60, 1e-9);
    size_t missing = 0;
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        double value = value_at(track, t);
        if (isnan(value)) {
            missing++;
            continue;
        }
        /* Around the reset up to two scrapes of api-1 are not seen. */
        double slack = llabs(t - WORLD_RESET_S) <= 60 ? 0.4 : 0.03;
        double expected = 60 * WORLD_CHECKOUT_PER_S;
        if (fabs(value - expected) > slack * expected)
            fail_msg("%g at %+ld s", value, (long)(t - WORLD_START_S));
    }
    assert_in_range(missing, 1, 3);
}

static void failed_scrapes_are_missing_not_less(void **state)
{
    bench *at = *state;
    FETCH(at, "checkout_requests_total",
          "mine:=sum by (service) (increase(checkout_requests_total[1m]))");
    const char *const names[] = {"checkout_requests_total", "mine"};
    for (int i = 0; i < 2; i++) {
        const caus_track *track = track_of(at, names[i]);
        assert_true(isnan(value_at(track, WORLD_DOWN_FROM_S + 60)));
        assert_true(!isnan(value_at(track, WORLD_DOWN_FROM_S)));
        assert_true(!isnan(value_at(track, WORLD_DOWN_TO_S + 120)));
    }
}

static void a_dead_instance_counts_as_gone_after_five_minutes(void **state)
{
    bench *at = *state;
    FETCH(at, "pool_requests_total");
    const caus_track *track = track_of(at, "pool_requests_total");
    assert_near(value_at(track, WORLD_DEAD_FROM_S), 360, 12);
    for (int64_t t = WORLD_DEAD_FROM_S + 60; t <= WORLD_END_S; t += 60) {
        if (t <= WORLD_DEAD_FROM_S + 360)
            assert_true(isnan(value_at(track, t)));
        else
            assert_near(value_at(track, t), 180, 6);
    }
}

static void errors_without_a_series_are_zero_beside_calls(void **state)
{
    bench *at = *state;
    FETCH(at, "payment_errors_total", "payment_requests_total",
          "checkout_errors_total", "checkout_requests_total");
    const caus_track *errors = track_of(at, "payment_errors_total");
    const caus_track *calls = track_of(at, "payment_requests_total");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        assert_int_equal(isnan(value_at(errors, t)), isnan(value_at(calls, t)));
        if (t <= WORLD_ERRORS_FROM_S)
            assert_true(value_at(errors, t) == 0);
        if (t > WORLD_ERRORS_FROM_S + 60)
            assert_near(value_at(errors, t), 60, 2);
    }
    /* checkout has no error series at all. */
    errors = track_of(at, "checkout_errors_total");
    calls = track_of(at, "checkout_requests_total");
    assert_string_equal(errors->variable.service, "checkout");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        if (isnan(value_at(calls, t)))
            assert_true(isnan(value_at(errors, t)));
        else
            assert_true(value_at(errors, t) == 0);
    }
    assert_true(has_warning(at, "checkout_errors_total has no series"));
}

static void labels_tell_whose_a_series_is(void **state)
{
    bench *at = *state;
    FETCH(at, "asked:=sum by (app) (worker_queue)",
          "waits:=sum by (app, pod) (worker_queue)",
          "http_rate:=sum by (job) (rate(http_requests_total[1m]))",
          "redis_load:=max by (job) (redis_cpu)", "seen:=sum by (job) (up)");
    static const char *const wanted[][2] = {{"asked", "worker"},
                                            {"waits{pod=\"a\"}", "worker"},
                                            {"waits{pod=\"b\"}", "worker"},
                                            {"http_rate", "api"},
                                            {"redis_load", "redis"},
                                            {"seen{job=\"api\"}", "api"},
                                            {"seen{job=\"slow\"}", "slow"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_string_equal(track_of(at, wanted[i][0])->variable.service,
                            wanted[i][1]);
}

static void a_status_without_a_series_is_zero_beside_the_others(void **state)
{
    bench *at = *state;
    FETCH(at,
          "bad:=sum by (service) "
          "(increase(http_requests_total{code=~\"5..\"}[1m]))",
          "good_share:=1 - sum(rate(http_requests_total{code=~\"5..\"}[1m])) / "
          "sum(rate(http_requests_total[1m]))");
    const caus_track *bad = track_of(at, "bad");
    const caus_track *share = track_of(at, "good_share");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_ERRORS_FROM_S; t += 60) {
        assert_true(value_at(bad, t) == 0);
        assert_true(value_at(share, t) == 1);
    }
    assert_near(value_at(bad, WORLD_END_S), 120, 3);
    assert_near(value_at(share, WORLD_END_S), 0.8, 0.01);
    assert_string_equal(bad->variable.service, "shop");
}

static void histograms_give_p95_and_calls(void **state)
{
    bench *at = *state;
    FETCH(at, "checkout_duration_seconds", "checkout_duration_seconds_count");
    const caus_track *p95 = track_of(at, "checkout_duration_seconds_p95");
    const caus_track *calls = track_of(at, "checkout_duration_seconds_calls");
    assert_int_equal(at->fetch.samples.track_count, 3);
    assert_int_equal(p95->variable.kind, CAUS_KIND_LATENCY_QUANTILE);
    assert_string_equal(p95->variable.unit, "s");
    for (int64_t t = WORLD_BASELINE_S; t <= WORLD_END_S; t += 60) {
        assert_near(value_at(p95, t), 0.19, 1e-9);
        assert_near(value_at(calls, t), 400, 12);
    }
    FETCH(at, "checkout_duration_seconds_bucket");
    track_of(at, "checkout_duration_seconds_p95");
}

static void pods_that_end_are_missing_afterwards(void **state)
{
    bench *at = *state;
    at->options.by_pod = true;
    FETCH(at, "worker_queue");
    const caus_track *a = track_of(at, "worker_queue{pod=\"a\"}");
    const caus_track *b = track_of(at, "worker_queue{pod=\"b\"}");
    assert_true(value_at(a, WORLD_END_S) == 10);
    assert_true(value_at(b, WORLD_POD_END_S) == 11);
    assert_true(isnan(value_at(b, WORLD_POD_END_S + 60)));
    assert_int_equal(b->time_ns[b->count - 1], WORLD_POD_END_S * second_ns);
    at->options.by_pod = false;
    FETCH(at, "worker_queue");
    a = track_of(at, "worker_queue");
    assert_true(value_at(a, WORLD_POD_END_S) == 10.5);
    assert_true(value_at(a, WORLD_END_S) == 10);
}

static void not_a_number_and_infinite_are_missing(void **state)
{
    bench *at = *state;
    FETCH(at, "odd:=odd_gauge");
    const caus_track *track = track_of(at, "odd");
    assert_int_equal(track->time_ns[0], (WORLD_START_S + 3660) * second_ns);
    assert_true(track->value[0] == 7);
}

static void seldom_scraped_counters_are_widened_with_a_warning(void **state)
{
    bench *at = *state;
    FETCH(at, "slow_total");
    const caus_track *track = track_of(at, "slow_total");
    assert_near(track->variable.scrape_interval_s, 60, 1e-9);
    assert_near(track->variable.rate_window_s, 119, 1);
    assert_near(value_at(track, WORLD_END_S), 60, 3);
    assert_true(has_warning(at, "use --step"));
}

static void wide_windows_are_warned_of(void **state)
{
    bench *at = *state;
    FETCH(at, "r:=rate(payment_requests_total[5m])");
    assert_true(has_warning(at, "write [60s]"));
    assert_near(track_of(at, "r")->variable.rate_window_s, 300, 0);
}

static void three_days_at_15_s_are_split_and_joined(void **state)
{
    bench *at = *state;
    at->options.baseline.step_ns = 0;
    at->options.window = grid_of(WORLD_LONG_S, WORLD_END_S, 15);
    FETCH(at, "long_gauge");
    const caus_track *track = track_of(at, "long_gauge");
    assert_int_equal(track->count, 3 * 86400 / 15 + 1);
    for (size_t i = 0; i < track->count; i++) {
        assert_int_equal(track->time_ns[i],
                         (WORLD_LONG_S + 15 * (int64_t)i) * second_ns);
        assert_true(track->value[i] == (double)i);
    }
    size_t ranges = 0;
    for (size_t i = 0; i < at->fetch.query_count; i++)
        ranges += !!strstr(at->fetch.queries[i].text, "avg_over_time");
    assert_int_equal(ranges, 2);
}

static void a_baseline_apart_is_fetched_apart(void **state)
{
    bench *at = *state;
    at->options.baseline =
        grid_of(WORLD_BASELINE_S, WORLD_BASELINE_S + 3600, 60);
    FETCH(at, "redis_cpu");
    const caus_track *track = track_of(at, "redis_cpu");
    assert_int_equal(track->count, 61 + 121);
    assert_true(isnan(value_at(track, WORLD_BASELINE_S + 7200)));
    assert_true(!isnan(value_at(track, WORLD_START_S)));
}

static caus_status keep_page(void *data, const char *bytes, size_t count,
                             caus_error *err)
{
    (void)err;
    caus_text_add_bytes(data, bytes, count);
    return CAUS_OK;
}

/* Requests to the API that the server itself has counted. */
static long counted_requests(bench *at)
{
    static const char name[] = "prometheus_http_requests_total{";
    caus_text page = {0};
    caus_http *http = NULL;
    caus_http_request request = {.path = "/metrics",
                                 .sink = keep_page,
                                 .sink_data = &page,
                                 .what = "its metrics"};
    caus_http_reply reply;
    assert_int_equal(caus_http_new(&at->endpoint, "Prometheus", &http, NULL),
                     CAUS_OK);
    assert_int_equal(caus_http_perform(http, &request, 1, at->run, at->out,
                                       &reply, &at->err),
                     CAUS_OK);
    caus_http_free(http);
    long sum = 0;
    for (const char *at_name = page.bytes;
         (at_name = strstr(at_name, name)) != NULL; at_name++) {
        const char *end = strchr(at_name, '}');
        const char *handler = strstr(at_name, "handler=\"/api");
        if (end && handler && handler < end)
            sum += strtol(end + 1, NULL, 10);
    }
    caus_text_deinit(&page);
    return sum;
}

static void queries_stay_within_variables_and_five(void **state)
{
    bench *at = *state;
    long before = counted_requests(at);
    FETCH(at, "redis_cpu", "checkout_requests_total", "payment_errors_total",
          "payment_requests_total", "worker_queue", "checkout_duration_seconds",
          "long_gauge");
    assert_true(at->fetch.query_count <= at->fetch.samples.track_count + 5);
    assert_int_equal(counted_requests(at) - before, at->fetch.query_count);
    at->options.max_queries = 5;
    FETCH_FAILS(at, CAUS_ERR_LIMIT, "query budget of 5", "redis_cpu",
                "worker_queue", "long_gauge");
}

static void labels_name_variables_without_doubt(void **state)
{
    bench *at = *state;
    FETCH(at, "q:=quoted");
    assert_int_equal(at->fetch.samples.track_count, 2);
    const caus_track *track = track_of(at, "q{label=\"a\\\"b\\\\c\\nü\"}");
    assert_string_equal(track->variable.labels[0].value, "a\"b\\c\nü");
    track_of(at, "q{label=\"plain\"}");
}

static void too_many_series_say_how_to_narrow(void **state)
{
    bench *at = *state;
    caus_arena_mark mark = caus_arena_get_mark(at->out);
    FETCH_FAILS(at, CAUS_ERR_LIMIT, "sum by (service)", "m:=many");
    assert_int_equal(caus_arena_used_bytes(at->out), mark.total);
    at->options.max_variables = 1000;
    FETCH(at, "m:=many");
    assert_int_equal(at->fetch.samples.track_count, WORLD_PATHS);
}

static void unfit_metrics_are_refused(void **state)
{
    bench *at = *state;
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "info metric", "checkout_build_info");
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "when a counter was made",
                "checkout_requests_created");
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "point in time",
                "checkout_start_time_seconds");
}

static void unknown_metrics_get_the_nearest_names(void **state)
{
    bench *at = *state;
    FETCH_FAILS(at, CAUS_ERR_NOT_FOUND, "redis_cpu", "redis_cpuu");
    FETCH_FAILS(at, CAUS_ERR_NOT_FOUND, "nearest names: payment_requests_total",
                "p:=sum(rate(payment_request_total[1m]))");
    FETCH_FAILS(at, CAUS_ERR_NOT_FOUND, "gave no series",
                "p:=redis_cpu{job=\"other\"}");
    at->options.window = grid_of(WORLD_LONG_S, WORLD_LONG_S + 600, 60);
    at->options.baseline.step_ns = 0;
    FETCH_FAILS(at, CAUS_ERR_NOT_FOUND, "no samples in the window",
                "redis_cpu");
}

static void the_servers_own_words_are_passed_on(void **state)
{
    bench *at = *state;
    FETCH_FAILS(at, CAUS_ERR_SERVER, "parse error", "p:=sum(rate(x[5m])");
    FETCH_FAILS(at, CAUS_ERR_SERVER, "must be Scalar or instant Vector",
                "p:=redis_cpu[5m]");
}

static void an_unreached_server_is_named(void **state)
{
    bench *at = *state;
    at->endpoint.url = "http://127.0.0.1:1";
    FETCH_FAILS(at, CAUS_ERR_NETWORK, "127.0.0.1:1", "redis_cpu");
}

static void bad_windows_are_refused(void **state)
{
    bench *at = *state;
    at->options.window = grid_of(WORLD_END_S, WORLD_START_S, 60);
    FETCH_FAILS(at, CAUS_ERR_INVALID_ARGUMENT, "ends before", "redis_cpu");
    at->options.window = grid_of(9000000000, 9000000060, 60);
    FETCH_FAILS(at, CAUS_ERR_INVALID_ARGUMENT, "future", "redis_cpu");
}

static void tls_passwords_and_certificates_are_checked(void **state)
{
    bench *at = *state;
    const char *certificate = getenv("CAUS_TEST_CERTIFICATE");
    at->endpoint.url = getenv("CAUS_TEST_PROMETHEUS_TLS");
    at->endpoint.ca_file = certificate;
    at->endpoint.cert_file = certificate;
    at->endpoint.key_file = getenv("CAUS_TEST_KEY");
    at->endpoint.user = "caus";
    at->endpoint.password = "open sesame";
    FETCH(at, "redis_cpu");
    at->endpoint.password = "wrong";
    FETCH_FAILS(at, CAUS_ERR_DENIED, "CAUS_PROMETHEUS_PASSWORD", "redis_cpu");
    at->endpoint.user = at->endpoint.password = NULL;
    FETCH_FAILS(at, CAUS_ERR_DENIED, "give credentials", "redis_cpu");
    at->endpoint.ca_file = NULL;
    FETCH_FAILS(at, CAUS_ERR_NETWORK, "CAUS_PROMETHEUS_CA_FILE", "redis_cpu");
    at->endpoint.ca_file = certificate;
    at->endpoint.cert_file = at->endpoint.key_file = NULL;
    FETCH_FAILS(at, CAUS_ERR_NETWORK, "Prometheus", "redis_cpu");
}

static void native_histograms_are_refused(void **state)
{
    bench *at = *state;
    int64_t now_s = native_write(at->endpoint.url, "latency_native", at->run);
    assert_true(now_s > 0);
    at->options.window = grid_of(now_s - 120, now_s, 15);
    at->options.baseline.step_ns = 0;
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "'latency_native' is a native",
                "latency_native");
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "native histograms",
                "mine:=latency_native");
    FETCH(at, "mine:=histogram_quantile(0.9, latency_native)");
}

/* Waits until the server that scrapes itself has done so for four seconds. */
static int64_t wait_for_scrapes(bench *at)
{
    for (int tries = 0; tries < 60; tries++) {
        int64_t now_s = (int64_t)time(NULL);
        at->options.window = grid_of(now_s - 4, now_s, 1);
        if (fetch(at, (const char *const[]){"u:=up", NULL}) == CAUS_OK &&
            at->fetch.samples.tracks[0].count == 5)
            return now_s;
        usleep(250000);
    }
    fail_msg("no scrapes: %s", at->err.message);
    return 0;
}

static void metadata_types_what_is_scraped(void **state)
{
    bench *at = *state;
    at->endpoint.url = getenv("CAUS_TEST_PROMETHEUS_SELF");
    at->options.baseline.step_ns = 0;
    wait_for_scrapes(at);
    FETCH(at, "go_memstats_frees_total", "go_goroutines",
          "prometheus_http_request_duration_seconds",
          "go_gc_duration_seconds_count");
    const struct {
        const char *name;
        caus_kind kind;
        const char *unit;
    } expected[] = {
        {"go_memstats_frees_total", CAUS_KIND_COUNTER_RATE, ""},
        {"go_goroutines", CAUS_KIND_GAUGE, ""},
        {"prometheus_http_request_duration_seconds_p95",
         CAUS_KIND_LATENCY_QUANTILE, "s"},
        {"prometheus_http_request_duration_seconds_calls",
         CAUS_KIND_COUNTER_RATE, "calls"},
        {"go_gc_duration_seconds_count", CAUS_KIND_COUNTER_RATE, ""}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const caus_variable *variable =
            &track_of(at, expected[i].name)->variable;
        assert_int_equal(variable->kind, expected[i].kind);
        assert_string_equal(variable->unit, expected[i].unit);
        assert_near(variable->scrape_interval_s, 0.5, 0.1);
        assert_true(variable->scrape_offset_s >= 0);
        assert_true(variable->scrape_offset_s <= 0.6);
    }
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "is a summary",
                "go_gc_duration_seconds");
    FETCH_FAILS(at, CAUS_ERR_UNSUPPORTED, "info metric", "go_info");
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "write") == 0)
        return world_write(arguments[2]) ? 0 : 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_gauge_is_the_mean_of_the_samples_of_its_step),
        TEST(a_selector_is_never_repeated_by_look_back),
        TEST(counters_count_per_step_through_resets),
        TEST(failed_scrapes_are_missing_not_less),
        TEST(a_dead_instance_counts_as_gone_after_five_minutes),
        TEST(labels_tell_whose_a_series_is),
        TEST(errors_without_a_series_are_zero_beside_calls),
        TEST(a_status_without_a_series_is_zero_beside_the_others),
        TEST(histograms_give_p95_and_calls),
        TEST(pods_that_end_are_missing_afterwards),
        TEST(not_a_number_and_infinite_are_missing),
        TEST(seldom_scraped_counters_are_widened_with_a_warning),
        TEST(wide_windows_are_warned_of),
        TEST(three_days_at_15_s_are_split_and_joined),
        TEST(a_baseline_apart_is_fetched_apart),
        TEST(queries_stay_within_variables_and_five),
        TEST(labels_name_variables_without_doubt),
        TEST(too_many_series_say_how_to_narrow),
        TEST(unfit_metrics_are_refused),
        TEST(unknown_metrics_get_the_nearest_names),
        TEST(the_servers_own_words_are_passed_on),
        TEST(an_unreached_server_is_named),
        TEST(bad_windows_are_refused),
        TEST(tls_passwords_and_certificates_are_checked),
        TEST(native_histograms_are_refused),
        TEST(metadata_types_what_is_scraped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
