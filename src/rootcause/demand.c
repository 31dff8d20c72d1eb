/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks more of others than the requests that it gets account for. How many
 * calls of a service there are for one request of its callers is held against
 * its habit like a variable, less what failures make: who fails is asked again,
 * and that is its own doing.
 */
#include <math.h>
#include <string.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"
#include "rootcause/measures.h"
#include "rootcause/season.h"
#include "rootcause/weights.h"

/* So often is asked again at most for a failure that its callers count, when
 * they have given up; where nobody counts what is asked again. */
static const double again_of_caller = 2;

/* Of every service in every row: [services × rows]. */
typedef struct trouble {
    const double
        *measured;    /* [variables × rows] with their time of day, as
                         of two that are divided one may follow it alone */
    double *failures; /* by what counts most */
    double *again;    /* what it asked others again; as far as it counts that */
    bool *counts;     /* [services] whether it does */
} trouble;

/* What one variable says that fails in a row, in requests. */
static double failing_at(const caus_case *about, const double *measured,
                         size_t variable, size_t load, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    double whole = timeline->whole[variable];
    double value = measured[variable * timeline->row_count + row];
    if (whole <= 0)
        return value;
    if (load == SIZE_MAX)
        return 0;
    double share = about->scene.bad[variable] < 0 ? whole - value : value;
    return share / whole * measured[load * timeline->row_count + row];
}

static bool counts_again(const caus_case *about, size_t variable)
{
    const char *name = caus_measure_name(&about->series->variables[variable]);
    return about->timeline.whole[variable] <= 0 &&
           (strstr(name, "retries") || strstr(name, "retry"));
}

static void count_trouble(const caus_case *about, trouble *found)
{
    const caus_scene *scene = &about->scene;
    size_t rows = about->timeline.row_count;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        /* An answer that comes late is none to be asked for again. */
        if (s == SIZE_MAX || scene->aspects[v] != CAUS_ASPECT_ERRORS ||
            caus_aspect_is_of_content(&about->series->variables[v]))
            continue;
        size_t load = caus_case_find_load(about, s);
        bool again = counts_again(about, v);
        found->counts[s] = found->counts[s] || again;
        for (size_t r = 0; r < rows; r++) {
            double failing = failing_at(about, found->measured, v, load, r);
            size_t cell = s * rows + r;
            if (again && failing > 0)
                found->again[cell] += failing;
            else if (!again)
                found->failures[cell] = fmax(found->failures[cell], failing);
        }
    }
}

/* What the measured callers of a service do in every row: in requests or, where
 * none counts as the service does, in each one's usual ones. */
typedef struct asking {
    double *requests; /* [rows] that they get; 0 = nobody is measured */
    double *again;    /* [rows] that they repeat, where all count that */
    double *failing;  /* [rows] of the one with most failures; where none counts
                         alike, of each of its requests */
    bool counted, alike;
} asking;

static void add_caller(const caus_case *about, const trouble *known,
                       size_t caller, size_t load, asking *callers)
{
    size_t rows = about->timeline.row_count;
    const double *requests = known->measured + load * rows;
    const double *again = known->again + caller * rows;
    const double *failing = known->failures + caller * rows;
    callers->counted = callers->counted && known->counts[caller];
    for (size_t r = 0; r < rows; r++) {
        callers->requests[r] += requests[r];
        callers->again[r] += again[r];
        callers->failing[r] = fmax(callers->failing[r], failing[r]);
    }
}

static void add_unlike(const caus_case *about, const trouble *known,
                       size_t caller, asking *callers)
{
    size_t rows = about->timeline.row_count;
    size_t load = caus_case_find_load(about, caller);
    double usual = load == SIZE_MAX ? 0 : about->shifts[load].before;
    const double *failing = known->failures + caller * rows;
    for (size_t r = 0; usual > 0 && r < rows; r++) {
        double requests = known->measured[load * rows + r];
        callers->requests[r] += requests / usual;
        if (requests > 0)
            callers->failing[r] =
                fmax(callers->failing[r], fmin(1, failing[r] / requests));
    }
}

