/* SPDX-License-Identifier: Apache-2.0 */
/* A graph for every window or regime, and their summary as the answer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"

/* The graphs of the parts in their order. */
typedef struct part_list {
    caus_answer_part *parts;
    const caus_discovery **found;
    size_t count;
    bool complete;
} part_list;

static caus_status make_list(caus_arena *arena, size_t count, part_list *list,
                             caus_error *err)
{
    *list = (part_list){
        .parts = caus_arena_array(arena, count, sizeof *list->parts),
        .found = caus_arena_array(arena, count, sizeof *list->found)};
    return list->parts && list->found ? CAUS_OK : caus_arena_fail(arena, err);
}

static caus_status add_part(caus_arena *arena, part_list *list,
                            const char *name, size_t rows,
                            const caus_discovery *found, caus_error *err)
{
    if (!name)
        return caus_arena_fail(arena, err);
    list->found[list->count] = found;
    list->parts[list->count++] =
        (caus_answer_part){.name = name, .row_count = rows, .discovery = found};
    return CAUS_OK;
}

/* "120" rows or "2h" of steps. */
static caus_status read_rows(const char *text, const caus_series *series,
                             size_t *rows, caus_error *err)
{
    int64_t length_ns;
    if (strspn(text, "0123456789") == strlen(text)) {
        *rows = (size_t)strtoull(text, NULL, 10);
    } else {
        CAUS_TRY(caus_duration_parse(text, &length_ns, err));
        *rows = series->step_ns > 0 ? (size_t)(length_ns / series->step_ns) : 0;
    }
    if (*rows > 0)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--windows=%s: give rows or a duration of a step or more",
                     text);
}

/* "LENGTH" or "LENGTH,STEP"; windows follow each other without a step. */
static caus_status read_windows(const caus_cli_lesson *lesson,
                                caus_window_options *options, caus_error *err)
{
    const char *text = caus_arguments_get(lesson->arguments, "windows");
    const char *comma = strchr(text, ',');
    const char *length = comma ? caus_arena_format(lesson->arena, "%.*s",
                                                   (int)(comma - text), text)
                               : text;
    if (!length)
        return caus_arena_fail(lesson->arena, err);
    CAUS_TRY(read_rows(length, lesson->series, &options->length_rows, err));
    options->step_rows = options->length_rows;
    if (comma)
        CAUS_TRY(
            read_rows(comma + 1, lesson->series, &options->step_rows, err));
    return CAUS_OK;
}

/* "2025-10-29T03:00:00Z – …T04:00:00Z", or rows where there is no clock. */
static const char *name_window(const caus_cli_lesson *lesson,
                               const caus_window *window)
{
    char first[40], last[40];
    int64_t length_ns =
        (int64_t)(window->row_count - 1) * lesson->series->step_ns;
    if (!window->start_ns)
        return caus_arena_format(lesson->arena, "rows %zu to %zu",
                                 window->first_row + 1,
                                 window->first_row + window->row_count);
    caus_time_format(window->start_ns, first);
    caus_time_format(window->start_ns + length_ns, last);
    return caus_arena_format(lesson->arena, "%s to %s", first, last);
}

static caus_status learn_windows(const caus_cli_lesson *lesson,
                                 const caus_pcmci_options *search,
                                 part_list *list, caus_error *err)
{
    caus_window_options options = {.search = *search};
    caus_windows found;
    CAUS_TRY(read_windows(lesson, &options, err));
    CAUS_TRY(caus_discover_windows(lesson->series, &options,
                                   lesson->program->run, lesson->arena, &found,
                                   err));
    CAUS_TRY(make_list(lesson->arena, found.window_count, list, err));
    list->complete = found.complete;
    for (size_t k = 0; k < found.window_count; k++) {
        const caus_window *window = &found.windows[k];
        CAUS_TRY(add_part(lesson->arena, list, name_window(lesson, window),
                          window->row_count, &window->discovery, err));
    }
    return CAUS_OK;
}

