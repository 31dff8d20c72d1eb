/* SPDX-License-Identifier: Apache-2.0 */
/* What servers hold beside the variables asked for, and what was changed. */
#ifndef CAUS_SRC_CLI_SERVERS_H
#define CAUS_SRC_CLI_SERVERS_H

#include "cli.h"

enum { CAUS_CLI_SERVERS = 2 };

/* The servers there are, and what they hold. */
typedef struct caus_cli_survey {
    caus_endpoint endpoints[CAUS_CLI_SERVERS]; /* Prometheus, ClickHouse */
    caus_metric_survey metrics;
    caus_span_survey spans;
    caus_setup_servers servers; /* of those that answered */
    caus_answer_server found[CAUS_CLI_SERVERS];
    size_t found_count;
    size_t named_count; /* of them, not come upon on a usual port */
    caus_refusal failures[CAUS_CLI_SERVERS]; /* of servers that were named */
    size_t failure_count;
    caus_fetched_query *queries;
    size_t query_count;
} caus_cli_survey;

/*
 * Finds servers by options, environment, caus.yml or, where none of them names
 * one, on the usual ports of this machine, and asks what they hold. To a server
 * that was not named no secret is sent.
 */
caus_status caus_cli_survey_servers(caus_program *program,
                                    const caus_arguments *arguments,
                                    bool has_history, caus_arena *arena,
                                    caus_cli_survey *result, caus_error *err);

/* Proposes variables of the servers that answered, as they were at --around;
 * --query-budget holds. */
caus_status caus_cli_propose(caus_program *program,
                             const caus_arguments *arguments,
                             const caus_cli_survey *survey,
                             const caus_setup_options *options,
                             caus_arena *arena, caus_setup *result,
                             caus_error *err);

/* " --prometheus URL" for the servers that a next command must name; NULL = no
 * memory. */
const char *caus_cli_server_words(const caus_cli_survey *survey,
                                  caus_arena *arena);

enum {
    CAUS_CLI_CALL_SPANS = 20000, /* that tell who calls whom */
    CAUS_CLI_SPAN_QUERIES = 3    /* to read spans, of any number */
};

/* What --query-budget allows; 0 = it was not given. */
caus_status caus_cli_read_budget(const caus_arguments *arguments,
                                 size_t *result, caus_error *err);

/* Has queries told on stderr as they are sent, where --show-queries asks for
 * that. */
void caus_cli_show_queries(caus_program *program, caus_endpoint *endpoint);

/* The Prometheus that --metrics without a place of their own are asked of. */
caus_status caus_cli_name_prometheus(const caus_arguments *arguments,
                                     const caus_cli_source *source,
                                     caus_arena *arena, caus_endpoint *result,
                                     caus_error *err);

/* The ClickHouse that spans are asked of; its url is NULL where none is named.
 */
caus_status caus_cli_name_clickhouse(const caus_arguments *arguments,
                                     const caus_cli_source *source,
                                     caus_arena *arena, caus_endpoint *result,
                                     caus_error *err);

/* How many queries --query-budget leaves; SIZE_MAX without one. */
caus_status caus_cli_queries_left(const caus_arguments *arguments,
                                  const caus_cli_input *input, size_t *result,
                                  caus_error *err);

/* How many whole traces are read: --spans. */
extern const caus_option_group caus_cli_trace_options;

/* Tells which variables and which servers of a source were left out. */
caus_status caus_cli_add_source_warnings(const caus_cli_source *source,
                                         caus_arena *arena,
                                         caus_cli_input *input,
                                         caus_error *err);

/* Notes what traces may be asked for later, and tells what was left out. */
caus_status caus_cli_note_server(const caus_arguments *arguments,
                                 const caus_cli_source *source,
                                 const caus_fetch *fetch,
                                 const caus_cli_window *window,
                                 caus_arena *arena, caus_cli_input *result,
                                 caus_error *err);

/*
 * Reads traces from the ClickHouse of an input that came from servers, or those
 * of a recording, unless it has spans already or --spans=0: as spans, and who
 * calls whom by them. A search that fails is a warning.
 *
 *   usual  spans without --spans; 0 = none
 */
caus_status caus_cli_add_traces(caus_program *program,
                                const caus_arguments *arguments, size_t usual,
                                caus_arena *arena, caus_cli_input *input,
                                caus_error *err);

/* The same for the sake of who calls whom: some spans suffice, and none are
 * read unasked where --topology, the settings or --traces-csv tell it. What was
 * found is a warning. */
caus_status caus_cli_add_calls(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *input,
                               caus_error *err);

/* What was changed: --changes. */
extern const caus_option_group caus_cli_change_options;

/*
 * Looks for changes in the Prometheus of a fetch, unless --changes=none or none
 * of the variables is a metric. Queries and warnings join those of the fetch; a
 * search that fails is a warning.
 *
 *   window  settled; two hours before it are searched too
 */
caus_status caus_cli_find_changes(caus_program *program,
                                  const caus_arguments *arguments,
                                  const caus_cli_source *source,
                                  const caus_cli_window *window,
                                  caus_arena *arena, caus_fetch *fetch,
                                  caus_changes *result, caus_error *err);

/* The changes that a recording keeps. */
caus_status caus_cli_recorded_changes(const caus_recording_info *info,
                                      caus_arena *arena, caus_changes *result,
                                      caus_error *err);

/* What is known of changes before --changes is read, and for when it asks. */
typedef struct caus_cli_known_changes {
    const caus_changes *found;
    int64_t start_ns; /* of the first row; 0 = rows have no time */
    int64_t end_ns;
} caus_cli_known_changes;

caus_cli_known_changes caus_cli_changes_of(const caus_cli_input *input);

/*
 * Joins the changes of --changes, a file or a Grafana, with those found.
 *
 *   result  NULL = nothing is known of changes
 */
caus_status caus_cli_join_changes(caus_program *program,
                                  const caus_arguments *arguments,
                                  const caus_cli_known_changes *known,
                                  caus_arena *arena,
                                  const caus_changes **result, caus_error *err);

/* Log lines: --logs, --log-lines. */
extern const caus_option_group caus_cli_log_options;

/*
 * Reads log lines: of --logs, or those of a recording, or of the ClickHouse of
 * an input that came from servers. There a search that fails is a warning, and
 * to have no table of log lines is nothing to tell.
 *
 *   result  NULL = there are none
 */
caus_status caus_cli_read_logs(caus_program *program,
                               const caus_arguments *arguments,
                               caus_arena *arena, caus_cli_input *input,
                               const caus_logs **result, caus_error *err);

#endif
