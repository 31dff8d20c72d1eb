/* SPDX-License-Identifier: Apache-2.0 */
/* Builders that readers of telemetry fill. */
#ifndef CAUS_SRC_EVENTS_EVENTS_H
#define CAUS_SRC_EVENTS_EVENTS_H

#include "base/base.h"
#include "caus/events.h"
#include "caus/logs.h"

/* A stretch of bytes, no NUL needed. */
typedef struct caus_slice {
    const char *bytes;
    size_t length;
} caus_slice;

/* ---- spans ---- */

/* One span as told. The texts need to last for the call only. */
typedef struct caus_span_row {
    caus_slice trace;
    caus_slice service;
    caus_slice operation;
    uint64_t span;
    uint64_t parent;
    bool has_parent;
    bool failed;
    int64_t start_ns;
    int64_t duration_ns; /* < 0 = not known, counted as a fault */
    caus_phase phase;
} caus_span_row;

enum { CAUS_SPAN_TEXT_BYTES = 4096 }; /* of one id or name */

typedef struct caus_spans_builder caus_spans_builder;

/*
 *   limit_bytes  most memory of builder and result together; 0 = no limit
 *
 * Returns NULL when memory is out.
 */
caus_spans_builder *caus_spans_builder_new(size_t limit_bytes);
void caus_spans_builder_free(caus_spans_builder *builder);
/* Fails with CAUS_ERR_LIMIT, CAUS_ERR_OUT_OF_MEMORY. */
caus_status caus_spans_builder_add(caus_spans_builder *builder,
                                   const caus_span_row *row, caus_error *err);
size_t caus_spans_builder_count(const caus_spans_builder *builder);

/*
 * The trees of all traces; traces by phase, start and id.
 *
 *   onset_ns    parts the phases by the start of the trace; NULL = as told
 *   has_status  whether `failed` of the rows means anything
 */
caus_status caus_spans_builder_finish(caus_spans_builder *builder,
                                      const int64_t *onset_ns, bool has_status,
                                      const caus_run *run, caus_arena *out,
                                      caus_spans *result, caus_error *err);

/* The ways to lay out spans in a table of ClickHouse that are known. */
typedef enum caus_span_layout {
    CAUS_SPANS_OTEL,
    CAUS_SPANS_SIGNOZ,
    CAUS_SPANS_UPTRACE,
    CAUS_SPAN_LAYOUTS
} caus_span_layout;

/* Names of columns that statements about calls speak of. */
typedef struct caus_span_names {
    const char *service;
    const char *duration; /* nanoseconds */
    const char *time;     /* start of the span: DateTime or DateTime64 */
    const char *bucket;   /* start of the half hour in seconds: index; NULL */
    const char *trace;    /* an id: text, UUID or number */
    const char *error_column;
    const char *error_test; /* what follows that column */
} caus_span_names;

extern const caus_span_names caus_span_layouts[CAUS_SPAN_LAYOUTS];

/* The condition that a span began from one unix second to another; `by_bucket`
 * = the table has the layout's bucket, too. */
void caus_span_add_started(caus_text *sql, const caus_span_names *names,
                           bool by_bucket, int64_t from_s, int64_t to_s);

/* ---- log lines ---- */

enum { CAUS_LOG_TEXT_BYTES = 4096 }; /* of a line; the rest is cut off */

typedef struct caus_logs_builder caus_logs_builder;

/*
 *   similarity     in (0, 1]
 *   max_templates  ≥ 1
 *   limit_bytes    most memory for templates and records; 0 = no limit
 *
 * Returns NULL when memory is out.
 */
caus_logs_builder *caus_logs_builder_new(double similarity,
                                         size_t max_templates,
                                         size_t limit_bytes);
void caus_logs_builder_free(caus_logs_builder *builder);
/* A line, or several alike of one time. */
typedef struct caus_log_row {
    int64_t time_ns;
    caus_slice service;
    caus_slice text; /* all of it: a stack may follow the message */
    caus_slice trace;
    caus_severity severity; /* UNKNOWN = look for it in the text */
    uint32_t lines;
} caus_log_row;

/* Takes a row; its texts need to last for the call only. */
caus_status caus_logs_builder_add(caus_logs_builder *builder,
                                  const caus_log_row *row, caus_error *err);
caus_status caus_logs_builder_finish(caus_logs_builder *builder,
                                     const caus_run *run, caus_arena *out,
                                     caus_logs *result, caus_error *err);

/* ---- what a text tells by itself (log_words.c) ---- */

/* The severity of a word, such as WARN or err; UNKNOWN = no such word. */
caus_severity caus_severity_of_word(caus_slice word);
/* The words that it knows, in small letters, by number; NULL behind the last.
 */
const char *caus_severity_word(size_t number, caus_severity *severity);

#endif
