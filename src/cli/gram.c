/* SPDX-License-Identifier: Apache-2.0 */
/* "caus gram build|merge", and "caus discover --gram". */
#include <string.h>

#include "methods.h"
#include "servers.h"

#define PUSH_DOWN_HELP \
    "let ClickHouse sum up the span series of --traces: sums travel, no rows"

static const caus_option source_options[] = {
    {"gram", 0, "FILE", NULL, CAUS_COMPLETE_FILE,
     "search on sums of \"caus gram\" in place of data: with --method"},
    {"push-down", 0, NULL, NULL, CAUS_COMPLETE_NOTHING,
     PUSH_DOWN_HELP "; with --method"},
};

const caus_option_group caus_gram_source_options = {
    "sums", sizeof source_options / sizeof *source_options, source_options};

static caus_status check_others(const caus_arguments *arguments,
                                const char *const *others, size_t count,
                                const char *reason, caus_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (caus_arguments_has(arguments, others[i]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "%s: leave out --%s", reason, others[i]);
    }
    return CAUS_OK;
}

static caus_status read_gram(const caus_arguments *arguments, caus_arena *arena,
                             caus_gram *result, caus_error *err)
{
    static const char *const others[] = {
        "recording", "csv",   "table", "metrics", "traces",   "vars",
        "service",   "start", "end",   "step",    "baseline", "push-down"};
    CAUS_TRY(check_others(arguments, others, sizeof others / sizeof *others,
                          "--gram holds everything already", err));
    if (caus_arguments_nth(arguments, "gram", 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--gram takes one file: add several up with caus gram "
                         "merge");
    return caus_gram_read(caus_arguments_get(arguments, "gram"), arena, result,
                          err);
}

/* A server's sums; warnings go to the input. */
static caus_status push_down(caus_program *program,
                             const caus_arguments *arguments,
                             const char *dataset, caus_arena *arena,
                             caus_gram *result, caus_cli_input *input,
                             caus_error *err)
{
    static const char *const others[] = {"recording", "csv", "table", "metrics",
                                         "traces-csv"};
    CAUS_TRY(check_others(arguments, others, sizeof others / sizeof *others,
                          "--push-down is for span series in ClickHouse", err));
    caus_cli_window window;
    caus_cli_source source;
    CAUS_TRY(caus_cli_read_window(arguments, 0, &window, err));
    CAUS_TRY(
        caus_cli_read_source(program, arguments, &window, arena, &source, err));
    caus_cli_settle(&window, 0);
    caus_gram_options options = {.dataset = dataset};
    caus_segment clock = {.start_ns = window.window.start_ns};
    caus_series grid = {.step_ns = window.window.step_ns,
                        .segment_count = 1,
                        .segments = &clock};
    CAUS_TRY(caus_cli_read_max_lag(arguments, &grid, &options.max_lag, err));
    caus_gram_fetch found;
    CAUS_TRY(caus_cli_fetch_gram(program, arguments, &source, &window, &options,
                                 arena, &found, err));
    caus_program_lap(program, "sums");
    *result = found.gram;
    input->warnings = found.told.warnings;
    input->warning_count = found.told.warning_count;
    return caus_cli_add_source_warnings(&source, arena, input, err);
}

caus_status caus_cli_load_gram(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *result,
                               caus_error *err)
{
    caus_gram *gram = caus_arena_array(arena, 1, sizeof *gram);
    if (!gram)
        return caus_arena_fail(arena, err);
    *result = (caus_cli_input){0};
    if (caus_arguments_has(arguments, "gram"))
        CAUS_TRY(read_gram(arguments, arena, gram, err));
    else
        CAUS_TRY(push_down(program, arguments, NULL, arena, gram, result, err));
    CAUS_TRY(caus_series_from_gram(gram, arena, &result->series, err));
    caus_program_lap(program, "read");
    return CAUS_OK;
}

static caus_status write_gram(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_gram *gram, caus_arena *arena,
                              caus_error *err)
{
    const char *path = caus_arguments_get(arguments, "output");
    const char *bytes, *name = caus_arguments_get(arguments, "format");
    size_t length;
    caus_format format = CAUS_FORMAT_TEXT;
    if (name && !caus_format_from_name(name, &format))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--format=%s is not a format", name);
    const char *text;
    size_t text_length;
    CAUS_TRY(caus_render_gram(gram, path, format, &program->render, arena,
                              &text, &text_length, err));
    CAUS_TRY(caus_gram_encode(gram, arena, &bytes, &length, err));
    CAUS_TRY(caus_program_write(path, bytes, length, err));
    if (program->bar)
        caus_progress_bar_clear(program->bar);
    caus_program_lap(program, "write");
    return caus_program_write(NULL, text, text_length, err);
}

static caus_status sum_rows(caus_program *program,
                            const caus_arguments *arguments,
                            const char *dataset, caus_arena *arena,
                            caus_gram *result, caus_cli_input *input,
                            caus_error *err)
{
    caus_gram_options options = {.dataset = dataset};
    CAUS_TRY(caus_cli_load(program, arguments, 0, arena, input, err));
    CAUS_TRY(caus_cli_read_max_lag(arguments, &input->series, &options.max_lag,
                                   err));
    CAUS_TRY(caus_cli_check_rows(&input->series, options.max_lag, err));
    CAUS_TRY(caus_gram_build(&input->series, &options, program->run, arena,
                             result, err));
    caus_program_lap(program, "sums");
    return CAUS_OK;
}

static caus_status build(caus_program *program, const caus_arguments *arguments,
                         caus_arena *arena, caus_error *err)
{
    caus_cli_input input = {0};
    caus_gram gram;
    const char *dataset = caus_arguments_get(arguments, "dataset");
    if (caus_arguments_operand_count(arguments) > 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "\"%s\" is one word too many: data are named by "
                         "--csv, --recording and the other sources",
                         caus_arguments_operand(arguments, 1));
    bool pushes = caus_arguments_has(arguments, "push-down");
    CAUS_TRY((pushes ? push_down : sum_rows)(program, arguments, dataset, arena,
                                             &gram, &input, err));
    for (size_t i = 0; i < input.warning_count; i++)
        caus_program_say(program, "warning: %s", input.warnings[i]);
    return write_gram(program, arguments, &gram, arena, err);
}

/* A refusal with the first two files that alone meet it, for one to look at. */
static caus_status fail_merge(caus_program *program,
                              const caus_arguments *arguments,
                              const caus_gram *const *list, size_t count,
                              caus_arena *arena, const caus_error *reason,
                              caus_error *err)
{
    for (size_t b = 1; b < count; b++)
        for (size_t a = 0; a < b; a++) {
            caus_gram both;
            caus_error found;
            const caus_gram *const pair[] = {list[a], list[b]};
            caus_arena_mark mark = caus_arena_get_mark(arena);
            caus_status status =
                caus_gram_merge(pair, 2, program->run, arena, &both, &found);
            caus_arena_rewind(arena, mark);
            if (status == CAUS_ERR_INVALID_ARGUMENT)
                return CAUS_FAIL(err, status, "%s and %s: %s",
                                 caus_arguments_operand(arguments, a + 1),
                                 caus_arguments_operand(arguments, b + 1),
                                 found.message);
        }
    return CAUS_FAIL(err, reason->status, "%s", reason->message);
}

static caus_status merge(caus_program *program, const caus_arguments *arguments,
                         caus_arena *arena, caus_error *err)
{
    size_t count = caus_arguments_operand_count(arguments) - 1;
    const caus_gram **list = caus_arena_array(arena, count, sizeof *list);
    caus_gram *grams = caus_arena_array(arena, count, sizeof *grams);
    if (!list || !grams)
        return caus_arena_fail(arena, err);
    if (caus_arguments_has(arguments, "dataset"))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "--dataset is for \"caus gram build\": merged sums "
                         "keep the names of their parts");
    for (size_t g = 0; g < count; g++) {
        CAUS_TRY(caus_gram_read(caus_arguments_operand(arguments, g + 1), arena,
                                &grams[g], err));
        list[g] = &grams[g];
    }
    caus_program_lap(program, "read");
    caus_gram all;
    caus_error reason;
    caus_status status =
        caus_gram_merge(list, count, program->run, arena, &all, &reason);
    if (status == CAUS_ERR_INVALID_ARGUMENT)
        return fail_merge(program, arguments, list, count, arena, &reason, err);
    if (status != CAUS_OK)
        return CAUS_FAIL(err, status, "%s", reason.message);
    return write_gram(program, arguments, &all, arena, err);
}

