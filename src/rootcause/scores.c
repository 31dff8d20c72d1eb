/* SPDX-License-Identifier: Apache-2.0 */
/* From shifts of variables to terms of services. */
#include <math.h>
#include <string.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

enum { OUTSIDE_LATENCY, OUTSIDE_ERRORS, OUTSIDE_COUNT };

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err)
{
    size_t count = scene->service_count + 1;
    caus_scores made = {
        .terms = caus_arena_array(out, count, sizeof *made.terms),
        .total = CAUS_ARRAY(out, double, count),
        .clue = CAUS_ARRAY(out, double, variable_count),
        .outside = caus_arena_array(out, count, sizeof *made.outside)};
    if (!made.terms || !made.total || !made.clue || !made.outside)
        return caus_arena_fail(out, err);
    *result = made;
    return CAUS_OK;
}

/* How much a shift is worth before its kind is weighed; 0 = nothing. */
static double clue_of(const caus_shift *shift, caus_aspect aspect, int bad)
{
    double least = aspect == CAUS_ASPECT_ERRORS ? caus_least_error_share
                                                : caus_least_share;
    if (!shift->measured || shift->share < least ||
        (bad && shift->size * bad <= 0))
        return 0;
    return log1p(fabs(shift->size));
}

static double inside_weight(caus_aspect aspect)
{
    switch (aspect) {
    case CAUS_ASPECT_CPU:
        return caus_weight_cpu;
    case CAUS_ASPECT_MEMORY:
        return caus_weight_memory;
    case CAUS_ASPECT_RESOURCE:
        return caus_weight_resource;
    case CAUS_ASPECT_NETWORK:
        return caus_weight_network;
    default:
        return 0;
    }
}

/* The largest clue inside every service, and outside by its kind. */
static void collect(const caus_scene *scene, const caus_shift *shifts,
                    size_t variable_count, caus_scores *scores)
{
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        double clue = clue_of(&shifts[v], aspect, scene->bad[v]);
        double weight = inside_weight(aspect);
        scores->clue[v] = clue * (weight > 0 ? weight : 1);
        if (s == SIZE_MAX)
            continue;
        double *inside = &scores->terms[s][CAUS_TERM_INTERNAL];
        double *outside = scores->outside[s];
        if (weight > 0)
            *inside = fmax(*inside, weight * clue);
        else if (aspect == CAUS_ASPECT_LATENCY)
            outside[OUTSIDE_LATENCY] = fmax(outside[OUTSIDE_LATENCY], clue);
        else if (aspect == CAUS_ASPECT_ERRORS)
            outside[OUTSIDE_ERRORS] = fmax(outside[OUTSIDE_ERRORS], clue);
    }
}

/* What is left of the outside of a service when its callees have explained
 * their share. */
static double unexplained(const caus_context *context,
                          const caus_scores *scores, size_t service)
{
    const caus_scene *scene = context->scene;
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double weight = caus_weight_outside, callee = 0;
        if (context->symptom != CAUS_ASPECT_OTHER) {
            bool same = (context->symptom == CAUS_ASPECT_ERRORS) ==
                        (kind == OUTSIDE_ERRORS);
            weight = same ? caus_weight_same : caus_weight_other;
        }
        for (size_t i = scene->callee_start[service];
             i < scene->callee_start[service + 1]; i++)
            callee = fmax(callee, scores->outside[scene->callees[i]][kind]);
        double left =
            scores->outside[service][kind] - caus_explained_share * callee;
        found = fmax(found, weight * left);
    }
    return found;
}

void caus_scores_fill(const caus_context *context, const caus_shift *shifts,
                      size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    size_t count = scene->service_count;
    memset(scores->terms, 0, count * sizeof *scores->terms);
    memset(scores->outside, 0, count * sizeof *scores->outside);
    collect(scene, shifts, variable_count, scores);
    for (size_t s = 0; s < count; s++) {
        double *terms = scores->terms[s];
        double outside = fmax(scores->outside[s][OUTSIDE_LATENCY],
                              scores->outside[s][OUTSIDE_ERRORS]);
        terms[CAUS_TERM_EXTERNAL] = unexplained(context, scores, s);
        terms[CAUS_TERM_BOTH] =
            caus_weight_both * fmin(terms[CAUS_TERM_INTERNAL], outside);
        if (context->traces && context->traces->known)
            terms[CAUS_TERM_TRACES] = caus_weight_traces *
                                      context->traces->weight *
                                      context->traces->share[s];
        if (context->order)
            terms[CAUS_TERM_ORDER] = caus_weight_order * context->order[s];
        if (context->change)
            terms[CAUS_TERM_CHANGE] = caus_weight_change * context->change[s];
        bool off = context->reach && context->reach[s] == SIZE_MAX;
        double factor = scene->observer[s] ? 0
                        : off              ? caus_unreached_factor
                                           : 1;
        scores->total[s] = 0;
        for (size_t term = 0; term < CAUS_TERM_COUNT; term++) {
            terms[term] *= factor;
            scores->total[s] += terms[term];
        }
    }
}
