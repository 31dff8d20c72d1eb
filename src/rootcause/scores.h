/* SPDX-License-Identifier: Apache-2.0 */
/* What is weighed besides variables, and what services score by all of it. */
#ifndef CAUS_SRC_ROOTCAUSE_SCORES_H
#define CAUS_SRC_ROOTCAUSE_SCORES_H

#include <math.h>

#include "caus/rootcause.h"
#include "rootcause/scene.h"
#include "rootcause/traces.h"

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
    const double *unasked;   /* [service_count] Cohen's h of requests that a
                                callee lacks of it, though neither fails; NULL
                                in placebo windows */
    const bool *seldom;      /* [service_count] asked in few rows; NULL in
                                placebo windows */
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
    const double *stopped; /* [calls] how surely a caller that nobody calls
                              works on less than others who ask the callee, in
                              [0, 1]: what waits there waits for it; NULL = not
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

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err);
/* clues: [variable_count] before their kinds are weighed. */
void caus_scores_fill(const caus_context *context, const double *clues,
                      size_t variable_count, caus_scores *scores);

#endif
