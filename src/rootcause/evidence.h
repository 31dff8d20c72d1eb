/* SPDX-License-Identifier: Apache-2.0 */
/* What tells where an incident began, and what it scores: shifts of variables,
 * services and their calls, clues of traces and log lines. */
#ifndef CAUS_SRC_ROOTCAUSE_EVIDENCE_H
#define CAUS_SRC_ROOTCAUSE_EVIDENCE_H

#include <math.h>

#include "base/base.h"
#include "caus/rootcause.h"
#include "rootcause/rank_set.h"
#include "series/time_columns.h"

/* What a variable tells about its service. */
typedef enum caus_aspect {
    CAUS_ASPECT_OTHER,
    CAUS_ASPECT_LATENCY,
    CAUS_ASPECT_ERRORS,
    CAUS_ASPECT_LOAD,
    CAUS_ASPECT_CPU,      /* or as surely its own: what a cache lacks */
    CAUS_ASPECT_RESTARTS, /* or copies that are gone: who is started anew, if
                             somebody feels it */
    CAUS_ASPECT_MEMORY,
    CAUS_ASPECT_RESOURCE,   /* disk, descriptors, threads, collections */
    CAUS_ASPECT_NETWORK,    /* bytes: they follow the load */
    CAUS_ASPECT_SOCKETS,    /* as many as requests are under way */
    CAUS_ASPECT_SATURATION, /* queues and pools: slow callees fill them */
    CAUS_ASPECT_COUNT
} caus_aspect;

/* By kind and unit, else by the words of the name. */
caus_aspect caus_aspect_of(const caus_variable *variable);

/* Whether a latency is what all calls together take. */
bool caus_aspect_is_sum(const caus_variable *variable);

/* Whether it is a mean. */
bool caus_aspect_is_mean(const caus_variable *variable);

/* Whether it is a number of failures, rather than a share of requests or what
 * went well. */
bool caus_aspect_counts_failures(const caus_variable *variable);

/* Whether it tells how content users are: slow answers count as failures. */
bool caus_aspect_is_of_content(const caus_variable *variable);

/* Whether it tells of messages that nobody has taken yet. */
bool caus_aspect_is_backlog(const caus_variable *variable, caus_aspect aspect);

/* Whether it tells that a limit is reached: queues, pools, a processor that is
 * throttled. */
bool caus_aspect_is_limit(const caus_variable *variable, caus_aspect aspect);

/* Whether it tells of trouble, rather than of load. */
bool caus_aspect_tells(caus_aspect aspect);

/* Whether callers feel it: latency and errors. */
static inline bool caus_aspect_is_outside(caus_aspect aspect)
{
    return aspect == CAUS_ASPECT_LATENCY || aspect == CAUS_ASPECT_ERRORS;
}

/* Whether it is of the service alone: processor, memory, other resources. */
static inline bool caus_aspect_is_inside(caus_aspect aspect)
{
    return aspect == CAUS_ASPECT_CPU || aspect == CAUS_ASPECT_RESTARTS ||
           aspect == CAUS_ASPECT_MEMORY || aspect == CAUS_ASPECT_RESOURCE;
}

/* What stands after the service in the name of a variable. */
const char *caus_measure_name(const caus_variable *variable);
/* Whether that says that it is of the calls which its service makes, not of
 * those which it gets. */
bool caus_measure_is_of_calls(const caus_variable *variable);
/*
 * Numbers what is measured: those that measure the same have the same number,
 * whatever their service and the labels that tell only where.
 *
 *   result  [count] set to the first variable that measures the same as each
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(all names).
 */
caus_status caus_measures_number(const caus_variable *variables, size_t count,
                                 caus_arena *out, const size_t **result,
                                 caus_error *err);

/* Whether it tells how requests are answered; that something is up does not. */
bool caus_aspect_is_answer(const caus_variable *variable, caus_aspect aspect);

/* 1 = worse upwards, −1 = worse downwards, 0 = either way. */
int caus_aspect_bad_direction(const caus_variable *variable,
                              caus_aspect aspect);

