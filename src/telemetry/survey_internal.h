/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind surveys and proposals share. */
#ifndef CAUS_SRC_TELEMETRY_SURVEY_INTERNAL_H
#define CAUS_SRC_TELEMETRY_SURVEY_INTERNAL_H

#include "caus/survey.h"
#include "telemetry/prometheus_internal.h"

/* ---- survey_scrapes.c: scrape times of `up` as targets ---- */

typedef struct caus_scrapes {
    caus_arena *out;
    caus_offered_target *targets;
    size_t target_count, target_capacity;
    int64_t *times_ms; /* of the series that is being read */
    size_t time_count, time_capacity;
    double last; /* value */
} caus_scrapes;

/* Events over a caus_scrapes; the last series is closed by _settle(). */
caus_status caus_scrapes_take_series(void *scrapes, const caus_label *labels,
                                     size_t count, caus_error *err);
caus_status caus_scrapes_take_point(void *scrapes, int64_t time_ms,
                                    double value, caus_error *err);
void caus_scrapes_forget(void *scrapes);
/* Closes the last series and sorts the targets. */
void caus_scrapes_settle(caus_scrapes *scrapes);
void caus_scrapes_deinit(caus_scrapes *scrapes);

/* ---- propose_words.c: what words in the name of a metric tell ---- */

/* The name after a first word in camel case, which is whose metric it is:
 * ClickHouseProfileEvents_Query counts queries, not events. */
const char *caus_metric_own_name(const char *name);

/* Whether a metric is of the process that serves it. */
bool caus_metric_is_of_process(const char *name);

/* Whether who serves such a metric measures another program: what is of its own
 * process is not of the service then. An agent within a JVM measures its own.
 */
bool caus_metric_tells_exporter(const char *name);

/* What a metric may measure by a word of its name. */
typedef enum caus_metric_words {
    CAUS_WORDS_ERRORS,
    CAUS_WORDS_REQUESTS,
    CAUS_WORDS_EVENTS,       /* what is counted and is no request */
    CAUS_WORDS_DURATION,     /* of what is counted or summed up */
    CAUS_WORDS_DURATION_NOW, /* of a gauge */
    CAUS_WORDS_LOAD
} caus_metric_words;

/* How surely a metric measures that, by the best word; 0 = none tells so. */
double caus_metric_worth(const char *name, caus_metric_words words);

/* How much more, or less, a metric tells of its service than another that
 * measures the same; short names come first. */
double caus_metric_standing(const char *name);

/* Whether a metric is of who measures, or no measure at all: limits, times of
 * day, settings. */
bool caus_metric_is_passed_over(const char *name);

/* Whether a gauge is memory that is used or left. */
bool caus_metric_is_memory(const char *name);

/* Whether a gauge is the share of all processors that a process takes. */
bool caus_metric_is_own_processor(const char *name);

/* ---- propose_metrics.c: what a metric is good for ---- */

typedef enum caus_measure {
    CAUS_MEASURE_COUNTER,   /* increase of a counter */
    CAUS_MEASURE_BAD_CODES, /* increase of those of a counter that failed */
    CAUS_MEASURE_HISTOGRAM, /* p95 of buckets */
    CAUS_MEASURE_SUMMARY,   /* sum over count */
    CAUS_MEASURE_MEAN_TIME, /* seconds of all calls over their number */
    CAUS_MEASURE_RATE,      /* seconds a second: processor */
    CAUS_MEASURE_IDLE,      /* 1 − the idle share of processors */
    CAUS_MEASURE_BUSIEST,   /* seconds a second of the busiest device */
    CAUS_MEASURE_FULLEST, /* 1 − the free share of the fullest file system */
    CAUS_MEASURE_GAUGE,
    CAUS_MEASURE_GAUGE_MAX, /* the longest of several */
    CAUS_MEASURE_GAUGE_SUM  /* bytes, connections: added up over instances */
} caus_measure;

/* A metric as a candidate: the same for all its services. */
typedef struct caus_candidate {
    const char *metric; /* of which series are counted */
    const char *base;   /* histograms, summaries: without its ending */
    caus_signal signal;
    caus_measure measure;
    double divisor;   /* of times: what a second is; 0 = 1 */
    double score;     /* the larger the likelier it is what people mean */
    const char *word; /* of the variable's name: "requests", "latency_p95" */
    const char *unit;
    caus_kind kind;
} caus_candidate;

