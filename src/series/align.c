/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>

#include "series/series_internal.h"

/* Samples between two looks at the run control: well under 10 ms. */
enum { CHECK_EVERY = 1 << 16 };

/* Times and steps further out than this would overflow when added. */
static const int64_t farthest_ns = INT64_MAX / 2;

/* One segment under construction. */
typedef struct target {
    caus_grid grid;
    size_t row_count;
    size_t variable_count;
    caus_segment_parts parts;
    double *support; /* NULL = no track knows it */
    bool any_missing;
} target;

static double support_of(const caus_track *track, size_t i)
{
    return track->support ? track->support[i] : (double)NAN;
}

/* Of several finite samples at one instant the last is meant: requests whose
 * ranges touch return it twice. */
static bool is_superseded(const caus_track *track, size_t i)
{
    return i + 1 < track->count && track->time_ns[i + 1] == track->time_ns[i] &&
           (isfinite(track->value[i + 1]) || !isfinite(track->value[i]));
}

static void put_bin(target *to, const caus_track *track, size_t column,
                    size_t row, const caus_bin *b)
{
    size_t cell = row * to->variable_count + column;
    double value = caus_bin_value(b, track->variable.kind);
    if (to->support)
        to->support[cell] = track->support ? b->support : (double)NAN;
    if (isfinite(value)) {
        to->parts.values[cell] = value;
        return;
    }
    to->parts.values[cell] = (double)NAN;
    caus_set_bit(to->parts.missing, caus_words_of_rows(to->row_count), column,
                 row);
    to->any_missing = true;
}

/* The first sample later than the time. */
static size_t first_after(const caus_track *track, int64_t time_ns)
{
    size_t low = 0, high = track->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->time_ns[middle] <= time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static caus_status put_track(target *to, const caus_track *track, size_t column,
                             const caus_run *run, caus_error *err)
{
    int64_t end_ns = to->grid.start_ns;
    size_t next = first_after(track, end_ns - to->grid.step_ns);
    size_t unchecked = 0;
    for (size_t row = 0; row < to->row_count; row++) {
        caus_bin b = {0};
        for (; next < track->count && track->time_ns[next] <= end_ns; next++) {
            if (!is_superseded(track, next))
                caus_bin_add(&b, track->value[next], support_of(track, next));
            unchecked++;
        }
        put_bin(to, track, column, row, &b);
        end_ns += to->grid.step_ns;
        if (++unchecked >= CHECK_EVERY) {
            CAUS_TRY(caus_run_check(run, err));
            unchecked = 0;
        }
    }
    return CAUS_OK;
}

static caus_status check_tracks(const caus_samples *samples, caus_error *err)
{
    for (size_t i = 0; i < samples->track_count; i++) {
        const caus_track *track = &samples->tracks[i];
        for (size_t k = 1; k < track->count; k++)
            if (track->time_ns[k] < track->time_ns[k - 1])
                return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                                 "%s: sample %zu is earlier than sample %zu: "
                                 "sort the samples by time",
                                 track->variable.name, k + 1, k);
    }
    return CAUS_OK;
}

