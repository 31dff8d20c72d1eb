/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const caus_option explain_options[] = {
    {"symptom", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "the variable that breached; default the most anomalous that users see"},
    {"at", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "when it began; default found in the data"},
    {"top", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "services told in full; default 10"},
    {"changes", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "what was deployed or configured: CSV or JSON lines with time, service, "
     "kind, ref, text"},
    {"fail-on", 0, "CONDITION", NULL, CAUS_COMPLETE_NOTHING,
     "exit with 1 when it holds, such as 'confidence>=0.8'"},
};

static const caus_option_group explain_group = {
    "explanation", sizeof explain_options / sizeof *explain_options,
    explain_options};

static caus_status read_onset(const caus_arguments *arguments,
                              caus_explain_options *options, caus_error *err)
{
    if (!caus_arguments_has(arguments, "at"))
        return CAUS_OK;
    CAUS_TRY(caus_cli_read_time(arguments, "at", &options->onset_ns, err));
    options->has_onset = true;
    return CAUS_OK;
}

static caus_status read_spans(caus_program *program,
                              const caus_arguments *arguments,
                              caus_explain_options *options, caus_arena *arena,
                              caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "traces-csv");
    if (!path)
        return CAUS_OK;
    caus_spans *spans = caus_arena_array(arena, 1, sizeof *spans);
    if (!spans)
        return caus_arena_fail(arena, err);
    caus_spans_options how = {.has_onset = options->has_onset,
                              .onset_ns = options->onset_ns};
    CAUS_TRY(caus_spans_read_csv(path, &how, program->run, arena, spans, err));
    options->spans = spans;
    caus_program_lap(program, "spans");
    return CAUS_OK;
}

static caus_status read_changes(caus_program *program,
                                const caus_arguments *arguments,
                                caus_explain_options *options,
                                caus_arena *arena, caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "changes");
    if (!path)
        return CAUS_OK;
    caus_changes *changes = caus_arena_array(arena, 1, sizeof *changes);
    if (!changes)
        return caus_arena_fail(arena, err);
    caus_cli_zone zone;
    CAUS_TRY(caus_cli_read_zone(arguments, &zone, err));
    caus_changes_options how = {0};
    if (zone.given) {
        how.zone = caus_cli_zone_minutes;
        how.zone_data = &zone;
    }
    CAUS_TRY(caus_changes_read(path, &how, program->run, arena, changes, err));
    options->changes = changes;
    return CAUS_OK;
}

/* The share of "confidence>=0.8"; NaN-free, 2 = never. */
static caus_status read_limit(const caus_arguments *arguments, double *limit,
                              caus_error *err)
{
    static const char start[] = "confidence>=";
    const char *text = caus_arguments_get(arguments, "fail-on");
    *limit = 2;
    if (!text)
        return CAUS_OK;
    size_t length = strlen(start);
    char *end = NULL;
    if (strncmp(text, start, length) == 0)
        *limit = strtod(text + length, &end);
    if (!end || end == text + length || *end || !(*limit >= 0 && *limit <= 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--fail-on=%s: give confidence>= and a share, such as "
                         "'confidence>=0.8'",
                         text);
    return CAUS_OK;
}

static caus_status load(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_cli_input *input,
                        caus_explain_options *options, caus_error *err)
{
    *options = caus_explain_options_default();
    options->symptom = caus_arguments_get(arguments, "symptom");
    CAUS_TRY(read_onset(arguments, options, err));
    CAUS_TRY(caus_cli_load(program, arguments, caus_cli_baseline_ns, arena,
                           input, err));
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &options->topology, err));
    CAUS_TRY(read_changes(program, arguments, options, arena, err));
    return read_spans(program, arguments, options, arena, err);
}

/* What the exit code depends on. */
typedef struct explain_outcome {
    caus_verdict verdict;
    double confidence;
    double limit;
} explain_outcome;

static caus_status explain(caus_program *program,
                           const caus_arguments *arguments, caus_arena *arena,
                           explain_outcome *outcome, caus_error *err)
{
    caus_format format;
    long top;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    CAUS_TRY(read_limit(arguments, &outcome->limit, err));
    CAUS_TRY(
        caus_arguments_integer(arguments, "top", 1, 1000000, 10, &top, err));
    caus_cli_input input;
    caus_explain_options options;
    CAUS_TRY(load(program, arguments, arena, &input, &options, err));
    caus_explanation told;
    CAUS_TRY(
        caus_explain(&input.series, &options, program->run, arena, &told, err));
    caus_program_lap(program, "explanation");
    caus_explanation_answer answer = {.series = &input.series,
                                      .explanation = &told,
                                      .warnings = input.warnings,
                                      .warning_count = input.warning_count,
                                      .top = (size_t)top,
                                      .seed = caus_run_seed(program->run)};
    caus_series_hash(&input.series, answer.inputs_sha256);
    const char *path = caus_arguments_get(arguments, "output");
    if (path)
        program->render.color = false;
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_explanation(&answer, format, &program->render, arena,
                                     &text, &length, err));
    caus_program_lap(program, "render");
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    CAUS_TRY(caus_program_write(path, text, length, err));
    outcome->verdict = told.verdict;
    outcome->confidence = told.suspect_count ? told.suspects[0].confidence : 0;
    return CAUS_OK;
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    caus_error err;
    explain_outcome outcome = {0};
    caus_arena *arena =
        caus_arena_new(caus_run_memory_limit_bytes(program->run));
    caus_status status =
        arena ? explain(program, arguments, arena, &outcome, &err)
              : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY, "no memory to start");
    caus_arena_free(arena);
    if (status != CAUS_OK)
        return caus_program_fail(program, &err);
    if (outcome.verdict == CAUS_VERDICT_INSUFFICIENT)
        return program->exit_zero ? CAUS_EXIT_DONE : CAUS_EXIT_INSUFFICIENT;
    bool reached = outcome.verdict == CAUS_VERDICT_CAUSE &&
                   outcome.confidence >= outcome.limit;
    return reached ? CAUS_EXIT_FAILED : CAUS_EXIT_DONE;
}

static const caus_option_group *const groups[] = {
    &explain_group, &caus_source_options, &caus_file_options,
    &caus_time_options, &caus_common_options};

const caus_command caus_command_explain = {
    .name = "explain",
    .summary = "name the service an incident began in, and why",
    .operands = "",
    .stray = "a file is named by --recording, --csv or --table",
    .description =
        "Compares the rows from the onset on with the healthy rows before, "
        "ranks every service and variable by how likely the incident began "
        "there, and tells the chain of calls to the symptom, what was checked, "
        "what sets the runner-up apart and what is missing. A call graph "
        "(--topology) and traces (--traces-csv) make the answer much better. "
        "The verdict is a cause, no anomaly, or insufficient evidence (exit "
        "3); the ranking is printed in every case.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus explain --recording incident.caus --topology topology.csv\n"
        "  caus explain --csv metrics.csv --at 2025-10-29T03:40:00Z \\\n"
        "    --symptom checkout_latency_p95 --traces-csv spans.csv.gz\n"
        "  caus explain --csv metrics.csv --fail-on 'confidence>=0.8'\n",
    .execute = execute,
};
