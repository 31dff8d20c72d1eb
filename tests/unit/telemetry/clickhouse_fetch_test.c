// SPDX-License-Identifier: Apache-2.0
/* caus_clickhouse_fetch() and caus_clickhouse_gram() against a server that
 * plays back bodies. */
#include "test.h"

#include "fault.h"
#include "unit/telemetry/clickhouse_player.h"

enum { FIRST = 29361781, ROWS = 6 };
static const int64_t step_ns = 60000000000;

/* Bodies, the most particular words first. */
enum { SUMS, SURVEY, COLUMNS_BODY, SPANS, PRESENCE };

static void fill(player *at)
{
    at->bodies[SPANS].holds = "GROUP BY caus_step, caus_entry";
    at->bodies[PRESENCE].holds = "GROUP BY caus_step";
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t step = FIRST + 2 * i; /* every other step is empty */
        unsigned char entry = 1;
        uint64_t spans = 60 + i;
        double quantiles[2] = {1e8, 2e8};
        player_put(&at->bodies[SPANS], &step, 4);
        player_put(&at->bodies[SPANS], &entry, 1);
        player_put(&at->bodies[SPANS], &spans, 8);
        player_put(&at->bodies[SPANS], quantiles, 16);
        step++;
        player_put(&at->bodies[PRESENCE], &step, 4);
    }
}

static void fill_survey(player *at)
{
    const uint32_t values[] = {CAUS_TRACE_CALLS, CAUS_TRACE_LATENCY_P50,
                               CAUS_TRACE_LATENCY_P95};
    const double largest[] = {65, .5, .75};
    player_body *body = &at->bodies[SURVEY];
    body->holds = "quantileExact";
    for (size_t i = 0; i < 3; i++) {
        unsigned char entry = 1;
        uint64_t steps = ROWS, median = 60, thin = 0;
        player_put(body, &entry, 1);
        player_put(body, &values[i], 4);
        player_put(body, &steps, 8);
        player_put(body, &median, 8);
        player_put(body, &thin, 8);
        player_put(body, &largest[i], 8);
    }
}

/* Six rows: heads, two sums and four products, all in the first word. */
static void fill_sums(player *at)
{
    const uint64_t words[] = {ROWS, ROWS, 1, 11, 12, 0, 30, 40, 50, 60, 60, 70};
    player_body *body = &at->bodies[SUMS];
    body->holds = "arrayConcat";
    body->count = 0;
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint32_t place = i + 1;
        uint64_t row[5] = {words[i]};
        if (!words[i])
            continue;
        player_put(body, &place, 4);
        player_put(body, row, sizeof row);
    }
}

static int set_up(void **state)
{
    player *at = calloc(1, sizeof *at);
    *state = at;
    player_put_columns(&at->bodies[COLUMNS_BODY]);
    fill(at);
    fill_survey(at);
    fill_sums(at);
    return player_start(at);
}

static const caus_variable_spec specs[] = {{.origin = CAUS_ORIGIN_TRACE,
                                            .name = "cart_latency",
                                            .service = "cart",
                                            .trace_value = CAUS_TRACE_LATENCY},
                                           {.origin = CAUS_ORIGIN_TRACE,
                                            .name = "cart_calls",
                                            .service = "cart",
                                            .trace_value = CAUS_TRACE_CALLS}};

static caus_status push_down(player *at, int retries, caus_arena *out,
                             caus_gram_fetch *result, caus_error *err)
{
    caus_gram_fetch_options options = {
        .fetch.window = {FIRST * step_ns, (FIRST + 2 * ROWS - 1) * step_ns,
                         step_ns}};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = retries, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status = caus_clickhouse_gram(&endpoint, specs, 2, &options, run, out,
                                      result, err);
    caus_run_free(run);
    return status;
}

static caus_status fetch(player *at, int retries, caus_arena *out,
                         caus_fetch *result, caus_error *err)
{
    caus_fetch_options options = {
        .window = {FIRST * step_ns, (FIRST + 2 * ROWS - 1) * step_ns, step_ns}};
    caus_endpoint endpoint = {
        .url = at->url, .timeout_s = 10, .retries = retries, .parallel = 1};
    caus_run_options run_options = {.threads = 1};
    caus_run *run = NULL;
    caus_status status = caus_run_new(&run_options, &run, err);
    if (status == CAUS_OK)
        status = caus_clickhouse_fetch(&endpoint, specs, 2, &options, run, out,
                                       result, err);
    caus_run_free(run);
    return status;
}