/* How far a variable is from its habit. */
typedef struct caus_shift {
    bool measured;
    size_t rows;          /* of the window, with a value */
    double before, after; /* medians; of failures that come and go, means */
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
    const int64_t *time_ns; /* [row_count] */
    double *values;         /* [variable_count × row_count]; NaN = missing */
    const uint32_t *order;  /* [variable_count × row_count] rows by value */
    const size_t *present;  /* [variable_count] entries of `order` */
    double *whole; /* [variable_count] the value of 100 % of a share; 0 = it is
                      none */
    bool *adds_up; /* [variable_count] what counts is how many there were:
                      failures */
    bool *comes_and_goes; /* [variable_count] its mean counts beside its median,
                             once the onset is found: latency */
    bool *fills; /* [variable_count] what may have risen all the time: memory
                  */
} caus_timeline;

/*
 * Lays the rows of a series out.
 *
 *   columns  [variable_count] where a row has the value of each; NULL = in
 *            their order
 */
caus_status caus_timeline_init(const caus_series *series, const size_t *columns,
                               caus_arena *out, caus_timeline *result,
                               caus_error *err);

/* Finds the variables that count failures, and of them the shares of requests:
 * a drop from 99.9 to 98 % is much, whatever the level. */
void caus_timeline_find_failures(caus_timeline *timeline,
                                 const caus_series *series,
                                 const caus_aspect *aspects, const int *bad);

/* Sorts every column; to be done before shifts are asked for. */
caus_status caus_timeline_sort(caus_timeline *timeline, const caus_run *run,
                               caus_arena *out, caus_error *err);

/* The same rows for those who know columns alone. */
caus_time_columns caus_timeline_columns(const caus_timeline *timeline);

/* The values of a variable, [row_count], and its rows by value, [present]. */
static inline const double *caus_timeline_values(const caus_timeline *timeline,
                                                 size_t variable)
{
    return timeline->values + variable * timeline->row_count;
}

static inline const uint32_t *caus_timeline_order(const caus_timeline *timeline,
                                                  size_t variable)
{
    return timeline->order + variable * timeline->row_count;
}

/* How many of `filled` are before a row. */
size_t caus_timeline_filled_before(const caus_timeline *timeline, size_t row);

/* Scratch of shifts: those of one variable are found faster one after another,
 * later windows first. */
typedef struct caus_shift_space {
    caus_row_ranks ranks;
    caus_rows_before before, early; /* of the variable asked for last; the
                                       earlier half of these */
    caus_rank_set window;
} caus_shift_space;

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err);

/* Rows [from, to) of a variable against the rows before `from`. */
caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space);

/* Kinds of what callers see. */
enum { OUTSIDE_LATENCY, OUTSIDE_ERRORS, OUTSIDE_COUNT };
typedef double caus_outside[OUTSIDE_COUNT]; /* a number of each */

