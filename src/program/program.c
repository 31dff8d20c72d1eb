/* SPDX-License-Identifier: Apache-2.0 */
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "program_internal.h"

static const char form_help[] = "form of the result; default: text on a "
                                "terminal, else json, or by the ending of -o";

static const char details_help[] =
    "text on a terminal is whole, not its first screen alone";

static const caus_option graph_form[] = {
    {"format", 0, "NAME", "json|text|markdown|dot|svg|mermaid|graphml",
     CAUS_COMPLETE_NOTHING, form_help},
    {"details", 0, NULL, NULL, CAUS_COMPLETE_NOTHING, details_help}};
static const caus_option story_form[] = {
    {"format", 0, "NAME", "json|text|markdown", CAUS_COMPLETE_NOTHING,
     form_help},
    {"details", 0, NULL, NULL, CAUS_COMPLETE_NOTHING, details_help}};
static const caus_option page_form[] = {
    {"format", 0, "NAME", "html|markdown", CAUS_COMPLETE_NOTHING,
     "form of the result; default: markdown on a terminal, else html, or by "
     "the ending of -o"}};
static const caus_option sheet_form[] = {
    {"format", 0, "NAME", "json|text", CAUS_COMPLETE_NOTHING, form_help}};
static const caus_option note_form[] = {
    {"format", 0, "NAME", "json|text", CAUS_COMPLETE_NOTHING,
     "form of what is printed; default text"}};

const caus_option_group caus_graph_form = {"result", 2, graph_form};
const caus_option_group caus_story_form = {"result", 2, story_form};
const caus_option_group caus_page_form = {"result", 1, page_form};
const caus_option_group caus_sheet_form = {"result", 1, sheet_form};
const caus_option_group caus_note_form = {"result", 1, note_form};

static const caus_option common_options[] = {
    {"output", 'o', "FILE", NULL, CAUS_COMPLETE_FILE,
     "write the result to FILE, whole or not at all"},
    {"quiet", 'q', NULL, NULL, CAUS_COMPLETE_NOTHING,
     "no messages on stderr but errors"},
    {"no-progress", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "no progress bars on stderr"},
    {"color", 0, "WHEN", "auto|always|never", CAUS_COMPLETE_NOTHING,
     "colour in text; auto honours NO_COLOR and TERM=dumb"},
    {"threads", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "threads to compute with; default: all processors"},
    {"seed", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "seed of every random stream; default 0"},
    {"time-limit", 0, "DURATION", NULL, CAUS_COMPLETE_NOTHING,
     "stop after this long: discover gives what is known by then, marked as "
     "partial, other commands fail"},
    {"memory-limit", 0, "BYTES", NULL, CAUS_COMPLETE_NOTHING,
     "most memory for data, for example 512M"},
    {"offline", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "no network, guaranteed: servers are refused"},
    {"show-queries", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "print every query that was sent on stderr"},
    {"timings", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "print the time of each stage on stderr"},
    {"exit-zero", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     "exit with 0 instead of 3 when the evidence is insufficient"},
    {"version", 0, NULL, NULL, CAUS_COMPLETE_NOTHING, "print the version"},
    {"help", 'h', NULL, NULL, CAUS_COMPLETE_NOTHING, "print this help"},
};

const caus_option_group caus_common_options = {
    "common", sizeof common_options / sizeof *common_options, common_options};

/*
 * A thread that waits for another sleeps: one that spins takes the processor
 * from whom it waits for when another program is running. The runtime of
 * OpenMP reads this once, before main() (GCC's) or with the first threads.
 */
__attribute__((constructor(101))) static void let_threads_sleep(void)
{
    setenv("OMP_WAIT_POLICY", "passive", 0);
}

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

caus_status caus_bytes_parse(const char *text, size_t *result, caus_error *err)
{
    char *end;
    double value = strtod(text, &end);
    double scale = 1;
    if (*end) {
        static const char units[] = "KMGT";
        const char *unit = strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end);
        for (const char *at = units; unit && at <= unit; at++)
            scale *= 1024;
        end += unit != NULL;
        if (unit && *end == 'i')
            end++;
        if (unit && *end == 'B')
            end++;
    }
    if (end == text || *end || !(value > 0) || value * scale > 1e15)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "\"%s\" is not an amount of memory: give for example "
                         "512M or 2G",
                         text);
    *result = (size_t)(value * scale);
    return CAUS_OK;
}

static bool wants_color(const char *when)
{
    if (when && strcmp(when, "always") == 0)
        return true;
    if (when && strcmp(when, "never") == 0)
        return false;
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

static int32_t local_zone_minutes(void)
{
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local))
        return INT32_MIN;
    return (int32_t)(local.tm_gmtoff / 60);
}