/* Whether any caller of a service counts requests as it does: without one each
 * is held against its own habit. */
static bool is_counted_alike(const caus_case *about, size_t service,
                             size_t load)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; load != SIZE_MAX && i < callers.count; i++) {
        if (caus_case_find_alike(about, callers.items[i], load) != SIZE_MAX)
            return true;
    }
    return false;
}

static void find_asking(const caus_case *about, const trouble *known,
                        size_t service, size_t load, asking *callers)
{
    const caus_scene *scene = &about->scene;
    size_t size = about->timeline.row_count * sizeof(double);
    callers->counted = true;
    callers->alike = is_counted_alike(about, service, load);
    memset(callers->requests, 0, size);
    memset(callers->again, 0, size);
    memset(callers->failing, 0, size);
    const caus_index_list those = caus_scene_callers(scene, service);
    for (size_t i = 0; i < those.count; i++) {
        size_t caller = those.items[i];
        size_t own = caus_case_find_alike(about, caller, load);
        if (!callers->alike)
            add_unlike(about, known, caller, callers);
        else if (own != SIZE_MAX)
            add_caller(about, known, caller, own, callers);
    }
}

/* What is asked again for failures that a service counts itself, of so many
 * requests that it gets: all but those of the third attempt, which fails by the
 * square of the share that does. */
static double again_of_own(double failures, double requests)
{
    double share = requests > 0 ? fmin(1, failures / requests) : 0;
    return failures * (1 + share) / (1 + share + share * share);
}

/* What of so many requests callers repeat in a row, where they do not tell: who
 * gives up after the third attempt fails by the cube of the share of attempts
 * that do. */
static double again_of_callers(const asking *callers, double requests,
                               size_t row)
{
    if (callers->alike)
        return again_of_caller * callers->failing[row];
    double share = cbrt(fmin(1, callers->failing[row]));
    double repeated = share + share * share;
    return requests * repeated / (1 + repeated);
}

static void count_calls(const caus_case *about, const trouble *known,
                        size_t service, asking *callers, double *calls)
{
    size_t rows = about->timeline.row_count;
    size_t load = caus_case_find_load(about, service);
    const double *failures = known->failures + service * rows;
    if (load != SIZE_MAX)
        find_asking(about, known, service, load, callers);
    for (size_t r = 0; r < rows; r++) {
        calls[r] = (double)NAN;
        if (load == SIZE_MAX || !(callers->requests[r] > 0))
            continue;
        double got = known->measured[load * rows + r];
        double again = callers->alike && callers->counted
                           ? callers->again[r]
                           : again_of_own(failures[r], got) +
                                 again_of_callers(callers, got, r);
        double asked = got - again;
        if (!isnan(asked))
            calls[r] = fmax(0, asked) / callers->requests[r];
    }
}

/* The calls of every service for one request: [services × rows]. */
static caus_status count_all(const caus_case *about, double *calls,
                             caus_arena *scratch, caus_error *err)
{
    size_t services = about->scene.service_count;
    size_t rows = about->timeline.row_count;
    trouble known = {.failures = CAUS_ARRAY(scratch, double, services *rows),
                     .again = CAUS_ARRAY(scratch, double, services *rows),
                     .counts = CAUS_ARRAY(scratch, bool, services + 1)};
    asking callers = {.requests = CAUS_ARRAY(scratch, double, rows),
                      .again = CAUS_ARRAY(scratch, double, rows),
                      .failing = CAUS_ARRAY(scratch, double, rows)};
    if (!known.failures || !known.again || !known.counts || !callers.requests ||
        !callers.again || !callers.failing)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(caus_season_put_back(about, scratch, &known.measured, err));
    count_trouble(about, &known);
    for (size_t s = 0; s < services; s++)
        count_calls(about, &known, s, &callers, calls + s * rows);
    return CAUS_OK;
}

