/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/incident.h"
#include "fault.h"
#include "test.h"

enum { ROWS = 300, VARIABLES = 5, START = 180, END = 240 };

static const char *const names[VARIABLES] = {
    "pay_latency", "auth_latency", "pay_errors", "shop_calls", "idle_ratio"};

typedef struct extent_bench {
    caus_arena *arena;
    caus_run *run;
    double values[ROWS * VARIABLES];
    caus_variable variables[VARIABLES];
    caus_environment environment;
    caus_segment segment;
    caus_series series;
} extent_bench;

static int set_up(void **state)
{
    static extent_bench made;
    made = (extent_bench){.arena = caus_arena_new(0)};
    caus_random random;
    caus_random_init(&random, 5, 0);
    double memory[VARIABLES] = {0};
    for (size_t t = 0; t < ROWS; t++) {
        double *row = &made.values[t * VARIABLES];
        for (int v = 0; v < VARIABLES; v++)
            memory[v] = .4 * memory[v] + caus_random_normal(&random);
        row[0] = 10 + memory[0];
        row[1] = 20 + memory[1];
        row[2] = floor(fabs(memory[2]));
        row[3] = 500 + 20 * memory[3];
        row[4] = 1;
    }
    for (int v = 0; v < VARIABLES; v++) {
        made.variables[v] = caus_variable_default();
        made.variables[v].name = names[v];
    }
    made.environment = (caus_environment){0, "window"};
    made.segment = (caus_segment){.row_count = ROWS,
                                  .word_count = (ROWS + 63) / 64,
                                  .start_ns = 60000000000,
                                  .values = made.values};
    made.series = (caus_series){.variable_count = VARIABLES,
                                .variables = made.variables,
                                .segment_count = 1,
                                .segments = &made.segment,
                                .environment_count = 1,
                                .environments = &made.environment,
                                .step_ns = 60000000000};
    caus_error err;
    *state = &made;
    return caus_run_new(NULL, &made.run, &err) != CAUS_OK || !made.arena;
}

static int tear_down(void **state)
{
    extent_bench *made = *state;
    caus_run_free(made->run);
    caus_arena_free(made->arena);
    return 0;
}

static void shift(extent_bench *made, size_t variable, double by, size_t from,
                  size_t to)
{
    for (size_t t = from; t < to; t++)
        made->values[t * VARIABLES + variable] += by;
}

static caus_extent find(extent_bench *made, const caus_series *series)
{
    caus_extent found;
    caus_error err;
    if (caus_incident_find(series, made->run, &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

static void a_quiet_window_has_no_incident(void **state)
{
    extent_bench *made = *state;
    caus_extent found = find(made, &made->series);
    assert_false(found.found);
    assert_true(found.evidence < 30);
}

static void beginning_and_end_are_found_to_the_row(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, START, END);
    shift(made, 2, 6, START, END);
    caus_extent found = find(made, &made->series);
    assert_true(found.found && found.has_end);
    assert_in_range(found.onset.row, START - 1, START + 1);
    assert_in_range(found.end_row, END - 1, END + 1);
    assert_int_equal(found.onset.time_ns,
                     (int64_t)(found.onset.row + 1) * 60000000000);
    assert_int_equal(found.end_ns, (int64_t)found.end_row * 60000000000);
    assert_true(found.evidence > 1.5 * found.rival);
}

/* Its own rows are no noise: the interval was wider than the incident. */
static void few_healthy_rows_still_tell_the_onset(void **state)
{
    extent_bench *made = *state;
    made->segment.row_count = 120;
    shift(made, 0, 8, 72, 96);
    shift(made, 2, 6, 72, 96);
    caus_extent found = find(made, &made->series);
    assert_true(found.found);
    assert_in_range(found.onset.row, 70, 74);
    assert_in_range(found.onset.last_row - found.onset.first_row, 0, 16);
}

static void an_incident_may_last_to_the_end(void **state)
{
    extent_bench *made = *state;
    shift(made, 1, 9, START, ROWS);
    caus_extent found = find(made, &made->series);
    assert_true(found.found);
    assert_false(found.has_end);
    assert_in_range(found.onset.row, START - 1, START + 1);
}

/* Which of two levels is the usual one cannot be told from the longer part. */
static void what_comes_first_is_the_norm(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, -9, 0, 120);
    caus_extent found = find(made, &made->series);
    assert_true(found.found);
    assert_false(found.has_end);
    assert_in_range(found.onset.row, 119, 121);
}

static void a_recovery_is_no_onset(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 9, 0, 120);
    assert_false(find(made, &made->series).found);
}

