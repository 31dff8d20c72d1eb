/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Range queries: each split into parts of at most 11,000 points, all parts in
 * parallel, every series straight into a row of doubles on the grid.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

enum { MAX_POINTS = 11000, DEFAULT_MAX_VARIABLES = 500 };

/* Takes one part of one query. */
typedef struct part {
    caus_prom *prom;
    caus_prom_query *query;
    double *values; /* of the series whose points come next */
    int64_t start_ns;
    size_t first_row;
    size_t row_count;
} part;

static int compare_labels(const void *a, const void *b)
{
    const caus_label *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* The labels, sorted and without __name__, as one text: it tells series of a
 * query apart. */
static bool make_key(caus_label *labels, size_t count, caus_text *key)
{
    *key = (caus_text){0};
    caus_text_add(key, "");
    for (size_t i = 0; i < count; i++) {
        caus_text_add_bytes(key, labels[i].name, strlen(labels[i].name) + 1);
        caus_text_add_bytes(key, labels[i].value, strlen(labels[i].value) + 1);
    }
    return !key->failed;
}

static caus_status too_many(const caus_prom_query *query, size_t limit,
                            caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "more than %zu series, reached with %s: sum them by fewer "
                     "labels, such as sum by (service) (…), choose some with "
                     "{label=\"…\"}, or raise --max-variables",
                     limit, query->name);
}

static caus_status new_column(caus_prom *prom, caus_prom_query *query,
                              const caus_label *labels, size_t count,
                              const caus_text *key, caus_error *err)
{
    size_t limit = prom->options->max_variables ? prom->options->max_variables
                                                : DEFAULT_MAX_VARIABLES;
    if (prom->column_count >= limit)
        return too_many(query, limit, err);
    caus_label *kept = CAUS_ARRAY(prom->out, caus_label, count);
    char *text = caus_arena_copy_text(prom->out, key->bytes, key->length);
    double *values = CAUS_ARRAY(prom->out, double, prom->row_count);
    if (!kept || !text || !values)
        return caus_arena_fail(prom->out, err);
    if (!caus_reserve(&query->columns, query->column_count,
                      &query->column_capacity, sizeof *query->columns) ||
        caus_map_insert(query->keys, text, key->length, query->column_count,
                        NULL) < 0)
        return caus_prom_no_memory(prom, err);
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        kept[i].name = at;
        kept[i].value = at + strlen(labels[i].name) + 1;
        at = kept[i].value + strlen(labels[i].value) + 1;
    }
    for (size_t row = 0; row < prom->row_count; row++)
        values[row] = (double)NAN;
    query->columns[query->column_count++] =
        (caus_prom_column){kept, count, text, key->length, values};
    prom->column_count++;
    return CAUS_OK;
}

caus_status caus_prom_add_column(caus_prom *prom, caus_prom_query *query,
                                 const caus_label *labels, size_t count,
                                 caus_prom_column **column, caus_error *err)
{
    caus_label sorted[CAUS_SCAN_MAX_LABELS];
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < CAUS_SCAN_MAX_LABELS; i++) {
        if (strcmp(labels[i].name, "__name__") != 0)
            sorted[kept++] = labels[i];
    }
    qsort(sorted, kept, sizeof *sorted, compare_labels);
    caus_text key;
    size_t found = query->column_count;
    caus_status status = CAUS_OK;
    if (!make_key(sorted, kept, &key))
        status = caus_prom_no_memory(prom, err);
    else if (!caus_map_find(query->keys, key.bytes, key.length, &found))
        status = new_column(prom, query, sorted, kept, &key, err);
    caus_text_deinit(&key);
    if (status == CAUS_OK)
        *column = &query->columns[found];
    return status;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    part *to = data;
    caus_prom_column *column;
    CAUS_TRY(
        caus_prom_add_column(to->prom, to->query, labels, count, &column, err));
    to->values = column->values;
    return CAUS_OK;
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    part *to = data;
    int64_t step_ns = to->prom->step_ns;
    int64_t after_ns = time_ms * 1000000 - to->start_ns;
    if (after_ns < 0 || after_ns % step_ns != 0 ||
        (size_t)(after_ns / step_ns) >= to->row_count)
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "a value for time %.3f is not on the grid asked for: "
                         "the server moves times; turn its alignment or "
                         "caching off",
                         (double)time_ms * 1e-3);
    to->values[to->first_row + (size_t)(after_ns / step_ns)] = value;
    return CAUS_OK;
}

