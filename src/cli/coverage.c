/* SPDX-License-Identifier: Apache-2.0 */
/* What the data reach of the window and the baseline that were asked for. */
#include <math.h>
#include <string.h>

#include "cli.h"

caus_status caus_cli_add_warning(caus_arena *arena, caus_cli_input *input,
                                 const char *warning, caus_error *err)
{
    size_t count = input->warning_count;
    const char **all = caus_arena_array(arena, count + 1, sizeof *all);
    if (!warning || !all)
        return caus_arena_fail(arena, err);
    if (count)
        memcpy(all, input->warnings, count * sizeof *all);
    all[count] = warning;
    input->warnings = all;
    input->warning_count = count + 1;
    return CAUS_OK;
}

caus_status caus_cli_add_failure(caus_program *program, caus_arena *arena,
                                 caus_cli_input *input, const char *warning,
                                 caus_error *err)
{
    if (warning)
        caus_program_say(program, "warning: %s", warning);
    return caus_cli_add_warning(arena, input, warning, err);
}

int64_t caus_cli_first_row_ns(const caus_grid *window, int64_t first_ns)
{
    int64_t late_ns = first_ns - window->start_ns;
    if (late_ns <= (window->end_ns - window->start_ns) / 20 ||
        first_ns >= window->end_ns)
        return window->start_ns;
    int64_t rows = (late_ns + window->step_ns - 1) / window->step_ns;
    return window->start_ns + rows * window->step_ns;
}

/* As late as the data go, where they end well within the window. */
static int64_t last_row_ns(const caus_grid *window, int64_t last_ns)
{
    int64_t early_ns = window->end_ns - last_ns;
    if (early_ns <= (window->end_ns - window->start_ns) / 20 ||
        last_ns <= window->start_ns)
        return window->end_ns;
    return window->end_ns - early_ns / window->step_ns * window->step_ns;
}

static caus_status clip_end(caus_grid *window, int64_t last_ns,
                            caus_arena *arena, caus_cli_input *input,
                            caus_error *err)
{
    int64_t end_ns = last_row_ns(window, last_ns);
    if (end_ns == window->end_ns)
        return CAUS_OK;
    window->end_ns = end_ns;
    char last[40];
    caus_time_format(last_ns, last);
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena, "the data end at %s, within the window", last),
        err);
}

static caus_status warn_bare(bool is_within, int64_t first_ns,
                             caus_arena *arena, caus_cli_input *input,
                             caus_error *err)
{
    char first[40];
    caus_time_format(first_ns, first);
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "%s%s%s: what is normal is learned from the window "
                          "alone",
                          is_within ? "the data begin at "
                                    : "there are no data before the window "
                                      "(they begin at ",
                          first, is_within ? ", within the window" : ")"),
        err);
}

caus_status caus_cli_clip_window(caus_cli_window *window, caus_cli_reach reach,
                                 caus_arena *arena, caus_cli_input *input,
                                 caus_error *err)
{
    int64_t first_ns = reach.first_ns;
    caus_grid *baseline = &window->baseline;
    CAUS_TRY(clip_end(&window->window, reach.last_ns, arena, input, err));
    int64_t start_ns = caus_cli_first_row_ns(&window->window, first_ns);
    if (start_ns > window->window.start_ns) {
        window->window.start_ns = start_ns;
        *baseline = (caus_grid){0};
        return warn_bare(true, first_ns, arena, input, err);
    }
    if (!baseline->step_ns || first_ns <= baseline->start_ns)
        return CAUS_OK;
    int64_t asked_ns = baseline->end_ns - baseline->start_ns;
    char asked[40], left[40], first[40];
    caus_duration_format(asked_ns + baseline->step_ns, asked);
    caus_time_format(first_ns, first);
    int64_t step_ns = baseline->step_ns;
    baseline->start_ns = (first_ns + step_ns - 1) / step_ns * step_ns;
    if (baseline->start_ns > baseline->end_ns) {
        *baseline = (caus_grid){0};
        return warn_bare(false, first_ns, arena, input, err);
    }
    caus_duration_format(baseline->end_ns - baseline->start_ns + step_ns, left);
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "the baseline is %s instead of %s: the data begin at "
                          "%s",
                          left, asked, first),
        err);
}

static bool has_value(const caus_series *series, const caus_segment *segment)
{
    size_t cells = segment->row_count * series->variable_count;
    for (size_t cell = 0; cell < cells; cell++) {
        if (isfinite(segment->values[cell]) &&
            !caus_segment_is_missing(segment, cell / series->variable_count,
                                     cell % series->variable_count))
            return true;
    }
    return false;
}

caus_status caus_cli_check_coverage(const caus_series *series, caus_error *err)
{
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (has_value(series, segment))
            continue;
        char start[40], end[40];
        caus_time_format(segment->start_ns, start);
        caus_time_format(segment->start_ns + (int64_t)(segment->row_count - 1) *
                                                 series->step_ns,
                         end);
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "none of the %zu variables has a value from %s to %s: "
                         "give --start and --end where there are data",
                         series->variable_count, start, end);
    }
    return CAUS_OK;
}
