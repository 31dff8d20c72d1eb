/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query_range reply of 100 series × 11,000 points, read from memory in pieces
 * of 16 KiB as libcurl hands them on: by the scanner into rows of doubles, and
 * by jansson into a tree that is then walked into the same rows. Prints the
 * processor time and the memory of both; both must read the same values.
 */
#include <jansson.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "telemetry/prometheus_scan.h"

enum { SERIES = 100, POINTS = 11000, STEP_S = 15, PIECE = 16384, RUNS = 9 };
static const int64_t start_s = 1761706800;

typedef struct table {
    double *values; /* [SERIES × POINTS] */
    size_t series;
} table;

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void make_reply(caus_text *reply)
{
    caus_random random;
    caus_random_init(&random, 1, 0);
    caus_text_add(reply, "{\"status\":\"success\",\"data\":{\"resultType\":"
                         "\"matrix\",\"result\":[");
    for (int s = 0; s < SERIES; s++) {
        caus_text_format(reply,
                         "%s{\"metric\":{\"__name__\":\"latency_seconds\","
                         "\"instance\":\"10.0.0.%d:8080\",\"job\":\"api\"},"
                         "\"values\":[",
                         s ? "," : "", s);
        for (int p = 0; p < POINTS; p++) {
            caus_text_format(reply, "%s[%lld,\"", p ? "," : "",
                             (long long)start_s + p * STEP_S);
            caus_text_add_double(reply, exp(caus_random_normal(&random)));
            caus_text_add(reply, "\"]");
        }
        caus_text_add(reply, "]}");
    }
    caus_text_add(reply, "]}}");
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    table *to = data;
    (void)labels, (void)count, (void)err;
    double *grown =
        realloc(to->values, (to->series + 1) * POINTS * sizeof *to->values);
    if (!grown)
        return CAUS_ERR_OUT_OF_MEMORY;
    to->values = grown;
    to->series++;
    return CAUS_OK;
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    table *to = data;
    (void)err;
    size_t row = (size_t)((time_ms / 1000 - start_s) / STEP_S);
    to->values[(to->series - 1) * POINTS + row] = value;
    return CAUS_OK;
}

static bool by_scanner(const caus_text *reply, table *to, size_t *most_bytes)
{
    caus_scan_events events = {
        .series = take_series, .point = take_point, .data = to};
    size_t before = heap_bytes();
    caus_scanner *scanner = malloc(sizeof *scanner);
    if (!scanner)
        return false;
    caus_scan_init(scanner, &events, false);
    caus_status status = CAUS_OK;
    for (size_t at = 0; status == CAUS_OK && at < reply->length; at += PIECE) {
        size_t count = reply->length - at < PIECE ? reply->length - at : PIECE;
        status = caus_scan_push(scanner, reply->bytes + at, count, NULL);
    }
    if (status == CAUS_OK)
        status = caus_scan_finish(scanner, NULL);
    *most_bytes = heap_bytes() - before;
    caus_scan_deinit(scanner);
    free(scanner);
    return status == CAUS_OK;
}

static bool by_tree(const caus_text *reply, table *to, size_t *most_bytes)
{
    size_t before = heap_bytes();
    json_t *tree = json_loadb(reply->bytes, reply->length, 0, NULL);
    json_t *result = json_object_get(json_object_get(tree, "data"), "result");
    size_t s, p;
    json_t *element, *point;
    json_array_foreach(result, s, element)
    {
        if (take_series(to, NULL, 0, NULL) != CAUS_OK)
            break;
        json_array_foreach(json_object_get(element, "values"), p, point)
        {
            double time_s = json_number_value(json_array_get(point, 0));
            const char *text = json_string_value(json_array_get(point, 1));
            take_point(to, llround(time_s * 1000), strtod(text, NULL), NULL);
        }
    }
    *most_bytes = heap_bytes() - before;
    json_decref(tree);
    return s == SERIES;
}

typedef bool reader(const caus_text *reply, table *to, size_t *most_bytes);

static bool measure(const char *name, reader *read, const caus_text *reply,
                    table *last, double *best_s)
{
    size_t most_bytes = 0;
    *best_s = HUGE_VAL;
    for (int run = 0; run < RUNS; run++) {
        free(last->values);
        *last = (table){0};
        double from_s = cpu_s();
        if (!read(reply, last, &most_bytes))
            return false;
        double took_s = cpu_s() - from_s;
        if (took_s < *best_s)
            *best_s = took_s;
    }
    double decoded = (double)SERIES * POINTS * sizeof(double);
    printf("%-8s %7.1f ms CPU %6.0f MB/s %6.1f MB of heap = %.2f x the "
           "doubles\n",
           name, *best_s * 1e3, (double)reply->length / *best_s / 1e6,
           (double)most_bytes / 1e6, (double)most_bytes / decoded);
    return true;
}

int main(void)
{
    caus_text reply = {0};
    make_reply(&reply);
    if (reply.failed)
        return 1;
    printf("%d series x %d points, %.1f MB of JSON, best of %d\n", SERIES,
           POINTS, (double)reply.length / 1e6, RUNS);
    table scanned = {0}, walked = {0};
    double scanner_s, tree_s;
    if (!measure("scanner", by_scanner, &reply, &scanned, &scanner_s) ||
        !measure("jansson", by_tree, &reply, &walked, &tree_s))
        return 1;
    bool is_equal = memcmp(scanned.values, walked.values,
                           (size_t)SERIES * POINTS * sizeof(double)) == 0;
    printf("scanner %.1f x as fast; values %s\n", tree_s / scanner_s,
           is_equal ? "equal" : "DIFFER");
    free(scanned.values);
    free(walked.values);
    caus_text_deinit(&reply);
    return is_equal ? 0 : 1;
}
