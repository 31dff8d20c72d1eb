// SPDX-License-Identifier: Apache-2.0
/* caus_clickhouse_gram() against the rows of the same server: see the script
 * clickhouse_test, which starts it. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "e2e/clickhouse_bench.h"

typedef struct asked {
    const caus_variable_spec *specs;
    size_t count;
    caus_gram_fetch_options options;
} asked;

/* The gram of the rows that the server gives. */
static caus_status try_rows(bench *at, const asked *what, caus_gram *result)
{
    caus_endpoint endpoint = bench_endpoint(at->database_url);
    caus_align_options align = {.window = what->options.fetch.window,
                                .baseline = what->options.fetch.baseline,
                                .keep_phase = true};
    caus_fetch rows;
    caus_series series;
    CAUS_TRY(caus_clickhouse_fetch(&endpoint, what->specs, what->count,
                                   &what->options.fetch, at->run, at->out,
                                   &rows, &at->err));
    CAUS_TRY(caus_series_align(&rows.samples, &align, at->run, at->out, &series,
                               &at->err));
    return caus_gram_build(&series, &what->options.gram, at->run, at->out,
                           result, &at->err);
}

static caus_gram_fetch push_down(bench *at, const asked *what)
{
    caus_endpoint endpoint = bench_endpoint(at->database_url);
    caus_gram_fetch found = {0};
    if (caus_clickhouse_gram(&endpoint, what->specs, what->count,
                             &what->options, at->run, at->out, &found,
                             &at->err) != CAUS_OK)
        fail_msg("%s", at->err.message);
    return found;
}

static void expect_equal(const caus_gram *rows, const caus_gram *sums)
{
    size_t nodes = rows->node_count;
    assert_int_equal(sums->node_count, nodes);
    assert_int_equal(sums->row_count, rows->row_count);
    assert_int_equal(sums->rows_read, rows->rows_read);
    assert_int_equal(sums->rows_in_gap, rows->rows_in_gap);
    assert_int_equal(sums->sources[0].start_ns, rows->sources[0].start_ns);
    assert_int_equal(sums->sources[0].end_ns, rows->sources[0].end_ns);
    assert_string_equal(sums->sources[0].dataset, rows->sources[0].dataset);
    for (size_t v = 0; v < rows->variable_count; v++) {
        assert_string_equal(sums->variables[v].name, rows->variables[v].name);
        assert_string_equal(sums->variables[v].unit, rows->variables[v].unit);
        assert_string_equal(sums->variables[v].query, rows->variables[v].query);
        assert_int_equal(sums->quantum[v], rows->quantum[v]);
    }
    assert_memory_equal(sums->sums, rows->sums, nodes * sizeof *rows->sums);
    assert_memory_equal(sums->products, rows->products,
                        nodes * (nodes + 1) / 2 * sizeof *rows->products);
}

static caus_gram_fetch check(bench *at, const asked *what)
{
    caus_gram rows = {0};
    if (try_rows(at, what, &rows) != CAUS_OK)
        fail_msg("%s", at->err.message);
    caus_gram_fetch sums = push_down(at, what);
    expect_equal(&rows, &sums.gram);
    assert_int_equal(sums.told.samples.track_count, 0);
    return sums;
}

#define SPEC(label, of, what)                                      \
    {                                                              \
        .origin = CAUS_ORIGIN_TRACE, .name = label, .service = of, \
        .trace_value = what                                        \
    }

/* No two in the order of their names; the last one is rare. */
static const caus_variable_spec all[] = {
    SPEC("worker_calls", "worker", CAUS_TRACE_CALLS),
    SPEC("checkout_latency", "checkout", CAUS_TRACE_LATENCY),
    SPEC("checkout_p99", "checkout", CAUS_TRACE_LATENCY_P99),
    SPEC("checkout_errors", "checkout", CAUS_TRACE_ERRORS),
    SPEC("checkout_ratio", "checkout", CAUS_TRACE_ERROR_RATIO),
    SPEC("checkout_avg", "checkout", CAUS_TRACE_LATENCY_AVG),
    SPEC("a_worker_p50", "worker", CAUS_TRACE_LATENCY_P50),
    SPEC("worker_errors", "worker", CAUS_TRACE_ERRORS),
    SPEC("rare_calls", "rare", CAUS_TRACE_CALLS),
};

enum { ALL = sizeof all / sizeof *all };

static void sums_of_the_server_are_those_of_its_rows(void **state)
{
    bench *at = *state;
    const int64_t steps_ns[] = {10 * SECOND_NS, MINUTE_NS, 2 * MINUTE_NS};
    for (size_t s = 0; s < sizeof steps_ns / sizeof *steps_ns; s++)
        for (size_t lag = 0; lag <= 2; lag++) {
            asked what = {
                all, ALL, {.fetch.window = bench_grid(0, 30, steps_ns[s])}};
            what.options.gram = (caus_gram_options){lag, "one"};
            if (s == 0)
                what.count = 2; /* too few spans for the others */
            check(at, &what);
        }
}

