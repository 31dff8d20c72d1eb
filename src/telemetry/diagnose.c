/* SPDX-License-Identifier: Apache-2.0 */
/* From surveys to what can and cannot be answered, each with a way out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "telemetry/survey_internal.h"

enum { MOST_FINDINGS = 32 };

static const int64_t second_ns = 1000000000;
static const int64_t hour_ns = INT64_C(3600000000000);
static const int64_t minute_ns = INT64_C(60000000000);
static const int64_t stale_ns = INT64_C(600000000000);
static const double skew_felt_s = 2; /* a Date header has whole seconds */

typedef struct doctor {
    const caus_setup_servers *servers;
    caus_arena *out;
    caus_survey_finding *findings;
    size_t count;
    bool failed; /* no memory */
} doctor;

const char *caus_health_name(caus_health health)
{
    static const char *const names[] = {"fine", "note", "missing"};
    return (size_t)health < sizeof names / sizeof *names ? names[health] : "";
}

/* `sentence` is NULL where the arena is full. */
static void add(doctor *at, caus_survey_finding finding)
{
    if (!finding.sentence || !finding.remedy)
        at->failed = true;
    else if (at->count < MOST_FINDINGS)
        at->findings[at->count++] = finding;
}

static void add_fine(doctor *at, const char *about, const char *check,
                     const char *sentence)
{
    add(at,
        (caus_survey_finding){about, check, CAUS_HEALTH_FINE, sentence, ""});
}

static void add_clock(doctor *at, const char *about, double skew_s)
{
    if (isnan(skew_s))
        return;
    if (fabs(skew_s) <= skew_felt_s) {
        add_fine(at, about, "clock", "its clock agrees with ours within 2 s");
        return;
    }
    add(at,
        (caus_survey_finding){
            about, "clock", CAUS_HEALTH_NOTE,
            caus_arena_format(at->out, "its clock is %.0f s %s ours",
                              fabs(skew_s), skew_s > 0 ? "ahead of" : "behind"),
            "run NTP on both machines, and give --start and --end by the "
            "server's clock"});
}

static void add_age(doctor *at, const char *about, int64_t oldest_ns,
                    int64_t now_ns)
{
    char age[40];
    if (oldest_ns == INT64_MAX) {
        add(at, (caus_survey_finding){
                    about, "retention", CAUS_HEALTH_MISSING,
                    "it holds no data of the last five years",
                    "check that this is the right server and that something "
                    "writes to it"});
        return;
    }
    caus_duration_format((now_ns - oldest_ns) / second_ns * second_ns, age);
    if (now_ns - oldest_ns >= 8 * hour_ns) {
        add_fine(at, about, "retention",
                 caus_arena_format(at->out, "data go back %s at least", age));
        return;
    }
    add(at, (caus_survey_finding){
                about, "retention", CAUS_HEALTH_NOTE,
                caus_arena_format(at->out,
                                  "data go back %s at least, but not the 8 h "
                                  "of a window of 2 h and the 6 h before it",
                                  age),
                "give a shorter --baseline, or wait: normal operation is "
                "learned from what came before"});
}

/* Back-dated data, or a server to which nothing is written any more. */
static void add_newest(doctor *at, const char *about, int64_t newest_ns,
                       int64_t now_ns)
{
    char time[40], age[40];
    if (newest_ns == INT64_MAX || now_ns - newest_ns < stale_ns)
        return;
    newest_ns = newest_ns / minute_ns * minute_ns;
    caus_time_format(newest_ns, time);
    caus_duration_format((now_ns - newest_ns) / minute_ns * minute_ns, age);
    add(at, (caus_survey_finding){
                about, "newest", CAUS_HEALTH_NOTE,
                caus_arena_format(at->out,
                                  "its newest data are of %s, %s ago: the last "
                                  "hours, which are asked for by default, are "
                                  "empty",
                                  time, age),
                caus_arena_format(at->out,
                                  "give --end %s, or --around and when the "
                                  "incident was; or see why nothing arrives",
                                  time)});
}

/* ---- scrapes ---- */

