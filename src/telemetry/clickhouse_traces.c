// SPDX-License-Identifier: Apache-2.0
/* Whole traces: counted first, then those drawn are read. */
#include <string.h>

#include "caus/span_source.h"
#include "events/events.h"
#include "telemetry/clickhouse_session.h"
#include "telemetry/clickhouse_traces.h"

enum { STATEMENTS = 4, WARNINGS = 2, USUAL_SPANS = 100000 };

typedef struct trace_reader {
    caus_clickhouse at;
    caus_trace_stretch stretches[CAUS_STRETCHES];
    size_t stretch_count;
    uint64_t counts[CAUS_STRETCHES];
    caus_spans_builder *builder;
    size_t limit_bytes;
} trace_reader;

/* ---- how many there are ---- */

static caus_status take_counts(void *data, const caus_row_value *values,
                               caus_error *err)
{
    trace_reader *reader = data;
    (void)err;
    for (size_t i = 0; i < CAUS_STRETCHES; i++)
        reader->counts[i] = values[i].number;
    return CAUS_OK;
}

static caus_status count_spans(trace_reader *reader, caus_error *err)
{
    static const caus_row_type types[CAUS_STRETCHES] = {CAUS_ROW_U64,
                                                        CAUS_ROW_U64};
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(
        caus_sql_trace_counts(&reader->at.table, reader->stretches,
                              reader->stretch_count, &sql, err),
        &sql));
    caus_row_reader rows = {.types = types,
                            .type_count = CAUS_STRETCHES,
                            .row = take_counts,
                            .data = reader};
    return caus_clickhouse_ask(&reader->at, &sql, &rows, "the count of spans",
                               err);
}

/* ---- those drawn ---- */

static caus_status begin(trace_reader *reader, caus_error *err)
{
    if (!reader->builder)
        reader->builder = caus_spans_builder_new(reader->limit_bytes);
    if (!reader->builder)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for spans");
    return CAUS_OK;
}

/* A request that failed is sent again: its spans come anew. */
static void forget(void *data)
{
    trace_reader *reader = data;
    caus_spans_builder_free(reader->builder);
    reader->builder = NULL;
}

static caus_slice slice_of(const caus_row_value *value)
{
    return (caus_slice){value->text, value->length};
}

static caus_status take_span(void *data, const caus_row_value *values,
                             caus_error *err)
{
    trace_reader *reader = data;
    for (size_t i = CAUS_TRACE_ID; i <= CAUS_TRACE_OPERATION; i++)
        if (memchr(values[i].text, '\0', values[i].length))
            return CAUS_ERR_INVALID_DATA;
    CAUS_TRY(begin(reader, err));
    caus_span_row row = {
        .trace = slice_of(&values[CAUS_TRACE_ID]),
        .service = slice_of(&values[CAUS_TRACE_SERVICE]),
        .operation = slice_of(&values[CAUS_TRACE_OPERATION]),
        .span = values[CAUS_TRACE_SPAN].number,
        .parent = values[CAUS_TRACE_PARENT].number,
        .has_parent = values[CAUS_TRACE_PARENT].number != 0,
        .failed = values[CAUS_TRACE_FAILED].number != 0,
        .start_ns = (int64_t)values[CAUS_TRACE_START].number,
        .duration_ns = (int64_t)values[CAUS_TRACE_DURATION].number,
        .phase = CAUS_PHASE_NORMAL,
    };
    return caus_spans_builder_add(reader->builder, &row, err);
}

static caus_status read_spans(trace_reader *reader, caus_error *err)
{
    static const caus_row_type types[CAUS_TRACE_COLUMNS] = {
        CAUS_ROW_TEXT, CAUS_ROW_TEXT, CAUS_ROW_TEXT, CAUS_ROW_U64,
        CAUS_ROW_U64,  CAUS_ROW_U64,  CAUS_ROW_U64,  CAUS_ROW_U8};
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(caus_sql_traces(&reader->at.table, reader->stretches,
                                           reader->stretch_count, &sql, err),
                           &sql));
    caus_row_reader rows = {.types = types,
                            .type_count = CAUS_TRACE_COLUMNS,
                            .row = take_span,
                            .forget = forget,
                            .data = reader};
    return caus_clickhouse_ask(&reader->at, &sql, &rows, "the spans", err);
}

/* ---- all ---- */

static caus_status check_ids(const caus_clickhouse *at, caus_error *err)
{
    if (at->table.has_ids)
        return CAUS_OK;
    const caus_span_profile *profile = at->table.profile;
    return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                     "%s.%s of ClickHouse at %s lacks %s, %s or %s, by which "
                     "spans belong together",
                     at->table.database, at->table.name, at->host,
                     profile->names->trace, profile->span, profile->parent);
}

static caus_status add_statement(const trace_reader *reader, caus_spans *spans,
                                 caus_error *err)
{
    caus_text sql = {0};
    CAUS_TRY(
        caus_sql_kept(caus_sql_shown_trace(&reader->at.table, reader->stretches,
                                           reader->stretch_count, &sql, err),
                      &sql));
    return caus_text_finish(&sql, reader->at.out, &spans->statement, NULL, err);
}

static caus_status fetch(trace_reader *reader, const caus_endpoint *endpoint,
                         size_t most, caus_spans_fetch *made, caus_error *err)
{
    caus_clickhouse *at = &reader->at;
    double share[CAUS_STRETCHES] = {1, 1};
    CAUS_TRY(caus_clickhouse_prepare(at, STATEMENTS, WARNINGS, err));
    CAUS_TRY(caus_clickhouse_connect(at, endpoint, err));
    CAUS_TRY(caus_clickhouse_find_table(at, err));
    CAUS_TRY(check_ids(at, err));
    CAUS_TRY(count_spans(reader, err));
    for (size_t i = 0; i < reader->stretch_count; i++) {
        uint64_t one_in = (reader->counts[i] + most - 1) / most;
        reader->stretches[i].one_in = one_in ? one_in : 1;
        share[i] = 1 / (double)reader->stretches[i].one_in;
    }
    if (reader->counts[0] || reader->counts[1])
        CAUS_TRY(read_spans(reader, err));
    *made = (caus_spans_fetch){.window_share = share[0],
                               .baseline_share = share[1],
                               .queries = at->queries,
                               .query_count = at->query_count,
                               .warnings = at->warnings.texts,
                               .warning_count = at->warnings.count};
    CAUS_TRY(begin(reader, err));
    CAUS_TRY(caus_spans_builder_finish(reader->builder, NULL, true, at->run,
                                       at->out, &made->spans, err));
    return add_statement(reader, &made->spans, err);
}

caus_status caus_clickhouse_spans(const caus_endpoint *endpoint,
                                  const caus_spans_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_spans_fetch *result, caus_error *err)
{
    trace_reader reader = {
        .at = caus_clickhouse_begin(run, out),
        .limit_bytes = caus_run_memory_limit_bytes(run),
    };
    caus_stretch times[CAUS_STRETCHES];
    reader.stretch_count =
        caus_stretches_of(&options->window, &options->baseline, times);
    for (size_t i = 0; i < reader.stretch_count; i++)
        reader.stretches[i] = (caus_trace_stretch){times[i], 1};
    reader.at.query_limit = options->max_queries;
    caus_spans_fetch made;
    caus_status status = fetch(
        &reader, endpoint,
        options->max_spans ? options->max_spans : USUAL_SPANS, &made, err);
    caus_spans_builder_free(reader.builder);
    if (status == CAUS_OK)
        *result = made;
    return caus_clickhouse_end(&reader.at, status);
}
