/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telemetry worlds: simulated production systems whose causes are known, seen
 * through the metrics and spans that a real one would leave.
 */
#ifndef CAUS_WORLD_H
#define CAUS_WORLD_H

#include "series.h"

CAUS_API_BEGIN

/* What goes wrong. */
typedef enum caus_world_fault {
    CAUS_WORLD_NONE,   /* nothing: a healthy world */
    CAUS_WORLD_DELAY,  /* every request of the root sleeps so much longer */
    CAUS_WORLD_ERRORS, /* a share of its requests fails at once */
    CAUS_WORLD_LEAK,   /* its memory fills, work slows, pods are killed */
    CAUS_WORLD_CPU,    /* its runaway threads fill the nodes it runs on */
    CAUS_WORLD_POOL,   /* it gives workers, with their connections, back late */
    CAUS_WORLD_DEPLOY, /* a new version is slower and fails now and then */
    CAUS_WORLD_RAMP,   /* as DELAY, but growing over half of its time */
    CAUS_WORLD_OUTAGE, /* one of its pods fails every request */
    CAUS_WORLD_CODE,   /* a share of its requests throws: half of them fail,
                          half are caught; else only its log shows it */
    CAUS_WORLD_AUTO,   /* one of DELAY to OUTAGE, in turn by seed */
    CAUS_WORLD_FAULT_COUNT = CAUS_WORLD_AUTO
} caus_world_fault;

/* The word of a fault ("none", "delay", …), and what it does in one sentence;
 * "" for other values. */
const char *caus_world_fault_name(caus_world_fault fault);
const char *caus_world_fault_text(caus_world_fault fault);
/* The fault a word names, "auto" included; false if there is none. */
bool caus_world_fault_from_name(const char *name, caus_world_fault *result);

typedef struct caus_world_options {
    size_t services;        /* 3 … 120 */
    caus_world_fault fault; /* AUTO: with root NULL, services × faults are gone
                               through by seed */
    double
        fault_size;       /* DELAY, RAMP: seconds; ERRORS: share of requests;
                             CODE: share of requests; LEAK: memory limits filled an
                             hour; CPU: threads      for each core; POOL: how busy all
                             workers become, 1 = just so; DEPLOY: times
                             slower; 0 = by seed. OUTAGE has no size */
    const char *root;     /* a service; NULL = seed mod services */
    int64_t start_ns;     /* unix time, a whole number of steps; 0 =
                             2026-03-02T09:00:00Z */
    int64_t duration_ns;  /* 10 min … 48 h */
    int64_t fault_at_ns;  /* after the start; −1 = at .6 of the duration */
    int64_t fault_for_ns; /* 0 = for a fifth of the duration */
    int64_t step_ns;      /* of the derived series: 1 s … 1 h */
    int64_t scrape_ns;    /* from scrape to scrape: 1 s … 5 min */
} caus_world_options;

/* 10 services, AUTO, 2 h, steps and scrapes of 15 s, the rest by seed. */
caus_world_options caus_world_options_default(void);

/* A service, how it is built and what became of its requests. */
typedef struct caus_world_service {
    const char *name;
    bool is_entry;  /* users call it */
    size_t pods;    /* at the start */
    size_t workers; /* of a pod: requests in work at once */
    double rate;    /* requests a second it was built for */
    double work_s;  /* mean time of its own work */
    bool scales;    /* pods are added when they are busy */
    uint64_t arrived;
    uint64_t succeeded;
    uint64_t failed;     /* answered with an error, refused ones included */
    uint64_t lost;       /* with a killed pod */
    uint64_t unfinished; /* at the end: arrived = the other four */
    double crowd_s;      /* the number in the service, integrated over time */
    double stay_s;       /* the time that each stayed within the window, added;
                            equals crowd_s by Little's law */
} caus_world_service;

/* Who calls whom, and how. */
typedef struct caus_world_call {
    size_t caller, callee;
    bool is_asynchronous; /* put in a queue: nobody waits for the answer */
    bool is_optional;     /* the caller goes on when it fails */
    double probability;   /* of the call, in a request of the caller */
    double timeout_s;     /* 0 = none */
    int retries;
    size_t connections; /* of a pod of the caller */
    uint64_t issued;    /* attempts; of all callers of a service: its arrivals,
                           but for users' */
    uint64_t timeouts;
    uint64_t retried;
    double start_lag_s[2]; /* 5 % and 95 % of callee's start − caller's start */
    double end_lag_s[2];   /* of caller's end − callee's end; NaN = no pair */
} caus_world_call;

