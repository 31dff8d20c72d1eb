/* SPDX-License-Identifier: Apache-2.0 */
/* What the ranking says of windows in which nothing happened. */
#include <math.h>
#include <string.h>

#include "numeric/order.h"
#include "rootcause/behaviour.h"
#include "rootcause/beyond.h"
#include "rootcause/logs.h"
#include "rootcause/placebo.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

enum { LEAST_WINDOWS = 3, LEAST_WIDTH = 4 };

/* At most this share of the windows is left out, from so many deviations on. */
static const double most_left_out = .3;
static const double loud = 4;
static const double median_distances = 1.4826; /* in a normal deviation */
static const double least_loudness = .05;

/* The first score without what only the incident itself can have. */
static double top_score(const caus_scene *scene, const caus_scores *scores)
{
    double top = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        const double *terms = scores->terms[s];
        top = fmax(top, terms[CAUS_TERM_INTERNAL] + terms[CAUS_TERM_EXTERNAL] +
                            terms[CAUS_TERM_BOTH] + terms[CAUS_TERM_LOGS] +
                            scores->asking[s]);
    }
    return top;
}

size_t caus_windows_spread(size_t from, size_t to, size_t width, size_t *starts)
{
    size_t left = to - from - width;
    size_t apart = caus_larger(width / 2, 1);
    size_t count = caus_smaller(left / apart + 1, CAUS_MOST_WINDOWS);
    for (size_t i = 0; i < count; i++)
        starts[i] = from + (count > 1 ? left * i / (count - 1) : 0);
    return count;
}

/* Windows as long as the incident, at most an eighth of the healthy rows, in
 * the later half of these. */
static size_t place_windows(const caus_timeline *timeline, size_t onset_row,
                            size_t *starts, size_t *ends)
{
    size_t healthy = caus_timeline_filled_before(timeline, onset_row);
    size_t after = timeline->filled_count - healthy;
    size_t width = caus_smaller(after, caus_larger(healthy / 8, LEAST_WIDTH));
    size_t first = caus_larger(healthy / 2, CAUS_LEAST_HEALTHY);
    if (!width || first + width > healthy)
        return 0;
    size_t count = caus_windows_spread(first, healthy, width, starts);
    for (size_t i = 0; i < count; i++) {
        ends[i] = timeline->filled[starts[i] + width - 1] + 1;
        starts[i] = timeline->filled[starts[i]];
    }
    return count;
}

void caus_placebo_leave_out(const double *clues, size_t count, size_t width,
                            size_t most, bool *is_left_out)
{
    double loudness[CAUS_MOST_WINDOWS] = {0}, room[CAUS_MOST_WINDOWS];
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < width; k++)
            loudness[i] += clues[i * width + k] / (double)width;
    }
    if (!most)
        return;
    memcpy(room, loudness, sizeof room);
    double middle = caus_median(room, count);
    for (size_t i = 0; i < count; i++)
        room[i] = fabs(loudness[i] - middle);
    double deviation =
        fmax(median_distances * caus_median(room, count), least_loudness);
    for (size_t k = 0; k < most; k++) {
        size_t worst = SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            if (!is_left_out[i] && loudness[i] > middle + loud * deviation &&
                (worst == SIZE_MAX || loudness[i] > loudness[worst]))
                worst = i;
        }
        if (worst == SIZE_MAX)
            return;
        is_left_out[worst] = true;
    }
}

/* The clues of every window, later ones first as their shifts are found faster
 * so, and how often services are silent in it or asked more. */
static caus_status fill_windows(const caus_case *about,
                                const caus_placebo *windows, caus_shift *shifts,
                                caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t variables = about->series->variable_count;
    size_t services = about->scene.service_count;
    const size_t *starts = windows->starts, *ends = windows->ends;
    size_t restarted[CAUS_MOST_WINDOWS];
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(timeline, caus_run_scratch(about->run, 0),
                                   &space, err));
    for (size_t v = 0; v < variables; v++) {
        CAUS_TRY(caus_run_check(about->run, err));
        for (size_t i = windows->count; i-- > 0;) {
            caus_shift *shift = &shifts[i * variables + v];
            *shift =
                caus_timeline_shift(timeline, v, starts[i], ends[i], &space);
            windows->clues[i * variables + v] = caus_clue_of(
                shift, about->scene.aspects[v], about->scene.bad[v]);
        }
    }
    for (size_t i = 0; i < windows->count; i++) {
        CAUS_TRY(caus_run_check(about->run, err));
        restarted[i] = caus_restart_count(about, starts[i], ends[i]);
    }
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        for (size_t i = windows->count; i-- > 0;) {
            const caus_window window = {starts[i], ends[i],
                                        shifts + i * variables, restarted[i]};
            windows->silent[i * services + s] =
                caus_silence_clue(about, s, &window);
            windows->asked[i * services + s] =
                caus_demand_clue(about, s, starts[i], ends[i], &space);
        }
    }
    return CAUS_OK;
}

