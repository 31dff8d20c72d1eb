/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a callee's trouble its calls can carry to a caller, where calls
 * and what they take are measured of both. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/carried.h"
#include "rootcause/weights.h"

/* Two services of a call. */
typedef struct pair {
    const caus_case *about;
    size_t caller, callee;
    double rate; /* requests of the callee for one of the caller's */
} pair;

double caus_carried_rate(const caus_case *about, size_t caller, size_t callee)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list variables = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < variables.count; i++) {
        size_t v = variables.items[i];
        const caus_shift *own = &about->shifts[v];
        if (scene->aspects[v] != CAUS_ASPECT_LOAD || !own->measured ||
            !(own->before > 0))
            continue;
        size_t other = caus_case_find_alike(about, callee, v);
        if (other == SIZE_MAX)
            continue;
        double rate = about->shifts[other].before / own->before;
        return rate >= 0 ? rate : (double)NAN;
    }
    return (double)NAN;
}

double caus_carried_of(const caus_case *about, size_t own, size_t other,
                       double rate, double change)
{
    const caus_scene *scene = &about->scene;
    double whole = about->timeline.whole[own];
    if (isnan(rate) || scene->measures[own] != scene->measures[other] ||
        about->timeline.whole[other] != whole)
        return (double)INFINITY;
    bool is_count = scene->aspects[own] == CAUS_ASPECT_ERRORS && whole <= 0;
    return change * (is_count ? 1 : rate);
}

/* What a callee adds to a variable of its caller, in the least deviations that
 * one could have: a busy service makes more of little. */
static double added(const pair *job, size_t own, size_t other)
{
    const caus_case *about = job->about;
    const caus_shift *to = &about->shifts[own], *from = &about->shifts[other];
    double change = (from->after - from->before) * about->scene.bad[other];
    return to->least > 0
               ? caus_carried_of(about, own, other, job->rate, change) /
                     to->least
               : (double)INFINITY;
}

/* How much of what a mean latency of the caller gained its calls can be, in
 * [0, 1]: who waits a little longer does not take many times as long. */
static double part_of(const pair *job, size_t own, size_t other)
{
    const caus_case *about = job->about;
    const caus_shift *to = &about->shifts[own], *from = &about->shifts[other];
    double gained = to->after - to->before;
    if (!caus_aspect_is_mean(&about->series->variables[own]) ||
        to->size < caus_off_size)
        return 1;
    double waited = caus_carried_of(about, own, other, job->rate,
                                    from->after - from->before);
    return fmin(1, caus_calls_a_request * fmax(0, waited) / gained);
}

/* The largest clue that a kind of the callee's trouble can be of the caller's;
 * infinite where that is not measured of both. */
static double most_carried(const pair *job, caus_aspect aspect)
{
    const caus_case *about = job->about;
    const caus_scene *scene = &about->scene;
    double most = -1, part = 1;
    const caus_index_list variables = caus_scene_variables(scene, job->caller);
    for (size_t i = 0; i < variables.count; i++) {
        size_t own = variables.items[i];
        if (scene->aspects[own] != aspect || !about->shifts[own].measured)
            continue;
        size_t other = caus_case_find_alike(about, job->callee, own);
        if (other == SIZE_MAX)
            continue;
        most = fmax(most, fmax(0, added(job, own, other)));
        part = fmin(part, part_of(job, own, other));
    }
    return most < 0 ? (double)INFINITY : part * log1p(most);
}

void caus_carried_most(const caus_case *about, size_t caller, size_t callee,
                       double rate, caus_outside most)
{
    pair job = {about, caller, callee, rate};
    most[OUTSIDE_LATENCY] = most_carried(&job, CAUS_ASPECT_LATENCY);
    most[OUTSIDE_ERRORS] = most_carried(&job, CAUS_ASPECT_ERRORS);
}

caus_status caus_carried_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t calls = scene->callee_start[scene->service_count];
    caus_outside *most = CAUS_ARRAY(about->out, caus_outside, calls + 1);
    if (!most)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < scene->service_count; s++) {
        for (size_t i = scene->callee_start[s]; i < scene->callee_start[s + 1];
             i++) {
            size_t callee = scene->callees[i];
            double rate = caus_carried_rate(about, s, callee);
            most[i][OUTSIDE_LATENCY] = most[i][OUTSIDE_ERRORS] =
                (double)INFINITY;
            if (!isnan(rate))
                caus_carried_most(about, s, callee, rate, most[i]);
        }
    }
    about->context.carried = most;
    return CAUS_OK;
}
