/* SPDX-License-Identifier: Apache-2.0 */
/* Services whose memory fell at once, as when a process is started anew. */
#include <math.h>

#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

static const double least_fall = .03; /* of the level, between two rows */

/* The largest fall of any service's memory between two rows, of its level, up
 * to every row. */
static void find_memory_falls(const caus_case *about, double *falls)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_scene *scene = &about->scene;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const double *values = caus_timeline_values(timeline, v);
        double last = (double)NAN;
        if (scene->aspects[v] != CAUS_ASPECT_MEMORY || scene->bad[v] <= 0)
            continue;
        for (size_t r = 0; r < timeline->row_count; r++) {
            if (isnan(values[r]))
                continue;
            if (last > 0 && values[r] < last)
                falls[r] = fmax(falls[r], 1 - values[r] / last);
            last = values[r];
        }
    }
    for (size_t r = 1; r < timeline->row_count; r++)
        falls[r] = falls[r] > falls[r - 1] ? falls[r] : falls[r - 1];
}

caus_status caus_restart_init(caus_case *about, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    double *falls = CAUS_ARRAY(scratch, double, about->timeline.row_count);
    if (!falls)
        return caus_arena_fail(scratch, err);
    find_memory_falls(about, falls);
    about->memory_falls = falls;
    return CAUS_OK;
}

/* The largest fall of a variable between two rows of [from, to), of its level,
 * to less than it ever was before, over what it had risen and fallen until
 * then; 0 where it is not beyond twice as much, nor beyond `common`, or rows
 * are too few to tell. */
static double fall_of(const caus_timeline *timeline, size_t variable,
                      size_t from, size_t to, double common)
{
    const double *values = caus_timeline_values(timeline, variable);
    double most = 0, last = (double)NAN;
    double least = (double)INFINITY, highest = 0;
    size_t seen = 0;
    for (size_t r = 0; r < to; r++) {
        double value = values[r];
        if (isnan(value))
            continue;
        seen += r < from;
        if (r >= from && value < least && last > 0) {
            double range = highest > least ? 1 - least / highest : 0;
            double usual = range > least_fall ? range : least_fall;
            double fall = 1 - value / last;
            if (fall > common && fall > caus_same_change * usual)
                most = fmax(most, fall / usual);
        }
        highest = value > highest ? value : highest;
        least = value < least ? value : least;
        last = value;
    }
    return seen >= CAUS_LEAST_HEALTHY ? most : 0;
}

/* The largest such fall of any memory of a service. */
static double fall_of_any(const caus_case *about, size_t service, size_t from,
                          size_t to)
{
    const caus_scene *scene = &about->scene;
    double most = 0, common = from ? about->memory_falls[from - 1] : 0;
    if (!(about->memory_falls[to - 1] > common))
        return 0;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] == CAUS_ASPECT_MEMORY && scene->bad[v] > 0)
            most = fmax(most, fall_of(&about->timeline, v, from, to, common));
    }
    return most;
}

size_t caus_restart_count(const caus_case *about, size_t from, size_t to)
{
    size_t count = 0;
    for (size_t s = 0; s < about->scene.service_count; s++)
        count += fall_of_any(about, s, from, to) > 0;
    return count;
}

double caus_restart_clue(const caus_case *about, size_t service,
                         const caus_window *window)
{
    double fall = fall_of_any(about, service, window->from, window->to);
    return fall > 0 ? log1p(fall) / (double)window->restarted : 0;
}
