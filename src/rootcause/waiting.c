/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom: what callees explain of their callers, and what callers
 * show of the way to a callee. */
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/waiting.h"
#include "rootcause/weights.h"

double caus_waiting_witnessed(const caus_context *context, size_t service)
{
    const caus_trace_clues *traces = context->traces;
    double begun = traces && traces->known ? traces->begun[service] : 0;
    return fmax(context->silent[service], begun);
}

static double unreached(const caus_context *context, size_t service)
{
    return context->unreached ? context->unreached[service] : 0;
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
            if (caus_scene_shows(scene, s))
                continue;
            const caus_index_list callees = caus_scene_callees(scene, s);
            for (size_t i = 0; i < callees.count; i++) {
                const double *callee = scores->seen[callees.items[i]];
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
    return kind == OUTSIDE_ERRORS
               ? fmax(clue, caus_waiting_witnessed(context, callee))
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
        double loudest = caus_scores_shown(scores, calls->items[i].callee);
        size_t other = OUTSIDE_COUNT - 1 - kind;
        most = fmax(most, fmin(loudest, bound[kind]));
        most = fmax(most, fmin(callee[other], bound[other]));
    }
    return caus_guessed_share * most;
}

/* How much of an anomaly of a kind what the callees of a service show, of
 * either kind, explains, in [0, 1]: who waits fails, and who is asked again
 * waits. Queues make a caller's anomaly larger than its callee's, so that it is
 * there counts, not its size; by its square, as the loudest of many callees is
 * a deviation off by chance. */
static double shown_below(const caus_context *context,
                          const caus_scores *scores, size_t service,
                          size_t kind)
{
    const caus_scene *scene = context->scene;
    double callee = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        for (size_t k = 0; k < OUTSIDE_COUNT; k++)
            callee = fmax(callee, carried(context, scores, i, k));
        callee = fmax(callee, logged(context, scene->callees[i]));
    }
    double loud = caus_sureness(callee);
    double apart = guessed(context, scores, service, kind);
    size_t behind = context->fronts ? context->fronts[service] : SIZE_MAX;
    for (size_t k = 0; behind != SIZE_MAX && k < OUTSIDE_COUNT; k++)
        apart = fmax(apart, scores->outside[behind][k]);
    apart = fmax(caus_sureness(apart), caus_idle_stopped(context, service));
    return caus_explained_share * fmax(loud * loud, apart);
}

/* Whether a caller of a service also calls another of its callers, for which it
 * waits as well. */
static bool is_behind(const caus_scene *scene, size_t caller, size_t service)
{
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; i < callees.count; i++) {
        size_t other = callees.items[i];
        if (caus_scene_find_call(scene, other, service) != SIZE_MAX)
            return true;
    }
    return false;
}

/* Whether nothing tells how a caller fares: then it is no witness that all is
 * well. Failures are none of how long it takes, nor the other way round; and
 * who is hardly asked itself asks nobody. */
static bool is_blind(const caus_context *context, const caus_scores *scores,
                     size_t caller, size_t kind)
{
    const caus_scene *scene = context->scene;
    if (context->seldom && context->seldom[caller] &&
        scores->outside[caller][kind] < caus_explained_clue)
        return true;
    bool times_calls = kind == OUTSIDE_LATENCY && scores->calling[caller] >= 0;
    return !scene->shows[caller][kind] && !times_calls &&
           scores->outside[caller][kind] <= 0;
}

/* How surely several callers of a service that do not call one another show
 * what none of their callees explains, in [0, 1]: as the second of them does.
 * Of the only one so is who is not reached. */
static double surely_common(const caus_context *context,
                            const caus_scores *scores, size_t service,
                            size_t kind)
{
    const caus_scene *scene = context->scene;
    double most = 0, second = 0; /* is left of them */
    size_t known = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (is_behind(scene, caller, service) ||
            is_blind(context, scores, caller, kind))
            continue;
        double left = 1 - scores->below[caller][kind];
        second = fmax(second, fmin(most, left));
        most = fmax(most, left);
        known++;
    }
    if (known > 1)
        return second;
    /* Where nobody is known nobody can tell. */
    return most * unreached(context, service);
}

/* What all callers of a service show, two or more that do not call one another:
 * that each of them broke on its own is less likely than that they wait for
 * what they have in common, be it for the way to it. Who waits for another
 * callee, too, tells nothing against that. */
static double common_of(const caus_context *context, const caus_scores *scores,
                        size_t service, size_t kind)
{
    const caus_scene *scene = context->scene;
    double shown = caus_scores_shown(scores, service);
    double least = shown < caus_explained_clue ? caus_most_clue : 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count && least > 0; i++) {
        size_t caller = callers.items[i];
        if (!is_blind(context, scores, caller, kind))
            least = fmin(least, scores->outside[caller][kind]);
    }
    double surely =
        least > 0 ? surely_common(context, scores, service, kind) : 0;
    return surely > 0 ? surely * least * (1 - caus_sureness(shown)) : 0;
}

/* What callers of a service that is cut off show of it by their failures, as
 * far as it shows none itself: who needs it least need not fail. */
