/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What traces of an incident show beside traces of normal work: where time is
 * lost, where failures begin, which calls are missing or too many.
 */
#ifndef CAUS_TRACE_EVIDENCE_H
#define CAUS_TRACE_EVIDENCE_H

#include "events.h"

CAUS_API_BEGIN

typedef enum caus_evidence {
    CAUS_EVIDENCE_SELF_TIME, /* an operation's own time: its duration less the
                                time in which any child ran that it waits for,
                                less pauses before it repeats a call that
                                failed, and less what is gap; s */
    CAUS_EVIDENCE_GAP,       /* of a call: the caller's span less the callee's,
                                where it is the caller's only child: network,
                                queue, connection pool; of several children,
                                what the caller idles beside one whose way has
                                become slow; s */
    CAUS_EVIDENCE_ERRORS,    /* share of spans where a failure begins: failed,
                                with no failed child */
    CAUS_EVIDENCE_CALLS,     /* child spans of an operation per parent span */
    CAUS_EVIDENCE_PATH,      /* share of the traces that come to the parent,
                                which did not fail, that also have this step
                                below it */
    CAUS_EVIDENCE_COUNT
} caus_evidence;

/* "self time", "gap", "errors", "calls", "path" */
const char *caus_evidence_name(caus_evidence evidence);

enum { CAUS_EXEMPLARS = 3 };
#define CAUS_NO_OPERATION SIZE_MAX

/* One thing measured in both phases. */
typedef struct caus_trace_finding {
    caus_evidence evidence;
    size_t operation;                /* of gap, calls and path: the caller's */
    size_t callee;                   /* an operation, or CAUS_NO_OPERATION;
                                        errors: of a client span, one of the
                                        service that it calls */
    size_t stopped_after;            /* path: where most requests that lack the
                                        step end with an answer after which
                                        several callers stop, or that lacks
                                        steps of its own, an operation of the
                                        service that gave it; else
                                        CAUS_NO_OPERATION */
    size_t counts[CAUS_PHASE_COUNT]; /* spans (path: traces) behind a value;
                                        times of requests in another mix than
                                        usual: normal spans that would tell as
                                        much in the same */
    double values[CAUS_PHASE_COUNT]; /* times: medians; calls: means; errors
                                        and path: shares */
    double effect;      /* times: difference of the medians in normal spreads;
                           calls: difference; shares: Cohen's h, the difference
                           of 2·asin √share, in [−π, π] */
    double superiority; /* P(incident > normal) + P(equal) / 2 */
    double extra_s;     /* times: seconds that a trace of the incident gained
                           here, by trimmed means; else 0 */
    double p_value;     /* two-sided: Mann-Whitney, shares: Fisher's exact;
                           path: of what the normal phase and the habit of its
                           steps let expect */
    double q_value;     /* Benjamini-Hochberg within the evidence */
    size_t exemplars[CAUS_EXEMPLARS]; /* traces of the incident, most typical
                                         of the shift first */
    size_t exemplar_count; /* 0 where what was counted is gone altogether */
    bool begins_here; /* path: it changed (p under .01 after Bonferroni) and no
                         step above it did */
    double sureness;  /* path: how sure that is, in [0, 1]: by the logarithm of
                         that p, from 1 to .01; else 0 */
} caus_trace_finding;

/* The operation whose service a finding speaks of: the way to a callee is the
 * callee's, and so is a call that failed while nothing below it did. Steps that
 * are missing speak of who gave the answer that came last, where several
 * callers stop after it. */
static inline size_t
caus_trace_finding_blamed(const caus_trace_finding *finding)
{
    bool of_callee = finding->evidence == CAUS_EVIDENCE_GAP ||
                     (finding->evidence == CAUS_EVIDENCE_ERRORS &&
                      finding->callee != CAUS_NO_OPERATION);
    if (finding->evidence == CAUS_EVIDENCE_PATH &&
        finding->stopped_after != CAUS_NO_OPERATION)
        return finding->stopped_after;
    return of_callee ? finding->callee : finding->operation;
}

/* What the findings say of a service. Seconds are those that a trace of the
 * incident gained on average, negative if it lost them. */
typedef struct caus_trace_service {
    double self_s;  /* own time of its operations */
    double gap_s;   /* on the way to it: sum over its callers; and on the way
                       from it: median over its callees times their number, so
                       that a caller is blamed when most of its calls take
                       longer */
    double error_h; /* largest effect of errors that begin in it, q ≤ .01 */
    double shape_h; /* largest size of a path's effect times its sureness */
    size_t best_finding; /* the strongest one at q ≤ .01 in the order time,
                            errors, shape; SIZE_MAX = none */
} caus_trace_service;

typedef struct caus_trace_evidence {
    size_t finding_count;
    const caus_trace_finding *findings; /* by evidence, caller's operation and
                                           callee */
    size_t service_count;
    const caus_trace_service *services; /* [service_count] of the spans */
    size_t trace_counts[CAUS_PHASE_COUNT];
    size_t moved_spans; /* that a skewed clock had put outside their parents */
} caus_trace_evidence;

typedef struct caus_evidence_options {
    size_t min_spans; /* behind a value in either phase; 0 = 3 */
} caus_evidence_options;

/*
 * Compares the phases.
 *
 *   options  NULL = defaults
 *   result   lives in `out`
 *
 * Nobody waits for callees that mostly run when their callers are done, a
 * queue's consumers say: their time and what is below them lose nobody's. Times
 * are compared among traces of one root operation, so that other requests than
 * usual make no difference.
 *
 * A client span, which its service opens for a call and which has nothing but
 * the callee's span below it, counts as gap of the call, not as own time. The
 * spread that effects are told in is the largest of 1.4826 · MAD, IQR / 1.349,
 * a tenth of the median (all of the normal phase) and a microsecond.
 *
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES (a phase without traces),
 * …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY, …_LIMIT. Cost O(spans · log
 * spans).
 */
caus_status caus_spans_evidence(const caus_spans *spans,
                                const caus_evidence_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_trace_evidence *result, caus_error *err);

CAUS_API_END
#endif
