/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a metric measures, by its name and type. Words of the naming habits of
 * Prometheus, OpenTelemetry and the usual exporters; a name without any of
 * them is not guessed at.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum { CANDIDATES_A_METRIC = 3, MOST_CANDIDATES = 400 };

/* A word in a metric's name and what it is worth. */
typedef struct hint {
    const char *word;
    double score;
} hint;

static const hint error_words[] = {
    {"errors", 3},   {"error", 3},     {"failures", 3}, {"failed", 3},
    {"_errs", 3},    {"rollback", 3},  {"deadlock", 2}, {"dead_letter", 2},
    {"failure", 2},  {"exception", 2}, {"panic", 2},    {"timeout", 2},
    {"rejected", 2}, {"dropped", 1},   {"retries", 1},  {NULL, 0}};

static const hint rate_words[] = {{"http_requests", 5},
                                  {"http_server", 5},
                                  {"http_request", 4},
                                  {"requests", 4},
                                  {"request", 3},
                                  {"http_responses", 4},
                                  {"rpc", 3},
                                  {"listener_seconds", 4},
                                  {"calls", 3},
                                  {"queries", 3},
                                  {"query", 2},
                                  {"handled", 3},
                                  {"commands", 2},
                                  {"transactions", 3},
                                  {"xact_commit", 3},
                                  {"operations", 2},
                                  {NULL, 0}};

/* What comes in numbers but is no request: packets, samples, messages. */
static const hint event_words[] = {
    {"messages", 3},  {"jobs", 2},     {"processed", 2},
    {"events", 1},    {"received", 1}, {"samples", 1},
    {"published", 1}, {"sent", 1},     {NULL, 0}};

static const hint duration_words[] = {{"http_server", 6},
                                      {"http_request", 5},
                                      {"request", 4},
                                      {"rpc", 4},
                                      {"listener_seconds", 5},
                                      {"processing", 4},
                                      {"_process_duration", 4},
                                      {"response_time", 4},
                                      {"latency", 4},
                                      {"query", 3},
                                      {"duration", 3},
                                      {"handling", 3},
                                      {"seconds", 1},
                                      {"_time", 1},
                                      {NULL, 0}};

/* Gauges of durations: of times of day and ages only these words speak. */
static const hint duration_gauge_words[] = {
    {"response_time", 4}, {"latency", 4}, {"duration", 3}, {NULL, 0}};

/* What waits in brokers tells more than their memory. */
static const hint load_words[] = {{"queue_messages", 5.5},
                                  {"messages_ready", 6},
                                  {"group_lag", 5.5},
                                  {"activity_count", 3},
                                  {"numbackends", 3},
                                  {"locks_count", 2},
                                  {"queue", 4},
                                  {"in_flight", 4},
                                  {"inflight", 4},
                                  {"in_progress", 3},
                                  {"pending", 3},
                                  {"backlog", 4},
                                  {"pool", 3},
                                  {"busy", 3},
                                  {"connection", 3},
                                  {"queries", 2},
                                  {"_query", 2},
                                  {"waiting", 3},
                                  {"saturation", 4},
                                  {"utili", 4},
                                  {"usage", 2},
                                  {"load1", 3},
                                  {"load_average", 3},
                                  {"lag", 2},
                                  {"active", 1},
                                  {"threads", 1},
                                  {"goroutines", 1},
                                  {NULL, 0}};

/* What looks at the service rather than being it, or is no measure at all. */
static const char *const passed_over[] = {"scrape_",
                                          "_scrape",
                                          "promhttp_",
                                          "kube_",
                                          "alertmanager_config",
                                          "go_gc_",
                                          "go_memstats_",
                                          "go_sched_",
                                          "net_conntrack_",
                                          "_created",
                                          "_info",
                                          "_timestamp",
                                          "_start_time",
                                          "_expiry",
                                          "_last_",
                                          "_limit",
                                          "_capacity",
                                          "_metadata_",
                                          "_evaluation_interval",
                                          "target_interval_length",
                                          "_config_",
                                          "_settings_",
                                          "_global_variables_",
                                          "build_",
                                          NULL};

typedef struct finder {
    const caus_metric_survey *survey;
    caus_candidate *items;
    size_t count;
} finder;

/* A limit, unless of durations, whose longest tells more than their mean. */
static bool is_limit(const char *name)
{
    return strcasestr(name, "_max") && !strcasestr(name, "_max_tx_duration");
}

static bool is_passed_over(const char *name)
{
    if (is_limit(name))
        return true;
    for (size_t i = 0; passed_over[i]; i++) {
        bool is_start = passed_over[i][0] != '_';
        const char *at = strcasestr(name, passed_over[i]);
        if (at && (!is_start || at == name))
            return true;
    }
    return false;
}