/* One request at one service, in the order of their ends. */
typedef struct caus_world_span {
    int64_t start_us; /* after the start of the world */
    int64_t duration_us;
    uint32_t trace;
    uint32_t span;
    uint32_t parent; /* UINT32_MAX = none */
    uint16_t service;
    uint16_t call; /* index into calls; UINT16_MAX = a user's */
    bool failed;
} caus_world_span;

enum { CAUS_WORLD_BUCKETS = 12, CAUS_WORLD_REASONS = 3, CAUS_WORLD_POOLS = 6 };

/* Upper bounds of the histogram's buckets in seconds; the last is infinite. */
extern const double caus_world_bounds[CAUS_WORLD_BUCKETS];

/* What one scrape of one pod saw. */
typedef struct caus_world_scrape {
    int64_t time_us;
    uint32_t pod;
    bool is_up;         /* false: nothing but this */
    int64_t started_us; /* of the process: counters restart with it */
    uint64_t arrived;   /* offered by users: entry services only */
    uint64_t requests;  /* finished */
    uint64_t errors[CAUS_WORLD_REASONS]; /* own, callee, refused; 0 = the series
                                            is not there yet */
    uint64_t buckets[CAUS_WORLD_BUCKETS]; /* cumulative over bounds */
    double duration_sum_s;
    double cpu_s;
    double memory_bytes;
    uint32_t busy;
    uint32_t queued;
    uint32_t connections[CAUS_WORLD_POOLS]; /* in use, by call of the service */
} caus_world_scrape;

typedef struct caus_world_pod {
    const char *name;
    size_t service;
    size_t node;
} caus_world_pod;

/* What a service wrote to its log. */
typedef enum caus_world_line {
    CAUS_WORLD_LINE_HANDLED,  /* info, of one request in fifty */
    CAUS_WORLD_LINE_ROUTINE,  /* info, now and then */
    CAUS_WORLD_LINE_STARTED,  /* info: a pod serves */
    CAUS_WORLD_LINE_NOTICE,   /* warning, after a change that harms nothing */
    CAUS_WORLD_LINE_SLOW,     /* warning: a request took long */
    CAUS_WORLD_LINE_MEMORY,   /* warning: memory is nearly full */
    CAUS_WORLD_LINE_RETRY,    /* warning: a call is repeated */
    CAUS_WORLD_LINE_WITHOUT,  /* warning: goes on without a callee */
    CAUS_WORLD_LINE_REFUSED,  /* error: the queue is full */
    CAUS_WORLD_LINE_TIMEOUT,  /* error: a call took too long */
    CAUS_WORLD_LINE_CALLEE,   /* error: a callee failed */
    CAUS_WORLD_LINE_REJECTED, /* error: of a request, as on every day */
    CAUS_WORLD_LINE_GLITCH,   /* error: a burst that harms nobody */
    CAUS_WORLD_LINE_FAULT,    /* error with a stack: the fault itself */
    CAUS_WORLD_LINE_COUNT
} caus_world_line;

typedef struct caus_world_log {
    int64_t time_us; /* after the start of the world */
    uint32_t trace;  /* UINT32_MAX = none */
    uint32_t value;  /* what varies: milliseconds, a number */
    uint16_t service;
    uint16_t other; /* the service called; UINT16_MAX = none */
    uint8_t line;   /* caus_world_line */
} caus_world_log;

/* Something that was done to the system, harmful or not. */
typedef struct caus_world_change {
    int64_t time_ns;
    size_t service;
    const char *kind; /* "deploy", "config", "scale", "oom_kill" */
    const char *ref;
    const char *text;
} caus_world_change;

/* A cause between two derived series, by construction. */
typedef struct caus_world_edge {
    size_t source, target; /* columns of `series` */
    const char *mechanism; /* "load", "reply", "failure", "time-out", "retry",
                              "back-off", "giving up", "queue", "node" */
    bool is_weak;          /* may be too small to see: missing it is no error,
                              finding it neither */
    bool lowers;           /* more of the cause is less of the effect */
    double lag_s[2];       /* from the moment the cause is counted to the moment
                              the effect is: 5 % and 95 % of what happened; a
                              negative one is counted before its cause */
} caus_world_edge;