static caus_status gram(caus_program *program, const caus_arguments *arguments,
                        caus_arena *arena, caus_error *err)
{
    const char *what = caus_arguments_operand(arguments, 0);
    const char *path = caus_arguments_get(arguments, "output");
    bool merges = strcmp(what, "merge") == 0;
    if (!merges && strcmp(what, "build") != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "\"%s\" is nothing that \"caus gram\" does: give "
                         "build or merge",
                         what);
    if (!path || strcmp(path, "-") == 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "sums are written into a file: give -o %s.gram",
                         merges ? "all" : "shard");
    if (merges && caus_arguments_operand_count(arguments) < 2)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is nothing to merge: give caus gram merge "
                         "a.gram b.gram -o all.gram");
    return merges ? merge(program, arguments, arena, err)
                  : build(program, arguments, arena, err);
}

static int execute(caus_program *program, const caus_arguments *arguments)
{
    return caus_cli_execute(program, arguments, gram);
}

static const caus_option build_options[] = {
    {"max-lag", 0, "LAG", NULL, CAUS_COMPLETE_NOTHING,
     "longest delay that a search may ask for, in steps (2) or time (90s); "
     "default 5m, at most 20 steps"},
    {"dataset", 0, "NAME", NULL, CAUS_COMPLETE_NOTHING,
     "the system that the rows come from; rows of one system may not overlap "
     "in time"},
    {"push-down", 0, NULL, NULL, CAUS_COMPLETE_NOTHING, PUSH_DOWN_HELP},
};