/* The best word of a list within a name; 0 = none. */
static double worth(const char *name, const hint *words)
{
    double best = 0;
    for (; words->word; words++) {
        if (words->score > best && strcasestr(name, words->word))
            best = words->score;
    }
    return best;
}

const char *caus_metric_own_name(const char *name)
{
    const char *end = strchr(name, '_');
    for (const char *at = name; end && at + 1 < end; at++) {
        if (islower((unsigned char)at[0]) && isupper((unsigned char)at[1]))
            return end + 1;
    }
    return name;
}

/* What a service does for others says more than what it asks of them; a part
 * of the runtime says less than the service's own words, what goes on beside
 * requests (others' checks of health, the clock, archives) less than these, and
 * the process that measures a machine less than the machine. */
static double standing(const char *name)
{
    static const hint anywhere[] = {
        {"server", 1},    {"client", -2},  {"internal", -1}, {"_check_", -2},
        {"archiver", -2}, {"_timex_", -2}, {"mnesia", -2},   {"raft", -1},
        {"_flush_", -4},  {NULL, 0}};
    static const hint starts[] = {
        {"go_", -1},     {"jvm_", -1},    {"erlang_", -1},    {"python_", -1},
        {"node_js", -1}, {"nodejs_", -1}, {"process_", -1.5}, {NULL, 0}};
    double bonus = 0;
    for (const hint *at = anywhere; at->word; at++)
        bonus += strcasestr(name, at->word) ? at->score : 0;
    for (const hint *at = starts; at->word; at++)
        bonus += caus_starts_with(name, at->word) ? at->score : 0;
    return bonus - (double)strlen(name) / 200;
}

static int by_name(const void *a, const void *b)
{
    const caus_offered_metric *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const caus_offered_metric *find(const finder *at, const char *base,
                                       const char *ending)
{
    char name[300];
    snprintf(name, sizeof name, "%s%s", base, ending);
    caus_offered_metric key = {.name = name};
    return bsearch(&key, at->survey->metrics, at->survey->metric_count,
                   sizeof key, by_name);
}

static void add(finder *at, caus_candidate candidate)
{
    if (candidate.score > 0)
        at->items[at->count++] = candidate;
}

/* ---- forms ---- */

/* How many of a metric's unit make the unit it is told in. */
typedef struct time_unit {
    const char *unit;
    double divisor;
} time_unit;

static time_unit unit_of_time(const char *base)
{
    if (caus_ends_with(base, "_usec") || caus_ends_with(base, "_us") ||
        strcasestr(base, "microseconds"))
        return (time_unit){"s", 1e6};
    if (caus_ends_with(base, "_ms") || strcasestr(base, "milliseconds"))
        return (time_unit){"ms", 1};
    return (time_unit){"s", 1};
}

/* A duration under a name with such a score. */
static void add_duration(finder *at, const char *name, const char *base,
                         caus_measure measure, double score)
{
    bool has_buckets = measure == CAUS_MEASURE_HISTOGRAM;
    time_unit told = unit_of_time(base);
    add(at, (caus_candidate){.metric = name,
                             .base = base,
                             .signal = CAUS_SIGNAL_DURATION,
                             .measure = measure,
                             .score = score > 0 ? score + standing(base) : 0,
                             .word = has_buckets ? "latency_p95"
                                     : measure == CAUS_MEASURE_GAUGE_MAX
                                         ? "latency_max"
                                         : "latency_avg",
                             .divisor = told.divisor,
                             .unit = told.unit,
                             .kind = has_buckets ? CAUS_KIND_LATENCY_QUANTILE
                                                 : CAUS_KIND_GAUGE});
}

/* `name` is the _count of a histogram or summary. */
static void add_durations(finder *at, const char *name, const char *base)
{
    bool has_buckets = find(at, base, "_bucket") != NULL;
    bool is_size =
        caus_ends_with(base, "_bytes") || caus_ends_with(base, "_size");
    double score = is_size ? 0 : worth(base, duration_words);
    add_duration(at, name, base,
                 has_buckets ? CAUS_MEASURE_HISTOGRAM : CAUS_MEASURE_SUMMARY,
                 score > 0 ? score + has_buckets : 0);
    /* how many there were is a rate of its own, if nothing better counts it */
    double rate = worth(base, rate_words);
    if (rate > 0)
        rate += standing(base) - 1.5;
    add(at, (caus_candidate){.metric = name,
                             .base = base,
                             .signal = CAUS_SIGNAL_RATE,
                             .measure = CAUS_MEASURE_COUNTER,
                             .score = rate,
                             .word = "requests",
                             .unit = "requests",
                             .kind = CAUS_KIND_COUNTER_RATE});
    add(at, (caus_candidate){.metric = name,
                             .base = base,
                             .signal = CAUS_SIGNAL_ERRORS,
                             .measure = CAUS_MEASURE_BAD_CODES,
                             .score = rate,
                             .word = "errors",
                             .unit = "errors",
                             .kind = CAUS_KIND_COUNTER_RATE});
}

/* Two counters make a mean: what all calls took, and how many there were. */
static caus_status add_mean_time(finder *at, const char *name, caus_arena *out,
                                 caus_error *err)
{
    static const char ending[] = "_duration_seconds_total";
    if (!caus_ends_with(name, ending))
        return CAUS_OK;
    const char *base =
        caus_arena_copy_text(out, name, strlen(name) - (sizeof ending - 1));
    if (!base)
        return caus_arena_fail(out, err);
    if (find(at, base, "_total"))
        add_duration(at, name, base, CAUS_MEASURE_MEAN_TIME, 4);
    return CAUS_OK;
}

static void add_processor(finder *at, const char *name, double divisor)
{
    bool is_node = strcmp(name, "node_cpu_seconds_total") == 0;
    add(at, (caus_candidate){
                .metric = name,
                .base = name,
                .signal = CAUS_SIGNAL_UTILISATION,
                .measure = is_node ? CAUS_MEASURE_IDLE : CAUS_MEASURE_RATE,
                .score = 6 + standing(name),
                .word = "cpu",
                .divisor = divisor,
                .unit = is_node ? "ratio" : "cores",
                .kind = is_node ? CAUS_KIND_RATIO : CAUS_KIND_GAUGE});
}

/* Counters of time spent: of processors and disks they are utilisation, of
 * others nothing that is read from a name. */
static bool add_time(finder *at, const char *name)
{
    static const struct {
        const char *end;
        double divisor;
    } units[] = {{"Microseconds", 1e6}, {"Milliseconds", 1e3}};
    if (caus_ends_with(name, "cpu_seconds_total") ||
        caus_ends_with(name, "cpu_usage_seconds_total") ||
        caus_ends_with(name, "cpu_time_seconds_total") ||
        caus_ends_with(name, "cpu_user_seconds_total"))
        add_processor(at, name, 1);
    else if (caus_ends_with(name, "disk_io_time_seconds_total"))
        add(at, (caus_candidate){.metric = name,
                                 .base = name,
                                 .signal = CAUS_SIGNAL_UTILISATION,
                                 .measure = CAUS_MEASURE_BUSIEST,
                                 .score = 5 + standing(name),
                                 .word = "disk_busy",
                                 .unit = "ratio",
                                 .kind = CAUS_KIND_RATIO});
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!caus_ends_with(name, units[i].end))
            continue;
        if (strcasestr(name, "cpu") && !strcasestr(name, "wait"))
            add_processor(at, name, units[i].divisor);
        return true;
    }
    return caus_ends_with(name, "_seconds_total");
}

