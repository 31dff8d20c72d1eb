/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"
#include "servers.h"

static const caus_option discover_options[] = {
    {"method", 0, "NAME",
     "pcmci+|pcmci|pc-lagged|lpcmci|jpcmci+|bivci|fullci|lagged|var-lingam|pc|"
     "fci|rfci|xges|ges|lingam|additive|dagma|notears|granger|correlation|"
     "spearman",
     CAUS_COMPLETE_NOTHING,
     "a textbook method on the columns as they are (see \"caus help "
     "methods\"); "
     "without it the incident preset"},
    {"test", 0, "NAME",
     "parcorr|robust-parcorr|parcorr-wls|fisher-z|gsquared|chisquared|cmiknn|"
     "cmiknn-mixed|gpdc|rcot",
     CAUS_COMPLETE_NOTHING,
     "test of conditional independence; default parcorr, with pc fisher-z"},
    {"neighbours", 0, "K", NULL, CAUS_COMPLETE_NOTHING,
     "nearest neighbours of cmiknn; below 1 a share of the rows; default 0.2"},
    {"shuffles", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "permutations behind a p-value of cmiknn; default 500"},
    {"wls-window", 0, "ROWS", NULL, CAUS_COMPLETE_NOTHING,
     "rows over which parcorr-wls takes the noise as constant; default 10"},
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
     "when an unshielded triple is a collider (pcmci+, pc, fci, "
     "rfci); default majority, without lags conservative"},
    {"no-conflict-resolution", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "keep the first orientation of a lag-0 edge instead of x-x (pcmci+)"},
    {"max-conditions", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most conditions in selection; default no limit"},
    {"max-combinations", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "combinations of conditions tried per size; default 1"},
    {"max-tests", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most tests to make for a graph, or scores of xges, ges and additive, "
     "then "
     "a partial answer (not lingam, var-lingam, dagma, notears, correlation, "
     "spearman); default no limit"},
    {"selection-bias", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "rows may have been selected by what they show (fci, rfci)"},
    {"prune", 0, "RULE", "lasso|test|none", CAUS_COMPLETE_NOTHING,
     "how edges of a causal order are kept (lingam, var-lingam); default "
     "lasso"},
    {"least-effect", 0, "X", NULL, CAUS_COMPLETE_NOTHING,
     "smallest standardised effect to report (lingam, var-lingam), smallest "
     "weight (dagma, notears; default 0.3) or correlation; default 0"},
    {"pairwise", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "two variables at a time instead of given all others (granger)"},
    {"units-decide", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "accept that directions follow from the units of the columns (dagma, "
     "notears)"},
    {"score", 0, "NAME", "gaussian|bdeu|categories", CAUS_COMPLETE_NOTHING,
     "what a score search maximises (xges, ges); default gaussian"},
    {"turns", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "turn edges too, and search again while that helps (ges)"},
    {"sample-size", 0, "X", NULL, CAUS_COMPLETE_NOTHING,
     "equivalent sample size of --score bdeu; default 1"},
    {"penalty", 0, "X", NULL, CAUS_COMPLETE_NOTHING,
     "price of an edge, times log(rows) / 2 (xges, ges, additive); 1 is the "
     "BIC, default "
     "2, with additive 1"},
    {"basis", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most functions that describe one effect (additive); default 8"},
    {"max-parents", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most causes of a variable: what the preset, pcmci+, pc-lagged, jpcmci+ "
     "and pc take as known before they test, and how many of the strongest "
     "the others keep (not lpcmci, fci, rfci, correlation, spearman); default "
     "no limit, with additive 10"},
    {"ebic-gamma", 0, "X", NULL, CAUS_COMPLETE_NOTHING,
     "extended BIC: price times log(variables) (xges, ges); default 0"},
    {"level", 0, "SHARE", NULL, CAUS_COMPLETE_NOTHING,
     "coverage of intervals; default 0.95"},
    {"interval", 0, "KIND", "rows|fisher|student", CAUS_COMPLETE_NOTHING,
     "intervals of correlations: rows (default), which hold for heavy tails "
     "too; fisher, as if rows were normal; or student, which is tigramite's "
     "and too narrow (pcmci family)"},
    {"bootstrap", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "block-bootstrap replicates behind each edge's stability; default 0"},
    {"stability-selection", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "the same from N random halves of the rows, drawn without replacement"},
    {"sensitivity", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "say in which share of other levels and lags each edge stays"},
    {"block", 0, "ROWS", NULL, CAUS_COMPLETE_NOTHING,
     "rows of a bootstrap block; default from the autocorrelation"},
    {"transform", 0, "NAME",
     "none|standardise|normal-scores|difference|log1p|detrend",
     CAUS_COMPLETE_NOTHING, "change the columns first; only with --method"},
    {"windows", 0, "LENGTH[,STEP]", NULL, CAUS_COMPLETE_NOTHING,
     "a graph for every window of so many rows or so long (2h,30m), what most "
     "have in common, and how each differs from the one before"},
    {"regimes", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "a graph for every value of this variable, in the same way"},
    {"knowledge", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "required and forbidden links, tiers: see \"caus help knowledge\""},
    {"context", 0, "KIND:VARIABLE[,...]", NULL, CAUS_COMPLETE_NOTHING,
     "variables that no other causes: time:x is the same in every environment, "
     "space:y never changes in one (jpcmci+)"},
    {"dummies", 0, "WHICH", "both|time|space|none", CAUS_COMPLETE_NOTHING,
     "what stands for contexts that nobody measured (jpcmci+); default both"},
    {"clock", 0, "WHICH", "shared|own", CAUS_COMPLETE_NOTHING,
     "whether rows of one time in several --csv are at one time; default "
     "shared where files have times"},
    {"graph", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "a graph that somebody drew (JSON, DOT, GML, GraphML, CSV): say of each "
     "edge whether the data support it, and what it lacks"},
    {"graph-trust", 0, "HOW", "compare|prior|required", CAUS_COMPLETE_NOTHING,
     "what --graph is worth to the search: nothing, directions at lag 0, or "
     "every edge; default compare"},
    {"at", 0, "TIME", NULL, CAUS_COMPLETE_NOTHING,
     "when the incident began; by default beginning and end are looked for"},
    {"workload", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "load that all share: auto (calls of the services that nobody calls in "
     "--topology, without one a guess; a link must hold with them too), none, "
     "or a variable of offered load, regressed out; default auto"},
    {"target", 0, "VARIABLE", NULL, CAUS_COMPLETE_NOTHING,
     "show only what leads, or may lead, to this variable"},
    {"keep", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "with --recording: keep the answer in the file as well"},
    {"all-links", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "add every tested link to the JSON, reported or not"},
};

const caus_option_group caus_cli_discover_options = {
    "discovery", sizeof discover_options / sizeof *discover_options,
    discover_options};

/* A textbook method: the columns as they are, or one transform of them. */
static caus_status run_method(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_cli_method *method,
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
    caus_cli_lesson lesson = {program, arguments, used, arena};
    caus_cli_task task;
    CAUS_TRY(method->prepare(&lesson, &task, answer, err));
    if (caus_cli_wants_parts(arguments)) {
        CAUS_TRY(caus_cli_learn_parts(&lesson, found, answer, err));
        answer->series = lesson.series;
    } else {
        CAUS_TRY(
            task.learn(task.settings, used, program->run, arena, found, err));
        CAUS_TRY(caus_cli_add_confidence(&lesson, &task, found, answer, err));
    }
    if (!answer->series)
        answer->series = used;
    answer->discovery = found;
    answer->quality = quality;
    answer->method = method->name;
    return CAUS_OK;
}

/* What the preset is asked beside the search, and what is known before. */
static caus_status read_incident(const caus_cli_lesson *lesson,
                                 const caus_cli_input *input,
                                 const caus_pcmci_options *search,
                                 caus_incident_options *result, caus_error *err)
{
    const caus_arguments *arguments = lesson->arguments;
    caus_incident_options options = caus_incident_options_default();
    caus_pcmci_options preset = options.pcmci;
    options.pcmci = *search;
    options.pcmci.fdr_skip_own_past = preset.fdr_skip_own_past;
    options.pcmci.fdr_ordered_apart = preset.fdr_ordered_apart;
    options.pcmci.uneven_rows = preset.uneven_rows;
    const char *workload = caus_arguments_get(arguments, "workload");
    if (!workload)
        workload = "auto";
    options.workload = strcmp(workload, "none") == 0 ? NULL : workload;
    CAUS_TRY(caus_cli_read_topology(arguments, lesson->arena, &options.topology,
                                    err));
    if (!options.topology)
        options.topology = input->topology;
    CAUS_TRY(caus_cli_read_knowledge(arguments, lesson->arena,
                                     &options.knowledge, err));
    CAUS_TRY(
        caus_cli_add_graph(lesson, search->max_lag, &options.knowledge, err));
    *result = options;
    return CAUS_OK;
}

/* Says of an incident that is not where it was told, and of two that are as
 * loud. */
static caus_status warn_of_extent(const caus_arguments *arguments,
                                  const caus_cli_input *input,
                                  const caus_extent *extent, caus_arena *arena,
                                  caus_graph_answer *answer, caus_error *err)
{
    caus_explain_options near = caus_explain_options_default();
    caus_cli_input told = *input;
    const char *said = NULL;
    CAUS_TRY(caus_cli_read_near(arguments, &near, err));
    int64_t onset_ns = extent->onset.time_ns;
    bool is_far = onset_ns < near.near_ns - near.near_before_ns ||
                  onset_ns > near.near_ns + near.near_after_ns;
    if (!extent->found && extent->repeats)
        CAUS_TRY(caus_incident_say_repeat(extent, arena, &said, err));
    else if (extent->found && near.has_near && is_far)
        said = "nothing was found near the time of --around: the incident "
               "told here began elsewhere";
    if (!said)
        return CAUS_OK;
    CAUS_TRY(caus_cli_add_warning(arena, &told, said, err));
    answer->warnings = told.warnings;
    answer->warning_count = told.warning_count;
    return CAUS_OK;
}

void caus_cli_describe_incident(const caus_incident *incident,
                                caus_graph_answer *answer)
{
    answer->workload = incident->workload;
    answer->workload_guess = incident->workload_guess;
    answer->departures = incident->departures;
    answer->options.assumptions = incident->assumptions;
    answer->series = &incident->series;
    answer->input = &incident->input;
    answer->discovery = &incident->discovery;
    answer->dropped = incident->dropped;
    answer->dropped_count = incident->dropped_count;
    answer->method = "pcmci+";
    answer->has_selection = true;
    answer->preset = "incident";
}

static caus_status run_preset(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_cli_input *input, caus_series *series,
                              caus_arena *arena, caus_graph_answer *answer,
                              caus_error *err)
{
    caus_extent *extent = caus_arena_array(arena, 1, sizeof *extent);
    if (!extent)
        return caus_arena_fail(arena, err);
    if (series->variable_count < 2)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s alone cannot show what drove what: give two "
                         "variables or more",
                         series->variables[0].name);
    caus_incident *incident = caus_arena_array(arena, 1, sizeof *incident);
    if (!incident)
        return caus_arena_fail(arena, err);
    CAUS_TRY(
        caus_cli_read_pcmci(arguments, NULL, series, &answer->options, err));
    CAUS_TRY(caus_cli_split(program, arguments, answer->options.max_lag, arena,
                            series, extent, err));
    answer->extent = extent;
    if (!caus_arguments_has(arguments, "at"))
        CAUS_TRY(warn_of_extent(arguments, input, extent, arena, answer, err));
    caus_cli_known_changes known = caus_cli_changes_of(input);
    CAUS_TRY(caus_cli_join_changes(program, arguments, &known, arena,
                                   &answer->changes, err));
    caus_incident_options options;
    caus_cli_lesson given = {program, arguments, series, arena};
    CAUS_TRY(read_incident(&given, input, &answer->options, &options, err));
    CAUS_TRY(caus_discover_incident(series, &options, program->run, arena,
                                    incident, err));
    caus_cli_lesson lesson = {program, arguments, &incident->series, arena};
    caus_pcmci_options pcmci = options.pcmci;
    pcmci.assumptions = incident->searched;
    caus_cli_task task = caus_cli_pcmci_task(arguments, &pcmci);
    CAUS_TRY(caus_cli_add_confidence(&lesson, &task, &incident->discovery,
                                     answer, err));
    caus_cli_describe_incident(incident, answer);
    answer->quality = &incident->quality;
    answer->test = answer->options.test.test == CAUS_TEST_PARCORR
                       ? "robust-parcorr"
                       : caus_test_name(answer->options.test.test);
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
    if (!caus_arguments_has(arguments, "bootstrap") &&
        !caus_arguments_has(arguments, "gram") &&
        !caus_arguments_has(arguments, "push-down") &&
        !caus_arguments_has(arguments, "stability-selection") &&
        !caus_cli_wants_parts(arguments))
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

/* Rows that follow each other hold less than as many independent ones. */
static caus_status warn_of_time(const char *method, caus_arena *arena,
                                caus_cli_input *input, caus_error *err)
{
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "%s takes rows as independent, and these follow one "
                          "another in time: p-values are too small and delays "
                          "are not looked for; --method pcmci+ knows lags",
                          method),
        err);
}

