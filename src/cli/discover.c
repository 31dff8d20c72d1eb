/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const caus_option discover_options[] = {
    {"method", 0, "NAME", "pcmci+|pcmci|bivci|fullci|lagged",
     CAUS_COMPLETE_NOTHING,
     "a textbook method on the columns as they are; without it the incident "
     "preset"},
    {"test", 0, "NAME", "parcorr", CAUS_COMPLETE_NOTHING,
     "test of conditional independence"},
    {"max-lag", 0, "LAG", NULL, CAUS_COMPLETE_NOTHING,
     "longest delay, in steps (2) or time (90s); default 5m, at most 20 steps"},
    {"min-lag", 0, "STEPS", NULL, CAUS_COMPLETE_NOTHING,
     "shortest delay in steps; default 0"},
    {"alpha", 0, "P", NULL, CAUS_COMPLETE_NOTHING,
     "level of reported edges; default 0.05"},
    {"pc-alpha", 0, "P", NULL, CAUS_COMPLETE_NOTHING,
     "level of condition selection, or auto; default alpha"},
    {"fdr", 0, "RULE", "bh|by|none", CAUS_COMPLETE_NOTHING,
     "false discovery control; default bh, or none with --method"},
    {"colliders", 0, "RULE", "standard|majority|conservative",
     CAUS_COMPLETE_NOTHING,
     "when an unshielded triple is a collider (pcmci+); default majority"},
    {"no-conflict-resolution", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "keep the first orientation of a lag-0 edge instead of x-x (pcmci+)"},
    {"max-conditions", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most conditions in selection; default no limit"},
    {"max-combinations", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "combinations of conditions tried per size; default 1"},
    {"level", 0, "SHARE", NULL, CAUS_COMPLETE_NOTHING,
     "coverage of intervals; default 0.95"},
    {"bootstrap", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "block-bootstrap replicates behind each edge's stability; default 0"},
    {"block", 0, "ROWS", NULL, CAUS_COMPLETE_NOTHING,
     "rows of a bootstrap block; default from the autocorrelation"},
    {"transform", 0, "NAME",
     "none|standardise|normal-scores|difference|log1p|detrend",
     CAUS_COMPLETE_NOTHING, "change the columns first; only with --method"},
    {"workload", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "load that all share, regressed out by the preset: a variable, auto "
     "(calls "
     "of the service that nobody calls in --topology) or none; default none"},
    {"target", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "show only what leads to this variable"},
    {"keep", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "with --recording: keep the answer in the file as well"},
    {"all-links", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "add every tested link to the JSON, reported or not"},
};

static const caus_option_group discover_group = {
    "discovery", sizeof discover_options / sizeof *discover_options,
    discover_options};

/* Steps of "2" or "90s"; a duration is rounded up to whole steps. */
static caus_status read_max_lag(const caus_arguments *arguments,
                                const caus_series *series, size_t *result,
                                caus_error *err)
{
    enum { DEFAULT_LAGS = 5, MOST_DEFAULT_LAGS = 20, MOST_LAGS = 10000 };
    const char *text = caus_arguments_get(arguments, "max-lag");
    bool has_clock = series->segments[0].start_ns != 0;
    if (!text) {
        int64_t lags = DEFAULT_LAGS;
        if (series->step_ns == 0)
            lags = 0;
        else if (has_clock)
            lags = (300000000000 + series->step_ns - 1) / series->step_ns;
        *result = (size_t)(lags > MOST_DEFAULT_LAGS ? MOST_DEFAULT_LAGS : lags);
        return CAUS_OK;
    }
    if (strspn(text, "0123456789") == strlen(text)) {
        long lags;
        CAUS_TRY(caus_arguments_integer(arguments, "max-lag", 0, MOST_LAGS, 0,
                                        &lags, err));
        *result = (size_t)lags;
        return CAUS_OK;
    }
    int64_t lag_ns;
    CAUS_TRY(caus_arguments_duration(arguments, "max-lag", 0, &lag_ns, err));
    if (series->step_ns == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--max-lag=%s: a table has no time, so no lags", text);
    int64_t lags = (lag_ns + series->step_ns - 1) / series->step_ns;
    if (lags > MOST_LAGS)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_ARGUMENT,
            "--max-lag=%s is %lld steps: give at most %d steps, or "
            "a wider --step",
            text, (long long)lags, MOST_LAGS);
    *result = (size_t)lags;
    return CAUS_OK;
}

/* A table has no past to hold fixed. */
static caus_status check_table(const caus_series *series, const char *method,
                               caus_error *err)
{
    if (series->step_ns || !method ||
        (strcmp(method, "pcmci") != 0 && strcmp(method, "bivci") != 0 &&
         strcmp(method, "fullci") != 0))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--method=%s holds the past fixed and a table has none: "
                     "give --method pcmci+ or lagged, or --csv with a column "
                     "time",
                     method);
}

