/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines as CSV, whose quoted texts may go over several lines. */
#include <string.h>
#include <strings.h>

#include "telemetry/csv_internal.h"
#include "telemetry/logs_internal.h"

enum { MOST_ROW_BYTES = 1 << 20 };

static unsigned char field_named(const caus_csv_cell *cell)
{
    size_t length = (size_t)(cell->text.end - cell->text.from);
    for (unsigned char field = 0; field < (unsigned char)CAUS_LOG_FIELDS;
         field++)
        for (const char *const *name = caus_log_names[field]; *name; name++)
            if (strlen(*name) == length &&
                strncasecmp(*name, cell->text.from, length) == 0)
                return field;
    return CAUS_LOG_FIELDS;
}

caus_status caus_log_reader_header(caus_log_reader *r, const char *at,
                                   const char *end, caus_error *err)
{
    bool has[CAUS_LOG_FIELDS + 1] = {false};
    size_t count = 0;
    for (;; at++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell) || count == CAUS_LOG_COLUMNS)
            return CAUS_OK;
        unsigned char which = field_named(&cell);
        /* of two columns of a kind, such as level and severity, the first */
        r->field_of[count++] = has[which] ? CAUS_LOG_FIELDS : which;
        has[which] = true;
        if (at == end)
            break;
    }
    if (has[CAUS_LOG_TIME] && has[CAUS_LOG_TEXT])
        r->column_count = count;
    else if (has[CAUS_LOG_TIME] || has[CAUS_LOG_TEXT])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line 1 has no column %s: start a log with the "
                         "line time,service,severity,message",
                         r->path, has[CAUS_LOG_TIME] ? "message" : "time");
    return CAUS_OK;
}

static caus_status read_cells(caus_log_reader *r, const char *at,
                              const char *end, caus_error *err)
{
    const caus_wanted_columns columns = {.path = r->path,
                                         .line = r->line,
                                         .count = r->column_count,
                                         .field_of = r->field_of,
                                         .field_count = CAUS_LOG_FIELDS};
    CAUS_TRY(caus_wanted_row(&columns, at, end, r->wanted, err));
    return caus_log_reader_add(r, err);
}

/* Whether a quote is open at the end: their number is odd. */
static bool is_open(const char *at, const char *end)
{
    bool open = false;
    while ((at = at == end ? NULL : memchr(at, '"', (size_t)(end - at)))) {
        open = !open;
        at++;
    }
    return open;
}

caus_status caus_log_reader_row(caus_log_reader *r, const char *at,
                                const char *end, caus_error *err)
{
    bool open = is_open(at, end), was_open = r->pending.length > 0;
    if (!was_open && !open)
        return at == end ? CAUS_OK : read_cells(r, at, end, err);
    if (!was_open)
        r->pending_line = r->line;
    else
        caus_text_add_char(&r->pending, '\n');
    caus_text_add_bytes(&r->pending, at, (size_t)(end - at));
    if (r->pending.failed)
        return caus_log_reader_fail(r, err);
    if (r->pending.length > MOST_ROW_BYTES)
        return caus_log_reader_end(r, err);
    if (was_open && open) { /* closed now */
        const char *row = r->pending.bytes;
        size_t length = r->pending.length;
        r->pending.length = 0;
        return read_cells(r, row, row + length, err);
    }
    return CAUS_OK;
}

caus_status caus_log_reader_end(const caus_log_reader *r, caus_error *err)
{
    if (!r->pending.length)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: a quote is not closed within a MiB or "
                     "before the end: close it (a quote inside is written "
                     "twice)",
                     r->path, r->pending_line);
}