caus_status caus_demand_init(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    size_t rows = about->timeline.row_count;
    caus_timeline made = {.row_count = rows, .variable_count = services};
    if (!about->scene.has_calls)
        return CAUS_OK;
    made.values = CAUS_ARRAY(about->out, double, services *rows);
    if (!made.values)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(caus_timeline_add_traits(&made, about->out, err));
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = count_all(about, made.values, scratch, err);
    caus_arena_rewind(scratch, mark);
    CAUS_TRY(status);
    CAUS_TRY(caus_season_take_out_of(about, &made, err));
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

/* How much more calls a variable counts than it would if each were made
 * again as often as calls that fail are, as a clue. */
static double beyond_again(const caus_shift *shift)
{
    double more = shift->after / (1 + again_of_caller) - shift->before;
    return shift->measured && more > 0 && shift->scale > 0
               ? log1p(more / shift->scale)
               : 0;
}

/* Whether a caller counts neither what it asks nor what it is asked: then the
 * work that it has with that tells. */
static bool counts_nothing(const caus_case *about, size_t caller)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < own.count; i++) {
        if (scene->aspects[own.items[i]] == CAUS_ASPECT_LOAD)
            return false;
    }
    return true;
}

/* How much more a caller whom nobody calls counts that it asks, over a call or
 * all of its calls, or works: a job asks of its own accord. */
static double asked_of_own_accord(const caus_case *about, size_t call,
                                  size_t caller, const caus_window *rows,
                                  caus_shift_space *space)
{
    const caus_scene *scene = &about->scene;
    bool works = counts_nothing(about, caller);
    double most = 0;
    const caus_index_list own = caus_scene_variables(scene, caller);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        bool other = scene->toward[v] != SIZE_MAX && scene->toward[v] != call;
        bool tells = works ? scene->aspects[v] == CAUS_ASPECT_CPU
                           : scene->asks[v] && !other;
        if (!tells)
            continue;
        caus_shift shift = caus_timeline_shift(&about->timeline, v, rows->from,
                                               rows->to, space);
        most = fmax(most, beyond_again(&shift));
    }
    return most;
}

/* That of the caller of a service that asks most more. */
static double asked_by_jobs(const caus_case *about, size_t service,
                            const caus_window *rows, caus_shift_space *space)
{
    const caus_scene *scene = &about->scene;
    double most = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!caus_scene_is_called(scene, caller))
            most = fmax(most,
                        asked_of_own_accord(
                            about, caus_scene_find_call(scene, caller, service),
                            caller, rows, space));
    }
    return most;
}

double caus_demand_clue(const caus_case *about, size_t service, size_t from,
                        size_t to, caus_shift_space *space)
{
    if (!about->scene.has_calls)
        return 0;
    const caus_window rows = {.from = from, .to = to};
    caus_shift shift =
        caus_timeline_shift(&about->calls_each, service, from, to, space);
    double grown = shift.after > shift.before ? log(shift.after / shift.before)
                                              : (double)INFINITY;
    double clue =
        fmax(caus_clue_of(&shift, CAUS_ASPECT_LOAD, 1) * fmin(1, grown / M_LN2),
             asked_by_jobs(about, service, &rows, space));
    return clue > 0 ? fmin(clue, risen(about, service, from, to, space)) : 0;
}

/* How well a caller fits as who asks more: by what it does itself, and by what
 * else it asks more. */
static double fits(const caus_scene *scene, const double *asked,
                   const double *busy, size_t caller, size_t callee)
{
    double most = busy[caller];
    const caus_index_list callees = caus_scene_callees(scene, caller);
    for (size_t i = 0; i < callees.count; i++) {
        if (callees.items[i] != callee)
            most = fmax(most, asked[callees.items[i]]);
    }
    return exp(fmin(most, caus_explained_clue));
}

