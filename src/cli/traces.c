/* SPDX-License-Identifier: Apache-2.0 */
/* Whole traces beside variables of servers. */
#include <string.h>

#include "servers.h"

static const caus_option trace_options[] = {
    {"spans", 0, "N", NULL, CAUS_COMPLETE_NOTHING,
     "most spans to read from ClickHouse, of the window and of the baseline, "
     "for who calls whom and where time is lost; default 100000, of discover "
     "20000; 0: none, also of a recording"},
};

const caus_option_group caus_cli_trace_options = {
    "traces", sizeof trace_options / sizeof *trace_options, trace_options};

/* Which share was read is told by those who know what it means. */
static caus_status note_share(const caus_spans_fetch *fetch, caus_arena *arena,
                              caus_cli_input *input, caus_error *err)
{
    if (fetch->window_share == 1 && fetch->baseline_share == 1)
        return CAUS_OK;
    input->traces_warning = caus_arena_format(
        arena,
        "%s1 in %.0f was read in the window and 1 in %.0f before it: "
        "--spans reads more",
        caus_cli_traces_prefix, 1 / fetch->window_share,
        1 / fetch->baseline_share);
    return input->traces_warning ? CAUS_OK : caus_arena_fail(arena, err);
}

static caus_status keep(const caus_spans *read, caus_arena *arena,
                        caus_cli_input *input, caus_error *err)
{
    caus_spans *spans = caus_arena_array(arena, 1, sizeof *spans);
    caus_topology *calls = caus_arena_array(arena, 1, sizeof *calls);
    if (!spans || !calls)
        return caus_arena_fail(arena, err);
    *spans = *read;
    if (!spans->span_count)
        return CAUS_OK;
    CAUS_TRY(caus_spans_topology(spans, arena, calls, NULL, err));
    input->spans = spans;
    if (calls->call_count)
        input->topology = calls;
    return CAUS_OK;
}

static caus_status take_recorded(caus_program *program, caus_arena *arena,
                                 caus_cli_input *input, caus_error *err)
{
    caus_spans spans;
    CAUS_TRY(caus_spans_read_text(
        "the traces of the recording", input->recorded_traces,
        strlen(input->recorded_traces), program->run, arena, &spans, err));
    caus_program_lap(program, "spans");
    return keep(&spans, arena, input, err);
}

static caus_status fetch_traces(caus_program *program, size_t most,
                                size_t max_queries, caus_arena *arena,
                                caus_cli_input *input, caus_error *err)
{
    caus_spans_fetch_options options = {.window = input->window,
                                        .baseline = input->baseline,
                                        .max_spans = most,
                                        .max_queries = max_queries};
    caus_spans_fetch fetch;
    caus_error reason;
    input->query_count += CAUS_CLI_SPAN_QUERIES;
    caus_status status = caus_clickhouse_spans(
        &input->clickhouse, &options, program->run, arena, &fetch, &reason);
    if (status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY)
        return CAUS_FAIL(err, status, "%s", reason.message);
    if (status != CAUS_OK)
        return caus_cli_add_failure(
            program, arena, input,
            caus_arena_format(arena, "traces were not read: %s",
                              reason.message),
            err);
    caus_program_lap(program, "spans");
    for (size_t i = 0; i < fetch.warning_count; i++)
        CAUS_TRY(caus_cli_add_warning(arena, input, fetch.warnings[i], err));
    CAUS_TRY(note_share(&fetch, arena, input, err));
    return keep(&fetch.spans, arena, input, err);
}

caus_status caus_cli_queries_left(const caus_arguments *arguments,
                                  const caus_cli_input *input, size_t *result,
                                  caus_error *err)
{
    size_t budget;
    CAUS_TRY(caus_cli_read_budget(arguments, &budget, err));
    size_t most = budget ? budget : SIZE_MAX;
    *result = most > input->query_count ? most - input->query_count : 0;
    return CAUS_OK;
}

