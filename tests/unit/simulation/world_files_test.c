// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "fault.h"
#include "test.h"
#include "unit/simulation/world_made.h"

static const char *file_of(world_made *made, caus_world_file file,
                           size_t *length)
{
    const char *text = NULL;
    caus_status status = caus_world_write(
        &made->world, file, made->run, made->arena, &text, length, &made->err);
    assert_int_equal(status, CAUS_OK);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void a_seed_gives_the_same_bytes_again(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DEPLOY);
    options.duration_ns = 600 * world_second_ns;
    options.fault_at_ns = 300 * world_second_ns;
    world_made one = world_make(&options, 5), two = world_make(&options, 5);
    world_made other = world_make(&options, 6);
    for (int f = 0; f < CAUS_WORLD_FILE_COUNT; f++) {
        size_t lengths[3];
        caus_world_file file = (caus_world_file)f;
        const char *a = file_of(&one, file, &lengths[0]);
        const char *b = file_of(&two, file, &lengths[1]);
        const char *c = file_of(&other, file, &lengths[2]);
        assert_int_equal(lengths[0], lengths[1]);
        assert_memory_equal(a, b, lengths[0]);
        if (file != CAUS_WORLD_TABLE && file != CAUS_WORLD_LOG_TABLE)
            assert_true(lengths[0] != lengths[2] ||
                        memcmp(a, c, lengths[0]) != 0);
        assert_true(strlen(caus_world_file_name(file)) > 3);
    }
    world_free(&one);
    world_free(&two);
    world_free(&other);
}

static void tables_have_a_row_for_each_thing(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    world_made made = world_make(&options, 7);
    const caus_world *world = &made.world;
    size_t length;
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_SERIES, &length)),
                     81);
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_GAUGES, &length)),
                     81);
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_TOPOLOGY, &length)),
                     world->call_count + 1);
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_CHANGES, &length)),
                     world->change_count + 1);
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_LOGS, &length)),
                     world->log_count);
    assert_int_equal(count_lines(file_of(&made, CAUS_WORLD_LOG_ROWS, &length)),
                     world->log_count + 1);
    const char *spans = file_of(&made, CAUS_WORLD_SPANS, &length);
    assert_int_equal(count_lines(spans), world->span_count + 1);
    assert_int_equal(
        count_lines(file_of(&made, CAUS_WORLD_CLICKHOUSE, &length)),
        world->span_count + 1);
    assert_non_null(strstr(spans, "\n0,")); /* before the fault */
    assert_non_null(strstr(spans, "\n1,"));
    world_free(&made);
}

/* Zeros before a number are no number to ClickHouse. */
static void a_span_that_took_no_time_takes_zero(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 3);
    assert_int_equal(made.status, CAUS_OK);
    caus_world_span span = made.world.spans[0];
    span.duration_us = 0;
    made.world.spans = &span;
    made.world.span_count = 1;
    size_t length;
    const char *rows = file_of(&made, CAUS_WORLD_CLICKHOUSE, &length);
    assert_non_null(strstr(rows, "\t0\tUnset\t\n"));
    world_free(&made);
}

static void error_counters_are_not_there_before_the_first_error(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 8);
    size_t length;
    const char *text = file_of(&made, CAUS_WORLD_METRICS, &length);
    assert_non_null(strstr(text, "request_errors_total{"));
    for (const char *at = text;
         (at = strstr(at, "request_errors_total{")) != NULL; at++) {
        const char *value = strstr(at, "} ") + 2;
        assert_true(strtod(value, NULL) >= 1);
    }
    assert_non_null(strstr(text, "request_duration_seconds_bucket{"));
    assert_non_null(strstr(text, ",le=\"+Inf\"} "));
    assert_string_equal(text + length - 6, "# EOF\n");
    world_free(&made);
}

static void the_truth_names_root_onset_and_effects(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    options.fault_size = 0.3;
    world_made made = world_make(&options, 3);
    const caus_world *world = &made.world;
    size_t length;
    const char *text = file_of(&made, CAUS_WORLD_TRUTH, &length);
    json_error_t wrong;
    json_t *truth = json_loads(text, 0, &wrong);
    assert_non_null(truth);
    assert_string_equal(json_string_value(json_object_get(truth, "root")),
                        world->services[world->root].name);
    double onset = json_number_value(json_object_get(truth, "onset"));
    assert_true(fabs(onset - (1772442000.0 + 720)) <= 1e-3);
    assert_int_equal(json_array_size(json_object_get(truth, "edges")),
                     world->edge_count);
    bool found = false;
    json_t *affected = json_object_get(truth, "affected_services");
    for (size_t i = 0; i < json_array_size(affected); i++)
        found = found || strcmp(json_string_value(json_array_get(affected, i)),
                                world->services[world->root].name) == 0;
    assert_true(found);
    json_decref(truth);
    world_free(&made);
}

