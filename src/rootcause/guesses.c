/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call whom, where nobody told: by how long requests take, and how many
 * there are. */
#include <math.h>
#include <string.h>

#include "rootcause/alike.h"
#include "rootcause/carried.h"
#include "rootcause/weights.h"

/* Requests of a callee for one of its caller's, of which only a part asks it:
 * from the second on all may, under the first too few do to tell. */
static const double least_part = .02, most_part = .8;
/* What is within so many times the other is the same. */
static const double about_same = 1.5;

/* Whether the latencies of a caller may contain those of another service: that
 * one's were shorter, and gained no more, or hardly so where both are longer.
 */
static bool may_contain(const caus_case *about, size_t caller, size_t callee)
{
    const caus_scene *scene = &about->scene;
    int found = 0;
    const caus_index_list variables = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < variables.count; i++) {
        size_t v = variables.items[i];
        const caus_shift *own = &about->shifts[v];
        if (scene->aspects[v] != CAUS_ASPECT_LATENCY || !own->measured)
            continue;
        size_t alike = caus_case_find_alike(about, callee, v);
        if (alike == SIZE_MAX)
            continue;
        const caus_shift *other = &about->shifts[alike];
        double gained = own->after - own->before;
        double room = own->size > caus_off_size ? own->scale : 0;
        bool within = other->before < own->before &&
                      other->after - other->before < gained + room;
        found += within ? 1 : -1;
    }
    return found > 0;
}

/* What a callee has like a caller's variable of a kind that adds up over
 * requests, as means do, and shares and counts of failures; SIZE_MAX = none. */
static size_t find_sum(const caus_case *about, size_t callee, size_t variable,
                       caus_aspect aspect)
{
    bool adds_up = about->scene.aspects[variable] == aspect &&
                   about->shifts[variable].measured &&
                   (aspect == CAUS_ASPECT_ERRORS ||
                    caus_aspect_is_mean(&about->series->variables[variable]));
    return adds_up ? caus_case_find_alike(about, callee, variable) : SIZE_MAX;
}

/* How much the wrong way a variable went. */
static double worse_by(const caus_case *about, size_t variable)
{
    const caus_shift *shift = &about->shifts[variable];
    return (shift->after - shift->before) * about->scene.bad[variable];
}

/* Whether what a callee gained of a kind, in the part of a caller's requests
 * that ask it, is what these gained in all. */
static bool passes_on(const caus_case *about, size_t caller, size_t callee,
                      double rate, caus_aspect aspect)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list variables = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < variables.count; i++) {
        size_t own = variables.items[i];
        size_t other = find_sum(about, callee, own, aspect);
        if (other == SIZE_MAX)
            continue;
        double gained = worse_by(about, own);
        double passed =
            caus_carried_of(about, own, other, rate, worse_by(about, other));
        if (gained > 0 && passed < about_same * gained &&
            gained < about_same * passed)
            return true;
    }
    return false;
}

/* Whether all requests of a callee together take no longer than all of its
 * caller's. */
static bool fits_into(const caus_case *about, size_t caller, size_t callee,
                      double rate)
{
    const caus_scene *scene = &about->scene;
    bool found = false;
    const caus_index_list own = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        size_t other = find_sum(about, callee, v, CAUS_ASPECT_LATENCY);
        if (other == SIZE_MAX)
            continue;
        found = true;
        if (rate * about->shifts[other].before > about->shifts[v].before)
            return false;
    }
    return found;
}

/*
 * Whether a part of a caller's requests ask a service, at a usual rate: each of
 * these may take longer there than the caller's in the mean, but not all of
 * them together, and what they gain, or how many fail, is the caller's whole.
 */
static bool is_part(const caus_case *about, size_t caller, size_t callee,
                    double rate)
{
    return rate >= least_part && rate < most_part &&
           fits_into(about, caller, callee, rate) &&
           (passes_on(about, caller, callee, rate, CAUS_ASPECT_LATENCY) ||
            passes_on(about, caller, callee, rate, CAUS_ASPECT_ERRORS));
}

/* What a call of two services could carry if there is one; false = there can be
 * none. */
static bool guess(const caus_case *about, size_t caller, size_t callee,
                  caus_guess *result)
{
    if (caller == callee)
        return false;
    double rate = caus_carried_rate(about, caller, callee);
    if (!is_part(about, caller, callee, rate) &&
        (!may_contain(about, caller, callee) ||
         is_part(about, callee, caller,
                 caus_carried_rate(about, callee, caller))))
        return false;
    /* Others call it, too: that it gets more requests than this caller does not
     * say that each of these makes several. */
    result->callee = callee;
    caus_carried_most(about, caller, callee, fmin(rate, 1), result->most);
    return true;
}

/* Services whose latency or errors moved. */
static size_t find_moved(const caus_case *about, const double *clues,
                         bool *moved)
{
    const caus_scene *scene = &about->scene;
    size_t count = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        const caus_index_list own = caus_scene_variables(scene, s);
        for (size_t i = 0; i < own.count; i++) {
            size_t v = own.items[i];
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