caus_status caus_placebo_init(const caus_case *about, caus_placebo *result,
                              caus_error *err)
{
    size_t variables = about->series->variable_count;
    size_t services = about->scene.service_count;
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    size_t *starts = CAUS_ARRAY(scratch, size_t, CAUS_MOST_WINDOWS);
    size_t *ends = CAUS_ARRAY(scratch, size_t, CAUS_MOST_WINDOWS);
    if (!starts || !ends)
        return caus_arena_fail(scratch, err);
    size_t count =
        place_windows(&about->timeline, about->onset_row, starts, ends);
    caus_placebo made = {
        .count = count,
        .strength = (double)NAN,
        .starts = starts,
        .ends = ends,
        .is_left_out = CAUS_ARRAY(scratch, bool, count + 1),
        .silent = CAUS_ARRAY(scratch, double, services *(count + 1)),
        .asked = CAUS_ARRAY(scratch, double, services *(count + 1)),
        .clues = CAUS_ARRAY(scratch, double, variables *(count + 1))};
    caus_shift *shifts = CAUS_ARRAY(scratch, caus_shift, count * variables);
    if (!made.is_left_out || !made.clues || !made.silent || !made.asked ||
        !shifts)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(fill_windows(about, &made, shifts, err));
    caus_placebo_leave_out(made.clues, count, variables,
                           (size_t)(most_left_out * (double)count),
                           made.is_left_out);
    *result = made;
    return CAUS_OK;
}

/* What is left of a clue beside what the same makes in healthy windows, of
 * which each has `width` clues, itself not counted. Their mean square tells how
 * far it goes in a window; the largest of them tells of how many there are,
 * too. */
static double beyond(const caus_placebo *placebo, const double *clues,
                     size_t width, size_t self, double clue)
{
    double squares = 0, count = 0;
    for (size_t i = 0; i < placebo->count; i++) {
        if (i == self || placebo->is_left_out[i])
            continue;
        squares += clues[i * width] * clues[i * width];
        count++;
    }
    double usual = count > 0 ? sqrt(squares / count) : 0;
    return fmax(0, clue - caus_usual_share * usual);
}

/* The same of a clue that each service has: of window `self`, or SIZE_MAX = of
 * the incident, which `result` holds then. */
static void reduce_each(const caus_placebo *placebo, const double *windows,
                        size_t services, size_t self, double *result)
{
    for (size_t s = 0; s < services; s++) {
        double clue =
            self == SIZE_MAX ? result[s] : windows[self * services + s];
        result[s] = beyond(placebo, windows + s, services, self, clue);
    }
}

void caus_case_stand_alone(caus_case *about, const double *windows,
                           size_t count, double most)
{
    double usual = caus_explained_clue;
    for (size_t i = 0; i < count; i++)
        usual = fmax(usual, windows[i]);
    if (!isnan(about->alarm))
        about->alone = fmax(about->alone, most / usual);
}

static double loudest_silence(const caus_case *about)
{
    double most = 0;
    for (size_t s = 0; s < about->scene.service_count; s++)
        most = fmax(most, caus_silence_alarm(about, s));
    return most;
}

/* Reduces silences, and holds the loudest against the loudest of every healthy
 * window: before, as it is one for all services, and reduced. */
static void reduce_silence(caus_case *about, const caus_placebo *placebo)
{
    size_t services = about->scene.service_count;
    double windows[CAUS_MOST_WINDOWS] = {0};
    for (size_t i = 0; i < placebo->count; i++) {
        for (size_t s = 0; s < services; s++)
            windows[i] = fmax(windows[i], placebo->silent[i * services + s]);
    }
    about->silence_over = caus_deviate_beyond(
        windows, placebo->count, loudest_silence(about),
        &(caus_windows_prior){caus_small_effect, caus_prior_windows});
    about->silence_over =
        fmin(about->silence_over, caus_silence_deviate(about));
    reduce_each(placebo, placebo->silent, services, SIZE_MAX, about->silent);
    caus_case_stand_alone(about, windows, placebo->count,
                          loudest_silence(about));
}

