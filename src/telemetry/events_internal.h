/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of changes and log lines share: fields of a line, times. */
#ifndef CAUS_SRC_TELEMETRY_EVENTS_INTERNAL_H
#define CAUS_SRC_TELEMETRY_EVENTS_INTERNAL_H

#include "base/base.h"
#include "caus/time.h"
#include "events/events.h"

/* ---- json_line.c: the fields of an object on one line ---- */

/* A field that a reader wants, under any of its names. */
typedef struct caus_json_wanted {
    const char *const *names; /* ends with NULL */
    caus_text text;           /* of the first such field, escapes resolved */
    bool is_present;
} caus_json_wanted;

/*
 * Reads the object that the line is. Objects and arrays in it are passed over,
 * null counts as absent. Returns 1, or 0 where memory is out, or −1 where the
 * line is no JSON object.
 */
int caus_json_line_read(const char *at, const char *end,
                        caus_json_wanted *wanted, size_t count);

/* ---- wanted_row.c: the fields of a row of CSV ---- */

/* Makes all fields empty and absent; false when memory is out. */
bool caus_wanted_clear(caus_json_wanted *wanted, size_t count);

typedef struct caus_wanted_columns {
    const char *path;
    size_t line;                   /* of the row */
    size_t count;                  /* cells of a row */
    const unsigned char *field_of; /* [count]; field_count = passed over */
    size_t field_count;
} caus_wanted_columns;

/* Fills the texts of the wanted fields [field_count] from the cells of a row.
 * Fails with CAUS_ERR_INVALID_DATA, CAUS_ERR_OUT_OF_MEMORY. */
caus_status caus_wanted_row(const caus_wanted_columns *columns, const char *at,
                            const char *end, caus_json_wanted *wanted,
                            caus_error *err);

/* ---- event_time.c ---- */

/*
 * RFC 3339, or unix s, ms, µs or ns told by their size. False when it is
 * neither, or has no zone and `zone` is NULL (then `lacks_zone` is set).
 */
bool caus_event_time(caus_slice text, caus_zone_fn *zone, void *zone_data,
                     int64_t *time_ns, bool *lacks_zone);

#endif
