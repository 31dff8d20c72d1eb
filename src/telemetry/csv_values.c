/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "base/number.h"
#include "telemetry/csv_internal.h"

typedef struct reader {
    const caus_csv_layout *layout;
    const caus_csv_options *options;
    const caus_run *run;
    caus_csv_target *target;
    size_t line;        /* of the row at hand, from 1 */
    size_t blank_count; /* blank lines since the last row */
    size_t row;         /* first row of the target that is not yet filled */
} reader;

static const char *column_name(const caus_csv_layout *layout, size_t column)
{
    if (layout->has_time && column == 0)
        return "time";
    return layout->variables[column - layout->has_time].name;
}

/* Whether a cell is a number or a missing value, as text without blanks. */
static bool is_value(caus_csv_text text, double *value)
{
    *value = (double)NAN;
    const char *rest = text.end;
    return text.from == text.end ||
           (caus_parse_double(text.from, text.end, value, &rest) &&
            rest == text.end);
}

/* The sentence for a row that could not be read. */
static caus_status fail_row(const reader *r, const char *from,
                            const char *piece_end, caus_error *err)
{
    const caus_csv_layout *layout = r->layout;
    const char *next;
    const char *end = caus_csv_line_end(from, piece_end, &next);
    caus_csv_text bad = {NULL, NULL};
    size_t columns = 0, bad_column = 0;
    for (const char *at = from;; at++) {
        caus_csv_cell cell;
        double value;
        if (!caus_csv_next_cell(&at, end, &cell))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu: the quote in column %zu is not "
                             "closed on its line or goes on after it: numbers "
                             "need no quotes",
                             layout->path, r->line, columns + 1);
        bool is_time = layout->has_time && columns == 0;
        if (!bad.from && !is_time && !is_value(cell.text, &value)) {
            bad = cell.text;
            bad_column = columns;
        }
        columns++;
        if (at == end)
            break;
    }
    if (columns != layout->column_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has %zu cells, line 1 has %zu (the last "
                         "is '%s'): give every row the same cells",
                         layout->path, r->line, columns, layout->column_count,
                         column_name(layout, layout->column_count - 1));
    if (!bad.from)
        return CAUS_FAIL(err, CAUS_ERR_IO,
                         "%s line %zu changed while it was read: read the file "
                         "when it is complete",
                         layout->path, r->line);
    const char *name = column_name(layout, bad_column);
    return CAUS_FAIL(
        err, CAUS_ERR_INVALID_DATA,
        "%s line %zu, column '%s': '%s' is no number: correct it, or leave the "
        "cell empty where the value is missing",
        layout->path, r->line, caus_excerpt_of(name, strlen(name)).text,
        caus_excerpt_of(bad.from, (size_t)(bad.end - bad.from)).text);
}

static bool ends_cell(const char *at, const char *end)
{
    return at == end || *at == ',' || *at == '\n' || *at == '\r';
}

/* A cell that is not a bare number: empty, quoted or with blanks around it. */
static const char *read_odd_cell(const char *at, const char *end, double *value)
{
    if (ends_cell(at, end)) {
        *value = (double)NAN;
        return at;
    }
    while (at != end && caus_csv_is_blank(*at))
        at++;
    bool quoted = at != end && *at == '"';
    at += quoted;
    const char *from = at;
    while (at != end && *at != '\n' && *at != '\r' &&
           *at != (quoted ? '"' : ','))
        at++;
    const char *last = at;
    if (quoted && (at == end || *at++ != '"'))
        return NULL;
    while (at != end && caus_csv_is_blank(*at))
        at++;
    while (last != from && caus_csv_is_blank(last[-1]))
        last--;
    return is_value((caus_csv_text){from, last}, value) && ends_cell(at, end)
               ? at
               : NULL;
}

/*
 * A decimal of at most 15 digits, most cells of most files. Its digits and its
 * power of ten are exact doubles, so that one division rounds correctly.
 */
static inline const char *read_short_cell(const char *at, const char *end,
                                          double *value)
{
    enum { MOST_DIGITS = 15 };
    static const double powers[] = {1,    1e1,  1e2,  1e3, 1e4,  1e5,
                                    1e6,  1e7,  1e8,  1e9, 1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15};
    bool negative = at != end && *at == '-';
    at += negative;
    int64_t digits = 0;
    int count = 0, decimals = 0;
    for (; at != end && *at >= '0' && *at <= '9'; at++, count++) {
        if (count == MOST_DIGITS)
            return NULL;
        digits = digits * 10 + (*at - '0');
    }
    if (at != end && *at == '.')
        for (at++; at != end && *at >= '0' && *at <= '9'; at++, decimals++) {
            if (count + decimals == MOST_DIGITS)
                return NULL;
            digits = digits * 10 + (*at - '0');
        }
    if (count + decimals == 0 || !ends_cell(at, end))
        return NULL;
    double size = (double)digits / powers[decimals];
    *value = negative ? -size : size;
    return at;
}

/* The byte after the cell, or NULL when it holds no value. */
static inline const char *read_cell(const char *at, const char *end,
                                    double *value)
{
    const char *rest = read_short_cell(at, end, value);
    if (rest)
        return rest;
    if (caus_parse_double(at, end, value, &rest) && ends_cell(rest, end))
        return rest;
    return read_odd_cell(at, end, value);
}

static caus_status mark_missing(caus_csv_target *target, size_t variable_count,
                                size_t column, size_t row, caus_error *err)
{
    target->values[row * target->row_stride + column * target->column_stride] =
        (double)NAN;
    if (!target->word_count)
        return CAUS_OK;
    if (!target->missing) {
        target->missing = CAUS_ARRAY(target->out, uint64_t,
                                     variable_count * target->word_count);
        if (!target->missing)
            return caus_arena_fail(target->out, err);
    }
    target->missing[column * target->word_count + row / 64] |= UINT64_C(1)
                                                               << row % 64;
    return CAUS_OK;
}

