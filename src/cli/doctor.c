/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "servers.h"

static const int64_t second_ns = 1000000000;

static const caus_option doctor_options[] = {
    {"topology", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "who calls whom, as discover takes it: CSV with src,dst"},
    {"vars", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "the variables that will be asked for; default ./vars.yml if there is "
     "one"},
};

static const caus_option_group doctor_group = {
    "expectations", sizeof doctor_options / sizeof *doctor_options,
    doctor_options};

/* What the exit code depends on. */
typedef enum outcome {
    OUTCOME_READY,
    OUTCOME_BROKEN,      /* a server that was named does not work */
    OUTCOME_INSUFFICIENT /* all that was named works, and there is nothing */
} outcome;

static outcome judge(const caus_cli_survey *survey,
                     const caus_diagnosis *diagnosis)
{
    if (survey->failure_count)
        return OUTCOME_BROKEN;
    return diagnosis->can_answer ? OUTCOME_READY : OUTCOME_INSUFFICIENT;
}

static const char *summarise(outcome found, const caus_cli_survey *survey,
                             const caus_diagnosis *diagnosis)
{
    size_t notes = 0;
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        notes += diagnosis->findings[i].health != CAUS_HEALTH_FINE;
    if (found == OUTCOME_BROKEN)
        return "Something that was configured does not work.";
    if (!survey->found_count)
        return "No server is named, and none answers on the usual ports of "
               "this machine: give --prometheus URL or --clickhouse URL, or "
               "set CAUS_PROMETHEUS_URL.";
    if (found == OUTCOME_INSUFFICIENT)
        return "The servers answer, but there is nothing to learn from.";
    return notes ? "Ready; what is noted costs precision or part of an answer."
                 : "Ready: nothing is missing.";
}

/* The end of data to which nothing was added of late; INT64_MAX = they go on.
 */
static int64_t end_of_data(const caus_setup_servers *servers)
{
    const int64_t stale_ns = 600 * second_ns;
    int64_t newest_ns = INT64_MAX, now_ns = 0;
    if (servers->metrics) {
        newest_ns = servers->metrics->newest_ns;
        now_ns = servers->metrics->now_ns;
    } else if (servers->spans) {
        newest_ns = servers->spans->newest_ns;
        now_ns = servers->spans->now_ns;
    }
    return newest_ns != INT64_MAX && now_ns - newest_ns >= stale_ns
               ? newest_ns / second_ns / 60 * 60 * second_ns
               : INT64_MAX;
}

/* The present, or the end of data that ended; all there is, in rows narrow
 * enough, where that is less than the usual window. NULL = no memory. */
static const char *window_words(const caus_cli_survey *survey,
                                const char *end_option, caus_arena *arena)
{
    enum { ROWS = 120, USUAL_S = 7200 };
    const caus_metric_survey *metrics = survey->servers.metrics;
    double interval_s = 1;
    int64_t end_ns = end_of_data(&survey->servers);
    if (end_ns != INT64_MAX) {
        char end[40];
        caus_time_format(end_ns, end);
        return caus_arena_format(arena, " --%s %s", end_option, end);
    }
    if (!metrics || metrics->oldest_ns == INT64_MAX)
        return " --around now";
    int64_t age_s = (metrics->now_ns - metrics->oldest_ns) / 1000000000;
    if (age_s >= USUAL_S || age_s <= 0)
        return " --around now";
    for (size_t i = 0; i < metrics->target_count; i++) {
        if (metrics->targets[i].interval_s > interval_s)
            interval_s = metrics->targets[i].interval_s;
    }
    int64_t step_s = age_s / ROWS > (int64_t)interval_s
                         ? age_s / ROWS
                         : (int64_t)ceil(interval_s);
    return caus_arena_format(arena, " --start %" PRId64 "s --step %" PRId64 "s",
                             age_s, step_s);
}

