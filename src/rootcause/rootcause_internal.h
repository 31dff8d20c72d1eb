/* SPDX-License-Identifier: Apache-2.0 */
/* What travels from step to step of an explanation. The steps, and what each
 * file does: docs/architecture.md; decisions: docs/design/0025-root-cause.md */
#ifndef CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H
#define CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H

#include "caus/incident.h"
#include "caus/rootcause.h"
#include "caus/time.h"
#include "rootcause/scene.h"
#include "rootcause/scores.h"
#include "rootcause/shift.h"
#include "rootcause/timeline.h"
#include "rootcause/traces.h"

struct caus_log_table; /* logs.h */
struct caus_log_rise;

enum {
    CAUS_LEAST_HEALTHY = 10, /* rows before an onset, or a window */
    CAUS_LEAST_AFTER = 3,    /* rows from an onset on, to look for it */
    CAUS_LEAST_SEARCHED = CAUS_LEAST_HEALTHY + CAUS_LEAST_AFTER
};

/* The requests that a service gets for one of its callers', and the share of
 * them that the incident lacks. */
typedef struct caus_lack {
    double usual, now;
    double late;          /* share of those of the later half of the rows; no
                             less than `share` */
    double share, chance; /* how far that goes either way in healthy windows */
    double noise;         /* deviation of the share, by that of single rows */
    bool of_one;          /* one of several callers */
    bool alike;           /* all callers count requests, in the same way */
} caus_lack;

/* What is known of services and calls, before it is asked who is not asked. */
typedef struct caus_witnesses {
    double *failing; /* [service_count] the loudest of failures */
    double *loudest; /* [service_count] of latency, too */
    double *shares;  /* [calls] of the requests of a callee's callers; 0 = not
                        known */
    bool *seldom;    /* [service_count] asked in fewer than half of the rows
                        since the onset */
} caus_witnesses;

