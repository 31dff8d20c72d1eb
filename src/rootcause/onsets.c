/* SPDX-License-Identifier: Apache-2.0 */
/* When the incident began, and who moved first. */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly.h"
#include "rootcause/behaviour.h"
#include "rootcause/logs.h"
#include "rootcause/onset.h"
#include "rootcause/weights.h"

enum { LEAST_REFERENCE = 20, LEAST_LATER = 3 };

static const double most_departure = 30;
static const double least_clue = .7; /* one deviation beyond the usual */
/* How far something moved for a while that nobody feels tells nothing: that it
 * did is news. */
static const double most_unfelt = 3;

/* The rows taken as healthy when the onset is known, which may be late: some
 * rows before it are looked at as well. */
static size_t reference_before(const caus_timeline *timeline, size_t onset_row)
{
    size_t after = timeline->row_count - onset_row;
    size_t margin = after / 2 > LEAST_LATER ? after / 2 : LEAST_LATER;
    if (margin > onset_row / 5)
        margin = onset_row / 5;
    return onset_row - margin;
}

caus_status caus_case_detect(caus_case *about, size_t onset_row,
                             caus_anomalies *result, bool *done,
                             caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    caus_anomaly_options options = caus_anomaly_options_default();
    size_t rows = timeline->row_count;
    options.reference_rows = onset_row == SIZE_MAX
                                 ? about->near_row
                                 : reference_before(timeline, onset_row);
    *done = false;
    if (onset_row != SIZE_MAX && (options.reference_rows < LEAST_REFERENCE ||
                                  rows - options.reference_rows < LEAST_LATER))
        return CAUS_OK;
    const caus_time_columns columns = caus_timeline_columns(timeline);
    const caus_detect_rows seen = {
        .series = about->series, .columns = &columns, .later = about->later};
    caus_status status = caus_anomaly_detect_columns(
        &seen, &options, about->run, about->out, result, err);
    if (status == CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_OK;
    *done = status == CAUS_OK;
    return status;
}

static bool moved_badly(const caus_scene *scene, const caus_anomalies *found,
                        size_t variable)
{
    const caus_anomaly *anomaly = &found->variables[variable];
    int bad = scene->bad[variable];
    return anomaly->scored && anomaly->onset.found &&
           (bad == 0 || anomaly->direction == bad) &&
           caus_scene_tells(scene, variable);
}

static bool is_good(const caus_scene *scene, size_t variable, double ratio)
{
    return scene->bad[variable] * ratio < 0;
}

/* How much of the alarm is about trouble since row `first`: what moved the good
 * way is none, nor what was over before an onset that is known. */
static bool share_of_alarm(const caus_case *about, const caus_anomalies *found,
                           size_t first, double *share)
{
    size_t rows = found->row_count;
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    double *any = CAUS_ARRAY(about->out, double, rows);
    double *bad = CAUS_ARRAY(about->out, double, rows);
    if (!any || !bad)
        return false;
    for (size_t v = 0; v < found->variable_count; v++)
        for (size_t r = found->reference_rows; about->later[v] && r < rows;
             r++) {
            double ratio = about->later[v][r - found->reference_rows];
            if (!(fabs(ratio) > 1))
                continue;
            double says = log(fmin(fabs(ratio), most_departure));
            any[r] += says;
            if (r >= first && !is_good(&about->scene, v, ratio))
                bad[r] += says;
        }
    double most_any = 0, most_bad = 0;
    for (size_t r = 0; r < rows; r++) {
        most_any = fmax(most_any, any[r]);
        most_bad = fmax(most_bad, bad[r]);
    }
    *share = most_any > 0 ? sqrt(most_bad / most_any) : 1;
    caus_arena_rewind(about->out, mark);
    return true;
}

static double largest_departure(const caus_case *about,
                                const caus_anomalies *found, size_t variable,
                                size_t first)
{
    const double *ratios = about->later[variable];
    double most = 0;
    for (size_t r = first; ratios && r < found->row_count; r++) {
        double ratio = ratios[r - found->reference_rows];
        if (!is_good(&about->scene, variable, ratio))
            most = fmax(most, fabs(ratio));
    }
    return most;
}

/* Whether it would be seen how a service or one that calls it answers. */
static bool answers_are_seen(const caus_scene *scene, size_t service)
{
    bool seen = caus_scene_shows(scene, service);
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; !seen && i < callers.count; i++)
        seen = caus_scene_shows(scene, callers.items[i]);
    return seen;
}

