/* SPDX-License-Identifier: Apache-2.0 */
/* How little the latency of a few requests tells. */
#include <math.h>

#include "rootcause/few_requests.h"

/* Of its level: so much tells hardly any request, too. */
static const double most_chance = 2;

/* How many of the rows [from, to) are known to have had no request. */
static size_t rows_without(const caus_timeline *timeline, size_t load,
                           size_t from, size_t to)
{
    const double *values = caus_timeline_values(timeline, load);
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        count += values[timeline->filled[i]] == 0;
    return count;
}

/* The share of rows without a request, of the half of them that has fewer: the
 * other may be of an incident in which nobody came through. */
static double share_without(const caus_timeline *timeline, size_t load)
{
    size_t rows = timeline->filled_count, middle = rows / 2;
    if (!middle)
        return 0;
    double early = (double)rows_without(timeline, load, 0, middle);
    double late = (double)rows_without(timeline, load, middle, rows);
    return fmin(early / (double)middle, late / (double)(rows - middle));
}

/* What the latency of a row is off by chance, as a share of its level: requests
 * come at random, so that e^-n of the rows have none where n come in each, and
 * the mean of n times is off by the root of n. */
static double chance_of(double without)
{
    return fmin(most_chance, 1 / sqrt(-log(without)));
}

/* Where what is told of the same calls stands: of those to each callee, then of
 * all others of each service. */
static size_t place_of(const caus_scene *scene, size_t variable)
{
    size_t calls = scene->callee_start[scene->service_count];
    size_t toward = scene->toward[variable];
    return toward == SIZE_MAX ? calls + scene->service_of[variable] : toward;
}

/* The fewest rows without a request that any load tells of the same calls, by
 * place: what counts a rare kind of them may be there as well. 1 = no load of
 * them is known, or none ever came. */
static void find_without(const caus_scene *scene, const caus_timeline *timeline,
                         double *without, size_t places)
{
    for (size_t i = 0; i < places; i++)
        without[i] = 1;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        if (scene->aspects[v] != CAUS_ASPECT_LOAD ||
            scene->service_of[v] == SIZE_MAX)
            continue;
        double *least = &without[place_of(scene, v)];
        *least = fmin(*least, share_without(timeline, v));
    }
}

caus_status caus_few_requests_find(const caus_scene *scene, caus_arena *scratch,
                                   caus_timeline *timeline, caus_error *err)
{
    size_t places =
        scene->callee_start[scene->service_count] + scene->service_count;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double *without = CAUS_ARRAY(scratch, double, places + 1);
    if (!without)
        return caus_arena_fail(scratch, err);
    find_without(scene, timeline, without, places);
    for (size_t v = 0; v < timeline->variable_count; v++) {
        if (scene->aspects[v] != CAUS_ASPECT_LATENCY ||
            scene->service_of[v] == SIZE_MAX)
            continue;
        double share = without[place_of(scene, v)];
        timeline->chance[v] = share > 0 && share < 1 ? chance_of(share) : 0;
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
