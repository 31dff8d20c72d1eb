/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "caus/caus.h"
#include "fault.h"
#include "test.h"

/* What a learner saw of the series it was given. */
typedef struct spy {
    size_t calls;
    size_t rows[400];
    double sums[400];
    size_t fewest_rows; /* of a segment */
} spy;

/* Links 0 → 1 at lag 1 when the call is even. */
static caus_status watch(const void *data, const caus_series *series,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    (void)run;
    spy *s = *(spy *const *)data;
    double sum = 0;
    for (size_t k = 0; k < series->segment_count; k++) {
        const caus_segment *segment = &series->segments[k];
        if (segment->row_count < s->fewest_rows)
            s->fewest_rows = segment->row_count;
        for (size_t r = 0; r < segment->row_count; r++)
            if (!caus_segment_is_missing(segment, r, 0))
                sum += segment->values[r * series->variable_count];
    }
    s->rows[s->calls] = caus_series_row_count(series);
    s->sums[s->calls] = sum;
    *result = (caus_discovery){.complete = true};
    CAUS_TRY(
        caus_graph_init(&result->graph, series->variable_count, 1, out, err));
    if (s->calls++ % 2 == 0)
        caus_graph_set(&result->graph, 0, 1, 1, CAUS_MARK_TAIL,
                       CAUS_MARK_ARROW);
    else
        caus_graph_set(&result->graph, 0, 1, 0, CAUS_MARK_CIRCLE,
                       CAUS_MARK_CIRCLE);
    return CAUS_OK;
}

enum { ROWS = 200 };

typedef struct stage {
    caus_arena *arena;
    caus_run *run;
    caus_series series;
    spy seen;
    spy *data;
} stage;

static void set_up(stage *s, int64_t step_ns)
{
    static double values[ROWS * 2];
    for (size_t r = 0; r < ROWS; r++) {
        values[2 * r] = (double)r;
        values[2 * r + 1] = r % 50 ? 1 : (double)NAN;
    }
    *s = (stage){.seen.fewest_rows = SIZE_MAX};
    s->data = &s->seen;
    s->arena = caus_arena_new(0);
    assert_int_equal(caus_run_new(NULL, &s->run, NULL), CAUS_OK);
    assert_int_equal(caus_series_from_values(NULL, 2, values, ROWS, step_ns,
                                             s->arena, &s->series, NULL),
                     CAUS_OK);
}

static void tear_down(stage *s)
{
    caus_run_free(s->run);
    caus_arena_free(s->arena);
}

