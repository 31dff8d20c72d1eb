/* SPDX-License-Identifier: Apache-2.0 */
/* The incident preset: discovery for a window in which something broke. */
#ifndef CAUS_INCIDENT_H
#define CAUS_INCIDENT_H

#include "anomaly.h"
#include "discovery.h"
#include "knowledge.h"

CAUS_API_BEGIN

/* When an incident began and ended. */
typedef struct caus_extent {
    bool found;
    caus_onset onset;
    bool has_end;    /* it is over within the rows */
    size_t end_row;  /* the first row after it */
    int64_t end_ns;  /* grid time of its last row */
    double evidence; /* twice the log likelihood of its levels over the usual
                        ones, all variables, over how alike their noise is; 0 =
                        none stood out */
    double rival;    /* that of the best stretch of the other rows */
    bool repeats;    /* none is found as that one stands out about as much:
                        onset and end are of the one, these of the other */
    int64_t other_start_ns, other_end_ns;
} caus_extent;

/*
 * Looks for the stretch of rows, at most 60 % of them, in which variables stood
 * at another level than in the others.
 *
 *   series  rows of all segments by time; with two environments the stretch
 *           ends after the first. Variables that count calls are not looked at:
 *           they follow the day. Latency and errors count where they rise
 *   result  found is false where the evidence is not 65 more than that of the
 *           best stretch of the other rows, or under 1.5 times that, or with
 *           under 60 rows
 *
 * A stretch with less than a tenth of the rows (at most 20) before it is taken
 * for the time before an onset, and must be 40 % of the rows then. The onset
 * is the row that is as likely too late as too early, by all variables of the
 * incident together, at once or along a line; its interval holds 95 % of the
 * likelihood. What begins within the noise is found late, a change that stays
 * within it not at all.
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT, …_CANCELLED, …_TIME_LIMIT. Cost
 * O(variables · rows · (log rows + rows that noise remembers)).
 */
caus_status caus_incident_find(const caus_series *series, const caus_run *run,
                               caus_extent *result, caus_error *err);

/* When someone saw an incident: it began up to so long before or after. */
typedef struct caus_noticed {
    int64_t time_ns, before_ns, after_ns;
} caus_noticed;

/* What of a series tells of an incident near a time. */
typedef struct caus_near_rows {
    caus_series series; /* up to `after_ns` behind the time */
    size_t row_count;   /* of it */
    size_t first_row;   /* it begins here or later: `before_ns` before the
                           time, or in the second half */
} caus_near_rows;

/*
 * Leaves out the rows that are later than an incident near a time begins.
 *
 *   result  lives in `out`, shares texts and values with `series`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT.
 */
caus_status caus_incident_rows_near(const caus_series *series,
                                    const caus_noticed *near, caus_arena *out,
                                    caus_near_rows *result, caus_error *err);

/*
 * caus_incident_find() of the rows near a time. Of two stretches that stand out
 * about as much the time tells which is meant: an earlier one does not count
 * against one that begins near it.
 */
caus_status caus_incident_find_near(const caus_near_rows *rows,
                                    const caus_run *run, caus_extent *result,
                                    caus_error *err);

/*
 * Says that two stretches stand out about as much, and what to do.
 *
 *   extent  of which `repeats` is true
 *   result  a sentence without an end, in `out`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT.
 */
caus_status caus_incident_say_repeat(const caus_extent *extent, caus_arena *out,
                                     const char **result, caus_error *err);

/*
 * Cuts a series into environment 0 "baseline", the rows before the onset and
 * after the end, and 1 "incident". The margin is left out around the onset (at
 * most a quarter of the incident's rows behind it) and after the end.
 *
 *   result  lives in `out`, shares texts and values with `series`
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES (no extent, or no row on one side),
 * …_OUT_OF_MEMORY, …_LIMIT.
 */
caus_status caus_incident_split(const caus_series *series,
                                const caus_extent *extent, size_t margin_rows,
                                caus_arena *out, caus_series *result,
                                caus_error *err);

/* A variable that took no part and why. */
typedef struct caus_dropped {
    const char *label;
    const char *reason; /* "constant", … */
} caus_dropped;

/* Which variables of a series can carry evidence. */
typedef struct caus_screening {
    const size_t *kept; /* [kept_count] of the series */
    size_t kept_count;
    const caus_dropped *dropped; /* [dropped_count] unfit, then relatives */
    size_t dropped_count;
} caus_screening;

/*
 * What caus_discover_incident() leaves out of a series, and why.
 *
 *   quality  of the series
 *   result   lives in `out`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, …_LIMIT.
 */
caus_status caus_incident_screen(const caus_series *series,
                                 const caus_quality *quality, caus_arena *out,
                                 caus_screening *result, caus_error *err);

typedef struct caus_incident_options {
    caus_pcmci_options pcmci;
    const caus_topology *topology; /* who calls whom; NULL = not known */
    const char *workload; /* the variable whose load is shared by all; "auto" =
                             the calls of the services that nobody calls, or
                             without a topology a guess; NULL = none */
    const caus_knowledge *knowledge; /* NULL = nothing is known; what it says
                                        of variables left out is without
                                        effect */
} caus_incident_options;

/* PCMCI's defaults with FDR by Benjamini and Hochberg; no topology, no
 * workload. */
caus_incident_options caus_incident_options_default(void);

/* A departure above which a variable has moved. */
enum { CAUS_DEPARTED = 1 };

/* What the preset found, and what it did to the series first. */
typedef struct caus_incident {
    caus_series series;   /* as analysed: unfit variables left out, families one
                             node, load removed, normal scores per environment */
    caus_series input;    /* as given, variables in the order of their names:
                             so their order in the source changes nothing */
    caus_quality quality; /* of the input */
    caus_discovery discovery;
    const unsigned char *assumptions; /* by the knowledge; NULL */
    const unsigned char *searched;    /* by knowledge and call graph: what the
                                         search was told; NULL */
    const char *workload; /* the load that links were held against, or that was
                             regressed out; NULL = none */
    const char *workload_guess; /* why it was taken, as a sentence's part; NULL
                                   = it was named, or the topology tells it */
    const double *departures;   /* [variables of series] how far each left its
                                   level in the incident, in units of what it
                                   does by itself; above 1 it moved. NULL = no
                                   incident */
    const caus_dropped *dropped;
    size_t dropped_count;
} caus_incident;

/*
 * Discovery for an incident window. Variables that cannot carry evidence
 * (constant, under 20 non-zero rows, one-row steps, effective sample size under
 * 30) are left out and named; of a family one member stays; in each environment
 * the workload at lags 0, 1 and 2 is regressed out of every variable that does
 * not count calls itself, and values become normal scores. The graph is learned
 * over all environments together, and once in each, which labels every link as
 * replicated (significant with one sign in both), baseline only, incident only
 * or changed. With a topology, lag-0 links between latencies or errors point
 * from the callee to the caller, those between calls from caller to callee.
 * With "auto" nothing is regressed out: each link is tested again given the
 * load, and where that load is a guess, the links that it explains are dropped.
 *
 *   series   raw; with two environments, 0 is the baseline and 1 the incident
 *   options  NULL = default
 *   result   lives in `out`
 *
 * Fails as caus_discover_pcmci(), with CAUS_ERR_TOO_FEW_SAMPLES when no two
 * variables are left, with CAUS_ERR_NOT_FOUND
 * (no such workload) and CAUS_ERR_INVALID_DATA (a constant workload).
 */
caus_status caus_discover_incident(const caus_series *series,
                                   const caus_incident_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_incident *result, caus_error *err);

CAUS_API_END
#endif
