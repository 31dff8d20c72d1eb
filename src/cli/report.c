/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "explanation.h"
#include "methods.h"
#include "servers.h"

/* Beyond so many variables a graph takes minutes, and shows a tangle: those
 * that moved most are kept. */
enum { GRAPH_VARIABLES = 40 };

static const caus_option report_options[] = {
    {"max-lag", 0, "LAG", NULL, CAUS_COMPLETE_NOTHING,
     "longest delay of the graph, in steps (2) or time (90s); default 5m, at "
     "most 20 steps"},
};

static const caus_option_group report_group = {
    "graph", sizeof report_options / sizeof *report_options, report_options};

/* A report's form: pages for files and pipes, words for a terminal. */
static caus_status read_format(const caus_arguments *arguments,
                               caus_format *result, caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "output");
    CAUS_TRY(caus_program_format(arguments, result, err));
    if (caus_arguments_has(arguments, "format") ||
        (path && strcmp(path, "-") != 0))
        return CAUS_OK;
    *result =
        *result == CAUS_FORMAT_TEXT ? CAUS_FORMAT_MARKDOWN : CAUS_FORMAT_HTML;
    return CAUS_OK;
}

/* As the explanation has it, so that page, graph and `caus explain` agree;
 * where no symptom tells when it ended, all variables are asked. */
static caus_status find_extent(caus_program *program,
                               const caus_cli_explained *made,
                               caus_extent *result, caus_error *err)
{
    const caus_explanation *told = &made->explanation;
    const caus_ending *ending = &told->ending;
    if (ending->known) {
        *result = (caus_extent){.found = true,
                                .onset = told->onset,
                                .has_end = ending->is_over,
                                .end_row = ending->row,
                                .end_ns = ending->time_ns};
        return CAUS_OK;
    }
    caus_error reason;
    caus_status status =
        caus_incident_find(&made->input.series, program->run, result, &reason);
    if (status != CAUS_OK && status != CAUS_ERR_TIME_LIMIT)
        return CAUS_FAIL(err, status, "%s", reason.message);
    if (status != CAUS_OK)
        *result = (caus_extent){0};
    if (told->verdict == CAUS_VERDICT_NO_ANOMALY)
        return CAUS_OK;
    result->found = true;
    result->onset = told->onset;
    result->has_end = result->has_end && result->end_row > told->onset.last_row;
    return CAUS_OK;
}

/* Rows of the incident and others, if there are both. */
static caus_status split(const caus_extent *extent, size_t margin,
                         caus_arena *arena, caus_series *series,
                         caus_error *err)
{
    caus_series parts;
    caus_error reason;
    if (!extent->found)
        return CAUS_OK;
    caus_status status =
        caus_incident_split(series, extent, margin, arena, &parts, &reason);
    if (status == CAUS_OK)
        *series = parts;
    else if (status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    return CAUS_OK;
}

static caus_status choose_variables(const caus_cli_explained *made,
                                    caus_arena *arena, caus_series *series,
                                    caus_error *err)
{
    const caus_explanation *told = &made->explanation;
    *series = made->input.series;
    if (told->clue_count <= GRAPH_VARIABLES)
        return CAUS_OK;
    size_t keep[GRAPH_VARIABLES];
    for (size_t i = 0; i < GRAPH_VARIABLES; i++)
        keep[i] = told->clues[i].variable;
    return caus_series_select(&made->input.series, keep, GRAPH_VARIABLES, arena,
                              series, err);
}

static caus_status learn(caus_program *program, const caus_arguments *arguments,
                         const caus_cli_explained *made, caus_arena *arena,
                         caus_graph_answer *answer, caus_error *err)
{
    caus_series *series = caus_arena_array(arena, 1, sizeof *series);
    caus_incident *incident = caus_arena_array(arena, 1, sizeof *incident);
    if (!series || !incident)
        return caus_arena_fail(arena, err);
    CAUS_TRY(choose_variables(made, arena, series, err));
    caus_incident_options options = caus_incident_options_default();
    CAUS_TRY(
        caus_cli_read_max_lag(arguments, series, &options.pcmci.max_lag, err));
    options.topology =
        made->options.topology ? made->options.topology : made->input.topology;
    options.workload = "auto";
    CAUS_TRY(split(answer->extent, options.pcmci.max_lag, arena, series, err));
    CAUS_TRY(caus_discover_incident(series, &options, program->run, arena,
                                    incident, err));
    answer->options = options.pcmci;
    answer->test = "robust-parcorr";
    caus_cli_describe_incident(incident, answer);
    return CAUS_OK;
}

static caus_status say_chosen(const caus_cli_explained *made, caus_arena *arena,
                              caus_graph_answer *answer, caus_error *err)
{
    size_t count = made->explanation.clue_count;
    if (count <= GRAPH_VARIABLES)
        return CAUS_OK;
    const char **warning = caus_arena_array(arena, 1, sizeof *warning);
    if (!warning)
        return caus_arena_fail(arena, err);
    *warning = caus_arena_format(
        arena,
        "the graph is of the %d of %zu variables that moved most: caus "
        "discover learns it from all",
        GRAPH_VARIABLES, count);
    answer->warnings = warning;
    answer->warning_count = 1;
    return *warning ? CAUS_OK : caus_arena_fail(arena, err);
}

/* A report without a graph is worth more than none. */
static caus_status add_graph(caus_program *program,
                             const caus_arguments *arguments,
                             const caus_cli_explained *made, caus_arena *arena,
                             caus_report *report, caus_error *err)
{
    caus_graph_answer *answer = caus_arena_array(arena, 1, sizeof *answer);
    caus_error reason;
    if (!answer)
        return caus_arena_fail(arena, err);
    answer->extent = report->extent;
    answer->changes = report->changes;
    caus_status status =
        learn(program, arguments, made, arena, answer, &reason);
    caus_program_lap(program, "discovery");
    if (status == CAUS_OK) {
        answer->seed = made->answer.seed;
        report->graph = answer;
        return say_chosen(made, arena, answer, err);
    }
    if (status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY)
        return CAUS_FAIL(err, status, "%s", reason.message);
    report->graph_missing = caus_arena_format(arena, "%s", reason.message);
    return report->graph_missing ? CAUS_OK : caus_arena_fail(arena, err);
}

/* Of all variables, likeliest first, so that their order in the source changes
 * nothing; healthy rows and incident apart: what the incident did is no flaw of
 * the data. */
static caus_status add_quality(caus_program *program,
                               const caus_cli_explained *made,
                               caus_arena *arena, caus_report *report,
                               caus_error *err)
{
    const caus_explanation *told = &made->explanation;
    caus_quality *quality = caus_arena_array(arena, 1, sizeof *quality);
    caus_series *series = caus_arena_array(arena, 1, sizeof *series);
    size_t *keep = caus_arena_array(arena, told->clue_count, sizeof *keep);
    if (!quality || !series || !keep)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < told->clue_count; i++)
        keep[i] = told->clues[i].variable;
    CAUS_TRY(caus_series_select(&made->input.series, keep, told->clue_count,
                                arena, series, err));
    CAUS_TRY(split(report->extent, 0, arena, series, err));
    CAUS_TRY(caus_quality_examine(series, program->run, arena, quality, err));
    report->quality = quality;
    report->examined = series;
    return CAUS_OK;
}