/* What the fault did to a column, against the same world without the fault. */
typedef struct caus_world_effect {
    size_t column;
    double change;  /* of the mean during the fault: with − without */
    double healthy; /* the mean without */
    double onset_s; /* from the start of the fault; NaN = not before its end */
    bool affected;
} caus_world_effect;

typedef struct caus_world {
    caus_world_options options; /* as settled */
    uint64_t seed;
    caus_world_fault fault;
    size_t root;         /* SIZE_MAX = none */
    int64_t fault_ns[2]; /* unix time, from and to; 0, 0 = none */
    double fault_size;
    size_t service_count;
    const caus_world_service *services;
    size_t call_count;
    const caus_world_call *calls; /* by caller */
    size_t pod_count;
    const caus_world_pod *pods;
    size_t node_count;
    size_t span_count;
    const caus_world_span *spans;
    size_t scrape_count;
    const caus_world_scrape *scrapes; /* in the order of time */
    size_t log_count;
    const caus_world_log *logs; /* in the order of time */
    size_t change_count;
    const caus_world_change *changes; /* in the order of time */
    caus_series series; /* <service>_calls, _errors, _latency of every service,
                           as caus makes them of the spans */
    size_t edge_count;
    const caus_world_edge *edges;
    size_t effect_count; /* 0 without a fault, else one a column */
    const caus_world_effect *effects;
    size_t shared_count;
    const size_t (*shared)[2]; /* pairs of services with pods on one node: a
                                  noisy node is a hidden cause of both */
} caus_world;

/*
 * Simulates a world event by event: requests queue for workers, hold them
 * while they wait for connections and answers, time out and are repeated.
 *
 *   options  NULL = default
 *   run      its seed is the world's; one thread works
 *   result   lives in `out`
 *
 * The same seed and options give the same world. With a fault the same world
 * goes on without it too, by the same random numbers, to tell what the fault
 * changed. Nothing is measured before a system is in use: the first
 * seconds of a world fill its queues.
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (an option out of range, a fault outside
 * the window), …_NOT_FOUND (no such root), …_LIMIT (over 40 million requests),
 * …_CANCELLED, …_TIME_LIMIT, …_OUT_OF_MEMORY. Cost some 0.2 µs an event; a
 * world of 10 services and 2 h has about half a million requests.
 */
caus_status caus_world_make(const caus_world_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_world *result, caus_error *err);

/* The files that a world is written to. */
typedef enum caus_world_file {
    CAUS_WORLD_SERIES,       /* series.csv: time, then the derived series */
    CAUS_WORLD_GAUGES,       /* gauges.csv: time, then means over the pods */
    CAUS_WORLD_TOPOLOGY,     /* graph.csv: src,dst */
    CAUS_WORLD_CHANGES,      /* changes.csv: time,service,kind,ref,text */
    CAUS_WORLD_SPANS,        /* spans.csv */
    CAUS_WORLD_TABLE,        /* otel_traces.sql: the table that fits 18.16 */
    CAUS_WORLD_CLICKHOUSE,   /* spans.sql: INSERT INTO otel_traces */
    CAUS_WORLD_METRICS,      /* metrics.om: OpenMetrics text */
    CAUS_WORLD_OTLP_TRACES,  /* traces.otlp.jsonl: TracesData, a line a batch */
    CAUS_WORLD_OTLP_METRICS, /* metrics.otlp.jsonl: MetricsData, likewise */
    CAUS_WORLD_LOGS,         /* logs.jsonl: an object a line */
    CAUS_WORLD_LOG_TABLE,    /* otel_logs.sql: the table that fits 18.16 */
    CAUS_WORLD_LOG_ROWS,     /* logs.sql: INSERT INTO otel_logs */
    CAUS_WORLD_TRUTH,        /* truth.json: for scoring only */
    CAUS_WORLD_FILE_COUNT
} caus_world_file;

/* The name of a file; "" for other values. */
const char *caus_world_file_name(caus_world_file file);

/*
 * The text of one file of a world.
 *
 *   text, length  live in `out`, set on success
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no such file), …_CANCELLED,
 * …_TIME_LIMIT, …_OUT_OF_MEMORY, …_LIMIT. Cost O(length).
 */
caus_status caus_world_write(const caus_world *world, caus_world_file file,
                             const caus_run *run, caus_arena *out,
                             const char **text, size_t *length,
                             caus_error *err);

CAUS_API_END
#endif
