/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a callee's trouble its calls can carry to a caller, where calls
 * and what they take are measured of both. */
#include <math.h>

#include "rootcause/rootcause_internal.h"

/* Two services of a call. */
typedef struct pair {
    const caus_case *about;
    size_t caller, callee;
    double rate; /* requests of the callee for one of the caller's */
} pair;

/* The usual rate: more calls than usual are the caller's doing. Those that
 * others make count as if this caller made them. */
static bool find_rate(pair *job)
{
    const caus_case *about = job->about;
    const caus_scene *scene = &about->scene;
    for (size_t i = scene->variable_start[job->caller];
         i < scene->variable_start[job->caller + 1]; i++) {
        size_t v = scene->variables[i];
        const caus_shift *own = &about->shifts[v];
        if (scene->aspects[v] != CAUS_ASPECT_LOAD || !own->measured ||
            !(own->before > 0))
            continue;
        size_t other = caus_case_find_alike(about, job->callee, v);
        if (other == SIZE_MAX)
            continue;
        job->rate = about->shifts[other].before / own->before;
        return job->rate >= 0;
    }
    return false;
}

/* What a callee adds to a variable of its caller, in the least deviations that
 * one could have: a busy service makes more of little. */
static double added(const pair *job, size_t own, size_t other)
{
    const caus_case *about = job->about;
    const caus_shift *to = &about->shifts[own], *from = &about->shifts[other];
    double whole = about->timeline.whole[own];
    double change = (from->after - from->before) * about->scene.bad[other];
    if (!(to->least > 0) || about->timeline.whole[other] != whole)
        return (double)INFINITY;
    bool is_count =
        about->scene.aspects[own] == CAUS_ASPECT_ERRORS && whole <= 0;
    return change * (is_count ? 1 : job->rate) / to->least;
}

/* The largest clue that a kind of the callee's trouble can be of the caller's;
 * infinite where that is not measured of both. */
static double most_carried(const pair *job, caus_aspect aspect)
{
    const caus_case *about = job->about;
    const caus_scene *scene = &about->scene;
    double most = -1;
    for (size_t i = scene->variable_start[job->caller];
         i < scene->variable_start[job->caller + 1]; i++) {
        size_t own = scene->variables[i];
        if (scene->aspects[own] != aspect || !about->shifts[own].measured)
            continue;
        size_t other = caus_case_find_alike(about, job->callee, own);
        if (other != SIZE_MAX)
            most = fmax(most, fmax(0, added(job, own, other)));
    }
    return most < 0 ? (double)INFINITY : log1p(most);
}

caus_status caus_carried_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t calls = scene->callee_start[scene->service_count];
    double(*most)[2] = caus_arena_array(about->out, calls + 1, sizeof *most);
    if (!most)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < scene->service_count; s++) {
        for (size_t i = scene->callee_start[s]; i < scene->callee_start[s + 1];
             i++) {
            pair job = {about, s, scene->callees[i], 0};
            most[i][0] = most[i][1] = (double)INFINITY;
            if (!find_rate(&job))
                continue;
            most[i][0] = most_carried(&job, CAUS_ASPECT_LATENCY);
            most[i][1] = most_carried(&job, CAUS_ASPECT_ERRORS);
        }
    }
    about->context.carried = most;
    return CAUS_OK;
}
