/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers offer before anything is known of them: what they hold, how far
 * back, how often scraped; and which variables are worth taking.
 */
#ifndef CAUS_SURVEY_H
#define CAUS_SURVEY_H

#include "telemetry.h"

CAUS_API_BEGIN

/* Something a server was asked and did not give. */
typedef struct caus_refusal {
    const char *what;
    caus_status status;
    const char *message;
} caus_refusal;

typedef struct caus_offered_metric {
    const char *name;
    const char *type; /* "counter", "gauge", …; "" = the server does not say */
    const char *unit;
} caus_offered_metric;

/* What is scraped together, in the last ten minutes. */
typedef struct caus_offered_target {
    const char *job;
    const char *instance;
    bool is_up;        /* at the last scrape */
    double interval_s; /* 0 = not known */
    double offset_s;   /* of the scrapes within the interval; NaN = not known */
} caus_offered_target;

/* A Prometheus, or what speaks like one. */
typedef struct caus_metric_survey {
    const char *url;
    const char *version; /* "" = not told */
    double clock_skew_s; /* server clock − our clock, ± 1 s; NaN = not known */
    int64_t now_ns;      /* when it was asked, by our clock */
    int64_t oldest_ns;   /* about; INT64_MAX = nothing found */
    int64_t newest_ns;   /* to about a minute; INT64_MAX = nothing found */
    double series_count; /* scraped at present; NaN = not told */
    size_t metric_count;
    const caus_offered_metric *metrics; /* by name */
    size_t target_count;
    const caus_offered_target *targets; /* by job and instance */
    size_t refusal_count;
    const caus_refusal *refusals;
    size_t query_count;
    const caus_fetched_query *queries;
} caus_metric_survey;

typedef struct caus_offered_service {
    const char *name;
    uint64_t span_count; /* in the last hour before the newest span */
} caus_offered_service;

/* A ClickHouse with spans. */
typedef struct caus_span_survey {
    const char *url; /* without parameters */
    const char *version;
    const char *table;   /* "database.table" */
    const char *profile; /* its layout, in words */
    double clock_skew_s;
    int64_t now_ns;
    int64_t oldest_ns; /* start of the oldest span; INT64_MAX = no span */
    int64_t newest_ns;
    size_t service_count;
    const caus_offered_service *services; /* most spans first */
    size_t warning_count;
    const char *const *warnings;
    size_t query_count;
    const caus_fetched_query *queries;
} caus_span_survey;

typedef struct caus_survey_options {
    size_t max_queries; /* 0 = no limit */
    bool has_history;   /* look how far back data go */
} caus_survey_options;

/*
 * Asks a Prometheus what it holds: six small queries, 30 more for the history.
 *
 *   options  NULL = no limit, no history
 *   result   lives in `out`
 *
 * Fails when the server does not answer a query of one number, as
 * caus_prometheus_fetch() does; what it refuses after that is listed.
 */
caus_status caus_prometheus_survey(const caus_endpoint *endpoint,
                                   const caus_survey_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_metric_survey *result, caus_error *err);

/*
 * Asks a ClickHouse where spans are and of which services. Fails as
 * caus_clickhouse_fetch().
 */
caus_status caus_clickhouse_survey(const caus_endpoint *endpoint,
                                   const caus_survey_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_span_survey *result, caus_error *err);

/* The four things to know of a service. */
typedef enum caus_signal {
    CAUS_SIGNAL_DURATION,
    CAUS_SIGNAL_ERRORS,
    CAUS_SIGNAL_RATE,
    CAUS_SIGNAL_UTILISATION
} caus_signal;

/* "duration", "errors", "rate", "utilisation". */
const char *caus_signal_name(caus_signal signal);

/* A variable that is worth taking. */
typedef struct caus_proposal {
    caus_variable_spec spec; /* with service, unit and kind */
    caus_signal signal;
    const char *metric; /* or table: what it is made of */
    double last_value;  /* NaN = none in the last minutes */
} caus_proposal;

typedef struct caus_setup_options {
    size_t max_variables; /* 0 = 30, or 4 for each service, at most 200 */
    size_t max_queries;   /* 0 = no limit */
    const char *service;  /* only of this one; NULL = of all */
    int64_t instant_ns;   /* metrics are taken that had values shortly before;
                             0 = now */
} caus_setup_options;

/* A server that was surveyed. */
typedef struct caus_setup_servers {
    const caus_endpoint *prometheus; /* NULL = none */
    const caus_metric_survey *metrics;
    const caus_endpoint *clickhouse; /* NULL = none */
    const caus_span_survey *spans;
} caus_setup_servers;

typedef struct caus_setup {
    size_t proposal_count;
    const caus_proposal *proposals; /* by service, then by signal */
    size_t service_count;
    const char *const *services; /* all that were seen, by name */
    size_t left_out;             /* candidates over the limit */
    size_t warning_count;
    const char *const *warnings;
    size_t query_count;
    const caus_fetched_query *queries;
} caus_setup;

/*
 * Chooses durations, errors, rates and utilisation of every service, the best
 * of each first, and asks for their last values; metrics without one are passed
 * over.
 *
 *   options  NULL = defaults
 *   result   lives in `out`, which also keeps the surveys
 *
 * Metrics are recognised by name and type: a name that says nothing is not
 * proposed. Fails with CAUS_ERR_NOT_FOUND (nothing worth taking, or no such
 * service: nearest names are given) and as the fetches do.
 */
caus_status caus_setup_propose(const caus_setup_servers *servers,
                               const caus_setup_options *options,
                               const caus_run *run, caus_arena *out,
                               caus_setup *result, caus_error *err);

/*
 * The proposals as a vars.yml file, which caus_specs_from_file() reads.
 *
 *   text  lives in `out`
 */
caus_status caus_setup_write(const caus_setup *setup, caus_arena *out,
                             const char **text, size_t *length,
                             caus_error *err);

typedef enum caus_health {
    CAUS_HEALTH_FINE,
    CAUS_HEALTH_NOTE,   /* costs precision or part of an answer */
    CAUS_HEALTH_MISSING /* an answer cannot be given */
} caus_health;

/* "fine", "note", "missing". */
const char *caus_health_name(caus_health health);

/* One thing that was looked at. */
typedef struct caus_survey_finding {
    const char *about; /* "prometheus", "clickhouse", "answers" */
    const char *check; /* "clock", "retention", … */
    caus_health health;
    const char *sentence;
    const char *remedy; /* "" = nothing to do */
} caus_survey_finding;

typedef struct caus_diagnosis {
    size_t finding_count;
    const caus_survey_finding *findings;
    bool can_answer; /* there are series to discover something in */
} caus_diagnosis;

typedef struct caus_diagnosis_options {
    bool has_topology;            /* who calls whom is known */
    const caus_refusal *failures; /* servers that did not answer: `what` is
                                     "prometheus" or "clickhouse" */
    size_t failure_count;
} caus_diagnosis_options;

/*
 * Says what the servers can and cannot answer.
 *
 *   servers  surveys; NULL = no such server
 *   result   lives in `out`, which also keeps the surveys
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 */
caus_status caus_diagnose(const caus_setup_servers *servers,
                          const caus_diagnosis_options *options,
                          caus_arena *out, caus_diagnosis *result,
                          caus_error *err);

CAUS_API_END
#endif
