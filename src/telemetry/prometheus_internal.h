/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Prometheus source share. Why: docs/design/0007. */
#ifndef CAUS_SRC_TELEMETRY_PROMETHEUS_INTERNAL_H
#define CAUS_SRC_TELEMETRY_PROMETHEUS_INTERNAL_H

#include "caus/telemetry.h"
#include "http/http.h"
#include "telemetry/prometheus_promql.h"
#include "telemetry/prometheus_scan.h"

/* ---- the grid: baseline and window as one or two ranges of rows ---- */

typedef struct caus_prom_range {
    int64_t start_ns;
    size_t first_row;
    size_t row_count;
} caus_prom_range;

/* ---- what the server has: series, reduced to what caus tells apart ---- */

/* Labels by which variables are grouped and targets are known. The first are
 * the groups, in the order in which they are looked for: a job may be that of
 * all pods. */
enum {
    CAUS_PROM_JOB = 5,
    CAUS_PROM_CONTAINER = 6,
    CAUS_PROM_GROUPS = 7,
    CAUS_PROM_POD = 7,
    CAUS_PROM_INSTANCE = 8,
    CAUS_PROM_KEPT_LABELS = 13
};
extern const char *const caus_prom_kept_labels[CAUS_PROM_KEPT_LABELS];

/* Where the groups of a metric begin: what measures containers has the job and
 * app of the one who measures. */
size_t caus_prom_first_group(const char *metric);

typedef struct caus_prom_metric {
    const char *name;
    size_t series_count;
    size_t with_label[CAUS_PROM_GROUPS + 1]; /* series that have it; the last
                                                is pod */
    const char *type;                        /* of the metadata; "" = none */
    const char *unit;
    bool is_native; /* its samples are native histograms */
} caus_prom_metric;

typedef struct caus_prom_entry {
    size_t metric;
    size_t target;
    const char *values[CAUS_PROM_KEPT_LABELS]; /* "" = no such label */
} caus_prom_entry;

/* A stretch without a good scrape between two that were. */
typedef struct caus_prom_outage {
    int64_t good_before_ns;
    int64_t first_failed_ns;
    int64_t last_failed_ns;
    int64_t good_after_ns; /* INT64_MAX = none */
} caus_prom_outage;

/* What is scraped (or pushes) together: one job and instance. */
typedef struct caus_prom_target {
    const char *job;
    const char *instance;
    size_t metric;  /* of which the times are taken: `up` where there is one */
    bool is_needed; /* one of its series is asked for */
    bool is_read;
    int64_t *scrapes; /* unix ms × 2, + 1 if it succeeded */
    size_t scrape_count;
    size_t scrape_capacity;
    double interval_s; /* 0 = not known */
    double offset_s;   /* NaN = not known */
    caus_prom_outage *outages;
    size_t outage_count;
} caus_prom_target;

/* ---- what is asked for ---- */

typedef enum caus_prom_form {
    CAUS_PROM_QUERY, /* the user's PromQL */
    CAUS_PROM_GAUGE,
    CAUS_PROM_COUNTER,
    CAUS_PROM_P95,
    CAUS_PROM_CALLS
} caus_prom_form;

/* One series of a reply on the grid. */
typedef struct caus_prom_column {
    const caus_label *labels; /* sorted by name, without __name__ */
    size_t label_count;
    const char *key; /* the labels as one text, NUL between them */
    size_t key_length;
    double *values; /* [rows]; NaN = missing */
} caus_prom_column;

typedef struct caus_prom_query {
    const caus_variable_spec *spec;
    caus_prom_form form;
    const char *name;          /* of the variable, before labels */
    const char *metric;        /* of a bare name: what the query reads */
    size_t catalog;            /* its place among the metrics */
    const char *text;          /* as sent */
    const caus_promql *promql; /* of the user's PromQL, if understood */
    size_t selected[CAUS_PROMQL_MAX_SELECTORS]; /* metrics of its selectors */
    const char *unit;
    caus_kind kind;
    caus_bad_direction bad;
    double window_s;    /* of its ranges */
    bool counts_events; /* a lost scrape takes events away */
    size_t calls; /* the query whose events these are among: no series = none;
                     SIZE_MAX */
    caus_prom_column *columns;
    size_t column_count;
    size_t column_capacity;
    caus_map *keys;      /* of the columns */
    const char *refusal; /* why the server gave no values; NULL = it did */
} caus_prom_query;

typedef struct caus_prom_texts {
    const char **items;
    size_t count;
    size_t capacity;
} caus_prom_texts;

typedef struct caus_prom {
    caus_http *http;
    const caus_run *run;
    const caus_fetch_options *options;
    const caus_variable_spec *specs;
    size_t spec_count;
    caus_arena *out;
    caus_arena *scratch;

    int64_t instant_ns; /* when instant queries ask; 0 = now */
    int64_t step_ns;
    caus_prom_range ranges[2];
    size_t range_count;
    size_t row_count;
    int64_t *times_ns; /* [row_count], in `out` */

    caus_prom_metric *metrics;
    size_t metric_count, metric_capacity;
    caus_map *metric_names;
    caus_prom_entry *entries;
    size_t entry_count, entry_capacity;
    caus_map *entry_keys;
    caus_prom_target *targets;
    size_t target_count, target_capacity;
    caus_map *target_keys;
    bool asks_up; /* `up` itself is asked for */

    caus_prom_query *queries;
    size_t query_count, query_capacity;
    size_t column_count;  /* of all queries */
    size_t refused_count; /* of queries that are left out */

    uint64_t replies_done, replies_due; /* for progress */
    caus_prom_texts shown;              /* every request, in words */
    caus_prom_texts warnings;           /* sentences, each once */
    double skew_sum_s;
    size_t skew_count;
} caus_prom;