/*
 * What the metrics are good for: none, one or several candidates each.
 *
 *   candidates  [count], the best first, then by name
 */
caus_status caus_candidates_find(const caus_metric_survey *survey,
                                 caus_arena *out, caus_candidate **candidates,
                                 size_t *count, caus_error *err);

/* ---- propose_groups.c: which services have a metric ---- */

/* A metric of a service. */
typedef struct caus_group {
    const char *metric;
    const char *label;      /* that names the service, or the job of several */
    const char *value;      /* of the label */
    const char *service;    /* that, or what some hosts of the job are */
    const char *matcher;    /* which hosts; "" = all */
    const char *code_label; /* that tells failures apart; "" = none */
    const char *code_regex; /* the values that are failures */
} caus_group;

/* Asks which services metrics belong to. Names may come more than once. */
caus_status caus_groups_read(caus_prom *prom, const char *const *metrics,
                             size_t count, caus_group **groups,
                             size_t *group_count, caus_error *err);

/* ---- propose_hosts.c: hosts of one job that are different things ---- */

enum { CAUS_HOST_INSTANCE = 2, CAUS_HOST_LABELS = 3 };
/* Labels that name hosts, the one that exporters of several have first. */
extern const char *const caus_host_labels[CAUS_HOST_LABELS];

/* What is scraped of a job. */
typedef struct caus_host {
    const char *label; /* as of a group */
    const char *value;
    const char *names[CAUS_HOST_LABELS]; /* "" = no such label */
    bool is_of_machines;
    size_t told_by;      /* of caus_host_labels */
    const char *thing;   /* what it is; NULL = the job is one service */
    const char *matcher; /* `instance="db:5432"`: all hosts that are this */
} caus_host;

/*
 * Tells the hosts of each job apart: db-orders and db-users are two services,
 * db-0 and db-1 replicas of one. Addresses, machines and what machines have in
 * their names are replicas, and so is what may be one.
 *
 *   hosts   [count] sorted by job afterwards
 *   groups  [group_count] the metrics of all jobs
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(hosts · (hosts + groups)).
 */
caus_status caus_hosts_tell_apart(caus_host *hosts, size_t count,
                                  const caus_group *groups, size_t group_count,
                                  caus_arena *out, caus_error *err);

/* ---- propose_offers.c: what may be taken of every service ---- */

/* A signal of a service. */
typedef struct caus_offer {
    const char *service;
    double weight; /* of the service */
    caus_signal signal;
    double score;
    size_t rank;                     /* within service and signal */
    const caus_candidate *candidate; /* NULL = from spans */
    const caus_group *group;
    caus_trace_value trace_value;
} caus_offer;

typedef struct caus_offers {
    caus_offer *items;
    size_t count, capacity;
} caus_offers;

/* For qsort(): by service and signal, the best first. */
int caus_offers_by_service(const void *a, const void *b);

/* Those of metrics (`prom` open; NULL = none) and of spans, ranked and in the
 * order of caus_offers_by_service(). To be freed by caus_offers_deinit(). */
caus_status caus_offers_read(const caus_setup_servers *servers, caus_prom *prom,
                             caus_arena *out, caus_offers *result,
                             caus_error *err);
void caus_offers_deinit(caus_offers *offers);

/* ---- propose_names.c: what proposed variables are called ---- */

/* The service and a word, with the metric's own words where that is `taken`.
 * NULL = no memory. */
const char *caus_offer_name(const caus_offer *made, const caus_map *taken,
                            caus_arena *out);

/* ---- propose_query.c: PromQL of a candidate, and what it gives now ---- */

/* The expression of a candidate for a service, in `out`, windows left open:
 * the step fills them. NULL = no memory. */
const char *caus_candidate_query(const caus_candidate *candidate,
                                 const caus_group *group, caus_arena *out);

/* Asks for the present value of each metric proposal, over such a window. */
caus_status caus_proposals_ask(caus_prom *prom, caus_proposal *proposals,
                               size_t count, int64_t window_ns,
                               caus_error *err);

/* ---- propose_spans.c ---- */

/* Fetches the last values of the span proposals; sets queries and warnings of
 * the setup. */
caus_status caus_proposals_ask_spans(const caus_setup_servers *servers,
                                     size_t max_queries, caus_proposal *items,
                                     size_t count, const caus_run *run,
                                     caus_arena *out, caus_setup *setup,
                                     caus_error *err);

#endif
