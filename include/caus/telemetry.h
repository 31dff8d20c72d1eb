/* SPDX-License-Identifier: Apache-2.0 */
/* Where samples come from: Prometheus, ClickHouse spans, CSV files. */
#ifndef CAUS_TELEMETRY_H
#define CAUS_TELEMETRY_H

#include "csv.h"
#include "gram.h"
#include "graph.h"
#include "links.h"
#include "series.h"
#include "time.h"

CAUS_API_BEGIN

/* Told of a query when it is first sent, by the thread that asks; server:
 * "Prometheus", "ClickHouse", "Grafana". */
typedef void caus_asked_fn(void *data, const char *server, const char *text);

/* A server and how to talk to it. NULL texts are not used. */
typedef struct caus_endpoint {
    const char *url;          /* http:// or https://, a path is kept */
    const char *bearer_token; /* or user and password */
    const char *user;
    const char *password;
    const char *tenant;  /* X-Scope-OrgID */
    const char *ca_file; /* PEM; NULL = the system's */
    const char *cert_file;
    const char *key_file;
    double timeout_s;     /* of one request; 0 = 30 */
    int retries;          /* after 429, 502, 503, 504 and lost connections */
    int parallel;         /* requests at once; 0 = 4 */
    caus_asked_fn *asked; /* NULL = nobody wants to know */
    void *asked_data;
} caus_endpoint;

/* No url, time-out 30 s, 3 retries, 4 at once. */
caus_endpoint caus_endpoint_default(void);

/*
 * Fills an endpoint from environment variables: <prefix> followed by URL,
 * TOKEN, USER, PASSWORD, TENANT, CA_FILE, CERT_FILE, KEY_FILE, TIMEOUT ("30s"
 * or seconds), RETRIES. TOKEN and PASSWORD may instead be named by
 * TOKEN_FILE and PASSWORD_FILE (see caus_secret_read()).
 *
 *   prefix    "CAUS_PROMETHEUS_" or "CAUS_CLICKHOUSE_"
 *   endpoint  fields whose variable is set and not empty are replaced; their
 *             texts live in `out`; untouched on failure
 *
 * Fails as caus_secret_read(), and with CAUS_ERR_INVALID_ARGUMENT (a time-out
 * or retry count that is none, a URL without http:// or https://, a token as
 * well as a password).
 */
caus_status caus_endpoint_from_environment(const char *prefix, caus_arena *out,
                                           caus_endpoint *endpoint,
                                           caus_error *err);

/* What a caus.yml file says; NULL paths are not set. */
typedef struct caus_settings {
    caus_endpoint prometheus;
    caus_endpoint clickhouse;
    const char *vars; /* a vars.yml file */
    caus_grafana grafana;
    const char *topology; /* a CSV of src,dst */
} caus_settings;

/* Two default endpoints without url, no files. */
caus_settings caus_settings_default(void);

/*
 * Reads a caus.yml file: maps `prometheus` and `clickhouse` with url, tenant,
 * user, password_file, token_file, ca_file, cert_file, key_file, timeout and
 * retries; paths `vars` and `topology`. Relative paths start from the folder
 * of the file. A secret stands in a file of its own, named here.
 *
 *   result  lives in `out`
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line and key named),
 * …_INVALID_ARGUMENT (a time-out that is no duration), …_LIMIT.
 */
caus_status caus_settings_read(const char *path, caus_arena *out,
                               caus_settings *result, caus_error *err);

typedef enum caus_origin {
    CAUS_ORIGIN_METRIC,
    CAUS_ORIGIN_TRACE,
    CAUS_ORIGIN_CSV
} caus_origin;

typedef enum caus_trace_value {
    CAUS_TRACE_CALLS,       /* spans per step */
    CAUS_TRACE_ERRORS,      /* error spans per step */
    CAUS_TRACE_ERROR_RATIO, /* errors / calls */
    CAUS_TRACE_LATENCY,     /* p95, or what the span count allows */
    CAUS_TRACE_LATENCY_AVG,
    CAUS_TRACE_LATENCY_P50,
    CAUS_TRACE_LATENCY_P95,
    CAUS_TRACE_LATENCY_P99
} caus_trace_value;

typedef enum caus_attribute_operator {
    CAUS_ATTRIBUTE_EQUALS,
    CAUS_ATTRIBUTE_CONTAINS,
    CAUS_ATTRIBUTE_IS_NOT_NULL
} caus_attribute_operator;

typedef struct caus_attribute_filter {
    const char *key;
    const char *value; /* "" for IS_NOT_NULL */
    caus_attribute_operator op;
} caus_attribute_filter;

/* One variable as the user asked for it. NULL texts are not set. */
typedef struct caus_variable_spec {
    caus_origin origin;
    const char *name;
    const char *query;   /* PromQL; NULL = typed by name */
    const char *service; /* traces: the service; else an override */
    caus_trace_value trace_value;
    const char *span_name;
    const char *span_kind;
    const caus_attribute_filter *attributes;
    size_t attribute_count;
    const char *location; /* of its own server or file (vars.yml `loc`) */
    const char *unit;
    caus_kind kind; /* UNKNOWN = typed by the source */
} caus_variable_spec;

