/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "csv_fixture.h"

static const int64_t second_ns = INT64_C(1000000000);

static int open_bench(void **state)
{
    csv_bench *bench = malloc(sizeof *bench);
    if (!bench)
        return 1;
    csv_bench_open(bench, 0);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    csv_bench_close(*state);
    free(*state);
    return 0;
}

static void a_time_column_gives_start_and_step(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench,
                                    "time,web_latency,db_errors\n"
                                    "1761706800,0.5,1\n"
                                    "1761706860,-1e-3,2\n"
                                    "1761706920,+7,3\n",
                                    NULL),
                     CAUS_OK);
    const caus_series *series = &bench->series;
    assert_int_equal(series->variable_count, 2);
    assert_int_equal(series->segment_count, 1);
    assert_int_equal(series->step_ns, 60 * second_ns);
    const caus_segment *segment = &series->segments[0];
    assert_int_equal(segment->row_count, 3);
    assert_int_equal(segment->word_count, 1);
    assert_int_equal(segment->start_ns, 1761706800 * second_ns);
    assert_null(segment->missing);
    assert_true(csv_bench_value(bench, 0, 0) == 0.5);
    assert_true(csv_bench_value(bench, 1, 0) == -1e-3);
    assert_true(csv_bench_value(bench, 2, 0) == 7);
    assert_true(csv_bench_value(bench, 2, 1) == 3);
    assert_string_equal(series->variables[0].name, "web_latency");
    assert_string_equal(series->variables[0].service, "web");
    assert_string_equal(series->variables[0].source, "csv");
    assert_string_equal(series->variables[1].service, "db");
    assert_int_equal(series->environment_count, 1);
    assert_int_equal(series->environments[0].id, 0);
    assert_string_equal(series->environments[0].name, "window");
}

static void every_way_to_write_times_gives_the_same_grid(void **state)
{
    csv_bench *bench = *state;
    static const char *const texts[] = {
        "time,a\n1761706800,1\n1761706800.5,2\n",
        "time,a\n1761706800000,1\n1761706800500,2\n",
        "time,a\n1761706800000000,1\n1761706800500000,2\n",
        "time,a\n1761706800000000000,1\n1761706800500000000,2\n",
        "Time,a\n2025-10-29T03:00:00Z,1\n2025-10-29T03:00:00.5Z,2\n",
        "time,a\n2025-10-29 04:00:00+01:00,1\n2025-10-29T03:00:00.500-00:00,2",
        "\"time\",a\n\"1761706800\",1\n 1761706800.500 ,2\n",
        "time,a\n1.7617068e9,1\n1.7617068005E9,2\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(csv_bench_read(bench, texts[i], NULL), CAUS_OK);
        assert_int_equal(bench->series.step_ns, second_ns / 2);
        assert_int_equal(bench->series.segments[0].start_ns,
                         1761706800 * second_ns);
        assert_int_equal(bench->series.segments[0].row_count, 2);
        assert_true(csv_bench_value(bench, 1, 0) == 2);
    }
}

static void rows_left_out_are_missing_and_the_step_divides_all(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(
        csv_bench_read(bench, "time,a,b\n0,1,2\n20,3,4\n50,5,6\n", NULL),
        CAUS_OK);
    assert_int_equal(bench->series.step_ns, 10 * second_ns);
    assert_int_equal(bench->series.segments[0].row_count, 6);
    for (size_t row = 0; row < 6; row++)
        for (size_t column = 0; column < 2; column++) {
            bool there = row == 0 || row == 2 || row == 5;
            assert_int_equal(csv_bench_missing(bench, row, column), !there);
            assert_int_equal(isnan(csv_bench_value(bench, row, column)) != 0,
                             !there);
        }
    assert_true(csv_bench_value(bench, 5, 1) == 6);
}

