/* SPDX-License-Identifier: Apache-2.0 */
/* What spans tell of services: seconds lost and failures begun. */
#ifndef CAUS_SRC_ROOTCAUSE_TRACES_H
#define CAUS_SRC_ROOTCAUSE_TRACES_H

#include "base/base.h"
#include "caus/events.h"
#include "caus/trace_evidence.h"
#include "rootcause/scene.h"

/* What spans say of each service of a scene. */
typedef struct caus_trace_clues {
    bool known; /* both phases have traces */
    size_t service_count;
    bool *traced;   /* whether it has spans */
    double *lost_s; /* seconds that a trace gained here */
    double *own_s;  /* of them, in its own time */
    double *clue;   /* log(1 + 100 × its share of what a normal trace takes) */
    double *own_clue; /* the same of own time alone */
    double *below;    /* the largest own clue of those that it calls, or reaches
                         over others; 0 where it lost nothing itself */
    double *failing;  /* Cohen's h of failures that begin here, or of calls that
                         are missing or new below it */
    double *begun;    /* log(1 + 100 × the share of calls of it whose failures
                         begin here) */
    double lost_over, failing_over; /* how far the largest of each is beyond
                                       healthy windows, deviates; NaN */
    const caus_trace_evidence *evidence; /* NULL = none */
    const char *const **exemplars;       /* trace ids */
    size_t *exemplar_count;
} caus_trace_clues;

/* spans NULL, or without one of the phases: nothing is known. */
caus_status caus_trace_clues_find(const caus_scene *scene,
                                  const caus_spans *spans, const caus_run *run,
                                  caus_arena *out, caus_trace_clues *result,
                                  caus_error *err);

#endif