/* The same of log lines: of window `self`, or SIZE_MAX = of the incident. */
static void reduce_logs(const caus_case *about, const caus_placebo *placebo,
                        size_t self, caus_log_clues *result)
{
    const caus_log_clues *from =
        self == SIZE_MAX ? &about->logs : &placebo->logs[self];
    for (size_t kind = 0; kind < CAUS_LOG_KINDS; kind++) {
        for (size_t s = 0; s < about->scene.service_count; s++) {
            double usual = 0;
            for (size_t i = 0; i < placebo->count; i++) {
                if (i != self && !placebo->is_left_out[i])
                    usual = fmax(usual, placebo->logs[i].largest[kind][s]);
            }
            result->largest[kind][s] =
                fmax(0, from->largest[kind][s] - caus_usual_share * usual);
        }
    }
}

caus_status caus_placebo_reduce(caus_case *about, const caus_placebo *placebo,
                                double *clues, caus_error *err)
{
    size_t variables = about->series->variable_count;
    size_t services = about->scene.service_count;
    size_t from = about->onset_row, rows = about->timeline.row_count;
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(&about->timeline, about->out, &space, err));
    const caus_window window = {from, rows, about->shifts,
                                caus_restart_count(about, from, rows)};
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        about->silent[s] = caus_silence_clue(about, s, &window);
        about->asked[s] = caus_demand_clue(about, s, from, rows, &space);
    }
    for (size_t v = 0; v < variables; v++)
        clues[v] = caus_clue_of(&about->shifts[v], about->scene.aspects[v],
                                about->scene.bad[v]);
    CAUS_TRY(caus_per_request_weigh(about, clues, err));
    for (size_t v = 0; v < variables; v++)
        clues[v] =
            beyond(placebo, placebo->clues + v, variables, SIZE_MAX, clues[v]);
    reduce_silence(about, placebo);
    reduce_each(placebo, placebo->asked, services, SIZE_MAX, about->asked);
    if (placebo->logs)
        reduce_logs(about, placebo, SIZE_MAX, &about->logs);
    return CAUS_OK;
}

/* What is weighed in a healthy window: the same places as in the incident, and
 * nothing else that only this has. */
static caus_context context_of_windows(const caus_context *incident,
                                       const double *silent,
                                       const double *asked,
                                       const caus_log_clues *logs)
{
    return (caus_context){.scene = incident->scene,
                          .logs = logs,
                          .silent = silent,
                          .asked = asked,
                          .kinds = {incident->kinds[OUTSIDE_LATENCY],
                                    incident->kinds[OUTSIDE_ERRORS]},
                          .seen = incident->seen,
                          .fronts = incident->fronts,
                          .ends = incident->ends};
}

caus_status caus_placebo_measure(const caus_case *about, caus_placebo *placebo,
                                 caus_error *err)
{
    size_t variables = about->series->variable_count;
    if (placebo->count < LEAST_WINDOWS)
        return CAUS_OK;
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    double *clues = CAUS_ARRAY(about->out, double, variables);
    size_t services = about->scene.service_count;
    double *silent = CAUS_ARRAY(about->out, double, services + 1);
    double *asked = CAUS_ARRAY(about->out, double, services + 1);
    caus_scores scores;
    if (!clues || !silent || !asked)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(
        caus_scores_init(&about->scene, variables, about->out, &scores, err));
    caus_log_clues logs;
    if (placebo->logs)
        CAUS_TRY(caus_log_clues_init(&about->scene, about->out, &logs, err));
    caus_context context = context_of_windows(&about->context, silent, asked,
                                              placebo->logs ? &logs : NULL);
    double most = 0;
    for (size_t i = 0; i < placebo->count; i++) {
        for (size_t v = 0; v < variables; v++)
            clues[v] = beyond(placebo, placebo->clues + v, variables, i,
                              placebo->clues[i * variables + v]);
        reduce_each(placebo, placebo->silent, services, i, silent);
        reduce_each(placebo, placebo->asked, services, i, asked);
        if (placebo->logs)
            reduce_logs(about, placebo, i, &logs);
        caus_scores_fill(&context, clues, variables, &scores);
        most = fmax(most, top_score(&about->scene, &scores));
    }
    caus_arena_rewind(about->out, mark);
    double top = top_score(&about->scene, &about->scores);
    placebo->strength = top / fmax(most, caus_least_placebo);
    return CAUS_OK;
}
