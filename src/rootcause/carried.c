/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a callee's trouble its calls can carry to a caller, where calls
 * and what they take are measured of both; and who may call whom, where nobody
 * told. */
#include <math.h>
#include <string.h>

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

/* What a change of a callee's variable is in the caller's that measures the
 * same; infinite where they are no shares of the same whole. */
static double arriving(const pair *job, size_t own, size_t other, double change)
{
    const caus_case *about = job->about;
    double whole = about->timeline.whole[own];
    if (about->timeline.whole[other] != whole)
        return (double)INFINITY;
    bool is_count =
        about->scene.aspects[own] == CAUS_ASPECT_ERRORS && whole <= 0;
    return change * (is_count ? 1 : job->rate);
}

double caus_carried_of(const caus_case *about, size_t own, size_t other,
                       double change)
{
    const size_t *service_of = about->scene.service_of;
    pair job = {about, service_of[own], service_of[other], 0};
    bool is_alike = caus_measures_alike(&about->series->variables[own],
                                        &about->series->variables[other]);
    return is_alike && find_rate(&job) ? arriving(&job, own, other, change)
                                       : (double)INFINITY;
}

/* What a callee adds to a variable of its caller, in the least deviations that
 * one could have: a busy service makes more of little. */
static double added(const pair *job, size_t own, size_t other)
{
    const caus_case *about = job->about;
    const caus_shift *to = &about->shifts[own], *from = &about->shifts[other];
    double change = (from->after - from->before) * about->scene.bad[other];
    return to->least > 0 ? arriving(job, own, other, change) / to->least
                         : (double)INFINITY;
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

/* Whether the latencies of a caller may contain those of another service: that
 * one's were shorter, and gained no more. */
static bool may_contain(const caus_case *about, size_t caller, size_t callee)
{
    const caus_scene *scene = &about->scene;
    int found = 0;
    for (size_t i = scene->variable_start[caller];
         i < scene->variable_start[caller + 1]; i++) {
        size_t v = scene->variables[i];
        const caus_shift *own = &about->shifts[v];
        if (scene->aspects[v] != CAUS_ASPECT_LATENCY || !own->measured)
            continue;
        size_t alike = caus_case_find_alike(about, callee, v);
        if (alike == SIZE_MAX)
            continue;
        const caus_shift *other = &about->shifts[alike];
        double gained = own->after - own->before;
        bool within = other->before < own->before &&
                      other->after - other->before < gained;
        found += within ? 1 : -1;
    }
    return found > 0;
}

/* What a call of two services could carry if there is one; false = there can be
 * none. */
static bool guess(const caus_case *about, size_t caller, size_t callee,
                  caus_guess *result)
{
    pair job = {about, caller, callee, 1};
    if (caller == callee || !may_contain(about, caller, callee))
        return false;
    /* Others call it, too: that it gets more requests than this caller does not
     * say that each of these makes several. */
    job.rate = find_rate(&job) ? fmin(job.rate, 1) : 1;
    *result = (caus_guess){callee,
                           {most_carried(&job, CAUS_ASPECT_LATENCY),
                            most_carried(&job, CAUS_ASPECT_ERRORS)}};
    return true;
}

/* Services whose latency or errors moved. */
static size_t find_moved(const caus_case *about, const double *clues,
                         bool *moved)
{
    const caus_scene *scene = &about->scene;
    size_t count = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        for (size_t i = scene->variable_start[s];
             i < scene->variable_start[s + 1]; i++) {
            size_t v = scene->variables[i];
            bool outside = caus_aspect_is_outside(scene->aspects[v]);
            moved[s] = moved[s] || (outside && clues[v] > 0);
        }
        count += moved[s];
    }
    return count;
}

/* Whether nobody told if one of two calls the other. */
static bool is_open(const caus_scene *scene, size_t caller, size_t callee)
{
    bool looks = scene->observer[caller] || scene->observer[callee];
    return !scene->has_calls ||
           (!looks && (scene->stranger[caller] || scene->stranger[callee]));
}

/* Whom a service may call; `room` has place for all that moved. */
static caus_status find_of(caus_case *about, size_t service, const bool *moved,
                           caus_guess *room, caus_error *err)
{
    size_t services = about->scene.service_count, count = 0;
    for (size_t other = 0; moved[service] && other < services; other++)
        count += moved[other] && is_open(&about->scene, service, other) &&
                 guess(about, service, other, &room[count]);
    caus_guess *items = CAUS_ARRAY(about->out, caus_guess, count + 1);
    if (!items)
        return caus_arena_fail(about->out, err);
    memcpy(items, room, count * sizeof *items);
    about->guesses[service] = (caus_guesses){count, items};
    return CAUS_OK;
}

caus_status caus_guesses_find(caus_case *about, const double *clues,
                              caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t services = scene->service_count;
    bool any = !scene->has_calls;
    for (size_t s = 0; s < services; s++)
        any = any || scene->stranger[s];
    if (!any)
        return CAUS_OK;
    about->guesses = CAUS_ARRAY(about->out, caus_guesses, services + 1);
    bool *moved = CAUS_ARRAY(about->out, bool, services + 1);
    if (!about->guesses || !moved)
        return caus_arena_fail(about->out, err);
    size_t most = find_moved(about, clues, moved);
    caus_guess *room = CAUS_ARRAY(about->out, caus_guess, most + 1);
    if (!room)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        CAUS_TRY(find_of(about, s, moved, room, err));
    }
    about->context.guesses = about->guesses;
    return CAUS_OK;
}
