/* SPDX-License-Identifier: Apache-2.0 */
/* What grows because a service gets more requests: processor time, bytes, what
 * is under way and what fails do so while each request is as it was. */
#include <math.h>

#include "numeric/order.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

/* Whether twice as much of it is expected of twice the requests. */
static bool follows_load(const caus_case *about, size_t variable)
{
    switch (about->scene.aspects[variable]) {
    case CAUS_ASPECT_CPU:
    case CAUS_ASPECT_RESOURCE:
    case CAUS_ASPECT_NETWORK:
    case CAUS_ASPECT_SOCKETS:
    case CAUS_ASPECT_SATURATION:
        return true;
    case CAUS_ASPECT_ERRORS:
        return about->timeline.whole[variable] <= 0;
    case CAUS_ASPECT_LATENCY:
        return caus_aspect_is_sum(&about->series->variables[variable]);
    default:
        return false;
    }
}

/* The logarithm of how often its level is what it was, where it rose. */
static double growth_of(const caus_shift *shift)
{
    bool rose =
        shift->measured && shift->before > 0 && shift->after > shift->before;
    return rose ? log(shift->after / shift->before) : 0;
}

/* The same of the requests of a service: the least of what counts them, as some
 * variables count slow requests alone, or work that is done for several;
 * infinite where nothing counts them. */
static double load_growth(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    double least = (double)INFINITY;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (caus_scene_counts_own(scene, v) && about->shifts[v].measured)
            least = fmin(least, growth_of(&about->shifts[v]));
    }
    return least;
}

/* How much of a variable's growth that of requests explains, in [0, 1], both as
 * logarithms. What tells that a limit is reached has nothing to grow from: it
 * is explained by as many requests as no service has room for. */
static double explained_by(const caus_case *about, size_t variable, double load)
{
    double own = growth_of(&about->shifts[variable]);
    if (caus_aspect_is_limit(&about->series->variables[variable],
                             about->scene.aspects[variable]))
        return fmin(1, load / caus_full_at);
    return own > 0 && follows_load(about, variable) ? fmin(1, load / own) : 0;
}

static void weigh(const caus_case *about, size_t service, double load,
                  double *clues)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        clues[v] *= 1 - explained_by(about, v, load);
    }
}

caus_status caus_per_request_weigh(const caus_case *about, double *clues,
                                   caus_error *err)
{
    size_t services = about->scene.service_count, counted = 0;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *loads = CAUS_ARRAY(scratch, double, services + 1);
    double *known = CAUS_ARRAY(scratch, double, services + 1);
    if (!loads || !known)
        return caus_arena_fail(scratch, err);
    for (size_t s = 0; s < services; s++) {
        loads[s] = load_growth(about, s);
        if (!isinf(loads[s]))
            known[counted++] = loads[s];
    }
    double usual = counted ? caus_median(known, counted) : 0;
    for (size_t s = 0; s < services; s++)
        weigh(about, s, isinf(loads[s]) ? usual : loads[s], clues);
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
