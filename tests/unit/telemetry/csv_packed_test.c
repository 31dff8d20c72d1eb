/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "csv_fixture.h"
#include "fault.h"

typedef struct bytes {
    char *at;
    size_t count;
} bytes;

/* Over 3 MiB of text, so that lines cross the pieces it is read in. */
static bytes long_text(void)
{
    enum { ROWS = 120 * 1000, ROW_BYTES = 40 };
    bytes text = {malloc((size_t)ROWS * ROW_BYTES), 0};
    assert_non_null(text.at);
    text.count += (size_t)sprintf(text.at, "time,a,b\n");
    for (int i = 0; i < ROWS; i++)
        text.count += (size_t)sprintf(text.at + text.count, "%d,%.7g,%d\n",
                                      1761700000 + i, i * 0.37, i % 7);
    return text;
}

static bytes pack_gzip(bytes text)
{
    z_stream stream = {0};
    bytes packed = {malloc(text.count + 1000), 0};
    assert_non_null(packed.at);
    assert_int_equal(
        deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    stream.next_in = (unsigned char *)text.at;
    stream.avail_in = (unsigned)text.count;
    stream.next_out = (unsigned char *)packed.at;
    stream.avail_out = (unsigned)text.count + 1000;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.count = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

static bytes pack_zstd(bytes text)
{
    bytes packed = {malloc(ZSTD_compressBound(text.count)), 0};
    assert_non_null(packed.at);
    packed.count = ZSTD_compress(packed.at, ZSTD_compressBound(text.count),
                                 text.at, text.count, 3);
    assert_false(ZSTD_isError(packed.count));
    return packed;
}

static caus_status read_bytes(csv_bench *bench, bytes content)
{
    csv_file file = csv_file_of_bytes(content.at, content.count);
    caus_status status = caus_csv_read(file.path, NULL, bench->run, bench->out,
                                       &bench->series, &bench->error);
    close(file.descriptor);
    return status;
}

static void packed_files_read_like_plain_ones(void **state)
{
    (void)state;
    csv_bench bench;
    csv_bench_open(&bench, 0);
    bytes text = long_text();
    assert_int_equal(read_bytes(&bench, text), CAUS_OK);
    caus_series plain = bench.series;
    bytes packed[2] = {pack_gzip(text), pack_zstd(text)};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_bytes(&bench, packed[i]), CAUS_OK);
        const caus_segment *a = &plain.segments[0];
        const caus_segment *b = &bench.series.segments[0];
        assert_int_equal(a->row_count, b->row_count);
        assert_int_equal(a->start_ns, b->start_ns);
        assert_memory_equal(a->values, b->values,
                            a->row_count * 2 * sizeof(double));
        free(packed[i].at);
    }
    free(text.at);
    csv_bench_close(&bench);
}

static void members_of_a_packed_file_follow_each_other(void **state)
{
    (void)state;
    csv_bench bench;
    csv_bench_open(&bench, 0);
    char first[] = "a,b\n1,2\n3", second[] = ",4\n5,6\n";
    bytes (*const pack[])(bytes) = {pack_gzip, pack_zstd};
    for (int i = 0; i < 2; i++) {
        bytes one = pack[i]((bytes){first, sizeof first - 1});
        bytes two = pack[i]((bytes){second, sizeof second - 1});
        bytes both = {malloc(one.count + two.count), one.count + two.count};
        assert_non_null(both.at);
        memcpy(both.at, one.at, one.count);
        memcpy(both.at + one.count, two.at, two.count);
        assert_int_equal(read_bytes(&bench, both), CAUS_OK);
        assert_int_equal(caus_series_row_count(&bench.series), 3);
        assert_true(csv_bench_value(&bench, 1, 1) == 4);
        free(one.at);
        free(two.at);
        free(both.at);
    }
    csv_bench_close(&bench);
}