static caus_status check_grid(const caus_grid *grid, const char *name,
                              caus_error *err)
{
    if (grid->step_ns <= 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s: a step of %lld ns: give a step above 0", name,
                         (long long)grid->step_ns);
    if (grid->start_ns < -farthest_ns || grid->end_ns > farthest_ns ||
        grid->step_ns > farthest_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s: times more than 146 years from 1970 are not "
                         "understood: check the unit of start and end",
                         name);
    if (grid->end_ns < grid->start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s: the end is before the start: swap them", name);
    return CAUS_OK;
}

/* The baseline up to the last row before the window. */
static caus_status cut_baseline(caus_grid *baseline, const caus_grid *window,
                                caus_error *err)
{
    if (baseline->step_ns != window->step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the baseline's step of %lld ns is not the window's "
                         "of %lld ns: use one step",
                         (long long)baseline->step_ns,
                         (long long)window->step_ns);
    if (baseline->end_ns >= window->start_ns)
        baseline->end_ns = window->start_ns - window->step_ns;
    if (baseline->end_ns < baseline->start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the baseline has no row before the window: start it "
                         "earlier or leave it out");
    return CAUS_OK;
}

static caus_status init_target(target *to, const caus_grid *grid,
                               const caus_samples *samples, caus_arena *out,
                               caus_error *err)
{
    *to = (target){.grid = *grid,
                   .row_count = caus_grid_row_count(grid),
                   .variable_count = samples->track_count};
    CAUS_TRY(caus_segment_room(to->row_count, to->variable_count, out,
                               &to->parts, err));
    bool any_support = false;
    for (size_t i = 0; i < samples->track_count; i++)
        any_support |= samples->tracks[i].support != NULL;
    if (!any_support)
        return CAUS_OK;
    to->support = CAUS_ARRAY(out, double, to->row_count * to->variable_count);
    return to->support ? CAUS_OK : caus_arena_fail(out, err);
}

static caus_status fill_segment(const caus_samples *samples,
                                const caus_grid *grid, const caus_run *run,
                                caus_arena *out, caus_segment *result,
                                caus_error *err)
{
    target to;
    CAUS_TRY(init_target(&to, grid, samples, out, err));
    for (size_t i = 0; i < samples->track_count; i++) {
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(put_track(&to, &samples->tracks[i], i, run, err));
        caus_run_progress(run, CAUS_STAGE_PREPARE, i + 1, samples->track_count);
    }
    *result =
        (caus_segment){.row_count = to.row_count,
                       .word_count = caus_words_of_rows(to.row_count),
                       .start_ns = grid->start_ns,
                       .values = to.parts.values,
                       .missing = to.any_missing ? to.parts.missing : NULL,
                       .support = to.support};
    return CAUS_OK;
}

/* The pieces of a result: the baseline, if any, and the window. */
typedef struct plan {
    caus_grid grids[2];
    const char *names[2];
    size_t count;
} plan;

static caus_status make_plan(const caus_align_options *options, plan *result,
                             caus_error *err)
{
    caus_grid window = options->window, baseline = options->baseline;
    if (!options->keep_phase) {
        window = caus_grid_align(window);
        baseline = caus_grid_align(baseline);
    }
    CAUS_TRY(check_grid(&window, "the window", err));
    const char *name = options->window_name;
    if (baseline.step_ns == 0) {
        *result = (plan){{window}, {name ? name : "window"}, 1};
        return CAUS_OK;
    }
    CAUS_TRY(check_grid(&baseline, "the baseline", err));
    CAUS_TRY(cut_baseline(&baseline, &window, err));
    const char *before =
        options->baseline_name ? options->baseline_name : "baseline";
    *result = (plan){{baseline, window}, {before, name ? name : "incident"}, 2};
    return CAUS_OK;
}

static caus_status copy_variables(const caus_samples *samples, caus_arena *out,
                                  caus_variable **result, caus_error *err)
{
    caus_variable *variables =
        CAUS_ARRAY(out, caus_variable, samples->track_count);
    if (!variables)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < samples->track_count; i++)
        CAUS_TRY(caus_variable_copy(&samples->tracks[i].variable, out,
                                    &variables[i], err));
    CAUS_TRY(caus_check_names(variables, samples->track_count, err));
    *result = variables;
    return CAUS_OK;
}

static caus_status align(const caus_samples *samples, const plan *pieces,
                         const caus_run *run, caus_arena *out,
                         caus_series *result, caus_error *err)
{
    caus_variable *variables = NULL;
    CAUS_TRY(copy_variables(samples, out, &variables, err));
    CAUS_TRY(check_tracks(samples, err));
    caus_segment *segments = CAUS_ARRAY(out, caus_segment, pieces->count);
    caus_environment *environments =
        CAUS_ARRAY(out, caus_environment, pieces->count);
    if (!segments || !environments)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < pieces->count; i++) {
        const caus_grid *grid = &pieces->grids[i];
        assert(grid->step_ns > 0);
        CAUS_TRY(fill_segment(samples, grid, run, out, &segments[i], err));
        segments[i].environment = (int)i;
        segments[i].offset_steps =
            (grid->start_ns - pieces->grids[0].start_ns) / grid->step_ns;
        const char *name = caus_arena_copy(out, pieces->names[i]);
        if (!name)
            return caus_arena_fail(out, err);
        environments[i] = (caus_environment){(int)i, name};
    }
    *result = (caus_series){.variable_count = samples->track_count,
                            .variables = variables,
                            .segment_count = pieces->count,
                            .segments = segments,
                            .environment_count = pieces->count,
                            .environments = environments,
                            .step_ns = pieces->grids[0].step_ns};
    return CAUS_OK;
}

caus_status caus_series_align(const caus_samples *samples,
                              const caus_align_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_series *result, caus_error *err)
{
    if (samples->track_count == 0)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "no series was found: check the names and the window");
    plan pieces;
    CAUS_TRY(make_plan(options, &pieces, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = align(samples, &pieces, run, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
