/* SPDX-License-Identifier: Apache-2.0 */
/* How a suspect reaches the symptom, and whom else it can reach. */
#include <math.h>

#include "rootcause/rootcause_internal.h"

enum { MOST_CHAINS = 10 };

/* The loudest variable of a suspect that tells of its calls. */
static size_t outside_clue(const caus_case *about, size_t rank)
{
    const caus_suspect *suspect = &about->suspects[rank];
    for (size_t i = 0; i < suspect->clue_count; i++) {
        const caus_clue *clue = &about->clues[suspect->clues[i]];
        caus_aspect aspect = about->scene.aspects[clue->variable];
        if (clue->score > 0 &&
            (aspect == CAUS_ASPECT_LATENCY || aspect == CAUS_ASPECT_ERRORS))
            return clue->variable;
    }
    return SIZE_MAX;
}

/* Where the chain of a service ends: the symptom's service, else the nearest
 * that nobody calls. */
static size_t chain_end(const caus_case *about, const size_t *distance)
{
    const caus_scene *scene = &about->scene;
    if (about->symptom_service != SIZE_MAX)
        return about->symptom_service;
    size_t end = SIZE_MAX;
    for (size_t s = 0; s < scene->service_count; s++) {
        bool called = scene->caller_start[s + 1] > scene->caller_start[s];
        if (called || distance[s] == SIZE_MAX)
            continue;
        if (end == SIZE_MAX || distance[s] < distance[end])
            end = s;
    }
    return end;
}

static const char *disproof(const caus_case *about, const caus_hop *hop)
{
    const char *from = about->suspects[hop->from].service;
    const char *to = about->suspects[hop->to].service;
    size_t cause = outside_clue(about, hop->from);
    if (cause != SIZE_MAX)
        return caus_arena_format(
            about->out,
            "refuted if %s recovers while %s stays as it was before, or if "
            "calls of %s that do not reach %s were as slow",
            to, about->series->variables[cause].name, to, from);
    return caus_arena_format(about->out,
                             "refuted if calls of %s that do not reach %s "
                             "were as slow",
                             to, from);
}

static caus_status fill_hop(const caus_case *about, size_t from, size_t to,
                            caus_hop *hop, caus_error *err)
{
    size_t cause = about->rank_of[from], effect = about->rank_of[to];
    const caus_onset *a = &about->service_onsets[from];
    const caus_onset *b = &about->service_onsets[to];
    *hop = (caus_hop){.from = cause,
                      .to = effect,
                      .has_lag = a->found && b->found,
                      .variable = outside_clue(about, effect),
                      .effect = (double)NAN,
                      .word = "moved with",
                      .exemplars = about->suspects[cause].exemplars,
                      .exemplar_count = about->suspects[cause].exemplar_count};
    if (hop->has_lag) {
        hop->lag_s = (double)(b->time_ns - a->time_ns) / 1e9;
        hop->lag_low_s = (double)(b->first_ns - a->last_ns) / 1e9;
        hop->lag_high_s = (double)(b->last_ns - a->first_ns) / 1e9;
        if (hop->lag_low_s > 0)
            hop->word = "preceded";
    }
    if (hop->variable != SIZE_MAX) {
        const caus_shift *shift = &about->shifts[hop->variable];
        hop->effect = shift->after - shift->before;
    }
    hop->disproof = disproof(about, hop);
    return hop->disproof ? CAUS_OK : caus_arena_fail(about->out, err);
}

caus_status caus_chain_find(caus_case *about, size_t rank, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    if (rank >= MOST_CHAINS || !scene->has_calls)
        return CAUS_OK;
    size_t service = about->ranked[rank];
    size_t *distance, *via;
    CAUS_TRY(caus_scene_walk(scene, service, false, about->out, &distance, &via,
                             err));
    size_t end = chain_end(about, distance);
    if (end == SIZE_MAX || distance[end] == SIZE_MAX || !distance[end])
        return CAUS_OK;
    size_t count = distance[end];
    caus_hop *chain = CAUS_ARRAY(about->out, caus_hop, count);
    if (!chain)
        return caus_arena_fail(about->out, err);
    size_t at = end;
    for (size_t i = count; i > 0; i--) {
        CAUS_TRY(fill_hop(about, via[at], at, &chain[i - 1], err));
        at = via[at];
    }
    about->suspects[rank].chain = chain;
    about->suspects[rank].hop_count = count;
    return CAUS_OK;
}

caus_status caus_reach_find(const caus_case *about, const caus_reach **result,
                            size_t *count, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    *result = NULL;
    *count = 0;
    if (!scene->has_calls || !scene->service_count)
        return CAUS_OK;
    size_t cause = about->ranked[0], found = 0;
    size_t *distance, *via;
    CAUS_TRY(
        caus_scene_walk(scene, cause, false, about->out, &distance, &via, err));
    caus_reach *reach =
        CAUS_ARRAY(about->out, caus_reach, scene->service_count);
    if (!reach)
        return caus_arena_fail(about->out, err);
    const caus_onset *start = &about->service_onsets[cause];
    for (size_t far = 1; far < scene->service_count; far++) {
        for (size_t s = 0; s < scene->service_count; s++) {
            if (distance[s] != far)
                continue;
            const caus_onset *onset = &about->service_onsets[s];
            bool both = start->found && onset->found;
            reach[found++] = (caus_reach){
                .suspect = about->rank_of[s],
                .distance = far,
                .moved = outside_clue(about, about->rank_of[s]) != SIZE_MAX,
                .delay_s = both
                               ? (double)(onset->time_ns - start->time_ns) / 1e9
                               : (double)NAN};
        }
    }
    *result = reach;
    *count = found;
    return CAUS_OK;
}
