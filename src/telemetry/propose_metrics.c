/* SPDX-License-Identifier: Apache-2.0 */
/* What a metric is good for, by its name, its type and the metrics beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum { CANDIDATES_A_METRIC = 3, MOST_CANDIDATES = 400 };

typedef struct finder {
    const caus_metric_survey *survey;
    caus_candidate *items;
    size_t count;
} finder;

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
    add(at, (caus_candidate){
                .metric = name,
                .base = base,
                .signal = CAUS_SIGNAL_DURATION,
                .measure = measure,
                .score = score > 0 ? score + caus_metric_standing(base) : 0,
                .word = has_buckets                         ? "latency_p95"
                        : measure == CAUS_MEASURE_GAUGE_MAX ? "latency_max"
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
    double score = is_size ? 0 : caus_metric_worth(base, CAUS_WORDS_DURATION);
    add_duration(at, name, base,
                 has_buckets ? CAUS_MEASURE_HISTOGRAM : CAUS_MEASURE_SUMMARY,
                 score > 0 ? score + has_buckets : 0);
    /* how many there were is a rate of its own, if nothing better counts it */
    double rate = caus_metric_worth(base, CAUS_WORDS_REQUESTS);
    if (rate > 0)
        rate += caus_metric_standing(base) - 1.5;
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
                .score = 6 + caus_metric_standing(name),
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
                                 .score = 5 + caus_metric_standing(name),
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
    double errors = caus_metric_worth(own, CAUS_WORDS_ERRORS),
           rate = caus_metric_worth(own, CAUS_WORDS_REQUESTS);
    double events = caus_metric_worth(own, CAUS_WORDS_EVENTS);
    if (add_time(at, name) || caus_ends_with(name, "_bytes_total") ||
        caus_ends_with(name, "Bytes"))
        return;
    caus_candidate made = {.metric = name,
                           .base = name,
                           .measure = CAUS_MEASURE_COUNTER,
                           .kind = CAUS_KIND_COUNTER_RATE};
    if (errors > 0) {
        made.signal = CAUS_SIGNAL_ERRORS;
        made.score = errors + caus_metric_standing(name);
        made.word = "errors";
        made.unit = "errors";
        add(at, made);
        return;
    }
    bool is_event = events > rate;
    rate = is_event ? events : rate;
    made.score = rate > 0 ? rate + caus_metric_standing(name) : 0;
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
                             .score = 5 + caus_metric_standing(name),
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
    double duration = caus_metric_worth(name, CAUS_WORDS_DURATION_NOW);
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
    if (caus_metric_is_own_processor(name)) {
        made.score = 6 + caus_metric_standing(name);
        made.word = "cpu";
        made.unit = "ratio";
    } else if (caus_metric_is_memory(name)) {
        made.measure = CAUS_MEASURE_GAUGE_SUM;
        made.score = 5 + caus_metric_standing(name);
        made.word = caus_ends_with(name, "MemAvailable_bytes")
                        ? "memory_available"
                        : "memory";
        made.unit = "bytes";
    } else {
        double load = caus_metric_worth(name, CAUS_WORDS_LOAD);
        made.score = load > 0 ? load + caus_metric_standing(name) : 0;
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
    if (caus_metric_is_passed_over(name) || caus_ends_with(name, "_bucket") ||
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