static caus_discovery two_links(stage *s)
{
    caus_discovery made = {.complete = true};
    assert_int_equal(caus_graph_init(&made.graph, 2, 1, s->arena, NULL),
                     CAUS_OK);
    caus_graph_set(&made.graph, 0, 1, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&made.graph, 0, 1, 0, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    return made;
}

static void shares_count_replicates(void **state)
{
    (void)state;
    stage s;
    set_up(&s, 1000000000);
    caus_discovery found = two_links(&s);
    caus_stability_options options = caus_stability_options_default();
    options.replicates = 10;
    options.longest_lag = 2;
    options.block_rows = 7;
    assert_int_equal(caus_discovery_add_stability(&s.series, watch, &s.data,
                                                  &options, s.run, s.arena,
                                                  &found, NULL),
                     CAUS_OK);
    assert_int_equal(s.seen.calls, 10);
    assert_true(found.complete);
    size_t lagged = caus_graph_cell(&found.graph, 0, 1, 1);
    size_t now = caus_graph_cell(&found.graph, 0, 1, 0);
    assert_true(found.stability[lagged] == .5);
    assert_true(found.orientation_stability[lagged] == 1);
    assert_true(found.stability[now] == .5);
    assert_true(found.orientation_stability[now] == 0);
    /* 198 rows have a past; blocks of 7 make 29 segments with 2 rows of it */
    for (size_t k = 0; k < 10; k++)
        assert_int_equal(s.seen.rows[k], 198 + 29 * 2);
    assert_true(s.seen.fewest_rows > 2);
    assert_true(s.seen.sums[0] != s.seen.sums[1]);
    tear_down(&s);
}

static void halves_hold_half_of_the_rows_once(void **state)
{
    (void)state;
    stage s;
    set_up(&s, 0);
    caus_discovery found = two_links(&s);
    caus_stability_options options = caus_stability_options_default();
    options.resampling = CAUS_RESAMPLE_HALF;
    options.replicates = 200;
    assert_int_equal(caus_discovery_add_stability(&s.series, watch, &s.data,
                                                  &options, s.run, s.arena,
                                                  &found, NULL),
                     CAUS_OK);
    double mean = 0;
    for (size_t k = 0; k < options.replicates; k++) {
        assert_int_equal(s.seen.rows[k], ROWS / 2);
        mean += s.seen.sums[k] / (double)options.replicates;
    }
    /* every row as often as the others: 9,950 within 4 standard errors */
    assert_true(fabs(mean - 9950) < 4 * 408.2 / sqrt(200.0));
    tear_down(&s);
}

static void the_same_seed_gives_the_same_draws(void **state)
{
    (void)state;
    stage a, b;
    caus_stability_options options = caus_stability_options_default();
    options.replicates = 5;
    set_up(&a, 0);
    set_up(&b, 0);
    caus_discovery first = two_links(&a), second = two_links(&b);
    assert_int_equal(caus_discovery_add_stability(&a.series, watch, &a.data,
                                                  &options, a.run, a.arena,
                                                  &first, NULL),
                     CAUS_OK);
    assert_int_equal(caus_discovery_add_stability(&b.series, watch, &b.data,
                                                  &options, b.run, b.arena,
                                                  &second, NULL),
                     CAUS_OK);
    assert_memory_equal(a.seen.sums, b.seen.sums, 5 * sizeof *a.seen.sums);
    tear_down(&a);
    tear_down(&b);
}

static void missing_values_stay_missing_in_blocks(void **state)
{
    (void)state;
    stage s;
    set_up(&s, 1000000000);
    caus_discovery found = two_links(&s);
    /* column 1 alone has holes; make it the one the spy sums */
    const size_t keep[] = {1, 0};
    caus_series turned;
    assert_int_equal(
        caus_series_select(&s.series, keep, 2, s.arena, &turned, NULL),
        CAUS_OK);
    caus_stability_options options = caus_stability_options_default();
    options.replicates = 20;
    options.longest_lag = 3;
    options.block_rows = 70;
    assert_int_equal(caus_discovery_add_stability(&turned, watch, &s.data,
                                                  &options, s.run, s.arena,
                                                  &found, NULL),
                     CAUS_OK);
    for (size_t k = 0; k < 20; k++) {
        assert_true(
            isfinite(s.seen.sums[k])); /* no NaN was taken for a value */
        assert_true(s.seen.sums[k] < (double)s.seen.rows[k]);
    }
    tear_down(&s);
}

/* PCMCI by the general way: its planted link is stable, no other one is. */
static caus_status run_pcmci(const void *data, const caus_series *series,
                             const caus_run *run, caus_arena *out,
                             caus_discovery *result, caus_error *err)
{
    return caus_discover_pcmci(series, data, run, out, result, err);
}

static void a_planted_link_is_stable(void **state)
{
    (void)state;
    enum { N = 3, T = 300 };
    static double values[T * N];
    uint32_t noise = 5;
    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < N; i++) {
            noise = noise * 1664525 + 1013904223;
            values[t * N + i] = (double)noise / 0x1p32 - .5;
        }
        if (t)
            values[t * N + 1] += .6 * values[(t - 1) * N];
    }
    stage s;
    set_up(&s, 0);
    caus_series series;
    assert_int_equal(caus_series_from_values(NULL, N, values, T, 1000000000,
                                             s.arena, &series, NULL),
                     CAUS_OK);
    caus_pcmci_options pcmci = caus_pcmci_options_default();
    pcmci.max_lag = 2;
    pcmci.alpha = .001;
    caus_discovery found;
    assert_int_equal(
        caus_discover_pcmci(&series, &pcmci, s.run, s.arena, &found, NULL),
        CAUS_OK);
    caus_stability_options options = caus_stability_options_default();
    options.longest_lag = 2 * pcmci.max_lag;
    assert_int_equal(caus_discovery_add_stability(&series, run_pcmci, &pcmci,
                                                  &options, s.run, s.arena,
                                                  &found, NULL),
                     CAUS_OK);
    assert_true(found.stability[caus_graph_cell(&found.graph, 0, 1, 1)] > .98);
    assert_true(found.stability[caus_graph_cell(&found.graph, 1, 2, 1)] < .2);
    tear_down(&s);
}

static void sensitivity_counts_settings_that_search_the_lag(void **state)
{
    (void)state;
    stage s;
    set_up(&s, 1000000000);
    caus_discovery found = {.complete = true};
    assert_int_equal(caus_graph_init(&found.graph, 2, 3, s.arena, NULL),
                     CAUS_OK);
    caus_graph_set(&found.graph, 0, 1, 1, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    caus_graph_set(&found.graph, 0, 1, 3, CAUS_MARK_TAIL, CAUS_MARK_ARROW);
    const void *settings[4] = {&s.data, &s.data, &s.data, &s.data};
    assert_int_equal(caus_discovery_add_sensitivity(&s.series, watch, settings,
                                                    4, s.run, s.arena, &found,
                                                    NULL),
                     CAUS_OK);
    assert_true(found.sensitivity[caus_graph_cell(&found.graph, 0, 1, 1)] ==
                .5);
    assert_true(
        isnan(found.sensitivity[caus_graph_cell(&found.graph, 0, 1, 3)]));
    tear_down(&s);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    bool refused = true;
    for (long n = 0; refused; n++) {
        stage s;
        set_up(&s, 1000000000);
        caus_discovery found = two_links(&s);
        caus_stability_options options = caus_stability_options_default();
        options.replicates = 2;
        options.longest_lag = 1;
        fault_fail_after(n);
        caus_status status = caus_discovery_add_stability(
            &s.series, watch, &s.data, &options, s.run, s.arena, &found, NULL);
        refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_int_equal(found.stability == NULL, refused);
        tear_down(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_count_replicates),
        cmocka_unit_test(halves_hold_half_of_the_rows_once),
        cmocka_unit_test(the_same_seed_gives_the_same_draws),
        cmocka_unit_test(missing_values_stay_missing_in_blocks),
        cmocka_unit_test(a_planted_link_is_stable),
        cmocka_unit_test(sensitivity_counts_settings_that_search_the_lag),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
