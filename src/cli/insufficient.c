/* SPDX-License-Identifier: Apache-2.0 */
/* The answer where nothing could be tested: what was left out, and why. */
#include "methods.h"

static caus_status screen(const caus_cli_lesson *lesson, caus_series *input,
                          caus_quality *quality, caus_series *kept,
                          caus_graph_answer *answer, caus_error *err)
{
    caus_arena *arena = lesson->arena;
    caus_screening screening;
    *input = *lesson->series;
    CAUS_TRY(
        caus_quality_examine(input, lesson->program->run, arena, quality, err));
    CAUS_TRY(caus_incident_screen(input, quality, arena, &screening, err));
    if (screening.kept_count)
        CAUS_TRY(caus_series_select(input, screening.kept, screening.kept_count,
                                    arena, kept, err));
    else
        kept->variable_count = 0;
    answer->input = input;
    answer->quality = quality;
    answer->dropped = screening.dropped;
    answer->dropped_count = screening.dropped_count;
    answer->method = "pcmci+";
    answer->test = "robust-parcorr";
    answer->preset = "incident";
    return CAUS_OK;
}

caus_status caus_cli_tell_insufficient(const caus_cli_lesson *lesson,
                                       const caus_cli_method *method,
                                       const char *reason,
                                       caus_graph_answer *answer,
                                       caus_error *err)
{
    caus_arena *arena = lesson->arena;
    caus_series *nodes = caus_arena_array(arena, 2, sizeof *nodes);
    caus_quality *quality = caus_arena_array(arena, 1, sizeof *quality);
    caus_discovery *found = caus_arena_array(arena, 1, sizeof *found);
    answer->insufficient = caus_arena_format(arena, "%s", reason);
    if (!nodes || !quality || !found || !answer->insufficient)
        return caus_arena_fail(arena, err);
    nodes[0] = *lesson->series;
    if (method)
        answer->method = method->name;
    else
        CAUS_TRY(screen(lesson, &nodes[1], quality, nodes, answer, err));
    found->complete = true;
    found->graph.max_lag = answer->options.max_lag;
    if (nodes->variable_count)
        CAUS_TRY(caus_graph_init(&found->graph, nodes->variable_count,
                                 answer->options.max_lag, arena, err));
    answer->series = nodes;
    answer->discovery = found;
    answer->next_command = NULL;
    answer->options.assumptions = NULL;
    bool is_left_out =
        answer->target &&
        caus_series_find(lesson->series, answer->target) != SIZE_MAX &&
        caus_series_find(nodes, answer->target) == SIZE_MAX;
    if (is_left_out)
        answer->target = NULL;
    return CAUS_OK;
}