void caus_demand_share_out(const caus_scene *scene, const double *asked,
                           const double *busy, double *shares)
{
    memset(shares, 0,
           scene->callee_start[scene->service_count] * sizeof *shares);
    for (size_t s = 0; s < scene->service_count; s++) {
        if (!(asked[s] > 0))
            continue;
        const caus_index_list callers = caus_scene_callers(scene, s);
        double all = 0;
        for (size_t i = 0; i < callers.count; i++)
            all += fits(scene, asked, busy, callers.items[i], s);
        for (size_t i = 0; i < callers.count; i++) {
            size_t caller = callers.items[i];
            double fit = fits(scene, asked, busy, caller, s);
            shares[caus_scene_find_call(scene, caller, s)] =
                asked[s] * fit / all;
        }
    }
}

void caus_demand_pass_on(const caus_scene *scene, const double *most,
                         double *amounts)
{
    for (bool any = true; any;) {
        any = false;
        for (size_t s = 0; s < scene->service_count; s++) {
            const caus_index_list callees = caus_scene_callees(scene, s);
            for (size_t i = 0; i < callees.count; i++) {
                size_t callee = callees.items[i];
                double passed = fmin(amounts[s], most[callee]);
                any = any || passed > amounts[callee];
                amounts[callee] = fmax(amounts[callee], passed);
            }
        }
    }
}

/* The callee of whom a service asks most more itself, as it is scored for;
 * SIZE_MAX = none. */
static size_t find_asked(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const double *shares = about->scores.asked_by;
    size_t best = SIZE_MAX;
    for (size_t i = scene->callee_start[service];
         i < scene->callee_start[service + 1]; i++) {
        if (shares[i] > (best == SIZE_MAX ? 0 : shares[best]))
            best = i;
    }
    return best == SIZE_MAX ? best : scene->callees[best];
}

void caus_demand_add(const caus_case *about, size_t service, caus_text *text)
{
    const caus_scene *scene = &about->scene;
    size_t callee = find_asked(about, service);
    if (callee == SIZE_MAX)
        return;
    const caus_shift *shift = &about->calls_shifts[callee];
    const char *start = text->length ? "; " : "",
               *name = scene->services[callee];
    bool alone = caus_scene_callers(scene, callee).count == 1;
    const char *whose = alone ? "this service got" : "its callers got";
    if (is_counted_alike(about, callee, caus_case_find_load(about, callee)))
        caus_text_format(
            text, "%s%s got %.3g requests for each that %s, instead of %.3g",
            start, name, shift->after, whose, shift->before);
    else
        caus_text_format(text,
                         "%s%s got %.3g times as many requests as it usually "
                         "gets for what %s",
                         start, name, shift->after / shift->before, whose);
}

caus_status caus_demand_weigh(caus_case *about, double *clues, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t services = scene->service_count;
    if (!scene->has_calls)
        return CAUS_OK;
    double *rise = CAUS_ARRAY(about->out, double, services + 1);
    double *pushed = CAUS_ARRAY(about->out, double, services + 1);
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    about->calls_shifts = CAUS_ARRAY(about->out, caus_shift, services + 1);
    if (!rise || !pushed || !about->calls_shifts)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        size_t load = caus_case_find_load(about, s);
        if (load != SIZE_MAX)
            rise[s] = caus_clue_of(&about->shifts[load], CAUS_ASPECT_LOAD, 1);
        pushed[s] = about->asked[s];
        about->calls_shifts[s] =
            caus_timeline_shift(&about->calls_each, s, about->onset_row,
                                about->timeline.row_count, &space);
    }
    caus_demand_pass_on(scene, rise, pushed);
    for (size_t s = 0; s < services; s++)
        pushed[s] = caus_explained_share * caus_sureness(pushed[s]);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (scene->service_of[v] != SIZE_MAX)
            clues[v] *= 1 - pushed[scene->service_of[v]];
    }
    about->context.pushed = pushed;
    return CAUS_OK;
}
