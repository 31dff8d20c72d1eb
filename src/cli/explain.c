/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "explanation.h"
#include "servers.h"

static const caus_option outcome_options[] = {
    {"fail-on", 0, "CONDITION", NULL, CAUS_COMPLETE_NOTHING,
     "exit with 1 when it holds, such as 'confidence>=0.8'"},
};

static const caus_option_group outcome_group = {
    "outcome", sizeof outcome_options / sizeof *outcome_options,
    outcome_options};

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

/* What the exit code depends on. */
typedef struct explain_outcome {
    caus_verdict verdict;
    double confidence;
    double limit;
} explain_outcome;

/* What to type next: the same for the post-mortem. */
static caus_status suggest(const caus_arguments *arguments, caus_arena *arena,
                           caus_cli_explained *made, caus_error *err)
{
    static const char *const without[] = {"format",  "details",   "output",
                                          "color",   "quiet",     "no-progress",
                                          "timings", "exit-zero", NULL};
    if (made->explanation.verdict == CAUS_VERDICT_NO_ANOMALY)
        return CAUS_OK;
    const char *again = caus_arguments_text_for(arguments, &caus_command_report,
                                                without, arena);
    if (again)
        made->answer.next_command =
            caus_arena_format(arena, "%s -o incident.html", again);
    return made->answer.next_command ? CAUS_OK : caus_arena_fail(arena, err);
}

static caus_status explain(caus_program *program,
                           const caus_arguments *arguments, caus_arena *arena,
                           explain_outcome *outcome, caus_error *err)
{
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    CAUS_TRY(read_limit(arguments, &outcome->limit, err));
    caus_cli_explained made;
    CAUS_TRY(caus_cli_explain(program, arguments, arena, &made, err));
    CAUS_TRY(suggest(arguments, arena, &made, err));
    const char *path = caus_arguments_get(arguments, "output");
    caus_program_settle_text(program, arguments);
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_explanation(&made.answer, format, &program->render,
                                     arena, &text, &length, err));
    caus_program_lap(program, "render");
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    CAUS_TRY(caus_program_write(path, text, length, err));
    const caus_explanation *told = &made.explanation;
    outcome->verdict = told->verdict;
    outcome->confidence =
        told->suspect_count ? told->suspects[0].confidence : 0;
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

static const caus_option_group *const groups[] = {&caus_cli_explain_options,
                                                  &caus_cli_change_options,
                                                  &caus_cli_trace_options,
                                                  &caus_cli_log_options,
                                                  &outcome_group,
                                                  &caus_server_options,
                                                  &caus_source_options,
                                                  &caus_file_options,
                                                  &caus_time_options,
                                                  &caus_story_form,
                                                  &caus_common_options};

const caus_command caus_command_explain = {
    .name = "explain",
    .summary = "name the service an incident began in, and why",
    .operands = "",
    .stray = "a file is named by --recording, --csv or --table, a service "
             "by --service",
    .description =
        "Compares the rows from the onset on with the healthy rows before, "
        "ranks every service and variable by how likely the incident began "
        "there, and tells the chain of calls to the symptom, what was checked, "
        "what sets the runner-up apart and what is missing. A call graph "
        "(--topology) and traces (of --clickhouse, or --traces-csv) make the "
        "answer much better. The verdict is a cause, no anomaly, or "
        "insufficient evidence (exit "
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
