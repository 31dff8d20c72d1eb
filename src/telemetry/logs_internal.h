/* SPDX-License-Identifier: Apache-2.0 */
/* Reading log lines: JSON and plain lines, and CSV. */
#ifndef CAUS_SRC_TELEMETRY_LOGS_INTERNAL_H
#define CAUS_SRC_TELEMETRY_LOGS_INTERNAL_H

#include "telemetry/events_internal.h"

/* What templates are found with where nothing else is asked for. */
enum { CAUS_LOG_USUAL_TEMPLATES = 10000 };
static const double caus_log_usual_similarity = 0.5;

typedef enum caus_log_field {
    CAUS_LOG_TIME,
    CAUS_LOG_SERVICE,
    CAUS_LOG_SEVERITY,
    CAUS_LOG_TEXT,
    CAUS_LOG_TRACE,
    CAUS_LOG_FIELDS
} caus_log_field;

enum { CAUS_LOG_COLUMNS = 256, CAUS_LOG_TRACE_BYTES = 64 };

/* The names of each field; each list ends with NULL. */
extern const char *const *const caus_log_names[CAUS_LOG_FIELDS];

typedef struct caus_log_reader {
    const char *path;
    const caus_logs_options *options;
    size_t line;
    size_t continued_lines;
    caus_logs_builder *builder;
    caus_json_wanted wanted[CAUS_LOG_FIELDS];
    size_t column_count; /* of CSV; 0 = the file is none */
    unsigned char field_of[CAUS_LOG_COLUMNS];
    caus_text pending;   /* a row whose quote is not closed yet */
    size_t pending_line; /* where it starts */
} caus_log_reader;

/* An id as it was told, or an empty text: a trace of zeros is OpenTelemetry's
 * word for none. */
caus_slice caus_log_trace_id(caus_slice text);

/* Adds the line whose fields are in `wanted`. */
caus_status caus_log_reader_add(caus_log_reader *r, caus_error *err);
caus_status caus_log_reader_fail(const caus_log_reader *r, caus_error *err);

/* ---- logs_csv.c ---- */

/* Takes a first line that names a time and a text as the header; any other
 * leaves `column_count` 0. */
caus_status caus_log_reader_header(caus_log_reader *r, const char *at,
                                   const char *end, caus_error *err);
/* A line below the header, which may be a part of a row. */
caus_status caus_log_reader_row(caus_log_reader *r, const char *at,
                                const char *end, caus_error *err);
/* Fails where the last row is not whole. */
caus_status caus_log_reader_end(const caus_log_reader *r, caus_error *err);

#endif
