/* SPDX-License-Identifier: Apache-2.0 */
/* From shifts of variables to terms of services. */
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/waiting.h"
#include "rootcause/weights.h"

caus_status caus_scores_init(const caus_scene *scene, size_t variable_count,
                             caus_arena *out, caus_scores *result,
                             caus_error *err)
{
    size_t count = scene->service_count + 1;
    size_t calls = scene->callee_start[scene->service_count] + 1;
    caus_scores made = {.terms =
                            caus_arena_array(out, count, sizeof *made.terms),
                        .total = CAUS_ARRAY(out, double, count),
                        .clue = CAUS_ARRAY(out, double, variable_count),
                        .outside = CAUS_ARRAY(out, caus_outside, count),
                        .seen = CAUS_ARRAY(out, caus_outside, count),
                        .below = CAUS_ARRAY(out, caus_outside, count),
                        .common = CAUS_ARRAY(out, caus_outside, count),
                        .own_end = CAUS_ARRAY(out, caus_outside, count),
                        .waited = CAUS_ARRAY(out, caus_outside, count),
                        .nearer = CAUS_ARRAY(out, caus_outside, count),
                        .calling = CAUS_ARRAY(out, double, count),
                        .toward = CAUS_ARRAY(out, caus_outside, calls),
                        .again = CAUS_ARRAY(out, double, calls),
                        .asking = CAUS_ARRAY(out, double, count),
                        .busy = CAUS_ARRAY(out, double, count),
                        .asked_by = CAUS_ARRAY(out, double, calls),
                        .path = CAUS_ARRAY(out, double, count)};
    if (!made.path || !made.asking || !made.busy || !made.asked_by ||
        !made.terms || !made.total || !made.clue || !made.outside ||
        !made.toward || !made.again || !made.seen || !made.below ||
        !made.common || !made.own_end || !made.waited || !made.nearer ||
        !made.calling)
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

/* Whether it counts what is under way: with as many requests as before more of
 * it means that they take longer. */
static bool fills(caus_aspect aspect)
{
    return aspect == CAUS_ASPECT_SATURATION || aspect == CAUS_ASPECT_SOCKETS;
}

/* How surely callers of a service feel what happens in it, in [0, 1]. */
static double felt(const caus_scores *scores, size_t service)
{
    return caus_sureness(caus_scores_shown(scores, service));
}

/* How surely one of those who call a service is slow alone, in [0, 1]: by their
 * squares, as one of many is a deviation off by chance. */
static double slow_alone(const caus_scene *scene, const caus_scores *scores,
                         size_t service)
{
    double most = 0, second = 0;
    size_t known = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!caus_scene_shows(scene, caller))
            continue;
        double own = felt(scores, caller);
        second = fmax(second, fmin(most, own));
        most = fmax(most, own);
        known++;
    }
    return known > 1 ? most * most * (1 - second * second) : 0;
}

/* Messages that pile up in who measures neither latency nor errors tell of it
 * as far as those who write to it feel it, too: else who reads them is slow.
 * Only callers that measure them are asked, so that the order of variables is
 * none of the answer. */
static void collect_backlogs(const caus_context *context, const double *clues,
                             size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || !scene->backlog[v] || caus_scene_shows(scene, s) ||
            scene->toward[v] != SIZE_MAX)
            continue;
        double *late = &scores->outside[s][OUTSIDE_LATENCY];
        double slow =
            slow_alone(scene, scores, s) * (1 - caus_idle_stopped(context, s));
        *late = fmax(*late, clues[v] * (1 - slow));
    }
}

/* What is known outside services before any variable is asked: nothing of
 * calls (less than 0), and failures that others witness. */
static void begin_outside(const caus_context *context, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t s = 0; s < scene->service_count; s++) {
        scores->outside[s][OUTSIDE_ERRORS] = caus_waiting_witnessed(context, s);
        scores->calling[s] = -1;
    }
    for (size_t i = 0; i < scene->callee_start[scene->service_count]; i++) {
        for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
            scores->toward[i][kind] = -1;
        scores->again[i] = 0;
    }
}

static void lift(double *most, double clue)
{
    *most = fmax(*most, clue);
}

/* Takes what a variable tells of the calls to one callee. */
static void add_toward(const caus_context *context, size_t variable,
                       double share, double clue, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    size_t call = scene->toward[variable];
    bool fails = scene->aspects[variable] == CAUS_ASPECT_ERRORS;
    lift(&scores->toward[call][fails ? OUTSIDE_ERRORS : OUTSIDE_LATENCY],
         share * clue);
    if (context->again)
        lift(&scores->again[call], context->again[variable] * clue);
}

