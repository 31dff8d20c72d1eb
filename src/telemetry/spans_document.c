/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans as one JSON object of columns. Ids of 32 hexadecimal digits are two
 * numbers: shorter, and nobody's secret, for which a text that long is taken.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "caus/span_source.h"
#include "events/events.h"

enum { ID_DIGITS = 32, HALF_DIGITS = 16 };

/* ---- writing ---- */

static bool is_number(const char *id)
{
    return strlen(id) == ID_DIGITS &&
           strspn(id, "0123456789abcdef") == ID_DIGITS;
}

static int64_t half_of(const char *digits)
{
    char half[HALF_DIGITS + 1] = {0};
    memcpy(half, digits, HALF_DIGITS);
    return (int64_t)strtoull(half, NULL, 16);
}

static void put_names(caus_json *json, const caus_spans *spans)
{
    caus_json_key(json, "services");
    caus_json_begin_array(json);
    for (size_t i = 0; i < spans->service_count; i++)
        caus_json_text(json, spans->services[i]);
    caus_json_end_array(json);
    caus_json_key(json, "operations");
    caus_json_begin_array(json);
    for (size_t i = 0; i < spans->operation_count; i++) {
        caus_json_begin_array(json);
        caus_json_unsigned(json, spans->operations[i].service);
        caus_json_text(json, spans->operations[i].name);
        caus_json_end_array(json);
    }
    caus_json_end_array(json);
}

/* A trace: its id, its phase, how many spans it has. */
static void put_traces(caus_json *json, const caus_spans *spans)
{
    caus_json_key(json, "traces");
    caus_json_begin_array(json);
    for (size_t t = 0; t < spans->trace_count; t++) {
        const char *id = spans->trace_ids[t];
        caus_json_begin_array(json);
        if (is_number(id)) {
            caus_json_integer(json, half_of(id));
            caus_json_integer(json, half_of(id + HALF_DIGITS));
        } else {
            caus_json_text(json, id);
            caus_json_null(json);
        }
        caus_json_unsigned(json, spans->trace_phase[t]);
        caus_json_unsigned(json,
                           spans->trace_start[t + 1] - spans->trace_start[t]);
        caus_json_end_array(json);
    }
    caus_json_end_array(json);
}

/* A span: operation, parent in its trace or −1, start after that of the span
 * before, duration, failed. */
static void put_spans(caus_json *json, const caus_spans *spans)
{
    int64_t before_ns = 0;
    caus_json_key(json, "spans");
    caus_json_begin_array(json);
    for (size_t s = 0; s < spans->span_count; s++) {
        size_t first = spans->trace_start[spans->trace[s]];
        uint32_t parent = spans->parent[s];
        caus_json_unsigned(json, spans->operation[s]);
        caus_json_integer(
            json, parent == CAUS_NO_SPAN ? -1 : (int64_t)(parent - first));
        caus_json_integer(json, spans->start_ns[s] - before_ns);
        caus_json_integer(json, spans->duration_ns[s]);
        caus_json_unsigned(json, spans->failed[s]);
        before_ns = spans->start_ns[s];
    }
    caus_json_end_array(json);
}

caus_status caus_spans_write(const caus_spans *spans, caus_arena *out,
                             const char **result, caus_error *err)
{
    caus_text text = {0};
    caus_json json;
    caus_json_init(&json, &text, 0);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "kind", "traces");
    caus_json_put_bool(&json, "has_status", spans->has_status);
    if (spans->statement)
        caus_json_put_text(&json, "statement", spans->statement);
    put_names(&json, spans);
    put_traces(&json, spans);
    put_spans(&json, spans);
    caus_json_end_object(&json);
    return caus_text_finish(&text, out, result, NULL, err);
}

/* ---- reading ---- */

enum { SPAN_NUMBERS = 5, TRACE_CELLS = 4 };

typedef struct document {
    const char *name;
    const json_t *services;
    const json_t *operations;
    const json_t *traces;
    const json_t *spans;
    caus_spans_builder *builder;
    size_t next_span;
    int64_t time_ns;
} document;

static caus_status fail(const document *d, const char *what, size_t number,
                        caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %s %zu is not as it was written: the file was "
                     "changed by hand or is damaged",
                     d->name, what, number);
}

static bool read_number(const json_t *value, int64_t least, int64_t most,
                        int64_t *result)
{
    *result = json_integer_value(value);
    return json_is_integer(value) && *result >= least && *result <= most;
}

static caus_slice slice_of(const json_t *text)
{
    return (caus_slice){json_string_value(text), json_string_length(text)};
}