static void load_alone_is_no_incident(void **state)
{
    extent_bench *made = *state;
    shift(made, 3, 400, START, END);
    assert_false(find(made, &made->series).found);
}

/* What all variables share says no more than one of them. */
static void shared_noise_counts_once(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 2, START, END);
    caus_extent alone = find(made, &made->series);
    double usual = 0;
    for (size_t t = 0; t < ROWS; t++) {
        double *row = &made->values[t * VARIABLES];
        usual += row[0] / ROWS;
        row[1] = 10 + 2 * row[0];
        row[4] = 3 + row[0] / 10;
    }
    caus_extent together = find(made, &made->series);
    assert_true(usual > 10 && alone.evidence > 0);
    assert_true(together.evidence > .5 * alone.evidence);
    assert_true(together.evidence < 1.5 * alone.evidence);
    caus_random random;
    caus_random_init(&random, 6, 0);
    double memory = 0;
    for (size_t t = 0; t < ROWS; t++) {
        memory = .4 * memory + caus_random_normal(&random);
        made->values[t * VARIABLES + 1] =
            20 + memory + (t >= START && t < END ? 2 : 0);
        made->values[t * VARIABLES + 4] = 1;
    }
    double both = find(made, &made->series).evidence;
    assert_true(both > 1.2 * together.evidence);
}

static void small_lasting_shifts_are_found(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 4, START, ROWS);
    caus_extent found = find(made, &made->series);
    assert_true(found.found);
    assert_in_range(found.onset.row, START - 3, START + 3);
}

/* A level fits it from its middle on. */
static void a_ramp_is_followed_to_its_beginning(void **state)
{
    extent_bench *made = *state;
    for (size_t t = START; t < START + 32; t++)
        shift(made, 0, .25, t, END);
    caus_extent ramp = find(made, &made->series);
    assert_true(ramp.found);
    assert_in_range(ramp.onset.row, START - 4, START + 4);
    assert_in_range(ramp.onset.first_row, START - 16, START);
    assert_in_range(ramp.onset.last_row, START + 4, START + 20);
}

static void a_ramp_soon_after_the_first_row_has_an_onset(void **state)
{
    extent_bench *made = *state;
    for (size_t t = 16; t < 48; t++)
        shift(made, 0, .5, t, 120);
    caus_extent ramp = find(made, &made->series);
    assert_true(ramp.found && ramp.has_end);
    assert_in_range(ramp.onset.row, 16, 40);
    assert_in_range(ramp.end_row, 119, 121);
}

static void latency_that_falls_is_no_incident(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, -8, START, END);
    assert_false(find(made, &made->series).found);
}

/* Ten rows in which a system starts are no norm. */
static void a_start_is_no_time_before_an_onset(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, -9, 0, 10);
    shift(made, 1, -9, 0, 10);
    assert_false(find(made, &made->series).found);
}

static void equal_excursions_are_habit(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, 60, 90);
    shift(made, 0, 8, START, START + 30);
    assert_false(find(made, &made->series).found);
}

static int64_t time_of(const extent_bench *made, size_t row)
{
    return made->segment.start_ns + (int64_t)row * made->series.step_ns;
}

/* Whichever of them is the one that says a little more. */
static void of_two_alike_both_are_told(void **state)
{
    extent_bench *made = *state;
    caus_error err;
    const char *said;
    const size_t first = 100, second = 200;
    shift(made, 0, 8, first, first + 15);
    shift(made, 1, 8, second, second + 15);
    caus_extent found = find(made, &made->series);
    assert_false(found.found);
    assert_true(found.repeats);
    bool is_later = found.onset.row > ROWS / 2;
    assert_int_equal(found.onset.row, is_later ? second : first);
    size_t other = is_later ? first : second;
    assert_int_equal(found.other_start_ns, time_of(made, other));
    assert_int_equal(found.other_end_ns, time_of(made, other + 14));
    assert_int_equal(caus_incident_say_repeat(&found, made->arena, &said, &err),
                     CAUS_OK);
    assert_non_null(strstr(said, "--around"));
    assert_non_null(strstr(said, is_later ? "T01:41:00Z to 1970-01-01T01:55"
                                          : "T03:21:00Z to 1970-01-01T03:35"));
}