/* Takes the variable of --regimes out of the series and uses its values. */
static caus_status learn_regimes(caus_cli_lesson *lesson,
                                 const caus_pcmci_options *search,
                                 part_list *list, caus_error *err)
{
    const char *name = caus_arguments_get(lesson->arguments, "regimes");
    const caus_series *series = lesson->series;
    size_t variable = caus_series_find(series, name);
    if (variable == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--regimes=%s is not among the %zu variables", name,
                         series->variable_count);
    caus_regime_labels labels;
    CAUS_TRY(caus_regimes_of_variable(series, variable, lesson->arena, &labels,
                                      err));
    size_t *keep =
        caus_arena_array(lesson->arena, series->variable_count, sizeof *keep);
    caus_series *rest = caus_arena_array(lesson->arena, 1, sizeof *rest);
    if (!keep || !rest)
        return caus_arena_fail(lesson->arena, err);
    size_t kept = 0;
    for (size_t i = 0; i < series->variable_count; i++)
        if (i != variable)
            keep[kept++] = i;
    CAUS_TRY(caus_series_select(series, keep, kept, lesson->arena, rest, err));
    lesson->series = rest;
    caus_regimes found;
    CAUS_TRY(caus_discover_regimes(rest, &labels, search, lesson->program->run,
                                   lesson->arena, &found, err));
    CAUS_TRY(make_list(lesson->arena, found.regime_count, list, err));
    list->complete = found.complete;
    for (size_t k = 0; k < found.regime_count; k++)
        CAUS_TRY(add_part(
            lesson->arena, list,
            caus_arena_format(lesson->arena, "%s %g", name, labels.values[k]),
            found.regimes[k].row_count, &found.regimes[k].discovery, err));
    return CAUS_OK;
}

static caus_status compare(const caus_cli_lesson *lesson, double alpha,
                           part_list *list, caus_error *err)
{
    for (size_t k = 1; k < list->count; k++) {
        caus_difference *change =
            caus_arena_array(lesson->arena, 1, sizeof *change);
        if (!change)
            return caus_arena_fail(lesson->arena, err);
        CAUS_TRY(caus_graph_difference(list->found[k - 1], list->found[k],
                                       alpha, lesson->arena, change, err));
        list->parts[k].change = change;
    }
    return CAUS_OK;
}

/* What most parts have; a link's stability is the share that has it. */
static caus_status summarise(const caus_cli_lesson *lesson,
                             const part_list *list, caus_discovery *found,
                             caus_error *err)
{
    caus_graph_summary summary;
    CAUS_TRY(caus_graphs_summarise(list->found, list->count, lesson->arena,
                                   &summary, err));
    size_t nodes = summary.graph.node_count;
    size_t cells = nodes * nodes * (summary.graph.max_lag + 1);
    double *same = caus_arena_array(lesson->arena, cells, sizeof *same);
    if (!same)
        return caus_arena_fail(lesson->arena, err);
    for (size_t cell = 0; cell < cells; cell++)
        same[cell] =
            summary.link_frequency[cell] > 0
                ? summary.frequency[cell] / summary.link_frequency[cell]
                : (double)NAN;
    *found = (caus_discovery){.graph = summary.graph,
                              .statistic = summary.mean_statistic,
                              .stability = summary.link_frequency,
                              .orientation_stability = same,
                              .complete = list->complete};
    for (size_t k = 0; k < list->count; k++) {
        found->test_count += list->found[k]->test_count;
        found->rows_used += list->found[k]->rows_used;
    }
    return CAUS_OK;
}

bool caus_cli_wants_parts(const caus_arguments *arguments)
{
    return caus_arguments_has(arguments, "windows") ||
           caus_arguments_has(arguments, "regimes");
}

caus_status caus_cli_learn_parts(caus_cli_lesson *lesson, caus_discovery *found,
                                 caus_graph_answer *answer, caus_error *err)
{
    part_list list;
    bool windows = caus_arguments_has(lesson->arguments, "windows");
    if (windows && caus_arguments_has(lesson->arguments, "regimes"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--windows and --regimes both cut the rows: give one "
                         "of them");
    if (windows)
        CAUS_TRY(learn_windows(lesson, &answer->options, &list, err));
    else
        CAUS_TRY(learn_regimes(lesson, &answer->options, &list, err));
    if (!list.count)
        return CAUS_FAIL(err, CAUS_ERR_TIME_LIMIT,
                         "the time limit passed before the first part: raise "
                         "--time-limit");
    CAUS_TRY(compare(lesson, answer->options.alpha, &list, err));
    CAUS_TRY(summarise(lesson, &list, found, err));
    answer->parts = list.parts;
    answer->part_count = list.count;
    return CAUS_OK;
}
