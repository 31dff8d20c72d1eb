/* SPDX-License-Identifier: Apache-2.0 */
/* Whole traces from a server or a recording: the spans themselves, not sums of
 * them. */
#ifndef CAUS_SPAN_SOURCE_H
#define CAUS_SPAN_SOURCE_H

#include "events.h"
#include "telemetry.h"

CAUS_API_BEGIN

typedef struct caus_spans_fetch_options {
    caus_grid window;   /* spans that start in its steps */
    caus_grid baseline; /* step_ns 0 = none */
    size_t max_spans;   /* about as many of each at most; 0 = 100,000 */
    size_t max_queries; /* 0 = no limit; three are needed */
} caus_spans_fetch_options;

/* What came back. Lives in the arena given. */
typedef struct caus_spans_fetch {
    caus_spans spans; /* all of CAUS_PHASE_NORMAL: nobody said what is when */
    double window_share;   /* of its traces that were read; 1 = all */
    double baseline_share; /* likewise; 1 without one */
    const caus_fetched_query *queries;
    size_t query_count;
    const char *const *warnings; /* sentences */
    size_t warning_count;
} caus_spans_fetch;

/*
 * Reads traces from ClickHouse over HTTP, from the table that
 * caus_clickhouse_fetch() counts spans in. Where there are more spans than
 * asked for, whole traces are drawn by a hash of their ids: the same ones each
 * time, in every service.
 *
 *   result  empty, without a warning, where no span started
 *
 * Fails with CAUS_ERR_UNSUPPORTED where the table has no ids of traces, spans
 * and parents, with CAUS_ERR_LIMIT where three queries are too many or the
 * run's memory too little, and as caus_clickhouse_fetch(). Cost on the server:
 * the spans' ids and times are read twice, those drawn are sorted; about 100
 * bytes a span travel.
 */
caus_status caus_clickhouse_spans(const caus_endpoint *endpoint,
                                  const caus_spans_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_spans_fetch *result, caus_error *err);

/* Writes spans as one JSON object (kind "traces"), some 30 bytes a span, which
 * caus_spans_read_text() reads back as they were. */
caus_status caus_spans_write(const caus_spans *spans, caus_arena *out,
                             const char **result, caus_error *err);

/*
 * Reads what caus_spans_write() wrote.
 *
 *   name    for sentences
 *   result  lives in `out`; faults are counted anew: what was mended before it
 *           was written is whole now
 *
 * Fails with CAUS_ERR_INVALID_DATA (trace or span named), …_LIMIT (the run's
 * memory), …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY.
 */
caus_status caus_spans_read_text(const char *name, const char *text,
                                 size_t length, const caus_run *run,
                                 caus_arena *out, caus_spans *result,
                                 caus_error *err);

CAUS_API_END
#endif
