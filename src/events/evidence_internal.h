/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison of two phases, measure by measure. */
#ifndef CAUS_SRC_EVENTS_EVIDENCE_INTERNAL_H
#define CAUS_SRC_EVENTS_EVIDENCE_INTERNAL_H

#include "caus/trace_evidence.h"
#include "events/events_internal.h"

/* What the measures share. */
typedef struct caus_evidence_work {
    const caus_spans *spans;
    size_t min_spans;
    const caus_run *run;
    caus_arena *scratch;
    caus_span_children children;
    int64_t *self_ns;              /* [span_count] */
    caus_span_sides sides;         /* of the children */
    const unsigned char *slow_way; /* [span_count] of a child: what its caller
                                      idles beside it is gap, not self time */
    const unsigned char *waits;    /* [span_count] a caus_wait */
    const uint32_t *root_of; /* [span_count] operation of the root above */
    bool is_mixed;           /* roots are of several operations */
    const unsigned char *is_client; /* [operation_count] */
    const size_t *called; /* [operation_count] an operation of the service that
                             all calls of a client operation go to; else
                             CAUS_NO_OPERATION */
    size_t *operation_spans; /* [2 · operation_count] by phase */
    size_t trace_counts[CAUS_PHASE_COUNT];
    size_t moved_spans;
    caus_pairs pairs; /* of the measure at hand */
    caus_trace_finding *findings;
    size_t finding_count;
    size_t finding_capacity;
} caus_evidence_work;

caus_status caus_evidence_add(caus_evidence_work *work,
                              const caus_trace_finding *finding,
                              caus_error *err);

caus_status caus_evidence_fail_memory(const caus_evidence_work *work,
                                      caus_error *err);

/* Whether both phases have enough behind a value. */
static inline bool caus_evidence_is_enough(const caus_evidence_work *work,
                                           size_t normal, size_t incident)
{
    return normal >= work->min_spans && incident >= work->min_spans;
}

/* Traces of the incident whose values are the most typical of those that the
 * normal phase hardly has; `sign` > 0: larger ones. */
void caus_evidence_pick(const caus_evidence_work *work,
                        const caus_sample *normal, const caus_sample *incident,
                        double sign, caus_trace_finding *finding);

/* Adds a trace unless it is there; false when no more are wanted. */
bool caus_evidence_add_exemplar(caus_trace_finding *finding, size_t trace);

/* Shares: values, effect and superiority of hits among counts [2]. */
void caus_evidence_compare_shares(const size_t hits[CAUS_PHASE_COUNT],
                                  caus_trace_finding *finding);
/* How surprising they are by themselves. */
double caus_evidence_share_p(const size_t hits[CAUS_PHASE_COUNT],
                             const size_t counts[CAUS_PHASE_COUNT]);

/* Seconds that a trace of the incident gained by the values of a sample. */
double caus_evidence_extra_s(const caus_evidence_work *work,
                             const caus_sample *normal,
                             const caus_sample *incident);

/* Values of a group, told without what other requests than usual make. */
typedef struct caus_level {
    bool is_levelled; /* requests are of several kinds, most with their like */
    double extra_s;   /* sum over kinds */
    double spans;     /* of the normal phase that would tell as much */
    double superiority;
    double p_value; /* of a rank test within kinds */
} caus_level;

/*
 * Takes out of values what other requests than usual make of them: in each
 * group those of requests with another root operation are moved to a common
 * median of the normal phase. Those whose like the normal phase does not have
 * are dropped, where most have their like; else the group stays as it is.
 *
 *   seen, count  the values, changed
 *   levels       [group_count] set
 */
caus_status caus_evidence_level(caus_evidence_work *work,
                                caus_observation *seen, size_t *count,
                                size_t group_count, caus_level *levels,
                                caus_error *err);

/* How often steps are taken, of those that come to them: programs take most of
 * theirs always, so that three requests tell of one what a hundred would. */
typedef struct caus_step_sums {
    double count, shares, squares; /* of shares in the normal phase */
} caus_step_sums;

/* A beta distribution with the mean and the variance of these shares: as if a
 * step had been taken and left so many times before. */
typedef struct caus_step_habit {
    double taken, left;
} caus_step_habit;

void caus_step_sums_add(caus_step_sums *sums, double share);
caus_step_habit caus_step_habit_of(const caus_step_sums *sums);
/* Two-sided p-value of the hits among the counts of the incident, given those
 * of the normal phase and the habit: a tail of the beta-binomial distribution,
 * doubled. */
double caus_step_p(const caus_step_habit *habit,
                   const size_t hits[CAUS_PHASE_COUNT],
                   const size_t counts[CAUS_PHASE_COUNT]);

/* ---- paths ---- */

/*
 * A path is the chain of operations from a root to a span. Traces are counted
 * that have it, among those that have the path without its last step: so a
 * branch that is gone is told once, where it begins. A span that failed may
 * have gone no further: what is missing below it is no change of the way.
 */
typedef struct caus_evidence_path {
    uint32_t parent; /* + 1; 0 = a root */
    uint32_t operation;
    uint32_t trace; /* counted last, + 1 */
    uint32_t open_trace;
    size_t traces[CAUS_PHASE_COUNT];  /* that have it, below no failed step */
    size_t open[CAUS_PHASE_COUNT];    /* that have it and did not fail there */
    size_t stopped[CAUS_PHASE_COUNT]; /* in which it was its parent's last step,
                                         and neither failed */
    size_t finding;                   /* + 1, of the list of findings */
    size_t wanted; /* first path below this one that looks for traces without
                      it, + 1 */
    size_t next_wanted;
    size_t last; /* span of the last step below it in a trace, + 1 */
    size_t stop; /* the path below it after which unusually many stop, + 1 */
    size_t halted_at; /* operation of the callee that these stop after */
    size_t absent;    /* stopped traces that lack it */
    double lacking;   /* traces of the incident that lack a step below it */
    bool has_changed; /* it, or a step above it */
} caus_evidence_path;

/*
 * Whose callers stop after it: of findings of steps that are missing behind an
 * answer of a service after which several of its callers stop, sets the
 * service.
 *
 *   path_of     [span_count]
 *   path_count  of paths that can be compared
 *   paths       with findings and those that want traces
 */
caus_status caus_evidence_stops(caus_evidence_work *work,
                                const uint32_t *path_of, double path_count,
                                caus_evidence_path *paths, caus_error *err);

/* Tells slow ways from slow callers: takes out of self times what lies beside
 * calls whose way has become slow. */
caus_status caus_evidence_ways(caus_evidence_work *work, caus_error *err);

/* ---- one file each ---- */

caus_status caus_evidence_self_times(caus_evidence_work *work, caus_error *err);
caus_status caus_evidence_gaps(caus_evidence_work *work, caus_error *err);
caus_status caus_evidence_errors(caus_evidence_work *work, caus_error *err);
caus_status caus_evidence_calls(caus_evidence_work *work, caus_error *err);
caus_status caus_evidence_paths(caus_evidence_work *work, caus_error *err);

/* What the findings say of each service. */
caus_status caus_evidence_services(const caus_evidence_work *work,
                                   const caus_trace_finding *findings,
                                   size_t count, caus_trace_service *services,
                                   caus_error *err);

#endif