static void what_is_alone_is_not_said_to_repeat(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, START, END);
    caus_extent found = find(made, &made->series);
    assert_true(found.found);
    assert_false(found.repeats);
}

static caus_extent find_near(extent_bench *made, size_t row)
{
    caus_error err;
    caus_near_rows rows;
    caus_extent found = {0};
    const int64_t step_ns = made->series.step_ns;
    const caus_noticed seen = {time_of(made, row), 30 * step_ns, 25 * step_ns};
    if (caus_incident_rows_near(&made->series, &seen, made->arena, &rows,
                                &err) != CAUS_OK ||
        caus_incident_find_near(&rows, made->run, &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    assert_int_equal(caus_series_row_count(&rows.series), rows.row_count);
    assert_true(rows.row_count <= row + 26);
    return found;
}

static void of_two_incidents_the_time_tells_which(void **state)
{
    extent_bench *made = *state;
    const size_t first = 100, second = 200;
    shift(made, 0, 8, first, first + 15);
    shift(made, 0, 8, second, second + 15);
    shift(made, 1, 8, second, second + 15);
    for (size_t row = 0; row < 15; row++) {
        caus_extent one = find_near(made, first + row);
        caus_extent other = find_near(made, second + row);
        assert_true(one.found && other.found);
        assert_false(one.repeats || other.repeats);
        assert_int_equal(one.onset.row, first);
        assert_int_equal(one.end_row, first + 15);
        assert_int_equal(other.onset.row, second);
        assert_int_equal(other.end_row, second + 15);
    }
    assert_false(find_near(made, 160).found);
    assert_false(find_near(made, ROWS - 1).found);
}

static void order_of_columns_and_gaps_change_nothing(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, START, END);
    shift(made, 1, 8, START + 1, END);
    caus_extent one = find(made, &made->series);
    const size_t order[VARIABLES] = {4, 2, 0, 3, 1};
    caus_series other;
    caus_error err;
    assert_int_equal(caus_series_select(&made->series, order, VARIABLES,
                                        made->arena, &other, &err),
                     CAUS_OK);
    caus_extent again = find(made, &other);
    assert_true(one.found);
    assert_memory_equal(&one.evidence, &again.evidence, sizeof(double));
    assert_int_equal(one.onset.row, again.onset.row);
    uint64_t missing[VARIABLES * ((ROWS + 63) / 64)] = {0};
    missing[0] = 0xff00;
    made->segment.missing = missing;
    again = find(made, &made->series);
    assert_int_equal(one.onset.row, again.onset.row);
    assert_int_equal(one.end_row, again.end_row);
}

static void rows_after_the_end_are_baseline_again(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, START, END);
    caus_extent extent = find(made, &made->series);
    caus_series parts;
    caus_error err;
    assert_int_equal(caus_incident_split(&made->series, &extent, 5, made->arena,
                                         &parts, &err),
                     CAUS_OK);
    assert_int_equal(parts.segment_count, 3);
    assert_int_equal(parts.segments[0].environment, 0);
    assert_int_equal(parts.segments[1].environment, 1);
    assert_int_equal(parts.segments[2].environment, 0);
    assert_int_equal(parts.segments[0].row_count, extent.onset.first_row - 5);
    assert_int_equal(parts.segments[2].row_count, ROWS - extent.end_row - 5);
    const caus_segment *incident = &parts.segments[1];
    size_t first = (size_t)(incident->start_ns / 60000000000) - 1;
    assert_true(first > extent.onset.last_row);
    assert_true(first + incident->row_count <= extent.end_row);
}

