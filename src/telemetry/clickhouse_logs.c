// SPDX-License-Identifier: Apache-2.0
/* Log lines: counted first, then those drawn are read. */
#include <string.h>

#include "base/excerpt.h"
#include "caus/log_source.h"
#include "telemetry/clickhouse_logs.h"
#include "telemetry/clickhouse_session.h"
#include "telemetry/logs_internal.h"

enum {
    STATEMENTS = 3,
    WARNINGS = 2,
    USUAL_LINES = 100000,
    COUNTS = CAUS_STRETCHES * CAUS_LINE_CLASSES
};

typedef struct line_reader {
    caus_clickhouse at;
    caus_line_table table;
    caus_line_draw draw;
    uint64_t counts[COUNTS]; /* [stretch][class] */
    caus_logs_builder *builder;
    size_t limit_bytes;
    size_t unreadable;
} line_reader;

/* ---- where lines are ---- */

static caus_status find_table(line_reader *reader, bool *found, caus_error *err)
{
    caus_clickhouse *at = &reader->at;
    const caus_clickhouse_column *columns = NULL;
    size_t count = 0;
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(caus_sql_log_columns(&at->place, &sql, err), &sql));
    CAUS_TRY(caus_clickhouse_ask_columns(
        at, &sql, "the search for tables of log lines", &columns, &count, err));
    caus_line_table *table = &reader->table, other;
    *found = caus_line_table_find(columns, count, &at->place, table, &other);
    if (!*found && at->place.log_table)
        return caus_clickhouse_warn(
            at,
            caus_arena_format(at->out,
                              "no log lines are read: there is no table %s "
                              "with the columns of log lines: name another by "
                              "?database=…&log_table=… in the url",
                              at->place.log_table),
            err);
    if (!*found || !other.profile)
        return CAUS_OK;
    return caus_clickhouse_warn(
        at,
        caus_arena_format(at->out,
                          "log lines are read from %s.%s (%s); %s.%s holds "
                          "some too: choose by ?database=…&log_table=… in the "
                          "url",
                          table->database, table->name, table->profile->name,
                          other.database, other.name),
        err);
}

/* ---- how many there are ---- */

static caus_status take_counts(void *data, const caus_row_value *values,
                               caus_error *err)
{
    line_reader *reader = data;
    (void)err;
    for (size_t i = 0; i < COUNTS; i++)
        reader->counts[i] = values[i].number;
    return CAUS_OK;
}

static caus_status count_lines(line_reader *reader, caus_error *err)
{
    static const caus_row_type types[COUNTS] = {CAUS_ROW_U64, CAUS_ROW_U64,
                                                CAUS_ROW_U64, CAUS_ROW_U64};
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(
        caus_sql_log_counts(&reader->table, &reader->draw, &sql, err), &sql));
    caus_row_reader rows = {.types = types,
                            .type_count = COUNTS,
                            .row = take_counts,
                            .data = reader};
    return caus_clickhouse_ask(&reader->at, &sql, &rows,
                               "the count of log lines", err);
}

