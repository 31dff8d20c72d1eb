/* SPDX-License-Identifier: Apache-2.0 */
/* What the numbers themselves say of who can have made what: failures that are
 * too few for the symptom's, waits that are too short, and services that only
 * stand before another. */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

/* How many more requests of a row fail; NaN = nobody counts them. `load` is
 * that of the symptom's service. */
static double failing(const caus_case *about, size_t variable, size_t load)
{
    const caus_shift *shift = &about->shifts[variable];
    double whole = about->timeline.whole[variable];
    double change = fabs(shift->after - shift->before);
    if (!shift->measured || whole <= 0)
        return shift->measured ? change : (double)NAN;
    size_t own = load == SIZE_MAX
                     ? SIZE_MAX
                     : caus_case_find_alike(
                           about, about->scene.service_of[variable], load);
    if (own == SIZE_MAX)
        return (double)NAN;
    return change / whole * about->shifts[own].after;
}

/* What was ever less than nothing, as deviations are, counts no requests. */
static bool may_count(const caus_timeline *timeline, size_t variable)
{
    size_t least = caus_timeline_order(timeline, variable)[0];
    return caus_timeline_values(timeline, variable)[least] >= 0;
}

/* How much longer all requests of a row take together; NaN = nobody counts
 * them. */
static double waiting(const caus_case *about, size_t variable, size_t load)
{
    const caus_shift *shift = &about->shifts[variable];
    size_t own =
        caus_case_find_alike(about, about->scene.service_of[variable], load);
    if (!shift->measured || own == SIZE_MAX ||
        !may_count(&about->timeline, own))
        return (double)NAN;
    return fmax(0, shift->after - shift->before) * about->shifts[own].after;
}

/* Latency of services whose requests took hardly longer, all together, than
 * those of the symptom's did. Means tell: only they add up. A request may wait
 * for several calls, and for those before it, by more than it takes the fuller
 * a service is. */
static void weigh_waiting(const caus_case *about, size_t load, double *clues)
{
    const caus_scene *scene = &about->scene;
    size_t symptom = about->symptom;
    const caus_shift *shift = &about->shifts[symptom];
    double seen = waiting(about, symptom, load);
    double times = shift->before > 0 ? shift->after / shift->before : 1;
    double most = caus_calls_a_request * pow(times, caus_power_of_queues);
    for (size_t s = 0; s < scene->service_count && seen > 0; s++) {
        size_t alike = caus_case_find_alike(about, s, symptom);
        if (s == scene->service_of[symptom] || alike == SIZE_MAX)
            continue;
        double own = waiting(about, alike, load);
        if (isnan(own))
            continue;
        const caus_index_list variables = caus_scene_variables(scene, s);
        for (size_t i = 0; i < variables.count; i++) {
            size_t v = variables.items[i];
            if (scene->aspects[v] == CAUS_ASPECT_LATENCY)
                clues[v] *= fmin(1, most * own / seen);
        }
    }
}

static void weigh_failing(const caus_case *about, size_t load, double *clues)
{
    const caus_scene *scene = &about->scene;
    size_t symptom = about->symptom;
    double seen = failing(about, symptom, load);
    for (size_t v = 0; v < about->series->variable_count && seen > 0; v++) {
        if (scene->service_of[v] == SIZE_MAX || clues[v] <= 0 || v == symptom ||
            scene->measures[v] != scene->measures[symptom])
            continue;
        double own = failing(about, v, load);
        if (!isnan(own))
            clues[v] *= fmin(1, own / (caus_enough_failures * seen));
    }
}

void caus_impact_weigh(const caus_case *about, double *clues)
{
    size_t symptom = about->symptom;
    if (symptom == SIZE_MAX || about->scene.service_of[symptom] == SIZE_MAX)
        return;
    size_t load = caus_case_find_load(about, about->scene.service_of[symptom]);
    caus_aspect aspect = about->scene.aspects[symptom];
    if (aspect == CAUS_ASPECT_ERRORS)
        weigh_failing(about, load, clues);
    else if (aspect == CAUS_ASPECT_LATENCY && load != SIZE_MAX &&
             caus_aspect_is_mean(&about->series->variables[symptom]))
        weigh_waiting(about, load, clues);
}

/* What a variable is in a row of those from `from` to `to`, missing ones being
 * nothing. */
static double mean_of(const caus_timeline *timeline, size_t variable,
                      size_t from, size_t to)
{
    const double *values = caus_timeline_values(timeline, variable);
    double sum = 0;
    for (size_t r = from; r < to; r++)
        sum += isnan(values[r]) ? 0 : values[r];
    return to > from ? sum / (double)(to - from) : 0;
}

/* How usual it is that a service is called as often as in the incident, in [0,
 * 1]. */
static double familiarity(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t load = caus_case_find_load(about, service);
    if (load == SIZE_MAX || !caus_scene_is_called(&about->scene, service))
        return 1;
    double before = mean_of(timeline, load, 0, about->onset_row);
    double after =
        mean_of(timeline, load, about->onset_row, timeline->row_count);
    return after > 0 ? fmin(1, before / (caus_new_calls_share * after)) : 1;
}