/* ---- shared tools (prometheus.c) ---- */

/* Opens the connection of a session whose run, options and `out` are set; it
 * is closed in every case. */
caus_status caus_prom_open(caus_prom *prom, const caus_endpoint *endpoint,
                           caus_error *err);
void caus_prom_close(caus_prom *prom);

/* The requests so far, in `out`; NULL = no memory. */
const caus_fetched_query *caus_prom_queries(const caus_prom *prom);

/* The system is out of memory, or an arena over its budget. */
caus_status caus_prom_no_memory(const caus_prom *prom, caus_error *err);

/* Adds a warning, unless it is there already. */
caus_status caus_prom_warn(caus_prom *prom, caus_error *err, const char *format,
                           ...) CAUS_PRINTF(3, 4);

/* ---- requests (prometheus_request.c) ---- */

typedef struct caus_prom_call {
    const char *path;
    const char *query;   /* GET parameters; NULL */
    const char *body;    /* POST form; NULL */
    const char *what;    /* "the range query of x": for sentences */
    const char *shown;   /* for the list of queries */
    const char *sent;    /* PromQL to show when the server refuses it; NULL */
    bool is_optional;    /* a refusal leaves `refused` set and is no failure */
    const char *refusal; /* of what is optional: the sentence, in scratch */
    bool is_metadata;
    bool refused;
    caus_scan_events events;
    void (*reset)(void *data); /* of events.data; NULL */
    caus_scanner scanner;
} caus_prom_call;

/* Performs all calls. Warnings of the server are kept. */
caus_status caus_prom_perform(caus_prom *prom, caus_prom_call *calls,
                              size_t count, caus_error *err);

/* "a=1&b=2" of pairs of name and value, encoded, in the scratch arena; NULL
 * ends the pairs. NULL = no memory. */
const char *caus_prom_form_body(caus_prom *prom, const char *const *pairs);
/* The pairs of an instant query, asked at `instant_ns`; NULL = no memory. */
const char *caus_prom_instant_body(caus_prom *prom, const char *query);

/* Seconds since 1970 with milliseconds, as the API takes them. */
const char *caus_prom_time_text(caus_prom *prom, int64_t time_ns);

/* ---- catalog (prometheus_catalog.c) ---- */

/* Asks for the series of every metric named, and for metadata if a bare name
 * is among them. */
caus_status caus_prom_read_catalog(caus_prom *prom, caus_error *err);

/* The place of a metric, or SIZE_MAX if it was not asked for. */
size_t caus_prom_find_metric(const caus_prom *prom, const char *name,
                             size_t length);

/* Whether a metric of this name has series in the window. */
bool caus_prom_has_series(const caus_prom *prom, const char *name);

/* Fails with the three nearest names the server has. */
caus_status caus_prom_fail_unknown(caus_prom *prom, const char *name,
                                   const char *asked_as, caus_error *err);

/* ---- plan (prometheus_plan.c) ---- */

/* Decides what each spec is and which queries answer it. */
caus_status caus_prom_plan(caus_prom *prom, caus_error *err);

/* The sentence for a native histogram. */
caus_status caus_prom_fail_native(const char *metric, caus_error *err);

/* Words the queries, once the scrape intervals are known. */
caus_status caus_prom_word_queries(caus_prom *prom, caus_error *err);

/* ---- timing (prometheus_timing.c) ---- */

/* Finds scrape intervals, offsets and outages. */
caus_status caus_prom_read_timing(caus_prom *prom, caus_error *err);

/* ---- values (prometheus_values.c) ---- */

/* Runs all queries, split and in parallel. */
caus_status caus_prom_read_values(caus_prom *prom, caus_error *err);

/* The column of these labels, made if need be. Labels in any order. */
caus_status caus_prom_add_column(caus_prom *prom, caus_prom_query *query,
                                 const caus_label *labels, size_t count,
                                 caus_prom_column **column, caus_error *err);

/* ---- tracks (prometheus_tracks.c, prometheus_names.c) ---- */

/* Whether a series of the catalog is behind a column of a query; for errors
 * those of their calls are, too. */
bool caus_prom_is_behind(const caus_prom *prom, const caus_prom_query *query,
                         const caus_prom_column *column,
                         const caus_prom_entry *entry);

/* The value of a label; "" without it. */
const char *caus_label_value(const caus_label *labels, size_t count,
                             const char *name);

/* Turns columns into the tracks of the result. */
caus_status caus_prom_make_tracks(caus_prom *prom, caus_samples *samples,
                                  caus_error *err);

/*
 * The variable of a column, in `out`.
 *
 *   query_text  kept by reference
 */
caus_status caus_prom_make_variable(const caus_prom *prom,
                                    const caus_prom_query *query,
                                    const caus_prom_column *column,
                                    const char *query_text,
                                    caus_variable *variable, caus_error *err);

#endif