static void a_step_that_divides_the_times_is_kept(void **state)
{
    csv_bench *bench = *state;
    caus_csv_options options = {.step_ns = 5 * second_ns};
    assert_int_equal(csv_bench_read(bench, "time,a\n3,1\n13,2\n", &options),
                     CAUS_OK);
    assert_int_equal(bench->series.step_ns, 5 * second_ns);
    assert_int_equal(bench->series.segments[0].start_ns, 3 * second_ns);
    assert_int_equal(bench->series.segments[0].row_count, 3);
    assert_true(csv_bench_missing(bench, 1, 0));
}

static void a_coarser_step_averages_the_rows_of_a_bin(void **state)
{
    csv_bench *bench = *state;
    caus_csv_options options = {.step_ns = 10 * second_ns};
    assert_int_equal(
        csv_bench_read(bench, "time,a\n1,1\n4,3\n10,5\n11,7\n20,\n", &options),
        CAUS_OK);
    assert_int_equal(bench->series.segments[0].start_ns, 10 * second_ns);
    assert_int_equal(bench->series.segments[0].row_count, 2);
    assert_true(csv_bench_value(bench, 0, 0) == 3);
    assert_true(csv_bench_value(bench, 1, 0) == 7);
    assert_string_equal(bench->series.environments[0].name, "window");
}

static void empty_nan_and_infinite_cells_are_missing(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench,
                                    "a,b,c,d\n"
                                    "1,,NaN,nan\n"
                                    "-Inf,+Inf,inf,Infinity\n"
                                    "\"\", ,\"2\",1e999\n"
                                    " 3 ,\t4,\"5\",-6\n",
                                    NULL),
                     CAUS_OK);
    static const bool missing[4][4] = {{false, true, true, true},
                                       {true, true, true, true},
                                       {true, true, false, true},
                                       {false, false, false, false}};
    for (size_t row = 0; row < 4; row++)
        for (size_t column = 0; column < 4; column++) {
            assert_int_equal(csv_bench_missing(bench, row, column),
                             missing[row][column]);
            assert_int_equal(isnan(csv_bench_value(bench, row, column)) != 0,
                             missing[row][column]);
        }
    assert_true(csv_bench_value(bench, 2, 2) == 2);
    assert_true(csv_bench_value(bench, 3, 1) == 4);
}

static void without_time_rows_are_steps(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench, "a,b\n1,2\n3,4\n", NULL), CAUS_OK);
    assert_int_equal(bench->series.step_ns, second_ns);
    assert_int_equal(bench->series.segments[0].start_ns, 0);
    caus_csv_options options = {.step_ns = 15 * second_ns};
    assert_int_equal(csv_bench_read(bench, "a,b\n1,2\n3,4\n", &options),
                     CAUS_OK);
    assert_int_equal(bench->series.step_ns, 15 * second_ns);
    assert_int_equal(bench->series.segments[0].row_count, 2);
}

static void a_table_has_no_step_and_may_have_a_column_time(void **state)
{
    csv_bench *bench = *state;
    caus_csv_options options = {.table = true};
    assert_int_equal(csv_bench_read(bench, "age,time\n31,2\n30,1\n", &options),
                     CAUS_OK);
    assert_int_equal(bench->series.step_ns, 0);
    assert_int_equal(bench->series.variable_count, 2);
    assert_true(csv_bench_value(bench, 1, 1) == 1);
}

static void without_a_header_columns_are_numbered(void **state)
{
    csv_bench *bench = *state;
    caus_csv_options options = {.no_header = true};
    assert_int_equal(csv_bench_read(bench, "1.5,2\n3,4\n", &options), CAUS_OK);
    assert_int_equal(bench->series.segments[0].row_count, 2);
    assert_string_equal(bench->series.variables[0].name, "x0");
    assert_string_equal(bench->series.variables[1].name, "x1");
    assert_true(csv_bench_value(bench, 0, 0) == 1.5);
}

static void names_may_be_quoted_and_hold_commas_and_umlauts(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench,
                                    "\"sum(a, b)\",\"say \"\"hi\"\"\", größe "
                                    ",\"\xe6\x99\x82\"\n1,2,3,4\n",
                                    NULL),
                     CAUS_OK);
    assert_int_equal(bench->series.variable_count, 4);
    assert_string_equal(bench->series.variables[0].name, "sum(a, b)");
    assert_string_equal(bench->series.variables[1].name, "say \"hi\"");
    assert_string_equal(bench->series.variables[2].name, "größe");
    assert_string_equal(bench->series.variables[3].name, "\xe6\x99\x82");
}