/* Services and their calls, by one numbering. */
typedef struct caus_scene {
    size_t service_count;
    const char *const *services;  /* sorted */
    const size_t *service_of;     /* [variable_count] */
    const size_t *variable_start; /* [service_count + 1] into variables */
    const size_t *variables;      /* by service and name */
    const caus_aspect *aspects;   /* [variable_count] */
    const int *bad;               /* [variable_count] direction */
    const size_t *measures;       /* [variable_count] numbers of what each
                                     measures, of caus_measures_number() */
    const bool *of_calls;         /* [variable_count] what its calls take */
    const bool *backlog;          /* [variable_count] messages not taken yet */
    const bool *asks;             /* [variable_count] counts calls that it makes
                                   */
    const size_t *toward;         /* [variable_count] the call, into callees,
                                     of which it says by its name that it tells;
                                     SIZE_MAX */
    bool *named;                  /* [variable_count] somebody named it as the
                                     symptom, or what measures the same */
    bool *observer;               /* [service_count] */
    bool *stranger;               /* [service_count] no call of it is known */
    bool *front;                  /* [service_count] users ask it: nobody calls
                                     it, or who tells neither latency nor errors
                                     */
    bool (*shows)[OUTSIDE_COUNT]; /* [service_count] latency, errors */
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

/* The index that spans have of a service, or SIZE_MAX; `spans` may be NULL. */
size_t caus_find_in_spans(const caus_spans *spans, const char *service);

static inline bool caus_has_spans(const caus_spans *spans, const char *service)
{
    return caus_find_in_spans(spans, service) != SIZE_MAX;
}

/* The index of a service, or SIZE_MAX. */
size_t caus_scene_find(const caus_scene *scene, const char *service);

/* The call of a caller to another service, into callees; SIZE_MAX = it makes
 * none. O(callees of the caller). */
size_t caus_scene_find_call(const caus_scene *scene, size_t caller,
                            size_t callee);

/* Whether what a service shows is what users see: it only looks at others, or
 * they ask it; SIZE_MAX = of no service. */
bool caus_scene_users_see(const caus_scene *scene, size_t service);

/* Whether anybody calls a service, whether it calls anybody, either of both,
 * and whether it has variables. */
static inline bool caus_scene_is_called(const caus_scene *scene, size_t service)
{
    return scene->caller_start[service + 1] > scene->caller_start[service];
}

static inline bool caus_scene_makes_calls(const caus_scene *scene,
                                          size_t service)
{
    return scene->callee_start[service + 1] > scene->callee_start[service];
}

static inline bool caus_scene_is_in_calls(const caus_scene *scene,
                                          size_t service)
{
    return caus_scene_is_called(scene, service) ||
           caus_scene_makes_calls(scene, service);
}

static inline bool caus_scene_is_measured(const caus_scene *scene,
                                          size_t service)
{
    return scene->variable_start[service + 1] > scene->variable_start[service];
}

/* Whether requests come in by it: nobody calls it, and it calls others, where
 * calls are known. */
static inline bool caus_scene_is_entry(const caus_scene *scene, size_t service)
{
    return !caus_scene_is_called(scene, service) &&
           (!scene->has_calls || caus_scene_makes_calls(scene, service));
}

/* Whether latency or errors of a service are measured. */
bool caus_scene_shows(const caus_scene *scene, size_t service);

/* Whether a variable counts the requests that its service gets. */
bool caus_scene_counts_own(const caus_scene *scene, size_t variable);

/* Notes that somebody named a variable as the symptom: whatever it means, it
 * tells of trouble. Without a call graph so does what measures the same
 * elsewhere: it may have begun there. */
void caus_scene_name(const caus_scene *scene, const caus_series *series,
                     size_t symptom);

/* Whether a variable tells of trouble: so does what somebody named as such. */
bool caus_scene_tells(const caus_scene *scene, size_t variable);

/* Breadth first from a service along calls, or against them: how far every
 * other is (SIZE_MAX = not reached) and from which the way comes. */
caus_status caus_scene_walk(const caus_scene *scene, size_t from,
                            bool to_callees, caus_arena *out, size_t **distance,
                            size_t **via, caus_error *err);

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

/* A service that another may call, and the largest clues of latency and errors
 * that it could be to that. */
typedef struct caus_guess {
    size_t callee;
    caus_outside most;
} caus_guess;

typedef struct caus_guesses {
    size_t count;
    const caus_guess *items;
} caus_guesses;

/* What is weighed besides the variables. */
typedef struct caus_context {
    const caus_scene *scene;
    const caus_trace_clues *traces; /* NULL in placebo windows */
    const caus_log_clues *logs;     /* NULL = none */
    const double *silent;           /* [service_count] clues of being away */
    const double *missed;    /* [service_count] how likely failures of a caller
                                are calls that do not reach it, in [0, 1]; NULL in
                                placebo windows */
    const double *unreached; /* [service_count] how surely that is so of all
                                calls to it, likewise */
    const double *cut_off;   /* [service_count] how much of the requests that it
                                lacks is no caller's doing, in [0, 1]; NULL */
    const double *asked;     /* [service_count] clues of being called more than
                                callers' requests account for */
    const double *pushed;    /* [service_count] how much of what it shows that
                                explains, in [0, 1]; NULL */
    const double *order;     /* [service_count] how early it moved; NULL */
    const double *change;    /* [service_count] how well a change fits; NULL */
    caus_outside kinds;      /* what latency and what errors weigh */
    double seen; /* how surely the symptom is, in [0, 1]: one that hardly moved
                    tells neither kind nor place */
    const double *covered;    /* [service_count] how much of what is loud it can
                                 have moved; NULL = no calls are known */
    caus_outside *carried;    /* [calls] the largest clues of latency and errors
                                that a call can carry to its caller, in the order
                                of the scene's callees; NULL = not known */
    const double *call_share; /* [service_count] how much of what it takes
                                 longer its calls can take, in [0, 1]; NULL =
                                 not known */
    const double *again; /* [variable_count] the share of its service's requests
                            that may make calls again which it counts as failed,
                            where it is of calls to one service; NULL = not
                            known */
    const double *idle;  /* [service_count] how much less it works on at a time,
                            in [0, 1], where messages may wait for it; NULL = not
                            known */
    const caus_guesses *guesses; /* [service_count] where nobody told who calls
                                    whom; NULL */
    const size_t *fronts; /* [service_count] whom it only stands before */
    const double
        *ends; /* [service_count] how surely the anomaly was seen there,
                  in [0, 1]; NULL = it is not known who calls whom */
} caus_context;

/* What every service and variable scores. */
typedef struct caus_scores {
    double (*terms)[CAUS_TERM_COUNT]; /* [service_count] */
    double *total;                    /* [service_count] */
    double *clue;                     /* [variable_count] weighed by its kind */
    caus_outside *outside; /* [service_count] largest clue of latency, errors */
    caus_outside *seen;    /* the same of what its callers see: of its callees
                             where nobody measures its own */
    caus_outside *below;   /* how much of it what its callees show explains, in
                             [0, 1] */
    caus_outside *common;  /* what all its callers have left, several of them */
    caus_outside *own_end; /* how surely its own end makes calls of it bad, in
                              [0, 1] */
    caus_outside *waited;  /* what its callers show of the way to it, or theirs,
                              or −1 */
    caus_outside *nearer;  /* the same over one unmeasured service less, while
                              that is found */
    double *calling; /* [service_count] clue of what its calls take, or −1 */
    caus_outside *toward; /* [calls] the same of calls to one callee, and of
                            their failures */
    double *again;        /* [calls] of these failures, as far as requests wait
                             for the call to be made again */
    double *asking;       /* [service_count] the part of CAUS_TERM_CALLS that is
                             what it asks more of others */
    double *busy;         /* [service_count] clue of what it does itself */
    double *asked_by; /* [calls] what a callee is asked more by its caller */
    double *path; /* [service_count] how well the way from the symptom's service
                     shows an anomaly, in [0, 1]; −1 = there is none */
} caus_scores;

/* The largest clue of latency or errors of a service. */
static inline double caus_scores_shown(const caus_scores *scores,
                                       size_t service)
{
    const double *outside = scores->outside[service];
    return fmax(outside[OUTSIDE_LATENCY], outside[OUTSIDE_ERRORS]);
}

/* Fills `path`: the widest way from the symptom's service to every other, as an
 * anomaly reaches the symptom through services that show it. */
void caus_paths_find(const caus_context *context, caus_scores *scores);

/* How much a shift is worth before its kind is weighed; 0 = nothing. */
double caus_clue_of(const caus_shift *shift, caus_aspect aspect, int bad);

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err);
/* clues: [variable_count] before their kinds are weighed. */
void caus_scores_fill(const caus_context *context, const double *clues,
                      size_t variable_count, caus_scores *scores);

#endif
