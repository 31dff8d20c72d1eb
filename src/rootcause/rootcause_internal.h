/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an explanation. docs/design/0025-root-cause.md */
#ifndef CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H
#define CAUS_SRC_ROOTCAUSE_ROOTCAUSE_INTERNAL_H

#include "base/base.h"
#include "caus/incident.h"
#include "caus/rootcause.h"
#include "caus/time.h"

/* What a variable tells about its service. */
typedef enum caus_aspect {
    CAUS_ASPECT_OTHER,
    CAUS_ASPECT_LATENCY,
    CAUS_ASPECT_ERRORS,
    CAUS_ASPECT_LOAD,
    CAUS_ASPECT_CPU,
    CAUS_ASPECT_MEMORY,
    CAUS_ASPECT_RESOURCE,   /* disk, descriptors, threads, collections */
    CAUS_ASPECT_NETWORK,    /* bytes: they follow the load */
    CAUS_ASPECT_SATURATION, /* queues and pools: slow callees fill them */
    CAUS_ASPECT_COUNT
} caus_aspect;

/* By kind and unit, else by the words of the name. */
caus_aspect caus_aspect_of(const caus_variable *variable);

/* Whether it tells of trouble, rather than of load. */
bool caus_aspect_tells(caus_aspect aspect);

/* What stands after the service in the name of a variable. */
const char *caus_measure_name(const caus_variable *variable);

/* 1 = worse upwards, −1 = worse downwards, 0 = either way. */
int caus_aspect_bad_direction(const caus_variable *variable,
                              caus_aspect aspect);

/* How far a variable is from its habit. */
typedef struct caus_shift {
    bool measured;
    double before, after; /* medians */
    double scale;         /* robust deviation, floored */
    double least;         /* deviation of the steadiest such variable */
    double size;          /* (after − before) / scale, signed */
    double share;         /* |after − before| of the larger of both */
} caus_shift;

/* All rows of a series as columns, oldest first. */
typedef struct caus_timeline {
    size_t row_count, variable_count;
    size_t *filled; /* [filled_count] rows in which anything was measured: of a
                       grid with gaps they are the ones to count */
    size_t filled_count;
    int64_t *time_ns; /* [row_count] */
    double *values;   /* [variable_count × row_count]; NaN = missing */
    uint32_t *order;  /* [variable_count × row_count] rows by value */
    uint32_t *rank;  /* [variable_count × row_count] where `order` has a row */
    size_t *present; /* [variable_count] entries of `order` */
    double *whole; /* [variable_count] the value of 100 % of a share; 0 = it is
                      none */
} caus_timeline;

caus_status caus_timeline_init(const caus_series *series, caus_arena *out,
                               caus_timeline *result, caus_error *err);

/* Finds the variables that are shares of requests: a drop from 99.9 to 98 % is
 * much, whatever the level. */
void caus_timeline_find_shares(caus_timeline *timeline,
                               const caus_series *series,
                               const caus_aspect *aspects, const int *bad);

/* Sorts every column; to be done before shifts are asked for. */
caus_status caus_timeline_sort(caus_timeline *timeline, const caus_run *run,
                               caus_arena *out, caus_error *err);

/* How many of `filled` are before a row. */
size_t caus_timeline_filled_before(const caus_timeline *timeline, size_t row);

/* Scratch of a shift. */
typedef struct caus_shift_space {
    uint32_t *rows; /* [row_count] */
    uint64_t *bits; /* a bit a row, and a word */
} caus_shift_space;

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err);

/* Rows [from, to) of a variable against the rows before `from`. */
caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space);

/* Services and their calls, by one numbering. */
typedef struct caus_scene {
    size_t service_count;
    const char *const *services;  /* sorted */
    const size_t *service_of;     /* [variable_count] */
    const size_t *variable_start; /* [service_count + 1] into variables */
    const size_t *variables;      /* by service and name */
    const caus_aspect *aspects;   /* [variable_count] */
    const int *bad;               /* [variable_count] direction */
    const bool *observer;         /* [service_count] */
    const bool *shows;            /* [service_count] latency or errors */
    bool has_calls;
    const size_t *callee_start; /* [service_count + 1] into callees */
    const size_t *callees;
    const size_t *caller_start;
    const size_t *callers;
} caus_scene;