static caus_status run_options(caus_program *program,
                               const caus_arguments *arguments,
                               caus_run_options *options, caus_error *err)
{
    *options = caus_run_options_default();
    long threads, seed;
    CAUS_TRY(
        caus_arguments_integer(arguments, "threads", 0, 256, 0, &threads, err));
    CAUS_TRY(
        caus_arguments_integer(arguments, "seed", 0, INT64_MAX, 0, &seed, err));
    options->threads = (int)threads;
    options->seed = (uint64_t)seed;
    const char *limit = caus_arguments_get(arguments, "memory-limit");
    caus_error reason;
    if (limit && caus_bytes_parse(limit, &options->memory_limit_bytes,
                                  &reason) != CAUS_OK)
        return CAUS_FAIL(err, reason.status, "--memory-limit: %s",
                         reason.message);
    int64_t time_limit_ns;
    CAUS_TRY(caus_arguments_duration(arguments, "time-limit", 0, &time_limit_ns,
                                     err));
    options->time_limit_s = (double)time_limit_ns / 1e9;
    if (program->table->ranks)
        options->ranks = *program->table->ranks;
    options->cancel = caus_signals_watch();
    if (program->bar) {
        options->progress = caus_progress_bar_update;
        options->progress_data = program->bar;
    }
    return CAUS_OK;
}

caus_status caus_program_open(caus_program *program,
                              const caus_command_table *table,
                              const caus_arguments *arguments, caus_error *err)
{
    *program = (caus_program){.table = table};
    setlocale(LC_CTYPE, "");
    program->started_ns = program->lap_ns = monotonic_ns();
    program->quiet = caus_arguments_has(arguments, "quiet");
    program->timings = caus_arguments_has(arguments, "timings");
    program->exit_zero = caus_arguments_has(arguments, "exit-zero");
    program->offline = caus_arguments_has(arguments, "offline");
    program->show_queries = caus_arguments_has(arguments, "show-queries");
    program->render.color = wants_color(caus_arguments_get(arguments, "color"));
    program->render.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    program->render.zone_offset_minutes = local_zone_minutes();
    if (!program->quiet && !caus_arguments_has(arguments, "no-progress") &&
        isatty(STDERR_FILENO))
        program->bar = caus_progress_bar_new(stderr, program->render.ascii);
    caus_run_options options;
    caus_status status = run_options(program, arguments, &options, err);
    if (status == CAUS_OK)
        status = caus_run_new(&options, &program->run, err);
    if (status != CAUS_OK)
        caus_program_close(program);
    return status;
}

void caus_program_close(caus_program *program)
{
    caus_run_free(program->run);
    caus_progress_bar_free(program->bar);
    program->run = NULL;
    program->bar = NULL;
}

void caus_program_say(caus_program *program, const char *format, ...)
{
    if (program->quiet)
        return;
    caus_progress_bar_clear(program->bar);
    fputs("caus: ", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void caus_program_lap(caus_program *program, const char *what)
{
    int64_t now = monotonic_ns();
    if (program->timings) {
        caus_progress_bar_clear(program->bar);
        fprintf(stderr, "caus: %-20s %9.3f ms (%.3f ms since the start)\n",
                what, (double)(now - program->lap_ns) / 1e6,
                (double)(now - program->started_ns) / 1e6);
    }
    program->lap_ns = now;
}

int caus_program_fail(caus_program *program, const caus_error *err)
{
    caus_progress_bar_clear(program->bar);
    if (err->status == CAUS_ERR_CANCELLED) {
        fputs("caus: cancelled; nothing was written\n", stderr);
        return CAUS_EXIT_CANCELLED;
    }
    fprintf(stderr, "caus: %s\n", err->message);
    if (err->status == CAUS_ERR_TOO_FEW_SAMPLES)
        return program->exit_zero ? CAUS_EXIT_DONE : CAUS_EXIT_INSUFFICIENT;
    return err->status == CAUS_ERR_INVALID_ARGUMENT ? CAUS_EXIT_USAGE
                                                    : CAUS_EXIT_FAILED;
}

void caus_program_settle_text(caus_program *program,
                              const caus_arguments *arguments)
{
    const char *path = caus_arguments_get(arguments, "output");
    bool to_stdout = !path || strcmp(path, "-") == 0;
    if (!to_stdout)
        program->render.color = false;
    program->render.first_screen = to_stdout && isatty(STDOUT_FILENO) &&
                                   !caus_arguments_has(arguments, "details");
}

/* The ending of a file's name, without the dot; "" if there is none. */
static const char *ending_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot > name ? dot + 1 : "";
}

static caus_status format_of_ending(const char *path, caus_format *result,
                                    caus_error *err)
{
    static const char *const others[] = {"png", "jpg",  "jpeg", "gif", "pdf",
                                         "ps",  "webp", "csv",  "gml", "caus"};
    const char *ending = ending_of(path);
    *result = CAUS_FORMAT_JSON;
    if (caus_format_from_name(ending, result))
        return CAUS_OK;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(ending, others[i]) == 0)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--output=%s: caus writes no %s; give an ending "
                             "such as .svg, .json, .dot or .md, or --format",
                             path, ending);
    }
    return CAUS_OK;
}

caus_status caus_program_format(const caus_arguments *arguments,
                                caus_format *result, caus_error *err)
{
    const char *name = caus_arguments_get(arguments, "format");
    const char *path = caus_arguments_get(arguments, "output");
    if (name) {
        if (!caus_format_from_name(name, result))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "--format=%s is not a format", name);
        return CAUS_OK;
    }
    if (path && strcmp(path, "-") != 0)
        return format_of_ending(path, result, err);
    *result = isatty(STDOUT_FILENO) ? CAUS_FORMAT_TEXT : CAUS_FORMAT_JSON;
    return CAUS_OK;
}