caus_status caus_impact_weigh_new_calls(const caus_case *about, double *clues,
                                        caus_error *err)
{
    const caus_scene *scene = &about->scene;
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    double *familiar = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    if (!familiar)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < scene->service_count; s++)
        familiar[s] = familiarity(about, s);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        bool outside = caus_aspect_is_outside(scene->aspects[v]);
        if (outside && scene->service_of[v] != SIZE_MAX)
            clues[v] *= familiar[scene->service_of[v]];
    }
    caus_arena_rewind(about->out, mark);
    return CAUS_OK;
}

/* How much more a variable adds up to in a row: seconds, or failures. */
static double gain_of(const caus_case *about, size_t variable, double requests)
{
    const caus_shift *shift = &about->shifts[variable];
    double whole = about->timeline.whole[variable];
    bool is_count = about->scene.aspects[variable] == CAUS_ASPECT_ERRORS;
    is_count = is_count && whole <= 0;
    return (shift->after - shift->before) * about->scene.bad[variable] *
           (is_count ? 1 : requests) / (whole > 0 ? whole : 1);
}

/* Requests that pass a front are some of those of the service behind it, which
 * therefore loses as much or more. Where they are most of them, they take no
 * less time than there. */
static bool adds_up(const caus_case *about, size_t own, size_t other)
{
    const caus_scene *scene = &about->scene;
    size_t load = caus_case_find_load(about, scene->service_of[own]);
    if (load == SIZE_MAX)
        return false;
    size_t behind = caus_case_find_alike(about, scene->service_of[other], load);
    if (behind == SIZE_MAX)
        return false;
    double passing = about->shifts[load].after;
    double all = about->shifts[behind].after;
    bool is_shorter = scene->aspects[own] == CAUS_ASPECT_LATENCY &&
                      about->shifts[own].before < about->shifts[other].before;
    if (passing > all * caus_same_change ||
        (is_shorter && all < passing * caus_same_change))
        return false;
    return gain_of(about, own, passing) <=
           gain_of(about, other, all) * caus_same_change;
}

/* Whether a latency contains that of a service behind it, and changed by as
 * much. */
static bool contains(const caus_case *about, size_t own, size_t other)
{
    const caus_shift *a = &about->shifts[own], *b = &about->shifts[other];
    double ratio = (b->after - b->before) / (a->after - a->before);
    return about->scene.aspects[own] == CAUS_ASPECT_LATENCY &&
           b->before <= a->before && b->after <= a->after * caus_same_change &&
           ratio > 1 / caus_same_change && ratio < caus_same_change;
}

/* How many latencies and errors of `front` may be those of `behind`, less those
 * that may not. */
static int count_contained(const caus_case *about, const double *clues,
                           size_t front, size_t behind)
{
    const caus_scene *scene = &about->scene;
    int found = 0;
    const caus_index_list own = caus_scene_variables(scene, front);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (clues[v] <= 0 || !caus_aspect_is_outside(scene->aspects[v]))
            continue;
        size_t other = caus_case_find_alike(about, behind, v);
        if (other == SIZE_MAX || clues[other] <= 0)
            continue;
        bool within = contains(about, v, other) || adds_up(about, v, other);
        found += within ? 1 : -1;
    }
    return found;
}

/* How well a service stands before others. */
typedef struct standing {
    size_t behind; /* SIZE_MAX = before none */
    int contained;
} standing;

/* Asks the callees of a caller of `front`, but those that call it themselves,
 * also over others. Of several as likely the first counts. */
static void ask_siblings(const caus_case *about, const double *clues,
                         size_t front, size_t caller, const caus_walk *to,
                         standing *best)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; i < callees.count; i++) {
        size_t s = callees.items[i];
        if (caus_walk_reaches(to, s) || !caus_scene_shows(scene, s))
            continue;
        int found = count_contained(about, clues, front, s);
        if (found > best->contained ||
            (found == best->contained && s < best->behind && found > 0))
            *best = (standing){s, found};
    }
}

/* The service that `front` stands before: one that shares a caller with it. */
static caus_status find_behind(const caus_case *about, const double *clues,
                               size_t front, size_t *result, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    caus_walk to;
    standing best = {SIZE_MAX, 0};
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    CAUS_TRY(caus_scene_walk_to_callers(scene, front, about->out, &to, err));
    const caus_index_list callers = caus_scene_callers(scene, front);
    for (size_t i = 0; i < callers.count; i++)
        ask_siblings(about, clues, front, callers.items[i], &to, &best);
    *result = best.behind;
    caus_arena_rewind(about->out, mark);
    return CAUS_OK;
}

caus_status caus_impact_find_fronts(caus_case *about, const double *clues,
                                    caus_error *err)
{
    const caus_scene *scene = &about->scene;
    for (size_t s = 0; s < scene->service_count; s++) {
        about->fronts[s] = SIZE_MAX;
        CAUS_TRY(caus_run_check(about->run, err));
        if (caus_scene_shows(scene, s) && caus_scene_is_called(scene, s) &&
            !caus_scene_makes_calls(scene, s))
            CAUS_TRY(find_behind(about, clues, s, &about->fronts[s], err));
    }
    return CAUS_OK;
}