/* Lags reach back twice: a source's own past is held fixed too. */
static caus_status check_rows(const caus_series *series, size_t max_lag,
                              caus_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < series->segment_count; i++) {
        if (series->segments[i].row_count > longest)
            longest = series->segments[i].row_count;
    }
    if (!max_lag || longest > 2 * max_lag)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "%zu rows are too few for --max-lag=%zu: more than twice "
                     "as many rows as lags are needed, so widen the window, "
                     "lower --max-lag or give a smaller --step",
                     longest, max_lag);
}

/* By the order of caus_method. */
static const char *const method_names[] = {"pcmci", "bivci", "fullci", "lagged",
                                           "pcmci+"};

static caus_method read_method(const char *name)
{
    for (size_t i = 0; name && i < sizeof method_names / sizeof *method_names;
         i++) {
        if (strcmp(name, method_names[i]) == 0)
            return (caus_method)i;
    }
    return CAUS_METHOD_PCMCIPLUS;
}

static caus_collider_rule read_colliders(const char *rule)
{
    if (rule && strcmp(rule, "conservative") == 0)
        return CAUS_COLLIDERS_CONSERVATIVE;
    return rule && strcmp(rule, "standard") == 0 ? CAUS_COLLIDERS_NONE
                                                 : CAUS_COLLIDERS_MAJORITY;
}

static caus_fdr read_fdr(const char *name, bool has_method)
{
    if (!name)
        return has_method ? CAUS_FDR_NONE : CAUS_FDR_BH;
    if (strcmp(name, "bh") == 0)
        return CAUS_FDR_BH;
    return strcmp(name, "by") == 0 ? CAUS_FDR_BY : CAUS_FDR_NONE;
}

/* A level of 0 would report nothing. */
static caus_status check_level(const char *name, double level, caus_error *err)
{
    if (level > 0)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--%s=0 accepts no evidence: give a number above 0, up "
                     "to 1",
                     name);
}

static caus_status read_levels(const caus_arguments *arguments,
                               caus_pcmci_options *options, caus_error *err)
{
    const char *pc_alpha = caus_arguments_get(arguments, "pc-alpha");
    CAUS_TRY(caus_arguments_number(arguments, "alpha", 0, 1, options->alpha,
                                   &options->alpha, err));
    CAUS_TRY(check_level("alpha", options->alpha, err));
    if (pc_alpha && strcmp(pc_alpha, "auto") == 0)
        options->pc_alpha = (double)NAN;
    else
        CAUS_TRY(caus_arguments_number(arguments, "pc-alpha", 0, 1,
                                       options->alpha, &options->pc_alpha,
                                       err));
    if (!isnan(options->pc_alpha))
        CAUS_TRY(check_level("pc-alpha", options->pc_alpha, err));
    return caus_arguments_number(arguments, "level", 0, 0.9999, options->level,
                                 &options->level, err);
}