/* Takes what a variable tells of how its service answers: where neither latency
 * nor errors are measured a queue that fills tells of the first, and so does
 * what somebody named. What a cache lacks its callers get elsewhere, which
 * takes them longer however fast it says so. */
static void add_answer(const caus_scene *scene, size_t variable, double clue,
                       caus_scores *scores)
{
    size_t s = scene->service_of[variable];
    caus_aspect aspect = scene->aspects[variable];
    bool late = aspect == CAUS_ASPECT_LATENCY ||
                (fills(aspect) && !caus_scene_shows(scene, s) &&
                 !scene->backlog[variable]) ||
                scene->misses[variable] ||
                (scene->named[variable] && inside_weight(aspect) <= 0);
    if (aspect == CAUS_ASPECT_ERRORS)
        lift(&scores->outside[s][OUTSIDE_ERRORS], clue);
    else if (late)
        lift(&scores->outside[s][OUTSIDE_LATENCY], clue);
}

/* Whether a variable tells what calls of its service take. */
static bool tells_of_calls(const caus_scene *scene, size_t variable)
{
    return scene->of_calls[variable] &&
           (!scene->has_calls ||
            caus_scene_makes_calls(scene, scene->service_of[variable]));
}

/* The largest clue outside every service by its kind, and of its calls. */
static void collect_outside(const caus_context *context, const double *clues,
                            size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    begin_outside(context, scores);
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        caus_aspect aspect = scene->aspects[v];
        if (s == SIZE_MAX)
            continue;
        double share = aspect == CAUS_ASPECT_LATENCY && context->call_share
                           ? context->call_share[s]
                           : 1;
        if (scene->toward[v] != SIZE_MAX && aspect != CAUS_ASPECT_LOAD) {
            add_toward(context, v, share, clues[v], scores);
            continue;
        }
        add_answer(scene, v, clues[v], scores);
        if (tells_of_calls(scene, v))
            lift(&scores->calling[s], share * clues[v]);
    }
}

/* Memory harms nobody by being used: where a service answers as ever, what it
 * holds has changed for another reason. Nor does who is started anew, where it
 * and its callers answer: of what is away they tell. */
static double felt_share(const caus_scene *scene, const caus_scores *scores,
                         size_t service, caus_aspect aspect)
{
    bool is_away = aspect == CAUS_ASPECT_RESTARTS;
    if (!is_away &&
        (aspect != CAUS_ASPECT_MEMORY || !caus_scene_shows(scene, service)))
        return 1;
    double most = felt(scores, service);
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; is_away && i < callers.count; i++)
        most = fmax(most, felt(scores, callers.items[i]));
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
 * slow callees, which fill queues as well, would make it slow. Messages that
 * wait for who works on fewer than it did are its doing in full. */
static void add_queues(const caus_context *context, const double *clues,
                       size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || !caus_scene_shows(scene, s) ||
            scene->aspects[v] != CAUS_ASPECT_SATURATION)
            continue;
        double own = caus_weight_resource * (1 - felt(scores, s));
        if (scene->backlog[v] && context->idle)
            own = fmax(own, caus_weight_idle * context->idle[s]);
        double *inside = &scores->terms[s][CAUS_TERM_INTERNAL];
        *inside = fmax(*inside, own * clues[v]);
    }
}

/* What waits in a service is inside the reader that stopped. */
static void add_unread(const caus_context *context, const double *clues,
                       size_t variable_count, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    for (size_t v = 0; context->stopped && v < variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || scene->toward[v] != SIZE_MAX ||
            scene->aspects[v] != CAUS_ASPECT_SATURATION)
            continue;
        const caus_index_list callers = caus_scene_callers(scene, s);
        for (size_t i = 0; i < callers.count; i++) {
            size_t reader = callers.items[i];
            size_t call = caus_scene_find_call(scene, reader, s);
            double *inside = &scores->terms[reader][CAUS_TERM_INTERNAL];
            *inside = fmax(*inside, caus_weight_idle * context->stopped[call] *
                                        clues[v]);
        }
    }
}

/* What is left of the outside of a service when its callees have explained
 * their share. */
static double unexplained(const caus_context *context,
                          const caus_scores *scores, size_t service)
{
    double found = 0;
    for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++) {
        double weight = context->kinds[kind];
        double left =
            1 - caus_waiting_explained(context->scene, scores, service, kind);
        found = fmax(found, weight * left * scores->outside[service][kind]);
    }
    return found;
}

