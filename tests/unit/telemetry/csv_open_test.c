/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are opened first and read afterwards. */
#include <math.h>

#include "csv_fixture.h"
#include "fault.h"

static const int64_t second_ns = 1000000000;

static caus_csv *open_text(csv_bench *bench, csv_file *file, const char *text,
                           const caus_csv_options *options)
{
    caus_csv *csv = NULL;
    *file = csv_file_of(text);
    if (caus_csv_open(file->path, options, bench->run, bench->out, &csv,
                      &bench->error) != CAUS_OK)
        fail_msg("%s", bench->error.message);
    return csv;
}

static void close_text(caus_csv *csv, const csv_file *file)
{
    caus_csv_close(csv);
    close(file->descriptor);
}

static void names_and_times_are_known_before_numbers(void **state)
{
    (void)state;
    csv_bench bench;
    csv_file file;
    csv_bench_open(&bench, 0);
    caus_csv *csv =
        open_text(&bench, &file, "time,a\n17,1\n37,x\n97,3\n", NULL);
    caus_csv_facts facts = caus_csv_get_facts(csv);
    assert_true(facts.has_time);
    assert_int_equal(facts.row_count, 3);
    assert_int_equal(facts.first_ns, 17 * second_ns);
    assert_int_equal(facts.last_ns, 97 * second_ns);
    assert_int_equal(facts.step_ns, 20 * second_ns);
    caus_grid grid;
    assert_int_equal(caus_csv_find_grid(csv, 0, &grid, NULL), CAUS_OK);
    assert_int_equal(grid.start_ns, 17 * second_ns);
    assert_int_equal(grid.step_ns, 20 * second_ns);
    assert_int_equal(caus_csv_find_grid(csv, 60 * second_ns, &grid, NULL),
                     CAUS_OK);
    assert_int_equal(grid.start_ns, 60 * second_ns);
    assert_int_equal(grid.end_ns, 120 * second_ns);
    /* the fault in a number is found when numbers are read */
    caus_csv_cut cut = {0};
    assert_int_equal(caus_csv_read_series(csv, &cut, bench.run, bench.out,
                                          &bench.series, &bench.error),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(bench.error.message, "line 3"));
    close_text(csv, &file);
    csv_bench_close(&bench);
}

static void an_open_file_is_read_as_often_as_one_likes(void **state)
{
    (void)state;
    csv_bench bench;
    csv_file file;
    csv_bench_open(&bench, 0);
    caus_csv *csv =
        open_text(&bench, &file, "time,a\n0,1\n10,2\n20,\n30,4\n40,5\n", NULL);
    caus_csv_cut whole = {0};
    caus_csv_cut part = {
        .window = {20 * second_ns, 30 * second_ns, 10 * second_ns}};
    for (int round = 0; round < 2; round++) {
        assert_int_equal(caus_csv_read_series(csv, &part, bench.run, bench.out,
                                              &bench.series, NULL),
                         CAUS_OK);
        assert_int_equal(caus_series_row_count(&bench.series), 2);
        assert_int_equal(caus_csv_read_series(csv, &whole, bench.run, bench.out,
                                              &bench.series, NULL),
                         CAUS_OK);
        assert_int_equal(caus_series_row_count(&bench.series), 5);
    }
    close_text(csv, &file);
    csv_bench_close(&bench);
}

/* Series made of the samples on the file's grid. */
static caus_series align(csv_bench *bench, caus_csv *csv,
                         const caus_csv_cut *cut)
{
    caus_samples samples;
    caus_series made;
    caus_align_options options = {
        .window = cut->window, .baseline = cut->baseline, .keep_phase = true};
    if (!options.window.step_ns)
        assert_int_equal(
            caus_csv_find_grid(csv, cut->step_ns, &options.window, NULL),
            CAUS_OK);
    assert_int_equal(caus_csv_read_samples(csv, cut, bench->run, bench->out,
                                           &samples, &bench->error),
                     CAUS_OK);
    assert_int_equal(caus_series_align(&samples, &options, bench->run,
                                       bench->out, &made, &bench->error),
                     CAUS_OK);
    return made;
}

static void samples_on_the_files_grid_are_its_series(void **state)
{
    (void)state;
    static const char text[] = "time,a,b\n7,1,-0\n17,2,\n27,nan,5\n57,.1,8\n";
    const caus_csv_cut cuts[] = {
        {0},
        {.step_ns = 20 * second_ns},
        {.window = {20 * second_ns, 60 * second_ns, 10 * second_ns}},
        {.window = {20 * second_ns, 60 * second_ns, 10 * second_ns},
         .baseline = {0, 10 * second_ns, 10 * second_ns}}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        csv_bench bench;
        csv_file file;
        char hash[65], sampled[65];
        csv_bench_open(&bench, 0);
        caus_csv *csv = open_text(&bench, &file, text, NULL);
        assert_int_equal(caus_csv_read_series(csv, &cuts[i], bench.run,
                                              bench.out, &bench.series, NULL),
                         CAUS_OK);
        caus_series_hash(&bench.series, hash);
        caus_series aligned = align(&bench, csv, &cuts[i]);
        caus_series_hash(&aligned, sampled);
        assert_string_equal(hash, sampled);
        close_text(csv, &file);
        csv_bench_close(&bench);
    }
}