/* Learns by a method, or by the preset for want of one. Where the evidence is
 * insufficient, that is the answer. */
static caus_status learn(caus_program *program, const caus_arguments *arguments,
                         const caus_cli_method *method,
                         const caus_cli_input *input, caus_arena *arena,
                         caus_graph_answer *answer, caus_error *err)
{
    caus_error reason;
    caus_series *series = caus_arena_array(arena, 1, sizeof *series);
    if (!series)
        return caus_arena_fail(arena, err);
    *series = input->series; /* the preset cuts it in two */
    caus_status status = method ? run_method(program, arguments, method, series,
                                             arena, answer, &reason)
                                : run_preset(program, arguments, input, series,
                                             arena, answer, &reason);
    if (status == CAUS_OK)
        return CAUS_OK;
    if (status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    caus_cli_lesson lesson = {program, arguments, series, arena};
    return caus_cli_tell_insufficient(&lesson, method, reason.message, answer,
                                      err);
}

static caus_status settle_zone(caus_program *program,
                               const caus_arguments *arguments,
                               const caus_series *series, caus_error *err)
{
    if (!series->segment_count || series->step_ns <= 0)
        return CAUS_OK;
    const caus_segment *last = &series->segments[series->segment_count - 1];
    return caus_cli_settle_zone(program, arguments, last->start_ns, err);
}

/* What --service chose is held to the rows that came and the lags asked for. */
static caus_status cap(const caus_arguments *arguments, caus_arena *arena,
                       caus_cli_input *input, caus_error *err)
{
    size_t max_lag;
    if (!caus_cli_chose_near(arguments) || input->series.gram)
        return CAUS_OK;
    CAUS_TRY(caus_cli_read_max_lag(arguments, &input->series, &max_lag, err));
    return caus_cli_cap_by_lags(caus_arguments_get(arguments, "service"),
                                max_lag, arena, input, err);
}

/* The rows to learn from, or what sums them up. */
static caus_status load(caus_program *program, const caus_arguments *arguments,
                        const caus_cli_method *method, caus_arena *arena,
                        caus_cli_input *input, caus_error *err)
{
    if (caus_arguments_has(arguments, "gram") ||
        caus_arguments_has(arguments, "push-down"))
        CAUS_TRY(caus_cli_load_gram(program, arguments, arena, input, err));
    else
        CAUS_TRY(caus_cli_load(program, arguments,
                               method ? 0 : caus_cli_baseline_ns, arena, input,
                               err));
    if (!method)
        CAUS_TRY(caus_cli_add_calls(program, arguments, arena, input, err));
    CAUS_TRY(cap(arguments, arena, input, err));
    return caus_cli_read_contexts(arguments, arena, &input->series, err);
}

/* What a method that was named does not fit. */
static caus_status warn_of_method(const caus_cli_method *method,
                                  const caus_arguments *arguments,
                                  caus_arena *arena, caus_cli_input *input,
                                  caus_error *err)
{
    if (!method)
        return CAUS_OK;
    if (method->is_static && input->series.step_ns)
        CAUS_TRY(warn_of_time(method->name, arena, input, err));
    CAUS_TRY(caus_cli_warn_of_shape(method, arguments, arena, input, err));
    return method->warning
               ? caus_cli_add_warning(arena, input, method->warning(), err)
               : CAUS_OK;
}

static caus_status answer_question(caus_program *program,
                                   const caus_arguments *arguments,
                                   caus_arena *arena, caus_graph_answer *answer,
                                   caus_error *err)
{
    const char *name = caus_arguments_get(arguments, "method");
    const caus_cli_method *method = name ? caus_cli_find_method(name) : NULL;
    CAUS_TRY(caus_cli_check_options(arguments, method, err));
    caus_cli_input input;
    CAUS_TRY(load(program, arguments, method, arena, &input, err));
    caus_series *series = caus_arena_array(arena, 1, sizeof *series);
    if (!series)
        return caus_arena_fail(arena, err);
    CAUS_TRY(caus_cli_warn_of_knowledge(arguments, arena, &input, err));
    *series = input.series;
    CAUS_TRY(settle_zone(program, arguments, series, err));
    CAUS_TRY(warn_of_method(method, arguments, arena, &input, err));
    answer->input = series;
    answer->warnings = input.warnings;
    answer->warning_count = input.warning_count;
    answer->seed = caus_run_seed(program->run);
    answer->target = caus_arguments_get(arguments, "target");
    caus_series_hash(&input.series, answer->inputs_sha256);
    CAUS_TRY(suggest(arguments, arena, &answer->next_command, err));
    CAUS_TRY(learn(program, arguments, method, &input, arena, answer, err));
    if (!answer->insufficient) {
        CAUS_TRY(caus_cli_compare(arguments, arena, answer, err));
        CAUS_TRY(caus_cli_check_bound(arguments, arena, answer, err));
    }
    answer->options.all_links = caus_arguments_has(arguments, "all-links");
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
                            int *exit_code, caus_error *err)
{
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    caus_graph_answer answer = {0};
    CAUS_TRY(answer_question(program, arguments, arena, &answer, err));
    const char *path = caus_arguments_get(arguments, "output");
    caus_program_settle_text(program, arguments);
    const char *text;
    size_t length;
    CAUS_TRY(caus_render_graph(&answer, format, &program->render, program->run,
                               arena, &text, &length, err));
    if (caus_arguments_has(arguments, "keep"))
        CAUS_TRY(keep(program, arguments, &answer, arena, err));
    caus_program_lap(program, "render");
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    CAUS_TRY(caus_program_write(path, text, length, err));
    *exit_code = answer.insufficient && !program->exit_zero
                     ? CAUS_EXIT_INSUFFICIENT
                     : CAUS_EXIT_DONE;
    if (answer.insufficient && (path || format != CAUS_FORMAT_TEXT))
        caus_program_say(program, "%s", answer.insufficient);
    return CAUS_OK;
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    caus_error err;
    int exit_code = CAUS_EXIT_DONE;
    caus_arena *arena =
        caus_arena_new(caus_run_memory_limit_bytes(program->run));
    caus_status status =
        arena ? discover(program, arguments, arena, &exit_code, &err)
              : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY, "no memory to start");
    caus_arena_free(arena);
    return status == CAUS_OK ? exit_code : caus_program_fail(program, &err);
}

static const caus_option_group *const groups[] = {
    &caus_cli_discover_options, &caus_cli_change_options,
    &caus_cli_trace_options,    &caus_server_options,
    &caus_source_options,       &caus_file_options,
    &caus_gram_source_options,  &caus_time_options,
    &caus_graph_form,           &caus_common_options};

const caus_command caus_command_discover = {
    .name = "discover",
    .summary = "learn what drove what, with which delay",
    .operands = "",
    .stray = "a file is named by --recording, --csv or --table, a service "
             "by --service",
    .description =
        "Learns a lagged causal graph from a window of telemetry. Without "
        "--method the incident preset runs: rows before the window are a "
        "second environment, unfit variables are left out and named, and "
        "every link says whether it was seen in normal operation, in the "
        "incident or in both. With --method NAME the textbook algorithm runs "
        "on the columns as they are. The first line of the answer says which "
        "of the two ran and which delays could be seen. Where the evidence is "
        "insufficient (exit 3), the answer has no link and says what was left "
        "out and why.",
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