/* The names of a span's operation and of its service. */
static bool name_span(const document *d, int64_t operation, caus_span_row *row)
{
    const json_t *named = json_array_get(d->operations, (size_t)operation);
    const json_t *name = json_array_get(named, 1);
    int64_t service;
    if (!read_number(json_array_get(named, 0), 0,
                     (int64_t)json_array_size(d->services) - 1, &service))
        return false;
    const json_t *of = json_array_get(d->services, (size_t)service);
    row->operation = slice_of(name);
    row->service = slice_of(of);
    return json_is_string(name) && json_is_string(of);
}

/* A span among the `count` of its trace. */
static bool read_span(document *d, size_t count, caus_span_row *row)
{
    int64_t cells[SPAN_NUMBERS];
    const int64_t operations = (int64_t)json_array_size(d->operations);
    const int64_t least[SPAN_NUMBERS] = {0, -1, -INT64_MAX, -1, 0};
    const int64_t most[SPAN_NUMBERS] = {operations - 1, (int64_t)count - 1,
                                        INT64_MAX, INT64_MAX, 1};
    for (size_t i = 0; i < SPAN_NUMBERS; i++)
        if (!read_number(
                json_array_get(d->spans, d->next_span * SPAN_NUMBERS + i),
                least[i], most[i], &cells[i]))
            return false;
    if (__builtin_add_overflow(d->time_ns, cells[2], &d->time_ns))
        return false;
    row->has_parent = cells[1] >= 0;
    row->parent = (uint64_t)cells[1];
    row->start_ns = d->time_ns;
    row->duration_ns = cells[3];
    row->failed = cells[4] == 1;
    d->next_span++;
    return name_span(d, cells[0], row);
}

static caus_status read_trace(document *d, size_t number, caus_error *err)
{
    const json_t *trace = json_array_get(d->traces, number);
    const json_t *id = json_array_get(trace, 0);
    char digits[ID_DIGITS + 1];
    caus_span_row row = {.trace = slice_of(id)};
    int64_t half[2], phase, count;
    if (read_number(id, INT64_MIN, INT64_MAX, &half[0]) &&
        read_number(json_array_get(trace, 1), INT64_MIN, INT64_MAX, &half[1])) {
        (void)snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64,
                       (uint64_t)half[0], (uint64_t)half[1]);
        row.trace = (caus_slice){digits, ID_DIGITS};
    } else if (!json_is_string(id)) {
        return fail(d, "the id of trace", number, err);
    }
    if (!read_number(json_array_get(trace, 2), 0, CAUS_PHASE_COUNT - 1,
                     &phase) ||
        !read_number(json_array_get(trace, 3), 1, UINT32_MAX, &count))
        return fail(d, "trace", number, err);
    row.phase = (caus_phase)phase;
    for (int64_t k = 0; k < count; k++) {
        size_t span = d->next_span;
        row.span = (uint64_t)k;
        if (!read_span(d, (size_t)count, &row))
            return fail(d, "span", span, err);
        CAUS_TRY(caus_spans_builder_add(d->builder, &row, err));
    }
    return CAUS_OK;
}

static caus_status read_document(document *d, const json_t *root,
                                 const caus_run *run, caus_arena *out,
                                 caus_spans *result, caus_error *err)
{
    d->services = json_object_get(root, "services");
    d->operations = json_object_get(root, "operations");
    d->traces = json_object_get(root, "traces");
    d->spans = json_object_get(root, "spans");
    for (size_t i = 0; i < json_array_size(d->traces); i++) {
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(read_trace(d, i, err));
    }
    if (d->next_span * SPAN_NUMBERS != json_array_size(d->spans))
        return fail(d, "the list after span", d->next_span, err);
    caus_spans made;
    const char *statement =
        json_string_value(json_object_get(root, "statement"));
    CAUS_TRY(caus_spans_builder_finish(
        d->builder, NULL, json_is_true(json_object_get(root, "has_status")),
        run, out, &made, err));
    made.statement = statement ? caus_arena_copy(out, statement) : NULL;
    if (statement && !made.statement)
        return caus_arena_fail(out, err);
    *result = made;
    return CAUS_OK;
}

caus_status caus_spans_read_text(const char *name, const char *text,
                                 size_t length, const caus_run *run,
                                 caus_arena *out, caus_spans *result,
                                 caus_error *err)
{
    json_error_t reason;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
    if (!root && json_error_code(&reason) == json_error_out_of_memory)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for spans");
    if (!root)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s: no JSON (%s at byte %d)", name, reason.text,
                         reason.position);
    document d = {.name = name,
                  .builder =
                      caus_spans_builder_new(caus_run_memory_limit_bytes(run))};
    caus_status status =
        d.builder
            ? read_document(&d, root, run, out, result, err)
            : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for spans");
    caus_spans_builder_free(d.builder);
    json_decref(root);
    return status;
}
