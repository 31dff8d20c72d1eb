/* SPDX-License-Identifier: Apache-2.0 */
/* What the numbers themselves say of who can have made what: failures that are
 * too few for the symptom's, and services that only stand before another. */
#include <math.h>
#include <string.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

static bool measures_alike(const caus_series *series, size_t a, size_t b)
{
    return strcmp(caus_measure_name(&series->variables[a]),
                  caus_measure_name(&series->variables[b])) == 0;
}

/* The variable of a service that measures what another does, or SIZE_MAX. */
static size_t find_alike(const caus_case *about, size_t service, size_t like)
{
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (about->scene.service_of[v] == service &&
            measures_alike(about->series, v, like))
            return v;
    }
    return SIZE_MAX;
}

/* The first variable of a service that counts its requests, or SIZE_MAX. */
static size_t find_load(const caus_case *about, size_t service)
{
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (about->scene.service_of[v] == service &&
            about->scene.aspects[v] == CAUS_ASPECT_LOAD &&
            about->shifts[v].measured)
            return v;
    }
    return SIZE_MAX;
}

/* How many more requests of a row fail; NaN = nobody counts them. `load` is
 * that of the symptom's service. */
static double failing(const caus_case *about, size_t variable, size_t load)
{
    const caus_shift *shift = &about->shifts[variable];
    double whole = about->timeline.whole[variable];
    double change = fabs(shift->after - shift->before);
    if (!shift->measured || whole <= 0)
        return shift->measured ? change : (double)NAN;
    size_t own =
        load == SIZE_MAX
            ? SIZE_MAX
            : find_alike(about, about->scene.service_of[variable], load);
    if (own == SIZE_MAX || !about->shifts[own].measured)
        return (double)NAN;
    return change / whole * about->shifts[own].after;
}

void caus_impact_weigh(const caus_case *about, double *clues)
{
    const caus_scene *scene = &about->scene;
    size_t symptom = about->symptom;
    if (symptom == SIZE_MAX || scene->aspects[symptom] != CAUS_ASPECT_ERRORS ||
        scene->service_of[symptom] == SIZE_MAX)
        return;
    size_t load = find_load(about, scene->service_of[symptom]);
    double seen = failing(about, symptom, load);
    for (size_t v = 0; v < about->series->variable_count && seen > 0; v++) {
        if (scene->service_of[v] == SIZE_MAX || clues[v] <= 0 || v == symptom ||
            !measures_alike(about->series, v, symptom))
            continue;
        double own = failing(about, v, load);
        if (!isnan(own))
            clues[v] *= fmin(1, own / (caus_enough_failures * seen));
    }
}

/* Whether two services share a caller, and neither calls the other. */
static bool are_siblings(const caus_scene *scene, size_t a, size_t b)
{
    bool shared = false;
    for (size_t i = scene->caller_start[a]; i < scene->caller_start[a + 1];
         i++) {
        if (scene->callers[i] == b)
            return false;
        for (size_t k = scene->caller_start[b]; k < scene->caller_start[b + 1];
             k++)
            shared = shared || scene->callers[k] == scene->callers[i];
    }
    return shared;
}

/* How many latencies of `front` contain those of `behind`, by as much in the
 * incident as before it, less those that do not. */
static int count_contained(const caus_case *about, const double *clues,
                           size_t front, size_t behind)
{
    const caus_scene *scene = &about->scene;
    int found = 0;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (scene->service_of[v] != front || clues[v] <= 0 ||
            scene->aspects[v] != CAUS_ASPECT_LATENCY)
            continue;
        size_t other = find_alike(about, behind, v);
        if (other == SIZE_MAX || clues[other] <= 0)
            continue;
        const caus_shift *a = &about->shifts[v], *b = &about->shifts[other];
        double ratio = (b->after - b->before) / (a->after - a->before);
        bool within =
            b->before <= a->before && b->after <= a->after * caus_same_change;
        found +=
            within && ratio > 1 / caus_same_change && ratio < caus_same_change
                ? 1
                : -1;
    }
    return found;
}

void caus_impact_find_fronts(caus_case *about, const double *clues)
{
    const caus_scene *scene = &about->scene;
    for (size_t s = 0; s < scene->service_count; s++) {
        int most = 0;
        about->fronts[s] = SIZE_MAX;
        if (!scene->shows[s] ||
            scene->callee_start[s + 1] > scene->callee_start[s])
            continue;
        for (size_t other = 0; other < scene->service_count; other++) {
            if (other == s || !scene->shows[other] ||
                !are_siblings(scene, s, other))
                continue;
            int found = count_contained(about, clues, s, other);
            if (found > most) {
                most = found;
                about->fronts[s] = other;
            }
        }
    }
}
