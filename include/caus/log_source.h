/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines from a server. */
#ifndef CAUS_LOG_SOURCE_H
#define CAUS_LOG_SOURCE_H

#include "logs.h"
#include "telemetry.h"

CAUS_API_BEGIN

typedef struct caus_logs_fetch_options {
    caus_grid window;   /* lines of its steps */
    caus_grid baseline; /* step_ns 0 = none */
    size_t max_lines;   /* about as many of each at most; 0 = 100,000 */
    size_t max_queries; /* 0 = no limit; three are needed */
} caus_logs_fetch_options;

/* What came back. Lives in the arena given. */
typedef struct caus_logs_fetch {
    bool found;         /* a table of log lines */
    caus_logs logs;     /* those read, each for itself alone */
    double loud_share;  /* of the warnings and errors that were read, in window
                           and baseline alike; 1 = all */
    double other_share; /* of all other lines, likewise */
    const caus_fetched_query *queries;
    size_t query_count;
    const char *const *warnings; /* sentences */
    size_t warning_count;
} caus_logs_fetch;

/*
 * Reads log lines from ClickHouse over HTTP, from a table as OpenTelemetry's
 * exporter (otel_logs) or SigNoz (logs_v2) makes them, and finds their
 * templates. The `database` of the url is looked in, its `table` is that of
 * spans.
 *
 * Where there are more lines than asked for, warnings and errors come first;
 * what is too many is drawn by a hash of time and service: the same lines each
 * time, one in equally many before the window and in it, so that counts of the
 * two can be compared as they are.
 *
 *   result  found is false, without a warning, where no table holds log lines
 *
 * Lines that are no UTF-8 are left out, with a warning. Of a line the first 64
 * KiB are read.
 *
 * Fails with CAUS_ERR_LIMIT where three queries are too many or the run's
 * memory too little, and as caus_clickhouse_fetch(). Cost on the server: times
 * and severities are read twice, lines drawn are sorted.
 */
caus_status caus_clickhouse_logs(const caus_endpoint *endpoint,
                                 const caus_logs_fetch_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_logs_fetch *result, caus_error *err);

CAUS_API_END
#endif
