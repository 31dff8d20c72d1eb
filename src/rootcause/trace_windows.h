/* SPDX-License-Identifier: Apache-2.0 */
/* Healthy traces in windows, as those of the incident are held against them. */
#ifndef CAUS_SRC_ROOTCAUSE_TRACE_WINDOWS_H
#define CAUS_SRC_ROOTCAUSE_TRACE_WINDOWS_H

#include "rootcause/placebo.h"

/* The traces that begin until then. */
caus_status caus_spans_until(const caus_spans *spans, int64_t last_ns,
                             caus_arena *out, const caus_spans **result,
                             caus_error *err);

/* Those of the normal phase, every n-th where they have more than about
 * `most` spans. */
caus_status caus_spans_normal(const caus_spans *spans, size_t most,
                              caus_arena *out, caus_spans *result,
                              caus_error *err);

/* Windows of healthy traces, held against all other healthy ones. */
typedef struct caus_trace_windows {
    caus_spans spans;                 /* healthy ones */
    size_t width;                     /* traces of a window */
    size_t count;                     /* 0 = there are too few traces */
    size_t starts[CAUS_MOST_WINDOWS]; /* first trace of each */
    caus_trace_evidence evidence[CAUS_MOST_WINDOWS];
    double chance; /* surprises of less are what healthy windows show */
} caus_trace_windows;

caus_status caus_trace_windows_find(const caus_spans *spans,
                                    const caus_run *run, caus_arena *out,
                                    caus_trace_windows *result,
                                    caus_error *err);
/* The shift of a median in deviations, times the root of the traces behind it:
 * spans of one trace are slow together. */
double caus_trace_surprise(const caus_trace_evidence *evidence,
                           const caus_trace_finding *found);

#endif