static void line_ends_and_a_byte_order_mark_do_not_matter(void **state)
{
    csv_bench *bench = *state;
    static const char *const texts[] = {
        "a,b\n1,\n3,4\n",
        "a,b\n1,\n3,4",
        "a,b\r\n1,\r\n3,4\r\n",
        "a,b\r\n1,\r\n3,4",
        "\357\273\277a,b\n1,\n3,4\n",
        "a,b\n1,\n3,4\n\n\r\n  \n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(csv_bench_read(bench, texts[i], NULL), CAUS_OK);
        assert_int_equal(bench->series.segments[0].row_count, 2);
        assert_string_equal(bench->series.variables[0].name, "a");
        assert_true(csv_bench_missing(bench, 0, 1));
        assert_true(csv_bench_value(bench, 1, 1) == 4);
    }
}

static void blank_lines_of_a_single_column_are_missing_values(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench, "a\n1\n\n\n4\n\n", NULL), CAUS_OK);
    assert_int_equal(bench->series.segments[0].row_count, 4);
    assert_true(csv_bench_missing(bench, 1, 0));
    assert_true(csv_bench_missing(bench, 2, 0));
    assert_true(csv_bench_value(bench, 3, 0) == 4);
}

static void values_are_rounded_as_strtod_rounds_them(void **state)
{
    csv_bench *bench = *state;
    static const char *const numbers[] = {"0.1",
                                          "1e23",
                                          "9007199254740993",
                                          "5e-324",
                                          "2.2250738585072011e-308",
                                          "1.7976931348623157e308",
                                          "123456789012345678901234567890",
                                          "0.30000000000000004"};
    char text[512] = "a\n";
    size_t count = sizeof numbers / sizeof numbers[0];
    for (size_t i = 0; i < count; i++) {
        strcat(text, numbers[i]);
        strcat(text, "\n");
    }
    assert_int_equal(csv_bench_read(bench, text, NULL), CAUS_OK);
    for (size_t i = 0; i < count; i++)
        assert_true(csv_bench_value(bench, i, 0) == strtod(numbers[i], NULL));
}

/* Decimals of every length, short and long ones taking different ways. */
static void random_decimals_are_rounded_as_strtod_rounds_them(void **state)
{
    csv_bench *bench = *state;
    enum { COUNT = 20000, TEXT_BYTES = 32 };
    char *text = malloc((size_t)COUNT * TEXT_BYTES);
    double *expected = malloc(COUNT * sizeof *expected);
    assert_non_null(text);
    assert_non_null(expected);
    size_t length = (size_t)sprintf(text, "a\n");
    uint64_t bits = 1;
    for (int i = 0; i < COUNT; i++) {
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        int before = (int)(bits >> 60) % 10, after = (int)(bits >> 40) % 12;
        char *number = text + length;
        length +=
            (size_t)sprintf(number, "%s%.*s.%.*s\n", bits >> 30 & 1 ? "-" : "",
                            before + 1, &"9007199254740993"[bits % 5], after,
                            &"31415926535897932"[bits % 4]);
        expected[i] = strtod(number, NULL);
    }
    csv_file file = csv_file_of_bytes(text, length);
    assert_int_equal(caus_csv_read(file.path, NULL, bench->run, bench->out,
                                   &bench->series, &bench->error),
                     CAUS_OK);
    assert_memory_equal(bench->series.segments[0].values, expected,
                        COUNT * sizeof *expected);
    close(file.descriptor);
    free(text);
    free(expected);
}

