/* SPDX-License-Identifier: Apache-2.0 */
/* From rows of span aggregates to tracks. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_BINS_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_BINS_H

#include "telemetry/clickhouse_internal.h"

typedef struct caus_span_bin {
    uint32_t step;
    bool entry;
    uint64_t spans;
    uint64_t errors;
    double mean_s;
    double quantile_s[CAUS_QUANTILES];
} caus_span_bin;

/* Rows of one group, ascending by step, then entry. */
typedef struct caus_span_bins {
    const caus_span_group *group;
    const caus_step_ranges *ranges;
    caus_span_bin *bins;
    size_t count;
    size_t capacity;
    bool has_entry; /* some row is of entry spans: others do not count */
} caus_span_bins;

void caus_span_bins_deinit(caus_span_bins *bins);
caus_row_fn caus_span_bins_take;
void caus_span_bins_forget(void *bins);
/* Keeps the rows that count and drops the others. */
void caus_span_bins_settle(caus_span_bins *bins);
/* The first and last step asked for without a row; false if there is none. */
bool caus_span_bins_gap(const caus_span_bins *bins,
                        const caus_fetch_options *options,
                        caus_step_range *gap);

/* Steps with any span, ascending. */
typedef struct caus_span_presence {
    const caus_step_ranges *ranges;
    uint32_t *steps;
    size_t count;
    size_t capacity;
} caus_span_presence;

caus_row_fn caus_span_presence_take;
void caus_span_presence_forget(void *presence);

/* A growing list of sentences. */
typedef struct caus_warnings {
    const char **texts; /* room for [capacity] */
    size_t count;
    size_t capacity;
} caus_warnings;

/* What a variable is: under 50 spans a step, in the median, `latency` is p50,
 * else p95; a quantile asked for by name stays what it is. Warns of few. */
caus_status caus_span_choose(const caus_variable_spec *spec, uint64_t median,
                             int64_t step_ns, caus_arena *out,
                             caus_warnings *warnings, caus_trace_value *value,
                             caus_error *err);
/* Warns of steps with too few spans for a latency. */
caus_status caus_span_warn_thin(const caus_variable_spec *spec, uint64_t thin,
                                caus_arena *out, caus_warnings *warnings,
                                caus_error *err);
/* Describes the variable of a spec; `query` is kept. */
caus_status caus_span_variable(const caus_variable_spec *spec, int64_t step_ns,
                               const char *query, caus_arena *out,
                               caus_variable *result, caus_error *err);

/*
 * The track of one variable, in `out`.
 *
 *   presence  NULL = every step without a row is missing
 *   query     the statement behind it
 */
caus_status caus_span_track(const caus_span_bins *bins,
                            const caus_variable_spec *spec,
                            const caus_fetch_options *options,
                            const caus_span_presence *presence,
                            const char *query, caus_arena *out,
                            caus_track *track, caus_warnings *warnings,
                            caus_error *err);

#endif
