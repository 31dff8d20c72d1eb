/* SPDX-License-Identifier: Apache-2.0 */
/* Which expressions show which changes, and which settings stepped. */
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

/* The service of what is scraped, by labels in the order in which variables
 * are grouped; "" = none tells it. */
const char *caus_fact_target(const char *metric, const caus_label *labels,
                             size_t count);

/* ---- settings (facts_settings.c) ---- */

typedef struct caus_level {
    int64_t time_ms;
    double value;
} caus_level;

enum { CAUS_SETTING_STEPS = 2 }; /* a change, and that it was taken back */

/* Reads the settings that stepped. */
typedef struct caus_setting_reader {
    caus_prom *prom;
    int64_t step_ns;
    bool *is_there; /* [caus_setting_count] the server has such metrics */
    const char *service, *name; /* of the series at hand; NULL = unknown */
    caus_level last;
    caus_level from[CAUS_SETTING_STEPS], to[CAUS_SETTING_STEPS];
    size_t steps; /* of the series; more than are kept = no setting */
    caus_change *changes;
    size_t count, capacity;
} caus_setting_reader;

extern const size_t caus_setting_count;

/* The setting that a metric is by its name; caus_setting_count = none. */
size_t caus_setting_find(const char *name);

/* "a|b|…" of the settings that are there; NULL `is_there` = all. */
void caus_setting_add_names(caus_text *text, const bool *is_there);

/* What shows the settings that step, in scratch; NULL = no memory. */
const char *caus_setting_query(const caus_setting_reader *at);

/* What the reply to it is read by. */
caus_scan_events caus_setting_events(caus_setting_reader *at);
void caus_setting_forget(void *reader);
/* Ends the last series. */
caus_status caus_setting_close(caus_setting_reader *at, caus_error *err);

#endif
