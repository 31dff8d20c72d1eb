/* SPDX-License-Identifier: Apache-2.0 */
/* How a suspect reaches the symptom, and whom else it can reach. */
#include <math.h>

#include "rootcause/chain.h"
#include "rootcause/logs.h"
#include "rootcause/ranking.h"
#include "rootcause/telling.h"
#include "series/order.h"

bool caus_suspect_moved(const caus_case *about, size_t rank)
{
    size_t service = about->ranked[rank];
    return caus_clues_loudest(about, rank, NULL) != SIZE_MAX ||
           about->silent[service] > 0 || about->scores.asking[service] > 0 ||
           about->context.unasked[service] > 0 ||
           caus_trace_tells(about, service) || caus_log_rose(about, service);
}

/* Where the chain of a service ends: the symptom's service, else the nearest
 * that nobody calls. */
static size_t chain_end(const caus_case *about, const caus_walk *to)
{
    const caus_scene *scene = &about->scene;
    if (about->symptom_service != SIZE_MAX)
        return about->symptom_service;
    size_t end = SIZE_MAX;
    for (size_t s = 0; s < scene->service_count; s++) {
        if (caus_scene_is_called(scene, s) || !caus_walk_reaches(to, s))
            continue;
        if (end == SIZE_MAX || to->distance[s] < to->distance[end])
            end = s;
    }
    return end;
}

/* How far scrapes blur the order of two variables; either may be SIZE_MAX: none
 * moved, and nothing is blurred. */
static double blur_between(const caus_case *about, size_t cause, size_t effect)
{
    const caus_variable *variables = about->series->variables;
    return cause == SIZE_MAX || effect == SIZE_MAX
               ? 0
               : caus_variable_blur_s(&variables[cause], &variables[effect],
                                      (double)about->series->step_ns / 1e9);
}

/* What the onsets and the moves of both ends tell. */
static caus_hop begin_hop(const caus_case *about, size_t from, size_t to)
{
    size_t cause = about->rank_of[from], effect = about->rank_of[to];
    const caus_onset *a = &about->service_onsets[from];
    const caus_onset *b = &about->service_onsets[to];
    size_t began = caus_clues_loudest(about, cause, caus_aspect_is_outside);
    caus_hop hop = {
        .from = cause,
        .to = effect,
        .has_lag = a->found && b->found,
        .delay_s = (double)NAN,
        .variable = caus_clues_loudest(about, effect, caus_aspect_is_outside),
        .effect = (double)NAN,
        .exemplars = about->suspects[cause].exemplars,
        .exemplar_count = about->suspects[cause].exemplar_count};
    if (hop.has_lag) {
        double blur_s = blur_between(about, began, hop.variable);
        hop.lag_s = (double)(b->time_ns - a->time_ns) / 1e9;
        hop.lag_low_s = (double)(b->first_ns - a->last_ns) / 1e9 - blur_s;
        hop.lag_high_s = (double)(b->last_ns - a->first_ns) / 1e9 + blur_s;
    }
    if (hop.variable != SIZE_MAX) {
        const caus_shift *shift = &about->shifts[hop.variable];
        hop.effect = shift->after - shift->before;
    }
    return hop;
}

caus_status caus_chain_find(caus_case *about, size_t rank, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    if (rank >= CAUS_MOST_CHAINS || !scene->has_calls)
        return CAUS_OK;
    size_t service = about->ranked[rank];
    caus_walk to;
    CAUS_TRY(caus_scene_walk_to_callers(scene, service, about->out, &to, err));
    size_t end = chain_end(about, &to);
    if (end == SIZE_MAX || end == service || !caus_walk_reaches(&to, end))
        return CAUS_OK;
    size_t count = to.distance[end];
    caus_hop *chain = CAUS_ARRAY(about->out, caus_hop, count);
    if (!chain)
        return caus_arena_fail(about->out, err);
    size_t at = end;
    for (size_t i = count; i > 0; i--) {
        chain[i - 1] = begin_hop(about, to.via[at], at);
        at = to.via[at];
    }
    about->chains[rank] = chain;
    about->suspects[rank].chain = chain;
    about->suspects[rank].hop_count = count;
    return CAUS_OK;
}

static caus_reach begin_reach(const caus_case *about, size_t cause,
                              size_t service, size_t distance)
{
    caus_hop hop = begin_hop(about, cause, service);
    bool moved = hop.variable != SIZE_MAX;
    return (caus_reach){.suspect = hop.to,
                        .distance = distance,
                        .moved = moved,
                        .has_lag = moved && hop.has_lag,
                        .lag_s = hop.lag_s,
                        .lag_low_s = hop.lag_low_s,
                        .lag_high_s = hop.lag_high_s,
                        .expected_s = (double)NAN};
}

caus_status caus_reach_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    about->reach_count = 0;
    if (!scene->has_calls || !scene->service_count)
        return CAUS_OK;
    size_t cause = about->ranked[0];
    caus_walk to;
    CAUS_TRY(caus_scene_walk_to_callers(scene, cause, about->out, &to, err));
    about->reach = CAUS_ARRAY(about->out, caus_reach, scene->service_count);
    if (!about->reach)
        return caus_arena_fail(about->out, err);
    about->reach_via = to.via;
    for (size_t far = 1, before = 1; before != about->reach_count; far++) {
        before = about->reach_count;
        for (size_t s = 0; s < scene->service_count; s++) {
            if (to.distance[s] == far)
                about->reach[about->reach_count++] =
                    begin_reach(about, cause, s, far);
        }
    }
    return CAUS_OK;
}
