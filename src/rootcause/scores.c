/* SPDX-License-Identifier: Apache-2.0 */
/* From shifts of variables to terms of services. */
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err)
{
    size_t count = scene->service_count + 1;
    caus_scores made = {
        .terms = caus_arena_array(out, count, sizeof *made.terms),
        .total = CAUS_ARRAY(out, double, count),
        .clue = CAUS_ARRAY(out, double, variable_count),
        .outside = caus_arena_array(out, count, sizeof *made.outside),
        .seen = caus_arena_array(out, count, sizeof *made.seen),
        .below = caus_arena_array(out, count, sizeof *made.below),
        .common = caus_arena_array(out, count, sizeof *made.common),
        .calling = CAUS_ARRAY(out, double, count),
        .toward =
            caus_arena_array(out, scene->callee_start[scene->service_count] + 1,
                             sizeof *made.toward),
        .asking = CAUS_ARRAY(out, double, count),
        .busy = CAUS_ARRAY(out, double, count),
        .path = CAUS_ARRAY(out, double, count)};
    if (!made.path || !made.asking || !made.busy || !made.terms ||
        !made.total || !made.clue || !made.outside || !made.toward ||
        !made.seen || !made.below || !made.common || !made.calling)
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
    case CAUS_ASPECT_RESTARTS:
        return caus_weight_cpu;
    case CAUS_ASPECT_MEMORY:
        return caus_weight_memory;
    case CAUS_ASPECT_RESOURCE:
        return caus_weight_resource;
    case CAUS_ASPECT_NETWORK:
    case CAUS_ASPECT_SOCKETS:
        return caus_weight_network;
    default:
        return 0;
    }
}

/* Failures of a service that it need not count itself: requests that it does
 * not get, and those that traces show to begin in it. */
static double uncounted(const caus_context *context, size_t service)
{
    const caus_trace_clues *traces = context->traces;
    double begun = traces && traces->known ? traces->begun[service] : 0;
    return fmax(context->silent[service], begun);
}

/* Whether it counts what is under way: with as many requests as before more of
 * it means that they take longer. */
static bool fills(caus_aspect aspect)
{
    return aspect == CAUS_ASPECT_SATURATION || aspect == CAUS_ASPECT_SOCKETS;
}

/* The largest clue outside every service by its kind, and of its calls: where
 * neither latency nor errors are measured, a queue that fills tells of the
 * first, and so does what somebody named. */
static void collect_outside(const caus_context *context, const double *clues,
                            size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t s = 0; s < scene->service_count; s++) {
        scores->outside[s][OUTSIDE_ERRORS] = uncounted(context, s);
        scores->calling[s] = -1;
    }
    for (size_t i = 0; i < scene->callee_start[scene->service_count]; i++) {
        for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
            scores->toward[i][kind] = -1;
    }
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        if (s == SIZE_MAX)
            continue;
        if (scene->toward[v] != SIZE_MAX) {
            double *toward =
                &scores->toward[scene->toward[v]][aspect == CAUS_ASPECT_ERRORS];
            *toward = fmax(*toward, clues[v]);
            continue;
        }
        double *outside = scores->outside[s];
        bool late = aspect == CAUS_ASPECT_LATENCY ||
                    (fills(aspect) && !scene->shows[s]) ||
                    (scene->named[v] && inside_weight(aspect) <= 0);
        if (aspect == CAUS_ASPECT_ERRORS)
            outside[OUTSIDE_ERRORS] = fmax(outside[OUTSIDE_ERRORS], clues[v]);
        else if (late)
            outside[OUTSIDE_LATENCY] = fmax(outside[OUTSIDE_LATENCY], clues[v]);
        if (scene->of_calls[v] &&
            (!scene->has_calls ||
             scene->callee_start[s] < scene->callee_start[s + 1]))
            scores->calling[s] = fmax(scores->calling[s], clues[v]);
    }
}