/* An explanation in the making: each step fills it further. */
typedef struct caus_case {
    /* ---- what is asked, and of which rows ---- */

    const caus_explain_options *options;
    const caus_run *run;
    caus_arena *out;
    const caus_series *series; /* variables by name; values are for
                                  caus_timeline_init() and
                                  caus_columns_select() alone */
    const size_t *columns; /* [variable_count] where a row of `series` has the
                              value of each; NULL = in their order */
    const caus_series *whole; /* the same with the rows behind those near a time
                                 that was told */
    size_t near_row;      /* the onset is looked for from here on; 0 = in all */
    size_t named_row;     /* of the onset that somebody named */
    size_t searched_rows; /* in vain before, near a time */
    const caus_extent *extent; /* the rows that stand out, from an onset on with
                                  enough before it; NULL = the onset is looked
                                  for by what leaves its habit */

    /* ---- the time of day, taken out ---- */

    size_t season_count;           /* variables without it */
    const caus_time_of_day *usual; /* [variable_count]; NULL = none is without
                                    */
    const double *brought; /* [variable_count] what it has been multiplied by
                              since, where it is without; NULL = nothing */

    /* ---- the rows, who there is and who calls whom ---- */

    caus_timeline timeline; /* of `series`, sorted */
    caus_scene scene;
    const caus_topology *calls;       /* given, or of the spans; NULL */
    const caus_topology *unfit_calls; /* given, of other services; NULL */
    size_t symptom;                   /* variable; SIZE_MAX */
    bool *is_setting; /* [variable_count] what it does is no clue */

    /* ---- what was changed ---- */

    const caus_changes *changes;     /* told, and settings that stepped; NULL =
                                        neither */
    const caus_change_group *groups; /* [group_count] of changes */
    size_t group_count;
    double *change_fit; /* [service_count] the context's */

    /* ---- the onset ---- */

    bool has_anomalies;
    caus_anomalies anomalies;
    const double **later; /* [variable_count] of caus_detect_rows */
    size_t onset_row;     /* the rows from here on are what is explained */
    caus_onset onset;     /* of the incident, at or a little before that row */
    caus_onset *onsets;   /* [variable_count] */
    caus_onset *service_onsets; /* [service_count] */
    double *order;              /* [service_count] the context's */

    /* ---- what variables moved, and who is away or asked more ---- */

    caus_shift *shifts; /* [variable_count] */
    /* [service_count + 1] of [filled_count + 1]: in how many of `filled` before
     * each it is not measured while most others are; at last of all together */
    const uint32_t *const *silent_before;
    const double *lost_alone; /* [service_count] how likely a row lacks all that
                                 is measured of each by chance, if values get
                                 lost one by one */
    const double *memory_falls; /* [rows] the largest fall of any memory up to
                                   each, of its level */
    double *silent;             /* [service_count] the context's */
    caus_timeline calls_each;   /* a column a service: its calls for one request
                                   of its callers; empty without a call graph */
    caus_shift *calls_shifts;   /* [service_count] of `calls_each` */
    double *asked;              /* [service_count] the context's */
    const caus_lack *lacks;     /* [service_count] */
    caus_witnesses witnesses;

    /* ---- traces and log lines ---- */

    const caus_spans *spans; /* with both phases, where there are such */
    caus_trace_clues traces;
    const struct caus_log_table *log_table; /* NULL = no log lines */
    struct caus_log_rise *log_rises; /* [templates] of the incident; NULL = its
                                        lines have no before, or no after */
    caus_log_clues logs;

    /* ---- what the numbers say of who can have made what ---- */

    const double *strays; /* [service_count] of how many others memory moved for
                             another reason */
    double *unheeded_s;   /* [service_count] for how long what it shows outside
                             was there before anybody felt anything */
    size_t *fronts;       /* [service_count] the context's */
    caus_guesses *guesses; /* [service_count] the context's */

    /* ---- the scores ---- */

    size_t symptom_service; /* where the chain ends; SIZE_MAX */
    double *ends;           /* [service_count] the context's */
    caus_context context;
    caus_scores scores;
    size_t *ranked;         /* [service_count] services, likeliest first */
    size_t *rank_of;        /* [service_count] */
    caus_suspect *suspects; /* [service_count] by rank */
    caus_clue *clues;       /* [variable_count] by rank */

    /* ---- how sure it is ---- */

    double alarm;     /* the anomaly score over its threshold; NaN */
    double alone;     /* the same of the loudest bad variable; NaN */
    double departure; /* the largest of any variable that tells of trouble, a
                         normal deviate; NaN = too few rows */
    double departure_beyond; /* the same against healthy windows' largest */
    double departure_over;   /* that, as if its onset had been known */
    double logs_over, silence_over; /* likewise of log lines and of absence;
                                       NaN */
    double beyond;    /* all kinds of evidence together; NaN = none is known */
    double incident;  /* how likely it is that anything happened, before it is
                         known how often incidents are */
    double explained; /* share of what is loud that the first suspect can have
                         moved; NaN = no calls are known */
    double unfelt;    /* share of its score that is of what is inside it, which
                         nobody feels; NaN = nobody is suspected */
    double untold; /* share of its score that may be a callee's of which nothing
                      is measured */

    /* ---- the chain ---- */

    caus_hop **chains; /* [service_count] of suspects; NULL = none */
    caus_reach *reach; /* [reach_count] of the first suspect */
    size_t reach_count;
    const size_t *reach_via; /* [service_count] the way from it */
    bool has_learned;
    caus_incident learned; /* of the services on the way */
    const char *hidden_cause;
} caus_case;

/* Sets what does not depend on the onset: who there is, the rows in order, the
 * symptom that was named. */
caus_status caus_case_open(caus_case *about, caus_error *err);

/*
 * Takes settings for what they are: changes where they step, and no clues. Sets
 * `changes` and `is_setting`, and leaves those variables without values.
 *
 *   about  with its scene and timeline, which is not sorted yet
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(names + rows of settings).
 */
caus_status caus_settings_take_out(caus_case *about, caus_error *err);

/* The symptom that was named. */
caus_status caus_symptom_find(caus_case *about, caus_error *err);
/* The variable that speaks loudest of what users see, else of all services. */
size_t caus_symptom_choose(const caus_case *about);
/* Of one that was chosen and moved no further than by chance: the loudest of
 * the first suspect and whom it reaches, where it does not reach that one. The
 * ranking stays. */
caus_status caus_symptom_retell(caus_case *about, caus_error *err);

/* From there to an explanation. What the case was opened with is not changed: a
 * copy of it can be explained before it. */
caus_status caus_case_explain(caus_case *about, caus_explanation *result,
                              caus_error *err);

#endif