caus_status caus_scene_init(const caus_series *series,
                            const caus_topology *calls, const caus_spans *spans,
                            caus_arena *out, caus_scene *result,
                            caus_error *err);

/* The index of a service, or SIZE_MAX. */
size_t caus_scene_find(const caus_scene *scene, const char *service);

/* Breadth first from a service along calls, or against them: how far every
 * other is (SIZE_MAX = not reached) and from which the way comes. */
caus_status caus_scene_walk(const caus_scene *scene, size_t from,
                            bool to_callees, caus_arena *out, size_t **distance,
                            size_t **via, caus_error *err);

/* What spans say of each service of a scene. */
typedef struct caus_trace_clues {
    bool known; /* both phases have traces */
    size_t service_count;
    double *lost_s; /* seconds that a trace gained here */
    double *own_s;  /* of them, in its own time */
    double *clue;   /* log(1 + 100 × its share of what a normal trace takes) */
    double *own_clue; /* the same of own time alone */
    double *failing;  /* Cohen's h of failures that begin here, or of calls that
                         are missing or new below it */
    const caus_trace_evidence *evidence; /* NULL = none */
    const char *const **exemplars;       /* trace ids */
    size_t *exemplar_count;
} caus_trace_clues;

/* spans NULL, or without one of the phases: nothing is known. */
caus_status caus_trace_clues_find(const caus_scene *scene,
                                  const caus_spans *spans, const caus_run *run,
                                  caus_arena *out, caus_trace_clues *result,
                                  caus_error *err);

/* What log lines say of a service. */
typedef enum caus_log_kind {
    CAUS_LOG_OWN,    /* its lines that name no callee */
    CAUS_LOG_NAMING, /* those that do */
    CAUS_LOG_NAMED,  /* those of its callers that name it */
    CAUS_LOG_KINDS
} caus_log_kind;

typedef struct caus_log_clues {
    double *largest[CAUS_LOG_KINDS]; /* [service_count] of each kind */
} caus_log_clues;

struct caus_log_table; /* logs.h */
struct caus_log_rise;

/* What is weighed besides the variables. */
typedef struct caus_context {
    const caus_scene *scene;
    const caus_trace_clues *traces; /* NULL in placebo windows */
    const caus_log_clues *logs;     /* NULL = none */
    const double *order;  /* [service_count] how early it moved, in [0, 1];
                             NULL */
    const double *change; /* [service_count] how well a change fits, in [0, 1];
                             NULL */
    double kinds[2];      /* what latency and what errors weigh */
    double (*carried)[2]; /* [calls] the largest clues of latency and errors
                             that a call can carry to its caller, in the order
                             of the scene's callees; NULL = not known */
    const size_t *fronts; /* [service_count] the service that it only stands
                             before, which nobody told; SIZE_MAX */
    const double
        *ends; /* [service_count] how surely the anomaly was seen there,
                  in [0, 1]; NULL = it is not known who calls whom */
} caus_context;

/* What every service and variable scores. */
typedef struct caus_scores {
    double (*terms)[CAUS_TERM_COUNT]; /* [service_count] */
    double *total;                    /* [service_count] */
    double *clue;                     /* [variable_count] */
    double (*outside)[2]; /* [service_count] largest clue of latency, errors */
    double (*seen)[2];    /* the same of what its callers see: of its callees
                             where nobody measures its own */
    double *path; /* [service_count] how well the way from the symptom's service
                     shows an anomaly, in [0, 1]; −1 = there is none */
} caus_scores;

/* How much a shift is worth before its kind is weighed; 0 = nothing. */
double caus_clue_of(const caus_shift *shift, caus_aspect aspect, int bad);

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err);
/* clues: [variable_count] before their kinds are weighed. */
void caus_scores_fill(const caus_context *context, const double *clues,
                      size_t variable_count, caus_scores *scores);