/* How surely callers of a service feel what happens in it, in [0, 1]. */
static double felt(const caus_scores *scores, size_t service)
{
    const double *outside = scores->outside[service];
    double loud = fmax(outside[OUTSIDE_LATENCY], outside[OUTSIDE_ERRORS]);
    return fmin(1, loud / caus_explained_clue);
}

/* Memory harms nobody by being used: where a service answers as ever, what it
 * holds has changed for another reason. Nor does who is started anew, where it
 * and its callers answer: of what is away they tell. */
static double felt_share(const caus_scene *scene, const caus_scores *scores,
                         size_t service, caus_aspect aspect)
{
    bool is_away = aspect == CAUS_ASPECT_RESTARTS;
    if (!is_away && (aspect != CAUS_ASPECT_MEMORY || !scene->shows[service]))
        return 1;
    double most = felt(scores, service);
    for (size_t i = scene->caller_start[service];
         is_away && i < scene->caller_start[service + 1]; i++)
        most = fmax(most, felt(scores, scene->callers[i]));
    return 1 - caus_weight_unfelt * (1 - most);
}

/* The largest clue inside every service. */
static void collect_inside(const caus_context *context, const double *clues,
                           size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        double weight = inside_weight(scene->aspects[v]);
        scores->clue[v] = clues[v] * (weight > 0 ? weight : 1);
        if (s == SIZE_MAX || weight <= 0)
            continue;
        double *inside = &scores->terms[s][CAUS_TERM_INTERNAL];
        weight *= felt_share(scene, scores, s, scene->aspects[v]);
        *inside = fmax(*inside, weight * clues[v]);
    }
}

/* What a service does more than usual: who asks more of others works or waits
 * more itself. */
static void collect_busy(const caus_scene *scene, const double *clues,
                         size_t variable_count, caus_scores *scores)
{
    memset(scores->busy, 0, scene->service_count * sizeof *scores->busy);
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        if (s != SIZE_MAX &&
            (aspect == CAUS_ASPECT_CPU || aspect == CAUS_ASPECT_RESOURCE ||
             aspect == CAUS_ASPECT_LATENCY || fills(aspect)))
            scores->busy[s] = fmax(scores->busy[s], clues[v]);
    }
}

/* A queue that fills while its service answers as ever is something inside:
 * slow callees, which fill queues as well, would make it slow. */
static void add_queues(const caus_scene *scene, const double *clues,
                       size_t variable_count, caus_scores *scores)
{
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || !scene->shows[s] ||
            scene->aspects[v] != CAUS_ASPECT_SATURATION)
            continue;
        double calm = 1 - felt(scores, s);
        double *inside = &scores->terms[s][CAUS_TERM_INTERNAL];
        *inside = fmax(*inside, calm * caus_weight_resource * clues[v]);
    }
}

/* Lines of a callee that name nobody else explain as its latency does. */
static double logged(const caus_context *context, size_t service)
{
    return context->logs ? context->logs->largest[CAUS_LOG_OWN][service] : 0;
}

/* What callers see of a service: what it shows or, where nobody measures that,
 * what its callees do. */
static void look_through(const caus_scene *scene, caus_scores *scores)
{
    memcpy(scores->seen, scores->outside,
           scene->service_count * sizeof *scores->seen);
    bool any = scene->has_calls;
    while (any) {
        any = false;
        for (size_t s = 0; s < scene->service_count; s++) {
            for (size_t i = scene->callee_start[s];
                 !scene->shows[s] && i < scene->callee_start[s + 1]; i++) {
                const double *callee = scores->seen[scene->callees[i]];
                for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
                    any = any || callee[kind] > scores->seen[s][kind];
                    scores->seen[s][kind] =
                        fmax(scores->seen[s][kind], callee[kind]);
                }
            }
        }
    }
}