static void damaged_packed_files_are_named_with_the_place(void **state)
{
    (void)state;
    csv_bench bench;
    csv_bench_open(&bench, 0);
    bytes text = long_text();
    bytes packed[2] = {pack_gzip(text), pack_zstd(text)};
    static const char *const names[] = {"gzip", "zstd"};
    for (int i = 0; i < 2; i++) {
        bytes cut = {packed[i].at, packed[i].count / 2};
        assert_int_equal(read_bytes(&bench, cut), CAUS_ERR_INVALID_DATA);
        assert_non_null(strstr(bench.error.message, names[i]));
        assert_non_null(strstr(bench.error.message, "cut off"));
        memset(packed[i].at + packed[i].count / 2, 0xff, 200);
        assert_int_equal(read_bytes(&bench, packed[i]), CAUS_ERR_INVALID_DATA);
        assert_non_null(strstr(bench.error.message, "damaged"));
        assert_int_equal(caus_arena_used_bytes(bench.out), 0);
        free(packed[i].at);
    }
    free(text.at);
    csv_bench_close(&bench);
}

static void a_name_that_promises_packing_is_checked(void **state)
{
    (void)state;
    char folder[] = "/tmp/caus-csv-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/plain.gz", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("a\n1\n", file);
    fclose(file);
    csv_bench bench;
    csv_bench_open(&bench, 0);
    assert_int_equal(caus_csv_read(path, NULL, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_ERR_INVALID_DATA);
    assert_non_null(strstr(bench.error.message, "rename it to .csv"));
    csv_bench_close(&bench);
    unlink(path);
    rmdir(folder);
}

static void a_packed_file_over_the_memory_limit_is_refused(void **state)
{
    (void)state;
    csv_bench bench;
    csv_bench_open(&bench, (size_t)1 << 20);
    bytes text = long_text();
    bytes packed = pack_gzip(text);
    assert_int_equal(read_bytes(&bench, packed), CAUS_ERR_LIMIT);
    assert_non_null(strstr(bench.error.message, "--memory-limit"));
    free(packed.at);
    free(text.at);
    csv_bench_close(&bench);
}

static void running_out_of_memory_while_unpacking_is_reported(void **state)
{
    (void)state;
    char text[] = "time,a\n0,1\n1,\n";
    bytes (*const pack[])(bytes) = {pack_gzip, pack_zstd};
    for (int i = 0; i < 2; i++) {
        bytes packed = pack[i]((bytes){text, sizeof text - 1});
        csv_file file = csv_file_of_bytes(packed.at, packed.count);
        bool refused = true;
        for (long successes = 0; refused; successes++) {
            csv_bench bench;
            csv_bench_open(&bench, 0);
            fault_fail_after(successes);
            caus_status status =
                caus_csv_read(file.path, NULL, bench.run, bench.out,
                              &bench.series, &bench.error);
            refused = fault_stop();
            assert_int_equal(status,
                             refused ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            csv_bench_close(&bench);
        }
        close(file.descriptor);
        free(packed.at);
    }
}

static void *write_pipe(void *data)
{
    const int *descriptor = data;
    static const char text[] = "a,b\n1,2\n3,4\n";
    ssize_t written = write(*descriptor, text, sizeof text - 1);
    close(*descriptor);
    return written == sizeof text - 1 ? data : NULL;
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_pipe, &ends[1]), 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    csv_bench bench;
    csv_bench_open(&bench, 0);
    assert_int_equal(caus_csv_read(path, NULL, bench.run, bench.out,
                                   &bench.series, &bench.error),
                     CAUS_OK);
    assert_true(csv_bench_value(&bench, 1, 1) == 4);
    void *written = NULL;
    pthread_join(writer, &written);
    assert_non_null(written);
    close(ends[0]);
    csv_bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_files_read_like_plain_ones),
        cmocka_unit_test(members_of_a_packed_file_follow_each_other),
        cmocka_unit_test(damaged_packed_files_are_named_with_the_place),
        cmocka_unit_test(a_name_that_promises_packing_is_checked),
        cmocka_unit_test(a_packed_file_over_the_memory_limit_is_refused),
        cmocka_unit_test(running_out_of_memory_while_unpacking_is_reported),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