static caus_status read_counts(const caus_arguments *arguments,
                               caus_pcmci_options *options, caus_error *err)
{
    long min_lag, conditions, combinations, bootstrap, block;
    CAUS_TRY(caus_arguments_integer(arguments, "min-lag", 0, 10000, 0, &min_lag,
                                    err));
    CAUS_TRY(caus_arguments_integer(arguments, "max-conditions", 0, 1000000, -1,
                                    &conditions, err));
    CAUS_TRY(caus_arguments_integer(arguments, "max-combinations", 1, 1000000,
                                    1, &combinations, err));
    CAUS_TRY(caus_arguments_integer(arguments, "bootstrap", 0, 100000, 0,
                                    &bootstrap, err));
    CAUS_TRY(
        caus_arguments_integer(arguments, "block", 1, 1000000, 0, &block, err));
    options->min_lag = (size_t)min_lag;
    if (options->min_lag > options->max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--min-lag=%ld is above --max-lag, which is %zu steps "
                         "here: lower the one or raise the other",
                         min_lag, options->max_lag);
    if (conditions >= 0)
        options->max_conditions = (size_t)conditions;
    options->max_combinations = (size_t)combinations;
    options->bootstrap = (size_t)bootstrap;
    options->block_rows = (size_t)block;
    return CAUS_OK;
}

static caus_status read_options(const caus_arguments *arguments,
                                const caus_series *series,
                                caus_pcmci_options *options, caus_error *err)
{
    const char *method = caus_arguments_get(arguments, "method");
    *options = caus_pcmci_options_default();
    options->method = read_method(method);
    options->fdr = read_fdr(caus_arguments_get(arguments, "fdr"), method);
    options->all_links = caus_arguments_has(arguments, "all-links");
    options->colliders =
        read_colliders(caus_arguments_get(arguments, "colliders"));
    options->keep_first_orientation =
        caus_arguments_has(arguments, "no-conflict-resolution");
    CAUS_TRY(check_table(series, method, err));
    CAUS_TRY(read_max_lag(arguments, series, &options->max_lag, err));
    CAUS_TRY(check_rows(series, options->max_lag, err));
    CAUS_TRY(read_levels(arguments, options, err));
    return read_counts(arguments, options, err);
}

/* A textbook method: the columns as they are, or one transform of them. */
static caus_status run_method(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_series *series, caus_arena *arena,
                              caus_graph_answer *answer, caus_error *err)
{
    caus_series *used = caus_arena_array(arena, 1, sizeof *used);
    caus_discovery *found = caus_arena_array(arena, 1, sizeof *found);
    caus_quality *quality = caus_arena_array(arena, 1, sizeof *quality);
    if (!used || !found || !quality)
        return caus_arena_fail(arena, err);
    caus_transform transform = CAUS_TRANSFORM_NONE;
    const char *name = caus_arguments_get(arguments, "transform");
    if (name)
        caus_transform_from_name(name, &transform);
    CAUS_TRY(caus_quality_examine(series, program->run, arena, quality, err));
    CAUS_TRY(caus_series_transform(series, transform, program->run, arena, used,
                                   err));
    CAUS_TRY(caus_discover_pcmci(used, &answer->options, program->run, arena,
                                 found, err));
    answer->series = used;
    answer->discovery = found;
    answer->quality = quality;
    answer->method = caus_arguments_get(arguments, "method");
    return CAUS_OK;
}

static caus_status run_preset(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_series *series, caus_arena *arena,
                              caus_graph_answer *answer, caus_error *err)
{
    if (series->variable_count < 2)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s alone cannot show what drove what: give two "
                         "variables or more",
                         series->variables[0].name);
    caus_incident *incident = caus_arena_array(arena, 1, sizeof *incident);
    if (!incident)
        return caus_arena_fail(arena, err);
    caus_incident_options options = {.pcmci = answer->options};
    const char *workload = caus_arguments_get(arguments, "workload");
    if (workload)
        options.workload = strcmp(workload, "none") == 0 ? NULL : workload;
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &options.topology, err));
    CAUS_TRY(caus_discover_incident(series, &options, program->run, arena,
                                    incident, err));
    answer->workload = incident->workload;
    answer->series = &incident->series;
    answer->input = &incident->input;
    answer->discovery = &incident->discovery;
    answer->quality = &incident->quality;
    answer->dropped = incident->dropped;
    answer->dropped_count = incident->dropped_count;
    answer->method = method_names[answer->options.method];
    answer->preset = "incident";
    return CAUS_OK;
}