/* The clue of a kind that a callee is to its caller, over call `i`. */
static double carried(const caus_context *context, const caus_scores *scores,
                      size_t i, size_t kind)
{
    size_t callee = context->scene->callees[i];
    double clue = scores->seen[callee][kind];
    if (context->carried)
        clue = fmin(clue, context->carried[i][kind]);
    return kind == OUTSIDE_ERRORS ? fmax(clue, uncounted(context, callee))
                                  : clue;
}

/* The largest clue of a kind among those that a service may call, where nobody
 * told who calls whom: requests that wait for long fail as well. */
static double guessed(const caus_context *context, const caus_scores *scores,
                      size_t service, size_t kind)
{
    double most = 0;
    if (!context->guesses)
        return 0;
    const caus_guesses *calls = &context->guesses[service];
    for (size_t i = 0; i < calls->count; i++) {
        const double *callee = scores->outside[calls->items[i].callee];
        const double *bound = calls->items[i].most;
        double loudest = fmax(callee[OUTSIDE_LATENCY], callee[OUTSIDE_ERRORS]);
        size_t other = OUTSIDE_COUNT - 1 - kind;
        most = fmax(most, fmin(loudest, bound[kind]));
        most = fmax(most, fmin(callee[other], bound[other]));
    }
    return caus_guessed_share * most;
}

/* How much of an anomaly of a kind what the callees of a service show explains,
 * in [0, 1]: queues make a caller's anomaly larger than its callee's, so that
 * it is there counts, not its size; by its square, as the loudest of many
 * callees is a deviation off by chance. */
static double shown_below(const caus_context *context,
                          const caus_scores *scores, size_t service,
                          size_t kind)
{
    const caus_scene *scene = context->scene;
    double callee = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        callee = fmax(callee, carried(context, scores, i, kind));
        callee = fmax(
            callee, caus_explained_across *
                        carried(context, scores, i, OUTSIDE_COUNT - 1 - kind));
        callee = fmax(callee, logged(context, scene->callees[i]));
    }
    double loud = fmin(1, callee / caus_explained_clue);
    double apart = guessed(context, scores, service, kind);
    size_t behind = context->fronts ? context->fronts[service] : SIZE_MAX;
    for (size_t k = 0; behind != SIZE_MAX && k < OUTSIDE_COUNT; k++)
        apart = fmax(apart, scores->outside[behind][k]);
    return caus_explained_share *
           fmax(loud * loud, fmin(1, apart / caus_explained_clue));
}

static bool calls(const caus_scene *scene, size_t caller, size_t service)
{
    for (size_t i = scene->callee_start[caller];
         i < scene->callee_start[caller + 1]; i++) {
        if (scene->callees[i] == service)
            return true;
    }
    return false;
}

/* Whether a caller of a service also calls another of its callers, for which it
 * waits as well. */
static bool is_behind(const caus_scene *scene, size_t caller, size_t service)
{
    for (size_t i = scene->callee_start[caller];
         i < scene->callee_start[caller + 1]; i++) {
        size_t other = scene->callees[i];
        if (other != caller && calls(scene, other, service))
            return true;
    }
    return false;
}

/* Whether nothing tells how a caller fares: then it is no witness that all is
 * well. Failures are none of how long it takes, nor the other way round. */
static bool is_blind(const caus_scene *scene, const caus_scores *scores,
                     size_t caller, size_t kind)
{
    bool times_calls = kind == OUTSIDE_LATENCY && scores->calling[caller] >= 0;
    return !scene->shows_kind[caller][kind] && !times_calls &&
           scores->outside[caller][kind] <= 0;
}

/* What all callers of a service have left, two or more that do not call one
 * another: that each of them broke on its own is less likely than that they
 * wait for what they have in common, be it for the way to it. */
