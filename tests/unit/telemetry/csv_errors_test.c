/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "csv_fixture.h"
#include "fault.h"

typedef struct fault_case {
    const char *text;
    const char *says[4]; /* what the sentence must hold */
    caus_status status;
} fault_case;

static void expect_fault(const fault_case *expected,
                         const caus_csv_options *options)
{
    csv_bench bench;
    csv_bench_open(&bench, 0);
    const caus_series untouched = {.variable_count = 77};
    bench.series = untouched;
    size_t used = caus_arena_used_bytes(bench.out);
    caus_status status = csv_bench_read(&bench, expected->text, options);
    if (status != expected->status)
        fail_msg("status %d for '%s': %s", (int)status, expected->text,
                 bench.error.message);
    for (size_t i = 0; i < 4 && expected->says[i]; i++)
        if (!strstr(bench.error.message, expected->says[i]))
            fail_msg("'%s' does not say '%s'", bench.error.message,
                     expected->says[i]);
    assert_int_equal(bench.series.variable_count, 77);
    assert_int_equal(caus_arena_used_bytes(bench.out), used);
    csv_bench_close(&bench);
}

static void faults_in_rows_name_line_column_and_value(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        {"time,a,b\n0,1,2\n1,1\n",
         {"line 3", "2 cells", "line 1 has 3", "'b'"},
         CAUS_ERR_INVALID_DATA},
        {"a,b\n1,2,3\n",
         {"line 2", "3 cells", "line 1 has 2"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n5\n6,1\n", {"line 2", "1 cells"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,2\n3,high\n",
         {"line 3", "column 'b'", "'high'", "empty"},
         CAUS_ERR_INVALID_DATA},
        {"a,b\n1,2 3\n", {"line 2", "'b'", "'2 3'"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,0x10\n", {"'0x10' is no number"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,+-2\n", {"'+-2' is no number"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,\"2\n",
         {"line 2", "quote", "column 2"},
         CAUS_ERR_INVALID_DATA},
        {"a,b\n1,\"2\"3\n", {"line 2", "quote"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,2\n\n3,4\n", {"line 3 is blank"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n1,\xff\xfe\n",
         {"line 2", "'?"
                    "?'"},
         CAUS_ERR_INVALID_DATA},
        {"a\n1\n2\r3\n", {"line 3"}, CAUS_ERR_INVALID_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(&cases[i], NULL);
}

static void faults_in_times_name_line_and_both_times(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        {"time,a\n60,1\n120,2\n90,3\n",
         {"line 4", "00:01:30Z", "00:02:00Z", "sort"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n60,1\n60,2\n",
         {"line 3", "00:01:00Z", "twice", "one row"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n2025-10-29 03:00:00,1\n",
         {"line 2", "no zone", "append Z", "2025-10-29 03:00:00"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n0,1\nnoon,2\n",
         {"line 3", "'noon'", "unix"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n2025-10-29T03:00:00Z,1\n1761706860,2\n",
         {"line 3", "'1761706860'", "RFC 3339"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n2025-02-29T03:00:00Z,1\n",
         {"line 2", "2025-02-29"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n,1\n", {"line 2", "column time"}, CAUS_ERR_INVALID_DATA},
        {"time,a\n0,1\n99999999999999999999,2\n",
         {"line 3"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n-9000000000,1\n9000000000,2\n",
         {"line 3", "292 years"},
         CAUS_ERR_INVALID_DATA},
        {"time,a\n5,1\n", {"one row", "--step"}, CAUS_ERR_TOO_FEW_SAMPLES},
        {"time,a\n0,1\n1.000001,1\n20,1\n",
         {"1 µs", "--step", "averaged"},
         CAUS_ERR_INVALID_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(&cases[i], NULL);
}

static void faults_in_the_header_name_the_column(void **state)
{
    (void)state;
    static const fault_case cases[] = {
        {"a,b,a\n1,2,3\n",
         {"columns 1 and 3", "'a'", "rename"},
         CAUS_ERR_INVALID_DATA},
        {"a,,c\n1,2,3\n", {"column 2 has no name"}, CAUS_ERR_INVALID_DATA},
        {"a,\"\"\n1,2\n", {"column 2 has no name"}, CAUS_ERR_INVALID_DATA},
        {"a,b\xff\n1,2\n",
         {"column 2", "'b?'", "UTF-8"},
         CAUS_ERR_INVALID_DATA},
        {"a,\"b\n\",c\n1,2,3\n",
         {"line 1", "quote is not closed"},
         CAUS_ERR_INVALID_DATA},
        {"a,time\n1,2\n", {"time is column 2", "first"}, CAUS_ERR_INVALID_DATA},
        {"time,a,TIME\n1,2,3\n",
         {"column 3 is named time"},
         CAUS_ERR_INVALID_DATA},
        {"time\n1\n", {"no column beside time"}, CAUS_ERR_INVALID_DATA},
        {"0.5,1\n2,3\n",
         {"holds numbers", "--no-header"},
         CAUS_ERR_INVALID_DATA},
        {"a;b\n1;2\n", {"semicolons", "commas"}, CAUS_ERR_INVALID_DATA},
        {"a\tb\n1\t2\n", {"tabs", "commas"}, CAUS_ERR_INVALID_DATA},
        {"\xff\xfe"
         "a",
         {"UTF-16"},
         CAUS_ERR_INVALID_DATA},
        {"", {"is empty"}, CAUS_ERR_INVALID_DATA},
        {"\n1\n", {"line 1 is empty"}, CAUS_ERR_INVALID_DATA},
        {"\xef\xbb\xbf", {"line 1 is empty"}, CAUS_ERR_INVALID_DATA},
        {"a,b\n", {"no rows"}, CAUS_ERR_TOO_FEW_SAMPLES},
        {"a,b", {"no rows"}, CAUS_ERR_TOO_FEW_SAMPLES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(&cases[i], NULL);
}

static void windows_that_do_not_fit_the_file_are_refused(void **state)
{
    (void)state;
    const int64_t second_ns = 1000000000;
    caus_csv_options window = {
        .window = {600 * second_ns, 900 * second_ns, 60 * second_ns}};
    expect_fault(&(fault_case){"time,a\n0,1\n60,2\n",
                               {"no row in the window", "00:00:00Z", "00:01:0"},
                               CAUS_ERR_TOO_FEW_SAMPLES},
                 &window);
    expect_fault(&(fault_case){"a\n1\n2\n",
                               {"no time column", "--start"},
                               CAUS_ERR_INVALID_ARGUMENT},
                 &window);
    expect_fault(&(fault_case){"time,a\n600,1\n900,2\n",
                               {"5 min apart", "step of 1 min", "--step 5 min"},
                               CAUS_ERR_INVALID_ARGUMENT},
                 &window);
    window.window.end_ns = 0;
    expect_fault(&(fault_case){"time,a\n0,1\n60,2\n",
                               {"no range"},
                               CAUS_ERR_INVALID_ARGUMENT},
                 &window);
    caus_csv_options backwards = {.step_ns = -1};
    expect_fault(&(fault_case){"a\n1\n", {"--step"}, CAUS_ERR_INVALID_ARGUMENT},
                 &backwards);
}

static void paths_that_are_no_file_are_named(void **state)
{
    (void)state;
    csv_bench bench;
    csv_bench_open(&bench, 0);
    assert_int_equal(caus_csv_read("/no/such/file.csv", NULL, bench.run,
                                   bench.out, &bench.series, &bench.error),
                     CAUS_ERR_NOT_FOUND);
    assert_non_null(strstr(bench.error.message, "/no/such/file.csv"));
    assert_int_equal(caus_csv_read("/tmp", NULL, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(bench.error.message, "/tmp is a directory"));
    csv_bench_close(&bench);
}

/* A file whose numbers need three times the limit of 1 MiB. */
static csv_file large_file(void)
{
    enum { ROWS = 100 * 1000, ROW_BYTES = 32 };
    char *text = malloc((size_t)ROWS * ROW_BYTES);
    assert_non_null(text);
    size_t length = 0;
    length += (size_t)sprintf(text, "time,a,b,c,d\n");
    for (int i = 0; i < ROWS; i++)
        length += (size_t)sprintf(text + length, "%d,%d,2,3.25,4\n",
                                  1761700000 + i, i % 10);
    csv_file file = csv_file_of_bytes(text, length);
    free(text);
    return file;
}

static void a_file_over_the_memory_limit_is_refused_before_it_is_held(void **st)
{
    (void)st;
    const size_t limit = (size_t)1 << 20;
    csv_file file = large_file();
    csv_bench bench;
    csv_bench_open(&bench, limit);
    assert_int_equal(caus_csv_read(file.path, NULL, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(bench.error.message, "1024 KiB"));
    assert_non_null(strstr(bench.error.message, "--memory-limit"));
    assert_int_equal(caus_arena_used_bytes(bench.out), 0);

    const int64_t second_ns = 1000000000;
    caus_csv_options minute = {.window = {INT64_C(1761700000) * second_ns,
                                          INT64_C(1761700060) * second_ns,
                                          second_ns}};
    assert_int_equal(caus_csv_read(file.path, &minute, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_OK);
    assert_int_equal(caus_series_row_count(&bench.series), 61);
    csv_bench_close(&bench);
    close(file.descriptor);
}

/* Rows at the start tell of 2 GB, most of them a hole in the file. */
static void a_file_of_2_gb_is_refused_after_its_first_rows(void **state)
{
    (void)state;
    csv_file file = large_file();
    assert_int_equal(ftruncate(file.descriptor, (off_t)2 << 30), 0);
    csv_bench bench;
    csv_bench_open(&bench, (size_t)1 << 20);
    assert_int_equal(caus_csv_read(file.path, NULL, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_ERR_LIMIT);
    assert_non_null(strstr(bench.error.message, "1024 KiB"));
    assert_int_equal(caus_arena_used_bytes(bench.out), 0);
    csv_bench_close(&bench);
    close(file.descriptor);
}

static void a_cancelled_read_stops(void **state)
{
    (void)state;
    volatile sig_atomic_t cancel = 1;
    caus_run_options options = {.threads = 1, .cancel = &cancel};
    caus_run *run;
    assert_int_equal(caus_run_new(&options, &run, NULL), CAUS_OK);
    csv_file file = csv_file_of("a\n1\n");
    caus_arena *out = caus_arena_new(0);
    caus_series series;
    assert_int_equal(caus_csv_read(file.path, NULL, run, out, &series, NULL),
                     CAUS_ERR_CANCELLED);
    caus_arena_free(out);
    caus_run_free(run);
    close(file.descriptor);
}

/* Fails the first, the second, … allocation until the read succeeds. */
static void fail_every_allocation(const char *path,
                                  const caus_csv_options *options)
{
    for (long successes = 0;; successes++) {
        csv_bench bench;
        csv_bench_open(&bench, 0);
        fault_fail_after(successes);
        caus_status status = caus_csv_read(path, options, bench.run, bench.out,
                                           &bench.series, &bench.error);
        bool refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        assert_true(refused || status == CAUS_OK);
        if (refused)
            assert_int_equal(caus_arena_used_bytes(bench.out), 0);
        csv_bench_close(&bench);
        if (!refused)
            break;
        assert_true(successes < 1000);
    }
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file file =
        csv_file_of("time,\"a{service=\"\"x\"\"}\",b_cpu\n0,1,\n1,3,4\n3,,6\n");
    fail_every_allocation(file.path, NULL);
    const int64_t second_ns = 1000000000;
    caus_csv_options window = {.window = {0, 3 * second_ns, second_ns}};
    fail_every_allocation(file.path, &window);
    close(file.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_in_rows_name_line_column_and_value),
        cmocka_unit_test(faults_in_times_name_line_and_both_times),
        cmocka_unit_test(faults_in_the_header_name_the_column),
        cmocka_unit_test(windows_that_do_not_fit_the_file_are_refused),
        cmocka_unit_test(paths_that_are_no_file_are_named),
        cmocka_unit_test(
            a_file_over_the_memory_limit_is_refused_before_it_is_held),
        cmocka_unit_test(a_file_of_2_gb_is_refused_after_its_first_rows),
        cmocka_unit_test(a_cancelled_read_stops),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
