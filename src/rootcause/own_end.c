/* SPDX-License-Identifier: Apache-2.0 */
/* Whether calls that a service finds bad are so at its own end: it starves,
 * resolves no names, or is behind a bad network. */
#include <math.h>

#include "rootcause/waiting.h"
#include "rootcause/weights.h"

double caus_calls_made_by(const caus_scores *scores, size_t call, size_t kind)
{
    double other = kind == OUTSIDE_LATENCY
                       ? scores->again[call]
                       : scores->toward[call][OUTSIDE_LATENCY];
    return fmax(scores->toward[call][kind], other);
}

double caus_calls_loudest(const caus_scene *scene, const caus_scores *scores,
                          size_t service, size_t except, size_t kind)
{
    double most = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        if (scene->callees[i] != except)
            most = fmax(most, caus_calls_made_by(scores, i, kind));
    }
    return most;
}

/* How surely calls of others to a callee are bad as well, in [0, 1], and how
 * surely one of them tells that they are not. */
typedef struct witnesses {
    double against, well;
} witnesses;

static witnesses ask_others(const caus_scene *scene, const caus_scores *scores,
                            size_t caller, size_t callee, size_t kind)
{
    witnesses found = {0, 0};
    const caus_index_list callers = caus_scene_callers(scene, callee);
    for (size_t i = 0; i < callers.count; i++) {
        size_t other = callers.items[i];
        size_t call = caus_scene_find_call(scene, other, callee);
        if (other == caller || scores->toward[call][kind] < 0)
            continue;
        double bad = caus_sureness(caus_calls_made_by(scores, call, kind));
        found.against = fmax(found.against, bad);
        found.well = fmax(found.well, 1 - bad);
    }
    return found;
}

/*
 * How surely a service's own end is what makes calls of it bad, in [0, 1]: as
 * the second of those to callees that show that they are well is, and that
 * nobody else finds bad; that each of these is hard to reach, for it alone, is
 * less likely. One is enough where others tell that they reach it well.
 */
static double own_end(const caus_scene *scene, const caus_scores *scores,
                      size_t service, size_t kind)
{
    double most = 0, second = 0, told = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        size_t callee = scene->callees[i];
        if (!caus_scene_shows(scene, callee) || scores->toward[i][kind] < 0)
            continue;
        witnesses others = ask_others(scene, scores, service, callee, kind);
        double ill = caus_sureness(caus_scores_shown(scores, callee));
        double bad = caus_sureness(caus_calls_made_by(scores, i, kind)) *
                     (1 - fmax(ill, others.against));
        told = fmax(told, bad * others.well);
        second = fmax(second, fmin(most, bad));
        most = fmax(most, bad);
    }
    return fmax(second, told);
}

void caus_own_ends_find(const caus_scene *scene, caus_scores *scores)
{
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
        for (size_t s = 0; s < scene->service_count; s++)
            scores->own_end[s][kind] = own_end(scene, scores, s, kind);
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
        for (size_t s = 0; s < scene->service_count; s++)
            scores->outside[s][kind] =
                fmax(scores->outside[s][kind],
                     scores->own_end[s][kind] *
                         caus_calls_loudest(scene, scores, s, SIZE_MAX, kind));
}