/* Gaps are in minutes 10, 20 and 21. */
static void statements_may_be_cut_anywhere(void **state)
{
    bench *at = *state;
    const struct {
        int first, last;
        size_t steps, statements;
    } cuts[] = {{8, 13, 1, 6}, {0, 30, 4, 8}, {0, 30, 10, 4}, {0, 30, 30, 2}};
    for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
        asked what = {
            all + 1,
            4,
            {.fetch.window = bench_grid(cuts[c].first, cuts[c].last, MINUTE_NS),
             .gram.max_lag = 1,
             .statement_steps = cuts[c].steps}};
        caus_gram_fetch sums = check(at, &what);
        assert_int_equal(sums.told.query_count, 2 + cuts[c].statements);
    }
}

static void a_baseline_is_a_segment_of_its_own(void **state)
{
    bench *at = *state;
    asked what = {all,
                  3,
                  {.fetch.window = bench_grid(12, 19, MINUTE_NS),
                   .fetch.baseline = bench_grid(1, 9, MINUTE_NS),
                   .gram.max_lag = 1}};
    check(at, &what);
    what.options.fetch.baseline = bench_grid(0, 11, MINUTE_NS);
    check(at, &what);
}

/* Without any row, of zeros alone, and of one variable. */
static void edge_cases_are_those_of_rows(void **state)
{
    bench *at = *state;
    caus_endpoint endpoint = bench_endpoint(at->database_url);
    asked what = {
        all,
        1,
        {.fetch.window = bench_grid(3, 12, MINUTE_NS), .gram.max_lag = 1}};
    check(at, &what);
    what.specs = all + 7;
    check(at, &what);
    what.specs = all + 1;
    what.count = 2;
    what.options.fetch.window = bench_grid(18, 24, MINUTE_NS);
    what.options.gram.max_lag = 2;
    caus_gram_fetch found = {.gram.row_count = 77};
    assert_int_equal(caus_clickhouse_gram(&endpoint, what.specs, what.count,
                                          &what.options, at->run, at->out,
                                          &found, &at->err),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_int_equal(found.gram.row_count, 77);
    caus_error told = at->err;
    caus_gram rows;
    assert_int_equal(try_rows(at, &what, &rows), CAUS_ERR_TOO_FEW_SAMPLES);
    assert_string_equal(told.message, at->err.message);
}

static void filters_and_odd_names_stay_in_their_quotes(void **state)
{
    bench *at = *state;
    const caus_attribute_filter filters[] = {
        {"app.tenant", "it's \\ blue", CAUS_ATTRIBUTE_EQUALS}};
    caus_variable_spec specs[] = {
        SPEC("blue_p50", "checkout", CAUS_TRACE_LATENCY_P50),
        SPEC("odd", "x' OR '1' = '1", CAUS_TRACE_CALLS),
        SPEC("other", "back\\slash", CAUS_TRACE_ERRORS),
    };
    specs[0].attributes = filters;
    specs[0].attribute_count = 1;
    asked what = {
        specs,
        3,
        {.fetch.window = bench_grid(0, 9, MINUTE_NS), .gram.max_lag = 1}};
    check(at, &what);
}

/* What is said, and that nothing is left behind. */
static void refused(bench *at, const asked *what, const char *url,
                    caus_status wanted, const char *words)
{
    caus_endpoint endpoint = bench_endpoint(url);
    caus_arena_mark mark = caus_arena_get_mark(at->out);
    caus_gram_fetch found;
    caus_status status = caus_clickhouse_gram(
        &endpoint, what->specs, what->count, &what->options, at->run, at->out,
        &found, &at->err);
    if (status != wanted || !strstr(at->err.message, words))
        fail_msg("%d: %s, should hold %s", (int)status, at->err.message, words);
    caus_arena_rewind(at->out, mark);
}

static void what_is_wrong_is_said(void **state)
{
    bench *at = *state;
    asked what = {
        all,
        3,
        {.fetch.window = bench_grid(0, 30, MINUTE_NS), .gram.max_lag = 1}};
    what.options.fetch.max_queries = 2;
    refused(at, &what, at->database_url, CAUS_ERR_LIMIT, "--query-budget");
    what.options.fetch.max_queries = 0;
    what.options.gram.max_lag = 300;
    refused(at, &what, at->database_url, CAUS_ERR_LIMIT, "lower --max-lag");
    what.options.gram.max_lag = 1;
    caus_variable_spec twice[] = {all[0], all[0]};
    asked double_name = {twice, 2, what.options};
    refused(at, &double_name, at->database_url, CAUS_ERR_INVALID_ARGUMENT,
            "asked for twice");
    caus_variable_spec unknown[] = {
        SPEC("chekout_calls", "chekout", CAUS_TRACE_CALLS)};
    asked missing = {unknown, 1, what.options};
    refused(at, &missing, at->database_url, CAUS_ERR_NOT_FOUND, "checkout");
    refused(at, &what, "http://127.0.0.1:1/", CAUS_ERR_NETWORK, "127.0.0.1:1");
    char url[300];
    snprintf(url, sizeof url, "%s/?database=empty", at->url);
    refused(at, &what, url, CAUS_ERR_NOT_FOUND, "no table of spans");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_the_server_are_those_of_its_rows),
        cmocka_unit_test(statements_may_be_cut_anywhere),
        cmocka_unit_test(a_baseline_is_a_segment_of_its_own),
        cmocka_unit_test(edge_cases_are_those_of_rows),
        cmocka_unit_test(filters_and_odd_names_stay_in_their_quotes),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
