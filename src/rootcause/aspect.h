/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable tells about its service, by kind, unit and name. */
#ifndef CAUS_SRC_ROOTCAUSE_ASPECT_H
#define CAUS_SRC_ROOTCAUSE_ASPECT_H

#include <stdbool.h>

#include "caus/series.h"

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
    CAUS_ASPECT_RESOURCE,  /* disk, descriptors, threads, collections */
    CAUS_ASPECT_NETWORK,   /* bytes: they follow the load */
    CAUS_ASPECT_SOCKETS,   /* as many as requests are under way */
    CAUS_ASPECT_SATURATION /* queues and pools: slow callees fill them */
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
/* Whether it tells how much a cache does not have of what it is asked for. */
bool caus_aspect_is_of_misses(const caus_variable *variable,
                              caus_aspect aspect);

/* Whether it tells that a limit is reached: queues, pools, a processor that is
 * throttled. */
bool caus_aspect_is_limit(const caus_variable *variable, caus_aspect aspect);

/* Whether it is a share of time, as one thread has it: seconds a second of a
 * processor, or of pauses in which nothing runs. */
bool caus_aspect_is_time_share(const caus_variable *variable,
                               caus_aspect aspect);

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

/* Whether it tells how requests are answered; that something is up does not. */
bool caus_aspect_is_answer(const caus_variable *variable, caus_aspect aspect);

/* 1 = worse upwards, −1 = worse downwards, 0 = either way. */
int caus_aspect_bad_direction(const caus_variable *variable,
                              caus_aspect aspect);

#endif