static double common_of(const caus_scene *scene, const caus_scores *scores,
                        size_t service, size_t kind)
{
    size_t first = scene->caller_start[service], seen = SIZE_MAX;
    size_t end = scene->caller_start[service + 1];
    const double *own = scores->outside[service];
    double shown = fmax(own[OUTSIDE_LATENCY], own[OUTSIDE_ERRORS]);
    double least = shown < caus_explained_clue ? caus_most_clue : 0;
    bool several = false;
    for (size_t i = first; i < end && least > 0; i++) {
        size_t caller = scene->callers[i];
        double left = is_behind(scene, caller, service)
                          ? 1
                          : 1 - scores->below[caller][kind];
        if (is_blind(scene, scores, caller, kind))
            continue;
        least = fmin(least, scores->outside[caller][kind] * left);
    }
    for (size_t i = first; i < end && least > 0 && !several; i++) {
        size_t caller = scene->callers[i];
        if (is_behind(scene, caller, service) ||
            is_blind(scene, scores, caller, kind))
            continue;
        several = seen != SIZE_MAX && seen != caller;
        seen = caller;
    }
    return several ? least * (1 - shown / caus_explained_clue) : 0;
}

static void find_common(const caus_context *context, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        for (size_t s = 0; s < scene->service_count; s++)
            scores->below[s][kind] = shown_below(context, scores, s, kind);
        for (size_t s = 0; s < scene->service_count; s++)
            scores->common[s][kind] = common_of(scene, scores, s, kind);
    }
}

/* How surely a service waits, as others do, for a callee but `except`, in
 * [0, 1]: what it waits for makes it slow and, where it gives up, fail. */
static double shared_below(const caus_scene *scene, const caus_scores *scores,
                           size_t service, size_t except)
{
    double common = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        size_t callee = scene->callees[i];
        for (size_t kind = 0; callee != except && kind < OUTSIDE_COUNT; kind++)
            common = fmax(common, scores->common[callee][kind]);
    }
    return fmin(1, common / caus_explained_clue);
}

/* How much of an anomaly of a kind its callees explain in all, in [0, 1]: by
 * what they show, by what all who call them show, and by what its calls take
 * where it measures that: whatever callees show of themselves, it is not its
 * own work. */
static double explained(const caus_scene *scene, const caus_scores *scores,
                        size_t service, size_t kind)
{
    double calling = fmax(0, scores->calling[service]);
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++)
        calling = fmax(calling, scores->toward[i][kind]);
    double loud = fmin(1, calling / caus_explained_clue);
    loud = fmax(loud * loud, shared_below(scene, scores, service, SIZE_MAX));
    return fmax(scores->below[service][kind], caus_explained_share * loud);
}

/* What is left of the outside of a service when its callees have explained
 * their share. */
static double unexplained(const caus_context *context,
                          const caus_scores *scores, size_t service)
{
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double weight = context->kinds[kind];
        double left = 1 - explained(context->scene, scores, service, kind);
        found = fmax(found, weight * left * scores->outside[service][kind]);
    }
    return found;
}

/* What of a caller may come from the way to a callee: what its calls take,
 * where it measures that. */
static double waiting(const caus_scores *scores, size_t call, size_t caller,
                      size_t kind)
{
    double calling = scores->calling[caller];
    if (scores->toward[call][kind] >= 0)
        return scores->toward[call][kind];
    return kind == OUTSIDE_LATENCY && calling >= 0
               ? calling
               : scores->outside[caller][kind];
}

/* The call of a caller to a service. */
static size_t call_to(const caus_scene *scene, size_t caller, size_t service)
{
    size_t call = scene->callee_start[caller];
    while (scene->callees[call] != service)
        call++;
    return call;
}

/*
 * What all callers of a service show and no callee of theirs does, it itself
 * none: the way to it may be bad, which its own metrics cannot show. Callers
 * who do not measure what their calls take may be slow themselves. If nobody
 * measures how long it takes, but requests pile up in it, they wait for it.
 */
