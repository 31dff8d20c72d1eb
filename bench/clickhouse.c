// SPDX-License-Identifier: Apache-2.0
/*
 * Reads (UInt32, Float64) rows of a statement through the HTTP client and the
 * RowBinary reader into two arrays, as caus does with what a server sends.
 * bench/clickhouse_rows.sh runs it beside clickhouse-client.
 *
 *   usage: bench_clickhouse URL STATEMENT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "http/http.h"
#include "telemetry/clickhouse_bins.h"

typedef struct columns {
    uint32_t *time;
    double *value;
    size_t count;
    size_t capacity;
} columns;

static caus_status take(void *data, const caus_row_value *values,
                        caus_error *err)
{
    columns *to = data;
    if (to->count == to->capacity) {
        to->capacity = to->capacity ? 2 * to->capacity : 1024;
        to->time = caus_realloc(to->time, to->capacity * sizeof *to->time);
        to->value = caus_realloc(to->value, to->capacity * sizeof *to->value);
        if (!to->time || !to->value)
            return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory");
    }
    to->time[to->count] = (uint32_t)values[0].number;
    to->value[to->count++] = values[1].real;
    return CAUS_OK;
}

static caus_status read_all(const char *url, const char *sql, caus_run *run,
                            caus_arena *out, columns *to, caus_error *err)
{
    static const caus_row_type types[] = {CAUS_ROW_U32, CAUS_ROW_F64};
    caus_row_reader reader = {
        .types = types, .type_count = 2, .row = take, .data = to};
    caus_endpoint endpoint = {.url = url, .timeout_s = 60, .parallel = 1};
    caus_http_request request = {
        .path = "/",
        .query = "default_format=RowBinary&wait_end_of_query=1&"
                 "buffer_size=1048576",
        .body = sql,
        .body_bytes = strlen(sql),
        .content_type = "text/plain",
        .sink = caus_row_reader_feed,
        .sink_data = &reader,
        .what = "the rows"};
    caus_http_reply reply;
    caus_http *http;
    CAUS_TRY(caus_http_new(&endpoint, "ClickHouse", &http, err));
    caus_status status =
        caus_http_perform(http, &request, 1, run, out, &reply, err);
    if (status == CAUS_OK && reply.error_body)
        status = CAUS_FAIL(err, CAUS_ERR_SERVER, "%s", reply.error_body);
    if (status == CAUS_OK)
        status = caus_row_reader_finish(&reader, url, "the rows", err);
    caus_row_reader_deinit(&reader);
    caus_http_free(http);
    return status;
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **words)
{
    if (count != 3) {
        puts("skipped: bench/clickhouse_rows.sh gives it a server");
        return 77;
    }
    columns got = {0};
    caus_error err;
    caus_run *run = NULL;
    caus_arena *out = caus_arena_new(0);
    int64_t start_ns = caus_clock_monotonic_ns();
    caus_status status = caus_run_new(NULL, &run, &err);
    if (status == CAUS_OK)
        status = read_all(words[1], words[2], run, out, &got, &err);
    double wall_s = (double)(caus_clock_monotonic_ns() - start_ns) / 1e9;
    double sum = 0;
    for (size_t i = 0; i < got.count; i++)
        sum += got.value[i] + got.time[i];
    if (status == CAUS_OK)
        printf("%zu rows, sum %.17g, wall %.4f s, cpu %.4f s\n", got.count, sum,
               wall_s, cpu_s());
    else
        fprintf(stderr, "%s\n", err.message);
    free(got.time);
    free(got.value);
    caus_run_free(run);
    caus_arena_free(out);
    return status != CAUS_OK;
}
