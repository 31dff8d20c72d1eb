/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that read whole traces. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_TRACES_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_TRACES_H

#include "telemetry/clickhouse_internal.h"

/* Spans that start in a stretch, of one trace in `one_in`. */
typedef struct caus_trace_stretch {
    caus_stretch time;
    uint64_t one_in; /* > 0 */
} caus_trace_stretch;

/* Spans in each stretch, 0 in the second of one: U64, U64. */
caus_status caus_sql_trace_counts(const caus_span_table *table,
                                  const caus_trace_stretch *stretches,
                                  size_t count, caus_text *sql,
                                  caus_error *err);

typedef enum caus_trace_column {
    CAUS_TRACE_ID,        /* TEXT */
    CAUS_TRACE_SERVICE,   /* TEXT */
    CAUS_TRACE_OPERATION, /* TEXT */
    CAUS_TRACE_SPAN,      /* U64: a hash of its id */
    CAUS_TRACE_PARENT,    /* U64: likewise; 0 = none */
    CAUS_TRACE_START,     /* U64: the bits of unix nanoseconds, signed */
    CAUS_TRACE_DURATION,  /* U64: likewise, nanoseconds */
    CAUS_TRACE_FAILED,    /* U8 */
    CAUS_TRACE_COLUMNS
} caus_trace_column;

/* The spans of the traces drawn, in the order of trace, start and span. */
caus_status caus_sql_traces(const caus_span_table *table,
                            const caus_trace_stretch *stretches, size_t count,
                            caus_text *sql, caus_error *err);

/* The statement of caus_spans. */
caus_status caus_sql_shown_trace(const caus_span_table *table,
                                 const caus_trace_stretch *stretches,
                                 size_t count, caus_text *sql, caus_error *err);

#endif