/* With the nearest name, or all of them if none is near. */
static caus_status fail_target(const char *target, const caus_series *series,
                               caus_error *err)
{
    char names[600] = "";
    const char *nearest = series->variables[0].name;
    for (size_t i = 0; i < series->variable_count; i++) {
        const char *name = series->variables[i].name;
        if (caus_edit_distance(name, target) <
            caus_edit_distance(nearest, target))
            nearest = name;
        size_t length = strlen(names);
        if (length + strlen(name) + 2 < sizeof names)
            snprintf(names + length, sizeof names - length, "%s%s",
                     length ? ", " : "", name);
    }
    bool is_near = caus_is_near(target, nearest);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "--target=%s is not among the %zu variables; %s%s%s",
                     target, series->variable_count,
                     is_near ? "did you mean " : "give one of ",
                     is_near ? nearest : names, is_near ? "?" : "");
}

static caus_status check_target(const char *target, const caus_series *series,
                                const caus_graph_answer *answer,
                                caus_error *err)
{
    if (!target || caus_series_find(answer->series, target) != SIZE_MAX)
        return CAUS_OK;
    for (size_t i = 0; i < answer->dropped_count; i++) {
        if (strcmp(answer->dropped[i].label, target) == 0)
            return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                             "--target=%s was left out of the analysis: %s",
                             target, answer->dropped[i].reason);
    }
    return fail_target(target, series, err);
}

/* What to type next: how stable the links are, then a picture of them. */
static caus_status suggest(const caus_arguments *arguments, caus_arena *arena,
                           const char **next, caus_error *err)
{
    const char *more = NULL;
    if (!caus_arguments_has(arguments, "bootstrap"))
        more = "--bootstrap 200";
    else if (!caus_arguments_has(arguments, "output"))
        more = "-o graph.svg";
    *next = NULL;
    if (!more)
        return CAUS_OK;
    const char *again = caus_arguments_text(arguments, arena);
    if (again)
        *next = caus_arena_format(arena, "%s %s", again, more);
    return *next ? CAUS_OK : caus_arena_fail(arena, err);
}

/* An option that would change nothing is a misunderstanding: say so. */
static caus_status check_effects(const caus_arguments *arguments,
                                 const char *method, caus_error *err)
{
    bool files = caus_arguments_has(arguments, "recording") ||
                 caus_arguments_has(arguments, "csv") ||
                 caus_arguments_has(arguments, "table");
    bool orients = !method || strcmp(method, "pcmci+") == 0;
    const struct {
        const char *name;
        bool has_effect;
        const char *reason;
    } rules[] = {
        {"transform", method,
         "needs --method: the incident preset chooses its own"},
        {"workload", !method,
         "belongs to the incident preset: leave out "
         "--method"},
        {"colliders", orients, "belongs to --method pcmci+"},
        {"no-conflict-resolution", orients, "belongs to --method pcmci+"},
        {"block", caus_arguments_has(arguments, "bootstrap"),
         "needs --bootstrap N"},
        {"by", !files, "is for servers: a file has its columns"},
        {"max-variables", !files, "is for servers: a file has its columns"},
        {"query-budget", !files, "is for servers: a file needs no query"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (caus_arguments_has(arguments, rules[i].name) &&
            !rules[i].has_effect)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "--%s %s",
                             rules[i].name, rules[i].reason);
    }
    return CAUS_OK;
}

