/* SPDX-License-Identifier: Apache-2.0 */
/* Spans from a CSV file as series, or as the call graph beside other data. */
#include <string.h>

#include "cli.h"

caus_status caus_cli_load_calls(caus_program *program,
                                const caus_arguments *arguments,
                                caus_arena *arena, caus_cli_input *result,
                                caus_error *err)
{
    caus_spans *spans = caus_arena_array(arena, 1, sizeof *spans);
    caus_topology *topology = caus_arena_array(arena, 1, sizeof *topology);
    if (!spans || !topology)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_spans_read_csv(caus_arguments_get(arguments, "traces-csv"),
                                 NULL, program->run, arena, spans, err));
    CAUS_TRY(caus_spans_topology(spans, arena, topology, NULL, err));
    result->spans = spans;
    result->topology = topology;
    caus_program_lap(program, "spans");
    return CAUS_OK;
}

/* From the first to the last start of the traces of a phase; false if it has
 * none. */
static bool phase_extent(const caus_spans *spans, caus_phase phase,
                         caus_grid *result)
{
    bool found = false;
    for (size_t s = 0; s < spans->span_count; s++) {
        int64_t time_ns = spans->start_ns[s];
        if (caus_span_phase(spans, s) != phase)
            continue;
        if (!found || time_ns < result->start_ns)
            result->start_ns = time_ns;
        if (!found || time_ns > result->end_ns)
            result->end_ns = time_ns;
        found = true;
    }
    return found;
}

/* Without --start and --end the incident's traces are the window and the
 * normal ones its baseline. */
static caus_status choose_window(const caus_spans *spans, bool use_baseline,
                                 caus_cli_window *window, caus_error *err)
{
    caus_grid normal = {0}, incident = {0};
    bool has_normal = phase_extent(spans, CAUS_PHASE_NORMAL, &normal);
    bool has_incident = phase_extent(spans, CAUS_PHASE_INCIDENT, &incident);
    if (!has_normal && !has_incident)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "--traces-csv holds no span");
    int64_t step_ns = window->window.step_ns;
    window->window = has_incident ? incident : normal;
    window->window.step_ns = step_ns;
    window->baseline = (caus_grid){0};
    caus_cli_settle(window, 0);
    if (has_incident && has_normal && use_baseline) {
        normal.step_ns = window->window.step_ns;
        if (normal.end_ns >= window->window.start_ns)
            normal.end_ns = window->window.start_ns - normal.step_ns;
        window->baseline = caus_grid_align(normal);
    }
    return CAUS_OK;
}

caus_status caus_cli_load_spans(caus_program *program,
                                const caus_arguments *arguments,
                                bool use_baseline, caus_cli_window *window,
                                caus_arena *arena, caus_cli_input *result,
                                caus_error *err)
{
    caus_samples samples;
    CAUS_TRY(caus_cli_load_calls(program, arguments, arena, result, err));
    if (window->given)
        caus_cli_settle(window, 0);
    else
        CAUS_TRY(choose_window(result->spans, use_baseline, window, err));
    caus_spans_step step = {.step_ns = window->window.step_ns};
    CAUS_TRY(caus_spans_to_samples(result->spans, &step, program->run, arena,
                                   &samples, err));
    caus_program_lap(program, "read");
    return caus_cli_align(program, &samples, window, arena, &result->series,
                          err);
}