/* As caus_cli_add_traces(), but tells no share. */
static caus_status read_traces(caus_program *program,
                               const caus_arguments *arguments, size_t usual,
                               caus_arena *arena, caus_cli_input *input,
                               caus_error *err)
{
    long most;
    CAUS_TRY(caus_arguments_integer(arguments, "spans", 0, 100000000,
                                    (long)usual, &most, err));
    if (!most || input->spans)
        return CAUS_OK;
    if (input->recorded_traces)
        return take_recorded(program, arena, input, err);
    if (!input->clickhouse.url || input->has_no_spans)
        return CAUS_OK;
    size_t left;
    CAUS_TRY(caus_cli_queries_left(arguments, input, &left, err));
    if (left < CAUS_CLI_SPAN_QUERIES)
        return caus_cli_add_warning(
            arena, input,
            "traces were not read: --query-budget leaves no query for them",
            err);
    return fetch_traces(program, (size_t)most, left, arena, input, err);
}

caus_status caus_cli_add_traces(caus_program *program,
                                const caus_arguments *arguments, size_t usual,
                                caus_arena *arena, caus_cli_input *input,
                                caus_error *err)
{
    const caus_spans *before = input->spans;
    CAUS_TRY(read_traces(program, arguments, usual, arena, input, err));
    if (input->spans == before || !input->traces_warning)
        return CAUS_OK;
    return caus_cli_add_warning(arena, input, input->traces_warning, err);
}

caus_status caus_cli_add_calls(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *input,
                               caus_error *err)
{
    const caus_topology *given;
    CAUS_TRY(caus_cli_read_topology(arguments, arena, &given, err));
    /* --spans asks for more of them than choosing the variables read. */
    if (caus_arguments_has(arguments, "spans") &&
        input->topology == input->asked_calls)
        input->topology = input->asked_calls = NULL;
    bool is_known = given || input->topology;
    CAUS_TRY(read_traces(program, arguments, is_known ? 0 : CAUS_CLI_CALL_SPANS,
                         arena, input, err));
    bool is_asked = !given && input->topology == input->asked_calls;
    if (!input->topology || (is_known && !is_asked))
        return CAUS_OK;
    size_t calls = input->topology->call_count;
    const char *share = input->traces_warning;
    return caus_cli_add_warning(
        arena, input,
        caus_arena_format(arena,
                          "call graph: %zu call%s of %s's spans%s%s; "
                          "--topology wins over them",
                          calls, calls == 1 ? "" : "s",
                          input->recorded_traces ? "the recording"
                                                 : "ClickHouse",
                          share ? ", " : "", share ? share : ""),
        err);
}

caus_status caus_cli_add_source_warnings(const caus_cli_source *source,
                                         caus_arena *arena,
                                         caus_cli_input *input, caus_error *err)
{
    const char *const sentences[] = {source->left_out, source->unasked};
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (sentences[i])
            CAUS_TRY(caus_cli_add_warning(arena, input, sentences[i], err));
    }
    return CAUS_OK;
}

caus_status caus_cli_note_server(const caus_arguments *arguments,
                                 const caus_cli_source *source,
                                 const caus_fetch *fetch,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_cli_input *result,
                                 caus_error *err)
{
    result->window = window->window;
    result->baseline = window->baseline;
    result->query_count = source->query_count;
    if (!result->topology)
        result->topology = result->asked_calls = source->calls;
    for (size_t i = 0; i < fetch->query_count; i++)
        result->query_count +=
            strcmp(fetch->queries[i].server, "clickhouse") == 0;
    CAUS_TRY(caus_cli_add_source_warnings(source, arena, result, err));
    /* Without spans it may hold log lines; what fails is not asked again. */
    result->has_no_spans = source->spans_status != CAUS_OK;
    if (result->has_no_spans && source->spans_status != CAUS_ERR_NOT_FOUND)
        return CAUS_OK;
    return caus_cli_name_clickhouse(arguments, source, arena,
                                    &result->clickhouse, err);
}