/* A window of a CSV file and the samples a server would give for it. */
static void a_window_has_the_bytes_of_a_server_with_equal_data(void **state)
{
    csv_bench *bench = *state;
    enum { ROWS = 40, GAP = 7 };
    char text[4096] = "time,a_calls,b_latency\n";
    int64_t times[ROWS];
    double a[ROWS], b[ROWS];
    for (int i = 0; i < ROWS; i++) {
        times[i] = (i + 1) * 60 * second_ns;
        a[i] = i * 0.1;
        b[i] = i == GAP ? (double)NAN : 1.0 / (i + 1);
        char b_text[32] = "";
        if (i != GAP)
            snprintf(b_text, sizeof b_text, "%.17g", b[i]);
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "%d,%.17g,%s\n", (i + 1) * 60, a[i], b_text);
    }
    const int64_t minute = 60 * second_ns;
    caus_csv_options options = {.baseline = {2 * minute, 20 * minute, minute},
                                .window = {24 * minute, 45 * minute, minute}};
    assert_int_equal(csv_bench_read(bench, text, &options), CAUS_OK);

    caus_track tracks[2] = {{.count = ROWS, .time_ns = times, .value = a},
                            {.count = ROWS, .time_ns = times, .value = b}};
    for (int i = 0; i < 2; i++) {
        tracks[i].variable = caus_variable_default();
        tracks[i].variable.name = i ? "b_latency" : "a_calls";
        tracks[i].variable.source = "prometheus";
    }
    caus_samples samples = {2, tracks};
    caus_align_options align = {.window = options.window,
                                .baseline = options.baseline};
    caus_series server;
    assert_int_equal(caus_series_align(&samples, &align, bench->run, bench->out,
                                       &server, NULL),
                     CAUS_OK);
    char from_file[65], from_server[65];
    caus_series_hash(&bench->series, from_file);
    caus_series_hash(&server, from_server);
    assert_string_equal(from_file, from_server);
    assert_int_equal(bench->series.segment_count, 2);
    assert_int_equal(bench->series.segments[0].environment, 0);
    assert_string_equal(bench->series.environments[0].name, "baseline");
    assert_string_equal(bench->series.environments[1].name, "incident");
    assert_int_equal(bench->series.segments[1].row_count, 22);
    assert_true(bench->series.segments[1].values[0] == a[23]);
    assert_string_equal(bench->series.variables[0].source, "csv");
}

static void a_window_without_baseline_has_one_environment(void **state)
{
    csv_bench *bench = *state;
    caus_csv_options options = {
        .window = {2 * second_ns, 3 * second_ns, second_ns}};
    assert_int_equal(
        csv_bench_read(bench, "time,a\n1,1\n2,2\n3,3\n4,4\n", &options),
        CAUS_OK);
    assert_int_equal(bench->series.segment_count, 1);
    assert_string_equal(bench->series.environments[0].name, "window");
    assert_int_equal(bench->series.segments[0].row_count, 2);
    assert_true(csv_bench_value(bench, 1, 0) == 3);
}

static void a_topology_names_the_service_of_a_column(void **state)
{
    csv_bench *bench = *state;
    static const char *const services[] = {"checkout_api"};
    caus_topology topology = {.service_count = 1, .services = services};
    caus_csv_options options = {.topology = &topology};
    assert_int_equal(csv_bench_read(bench, "checkout_api_queue\n1\n", &options),
                     CAUS_OK);
    assert_string_equal(bench->series.variables[0].service, "checkout_api");
}

