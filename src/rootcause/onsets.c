/* SPDX-License-Identifier: Apache-2.0 */
/* When the incident began, and who moved first. */
#include <math.h>
#include <string.h>

#include "rootcause/logs.h"

enum { LEAST_REFERENCE = 20, LEAST_LATER = 3 };

static const double least_clue = .7; /* one deviation beyond the usual */

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
    options.reference_rows =
        onset_row == SIZE_MAX ? 0 : reference_before(timeline, onset_row);
    *done = false;
    if (onset_row != SIZE_MAX && (options.reference_rows < LEAST_REFERENCE ||
                                  rows - options.reference_rows < LEAST_LATER))
        return CAUS_OK;
    caus_status status = caus_anomaly_detect(
        about->series, &options, about->run, about->out, result, err);
    if (status == CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_OK;
    *done = status == CAUS_OK;
    return status;
}

static bool tells(caus_aspect aspect)
{
    return aspect != CAUS_ASPECT_LOAD && aspect != CAUS_ASPECT_NETWORK &&
           aspect != CAUS_ASPECT_OTHER;
}

static bool moved_badly(const caus_scene *scene, const caus_anomalies *found,
                        size_t variable)
{
    const caus_anomaly *anomaly = &found->variables[variable];
    int bad = scene->bad[variable];
    return anomaly->scored && anomaly->onset.found &&
           (bad == 0 || anomaly->direction == bad) &&
           tells(scene->aspects[variable]);
}

/* The loudest variable that tells of trouble: where too few move for the alarm
 * of the whole, each is still held against its own placebo windows. */
static size_t loudest_alone(const caus_scene *scene,
                            const caus_anomalies *found)
{
    size_t best = SIZE_MAX;
    for (size_t v = 0; v < found->variable_count; v++) {
        if (moved_badly(scene, found, v) &&
            (best == SIZE_MAX ||
             found->variables[v].ratio > found->variables[best].ratio))
            best = v;
    }
    return best;
}

bool caus_case_find_onset(caus_case *about, const caus_anomalies *found,
                          caus_onset *result)
{
    about->alarm = found->score / found->threshold;
    *result = found->onset;
    size_t alone = loudest_alone(&about->scene, found);
    if (alone == SIZE_MAX)
        return found->onset.found;
    about->alone = found->variables[alone].ratio / found->variable_threshold;
    if (!found->onset.found && about->alone > 1)
        *result = found->variables[alone].onset;
    return result->found;
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
    caus_log_use_onsets(about);
    if (about->has_anomalies || about->context.logs)
        compare_onsets(about);
}