/* How early it began. What only its callers show began no later than these. */
static double earliness(const caus_context *context, size_t service, double way)
{
    const caus_scene *scene = context->scene;
    double found = context->order[service];
    if (!(way > 0) || caus_scene_shows(scene, service))
        return found;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++)
        found =
            fmax(found, caus_weight_unseen * context->order[callers.items[i]]);
    return found;
}

/* What of a service's own is not made by those who ask it more. */
static double left_of(const caus_context *context, size_t service)
{
    return context->pushed ? 1 - context->pushed[service] : 1;
}

/* Whom it asks less. */
static double not_asking(const caus_context *context, size_t service)
{
    return context->unasked ? caus_weight_calls * left_of(context, service) *
                                  context->unasked[service]
                            : 0;
}

/* What its lines say that its callees do not explain, or what the lines of its
 * callers say of it. */
static double in_logs(const caus_context *context, const caus_scores *scores,
                      size_t service)
{
    const caus_log_clues *logs = context->logs;
    if (!logs)
        return 0;
    double left = 1 - fmax(caus_waiting_explained(context->scene, scores,
                                                  service, OUTSIDE_ERRORS),
                           caus_waiting_explained(context->scene, scores,
                                                  service, OUTSIDE_LATENCY));
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

/* Who asks a service more, or reads it no more, has made what that can have
 * made. */
static double factor_of(const caus_context *context, const caus_scores *scores,
                        size_t service)
{
    const caus_scene *scene = context->scene;
    if (scene->observer[service])
        return 0;
    double own = place_of(context, scores, service), factor = own;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        double share = fmax(caus_sureness(scores->asked_by[i]),
                            context->stopped ? context->stopped[i] : 0);
        if (share <= 0)
            continue;
        double there = place_of(context, scores, scene->callees[i]);
        factor = fmax(factor, own + share * (there - own));
    }
    return factor;
}

/* What a service asks more of others, of the one of which most. */
static double asking_of(const caus_scene *scene, const caus_scores *scores,
                        size_t service)
{
    double most = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++)
        most = fmax(most, scores->asked_by[i]);
    return most;
}

/* From CAUS_TERM_INTERNAL and `asking` to all the others; that of changes comes
 * last, as a change tells as far as anything else does. */
static void fill_terms(const caus_context *context, const caus_scores *scores,
                       size_t service)
{
    double *terms = scores->terms[service];
    terms[CAUS_TERM_EXTERNAL] = unexplained(context, scores, service);
    terms[CAUS_TERM_WAY] = caus_waiting_way(context, scores, service);
    if (!caus_scene_shows(context->scene, service))
        terms[CAUS_TERM_WAY] =
            fmax(0, terms[CAUS_TERM_WAY] - terms[CAUS_TERM_EXTERNAL]);
    terms[CAUS_TERM_BOTH] =
        caus_weight_both *
        fmin(terms[CAUS_TERM_INTERNAL], caus_scores_shown(scores, service));
    if (context->traces && context->traces->known) {
        double left =
            left_of(context, service) *
            (1 - caus_waiting_explained_loss(context, scores, service));
        terms[CAUS_TERM_TRACES] =
            caus_weight_traces *
            fmax(left * context->traces->clue[service],
                 caus_waiting_untraced(context, scores, service));
        terms[CAUS_TERM_CALLS] =
            caus_weight_calls * left * caus_waiting_failing(context, service);
    }
    terms[CAUS_TERM_CALLS] =
        fmax(terms[CAUS_TERM_CALLS], not_asking(context, service)) +
        scores->asking[service];
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
    collect_backlogs(context, clues, variable_count, scores);
    collect_inside(context, clues, variable_count, scores);
    add_queues(context, clues, variable_count, scores);
    add_unread(context, clues, variable_count, scores);
    collect_busy(context->scene, clues, variable_count, scores);
    caus_demand_share_out(context->scene, context->asked, scores->busy,
                          scores->asked_by);
    caus_waiting_find(context, scores);
    caus_paths_find(context, scores);
    for (size_t s = 0; s < count; s++) {
        double factor = factor_of(context, scores, s);
        scores->asking[s] = caus_weight_asking * left_of(context, s) *
                            asking_of(context->scene, scores, s);
        fill_terms(context, scores, s);
        scores->asking[s] *= factor; /* like the term that it is part of */
        scores->total[s] = 0;
        for (size_t term = 0; term < CAUS_TERM_COUNT; term++) {
            scores->terms[s][term] *= factor;
            scores->total[s] += scores->terms[s][term];
        }
    }
}