static void labels_in_braces_name_the_service_of_a_column(void **state)
{
    csv_bench *bench = *state;
    static const char *const expected[] = {"order",  "pay",  "cart", "mail",
                                           "cache",  "web",  "http", "a\"b",
                                           "broken", "open", "shop", "shop"};
    assert_int_equal(
        csv_bench_read(
            bench,
            "\"http_latency{service=\"\"order\"\",code=\"\"500\"\"}\","
            "\"x{job=\"\"all\"\", service_name = \"\"pay\"\" }\","
            "x{app=cart},\"cpu{job=\"\"k8s\"\",pod=\"\"mail-7c9f8d-xk2p4\"\"}"
            "\","
            "\"cpu{pod=\"\"cache-0\"\"}\",y{job=\"web\"},"
            "\"http_latency{code=\"\"500\"\",le=\"\"1\"\"}\","
            "\"z{service=\"\"a\\\"\"b\"\"}\",\"broken_cpu{service="
            "\"\"order\"\"\","
            "\"open_cpu{service=\"\"order}\",shop_cpu{service=\"\"},shop_"
            "slots\n"
            "1,2,3,4,5,6,7,8,9,10,11,12\n",
            NULL),
        CAUS_OK);
    assert_int_equal(bench->series.variable_count, 12);
    for (size_t i = 0; i < 12; i++)
        assert_string_equal(bench->series.variables[i].service, expected[i]);
    const caus_variable *first = &bench->series.variables[0];
    assert_int_equal(first->label_count, 2);
    assert_string_equal(first->labels[1].name, "code");
    assert_string_equal(first->labels[1].value, "500");
    assert_int_equal(bench->series.variables[8].label_count, 0);
    assert_int_equal(bench->series.variables[9].label_count, 0);
}

/* As Prometheus' text format allows it. */
static void a_comma_may_stand_behind_the_last_label(void **state)
{
    csv_bench *bench = *state;
    static const char *const expected[] = {"order", "pay", "cart", "cart",
                                           "cart"};
    assert_int_equal(
        csv_bench_read(bench,
                       "\"latency{service=\"\"order\"\",}\","
                       "\"latency{code=\"\"500\"\", service=\"\"pay\"\" , }\","
                       "\"cart_latency{,}\","
                       "\"cart_latency{service=\"\"pay\"\",,}\","
                       "\"cart_latency{,service=\"\"pay\"\"}\"\n"
                       "1,2,3,4,5\n",
                       NULL),
        CAUS_OK);
    static const size_t counts[] = {1, 2, 0, 0, 0};
    for (size_t i = 0; i < 5; i++) {
        const caus_variable *read = &bench->series.variables[i];
        assert_string_equal(read->service, expected[i]);
        assert_int_equal(read->label_count, counts[i]);
    }
}

static void a_column_belongs_to_a_service_that_others_tell(void **state)
{
    csv_bench *bench = *state;
    assert_int_equal(csv_bench_read(bench,
                                    "order_service_slots,order_service_cpu\n"
                                    "1,2\n",
                                    NULL),
                     CAUS_OK);
    assert_string_equal(bench->series.variables[0].service, "order_service");
    assert_string_equal(bench->series.variables[1].service, "order_service");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_column_gives_start_and_step),
        cmocka_unit_test(every_way_to_write_times_gives_the_same_grid),
        cmocka_unit_test(rows_left_out_are_missing_and_the_step_divides_all),
        cmocka_unit_test(a_step_that_divides_the_times_is_kept),
        cmocka_unit_test(a_coarser_step_averages_the_rows_of_a_bin),
        cmocka_unit_test(empty_nan_and_infinite_cells_are_missing),
        cmocka_unit_test(without_time_rows_are_steps),
        cmocka_unit_test(a_table_has_no_step_and_may_have_a_column_time),
        cmocka_unit_test(without_a_header_columns_are_numbered),
        cmocka_unit_test(names_may_be_quoted_and_hold_commas_and_umlauts),
        cmocka_unit_test(line_ends_and_a_byte_order_mark_do_not_matter),
        cmocka_unit_test(blank_lines_of_a_single_column_are_missing_values),
        cmocka_unit_test(values_are_rounded_as_strtod_rounds_them),
        cmocka_unit_test(random_decimals_are_rounded_as_strtod_rounds_them),
        cmocka_unit_test(a_window_has_the_bytes_of_a_server_with_equal_data),
        cmocka_unit_test(a_window_without_baseline_has_one_environment),
        cmocka_unit_test(a_topology_names_the_service_of_a_column),
        cmocka_unit_test(labels_in_braces_name_the_service_of_a_column),
        cmocka_unit_test(a_comma_may_stand_behind_the_last_label),
        cmocka_unit_test(a_column_belongs_to_a_service_that_others_tell),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