/* A margin as wide as a short incident would leave nothing of it. */
static void a_margin_leaves_three_quarters_of_an_incident(void **state)
{
    extent_bench *made = *state;
    caus_extent extent = {.found = true, .has_end = true, .end_row = 220};
    extent.onset = (caus_onset){
        .found = true, .row = 200, .first_row = 200, .last_row = 200};
    caus_series parts;
    caus_error err;
    assert_int_equal(caus_incident_split(&made->series, &extent, 20,
                                         made->arena, &parts, &err),
                     CAUS_OK);
    assert_true(parts.segments[1].row_count >= 12);
    extent.onset.first_row = 20;
    assert_int_equal(caus_incident_split(&made->series, &extent, 20,
                                         made->arena, &parts, &err),
                     CAUS_ERR_TOO_FEW_SAMPLES);
    assert_non_null(strstr(err.message, "margin of 20"));
}

static void every_lost_allocation_is_an_error(void **state)
{
    extent_bench *made = *state;
    shift(made, 0, 8, START, END);
    for (long n = 0;; n++) {
        caus_run_options one = caus_run_options_default();
        one.threads = 1;
        caus_run *run;
        caus_error err;
        assert_int_equal(caus_run_new(&one, &run, &err), CAUS_OK);
        caus_arena *arena = caus_arena_new(0);
        caus_extent found = {.evidence = -1};
        caus_series parts;
        fault_fail_after(n);
        caus_status status =
            caus_incident_find(&made->series, run, &found, &err);
        if (status == CAUS_OK)
            status = caus_incident_split(&made->series, &found, 5, arena,
                                         &parts, &err);
        else
            assert_true(found.evidence < 0);
        bool refused = fault_stop();
        caus_arena_free(arena);
        caus_run_free(run);
        if (!refused) {
            assert_int_equal(status, CAUS_OK);
            break;
        }
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
    }
}

static caus_status search_near(const extent_bench *made, const caus_run *run,
                               caus_arena *arena, const char **said,
                               caus_error *err)
{
    const caus_noticed seen = {time_of(made, ROWS - 1), ROWS, 0};
    caus_near_rows rows;
    caus_extent found;
    CAUS_TRY(caus_incident_rows_near(&made->series, &seen, arena, &rows, err));
    CAUS_TRY(caus_incident_find_near(&rows, run, &found, err));
    return caus_incident_say_repeat(&found, arena, said, err);
}

static void every_allocation_lost_near_a_time_is_an_error(void **state)
{
    extent_bench *made = *state;
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    for (long n = 0; status != CAUS_OK; n++) {
        caus_run_options one = caus_run_options_default();
        one.threads = 1;
        caus_run *run;
        caus_error err;
        const char *said = NULL;
        assert_int_equal(caus_run_new(&one, &run, &err), CAUS_OK);
        caus_arena *arena = caus_arena_new(0);
        fault_fail_after(n);
        status = search_near(made, run, arena, &said, &err);
        bool refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_true(refused == !said);
        caus_arena_free(arena);
        caus_run_free(run);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_quiet_window_has_no_incident),
        TEST(beginning_and_end_are_found_to_the_row),
        TEST(few_healthy_rows_still_tell_the_onset),
        TEST(an_incident_may_last_to_the_end),
        TEST(what_comes_first_is_the_norm),
        TEST(a_recovery_is_no_onset),
        TEST(load_alone_is_no_incident),
        TEST(shared_noise_counts_once),
        TEST(small_lasting_shifts_are_found),
        TEST(a_ramp_is_followed_to_its_beginning),
        TEST(a_ramp_soon_after_the_first_row_has_an_onset),
        TEST(latency_that_falls_is_no_incident),
        TEST(a_start_is_no_time_before_an_onset),
        TEST(equal_excursions_are_habit),
        TEST(of_two_alike_both_are_told),
        TEST(what_is_alone_is_not_said_to_repeat),
        TEST(of_two_incidents_the_time_tells_which),
        TEST(order_of_columns_and_gaps_change_nothing),
        TEST(rows_after_the_end_are_baseline_again),
        TEST(a_margin_leaves_three_quarters_of_an_incident),
        TEST(every_lost_allocation_is_an_error),
        TEST(every_allocation_lost_near_a_time_is_an_error),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