static void infinite_values_are_missing_and_told_by_name(void **state)
{
    (void)state;
    csv_bench bench;
    csv_file file;
    csv_bench_open(&bench, 0);
    caus_csv *csv = open_text(
        &bench, &file,
        "time,b,a\n1,inf,1\n2,,2\n3,-Inf,NaN\n4,1e999,Infinity\n", NULL);
    caus_csv_cut cut = {0};
    assert_int_equal(caus_csv_read_series(csv, &cut, bench.run, bench.out,
                                          &bench.series, NULL),
                     CAUS_OK);
    for (size_t row = 0; row < 4; row++)
        assert_true(csv_bench_missing(&bench, row, 0));
    size_t count;
    const char *const *warnings = caus_csv_get_warnings(csv, &count);
    assert_int_equal(count, 2);
    assert_non_null(
        strstr(warnings[0], "1 value of a is infinite, the first in line 5"));
    assert_non_null(strstr(warnings[1], "3 values of b are infinite, the first "
                                        "in line 2"));
    /* rows that are not read are not told of */
    cut.window = (caus_grid){2 * second_ns, 3 * second_ns, second_ns};
    assert_int_equal(caus_csv_read_series(csv, &cut, bench.run, bench.out,
                                          &bench.series, NULL),
                     CAUS_OK);
    warnings = caus_csv_get_warnings(csv, &count);
    assert_int_equal(count, 1);
    assert_non_null(strstr(warnings[0], "line 4"));
    close_text(csv, &file);
    csv_bench_close(&bench);
}

/* One hour east of UTC, two from 2025-03-30T01:00:00Z on. */
static int32_t summer_zone(void *data, int64_t time_ns)
{
    ++*(size_t *)data;
    return time_ns < INT64_C(1743296400) * second_ns ? 60 : 120;
}

static void a_zone_reads_times_without_one(void **state)
{
    (void)state;
    static const char text[] = "time,a\n"
                               "2025-03-30 01:00:00,1\n"
                               "2025-03-30T01:30:00,2\n"
                               "\"2025-03-30 03:00\",3\n"
                               "2025-03-30T03:30:00.000+02:00,4\n"
                               "2025-03-30T02:00:00Z,5\n";
    csv_bench bench;
    csv_file file;
    size_t asked = 0;
    csv_bench_open(&bench, 0);
    caus_csv_options options = {.zone = summer_zone, .zone_data = &asked};
    caus_csv *csv = open_text(&bench, &file, text, &options);
    caus_csv_facts facts = caus_csv_get_facts(csv);
    assert_int_equal(facts.first_ns, INT64_C(1743292800) * second_ns);
    assert_int_equal(facts.step_ns, 1800 * second_ns);
    assert_int_equal(facts.last_ns, facts.first_ns + 4 * facts.step_ns);
    assert_true(asked > 0);
    close_text(csv, &file);
    assert_int_equal(csv_bench_read(&bench, text, NULL), CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(bench.error.message, "no zone"));
    assert_non_null(strstr(bench.error.message, "--tz"));
    csv_bench_close(&bench);
}

static void rows_without_times_are_no_samples(void **state)
{
    (void)state;
    csv_bench bench;
    csv_file file;
    csv_bench_open(&bench, 0);
    caus_csv *csv = open_text(&bench, &file, "a,b\n1,2\n3,4\n", NULL);
    caus_samples samples = {.track_count = 77};
    caus_csv_cut cut = {0};
    size_t used = caus_arena_used_bytes(bench.out);
    assert_int_equal(caus_csv_read_samples(csv, &cut, bench.run, bench.out,
                                           &samples, &bench.error),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(bench.error.message, "no time column"));
    assert_int_equal(samples.track_count, 77);
    assert_int_equal(caus_arena_used_bytes(bench.out), used);
    close_text(csv, &file);
    csv_bench_close(&bench);
}

static caus_status open_and_read(csv_bench *bench, const char *path)
{
    caus_csv *csv = NULL;
    caus_samples samples;
    caus_csv_cut cut = {.window = {0, 3 * second_ns, second_ns}};
    caus_status status =
        caus_csv_open(path, NULL, bench->run, bench->out, &csv, NULL);
    if (status == CAUS_OK)
        status = caus_csv_read_samples(csv, &cut, bench->run, bench->out,
                                       &samples, NULL);
    if (status == CAUS_OK)
        status = caus_csv_read_series(csv, &cut, bench->run, bench->out,
                                      &bench->series, NULL);
    caus_csv_close(csv);
    return status;
}

static void running_out_of_memory_anywhere_is_reported(void **state)
{
    (void)state;
    csv_file file = csv_file_of("time,a,b\n0,1,\n1,inf,4\n3,,6\n");
    for (long successes = 0;; successes++) {
        csv_bench bench;
        csv_bench_open(&bench, 0);
        fault_fail_after(successes);
        caus_status status = open_and_read(&bench, file.path);
        bool refused = fault_stop();
        assert_int_equal(status, refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        csv_bench_close(&bench);
        if (!refused)
            break;
        assert_true(successes < 1000);
    }
    close(file.descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_times_are_known_before_numbers),
        cmocka_unit_test(an_open_file_is_read_as_often_as_one_likes),
        cmocka_unit_test(samples_on_the_files_grid_are_its_series),
        cmocka_unit_test(infinite_values_are_missing_and_told_by_name),
        cmocka_unit_test(a_zone_reads_times_without_one),
        cmocka_unit_test(rows_without_times_are_no_samples),
        cmocka_unit_test(running_out_of_memory_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