/* An explanation in the making. */
typedef struct caus_case {
    const caus_series *series;
    const caus_explain_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_timeline timeline;
    caus_scene scene;
    const caus_topology *calls; /* given, or of the spans; NULL */
    const caus_spans *spans;    /* with both phases, where there are such */
    caus_trace_clues traces;
    const struct caus_log_table *log_table; /* NULL = no log lines */
    struct caus_log_rise *log_rises; /* [templates] of the incident; NULL = its
                                        lines have no before, or no after */
    caus_log_clues logs;
    caus_context context;
    caus_scores scores;
    caus_shift *shifts; /* [variable_count] */
    caus_onset *onsets; /* [variable_count] */
    size_t onset_row;
    caus_onset onset; /* of the incident */
    double alarm;     /* the anomaly score over its threshold; NaN */
    double alone;     /* the same of the loudest bad variable; NaN */
    double departure; /* the largest of any variable that tells of trouble, a
                         normal deviate; NaN = too few rows */
    double
        departure_beyond; /* the same against the largest in healthy windows */
    double incident;  /* how likely it is that anything happened, before it is
                         known how often incidents are */
    double unrelated; /* loudness that the first suspect cannot explain */
    bool has_anomalies;
    caus_anomalies anomalies;
    size_t symptom;             /* variable; SIZE_MAX */
    size_t symptom_service;     /* where the chain ends; SIZE_MAX */
    size_t *ranked;             /* [service_count] services, likeliest first */
    size_t *rank_of;            /* [service_count] */
    double *order;              /* [service_count] the context's */
    size_t *fronts;             /* [service_count] the context's */
    double *ends;               /* [service_count] the context's */
    caus_onset *service_onsets; /* [service_count] */
    double *change_fit;         /* [service_count] the context's */
    const caus_change_group *groups; /* [group_count] of changes */
    size_t group_count;
    caus_suspect *suspects; /* [service_count] by rank */
    caus_clue *clues;       /* [variable_count] by rank */
    caus_hop **chains;      /* [service_count] of suspects; NULL = none */
    caus_reach *reach;      /* [reach_count] of the first suspect */
    size_t reach_count;
    const size_t *reach_via; /* [service_count] the way from it */
    bool has_learned;
    caus_incident learned; /* of the services on the way */
    const char *hidden_cause;
} caus_case;

/*
 * Looks for anomalies.
 *
 *   onset_row  as given, or SIZE_MAX
 *   done       false when there are too few rows to say anything
 */
caus_status caus_case_detect(caus_case *about, size_t onset_row,
                             caus_anomalies *result, bool *done,
                             caus_error *err);
/*
 * The onset of the incident, or of the variable that stands out alone; not
 * found when nothing stands out. Sets `alarm` and `alone`: of what moved the
 * bad way, since the row `given` where it is not SIZE_MAX.
 */
caus_status caus_case_find_onset(caus_case *about, const caus_anomalies *found,
                                 size_t given, caus_onset *result,
                                 caus_error *err);
/*
 * The onset where no detector names one: the row that parts most clearly what
 * is measured and logged.
 *
 *   detected  a detector has dated what moved; else the step of the rows does
 */
caus_status caus_case_split(caus_case *about, bool detected,
                            size_t least_before, caus_onset *result,
                            caus_error *err);
/* Fills the onsets of variables and services and the order of these. */
void caus_case_use_onsets(caus_case *about, const double *clues);

/* Whether the symptom is back at its habit. */
caus_status caus_case_find_end(const caus_case *about, caus_ending *result,
                               caus_error *err);

/* What windows of the healthy rows show. */
typedef struct caus_placebo {
    size_t count;
    bool *is_left_out;    /* [count] looks like an earlier incident */
    double *clues;        /* [count × variable_count] */
    const size_t *starts; /* [count] first row of each */
    const size_t *ends;   /* [count] beyond its last */
    caus_log_clues *logs; /* [count]; NULL = none */
    double strength; /* of the first score over the largest in them; NaN = too
                        few windows */
} caus_placebo;