static const json_t *first_of(const json_t *object, const char *key)
{
    return json_array_get(json_object_get(object, key), 0);
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The object on each line of a text, one after the other; NULL at its end. */
static json_t *next_line(const char **text)
{
    if (!**text)
        return NULL;
    size_t length = strcspn(*text, "\n");
    json_t *object = json_loadb(*text, length, 0, NULL);
    assert_non_null(object);
    *text += length + 1;
    return object;
}

static void otlp_holds_every_span_once(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_ERRORS);
    world_made made = world_make(&options, 4);
    size_t length, spans = 0, failed = 0, expected = 0;
    const char *text = file_of(&made, CAUS_WORLD_OTLP_TRACES, &length);
    json_t *line;
    while ((line = next_line(&text)) != NULL) {
        const json_t *list = json_object_get(
            first_of(first_of(line, "resourceSpans"), "scopeSpans"), "spans");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *span = json_array_get(list, i);
            const json_t *status = json_object_get(span, "status");
            assert_int_equal(strlen(text_of(span, "traceId")), 32);
            assert_int_equal(strlen(text_of(span, "spanId")), 16);
            assert_true(strcmp(text_of(span, "startTimeUnixNano"),
                               text_of(span, "endTimeUnixNano")) <= 0);
            failed += json_integer_value(json_object_get(status, "code")) == 2;
            spans++;
        }
        json_decref(line);
    }
    for (size_t i = 0; i < made.world.span_count; i++)
        expected += made.world.spans[i].failed;
    assert_int_equal(spans, made.world.span_count);
    assert_true(expected > 0);
    assert_int_equal(failed, expected);
    world_free(&made);
}

static uint64_t sum_of_texts(const json_t *list)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        sum += strtoull(json_string_value(json_array_get(list, i)), NULL, 10);
    return sum;
}

static void otlp_buckets_add_up_to_the_requests(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_DELAY);
    world_made made = world_make(&options, 4);
    size_t length, points = 0, up = 0;
    const char *text = file_of(&made, CAUS_WORLD_OTLP_METRICS, &length);
    json_t *line;
    while ((line = next_line(&text)) != NULL) {
        const json_t *metric = first_of(
            first_of(first_of(line, "resourceMetrics"), "scopeMetrics"),
            "metrics");
        const json_t *list =
            json_object_get(json_object_get(metric, "histogram"), "dataPoints");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *point = json_array_get(list, i);
            const json_t *counts = json_object_get(point, "bucketCounts");
            assert_int_equal(sum_of_texts(counts),
                             strtoull(text_of(point, "count"), NULL, 10));
            assert_int_equal(
                json_array_size(counts),
                json_array_size(json_object_get(point, "explicitBounds")) + 1);
            points++;
        }
        json_decref(line);
    }
    for (size_t i = 0; i < made.world.scrape_count; i++)
        up += made.world.scrapes[i].is_up;
    assert_int_equal(points, up);
    world_free(&made);
}

static void a_healthy_truth_has_no_onset(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    world_made made = world_make(&options, 3);
    size_t length;
    const char *text = file_of(&made, CAUS_WORLD_TRUTH, &length);
    assert_non_null(strstr(text, "\"fault\": \"none\""));
    assert_null(strstr(text, "onset"));
    assert_null(strstr(text, "effects"));
    world_free(&made);
}

static void there_is_no_file_after_the_last(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    options.duration_ns = 600 * world_second_ns;
    world_made made = world_make(&options, 3);
    const char *text;
    size_t length;
    assert_int_equal(caus_world_write(&made.world, CAUS_WORLD_FILE_COUNT,
                                      made.run, made.arena, &text, &length,
                                      &made.err),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_string_equal(caus_world_file_name(CAUS_WORLD_FILE_COUNT), "");
    world_free(&made);
}

static void running_out_of_memory_while_writing_is_an_error(void **state)
{
    (void)state;
    caus_world_options options = world_made_options(CAUS_WORLD_NONE);
    options.services = 3;
    options.duration_ns = 600 * world_second_ns;
    world_made made = world_make(&options, 3);
    for (int f = 0; f < CAUS_WORLD_FILE_COUNT; f++) {
        bool refused = true;
        for (long allowed = 0; refused; allowed++) {
            caus_arena *arena = caus_arena_new(0);
            const char *text;
            size_t length;
            fault_fail_after(allowed);
            caus_status status =
                caus_world_write(&made.world, (caus_world_file)f, made.run,
                                 arena, &text, &length, &made.err);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            caus_arena_free(arena);
        }
    }
    world_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_bytes_again),
        cmocka_unit_test(tables_have_a_row_for_each_thing),
        cmocka_unit_test(a_span_that_took_no_time_takes_zero),
        cmocka_unit_test(error_counters_are_not_there_before_the_first_error),
        cmocka_unit_test(the_truth_names_root_onset_and_effects),
        cmocka_unit_test(otlp_holds_every_span_once),
        cmocka_unit_test(otlp_buckets_add_up_to_the_requests),
        cmocka_unit_test(a_healthy_truth_has_no_onset),
        cmocka_unit_test(there_is_no_file_after_the_last),
        cmocka_unit_test(running_out_of_memory_while_writing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
