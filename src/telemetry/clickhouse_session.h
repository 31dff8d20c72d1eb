/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetch and a survey of a ClickHouse share. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_SESSION_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_SESSION_H

#include "http/http.h"
#include "telemetry/clickhouse_bins.h"

enum { CAUS_CLICKHOUSE_HEADERS = 3 };

/* What one fetch holds; texts of `out` outlive it, those of `scratch` do not.
 */
typedef struct caus_clickhouse {
    caus_http *http;
    const char *host;
    const char *headers[CAUS_CLICKHOUSE_HEADERS];
    caus_clickhouse_place place;
    const caus_variable_spec *specs;
    size_t count;
    const caus_fetch_options *options;
    const caus_run *run;
    caus_arena *scratch;
    caus_arena *out;
    caus_step_ranges ranges;
    caus_span_group *groups;
    size_t *group_of; /* [count] */
    size_t group_count;
    caus_span_bins *bins; /* [group_count] */
    caus_span_table table;
    caus_span_presence presence;
    bool has_presence;
    caus_fetched_query *queries; /* room for query_capacity */
    size_t query_count;
    size_t query_capacity;
    size_t query_limit; /* 0 = none */
    double *skews;      /* [query_count], of the replies */
    size_t skew_count;
    caus_warnings warnings;
    caus_arena_mark scratch_mark, out_mark; /* of the beginning */
} caus_clickhouse;

/* A session not yet connected, with scratch memory of the run. */
caus_clickhouse caus_clickhouse_begin(const caus_run *run, caus_arena *out);
/* Disconnects and gives memory back, that of `out` too unless the status is
 * CAUS_OK, which is returned. */
caus_status caus_clickhouse_end(caus_clickhouse *at, caus_status status);

/* Opens the connection of a session. */
caus_status caus_clickhouse_connect(caus_clickhouse *at,
                                    const caus_endpoint *endpoint,
                                    caus_error *err);

/*
 * Checks what a fetch asks for, parts it into groups and connects. Set
 * specs, count, options and query_capacity before.
 */
caus_status caus_clickhouse_open(caus_clickhouse *at,
                                 const caus_endpoint *endpoint,
                                 caus_error *err);

/* Fails with what is known of a service without spans. */
caus_status caus_clickhouse_fail_no_spans(caus_clickhouse *at,
                                          const caus_variable_spec *spec,
                                          caus_error *err);

/* The median clock skew of the replies; NaN = none told. */
double caus_clickhouse_skew(caus_clickhouse *at);

/* Adds a statement to those of the session; takes the text. */
caus_status caus_clickhouse_plan(caus_clickhouse *at, caus_text *sql,
                                 const char **text, caus_error *err);
caus_http_request caus_clickhouse_request(const caus_clickhouse *at,
                                          caus_row_reader *reader,
                                          const char *sql, const char *what);
caus_status caus_clickhouse_perform(caus_clickhouse *at,
                                    const caus_http_request *requests,
                                    size_t count, caus_error *err);

/* Plans and performs one statement; takes the text. */
caus_status caus_clickhouse_ask(caus_clickhouse *at, caus_text *sql,
                                caus_row_reader *reader, const char *what,
                                caus_error *err);

/* The same for rows of `width` texts and perhaps a number. */
caus_status caus_clickhouse_ask_texts(caus_clickhouse *at, caus_text *sql,
                                      const caus_row_type *types,
                                      size_t type_count, size_t width,
                                      const char *what, caus_text_list *list,
                                      caus_error *err);

/* Makes room for the statements and warnings of a session that reads rows. */
caus_status caus_clickhouse_prepare(caus_clickhouse *at, size_t statements,
                                    size_t warnings, caus_error *err);

/* Adds a sentence of `out`; NULL = no memory for it. */
caus_status caus_clickhouse_warn(caus_clickhouse *at, const char *sentence,
                                 caus_error *err);

/* Asks for columns; takes the text. They live in scratch. */
caus_status caus_clickhouse_ask_columns(caus_clickhouse *at, caus_text *sql,
                                        const char *what,
                                        const caus_clickhouse_column **columns,
                                        size_t *count, caus_error *err);

/* Finds the table of spans, with a warning if another one holds some too. */
caus_status caus_clickhouse_find_table(caus_clickhouse *at, caus_error *err);

#endif
