/* SPDX-License-Identifier: Apache-2.0 */
/* Services, who calls whom, and what each variable tells of its service. */
#ifndef CAUS_SRC_ROOTCAUSE_SCENE_H
#define CAUS_SRC_ROOTCAUSE_SCENE_H

#include "base/base.h"
#include "caus/events.h"
#include "caus/series.h"
#include "rootcause/aspect.h"

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
    const bool *misses;           /* [variable_count] what a cache lacks */
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

/* Numbers that the scene lists of a service. */
typedef struct caus_index_list {
    const size_t *items; /* [count] */
    size_t count;
} caus_index_list;

/* Its variables by name, those that call it, and those that it calls. Where the
 * number of a call is asked for, `callee_start` and `callees` tell. */
static inline caus_index_list caus_scene_variables(const caus_scene *scene,
                                                   size_t service)
{
    size_t first = scene->variable_start[service];
    return (caus_index_list){scene->variables + first,
                             scene->variable_start[service + 1] - first};
}

static inline caus_index_list caus_scene_callers(const caus_scene *scene,
                                                 size_t service)
{
    size_t first = scene->caller_start[service];
    return (caus_index_list){scene->callers + first,
                             scene->caller_start[service + 1] - first};
}

static inline caus_index_list caus_scene_callees(const caus_scene *scene,
                                                 size_t service)
{
    size_t first = scene->callee_start[service];
    return (caus_index_list){scene->callees + first,
                             scene->callee_start[service + 1] - first};
}

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

/* How many calls services are from one, and over which service the way to each
 * comes; SIZE_MAX = it is not reached. */
typedef struct caus_walk {
    const size_t *distance; /* [service_count] */
    const size_t *via;      /* [service_count] */
} caus_walk;

static inline bool caus_walk_reaches(const caus_walk *walk, size_t service)
{
    return walk->distance[service] != SIZE_MAX;
}

/* Breadth first from a service to those that it calls, or to those that call
 * it, and so on. Cost O(services + calls). */
caus_status caus_scene_walk_to_callees(const caus_scene *scene, size_t from,
                                       caus_arena *out, caus_walk *result,
                                       caus_error *err);
caus_status caus_scene_walk_to_callers(const caus_scene *scene, size_t from,
                                       caus_arena *out, caus_walk *result,
                                       caus_error *err);

#endif
