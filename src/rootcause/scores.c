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

double caus_clue_of(const caus_shift *shift, caus_aspect aspect, int bad)
{
    double least = aspect == CAUS_ASPECT_ERRORS ? caus_least_error_share
                                                : caus_least_share;
    if (!shift->measured || shift->share < least ||
        (bad && shift->size * bad <= 0))
        return 0;
    return fmin(log1p(fabs(shift->size)), caus_most_clue);
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
static void collect(const caus_scene *scene, const double *clues,
                    size_t variable_count, caus_scores *scores)
{
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        double clue = clues[v];
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

/* How much of an anomaly of a kind the callees of a service explain, in [0,
 * 1]: queues make a caller's anomaly larger than its callee's, so that it is
 * there counts, not its size. */
static double explained(const caus_context *context, const caus_scores *scores,
                        size_t service, size_t kind)
{
    const caus_scene *scene = context->scene;
    double callee = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        const double *outside = scores->outside[scene->callees[i]];
        callee = fmax(callee, outside[kind]);
        callee = fmax(callee, caus_explained_across *
                                  outside[OUTSIDE_COUNT - 1 - kind]);
    }
    return caus_explained_share * fmin(1, callee / caus_explained_clue);
}

/* What is left of the outside of a service when its callees have explained
 * their share. */
static double unexplained(const caus_context *context,
                          const caus_scores *scores, size_t service)
{
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double weight = caus_weight_outside;
        if (context->symptom != CAUS_ASPECT_OTHER) {
            bool same = (context->symptom == CAUS_ASPECT_ERRORS) ==
                        (kind == OUTSIDE_ERRORS);
            weight = same ? caus_weight_same : caus_weight_other;
        }
        double left = 1 - explained(context, scores, service, kind);
        found = fmax(found, weight * left * scores->outside[service][kind]);
    }
    return found;
}

void caus_scores_fill(const caus_context *context, const double *clues,
                      size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    size_t count = scene->service_count;
    memset(scores->terms, 0, count * sizeof *scores->terms);
    memset(scores->outside, 0, count * sizeof *scores->outside);
    collect(scene, clues, variable_count, scores);
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
        double moved = 0;
        for (size_t term = 0; term < CAUS_TERM_COUNT; term++)
            moved += term == CAUS_TERM_CHANGE ? 0 : terms[term];
        if (context->change)
            terms[CAUS_TERM_CHANGE] =
                caus_weight_change * context->change[s] * fmin(1, moved);
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
