/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that services get for each of their callers', and how many fewer
 * these are than they were: added up over all rows, as few of a row tell
 * little. */
#include <math.h>
#include <string.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"
#include "rootcause/placebo.h"

/* Requests of a service, and of its callers, in the rows before each in which
 * both are there: [rows + 1]. */
typedef struct requests {
    double *own, *callers;
} requests;

/* Whether all callers of a service count requests, each as another does. */
static bool count_alike(const caus_case *about, size_t service, size_t load)
{
    const caus_scene *scene = &about->scene;
    size_t first = SIZE_MAX;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t asked = caus_case_find_requests(about, callers.items[i], load);
        if (first == SIZE_MAX)
            first = asked;
        if (asked == SIZE_MAX ||
            scene->measures[first] != scene->measures[asked])
            return false;
    }
    return true;
}

/* Adds what a caller of a service was asked in every row, or all of them. */
static void add_callers(const caus_case *about, size_t service, size_t load,
                        size_t only, double *callers)
{
    const caus_scene *scene = &about->scene;
    const caus_timeline *timeline = &about->timeline;
    const caus_index_list asking = caus_scene_callers(scene, service);
    for (size_t i = 0; i < asking.count; i++) {
        size_t caller = asking.items[i];
        if (only != SIZE_MAX && caller != only)
            continue;
        size_t asked = caus_case_find_requests(about, caller, load);
        const double *values = caus_timeline_values(timeline, asked);
        for (size_t r = 0; r < timeline->row_count; r++)
            callers[r + 1] += values[r];
    }
}

static void add_up(const caus_case *about, size_t service, size_t load,
                   size_t only, requests *sums)
{
    size_t rows = about->timeline.row_count;
    const double *counted = caus_timeline_values(&about->timeline, load);
    memset(sums->callers, 0, (rows + 1) * sizeof *sums->callers);
    sums->own[0] = 0;
    add_callers(about, service, load, only, sums->callers);
    for (size_t r = 0; r < rows; r++) {
        double own = counted[r];
        bool both = !isnan(own) && sums->callers[r + 1] > 0;
        sums->own[r + 1] = sums->own[r] + (both ? own : 0);
        sums->callers[r + 1] =
            sums->callers[r] + (both ? sums->callers[r + 1] : 0);
    }
}

/* Requests of a service for each of its callers' in rows [from, to); NaN =
 * there are none. */
static double each_in(const requests *sums, size_t from, size_t to)
{
    double callers = sums->callers[to] - sums->callers[from];
    return callers > 0 ? (sums->own[to] - sums->own[from]) / callers
                       : (double)NAN;
}

/* The share of the usual requests that a window lacks; negative where there are
 * more. */
static double lacking(double usual, double now)
{
    return usual > 0 && !isnan(now) ? 1 - now / usual : 0;
}

/* How far the share that is lacking since the onset goes by chance, if rows
 * differ from `usual` each by itself as those before it do. */
static double noise_of(const caus_case *about, const requests *sums,
                       double usual)
{
    size_t onset = about->onset_row, rows = about->timeline.row_count;
    double squares = 0, before = 0, since = 0;
    for (size_t r = 0; r < rows; r++) {
        double own = sums->own[r + 1] - sums->own[r];
        double callers = sums->callers[r + 1] - sums->callers[r];
        double off = own - usual * callers;
        bool both = callers > 0;
        squares += both && r < onset ? off * off : 0;
        before += both && r < onset;
        since += both && r >= onset;
    }
    double expected = usual * (sums->callers[rows] - sums->callers[onset]);
    return before > 0 && expected > 0
               ? sqrt(squares / before * since) / expected
               : 0;
}

/* What is lacking in the later half of the rows, if more: what counts requests
 * of the last minutes goes on to count for as long when none come any more. */
static double late_share(const caus_case *about, const requests *sums,
                         const caus_lack *lack)
{
    size_t rows = about->timeline.row_count;
    size_t middle = about->onset_row + (rows - about->onset_row) / 2;
    double late = lacking(lack->usual, each_in(sums, middle, rows));
    return fmax(lack->share, late);
}

/* What a service lacks for the requests of all of its callers, or of one. */
static caus_lack lack_of(const caus_case *about, const caus_placebo *placebo,
                         const requests *sums)
{
    caus_lack made = {
        .usual = each_in(sums, 0, about->onset_row),
        .now = each_in(sums, about->onset_row, about->timeline.row_count)};
    made.share = lacking(made.usual, made.now);
    made.late = late_share(about, sums, &made);
    made.noise = noise_of(about, sums, made.usual);
    for (size_t i = 0; i < placebo->count; i++) {
        double each = each_in(sums, placebo->starts[i], placebo->ends[i]);
        made.chance = fmax(made.chance, fabs(lacking(made.usual, each)));
    }
    return made;
}

/*
 * Of callers that count unlike, or not at all, no sum tells. Whatever the share
 * of each, a service gets at least what it would if all asked it as much less
 * as the one does of whom that is least; and what nobody counts may be missing,
 * as if of callers that are alike those asked nothing any more.
 */
static caus_lack least_lack(const caus_case *about, const caus_placebo *placebo,
                            size_t service, size_t load, requests *sums)
{
    const caus_scene *scene = &about->scene;
    caus_lack least = {0};
    double counted = 0, all = 0;
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        caus_lack made = {.usual = 0, .now = (double)NAN};
        if (caus_case_find_requests(about, caller, load) != SIZE_MAX) {
            add_up(about, service, load, caller, sums);
            made = lack_of(about, placebo, sums);
        }
        all += !isnan(made.usual); /* who is never asked asks nobody */
        if (isnan(made.usual) || isnan(made.now))
            continue;
        if (counted == 0 ||
            made.share - made.chance < least.share - least.chance)
            least = made;
        counted++;
    }
    if (counted > 0)
        least.share = 1 - (1 - least.share) * all / counted;
    least.of_one = all > 1;
    return least;
}

static caus_lack find_lack(const caus_case *about, const caus_placebo *placebo,
                           size_t service, requests *sums)
{
    size_t load = caus_case_find_load(about, service);
    if (load == SIZE_MAX)
        return (caus_lack){0};
    if (!count_alike(about, service, load))
        return least_lack(about, placebo, service, load, sums);
    add_up(about, service, load, SIZE_MAX, sums);
    caus_lack made = lack_of(about, placebo, sums);
    made.alike = true;
    return made;
}

caus_status caus_lacks_find(caus_case *about, const caus_placebo *placebo,
                            caus_error *err)
{
    size_t services = about->scene.service_count;
    caus_lack *lacks = CAUS_ARRAY(about->out, caus_lack, services + 1);
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    size_t count = about->timeline.row_count + 1;
    requests sums = {CAUS_ARRAY(scratch, double, count),
                     CAUS_ARRAY(scratch, double, count)};
    if (!lacks)
        return caus_arena_fail(about->out, err);
    if (!sums.own || !sums.callers)
        return caus_arena_fail(scratch, err);
    bool can_tell = about->scene.has_calls && placebo->count;
    for (size_t s = 0; s < services && can_tell; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        lacks[s] = find_lack(about, placebo, s, &sums);
    }
    caus_arena_rewind(scratch, mark);
    about->lacks = lacks;
    return CAUS_OK;
}
