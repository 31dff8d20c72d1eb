/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of services and calls before it is asked who is not asked. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"

static void find_loudest(const caus_case *about, const double *clues,
                         caus_witnesses *made)
{
    const caus_scene *scene = &about->scene;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || !caus_aspect_is_outside(scene->aspects[v]))
            continue;
        made->loudest[s] = fmax(made->loudest[s], clues[v]);
        if (scene->aspects[v] == CAUS_ASPECT_ERRORS)
            made->failing[s] = fmax(made->failing[s], clues[v]);
    }
}

/* What a service is asked before the onset, as another counts its requests. */
static double asked_before(const caus_case *about, size_t service, size_t load)
{
    size_t asked = caus_case_find_requests(about, service, load);
    return asked == SIZE_MAX ? 0 : about->shifts[asked].before;
}

/* The share of its callers' requests that are those of each, where all count
 * alike. */
static void find_shares(const caus_case *about, size_t service, double *shares)
{
    const caus_scene *scene = &about->scene;
    size_t load = caus_case_find_load(about, service);
    bool alike = about->lacks[service].alike;
    double all = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; alike && i < callers.count; i++)
        all += asked_before(about, callers.items[i], load);
    for (size_t i = 0; i < callers.count; i++)
        shares[caus_scene_find_call(scene, callers.items[i], service)] =
            all > 0 ? asked_before(about, callers.items[i], load) / all : 0;
}

/* Whether a service has requests in fewer than half of the rows since the
 * onset: it hardly asks anybody then. */
static bool is_asked_seldom(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t load = caus_case_find_load(about, service);
    if (load == SIZE_MAX)
        return false;
    const double *values = caus_timeline_values(timeline, load);
    size_t with = 0, rows = 0;
    for (size_t r = about->onset_row; r < timeline->row_count; r++) {
        if (values[r] > 0)
            with++;
        if (!isnan(values[r]))
            rows++;
    }
    return 2 * with < rows;
}

caus_status caus_witnesses_find(caus_case *about, const double *clues,
                                caus_error *err)
{
    size_t services = about->scene.service_count;
    size_t calls = about->scene.callee_start[services];
    caus_witnesses made = {
        .failing = CAUS_ARRAY(about->out, double, services + 1),
        .loudest = CAUS_ARRAY(about->out, double, services + 1),
        .shares = CAUS_ARRAY(about->out, double, calls + 1),
        .seldom = CAUS_ARRAY(about->out, bool, services + 1)};
    if (!made.failing || !made.loudest || !made.shares || !made.seldom)
        return caus_arena_fail(about->out, err);
    find_loudest(about, clues, &made);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        find_shares(about, s, made.shares);
        made.seldom[s] = is_asked_seldom(about, s);
    }
    about->witnesses = made;
    about->context.seldom = made.seldom;
    return CAUS_OK;
}