/* Whether a variable is off its habit in most rows since it left that. */
static bool lasts(const caus_timeline *timeline, const caus_anomalies *found,
                  size_t variable)
{
    const caus_anomaly *anomaly = &found->variables[variable];
    const double *values = caus_timeline_values(timeline, variable);
    size_t off = 0, rows = 0;
    for (size_t r = anomaly->onset.row; r < timeline->row_count; r++) {
        double size = (values[r] - anomaly->level) * anomaly->direction;
        off += size > caus_off_size * anomaly->scale;
        rows += isnan(size) ? 0 : 1;
    }
    return 2 * off > rows;
}

/* The most that a departure of a variable counts: batch jobs, collected garbage
 * and caches that fill are no incident as long as everybody answers as ever. */
static double most_of(const caus_case *about, const caus_anomalies *found,
                      size_t variable)
{
    const caus_scene *scene = &about->scene;
    size_t s = scene->service_of[variable];
    bool is_unfelt = s != SIZE_MAX && !scene->named[variable] &&
                     !caus_aspect_is_outside(scene->aspects[variable]) &&
                     answers_are_seen(scene, s);
    return is_unfelt && !lasts(&about->timeline, found, variable)
               ? most_unfelt
               : (double)INFINITY;
}

/* The loudest variable that tells of trouble: where too few move for the alarm
 * of the whole, each is still held against its own placebo windows. */
static size_t loudest_alone(const caus_case *about, const caus_anomalies *found,
                            size_t first, double *largest)
{
    const caus_scene *scene = &about->scene;
    size_t best = SIZE_MAX;
    *largest = 0;
    for (size_t v = 0; v < found->variable_count; v++) {
        if (!moved_badly(scene, found, v))
            continue;
        double departure = fmin(largest_departure(about, found, v, first),
                                most_of(about, found, v));
        if (departure > *largest) {
            *largest = departure;
            best = v;
        }
    }
    return best;
}

caus_status caus_case_find_onset(caus_case *about, const caus_anomalies *found,
                                 size_t given, caus_onset *result,
                                 caus_error *err)
{
    size_t first = given == SIZE_MAX ? found->reference_rows : given;
    double share, largest;
    if (!share_of_alarm(about, found, first, &share))
        return caus_arena_fail(about->out, err);
    about->alarm = share * found->score / found->threshold;
    caus_onset onset = found->onset;
    onset.found = onset.found && about->alarm > 1;
    size_t alone = loudest_alone(about, found, first, &largest);
    if (alone != SIZE_MAX) {
        about->alone = largest / found->variable_threshold;
        if (!onset.found && about->alone > 1)
            onset = found->variables[alone].onset;
    }
    *result = onset;
    return CAUS_OK;
}

/* The onset of a service is that of its earliest bad variable. */
static void find_service_onsets(caus_case *about, const caus_anomalies *found,
                                const double *clues)
{
    const caus_scene *scene = &about->scene;
    for (size_t v = 0; v < found->variable_count; v++) {
        const caus_anomaly *anomaly = &found->variables[v];
        size_t s = scene->service_of[v];
        about->onsets[v] = anomaly->onset;
        bool moved = anomaly->exceeds || clues[v] > least_clue;
        if (s == SIZE_MAX || !moved || !moved_badly(scene, found, v))
            continue;
        caus_onset *own = &about->service_onsets[s];
        if (!own->found || anomaly->onset.row < own->row ||
            (anomaly->onset.row == own->row &&
             anomaly->onset.last_row < own->last_row))
            *own = anomaly->onset;
    }
}

/*
 * How early each service moved: the share of the others that began after it
 * beyond the uncertainty of both, among those that moved at all.
 */
static void compare_onsets(caus_case *about)
{
    size_t count = about->scene.service_count;
    for (size_t a = 0; a < count; a++) {
        const caus_onset *own = &about->service_onsets[a];
        size_t later = 0, earlier = 0, others = 0;
        about->order[a] = 0;
        if (!own->found || about->scene.observer[a])
            continue;
        for (size_t b = 0; b < count; b++) {
            const caus_onset *other = &about->service_onsets[b];
            if (b == a || !other->found || about->scene.observer[b])
                continue;
            others++;
            later += other->first_row > own->last_row;
            earlier += other->last_row < own->first_row;
        }
        if (others && later > earlier)
            about->order[a] = (double)(later - earlier) / (double)others;
    }
}

void caus_case_use_onsets(caus_case *about, const double *clues)
{
    if (about->has_anomalies)
        find_service_onsets(about, &about->anomalies, clues);
    caus_silence_use_onsets(about);
    caus_log_use_onsets(about);
    if (about->has_anomalies || about->context.logs)
        compare_onsets(about);
}
