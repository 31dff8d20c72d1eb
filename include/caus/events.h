/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of traces as values: who called whom, when and for how long. What they
 * are evidence of is in trace_evidence.h.
 */
#ifndef CAUS_EVENTS_H
#define CAUS_EVENTS_H

#include "graph.h"
#include "series.h"

CAUS_API_BEGIN

#define CAUS_NO_SPAN UINT32_MAX

typedef enum caus_phase {
    CAUS_PHASE_NORMAL,
    CAUS_PHASE_INCIDENT,
    CAUS_PHASE_COUNT
} caus_phase;

/* A named step of work of one service. */
typedef struct caus_operation {
    size_t service;
    const char *name;
} caus_operation;

/* What was wrong with the spans and how it was taken. */
typedef struct caus_span_faults {
    size_t orphans;    /* the parent is not in the trace: taken as roots */
    size_t cycles;     /* an own ancestor: the span closing the ring became a
                          root */
    size_t duplicates; /* the id is there already: children go to the first */
    size_t negative_durations; /* not known: in no time statistic */
} caus_span_faults;

/*
 * Spans in the order of their traces; in a trace a parent stands before its
 * children, a subtree in one piece, children by start. Times of different
 * services come from different clocks.
 */
typedef struct caus_spans {
    size_t span_count;
    const int64_t *start_ns;     /* [span_count] unix */
    const int64_t *duration_ns;  /* [span_count]; −1 = not known */
    const uint32_t *parent;      /* [span_count] a span, or CAUS_NO_SPAN */
    const uint32_t *operation;   /* [span_count] */
    const uint32_t *trace;       /* [span_count] */
    const unsigned char *failed; /* [span_count] 1 = error status */
    bool has_status;             /* whether `failed` was told */
    size_t trace_count;
    const size_t *trace_start;        /* [trace_count + 1] first span */
    const char *const *trace_ids;     /* [trace_count] */
    const unsigned char *trace_phase; /* [trace_count] a caus_phase */
    size_t service_count;
    const char *const *services; /* [service_count] sorted, unique */
    size_t operation_count;
    const caus_operation *operations; /* [operation_count] sorted by service,
                                         then name */
    caus_span_faults faults;
    const char *statement; /* SQL that shows one trace: its last '?' stands for
                              the id; NULL = they are of no ClickHouse */
} caus_spans;

static inline size_t caus_span_service(const caus_spans *spans, size_t span)
{
    return spans->operations[spans->operation[span]].service;
}

static inline caus_phase caus_span_phase(const caus_spans *spans, size_t span)
{
    return (caus_phase)spans->trace_phase[spans->trace[span]];
}

typedef struct caus_spans_options {
    bool has_onset;   /* without a column `phase`: traces that start at */
    int64_t onset_ns; /* onset_ns or later are of the incident */
} caus_spans_options;

/*
 * Reads spans from a CSV file, plain, .gz or .zst, with the columns trace,
 * span, parent, service, operation, start_us, duration_us in any order; also
 * used are `phase` (0 normal, 1 incident) and `status` (or `error`: 0, 1, ok,
 * unset, error, true, false, or an HTTP status, failed from 500); other columns
 * are ignored. An empty parent, 0000000000000000 or −1 is none. Ids are decimal
 * numbers or texts, 16 hexadecimal digits being read as a number. One trace id
 * in both phases makes two traces. Blank lines are passed over.
 *
 *   options  NULL = the file has a column `phase`, or all is normal
 *   result   lives in `out`; what was wrong inside traces is in `faults`
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line and column named:
 * missing columns, ragged rows, a text where a number is due, no name),
 * …_LIMIT (the run's memory limit, checked before it is exceeded; over 2³²
 * spans; a cell over 4 KiB), …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost
 * one pass over the bytes, then O(spans · log of the largest trace); about 150
 * bytes of memory a span at the peak.
 */
caus_status caus_spans_read_csv(const char *path,
                                const caus_spans_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_spans *result, caus_error *err);

/*
 * Who calls whom: a call is a span whose parent belongs to another service. One
 * that is seen in under a hundredth of those that lead back is a fault of the
 * spans and left out.
 *
 *   counts  [call_count] of the result, calls in each phase; NULL = not wanted
 *   result  all services of the spans; lives in `out`, as counts
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. Cost O(spans + rare calls
 * · calls).
 */
typedef size_t caus_call_count[CAUS_PHASE_COUNT];
caus_status caus_spans_topology(const caus_spans *spans, caus_arena *out,
                                caus_topology *result,
                                const caus_call_count **counts,
                                caus_error *err);

typedef struct caus_spans_step {
    int64_t step_ns; /* > 0; bins (t − step, t] by the start of the span */
    size_t latency_spans;  /* spans a bin needs for any quantile; 0 = 5 */
    size_t quantile_spans; /* … and for p95 and p99; 0 = 50. Else missing */
} caus_spans_step;

/*
 * Spans as series a service: <service>_calls, _errors (with a status),
 * _latency_p50, _latency_p95, _latency_p99 and _self_p50 in seconds. Counted
 * are entries: spans without a parent in the same service; self time sums what
 * the entry and the spans of its service below it took themselves.
 *
 * A bin without an entry counts 0 when any service has a span in it, else it is
 * missing; support is the entries behind a value.
 *
 *   result  tracks sorted by service; lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (step), …_LIMIT (over 10 million values
 * or times out of range), …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost
 * O(spans · log spans + services × bins).
 */
caus_status caus_spans_to_samples(const caus_spans *spans,
                                  const caus_spans_step *step,
                                  const caus_run *run, caus_arena *out,
                                  caus_samples *result, caus_error *err);

CAUS_API_END
#endif