static caus_status answer_question(caus_program *program,
                                   const caus_arguments *arguments,
                                   caus_arena *arena, caus_graph_answer *answer,
                                   caus_error *err)
{
    const char *method = caus_arguments_get(arguments, "method");
    CAUS_TRY(check_effects(arguments, method, err));
    caus_cli_input input;
    CAUS_TRY(caus_cli_load(program, arguments,
                           method ? 0 : caus_cli_baseline_ns, arena, &input,
                           err));
    CAUS_TRY(read_options(arguments, &input.series, &answer->options, err));
    caus_series *series = caus_arena_array(arena, 1, sizeof *series);
    if (!series)
        return caus_arena_fail(arena, err);
    *series = input.series;
    answer->input = series;
    answer->test = method ? "parcorr" : "robust-parcorr";
    answer->warnings = input.warnings;
    answer->warning_count = input.warning_count;
    answer->seed = caus_run_seed(program->run);
    answer->target = caus_arguments_get(arguments, "target");
    caus_series_hash(&input.series, answer->inputs_sha256);
    CAUS_TRY(suggest(arguments, arena, &answer->next_command, err));
    if (method)
        CAUS_TRY(
            run_method(program, arguments, &input.series, arena, answer, err));
    else
        CAUS_TRY(
            run_preset(program, arguments, &input.series, arena, answer, err));
    caus_program_lap(program, "discovery");
    return check_target(answer->target, &input.series, answer, err);
}

/* --keep: the answer as JSON goes into the recording it came from. */
static caus_status keep(caus_program *program, const caus_arguments *arguments,
                        const caus_graph_answer *answer, caus_arena *arena,
                        caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "recording");
    if (!path)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--keep writes into a recording: give --recording");
    const char *json;
    size_t length;
    CAUS_TRY(caus_render_graph(answer, CAUS_FORMAT_JSON, &program->render,
                               program->run, arena, &json, &length, err));
    return caus_recording_add_result(path, "causal_graph", json, err);
}

static caus_status discover(caus_program *program,
                            const caus_arguments *arguments, caus_arena *arena,
                            caus_error *err)
{
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    caus_graph_answer answer = {0};
    CAUS_TRY(answer_question(program, arguments, arena, &answer, err));
    const char *path = caus_arguments_get(arguments, "output");
    if (path)
        program->render.color = false;
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_graph(&answer, format, &program->render, program->run,
                               arena, &text, &length, err));
    if (caus_arguments_has(arguments, "keep"))
        CAUS_TRY(keep(program, arguments, &answer, arena, err));
    caus_program_lap(program, "render");
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    return caus_program_write(path, text, length, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, discover);
}

static const caus_option_group *const groups[] = {
    &discover_group, &caus_source_options, &caus_file_options,
    &caus_time_options, &caus_common_options};

const caus_command caus_command_discover = {
    .name = "discover",
    .summary = "learn what drove what, with which delay",
    .operands = "",
    .stray = "a file is named by --recording, --csv or --table",
    .description =
        "Learns a lagged causal graph from a window of telemetry. Without "
        "--method the incident preset runs: rows before the window are a "
        "second environment, unfit variables are left out and named, and "
        "every link says whether it was seen in normal operation, in the "
        "incident or in both. With --method NAME the textbook algorithm runs "
        "on the columns as they are. The first line of the answer says which "
        "of the two ran and which delays could be seen.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus discover --metrics=redis_cpu \\\n"
        "    --traces=checkout_latency,payment_errors,auth_latency \\\n"
        "    --start=2025-10-29T03:00:00Z --end=2025-10-29T05:00:00Z \\\n"
        "    --max-lag=2 --alpha=0.05\n"
        "  caus discover --csv metrics.csv --method pcmci --max-lag 3 \\\n"
        "    -o graph.json\n"
        "  caus discover --recording incident.caus --target checkout_latency\n",
    .execute = execute,
};
