/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/excerpt.h"
#include "events/events.h"
#include "telemetry/csv_internal.h"
#include "telemetry/time_internal.h"

typedef enum field {
    FIELD_TRACE,
    FIELD_SPAN,
    FIELD_PARENT,
    FIELD_SERVICE,
    FIELD_OPERATION,
    FIELD_START,
    FIELD_DURATION,
    REQUIRED_FIELDS,
    FIELD_PHASE = REQUIRED_FIELDS,
    FIELD_STATUS,
    FIELD_ERROR,
    FIELD_COUNT,
    FIELD_NONE = FIELD_COUNT
} field;

static const char *const field_names[FIELD_COUNT] = {
    "trace",    "span",        "parent", "service", "operation",
    "start_us", "duration_us", "phase",  "status",  "error"};

enum { MOST_COLUMNS = 256 };

typedef struct span_reader {
    const char *path;
    size_t line;
    size_t column_count;
    unsigned char field_of[MOST_COLUMNS];
    bool has[FIELD_COUNT];
    caus_spans_builder *builder;
    caus_csv_cell cells[FIELD_COUNT];
    char unquoted[FIELD_COUNT][CAUS_SPAN_TEXT_BYTES];
} span_reader;

static size_t cell_length(const caus_csv_cell *cell)
{
    return (size_t)(cell->text.end - cell->text.from);
}

static bool is_word(const caus_csv_cell *cell, const char *word)
{
    size_t length = cell_length(cell);
    return length == strlen(word) &&
           strncasecmp(cell->text.from, word, length) == 0;
}

static caus_excerpt shown(const caus_csv_cell *cell)
{
    return caus_excerpt_of(cell->text.from, cell_length(cell));
}

static caus_status fail_cell(const span_reader *r, field which,
                             const char *wanted, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu, column %s: '%s' is no %s", r->path, r->line,
                     field_names[which], shown(&r->cells[which]).text, wanted);
}

/* ---- header ---- */

static caus_status take_column(span_reader *r, const caus_csv_cell *cell,
                               caus_error *err)
{
    if (r->column_count == MOST_COLUMNS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s line 1 has over %d columns: keep those of spans",
                         r->path, MOST_COLUMNS);
    unsigned char which = FIELD_NONE;
    for (unsigned char i = 0; i < (unsigned char)FIELD_COUNT; i++)
        if (is_word(cell, field_names[i]))
            which = i;
    if (which != FIELD_NONE && r->has[which])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1 names two columns %s: rename one", r->path,
                         field_names[which]);
    if (which != FIELD_NONE)
        r->has[which] = true;
    r->field_of[r->column_count++] = which;
    return CAUS_OK;
}

static caus_status read_header(span_reader *r, const char *at, const char *end,
                               caus_error *err)
{
    for (;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return caus_csv_fail_quote(r->path, r->line, err);
        CAUS_TRY(take_column(r, &cell, err));
        if (at == end)
            break;
    }
    for (int i = 0; i < REQUIRED_FIELDS; i++)
        if (!r->has[i])
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line 1 has no column %s: spans need "
                             "trace,span,parent,service,operation,start_us,"
                             "duration_us and may have phase and status",
                             r->path, field_names[i]);
    return CAUS_OK;
}

/* ---- cells ---- */

/* The text of a cell; doubled quotes are made single in a buffer. */
static caus_status take_text(span_reader *r, field which, caus_slice *text,
                             caus_error *err)
{
    const caus_csv_cell *cell = &r->cells[which];
    size_t length = cell_length(cell);
    if (length > CAUS_SPAN_TEXT_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%s line %zu, column %s has over %d bytes: shorten it",
                         r->path, r->line, field_names[which],
                         CAUS_SPAN_TEXT_BYTES);
    *text = (caus_slice){cell->text.from, length};
    if (cell->quoted && memchr(cell->text.from, '"', length)) {
        size_t kept = 0;
        for (size_t i = 0; i < length; i++) {
            r->unquoted[which][kept++] = cell->text.from[i];
            i += cell->text.from[i] == '"';
        }
        *text = (caus_slice){r->unquoted[which], kept};
    }
    return CAUS_OK;
}

static bool is_plain_ascii(caus_slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte < 0x20 || byte >= 0x7f)
            return false;
    }
    return true;
}