static double missing_of(const caus_context *context, const caus_scores *scores,
                         size_t service)
{
    const caus_scene *scene = context->scene;
    double shown = caus_scores_shown(scores, service), most = 0;
    if (!context->cut_off || shown >= caus_explained_clue)
        return 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++)
        most = fmax(most, scores->outside[callers.items[i]][OUTSIDE_ERRORS]);
    return context->cut_off[service] * most * (1 - caus_sureness(shown));
}

/* How surely a service waits, as others do, for a callee but `except`, in
 * [0, 1]: what it waits for makes it slow and, where it gives up, fail. */
static double shared_below(const caus_scene *scene, const caus_scores *scores,
                           size_t service, size_t except)
{
    double common = 0;
    const caus_index_list callees = caus_scene_callees(scene, service);
    for (size_t i = 0; i < callees.count; i++) {
        size_t callee = callees.items[i];
        for (size_t kind = 0; callee != except && kind < OUTSIDE_COUNT; kind++)
            common = fmax(common, scores->common[callee][kind]);
    }
    return caus_sureness(common);
}

double caus_waiting_explained(const caus_scene *scene,
                              const caus_scores *scores, size_t service,
                              size_t kind)
{
    double calling =
        fmax(fmax(0, scores->calling[service]),
             caus_calls_loudest(scene, scores, service, SIZE_MAX, kind));
    double loud = caus_sureness(calling);
    loud *= loud * (1 - scores->own_end[service][kind]);
    loud = fmax(loud, shared_below(scene, scores, service, SIZE_MAX));
    return fmax(scores->below[service][kind], caus_explained_share * loud);
}

/* What of a caller may come from the way to a callee: what its calls take,
 * where it measures that, or how they fail. */
static double waiting(const caus_scores *scores, size_t call, size_t caller,
                      size_t kind)
{
    double calling = scores->calling[caller];
    if (scores->toward[call][kind] >= 0)
        return fmax(scores->toward[call][kind],
                    fmin(caus_calls_made_by(scores, call, kind),
                         scores->outside[caller][kind]));
    return kind == OUTSIDE_LATENCY && calling >= 0
               ? calling
               : scores->outside[caller][kind];
}

static double missed_of(const caus_context *context, size_t service)
{
    return context->missed ? context->missed[service] : 0;
}

/* How likely failures of a caller are those of its calls to a service, of which
 * that one says nothing, in [0, 1]. */
static double untold(const caus_context *context, size_t service)
{
    return context->scene->shows[service][OUTSIDE_ERRORS]
               ? missed_of(context, service)
               : 1;
}

double caus_waiting_failing(const caus_context *context, size_t service)
{
    const caus_scene *scene = context->scene;
    const double *failing = context->traces->failing;
    double most = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++)
        most = fmax(most, failing[callers.items[i]]);
    return fmax(failing[service],
                caus_weight_unseen * missed_of(context, service) * most);
}

/* What counts of a caller for the way to a service: that it is slow itself, or
 * fails, is likelier than the way is where the service shows that it is well.
 * Who counts no failures, or is not reached, may be what failed: what is asked
 * again takes time, too. */
static double weight_of_way(const caus_context *context,
                            const caus_scores *scores, size_t service,
                            size_t caller, size_t kind)
{
    if (!context->scene->shows[service][kind])
        return caus_weight_unseen;
    double failing = scores->outside[caller][OUTSIDE_ERRORS];
    return caus_weight_way + (caus_weight_unseen - caus_weight_way) *
                                 untold(context, service) *
                                 caus_sureness(failing);
}

/* How much of what a caller of a service shows comes from elsewhere, in [0, 1]:
 * from what its callees show, from whom it waits for as others do, from its own
 * end where it measures the calls, else from its calls to others. What it
 * measures of its calls to this service alone no other callee makes. */
static double from_elsewhere(const caus_scene *scene, const caus_scores *scores,
                             size_t service, size_t caller, size_t kind,
                             bool measures_calls)
{
    size_t call = caus_scene_find_call(scene, caller, service);
    if (scores->toward[call][kind] >= 0)
        return caus_explained_share * scores->own_end[caller][kind];
    double others =
        caus_sureness(caus_calls_loudest(scene, scores, caller, service, kind));
    double apart =
        fmax(shared_below(scene, scores, caller, service),
             measures_calls ? scores->own_end[caller][kind] : others * others);
    return fmax(scores->below[caller][kind], caus_explained_share * apart);
}

/* How surely a service shows a kind itself, or anything where nobody measures
 * that, which its callees do not explain where it has no measure of either. */
static double shown_itself(const caus_scene *scene, const caus_scores *scores,
                           size_t service, size_t kind)
{
    double own = caus_sureness(scene->shows[service][kind]
                                   ? scores->outside[service][kind]
                                   : caus_scores_shown(scores, service));
    return caus_scene_shows(scene, service)
               ? own
               : own *
                     (1 - caus_waiting_explained(scene, scores, service, kind));
}

/*
 * What all callers of a service show and no callee of theirs does, it itself
 * none: the way to it may be bad, which its own metrics cannot show. Callers
 * who do not measure what their calls take may be slow themselves. If nobody
 * measures how long it takes, but requests pile up in it, they wait for it.
 * Less than 0: no caller tells.
 */