static void bodies_become_tracks(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_fetch got;
    caus_error err;
    if (fetch(at, 0, out, &got, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(got.samples.track_count, 2);
    assert_int_equal(got.samples.tracks[0].count, ROWS);
    assert_true(got.samples.tracks[0].value[0] == 0.2);
    assert_int_equal(got.samples.tracks[1].count, 2 * ROWS);
    assert_true(got.samples.tracks[1].value[0] == 60);
    assert_true(got.samples.tracks[1].value[1] == 0);
    assert_int_equal(got.query_count, 3);
    assert_true(got.clock_skew_s != got.clock_skew_s);
    caus_arena_free(out);
}

static void a_retried_reply_is_counted_once(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_fetch got;
    caus_error err;
    at->fail_first = 1;
    if (fetch(at, 2, out, &got, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(got.samples.tracks[1].count, 2 * ROWS);
    caus_arena_free(out);
}

static void expect_failure(player *at, caus_status wanted, const char *words)
{
    caus_arena *out = caus_arena_new(0);
    caus_fetch got = {.query_count = 77};
    caus_error err;
    caus_status status = fetch(at, 0, out, &got, &err);
    if (status != wanted || !strstr(err.message, words))
        fail_msg("%s: %s\nlacks %s", caus_status_name(status), err.message,
                 words);
    assert_int_equal(got.query_count, 77);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void broken_bodies_of_status_200_are_refused(void **state)
{
    player *at = *state;
    static const char error[] = "Code: 241, e.displayText() = DB::Exception: "
                                "Memory limit (for query) exceeded, e.what() "
                                "= DB::Exception";
    player whole = *at;
    player_put(&at->bodies[SPANS], error, sizeof error - 1);
    expect_failure(at, CAUS_ERR_LIMIT, "the span query of cart");
    at->bodies[SPANS].count = whole.bodies[SPANS].count - 1;
    expect_failure(at, CAUS_ERR_SERVER, "in the middle of a row");
    at->bodies[SPANS].count = whole.bodies[SPANS].count;
    memcpy(at->bodies[SPANS].bytes, "<html>", 6);
    expect_failure(at, CAUS_ERR_SERVER, "usually 8123");
    memcpy(at->bodies[SPANS].bytes, whole.bodies[SPANS].bytes, 6);
    at->bodies[COLUMNS_BODY].bytes[0] =
        'x'; /* a text of 120 bytes, garbage behind it */
    expect_failure(at, CAUS_ERR_SERVER, "");
    at->bodies[COLUMNS_BODY].bytes[0] = whole.bodies[COLUMNS_BODY].bytes[0];
    at->fail_first = 1;
    expect_failure(at, CAUS_ERR_SERVER, "HTTP 503");
}

static void fetching_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_fetch got = {.query_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status = fetch(at, 0, out, &got, &err);
        bool refused = fault_stop();
        if (refused) {
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            assert_int_equal(got.query_count, 77);
            assert_int_equal(caus_arena_used_bytes(out), 0);
        }
        caus_arena_free(out);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
    }
}

static void sums_become_a_gram(void **state)
{
    player *at = *state;
    caus_arena *out = caus_arena_new(0);
    caus_gram_fetch got;
    caus_error err;
    at->fail_first = 1; /* a retried reply is not counted twice */
    assert_int_equal(push_down(at, 1, out, &got, &err), CAUS_OK);
    const caus_gram *gram = &got.gram;
    assert_int_equal(gram->row_count, ROWS);
    assert_int_equal(gram->rows_read, 2 * ROWS);
    assert_int_equal(gram->rows_in_gap, ROWS);
    assert_string_equal(gram->variables[0].name, "cart_calls");
    assert_int_equal(gram->quantum[0], 8 - 66);
    assert_int_equal(gram->quantum[1], 0 - 66);
    assert_int_equal(gram->sums[0].word[0], 30);
    assert_int_equal(gram->sums[1].word[0], 40);
    assert_int_equal(gram->products[0].word[0], 50);
    assert_int_equal(gram->products[1].word[0], 60);
    assert_int_equal(gram->products[2].word[0], 70);
    assert_int_equal(gram->sources[0].start_ns, FIRST * step_ns);
    assert_int_equal(gram->sources[0].end_ns, (FIRST + 10) * step_ns);
    caus_arena_free(out);
}

static void expect_refusal(player *at, const char *words)
{
    caus_arena *out = caus_arena_new(0);
    caus_gram_fetch got;
    caus_error err;
    assert_int_equal(push_down(at, 0, out, &got, &err), CAUS_ERR_SERVER);
    if (!strstr(err.message, words))
        fail_msg("%s, should hold %s", err.message, words);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_arena_free(out);
}

static void sums_that_cannot_be_true_are_refused(void **state)
{
    player *at = *state;
    const uint32_t no_place = 13, first = 1;
    const uint64_t too_many = 2 * ROWS + 1;
    memcpy(at->bodies[SUMS].bytes + 4, &too_many, 8); /* more rows than steps */
    expect_refusal(at, "contradict each other");
    fill_sums(at);
    memcpy(at->bodies[SUMS].bytes + 44, &first, 4); /* a place comes twice */
    expect_refusal(at, "usually 8123");
    memcpy(at->bodies[SUMS].bytes + 44, &no_place, 4);
    expect_refusal(at, "usually 8123");
    fill_sums(at);
    at->bodies[SUMS].count -= 5;
    expect_refusal(at, "in the middle of a row");
    fill_sums(at);
    at->bodies[SURVEY].bytes[1] = 99; /* no value of spans */
    expect_refusal(at, "usually 8123");
    at->bodies[SURVEY].bytes[1] = CAUS_TRACE_CALLS;
}

static void summing_survives_each_failed_allocation(void **state)
{
    player *at = *state;
    for (long n = 0;; n++) {
        caus_arena *out = caus_arena_new(0);
        caus_gram_fetch got = {.gram.row_count = 77};
        caus_error err;
        fault_fail_after(n);
        caus_status status = push_down(at, 0, out, &got, &err);
        bool refused = fault_stop();
        if (refused) {
            assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
            assert_int_equal(got.gram.row_count, 77);
            assert_int_equal(caus_arena_used_bytes(out), 0);
        }
        caus_arena_free(out);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_become_tracks),
        cmocka_unit_test(a_retried_reply_is_counted_once),
        cmocka_unit_test(broken_bodies_of_status_200_are_refused),
        cmocka_unit_test(fetching_survives_each_failed_allocation),
        cmocka_unit_test(sums_become_a_gram),
        cmocka_unit_test(sums_that_cannot_be_true_are_refused),
        cmocka_unit_test(summing_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, player_stop);
}