static void add_counter(finder *at, const char *name)
{
    const char *own = caus_metric_own_name(name);
    double errors = worth(own, error_words), rate = worth(own, rate_words);
    double events = worth(own, event_words);
    if (add_time(at, name) || caus_ends_with(name, "_bytes_total") ||
        caus_ends_with(name, "Bytes"))
        return;
    caus_candidate made = {.metric = name,
                           .base = name,
                           .measure = CAUS_MEASURE_COUNTER,
                           .kind = CAUS_KIND_COUNTER_RATE};
    if (errors > 0) {
        made.signal = CAUS_SIGNAL_ERRORS;
        made.score = errors + standing(name);
        made.word = "errors";
        made.unit = "errors";
        add(at, made);
        return;
    }
    bool is_event = events > rate;
    rate = is_event ? events : rate;
    made.score = rate > 0 ? rate + standing(name) : 0;
    made.signal = CAUS_SIGNAL_RATE;
    made.word = is_event ? "" : "requests";
    made.unit = is_event ? "events" : "requests";
    add(at, made);
    /* of use where a label tells which of them failed */
    made.signal = CAUS_SIGNAL_ERRORS;
    made.measure = CAUS_MEASURE_BAD_CODES;
    made.score = made.score > 0 ? made.score + 1 : 0;
    made.word = "errors";
    made.unit = "errors";
    add(at, made);
}

static bool is_memory(const char *name)
{
    static const char *const ends[] = {
        "resident_memory_bytes", "memory_working_set_bytes",
        "MemAvailable_bytes",    "memory_used_bytes",
        "memory_usage_bytes",    "MemoryResident",
        "MemoryTracking"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (caus_ends_with(name, ends[i]))
            return true;
    }
    return false;
}