static caus_status skip_row(reader *r, caus_error *err)
{
    size_t count = r->layout->variable_count;
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(mark_missing(r->target, count, i, r->row, err));
    r->row++;
    return CAUS_OK;
}

static caus_status fail_changed(const reader *r, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_IO,
                     "%s changed while it was read: read the file when it is "
                     "complete",
                     r->layout->path);
}

/* Finds the row of a time and fills rows that the file leaves out. */
static caus_status place_time(reader *r, int64_t time_ns, caus_error *err)
{
    caus_csv_target *target = r->target;
    size_t row = r->row;
    if (target->time_ns) {
        if (row < target->row_count)
            target->time_ns[row] = time_ns;
    } else if (time_ns < target->start_ns) {
        row = SIZE_MAX;
    } else {
        uint64_t passed_ns = (uint64_t)time_ns - (uint64_t)target->start_ns;
        row = passed_ns / (uint64_t)target->step_ns;
    }
    if (row < r->row || row >= target->row_count)
        return fail_changed(r, err);
    while (r->row < row) {
        CAUS_TRY(caus_run_check(r->run, err));
        CAUS_TRY(skip_row(r, err));
    }
    return CAUS_OK;
}

static void note_infinite(const reader *r, size_t column)
{
    caus_csv_infinite *found = &r->target->infinite[column];
    if (!found->count++)
        found->first_line = r->line;
}

/* Reads the cells of a row; `next` is set to the byte after the last. */
static caus_status read_cells(reader *r, const char *row_from, const char *at,
                              const char *end, const char **next,
                              caus_error *err)
{
    caus_csv_target *target = r->target;
    const size_t count = r->layout->variable_count;
    double *place = target->values + r->row * target->row_stride;
    for (size_t i = 0; i < count; i++, place += target->column_stride) {
        const char *rest = read_cell(at, end, place);
        bool is_last = i + 1 == count;
        if (!rest || (is_last ? rest != end && *rest == ','
                              : rest == end || *rest != ','))
            return fail_row(r, row_from, end, err);
        if (!isfinite(*place)) {
            if (isinf(*place))
                note_infinite(r, i);
            CAUS_TRY(mark_missing(target, count, i, r->row, err));
        }
        at = rest + !is_last;
    }
    *next = at;
    return CAUS_OK;
}

/* Behind the end of a line: "\n", "\r\n", or the end of the file. */
static bool skip_line_end(const char **at, const char *end)
{
    if (*at != end && **at == '\r')
        ++*at;
    if (*at == end)
        return true;
    return *(*at)++ == '\n';
}

static bool skip_blank_line(const char **at, const char *end)
{
    const char *from = *at;
    while (from != end && caus_csv_is_blank(*from))
        from++;
    if (from != end && *from != '\n' && *from != '\r')
        return false;
    if (!skip_line_end(&from, end))
        return false;
    *at = from;
    return true;
}

static caus_status read_row(reader *r, const char **at, const char *end,
                            caus_error *err)
{
    if (skip_blank_line(at, end)) {
        r->blank_count++;
        return CAUS_OK;
    }
    for (; r->blank_count > 0; r->blank_count--) {
        if (r->layout->column_count > 1 || r->row >= r->target->row_count)
            return fail_changed(r, err);
        CAUS_TRY(skip_row(r, err));
    }
    const char *from = *at, *cells = *at;
    if (r->layout->has_time) {
        int64_t time_ns;
        if (!caus_csv_read_time(r->layout, &cells, end, &time_ns))
            return caus_csv_fail_time(r->layout, r->line, from, end, err);
        if (!caus_csv_is_kept(r->options, time_ns)) {
            caus_csv_line_end(cells, end, at);
            return CAUS_OK;
        }
        if (cells == end || *cells != ',')
            return fail_row(r, from, end, err);
        cells++;
        CAUS_TRY(place_time(r, time_ns, err));
    } else if (r->row >= r->target->row_count) {
        return fail_changed(r, err);
    }
    CAUS_TRY(read_cells(r, from, cells, end, &cells, err));
    if (!skip_line_end(&cells, end))
        return fail_row(r, from, end, err);
    r->row++;
    *at = cells;
    return CAUS_OK;
}

caus_status caus_csv_read_values(caus_csv_source *source,
                                 const caus_csv_layout *layout,
                                 const caus_csv_options *options,
                                 const caus_run *run, caus_csv_target *target,
                                 caus_error *err)
{
    reader r = {.layout = layout,
                .options = options,
                .run = run,
                .target = target,
                .line = layout->body_line};
    CAUS_TRY(caus_csv_source_rewind(source, err));
    size_t skipped = layout->body_byte;
    for (;;) {
        caus_csv_text piece;
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(caus_csv_source_next(source, &piece, err));
        if (piece.from == piece.end)
            break;
        if (skipped > (size_t)(piece.end - piece.from))
            return fail_changed(&r, err);
        for (const char *at = piece.from + skipped; at != piece.end; r.line++)
            CAUS_TRY(read_row(&r, &at, piece.end, err));
        skipped = 0;
        uint64_t total = caus_csv_source_total(source);
        caus_run_progress(run, CAUS_STAGE_READ,
                          total + caus_csv_source_done(source), 2 * total);
    }
    return r.row == target->row_count ? CAUS_OK : fail_changed(&r, err);
}
