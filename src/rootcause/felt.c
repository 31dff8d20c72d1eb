/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Latency and failures that were there before anybody felt anything: what a
 * service shows reaches users within minutes, so that what was as bad for
 * longer while they saw nothing is not what made them see it.
 */
#include <math.h>

#include "rootcause/weighing.h"
#include "rootcause/weights.h"

/* It is off from this share of the incident's change on. */
static const double off_share = .5;

/* Who would feel it: the named symptom, else what users see. */
typedef struct witnesses {
    size_t row;  /* the first in which one of them may be off; SIZE_MAX = none
                    is */
    double seen; /* how surely, in [0, 1] */
} witnesses;

/* The first of the rows in which a variable is off without a pause, which hold
 * the onset or follow it; SIZE_MAX = there are none. */
typedef struct beginning {
    size_t row;
    size_t earliest; /* rows without a value before it may be such, too */
} beginning;

static bool is_worse(const caus_case *about, size_t variable)
{
    const caus_scene *scene = &about->scene;
    const caus_shift *shift = &about->shifts[variable];
    return caus_aspect_is_outside(scene->aspects[variable]) &&
           shift->measured && shift->size * scene->bad[variable] > 0;
}

/* NaN where it is missing. */
static double share_at(const caus_case *about, size_t variable, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_shift *shift = &about->shifts[variable];
    double value = caus_timeline_values(timeline, variable)[row];
    return (value - shift->before) / (shift->after - shift->before);
}

static beginning begin_of(const caus_case *about, size_t variable)
{
    size_t row = about->onset_row, rows = about->timeline.row_count;
    while (row < rows && !(share_at(about, variable, row) >= off_share))
        row++;
    if (row == rows)
        return (beginning){SIZE_MAX, SIZE_MAX};
    beginning found = {row, row};
    while (found.earliest > 0 &&
           !(share_at(about, variable, found.earliest - 1) < off_share)) {
        found.earliest--;
        if (share_at(about, variable, found.earliest) >= off_share)
            found.row = found.earliest;
    }
    return found;
}

static void ask(const caus_case *about, size_t variable, const double *clues,
                witnesses *found)
{
    if (!is_worse(about, variable))
        return;
    double seen = caus_sureness(clues[variable]);
    size_t row = seen > 0 ? begin_of(about, variable).earliest : SIZE_MAX;
    found->seen = fmax(found->seen, seen);
    found->row = row < found->row ? row : found->row;
}

static witnesses find_witnesses(const caus_case *about, const double *clues)
{
    const caus_scene *scene = &about->scene;
    witnesses found = {SIZE_MAX, 0};
    if (about->options->symptom) {
        ask(about, about->symptom, clues, &found);
        return found;
    }
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (caus_scene_users_see(scene, scene->service_of[v]))
            ask(about, v, clues, &found);
    }
    return found;
}

/* For how long it was off before users felt anything: a row tells of one step,
 * whatever lies between it and the one before, and a mean of a part of that. */
static double unheeded_s(const caus_case *about, size_t variable,
                         const witnesses *users)
{
    double step_s = (double)about->series->step_ns / 1e9, rows = 0;
    for (size_t r = begin_of(about, variable).row; r < users->row; r++) {
        double share = share_at(about, variable, r);
        rows += isnan(share) ? 0 : fmin(share, 1);
    }
    return rows * step_s;
}

caus_status caus_felt_weigh(caus_case *about, double *clues, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    about->unheeded_s =
        CAUS_ARRAY(about->out, double, scene->service_count + 1);
    if (!about->unheeded_s)
        return caus_arena_fail(about->out, err);
    witnesses users = find_witnesses(about, clues);
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        CAUS_TRY(caus_run_check(about->run, err));
        if (users.row == SIZE_MAX || s == SIZE_MAX || clues[v] <= 0 ||
            v == about->symptom || !is_worse(about, v))
            continue;
        double before_s = unheeded_s(about, v, &users);
        double late_s = fmax(0, before_s - caus_felt_within_s);
        double heeded =
            fmax(exp(-late_s / caus_felt_within_s), caus_weight_unheeded);
        clues[v] *= 1 - users.seen * (1 - heeded);
        about->unheeded_s[s] = fmax(about->unheeded_s[s], before_s);
    }
    return CAUS_OK;
}