/* What gets one step further: variables first, then an answer. */
static caus_status suggest(const caus_arguments *arguments, outcome found,
                           const caus_cli_survey *survey, caus_arena *arena,
                           const char **next, caus_error *err)
{
    const char *vars = caus_arguments_get(arguments, "vars");
    *next = NULL;
    if (found != OUTCOME_READY)
        return CAUS_OK;
    if (!vars && access("vars.yml", F_OK) == 0)
        vars = "vars.yml";
    const char *words = caus_cli_server_words(survey, arena);
    const char *file = vars ? caus_shell_quote(vars, arena) : "";
    bool has_ended = end_of_data(&survey->servers) != INT64_MAX;
    const char *window =
        vars || has_ended ? window_words(survey, vars ? "end" : "around", arena)
                          : "";
    if (words && file && window)
        *next = caus_arena_format(arena, "caus %s%s%s%s",
                                  vars ? "explain --vars " : "init", file,
                                  words, window);
    return *next ? CAUS_OK : caus_arena_fail(arena, err);
}

static caus_status diagnose(const caus_arguments *arguments,
                            const caus_cli_survey *survey, caus_arena *arena,
                            caus_diagnosis *diagnosis, caus_error *err)
{
    const caus_topology *topology;
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &topology, err));
    caus_diagnosis_options options = {.has_topology = topology != NULL,
                                      .failures = survey->failures,
                                      .failure_count = survey->failure_count};
    return caus_diagnose(&survey->servers, &options, arena, diagnosis, err);
}

static caus_status doctor(caus_program *program,
                          const caus_arguments *arguments, caus_arena *arena,
                          outcome *found, caus_error *err)
{
    static const char *const verdicts[] = {"ready", "broken", "insufficient"};
    caus_format format;
    CAUS_TRY(caus_program_format(arguments, &format, err));
    caus_cli_survey *survey = caus_arena_array(arena, 1, sizeof *survey);
    if (!survey)
        return caus_arena_fail(arena, err);
    CAUS_TRY(
        caus_cli_survey_servers(program, arguments, true, arena, survey, err));
    caus_diagnosis diagnosis;
    CAUS_TRY(diagnose(arguments, survey, arena, &diagnosis, err));
    *found = judge(survey, &diagnosis);
    caus_diagnosis_answer answer = {
        .diagnosis = &diagnosis,
        .servers = survey->found,
        .server_count = survey->found_count,
        .verdict = verdicts[*found],
        .summary = summarise(*found, survey, &diagnosis),
        .targets = survey->metrics.targets,
        .target_count = survey->metrics.target_count,
        .queries = survey->queries,
        .query_count = survey->query_count};
    CAUS_TRY(
        suggest(arguments, *found, survey, arena, &answer.next_command, err));
    const char *text;
    size_t length;
    const char *output = caus_arguments_get(arguments, "output");
    if (output)
        program->render.color = false;
    CAUS_TRY(caus_render_diagnosis(&answer, format, &program->render, arena,
                                   &text, &length, err));
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    return caus_program_write(output, text, length, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    caus_error err;
    outcome found = OUTCOME_READY;
    caus_arena *arena =
        caus_arena_new(caus_run_memory_limit_bytes(program->run));
    caus_status status =
        arena ? doctor(program, arguments, arena, &found, &err)
              : CAUS_FAIL(&err, CAUS_ERR_OUT_OF_MEMORY, "no memory to start");
    caus_arena_free(arena);
    if (status != CAUS_OK)
        return caus_program_fail(program, &err);
    if (found == OUTCOME_INSUFFICIENT && !program->exit_zero)
        return CAUS_EXIT_INSUFFICIENT;
    return found == OUTCOME_BROKEN ? CAUS_EXIT_FAILED : CAUS_EXIT_DONE;
}

static const caus_option_group *const groups[] = {
    &doctor_group, &caus_server_options, &caus_sheet_form,
    &caus_common_options};

const caus_command caus_command_doctor = {
    .name = "doctor",
    .summary = "say what servers can answer, and what is missing",
    .operands = "",
    .stray = "servers are named by --prometheus and --clickhouse",
    .description =
        "Asks the servers found by options, environment, caus.yml or on the "
        "usual ports of this machine: whether they answer, their version and "
        "clock, what this user may read, how far back data go, how often and "
        "how evenly targets are scraped; then which answers lack what, each "
        "with a remedy. Exits with 0 when discover has something to work on, "
        "1 when a server that was named does not work, 3 when all work and "
        "there is nothing to learn from.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples = "  caus doctor\n"
                "  caus doctor --prometheus http://prometheus:9090 \\\n"
                "    --topology calls.csv --format json\n",
    .execute = execute,
};