static double waited_for(const caus_scene *scene, const caus_scores *scores,
                         size_t service, size_t kind)
{
    size_t first = scene->caller_start[service];
    size_t end = scene->caller_start[service + 1];
    double least = caus_most_clue, left = 0, weight = 1;
    bool any = false;
    for (size_t i = first; i < end; i++) {
        size_t caller = scene->callers[i];
        size_t call = call_to(scene, caller, service);
        bool measured = scores->toward[call][kind] >= 0;
        if (!measured && is_blind(scene, scores, caller, kind))
            continue;
        if (kind == OUTSIDE_LATENCY && scores->calling[caller] >= 0)
            measured = true;
        if (!measured)
            weight =
                scene->shows[service] ? caus_weight_way : caus_weight_unseen;
        any = true;
        least = fmin(least, waiting(scores, call, caller, kind));
        double apart =
            caus_explained_share * shared_below(scene, scores, caller, service);
        left = fmax(left, 1 - fmax(scores->below[caller][kind], apart));
    }
    const double *outside = scores->outside[service];
    double shown = scene->shows[service] ? outside[kind]
                                         : fmax(outside[OUTSIDE_LATENCY],
                                                outside[OUTSIDE_ERRORS]);
    double own = fmin(1, shown / caus_explained_clue);
    own *=
        scene->shows[service] ? 1 : 1 - explained(scene, scores, service, kind);
    if (!any)
        return 0;
    return least * (scene->shows[service] ? weight * left * (1 - own)
                                          : fmax(weight * left, own));
}

/* How much a service may be what its callers wait for: one of which nobody
 * measures latency or errors may have them itself. */
static double on_the_way(const caus_context *context, const caus_scores *scores,
                         size_t service)
{
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double way = scores->common[service][kind];
        if (kind == OUTSIDE_LATENCY || !context->scene->shows[service])
            way = fmax(way, waited_for(context->scene, scores, service, kind));
        found = fmax(found, way * context->kinds[kind]);
    }
    return found;
}

/* How early it began. What only its callers show began no later than these. */
static double earliness(const caus_context *context, size_t service, double way)
{
    const caus_scene *scene = context->scene;
    double found = context->order[service];
    for (size_t i = scene->caller_start[service];
         way > 0 && !scene->shows[service] &&
         i < scene->caller_start[service + 1];
         i++)
        found =
            fmax(found, caus_weight_unseen * context->order[scene->callers[i]]);
    return found;
}

/* What of a service's own is not made by those who ask it more. */
static double left_of(const caus_context *context, size_t service)
{
    return context->pushed ? 1 - context->pushed[service] : 1;
}

/* How much of what traces show in a service those that it calls, or reaches
 * over others, explain by the time that they lose themselves, or callees by
 * their failures, which make it wait and ask again, in [0, 1]. */
static double explained_loss(const caus_context *context,
                             const caus_scores *scores, size_t service)
{
    const caus_scene *scene = context->scene;
    double explains = context->traces->below[service] / caus_explained_loss;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++)
        explains = fmax(explains, carried(context, scores, i, OUTSIDE_ERRORS) /
                                      caus_explained_clue);
    return caus_explained_share * fmin(1, explains);
}

/* What its lines say that its callees do not explain, or what the lines of its
 * callers say of it. */
static double in_logs(const caus_context *context, const caus_scores *scores,
                      size_t service)
{
    const caus_log_clues *logs = context->logs;
    if (!logs)
        return 0;
    double left =
        1 - fmax(explained(context->scene, scores, service, OUTSIDE_ERRORS),
                 explained(context->scene, scores, service, OUTSIDE_LATENCY));
    double own = fmax(left * logs->largest[CAUS_LOG_OWN][service],
                      (1 - caus_explained_share) *
                          logs->largest[CAUS_LOG_NAMING][service]);
    return fmax(own, caus_named_share * left *
                         logs->largest[CAUS_LOG_NAMED][service]);
}

/* By where it stands. */
static double place_of(const caus_context *context, const caus_scores *scores,
                       size_t service)
{
    double path = scores->path[service];
    double factor =
        path < 0 ? caus_unreached_factor : 1 - caus_weight_path * (1 - path);
    factor = 1 - context->seen * (1 - factor);
    if (context->covered)
        factor *= 1 - caus_weight_covered * (1 - context->covered[service]);
    return factor;
}