static void add_up(doctor *at, const caus_metric_survey *metrics)
{
    size_t down = 0;
    const char *first = "";
    for (size_t i = 0; i < metrics->target_count; i++) {
        if (!metrics->targets[i].is_up && !down++)
            first = metrics->targets[i].instance;
    }
    if (!metrics->target_count)
        add(at, (caus_survey_finding){
                    "prometheus", "targets", CAUS_HEALTH_NOTE,
                    "nothing was scraped in the last ten minutes (there is no "
                    "`up`): failed scrapes cannot be told from silence",
                    "for recorded data this is as it should be; else look at "
                    "/targets of the server"});
    else if (down)
        add(at,
            (caus_survey_finding){
                "prometheus", "targets", CAUS_HEALTH_NOTE,
                caus_arena_format(at->out,
                                  down == 1 ? "%zu of %zu targets is down, %s: "
                                              "its series have gaps"
                                            : "%zu of %zu targets are down, %s "
                                              "among them: their series have "
                                              "gaps",
                                  down, metrics->target_count, first),
                "look at /targets of the server"});
    else
        add_fine(at, "prometheus", "targets",
                 caus_arena_format(at->out,
                                   metrics->target_count == 1
                                       ? "its %zu target is up"
                                       : "all %zu targets are up",
                                   metrics->target_count));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The smallest and largest interval, and how far apart scrapes of one interval
 * lie: a lag shorter than that shows the order of scrapes, not of causes. */
static void add_intervals(doctor *at, const caus_metric_survey *metrics)
{
    double *sizes = CAUS_ARRAY(at->out, double, metrics->target_count);
    double first_s = (double)INFINITY, last_s = 0;
    size_t known = 0;
    if (!sizes) {
        at->failed = true;
        return;
    }
    for (size_t i = 0; i < metrics->target_count; i++) {
        const caus_offered_target *target = &metrics->targets[i];
        if (target->interval_s <= 0)
            continue;
        sizes[known++] = target->interval_s;
        first_s = fmin(first_s, target->offset_s);
        last_s = fmax(last_s, target->offset_s);
    }
    if (!known)
        return;
    qsort(sizes, known, sizeof *sizes, by_size);
    double small = sizes[0], large = sizes[known - 1];
    double spread_s = last_s > first_s ? last_s - first_s : 0;
    bool is_slow = large > 60, is_mixed = large > 1.5 * small;
    add(at,
        (caus_survey_finding){
            "prometheus", "scrapes",
            is_slow || is_mixed ? CAUS_HEALTH_NOTE : CAUS_HEALTH_FINE,
            is_mixed ? caus_arena_format(at->out,
                                         "scraped every %g s to %g s, at "
                                         "offsets up to %.1f s apart",
                                         small, large, spread_s)
                     : caus_arena_format(at->out,
                                         "scraped every %g s, at offsets up to "
                                         "%.1f s apart",
                                         large, spread_s),
            is_slow || is_mixed
                ? "effects faster than the largest interval cannot be "
                  "ordered: scrape every 15 s, or give --step for the "
                  "slowest"
                : ""});
}

/* ---- what is there to learn from ---- */

static bool has_metric(const caus_metric_survey *metrics, const char *part)
{
    for (size_t i = 0; metrics && i < metrics->metric_count; i++) {
        if (strcasestr(metrics->metrics[i].name, part))
            return true;
    }
    return false;
}

static void add_prometheus(doctor *at, const caus_metric_survey *metrics)
{
    const char *version = *metrics->version ? metrics->version : "not told";
    add_fine(at, "prometheus", "reachable",
             caus_arena_format(at->out, "%s answers; version %s", metrics->url,
                               version));
    add_clock(at, "prometheus", metrics->clock_skew_s);
    for (size_t i = 0; i < metrics->refusal_count; i++)
        add(at,
            (caus_survey_finding){
                "prometheus", "permission",
                metrics->refusals[i].status == CAUS_ERR_DENIED
                    ? CAUS_HEALTH_MISSING
                    : CAUS_HEALTH_NOTE,
                caus_arena_format(at->out, "%s: %s", metrics->refusals[i].what,
                                  metrics->refusals[i].message),
                "let this user read /api/v1/query, query_range, series, "
                "label values and metadata"});
    add_age(at, "prometheus", metrics->oldest_ns, metrics->now_ns);
    add_newest(at, "prometheus", metrics->newest_ns, metrics->now_ns);
    add_up(at, metrics);
    add_intervals(at, metrics);
    if (metrics->metric_count)
        add_fine(at, "prometheus", "series",
                 isnan(metrics->series_count)
                     ? caus_arena_format(at->out, "%zu metrics",
                                         metrics->metric_count)
                     : caus_arena_format(
                           at->out, "%zu metrics, about %.0f series",
                           metrics->metric_count, metrics->series_count));
    else
        add(at, (caus_survey_finding){"prometheus", "series",
                                      CAUS_HEALTH_MISSING, "it holds no metric",
                                      "check the url, the tenant and that "
                                      "something is scraped"});
}

static void add_clickhouse(doctor *at, const caus_span_survey *spans)
{
    add_fine(at, "clickhouse", "reachable",
             caus_arena_format(
                 at->out, "%s answers; version %s; spans in %s (%s)",
                 spans->url, spans->version, spans->table, spans->profile));
    add_clock(at, "clickhouse", spans->clock_skew_s);
    for (size_t i = 0; i < spans->warning_count; i++)
        add(at, (caus_survey_finding){"clickhouse", "tables", CAUS_HEALTH_NOTE,
                                      spans->warnings[i],
                                      "name the one you mean in the url"});
    add_age(at, "clickhouse", spans->oldest_ns, spans->now_ns);
    add_newest(at, "clickhouse", spans->newest_ns, spans->now_ns);
    if (spans->service_count)
        add_fine(at, "clickhouse", "services",
                 caus_arena_format(at->out, "spans of %zu services",
                                   spans->service_count));
}

/* ---- which answers lack what ---- */

static void add_answers(doctor *at, bool has_topology)
{
    const caus_metric_survey *metrics = at->servers->metrics;
    const caus_span_survey *spans = at->servers->spans;
    bool has_spans = spans && spans->service_count;
    if (!has_spans)
        add(at, (caus_survey_finding){
                    "answers", "traces", CAUS_HEALTH_NOTE,
                    "no traces: where in a call the time is lost cannot be "
                    "said, and latency rests on what metrics record",
                    "send OpenTelemetry spans to ClickHouse and set "
                    "CAUS_CLICKHOUSE_URL, or give --traces-csv"});
    if (!has_topology && has_spans)
        add_fine(at, "answers", "topology",
                 "who calls whom is read from the spans of ClickHouse, where "
                 "they name their parents; --topology would tell it in full");
    else if (!has_topology)
        add(at, (caus_survey_finding){
                    "answers", "topology", CAUS_HEALTH_NOTE,
                    "no call graph: caller and callee within one step cannot "
                    "be told apart, and no chain to the symptom is drawn",
                    "write who calls whom as src,dst into a file and give "
                    "--topology (or topology in caus.yml)"});
    if (metrics && !has_metric(metrics, "cpu"))
        add(at, (caus_survey_finding){
                    "answers", "processor", CAUS_HEALTH_NOTE,
                    "no processor metric: a service that starves looks like "
                    "one that is slow",
                    "scrape process_cpu_seconds_total, cAdvisor or node "
                    "exporter"});
    if (metrics && !has_metric(metrics, "kube_pod_container_status") &&
        !has_metric(metrics, "process_start_time_seconds"))
        add(at, (caus_survey_finding){
                    "answers", "restarts", CAUS_HEALTH_NOTE,
                    "no restarts or deploys can be seen in metrics",
                    "scrape kube-state-metrics or process_start_time_seconds, "
                    "or give --changes"});
}

static caus_status finish(doctor *at, caus_diagnosis *made, caus_error *err)
{
    if (at->failed)
        return caus_arena_fail(at->out, err);
    const caus_metric_survey *metrics = at->servers->metrics;
    const caus_span_survey *spans = at->servers->spans;
    *made = (caus_diagnosis){
        .finding_count = at->count,
        .findings = at->findings,
        .can_answer = (metrics && metrics->metric_count &&
                       metrics->oldest_ns != INT64_MAX) ||
                      (spans && spans->service_count),
    };
    return CAUS_OK;
}

/* A server that was named and did not answer. */
static void add_failure(doctor *at, const caus_refusal *failure)
{
    static const struct {
        caus_status status;
        const char *remedy;
    } remedies[] = {
        {CAUS_ERR_NETWORK, "start it, or correct its url"},
        {CAUS_ERR_DENIED, "set its TOKEN, or USER and PASSWORD, in the "
                          "environment or in caus.yml (caus help config)"},
        {CAUS_ERR_NOT_FOUND, "name the table of spans in the url, by "
                             "?database=...&table=..."}};
    const char *remedy = "check its url and its log";
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++) {
        if (remedies[i].status == failure->status)
            remedy = remedies[i].remedy;
    }
    add(at, (caus_survey_finding){
                failure->what,
                failure->status == CAUS_ERR_NOT_FOUND ? "tables" : "reachable",
                CAUS_HEALTH_MISSING, failure->message, remedy});
}

caus_status caus_diagnose(const caus_setup_servers *servers,
                          const caus_diagnosis_options *options,
                          caus_arena *out, caus_diagnosis *result,
                          caus_error *err)
{
    doctor at = {.servers = servers, .out = out};
    at.findings = CAUS_ARRAY(out, caus_survey_finding, MOST_FINDINGS);
    if (!at.findings)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < options->failure_count; i++)
        add_failure(&at, &options->failures[i]);
    if (servers->metrics)
        add_prometheus(&at, servers->metrics);
    if (servers->spans)
        add_clickhouse(&at, servers->spans);
    if (servers->metrics || servers->spans)
        add_answers(&at, options->has_topology);
    return finish(&at, result, err);
}
