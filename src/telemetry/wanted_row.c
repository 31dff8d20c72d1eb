/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a row of CSV. */
#include <string.h>

#include "telemetry/csv_internal.h"
#include "telemetry/events_internal.h"

bool caus_wanted_clear(caus_json_wanted *wanted, size_t count)
{
    bool failed = false;
    for (size_t i = 0; i < count; i++) {
        wanted[i].is_present = false;
        wanted[i].text.length = 0;
        caus_text_add(&wanted[i].text, "");
        failed = failed || wanted[i].text.failed;
    }
    return !failed;
}

/* Doubled quotes become one. */
static void take_cell(caus_text *text, const caus_csv_cell *cell)
{
    const char *at = cell->text.from, *end = cell->text.end;
    while (at != end) {
        size_t left = (size_t)(end - at);
        const char *quote = cell->quoted ? memchr(at, '"', left) : NULL;
        size_t length = quote ? (size_t)(quote - at) + 1 : left;
        caus_text_add_bytes(text, at, length);
        at += length + (quote ? 1 : 0);
    }
}

caus_status caus_wanted_row(const caus_wanted_columns *columns, const char *at,
                            const char *end, caus_json_wanted *wanted,
                            caus_error *err)
{
    size_t column = 0;
    bool has_room = caus_wanted_clear(wanted, columns->field_count);
    for (;; at++, column++) {
        caus_csv_cell cell;
        if (!caus_csv_next_cell(&at, end, &cell))
            return caus_csv_fail_quote(columns->path, columns->line, err);
        size_t field = column < columns->count ? columns->field_of[column]
                                               : columns->field_count;
        if (field < columns->field_count) {
            take_cell(&wanted[field].text, &cell);
            has_room = has_room && !wanted[field].text.failed;
        }
        if (at == end)
            break;
    }
    if (column + 1 != columns->count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu has %zu cells, the header has %zu: quote "
                         "a text that holds a comma",
                         columns->path, columns->line, column + 1,
                         columns->count);
    return has_room ? CAUS_OK
                    : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                                "no memory for line %zu of %s", columns->line,
                                columns->path);
}