caus_status caus_placebo_init(const caus_case *about, caus_placebo *result,
                              caus_error *err);
/* The clues of the incident, less what is usual for each variable; those of
 * log lines likewise. */
void caus_placebo_reduce(caus_case *about, const caus_placebo *placebo,
                         double *clues);
/* Sets `strength` once the services are scored. */
caus_status caus_placebo_measure(const caus_case *about, caus_placebo *placebo,
                                 caus_error *err);

/* The variable of a service that measures what another does and has a shift, or
 * SIZE_MAX. */
size_t caus_case_find_alike(const caus_case *about, size_t service,
                            size_t like);
/* Lessens clues of services that healthy rows hardly ever call: they have no
 * habit, and that they are called is their callers' doing. */
caus_status caus_impact_weigh_new_calls(const caus_case *about, double *clues,
                                        caus_error *err);
/* Lessens clues of failures that are too few to be the symptom's. */
void caus_impact_weigh(const caus_case *about, double *clues);
/*
 * Fills `fronts`: a load balancer that nobody traced calls nobody, shows the
 * latency of the service behind it and changes by as much as that.
 */
caus_status caus_impact_find_fronts(caus_case *about, const double *clues,
                                    caus_error *err);

/* Fills the context's `carried` from the shifts. */
caus_status caus_carried_find(caus_case *about, caus_error *err);

/* What tells how sure an answer is; free of units. */
typedef enum caus_sign {
    CAUS_SIGN_ONE,
    CAUS_SIGN_DEPARTURE,  /* the largest of any variable, a normal deviate */
    CAUS_SIGN_BEYOND,     /* the same over the largest in healthy windows */
    CAUS_SIGN_ALONE,      /* log of the loudest bad variable over its threshold
                           */
    CAUS_SIGN_STRENGTH,   /* log of the first score over placebo windows' */
    CAUS_SIGN_LEAD,       /* (first − second) / first */
    CAUS_SIGN_TRACES,     /* share of the first score that traces make */
    CAUS_SIGN_BLIND,      /* share that no call graph vouches for */
    CAUS_SIGN_KINDS,      /* kinds of evidence that agree */
    CAUS_SIGN_CANDIDATES, /* log of their number */
    CAUS_SIGN_FOUND,      /* the onset was not given */
    CAUS_SIGN_NO_ALARM,   /* too few rows for the anomaly detector */
    CAUS_SIGN_NO_DEPARTURE, /* too few for its windows */
    CAUS_SIGN_TOP,          /* log of the first score */
    CAUS_SIGN_LOGS,      /* log of 1 + what log lines make of the first score */
    CAUS_SIGN_LINES,     /* the same × the share of that score */
    CAUS_SIGN_UNRELATED, /* log of 1 + what else is loud, and the first cannot
                            have moved */
    CAUS_SIGN_ROWS,      /* log of the rows of the incident */
    CAUS_SIGN_COUNT
} caus_sign;

/* Confidence of every suspect; sets `incident` and `unrelated`. */
caus_status caus_confidence_fill(caus_case *about, const caus_placebo *placebo,
                                 double *confidence, caus_error *err);

/* Sets `departure` and `departure_beyond` once the shifts are measured. */
caus_status caus_departure_find(caus_case *about, caus_error *err);

/* Sets `spans`: as given, or cut at the onset if all are of one phase. */
caus_status caus_case_take_spans(caus_case *about, caus_error *err);

/* How well changes of each service fit the onset, once that is placed. */
caus_status caus_changes_weigh(caus_case *about, caus_error *err);
/* Ranks the changes once the services have their confidence. */
caus_status caus_changes_rank(caus_case *about, caus_explanation *result,
                              caus_error *err);
/* Findings and sentences of the suspects; the words of the whole. */
caus_status caus_words_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err);

#endif
