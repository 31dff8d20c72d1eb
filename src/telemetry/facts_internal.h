/* SPDX-License-Identifier: Apache-2.0 */
/* Which expressions show which changes. */
#ifndef CAUS_SRC_TELEMETRY_FACTS_INTERNAL_H
#define CAUS_SRC_TELEMETRY_FACTS_INTERNAL_H

#include "caus/facts.h"
#include "telemetry/prometheus_internal.h"

/* How the series of a fact say whom it happened to. */
typedef enum caus_fact_subject {
    CAUS_SUBJECT_POD,      /* the workload that a pod's name tells */
    CAUS_SUBJECT_WORKLOAD, /* the label of `label` */
    CAUS_SUBJECT_TARGET,   /* service, job, app or deployment */
    CAUS_SUBJECT_NOBODY    /* a node: no single service */
} caus_fact_subject;

typedef struct caus_fact {
    caus_change_kind kind;
    const char *kind_name;
    const char *metric; /* without which there is none; "_…" = an ending */
    const char *expression; /* @S = step, @F, @T = from, to in seconds */
    caus_fact_subject subject;
    const char *label;  /* what it happened to, and `ref` */
    bool is_time;       /* the value is when it happened */
    const char *phrase; /* with one %s, for the label */
} caus_fact;

extern const caus_fact caus_fact_table[];
extern const size_t caus_fact_count;

/* The label that carries the number of the fact. */
extern const char caus_fact_label[];

/* The expression of a fact with step and times filled in, in `out`; NULL = no
 * memory. */
const char *caus_fact_expression(const caus_fact *fact, int64_t step_ns,
                                 const caus_facts_options *options,
                                 caus_arena *out);

#endif