/* A share of all processors, as runtimes tell it of their own process. */
static bool is_own_processor(const char *name)
{
    static const char *const names[] = {
        "process_cpu_usage",
        "process_cpu_utilization",
        "process_cpu_utilization_ratio",
        "jvm_cpu_recent_utilization_ratio",
        "process_runtime_jvm_cpu_utilization",
        "process_runtime_jvm_cpu_utilization_ratio",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* The fullest of the places that keep data. */
static void add_space(finder *at, const char *name)
{
    const char *base = "node_filesystem";
    if (!find(at, base, "_size_bytes"))
        return;
    add(at, (caus_candidate){.metric = name,
                             .base = base,
                             .signal = CAUS_SIGNAL_UTILISATION,
                             .measure = CAUS_MEASURE_FULLEST,
                             .score = 5 + standing(name),
                             .word = "disk_used",
                             .unit = "ratio",
                             .kind = CAUS_KIND_RATIO});
}

static void add_gauge(finder *at, const char *name)
{
    if (strcmp(name, "node_filesystem_avail_bytes") == 0) {
        add_space(at, name);
        return;
    }
    double duration = worth(name, duration_gauge_words);
    if (duration > 0) {
        add_duration(at, name, name,
                     strcasestr(name, "_max_") ? CAUS_MEASURE_GAUGE_MAX
                                               : CAUS_MEASURE_GAUGE,
                     duration);
        return;
    }
    caus_candidate made = {.metric = name,
                           .base = name,
                           .signal = CAUS_SIGNAL_UTILISATION,
                           .measure = CAUS_MEASURE_GAUGE,
                           .word = "",
                           .unit = "",
                           .kind = CAUS_KIND_GAUGE};
    if (is_own_processor(name)) {
        made.score = 6 + standing(name);
        made.word = "cpu";
        made.unit = "ratio";
    } else if (is_memory(name)) {
        made.measure = CAUS_MEASURE_GAUGE_SUM;
        made.score = 5 + standing(name);
        made.word = caus_ends_with(name, "MemAvailable_bytes")
                        ? "memory_available"
                        : "memory";
        made.unit = "bytes";
    } else {
        double load = worth(name, load_words);
        made.score = load > 0 ? load + standing(name) : 0;
        if (caus_ends_with(name, "_bytes"))
            made.unit = "bytes";
        else if (caus_ends_with(name, "_ratio") ||
                 caus_ends_with(name, "_utilization"))
            made.unit = "ratio";
    }
    add(at, made);
}

static caus_status add_metric(finder *at, const caus_offered_metric *metric,
                              caus_arena *out, caus_error *err)
{
    const char *name = metric->name;
    bool is_counter =
        strcmp(metric->type, "counter") == 0 || caus_ends_with(name, "_total");
    if (is_passed_over(name) || caus_ends_with(name, "_bucket") ||
        caus_ends_with(name, "_sum") || strcmp(name, "up") == 0)
        return CAUS_OK;
    if (caus_ends_with(name, "_count") && !is_counter) {
        const char *base =
            caus_arena_format(out, "%.*s", (int)strlen(name) - 6, name);
        if (!base)
            return caus_arena_fail(out, err);
        if (find(at, base, "_sum")) {
            add_durations(at, name, base);
            return CAUS_OK;
        }
    }
    bool is_family = strcmp(metric->type, "histogram") == 0 ||
                     strcmp(metric->type, "summary") == 0 ||
                     find(at, name, "_sum") != NULL;
    if (is_counter)
        add_counter(at, name);
    else if (!is_family)
        add_gauge(at, name);
    return is_counter ? add_mean_time(at, name, out, err) : CAUS_OK;
}

static int by_score(const void *a, const void *b)
{
    const caus_candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    int order = strcmp(x->metric, y->metric);
    return order ? order : (x->signal > y->signal) - (x->signal < y->signal);
}

bool caus_metric_is_of_process(const char *name)
{
    return caus_starts_with(name, "process_") ||
           caus_starts_with(name, "go_") || caus_starts_with(name, "python_");
}

bool caus_metric_tells_exporter(const char *name)
{
    return caus_ends_with(name, "exporter_build_info") &&
           !caus_starts_with(name, "jmx_");
}

caus_status caus_candidates_find(const caus_metric_survey *survey,
                                 caus_arena *out, caus_candidate **candidates,
                                 size_t *count, caus_error *err)
{
    finder at = {.survey = survey};
    at.items = CAUS_ARRAY(out, caus_candidate,
                          CANDIDATES_A_METRIC * survey->metric_count + 1);
    if (!at.items)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < survey->metric_count; i++)
        CAUS_TRY(add_metric(&at, &survey->metrics[i], out, err));
    qsort(at.items, at.count, sizeof *at.items, by_score);
    *candidates = at.items;
    *count = at.count < MOST_CANDIDATES ? at.count : MOST_CANDIDATES;
    return CAUS_OK;
}
