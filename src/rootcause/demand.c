/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks more of others than the requests that it gets account for. How many
 * calls of a service there are for one request of its callers is held against
 * its habit like a variable, less what failures make: who fails is asked again,
 * and that is its own doing.
 */
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

/* So often is asked again for a failure that the service counts itself, and for
 * one that only its callers count, when they have given up. */
static const double again_of_own = 1, again_of_caller = 2;

/* What one variable says that fails in a row, in requests. */
static double failing_at(const caus_case *about, size_t variable, size_t load,
                         size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    double whole = timeline->whole[variable];
    double value = timeline->values[variable * timeline->row_count + row];
    if (whole <= 0)
        return value;
    if (load == SIZE_MAX)
        return 0;
    double share = about->scene.bad[variable] < 0 ? whole - value : value;
    return share / whole * timeline->values[load * timeline->row_count + row];
}

/* Failures of every service in every row, by what counts most: [services ×
 * rows]. */
static void count_failures(const caus_case *about, double *failures)
{
    const caus_scene *scene = &about->scene;
    size_t rows = about->timeline.row_count;
    for (size_t s = 0; s < scene->service_count; s++) {
        size_t load = caus_case_find_load(about, s);
        for (size_t i = scene->variable_start[s];
             i < scene->variable_start[s + 1]; i++) {
            size_t v = scene->variables[i];
            for (size_t r = 0; r < rows && about->timeline.adds_up[v]; r++)
                failures[s * rows + r] =
                    fmax(failures[s * rows + r], failing_at(about, v, load, r));
        }
    }
}

/* The requests of all measured callers of a service in a row, and the failures
 * of the one with most; NaN = of none. */
static double callers_at(const caus_case *about, const double *failures,
                         size_t service, size_t row, double *failing)
{
    const caus_scene *scene = &about->scene;
    size_t rows = about->timeline.row_count;
    size_t load = caus_case_find_load(about, service);
    double requests = (double)NAN;
    *failing = 0;
    for (size_t i = scene->caller_start[service];
         i < scene->caller_start[service + 1]; i++) {
        size_t caller = scene->callers[i];
        size_t own = caus_case_find_alike(about, caller, load);
        if (own == SIZE_MAX || caller == service)
            continue;
        double more = about->timeline.values[own * rows + row];
        requests = isnan(requests) ? more : requests + more;
        *failing = fmax(*failing, failures[caller * rows + row]);
    }
    return requests > 0 ? requests : (double)NAN;
}

static void count_calls(const caus_case *about, const double *failures,
                        size_t service, double *calls)
{
    size_t rows = about->timeline.row_count;
    size_t load = caus_case_find_load(about, service);
    for (size_t r = 0; r < rows; r++) {
        double failing;
        calls[r] = (double)NAN;
        if (load == SIZE_MAX)
            continue;
        double callers = callers_at(about, failures, service, r, &failing);
        double again = again_of_own * failures[service * rows + r] +
                       again_of_caller * failing;
        double asked = about->timeline.values[load * rows + r];
        if (!isnan(asked) && !isnan(callers))
            calls[r] = fmax(0, asked - again) / callers;
    }
}

caus_status caus_demand_init(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    size_t rows = about->timeline.row_count;
    caus_timeline made = {.row_count = rows, .variable_count = services};
    if (!about->scene.has_calls)
        return CAUS_OK;
    made.values = CAUS_ARRAY(about->out, double, services *rows);
    made.whole = CAUS_ARRAY(about->out, double, services);
    made.adds_up = CAUS_ARRAY(about->out, bool, services);
    double *failures = CAUS_ARRAY(about->out, double, services *rows);
    if (!made.values || !made.whole || !made.adds_up || !failures)
        return caus_arena_fail(about->out, err);
    count_failures(about, failures);
    for (size_t s = 0; s < services; s++)
        count_calls(about, failures, s, made.values + s * rows);
    CAUS_TRY(caus_timeline_sort(&made, about->run, about->out, err));
    about->calls_each = made;
    return CAUS_OK;
}