static double waited_for(const caus_context *context, const caus_scores *scores,
                         size_t service, size_t kind)
{
    const caus_scene *scene = context->scene;
    double least = caus_most_clue, left = 0, weight = 1;
    bool any = false;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        size_t call = caus_scene_find_call(scene, caller, service);
        bool measured = scores->toward[call][kind] >= 0;
        if (!measured && is_blind(context, scores, caller, kind))
            continue;
        if (kind == OUTSIDE_LATENCY && scores->calling[caller] >= 0)
            measured = true;
        if (!measured)
            weight = fmin(
                weight, weight_of_way(context, scores, service, caller, kind));
        any = true;
        least = fmin(least, waiting(scores, call, caller, kind));
        left = fmax(left, 1 - from_elsewhere(scene, scores, service, caller,
                                             kind, measured));
    }
    if (!any)
        return -1;
    double own = shown_itself(scene, scores, service, kind);
    return least * (caus_scene_shows(scene, service)
                        ? weight * left * (1 - own)
                        : fmax(weight * left, own));
}

/* The same of who is called by services of which nobody measures how they
 * answer, by what is waited for each of these: that may as well be its doing.
 * Those of whom nobody tells that either are no witnesses. */
static double waited_behind(const caus_scene *scene, const caus_scores *scores,
                            size_t service, size_t kind)
{
    double least = caus_most_clue;
    bool any = false;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (caus_scene_shows(scene, caller) || scores->nearer[caller][kind] < 0)
            continue;
        least = fmin(least, scores->nearer[caller][kind]);
        any = true;
    }
    return any ? caus_weight_unseen * least : -1;
}

/* Over so many services in a row that nobody measures callers are looked for.
 */
enum { MOST_UNMEASURED = 3 };

/* Fills `waited`, from the callers of each on: of every service once for each
 * of these, as there may be many ways to it. */
static void find_waited(const caus_context *context, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    size_t count = scene->service_count;
    for (size_t s = 0; s < count; s++)
        for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
            scores->waited[s][kind] = waited_for(context, scores, s, kind);
    for (size_t i = 0; i < MOST_UNMEASURED; i++) {
        memcpy(scores->nearer, scores->waited, count * sizeof *scores->nearer);
        for (size_t s = 0; s < count; s++)
            for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
                if (scores->nearer[s][kind] < 0 && !caus_scene_shows(scene, s))
                    scores->waited[s][kind] =
                        waited_behind(scene, scores, s, kind);
    }
}

void caus_waiting_find(const caus_context *context, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    caus_own_ends_find(scene, scores);
    look_through(scene, scores);
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        for (size_t s = 0; s < scene->service_count; s++)
            scores->below[s][kind] = shown_below(context, scores, s, kind);
        for (size_t s = 0; s < scene->service_count; s++)
            scores->common[s][kind] = common_of(context, scores, s, kind);
    }
    for (size_t s = 0; s < scene->service_count; s++)
        scores->common[s][OUTSIDE_ERRORS] = fmax(
            scores->common[s][OUTSIDE_ERRORS], missing_of(context, scores, s));
    find_waited(context, scores);
}

double caus_waiting_way(const caus_context *context, const caus_scores *scores,
                        size_t service)
{
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double way = scores->common[service][kind];
        if (kind == OUTSIDE_LATENCY || untold(context, service) > 0)
            way = fmax(way, scores->waited[service][kind]);
        found = fmax(found, way * context->kinds[kind]);
    }
    return found;
}

double caus_waiting_explained_loss(const caus_context *context,
                                   const caus_scores *scores, size_t service)
{
    const caus_scene *scene = context->scene;
    double explains = context->traces->below[service] / caus_explained_loss;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        explains =
            fmax(explains,
                 caus_sureness(carried(context, scores, i, OUTSIDE_ERRORS)));
        if (!context->traces->traced[scene->callees[i]])
            explains = fmax(explains, caus_sureness(carried(context, scores, i,
                                                            OUTSIDE_LATENCY)));
        explains = fmax(explains, unreached(context, scene->callees[i]));
    }
    return caus_explained_share * fmin(1, explains);
}

double caus_waiting_untraced(const caus_context *context,
                             const caus_scores *scores, size_t service)
{
    const caus_scene *scene = context->scene;
    const caus_trace_clues *traces = context->traces;
    double least = caus_most_clue;
    bool any = false;
    if (traces->traced[service] || scene->shows[service][OUTSIDE_LATENCY])
        return 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!traces->traced[caller])
            continue;
        size_t call = caus_scene_find_call(scene, caller, service);
        double toward = scores->toward[call][OUTSIDE_LATENCY];
        double left =
            (1 - caus_waiting_explained_loss(context, scores, caller)) *
            (1 - (context->pushed ? context->pushed[caller] : 0)) *
            (toward < 0 ? 1 : caus_sureness(toward));
        least = fmin(least, left * traces->own_clue[caller]);
        any = true;
    }
    return any ? caus_weight_unseen * least : 0;
}