static uint64_t one_in(uint64_t count, uint64_t most)
{
    return count > most ? (count + most - 1) / most : 1;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Loud lines first, the others take the room they leave. */
static void choose_shares(line_reader *reader, uint64_t most)
{
    const uint64_t *counts = reader->counts;
    caus_line_draw *draw = &reader->draw;
    uint64_t loud = larger(counts[CAUS_LINE_LOUD],
                           counts[CAUS_LINE_CLASSES + CAUS_LINE_LOUD]);
    uint64_t others = larger(counts[CAUS_LINE_OTHER],
                             counts[CAUS_LINE_CLASSES + CAUS_LINE_OTHER]);
    draw->loud_one_in = one_in(loud, most);
    uint64_t taken = loud / draw->loud_one_in;
    draw->other_one_in = one_in(others, taken < most ? most - taken : 1);
}

/* ---- those drawn ---- */

static caus_status begin(line_reader *reader, caus_error *err)
{
    if (!reader->builder)
        reader->builder = caus_logs_builder_new(caus_log_usual_similarity,
                                                CAUS_LOG_USUAL_TEMPLATES,
                                                reader->limit_bytes);
    if (!reader->builder)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for log lines");
    return CAUS_OK;
}

/* A request that failed is sent again: its lines come anew. */
static void forget(void *data)
{
    line_reader *reader = data;
    caus_logs_builder_free(reader->builder);
    reader->builder = NULL;
    reader->unreadable = 0;
}

static caus_slice slice_of(const caus_row_value *value)
{
    return (caus_slice){value->text, value->length};
}

/* The server cuts between bytes: what is left of a character goes. */
static caus_slice message_of(const caus_row_value *value)
{
    caus_slice text = slice_of(value);
    if (text.length < CAUS_LINE_BYTES)
        return text;
    size_t whole = text.length;
    while (whole > 0 && ((unsigned char)text.bytes[whole - 1] & 0xc0) == 0x80)
        whole--;
    if (whole > 0 &&
        !caus_utf8_is_valid(text.bytes + whole - 1, text.length - whole + 1))
        text.length = whole - 1;
    return text;
}

static bool is_readable(caus_slice text)
{
    return !memchr(text.bytes, '\0', text.length) &&
           caus_utf8_is_valid(text.bytes, text.length);
}

static caus_severity severity_of(const caus_row_value *values)
{
    enum { MOST = 24 };
    uint64_t number = values[CAUS_LINE_NUMBER].number;
    if (number == 0 || number > MOST)
        return caus_severity_of_word(slice_of(&values[CAUS_LINE_LEVEL]));
    if (number >= CAUS_LINE_ERROR)
        return CAUS_SEVERITY_ERROR;
    if (number >= CAUS_LINE_WARN)
        return CAUS_SEVERITY_WARN;
    return number >= CAUS_LINE_INFO ? CAUS_SEVERITY_INFO : CAUS_SEVERITY_DEBUG;
}

static caus_status take_line(void *data, const caus_row_value *values,
                             caus_error *err)
{
    line_reader *reader = data;
    CAUS_TRY(begin(reader, err));
    caus_log_row row = {
        .time_ns = (int64_t)values[CAUS_LINE_TIME].number,
        .service = slice_of(&values[CAUS_LINE_SERVICE]),
        .text = message_of(&values[CAUS_LINE_TEXT]),
        .trace = caus_log_trace_id(slice_of(&values[CAUS_LINE_TRACE])),
        .severity = severity_of(values),
        .lines = 1};
    if (!is_readable(row.service) || !is_readable(row.text) ||
        caus_text_has_control(row.service.bytes, row.service.length)) {
        reader->unreadable++;
        return CAUS_OK;
    }
    return caus_logs_builder_add(reader->builder, &row, err);
}

static caus_status read_lines(line_reader *reader, caus_error *err)
{
    static const caus_row_type types[CAUS_LINE_COLUMNS] = {
        CAUS_ROW_U64,  CAUS_ROW_U8,   CAUS_ROW_TEXT,
        CAUS_ROW_TEXT, CAUS_ROW_TEXT, CAUS_ROW_TEXT};
    caus_clickhouse *at = &reader->at;
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(
        caus_sql_logs(&reader->table, &reader->draw, &sql, err), &sql));
    caus_row_reader rows = {.types = types,
                            .type_count = CAUS_LINE_COLUMNS,
                            .row = take_line,
                            .forget = forget,
                            .data = reader};
    CAUS_TRY(caus_clickhouse_ask(at, &sql, &rows, "the log lines", err));
    if (!reader->unreadable)
        return CAUS_OK;
    return caus_clickhouse_warn(
        at,
        caus_arena_format(at->out,
                          "%zu log lines of %s.%s are no UTF-8 and were left "
                          "out",
                          reader->unreadable, reader->table.database,
                          reader->table.name),
        err);
}

/* ---- all ---- */

static caus_status read_table(line_reader *reader, uint64_t most,
                              caus_error *err)
{
    CAUS_TRY(count_lines(reader, err));
    choose_shares(reader, most);
    for (size_t i = 0; i < COUNTS; i++) {
        if (reader->counts[i])
            return read_lines(reader, err);
    }
    return CAUS_OK;
}

static caus_status add_statement(const line_reader *reader, caus_logs *logs,
                                 caus_error *err)
{
    caus_text sql = {0};
    CAUS_TRY(
        caus_sql_kept(caus_sql_shown_lines(&reader->table, &sql, err), &sql));
    return caus_text_finish(&sql, reader->at.out, &logs->statement, NULL, err);
}

static caus_status fetch(line_reader *reader, const caus_endpoint *endpoint,
                         uint64_t most, caus_logs_fetch *made, caus_error *err)
{
    caus_clickhouse *at = &reader->at;
    bool found;
    CAUS_TRY(caus_clickhouse_prepare(at, STATEMENTS, WARNINGS, err));
    CAUS_TRY(caus_clickhouse_connect(at, endpoint, err));
    CAUS_TRY(find_table(reader, &found, err));
    if (found)
        CAUS_TRY(read_table(reader, most, err));
    *made =
        (caus_logs_fetch){.found = found,
                          .loud_share = 1 / (double)reader->draw.loud_one_in,
                          .other_share = 1 / (double)reader->draw.other_one_in,
                          .queries = at->queries,
                          .query_count = at->query_count,
                          .warnings = at->warnings.texts,
                          .warning_count = at->warnings.count};
    CAUS_TRY(begin(reader, err));
    CAUS_TRY(caus_logs_builder_finish(reader->builder, at->run, at->out,
                                      &made->logs, err));
    return found ? add_statement(reader, &made->logs, err) : CAUS_OK;
}

caus_status caus_clickhouse_logs(const caus_endpoint *endpoint,
                                 const caus_logs_fetch_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_logs_fetch *result, caus_error *err)
{
    line_reader reader = {
        .at = caus_clickhouse_begin(run, out),
        .limit_bytes = caus_run_memory_limit_bytes(run),
        .draw = {.loud_one_in = 1, .other_one_in = 1},
    };
    reader.draw.stretch_count = caus_stretches_of(
        &options->window, &options->baseline, reader.draw.stretches);
    reader.at.query_limit = options->max_queries;
    caus_logs_fetch made;
    caus_status status = fetch(
        &reader, endpoint,
        options->max_lines ? options->max_lines : USUAL_LINES, &made, err);
    caus_logs_builder_free(reader.builder);
    if (status == CAUS_OK)
        *result = made;
    return caus_clickhouse_end(&reader.at, status);
}
