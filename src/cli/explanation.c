/* SPDX-License-Identifier: Apache-2.0 */
/* From what the command line names to an explanation. */
#include "explanation.h"
#include "servers.h"

static const caus_option explain_options[] = {
    {"symptom", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "the variable that breached: the onset is looked for where it stands out; "
     "default the most anomalous that users see"},
    {"at", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "when it began, or was noticed; default found in the data"},
    {"top", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "services told in full; default 10"},
    {"grafana-url", 0, "URL", NULL, CAUS_COMPLETE_NOTHING,
     "a Grafana whose Explore is linked to; default $CAUS_GRAFANA_URL"},
};

const caus_option_group caus_cli_explain_options = {
    "explanation", sizeof explain_options / sizeof *explain_options,
    explain_options};

enum { USUAL_SPANS = 100000 };

static caus_status read_onset(const caus_arguments *arguments,
                              caus_explain_options *options, caus_error *err)
{
    if (!caus_arguments_has(arguments, "at"))
        return caus_cli_read_near(arguments, options, err);
    CAUS_TRY(caus_cli_read_time(arguments, "at", &options->onset_ns, err));
    options->has_onset = true;
    return CAUS_OK;
}

static caus_status load(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_cli_explained *result,
                        caus_error *err)
{
    caus_explain_options *options = &result->options;
    options->symptom = caus_arguments_get(arguments, "symptom");
    CAUS_TRY(read_onset(arguments, options, err));
    CAUS_TRY(caus_cli_load(program, arguments, caus_cli_baseline_ns, arena,
                           &result->input, err));
    CAUS_TRY(caus_cli_add_traces(program, arguments, USUAL_SPANS, arena,
                                 &result->input, err));
    options->spans = result->input.spans;
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &options->topology, err));
    CAUS_TRY(caus_cli_read_logs(program, arguments, arena, &result->input,
                                &options->logs, err));
    caus_cli_known_changes known = caus_cli_changes_of(&result->input);
    return caus_cli_join_changes(program, arguments, &known, arena,
                                 &options->changes, err);
}

caus_status caus_cli_explain(caus_program *program,
                             const caus_arguments *arguments, caus_arena *arena,
                             caus_cli_explained *result, caus_error *err)
{
    long top;
    CAUS_TRY(
        caus_arguments_integer(arguments, "top", 1, 1000000, 10, &top, err));
    caus_grafana grafana;
    CAUS_TRY(caus_cli_read_grafana(arguments, arena, &grafana, err));
    *result = (caus_cli_explained){.options = caus_explain_options_default()};
    CAUS_TRY(load(program, arguments, arena, result, err));
    const caus_series *series = &result->input.series;
    const caus_spans *spans = result->options.spans;
    const caus_logs *logs = result->options.logs;
    CAUS_TRY(caus_explain(series, &result->options, program->run, arena,
                          &result->explanation, err));
    CAUS_TRY(caus_cli_settle_zone(program, arguments,
                                  result->explanation.onset.time_ns, err));
    caus_program_lap(program, "explanation");
    result->answer = (caus_explanation_answer){
        .series = series,
        .explanation = &result->explanation,
        .warnings = result->input.warnings,
        .warning_count = result->input.warning_count,
        .top = (size_t)top,
        .grafana = grafana,
        .trace_statement = spans ? spans->statement : NULL,
        .log_statement = logs ? logs->statement : NULL,
        .seed = caus_run_seed(program->run)};
    caus_series_hash(series, result->answer.inputs_sha256);
    return CAUS_OK;
}
