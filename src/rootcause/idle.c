/* SPDX-License-Identifier: Apache-2.0 */
/* Who works on less at a time than it did, while messages wait for it, or in
 * what it reads. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

/* From here on it is worth telling. */
static const double half_told = .5;

/* Its first variable that tells how long what it is asked takes, or SIZE_MAX.
 */
static size_t find_latency(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] == CAUS_ASPECT_LATENCY && !scene->of_calls[v] &&
            scene->toward[v] == SIZE_MAX && about->shifts[v].before > 0)
            return v;
    }
    return SIZE_MAX;
}

/* As many are under way as come at a time, times how long each takes: what is
 * slow, or waits for a callee, takes fewer, but works on as many. */
static double idle_share(const caus_case *about, size_t service)
{
    size_t load = caus_case_find_load(about, service);
    size_t late = find_latency(about, service);
    if (load == SIZE_MAX || late == SIZE_MAX)
        return 0;
    const caus_shift *taken = &about->shifts[load];
    const caus_shift *time = &about->shifts[late];
    double longer = time->measured ? time->after / time->before : 1;
    double under_way = taken->before > 0 ? taken->after / taken->before : 1;
    return fmax(0, 1 - under_way * fmax(1, longer));
}

/* How surely a service that nobody calls takes fewer requests than it did, in
 * [0, 1]: what it does of its own accord, or reads. */
static double takes_less(const caus_case *about, size_t service)
{
    size_t load = caus_case_find_load(about, service);
    if (load == SIZE_MAX || caus_scene_is_called(&about->scene, service))
        return 0;
    double sure =
        caus_sureness(caus_clue_of(&about->shifts[load], CAUS_ASPECT_LOAD, -1));
    return sure * sure;
}

/* Of every service [service_count]. */
typedef struct readers {
    double
        *less; /* how surely it takes less, of its own accord or in reading */
    double *left; /* the share of what it worked on that it still does */
} readers;

/* How much of what it worked on is left to the least idle of the others that
 * ask `service` and take less as well, in [0, 1]: where fewer messages come,
 * all readers have less to do. */
static double left_to_others(const caus_scene *scene, const readers *known,
                             size_t service, size_t except)
{
    const caus_index_list callers = caus_scene_callers(scene, service);
    double most = 0;
    bool any = false;
    for (size_t i = 0; i < callers.count; i++) {
        size_t reader = callers.items[i];
        if (reader == except || known->less[reader] <= 0)
            continue;
        most = fmax(most, known->left[reader]);
        any = true;
    }
    return any ? most : 1;
}

/* Readers that stopped, by the calls to what they read. */
static caus_status find_stopped(const caus_case *about, double *stopped,
                                caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t services = scene->service_count;
    const readers known = {CAUS_ARRAY(about->out, double, services + 1),
                           CAUS_ARRAY(about->out, double, services + 1)};
    if (!known.less || !known.left)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        known.less[s] = takes_less(about, s);
        known.left[s] = 1 - idle_share(about, s);
    }
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        for (size_t i = scene->callee_start[s];
             known.less[s] > 0 && i < scene->callee_start[s + 1]; i++) {
            double others = left_to_others(scene, &known, scene->callees[i], s);
            if (known.left[s] < others)
                stopped[i] = known.less[s] * (1 - known.left[s] / others);
        }
    }
    return CAUS_OK;
}

double caus_idle_stopped(const caus_context *context, size_t service)
{
    const caus_scene *scene = context->scene;
    const caus_index_list callers = caus_scene_callers(scene, service);
    double most = 0;
    for (size_t i = 0; context->stopped && i < callers.count; i++)
        most = fmax(most, context->stopped[caus_scene_find_call(
                              scene, callers.items[i], service)]);
    return most;
}

caus_status caus_idle_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t calls = scene->callee_start[scene->service_count];
    double *idle = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    double *stopped = CAUS_ARRAY(about->out, double, calls + 1);
    if (!idle || !stopped)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s != SIZE_MAX && scene->backlog[v])
            idle[s] = idle_share(about, s);
    }
    CAUS_TRY(find_stopped(about, stopped, err));
    about->context.idle = idle;
    about->context.stopped = stopped;
    return CAUS_OK;
}

void caus_idle_add(const caus_case *about, size_t service, caus_text *text)
{
    const caus_scene *scene = &about->scene;
    const double *stopped = about->context.stopped;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        if (stopped[i] < half_told)
            continue;
        const caus_shift *taken =
            &about->shifts[caus_case_find_load(about, service)];
        caus_text_format(text,
                         "%sit takes %.3g requests instead of %.3g, of what "
                         "%s keeps for it",
                         text->length ? "; " : "", taken->after, taken->before,
                         scene->services[scene->callees[i]]);
        return;
    }
}