/* How much more requests a service gets, as a clue. */
static double risen(const caus_case *about, size_t service, size_t from,
                    size_t to, caus_shift_space *space)
{
    size_t load = caus_case_find_load(about, service);
    if (load == SIZE_MAX)
        return 0;
    caus_shift shift =
        caus_timeline_shift(&about->timeline, load, from, to, space);
    return caus_clue_of(&shift, CAUS_ASPECT_LOAD, 1);
}

double caus_demand_clue(const caus_case *about, size_t service, size_t from,
                        size_t to, caus_shift_space *space)
{
    if (!about->scene.has_calls)
        return 0;
    caus_shift shift =
        caus_timeline_shift(&about->calls_each, service, from, to, space);
    double clue = caus_clue_of(&shift, CAUS_ASPECT_LOAD, 1);
    return clue > 0 ? fmin(clue, risen(about, service, from, to, space)) : 0;
}

double caus_demand_of(const caus_scene *scene, const double *asked,
                      size_t service)
{
    double most = 0;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        size_t callee = scene->callees[i];
        size_t callers =
            scene->caller_start[callee + 1] - scene->caller_start[callee];
        if (callee != service)
            most = fmax(most, asked[callee] / (double)callers);
    }
    return most;
}

/* What is asked more asks others more, as far as these get more requests. */
static void pass_on(const caus_scene *scene, const double *rise, double *pushed)
{
    for (bool any = true; any;) {
        any = false;
        for (size_t s = 0; s < scene->service_count; s++) {
            for (size_t i = scene->callee_start[s];
                 i < scene->callee_start[s + 1]; i++) {
                size_t callee = scene->callees[i];
                double passed = fmin(pushed[s], rise[callee]);
                any = any || passed > pushed[callee];
                pushed[callee] = fmax(pushed[callee], passed);
            }
        }
    }
}

/* The callee that a service asks more, by most; SIZE_MAX = none. */
static size_t find_asked(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    size_t best = SIZE_MAX;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        size_t callee = scene->callees[i];
        double asked = callee == service ? 0 : about->asked[callee];
        if (asked > 0 && (best == SIZE_MAX || asked > about->asked[best]))
            best = callee;
    }
    return best;
}

void caus_demand_add(const caus_case *about, size_t service, caus_text *text)
{
    const caus_scene *scene = &about->scene;
    size_t callee = find_asked(about, service);
    if (callee == SIZE_MAX)
        return;
    const caus_shift *shift = &about->calls_shifts[callee];
    bool alone =
        scene->caller_start[callee + 1] - scene->caller_start[callee] == 1;
    caus_text_format(text, "%s%s got %.3g requests for one of %s, not %.3g",
                     text->length ? "; " : "", scene->services[callee],
                     shift->after, alone ? "its own" : "its callers'",
                     shift->before);
}

caus_status caus_demand_weigh(caus_case *about, double *clues, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t services = scene->service_count;
    double *rise = CAUS_ARRAY(about->out, double, services + 1);
    double *pushed = CAUS_ARRAY(about->out, double, services + 1);
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    about->calls_shifts = CAUS_ARRAY(about->out, caus_shift, services + 1);
    if (!rise || !pushed || !about->calls_shifts)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        rise[s] = risen(about, s, about->onset_row, about->timeline.row_count,
                        &space);
        pushed[s] = about->asked[s];
        if (scene->has_calls)
            about->calls_shifts[s] =
                caus_timeline_shift(&about->calls_each, s, about->onset_row,
                                    about->timeline.row_count, &space);
    }
    pass_on(scene, rise, pushed);
    for (size_t s = 0; s < services; s++)
        pushed[s] =
            caus_explained_share * fmin(1, pushed[s] / caus_explained_clue);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (scene->service_of[v] != SIZE_MAX)
            clues[v] *= 1 - pushed[scene->service_of[v]];
    }
    about->context.pushed = pushed;
    return CAUS_OK;
}
