/* SPDX-License-Identifier: Apache-2.0 */
/* Who works on less at a time than it did, while messages wait for it. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"

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

caus_status caus_idle_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    double *idle = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    if (!idle)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s != SIZE_MAX && scene->backlog[v])
            idle[s] = idle_share(about, s);
    }
    about->context.idle = idle;
    return CAUS_OK;
}