static caus_status take_histogram(void *data, caus_error *err)
{
    part *to = data;
    return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                     "%s gives native histograms, which caus does not read: "
                     "ask for a number made of them, such as "
                     "NAME=histogram_quantile(0.95, sum(rate(METRIC[1m])))",
                     to->query->name);
}

static void forget(void *data)
{
    part *to = data;
    for (size_t i = 0; i < to->query->column_count; i++) {
        double *values = to->query->columns[i].values;
        for (size_t row = 0; row < to->row_count; row++)
            values[to->first_row + row] = (double)NAN;
    }
}

static caus_status make_call(caus_prom *prom, part *to, caus_prom_call *call,
                             caus_error *err)
{
    char step[32];
    snprintf(step, sizeof step, "%.3f", (double)prom->step_ns * 1e-9);
    const char *start = caus_prom_time_text(prom, to->start_ns);
    const char *end = caus_prom_time_text(
        prom, to->start_ns + (int64_t)(to->row_count - 1) * prom->step_ns);
    const char *const pairs[] = {
        "query", to->query->text, "start", start, "end",
        end,     "step",          step,    NULL};
    *call = (caus_prom_call){
        .path = "/api/v1/query_range",
        .body = start && end ? caus_prom_form_body(prom, pairs) : NULL,
        .what = caus_arena_format(prom->scratch, "the range query of %s",
                                  to->query->name),
        .shown = to->query->text,
        .sent = to->query->text,
        .is_optional = prom->options->skip_empty,
        .events = {.series = take_series,
                   .point = take_point,
                   .histogram = take_histogram,
                   .data = to},
        .reset = forget};
    return call->body && call->what ? CAUS_OK : caus_prom_no_memory(prom, err);
}

static size_t count_parts(const caus_prom *prom)
{
    size_t count = 0;
    for (size_t r = 0; r < prom->range_count; r++)
        count += (prom->ranges[r].row_count + MAX_POINTS - 1) / MAX_POINTS;
    return count;
}

caus_status caus_prom_read_values(caus_prom *prom, caus_error *err)
{
    size_t count = prom->query_count * count_parts(prom), at = 0;
    part *parts = CAUS_ARRAY(prom->scratch, part, count);
    caus_prom_call *calls = CAUS_ARRAY(prom->scratch, caus_prom_call, count);
    if (!parts || !calls)
        return caus_arena_fail(prom->scratch, err);
    for (size_t q = 0; q < prom->query_count; q++) {
        for (size_t r = 0; r < prom->range_count; r++) {
            const caus_prom_range *range = &prom->ranges[r];
            for (size_t row = 0; row < range->row_count; row += MAX_POINTS) {
                size_t left = range->row_count - row;
                parts[at] = (part){
                    .prom = prom,
                    .query = &prom->queries[q],
                    .start_ns = range->start_ns + (int64_t)row * prom->step_ns,
                    .first_row = range->first_row + row,
                    .row_count = left < MAX_POINTS ? left : MAX_POINTS};
                CAUS_TRY(make_call(prom, &parts[at], &calls[at], err));
                at++;
            }
        }
    }
    CAUS_TRY(caus_prom_perform(prom, calls, count, err));
    for (size_t i = 0; i < count; i++) {
        if (calls[i].refused) {
            parts[i].query->refusal = calls[i].refusal;
            parts[i].query->column_count = 0;
        }
    }
    return CAUS_OK;
}