static const char *source_of(const caus_arguments *arguments)
{
    static const char *const names[] = {"recording", "csv", "table",
                                        "traces-csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (caus_arguments_has(arguments, names[i]))
            return caus_arguments_get(arguments, names[i]);
    return "servers";
}

static caus_status report(caus_program *program,
                          const caus_arguments *arguments, caus_arena *arena,
                          caus_verdict *verdict, caus_error *err)
{
    caus_format format;
    CAUS_TRY(read_format(arguments, &format, err));
    caus_cli_explained made;
    CAUS_TRY(caus_cli_explain(program, arguments, arena, &made, err));
    const char *again = caus_arguments_text(arguments, arena);
    if (!again)
        return caus_arena_fail(arena, err);
    caus_report told = {.explanation = &made.answer,
                        .changes = made.explanation.known_changes,
                        .source = source_of(arguments),
                        .commands = &again,
                        .command_count = 1};
    caus_extent extent;
    CAUS_TRY(find_extent(program, &made, &extent, err));
    told.extent = &extent;
    CAUS_TRY(add_graph(program, arguments, &made, arena, &told, err));
    CAUS_TRY(add_quality(program, &made, arena, &told, err));
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_report(&told, format, &program->render, program->run,
                                arena, &text, &length, err));
    caus_program_lap(program, "render");
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    *verdict = made.explanation.verdict;
    return caus_program_write(caus_arguments_get(arguments, "output"), text,
                              length, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    caus_error err;
    caus_verdict verdict = CAUS_VERDICT_CAUSE;
    caus_arena *arena =
        caus_arena_new(caus_run_memory_limit_bytes(program->run));
    caus_status status =
        arena ? report(program, arguments, arena, &verdict, &err)
              : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY, "no memory to start");
    caus_arena_free(arena);
    if (status != CAUS_OK)
        return caus_program_fail(program, &err);
    return verdict == CAUS_VERDICT_INSUFFICIENT && !program->exit_zero
               ? CAUS_EXIT_INSUFFICIENT
               : CAUS_EXIT_DONE;
}

static const caus_option_group *const groups[] = {&caus_cli_explain_options,
                                                  &caus_cli_change_options,
                                                  &caus_cli_trace_options,
                                                  &caus_cli_log_options,
                                                  &report_group,
                                                  &caus_server_options,
                                                  &caus_source_options,
                                                  &caus_file_options,
                                                  &caus_time_options,
                                                  &caus_page_form,
                                                  &caus_common_options};

const caus_command caus_command_report = {
    .name = "report",
    .summary = "write one file for the post-mortem",
    .operands = "",
    .stray = "a file is named by --recording, --csv or --table, a service "
             "by --service",
    .description =
        "Explains the incident as caus explain does, learns the causal graph "
        "of the same rows, and writes all of it as one file: summary, chain, "
        "who moved when, every series that moved, candidates with what speaks "
        "for and against each, changes, graph, quality of the data, what is "
        "missing, and how to do it again. The HTML page holds everything it "
        "shows, has no script, and is made for paper too; Markdown holds the "
        "same without pictures. Exits with 3 when the evidence is "
        "insufficient; the report is written all the same.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus report --recording incident.caus --topology topology.csv \\\n"
        "    -o incident.html\n"
        "  caus report --csv metrics.csv --at 2025-10-29T03:40:00Z \\\n"
        "    --changes deploys.csv -o incident.md\n",
    .execute = execute,
};