/* Reads the words of --metrics: "a,b=sum(rate(x{y=\"1,2\"}[5m]))". A comma
 * inside brackets, braces, parentheses or quotes does not part. */
caus_status caus_specs_from_metrics(const char *text, caus_arena *out,
                                    const caus_variable_spec **specs,
                                    size_t *count, caus_error *err);

/* Reads the words of --traces: "checkout_latency,auth_errors". */
caus_status caus_specs_from_traces(const char *text, caus_arena *out,
                                   const caus_variable_spec **specs,
                                   size_t *count, caus_error *err);

/* Reads a vars.yml file (INTERFACES: `variables:`). Errors name file, line and
 * key. */
caus_status caus_specs_from_file(const char *path, caus_arena *out,
                                 const caus_variable_spec **specs,
                                 size_t *count, caus_error *err);

typedef struct caus_fetch_options {
    caus_grid window;     /* aligned */
    caus_grid baseline;   /* step_ns 0 = none */
    bool by_pod;          /* gauges and counters by pod, not by service */
    size_t max_variables; /* 0 = 500 */
    size_t max_queries;   /* 0 = no limit */
    bool skip_empty;      /* a metric without a value, or whose query the
                             server refuses, is left out with a warning, if
                             others have some */
    const caus_topology *topology; /* may be NULL */
    char service_separator;        /* 0 = '_' */
} caus_fetch_options;

typedef struct caus_fetched_query {
    const char *server; /* "prometheus", "clickhouse" */
    const char *text;
} caus_fetched_query;

/* What came back. Lives in the arena given. */
typedef struct caus_fetch {
    caus_samples samples;
    const caus_fetched_query *queries;
    size_t query_count;
    const char *const *warnings; /* sentences */
    size_t warning_count;
    size_t refused_count; /* variables left out as the server refused them */
    double clock_skew_s;  /* server clock − our clock; NaN = not known */
    double scrape_interval_s; /* largest seen; 0 = not known */
} caus_fetch;

/*
 * Fetches variables from Prometheus (or Mimir, Thanos, VictoriaMetrics).
 *
 *   specs   [count] of CAUS_ORIGIN_METRIC
 *   result  one track for each series, in the order of the specs, lives in
 *           `out`
 *
 * Bare names are typed by metadata, then by suffix; ranges are split under the
 * 11,000-point limit; look-back repeats and failed scrapes (up == 0) are
 * missing values. Fails with CAUS_ERR_NETWORK, …_DENIED, …_SERVER (with the
 * server's words), …_NOT_FOUND (with the nearest names), …_LIMIT (too many
 * series or queries), …_UNSUPPORTED (native histograms), …_CANCELLED.
 */
caus_status caus_prometheus_fetch(const caus_endpoint *endpoint,
                                  const caus_variable_spec *specs, size_t count,
                                  const caus_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_fetch *result, caus_error *err);

/*
 * Fetches span aggregates from ClickHouse over HTTP; the schema profile (OTel
 * exporter with Map or JSON attributes, SigNoz v3, Uptrace, OTel with Nested
 * attributes) is found in system.columns. Errors as caus_prometheus_fetch().
 *
 *   specs  [count] of CAUS_ORIGIN_TRACE
 */
caus_status caus_clickhouse_fetch(const caus_endpoint *endpoint,
                                  const caus_variable_spec *specs, size_t count,
                                  const caus_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_fetch *result, caus_error *err);

typedef struct caus_gram_fetch_options {
    caus_fetch_options fetch;
    caus_gram_options gram;
    size_t statement_steps; /* most that one statement sums up; 0 = what a
                               server does in seconds, in some 500 MB */
} caus_gram_fetch_options;

/* Sums that a server made. */
typedef struct caus_gram_fetch {
    caus_gram gram;
    caus_fetch told; /* queries, warnings and clocks; no samples */
} caus_gram_fetch;

/*
 * Has ClickHouse sum up span aggregates: the gram of what
 * caus_clickhouse_fetch() would fetch, number by number, while only sums
 * travel. Window and baseline are segments of their own.
 *
 *   specs    [count] of CAUS_ORIGIN_TRACE, at most 512 with their lags:
 *            count · (2 · max_lag + 1)
 *   result   lives in `out`. A quantum follows from the largest value of all
 *            steps, complete or not, and the source's hash is that of the sums
 *
 * Also fails as caus_gram_build(). Cost on the server: the spans are read
 * twice, and some 15 ns for each of 9 · count² · (2 · max_lag + 1) products a
 * step, in statements of seconds.
 */
caus_status caus_clickhouse_gram(const caus_endpoint *endpoint,
                                 const caus_variable_spec *specs, size_t count,
                                 const caus_gram_fetch_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_gram_fetch *result, caus_error *err);

/*
 * Reads a call graph: a CSV file, plain, .gz or .zst, with the columns `src`
 * (caller) and `dst` (callee); other columns are ignored.
 *
 *   result  services sorted by bytes, calls sorted and each once, a service's
 *           calls to itself left out; lives in `out`
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line and column named),
 * …_LIMIT (over 16 MiB of text), …_OUT_OF_MEMORY. Cost O(calls log calls).
 */
caus_status caus_topology_read_csv(const char *path, caus_arena *out,
                                   caus_topology *result, caus_error *err);

CAUS_API_END
#endif