static const caus_option_group build_group = {
    "sums", sizeof build_options / sizeof *build_options, build_options};

static const caus_option_group *const groups[] = {
    &build_group,        &caus_server_options, &caus_source_options,
    &caus_file_options,  &caus_time_options,   &caus_note_form,
    &caus_common_options};

const caus_command caus_command_gram = {
    .name = "gram",
    .summary = "sum up data into what searches need, and add such sums",
    .operands = "build|merge [FILE...]",
    .operand_count = 1,
    .more_operands = true,
    .description =
        "\"caus gram build\" writes row counts, sums and sums of products of "
        "lagged variables, never rows; \"caus gram merge\" adds such files "
        "up; \"caus discover --gram FILE --method pcmci+\" searches on them, "
        "with the answer that all rows together would give. Sums are exact: "
        "the order of merging leaves no trace. A row counts with the time it "
        "stands at; the first 2 * LAG rows of a file, and of every run after "
        "a missing value, serve as past only. So that shards of one long "
        "series lose nothing at their cuts, start each of them 2 * LAG steps "
        "before the first row it is to count.",
    .group_count = sizeof groups / sizeof *groups,
    .groups = groups,
    .examples =
        "  caus gram build --csv monday.csv --max-lag 3 -o monday.gram\n"
        "  caus gram build --csv tuesday.csv --max-lag 3 -o tuesday.gram\n"
        "  caus gram merge monday.gram tuesday.gram -o days.gram\n"
        "  caus discover --gram days.gram --method pcmci+\n"
        "  caus gram build --push-down --traces auth_latency,auth_calls \\\n"
        "    --start now-30d --max-lag 3 -o month.gram\n",
    .execute = execute,
};