/* Who asks a service more has made what that can have made. */
static double factor_of(const caus_context *context, const caus_scores *scores,
                        size_t service)
{
    const caus_scene *scene = context->scene;
    if (scene->observer[service])
        return 0;
    double own = place_of(context, scores, service), factor = own;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        size_t callee = scene->callees[i];
        double share = caus_demand_share(scene, context->asked, scores->busy,
                                         service, callee);
        if (share <= 0)
            continue;
        double there = place_of(context, scores, callee);
        factor = fmax(factor, own + fmin(1, share / caus_explained_clue) *
                                        (there - own));
    }
    return factor;
}

/* What a service asks more of others, of the one of which most. */
static double asking_of(const caus_context *context, const caus_scores *scores,
                        size_t service)
{
    const caus_scene *scene = context->scene;
    double most = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++)
        most = fmax(most, caus_demand_share(scene, context->asked, scores->busy,
                                            service, scene->callees[i]));
    return most;
}

static void fill_terms(const caus_context *context, const caus_scores *scores,
                       size_t service)
{
    double *terms = scores->terms[service];
    const double *outside = scores->outside[service];
    terms[CAUS_TERM_EXTERNAL] = unexplained(context, scores, service);
    terms[CAUS_TERM_WAY] = on_the_way(context, scores, service);
    if (!context->scene->shows[service])
        terms[CAUS_TERM_WAY] =
            fmax(0, terms[CAUS_TERM_WAY] - terms[CAUS_TERM_EXTERNAL]);
    terms[CAUS_TERM_BOTH] =
        caus_weight_both *
        fmin(terms[CAUS_TERM_INTERNAL],
             fmax(outside[OUTSIDE_LATENCY], outside[OUTSIDE_ERRORS]));
    if (context->traces && context->traces->known) {
        double left = left_of(context, service) *
                      (1 - explained_loss(context, scores, service));
        terms[CAUS_TERM_TRACES] =
            caus_weight_traces * left * context->traces->clue[service];
        terms[CAUS_TERM_CALLS] =
            caus_weight_calls * left * context->traces->failing[service];
    }
    terms[CAUS_TERM_CALLS] += scores->asking[service];
    terms[CAUS_TERM_LOGS] =
        caus_weight_logs * in_logs(context, scores, service);
    if (context->order)
        terms[CAUS_TERM_ORDER] =
            caus_weight_order *
            earliness(context, service, terms[CAUS_TERM_WAY]);
    double moved = 0;
    for (size_t term = 0; term < CAUS_TERM_COUNT; term++)
        moved += term == CAUS_TERM_CHANGE ? 0 : terms[term];
    if (context->change)
        terms[CAUS_TERM_CHANGE] =
            caus_weight_change * context->change[service] * fmin(1, moved);
}

void caus_scores_fill(const caus_context *context, const double *clues,
                      size_t variable_count, caus_scores *scores)
{
    size_t count = context->scene->service_count;
    memset(scores->terms, 0, count * sizeof *scores->terms);
    memset(scores->outside, 0, count * sizeof *scores->outside);
    collect_outside(context, clues, variable_count, scores);
    collect_inside(context, clues, variable_count, scores);
    add_queues(context->scene, clues, variable_count, scores);
    collect_busy(context->scene, clues, variable_count, scores);
    look_through(context->scene, scores);
    find_common(context, scores);
    caus_paths_find(context, scores);
    for (size_t s = 0; s < count; s++) {
        double factor = factor_of(context, scores, s);
        scores->asking[s] = caus_weight_asking * asking_of(context, scores, s);
        fill_terms(context, scores, s);
        scores->asking[s] *= factor;
        scores->total[s] = 0;
        for (size_t term = 0; term < CAUS_TERM_COUNT; term++) {
            scores->terms[s][term] *= factor;
            scores->total[s] += scores->terms[s][term];
        }
    }
}