static caus_status take_name(span_reader *r, field which, caus_slice *text,
                             caus_error *err)
{
    CAUS_TRY(take_text(r, which, text, err));
    if (text->length == 0 ||
        (!is_plain_ascii(*text) &&
         (!caus_utf8_is_valid(text->bytes, text->length) ||
          caus_text_has_control(text->bytes, text->length))))
        return fail_cell(r, which, "name: give plain UTF-8 text", err);
    return CAUS_OK;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A number for an id: its own value where it is one, else a hash. */
static uint64_t number_of_id(caus_slice text)
{
    enum { HEX_DIGITS = 16, MOST_DECIMALS = 18 };
    uint64_t decimal = 0, hex = 0, hash = 0xcbf29ce484222325u;
    bool is_decimal = text.length <= MOST_DECIMALS;
    bool is_hex = text.length == HEX_DIGITS;
    for (size_t i = 0; i < text.length; i++) {
        int digit = hex_digit(text.bytes[i]);
        is_decimal = is_decimal && digit >= 0 && digit < 10;
        is_hex = is_hex && digit >= 0;
        if (is_decimal)
            decimal = decimal * 10 + (uint64_t)digit;
        if (is_hex)
            hex = hex << 4 | (uint64_t)digit;
        hash = (hash ^ (unsigned char)text.bytes[i]) * 0x100000001b3u;
    }
    if (is_hex)
        return hex;
    if (is_decimal)
        return decimal;
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static caus_status take_ids(span_reader *r, caus_span_row *row, caus_error *err)
{
    caus_slice text;
    CAUS_TRY(take_name(r, FIELD_TRACE, &row->trace, err));
    CAUS_TRY(take_name(r, FIELD_SPAN, &text, err));
    row->span = number_of_id(text);
    CAUS_TRY(take_text(r, FIELD_PARENT, &text, err));
    row->parent = number_of_id(text);
    row->has_parent = text.length > 0 &&
                      !(text.length == 2 && memcmp(text.bytes, "-1", 2) == 0) &&
                      !(text.length == 16 && row->parent == 0);
    return CAUS_OK;
}

static caus_status take_time(span_reader *r, field which, int64_t *time_ns,
                             caus_error *err)
{
    const int64_t microsecond_ns = 1000;
    const caus_csv_cell *cell = &r->cells[which];
    const char *at = cell->text.from;
    if (!caus_time_scan_decimal(&at, cell->text.end, microsecond_ns, time_ns) ||
        at != cell->text.end)
        return fail_cell(r, which,
                         which == FIELD_START
                             ? "number of microseconds since 1970"
                             : "number of microseconds",
                         err);
    return CAUS_OK;
}

static caus_status take_phase(span_reader *r, caus_phase *phase,
                              caus_error *err)
{
    const caus_csv_cell *cell = &r->cells[FIELD_PHASE];
    *phase = CAUS_PHASE_NORMAL;
    if (!r->has[FIELD_PHASE] || is_word(cell, "0") || is_word(cell, "normal"))
        return CAUS_OK;
    *phase = CAUS_PHASE_INCIDENT;
    if (is_word(cell, "1") || is_word(cell, "incident"))
        return CAUS_OK;
    return fail_cell(r, FIELD_PHASE, "phase: give 0 (normal) or 1 (incident)",
                     err);
}

/* The words of OpenTelemetry, its codes 0, 1, 2, or an HTTP status. */
static caus_status take_status(span_reader *r, bool *failed, caus_error *err)
{
    static const char *const good[] = {
        "", "unset", "status_code_unset", "ok", "0", "status_code_ok", "1"};
    static const char *const bad[] = {"error", "2", "status_code_error"};
    const caus_csv_cell *cell = &r->cells[FIELD_STATUS];
    *failed = false;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (is_word(cell, good[i]))
            return CAUS_OK;
    *failed = true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (is_word(cell, bad[i]))
            return CAUS_OK;
    const char *digits = cell->text.from;
    if (cell_length(cell) == 3 && digits[0] >= '1' && digits[0] <= '5' &&
        hex_digit(digits[1]) < 10 && hex_digit(digits[1]) >= 0 &&
        hex_digit(digits[2]) < 10 && hex_digit(digits[2]) >= 0) {
        *failed = digits[0] == '5';
        return CAUS_OK;
    }
    return fail_cell(r, FIELD_STATUS,
                     "status: give unset, ok or error, or an HTTP status", err);
}

static caus_status take_error(span_reader *r, bool *failed, caus_error *err)
{
    const caus_csv_cell *cell = &r->cells[FIELD_ERROR];
    if (is_word(cell, "1") || is_word(cell, "true"))
        *failed = true;
    else if (cell_length(cell) && !is_word(cell, "0") &&
             !is_word(cell, "false"))
        return fail_cell(r, FIELD_ERROR, "error flag: give 0 or 1", err);
    return CAUS_OK;
}

static caus_status add_row(span_reader *r, caus_error *err)
{
    caus_span_row row = {0};
    CAUS_TRY(take_ids(r, &row, err));
    CAUS_TRY(take_name(r, FIELD_SERVICE, &row.service, err));
    CAUS_TRY(take_name(r, FIELD_OPERATION, &row.operation, err));
    CAUS_TRY(take_time(r, FIELD_START, &row.start_ns, err));
    CAUS_TRY(take_time(r, FIELD_DURATION, &row.duration_ns, err));
    CAUS_TRY(take_phase(r, &row.phase, err));
    if (r->has[FIELD_STATUS])
        CAUS_TRY(take_status(r, &row.failed, err));
    if (r->has[FIELD_ERROR])
        CAUS_TRY(take_error(r, &row.failed, err));
    int64_t end_ns;
    if (__builtin_add_overflow(row.start_ns, row.duration_ns, &end_ns))
        return fail_cell(r, FIELD_DURATION,
                         "duration of this start: their sum passes the year "
                         "2262",
                         err);
    return caus_spans_builder_add(r->builder, &row, err);
}

/* ---- lines ---- */

static caus_status read_row(span_reader *r, const char *at, const char *end,
                            caus_error *err)
{
    size_t column = 0;
    caus_csv_cell ignored;
    for (;; at++, column++) {
        field which =
            column < r->column_count ? r->field_of[column] : FIELD_NONE;
        caus_csv_cell *cell = which == FIELD_NONE ? &ignored : &r->cells[which];
        if (!caus_csv_next_cell(&at, end, cell))
            return caus_csv_fail_quote(r->path, r->line, err);
        if (at == end)
            break;
    }
    if (column + 1 != r->column_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has %zu cells, line 1 has %zu: give "
                         "every row the same cells",
                         r->path, r->line, column + 1, r->column_count);
    return add_row(r, err);
}

static caus_status read_all(span_reader *r, caus_csv_source *source,
                            const caus_run *run, caus_error *err)
{
    caus_csv_lines lines = {.source = source, .run = run};
    for (;;) {
        caus_csv_text line;
        CAUS_TRY(caus_csv_next_line(&lines, &line, err));
        if (!line.from)
            break;
        r->line = lines.count;
        if (r->line == 1)
            CAUS_TRY(read_header(r, line.from, line.end, err));
        else if (!caus_csv_is_blank_line(line))
            CAUS_TRY(read_row(r, line.from, line.end, err));
    }
    if (caus_spans_builder_count(r->builder) == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s has no spans: give a line for each below the "
                         "header",
                         r->path);
    return CAUS_OK;
}

caus_status caus_spans_read_csv(const char *path,
                                const caus_spans_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_spans *result, caus_error *err)
{
    size_t limit_bytes = caus_run_memory_limit_bytes(run);
    caus_csv_source *source = NULL;
    CAUS_TRY(caus_csv_source_open(path, limit_bytes, run, &source, err));
    caus_status status = CAUS_ERR_OUT_OF_MEMORY;
    span_reader *r = caus_alloc(sizeof *r);
    if (r) {
        *r = (span_reader){.path = path};
        r->builder = caus_spans_builder_new(limit_bytes);
    }
    if (!r || !r->builder)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory to read the spans of %s", path);
    else
        status = read_all(r, source, run, err);
    caus_csv_source_close(source);
    if (status == CAUS_OK) {
        bool by_onset = options && options->has_onset && !r->has[FIELD_PHASE];
        status = caus_spans_builder_finish(
            r->builder, by_onset ? &options->onset_ns : NULL,
            r->has[FIELD_STATUS] || r->has[FIELD_ERROR], run, out, result, err);
    }
    if (r)
        caus_spans_builder_free(r->builder);
    free(r);
    return status;
}
