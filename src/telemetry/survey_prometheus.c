/* SPDX-License-Identifier: Apache-2.0 */
/* What a Prometheus holds: version, names, types, scrapes, history. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum { MOST_METRICS = 200000, MOST_REFUSALS = 8, AGES = 30 };

static const int64_t second_ns = 1000000000;

#define HOUR_S INT64_C(3600)
#define DAY_S INT64_C(86400)

/* How far back data are looked for, in seconds. */
static const int64_t ages_s[AGES] = {
    0,          60,          120,         180,         300,
    600,        900,         1200,        1800,        2700,
    3600,       5400,        2 * HOUR_S,  3 * HOUR_S,  4 * HOUR_S,
    6 * HOUR_S, 8 * HOUR_S,  12 * HOUR_S, DAY_S,       2 * DAY_S,
    3 * DAY_S,  5 * DAY_S,   7 * DAY_S,   15 * DAY_S,  30 * DAY_S,
    60 * DAY_S, 180 * DAY_S, 365 * DAY_S, 730 * DAY_S, 1825 * DAY_S};

typedef struct survey {
    caus_prom prom;
    const char *version;
    caus_offered_metric *metrics;
    size_t metric_count, metric_capacity;
    caus_scrapes scrapes;
    double number; /* of a query with one */
    caus_refusal refusals[MOST_REFUSALS];
    size_t refusal_count;
} survey;

/* ---- replies ---- */

static caus_status take_version(void *data, const char *text, caus_error *err)
{
    survey *at = data;
    at->version = caus_arena_copy(at->prom.out, text);
    return at->version ? CAUS_OK : caus_arena_fail(at->prom.out, err);
}

static caus_status take_name(void *data, const char *text, caus_error *err)
{
    survey *at = data;
    if (at->metric_count == MOST_METRICS)
        return CAUS_OK;
    const char *kept = caus_arena_copy(at->prom.out, text);
    if (!kept || !caus_reserve(&at->metrics, at->metric_count,
                               &at->metric_capacity, sizeof *at->metrics))
        return caus_prom_no_memory(&at->prom, err);
    at->metrics[at->metric_count++] = (caus_offered_metric){kept, "", ""};
    return CAUS_OK;
}

static void forget_names(void *data)
{
    survey *at = data;
    at->metric_count = 0;
}

static int by_name(const void *a, const void *b)
{
    const caus_offered_metric *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* OpenMetrics names a counter's family without _total. */
static caus_status take_type(void *data, const char *name, const char *type,
                             const char *unit, caus_error *err)
{
    survey *at = data;
    char total[300];
    snprintf(total, sizeof total, "%s_total", name);
    const char *const names[] = {name, total};
    for (size_t i = 0; at->metric_count && i < 2; i++) {
        caus_offered_metric key = {.name = names[i]};
        caus_offered_metric *found =
            bsearch(&key, at->metrics, at->metric_count, sizeof key, by_name);
        if (!found || (i && *found->type))
            continue;
        found->type = caus_arena_copy(at->prom.out, type);
        found->unit = caus_arena_copy(at->prom.out, unit);
        if (!found->type || !found->unit)
            return caus_arena_fail(at->prom.out, err);
    }
    return CAUS_OK;
}

static caus_status take_number(void *data, int64_t time_ms, double value,
                               caus_error *err)
{
    survey *at = data;
    (void)time_ms;
    (void)err;
    at->number = value;
    return CAUS_OK;
}

/* ---- requests ---- */

static bool ends_survey(caus_status status)
{
    return status == CAUS_ERR_CANCELLED || status == CAUS_ERR_TIME_LIMIT ||
           status == CAUS_ERR_OUT_OF_MEMORY || status == CAUS_ERR_LIMIT;
}

/* Asks for something that the server may keep to itself: then that is noted. */
static caus_status ask(survey *at, caus_prom_call call, caus_error *err)
{
    caus_error reason;
    caus_prom_call *sent = CAUS_ARRAY(at->prom.scratch, caus_prom_call, 1);
    if (!sent)
        return caus_arena_fail(at->prom.scratch, err);
    *sent = call;
    caus_status status = caus_prom_perform(&at->prom, sent, 1, &reason);
    if (status == CAUS_OK)
        return CAUS_OK;
    if (ends_survey(status))
        return CAUS_FAIL(err, status, "%s", reason.message);
    const char *message = caus_arena_copy(at->prom.out, reason.message);
    if (!message)
        return caus_arena_fail(at->prom.out, err);
    if (at->refusal_count < MOST_REFUSALS)
        at->refusals[at->refusal_count++] =
            (caus_refusal){call.what, status, message};
    return CAUS_OK;
}

/* The server must answer this one. */
static caus_status greet(survey *at, caus_error *err)
{
    caus_prom_call *call = CAUS_ARRAY(at->prom.scratch, caus_prom_call, 1);
    if (!call)
        return caus_arena_fail(at->prom.scratch, err);
    *call = (caus_prom_call){.path = "/api/v1/query",
                             .body = "query=1",
                             .what = "a query of one number",
                             .shown = "1",
                             .events = {.data = at}};
    return caus_prom_perform(&at->prom, call, 1, err);
}

static caus_status read_names(survey *at, caus_error *err)
{
    CAUS_TRY(ask(at,
                 (caus_prom_call){.path = "/api/v1/label/__name__/values",
                                  .what = "the list of metric names",
                                  .shown = "GET /api/v1/label/__name__/values",
                                  .events = {.word = take_name, .data = at},
                                  .reset = forget_names},
                 err));
    if (at->metric_count)
        qsort(at->metrics, at->metric_count, sizeof *at->metrics, by_name);
    return ask(at,
               (caus_prom_call){.path = "/api/v1/metadata",
                                .query = "limit_per_metric=1",
                                .what = "the metadata of metrics",
                                .shown = "GET /api/v1/metadata",
                                .is_metadata = true,
                                .events = {.metadata = take_type, .data = at}},
               err);
}

static caus_status read_scrapes(survey *at, caus_error *err)
{
    CAUS_TRY(ask(at,
                 (caus_prom_call){.path = "/api/v1/query",
                                  .body = "query=up%5B10m%5D",
                                  .what = "the scrapes of the last ten minutes",
                                  .shown = "up[10m]",
                                  .events = {.series = caus_scrapes_take_series,
                                             .point = caus_scrapes_take_point,
                                             .data = &at->scrapes},
                                  .reset = caus_scrapes_forget},
                 err));
    caus_scrapes_settle(&at->scrapes);
    return CAUS_OK;
}

static caus_status read_series_count(survey *at, double *count, caus_error *err)
{
    at->number = (double)NAN;
    CAUS_TRY(ask(at,
                 (caus_prom_call){
                     .path = "/api/v1/query",
                     .body = "query=sum(scrape_samples_post_metric_relabeling)",
                     .what = "the number of series",
                     .shown = "sum(scrape_samples_post_metric_relabeling)",
                     .events = {.point = take_number, .data = at}},
                 err));
    *count = at->number;
    return CAUS_OK;
}

/* A mobile, proxied or younger server may not know this path. */
static caus_status read_version(survey *at, caus_error *err)
{
    size_t refusals = at->refusal_count;
    CAUS_TRY(ask(at,
                 (caus_prom_call){.path = "/api/v1/status/buildinfo",
                                  .what = "the version",
                                  .shown = "GET /api/v1/status/buildinfo",
                                  .events = {.word = take_version, .data = at}},
                 err));
    if (at->refusal_count > refusals &&
        at->refusals[refusals].status == CAUS_ERR_SERVER)
        at->refusal_count = refusals;
    return CAUS_OK;
}

/* ---- history ---- */

typedef struct probe {
    bool found;
} probe;

static caus_status take_probe(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    probe *at = data;
    (void)time_ms;
    (void)err;
    at->found = value > 0;
    return CAUS_OK;
}

static const char *history_query(const survey *at)
{
    caus_offered_metric up = {.name = "up"};
    if (at->metric_count == 0)
        return "up";
    if (bsearch(&up, at->metrics, at->metric_count, sizeof up, by_name))
        return "up";
    return at->metrics[0].name;
}

static caus_status plan_probe(survey *at, const char *query, int64_t time_ns,
                              probe *to, caus_prom_call *call, caus_error *err)
{
    const char *pairs[] = {"query", query, "time",
                           caus_prom_time_text(&at->prom, time_ns), NULL};
    const char *body = pairs[3] ? caus_prom_form_body(&at->prom, pairs) : NULL;
    const char *shown =
        pairs[3]
            ? caus_arena_format(at->prom.scratch, "%s at %s", query, pairs[3])
            : NULL;
    if (!body || !shown)
        return caus_prom_no_memory(&at->prom, err);
    *call = (caus_prom_call){.path = "/api/v1/query",
                             .body = body,
                             .what = "the history",
                             .shown = shown,
                             .is_optional = true,
                             .events = {.point = take_probe, .data = to}};
    return CAUS_OK;
}

/* "count(NAME)" of instants, "count(last_over_time(NAME[width]))" of stretches.
 */
static const char *probe_text(survey *at, int64_t width_s)
{
    caus_text text = {0};
    caus_text_add(&text, width_s ? "count(last_over_time({__name__="
                                 : "count({__name__=");
    caus_promql_quote(&text, history_query(at));
    if (width_s)
        caus_text_format(&text, "}[%" PRId64 "s]))", width_s);
    else
        caus_text_add(&text, "})");
    const char *copy =
        text.failed ? NULL : caus_arena_copy(at->prom.scratch, text.bytes);
    caus_text_deinit(&text);
    return copy;
}

/* Whether there are data at ages, or, of stretches, between each and the one
 * before. */
static caus_status probe_ages(survey *at, int64_t now_ns,
                              const int64_t ages[AGES], bool stretches,
                              probe *probes, caus_error *err)
{
    caus_prom_call *calls = CAUS_ARRAY(at->prom.scratch, caus_prom_call, AGES);
    if (!calls)
        return caus_prom_no_memory(&at->prom, err);
    probes[0] = (probe){false};
    for (size_t i = stretches; i < AGES; i++) {
        size_t from = i - stretches;
        int64_t width_s = ages[i] - ages[from];
        const char *query = probe_text(at, width_s);
        if (!query)
            return caus_prom_no_memory(&at->prom, err);
        probes[i] = (probe){false};
        CAUS_TRY(plan_probe(at, query, now_ns - ages[from] * second_ns,
                            &probes[i], &calls[i - stretches], err));
    }
    return caus_prom_perform(&at->prom, calls, AGES - stretches, err);
}

/* When the last data came, to about a minute, where none came of late: instants
 * miss a piece of some hours, and stretches cost the reading of all there is.
 */
static caus_status find_newest(survey *at, caus_metric_survey *made,
                               caus_error *err)
{
    probe probes[AGES];
    int64_t ages[AGES];
    memcpy(ages, ages_s, sizeof ages);
    for (bool is_first = true;; is_first = false) {
        CAUS_TRY(probe_ages(at, made->now_ns, ages, true, probes, err));
        size_t newest = 1, oldest = AGES - 1;
        while (newest < AGES && !probes[newest].found)
            newest++;
        if (newest == AGES)
            return CAUS_OK;
        while (!probes[oldest].found)
            oldest--;
        if (is_first)
            made->oldest_ns = made->now_ns - ages[oldest - 1] * second_ns;
        int64_t near_s = ages[newest - 1], far_s = ages[newest];
        made->newest_ns = made->now_ns - near_s * second_ns;
        if (far_s - near_s <= 60)
            return CAUS_OK;
        for (int64_t i = 0; i < AGES; i++)
            ages[i] = near_s + (far_s - near_s) * i / (AGES - 1);
    }
}

/* The oldest of a row of instants that has data: one gap misleads nobody. */
static caus_status read_history(survey *at, caus_metric_survey *made,
                                caus_error *err)
{
    probe probes[AGES] = {0};
    CAUS_TRY(probe_ages(at, made->now_ns, ages_s, false, probes, err));
    for (size_t i = 0; i < AGES; i++) {
        if (probes[i].found)
            made->oldest_ns = made->now_ns - ages_s[i] * second_ns;
        if (probes[i].found && made->newest_ns == INT64_MAX)
            made->newest_ns = made->now_ns - ages_s[i] * second_ns;
    }
    return probes[0].found ? CAUS_OK : find_newest(at, made, err);
}

/* ---- the whole ---- */

static caus_status keep(survey *at, caus_metric_survey *made, caus_error *err)
{
    caus_arena *out = at->prom.out;
    caus_offered_metric *metrics =
        CAUS_ARRAY(out, caus_offered_metric, at->metric_count);
    caus_offered_target *targets =
        CAUS_ARRAY(out, caus_offered_target, at->scrapes.target_count);
    caus_refusal *refusals = CAUS_ARRAY(out, caus_refusal, at->refusal_count);
    made->queries = caus_prom_queries(&at->prom);
    if (!metrics || !targets || !refusals || !made->queries)
        return caus_arena_fail(out, err);
    if (at->metric_count)
        memcpy(metrics, at->metrics, at->metric_count * sizeof *metrics);
    if (at->scrapes.target_count)
        memcpy(targets, at->scrapes.targets,
               at->scrapes.target_count * sizeof *targets);
    memcpy(refusals, at->refusals, at->refusal_count * sizeof *refusals);
    made->version = at->version;
    made->metrics = metrics;
    made->metric_count = at->metric_count;
    made->targets = targets;
    made->target_count = at->scrapes.target_count;
    made->refusals = refusals;
    made->refusal_count = at->refusal_count;
    made->query_count = at->prom.shown.count;
    made->clock_skew_s = at->prom.skew_count
                             ? at->prom.skew_sum_s / (double)at->prom.skew_count
                             : (double)NAN;
    return CAUS_OK;
}

static caus_status look(survey *at, const caus_endpoint *endpoint,
                        bool has_history, caus_metric_survey *made,
                        caus_error *err)
{
    CAUS_TRY(caus_prom_open(&at->prom, endpoint, err));
    CAUS_TRY(greet(at, err));
    CAUS_TRY(read_version(at, err));
    CAUS_TRY(read_names(at, err));
    CAUS_TRY(read_scrapes(at, err));
    CAUS_TRY(read_series_count(at, &made->series_count, err));
    if (has_history)
        CAUS_TRY(read_history(at, made, err));
    made->url = caus_arena_copy(at->prom.out, endpoint->url);
    if (!made->url)
        return caus_arena_fail(at->prom.out, err);
    return keep(at, made, err);
}

caus_status caus_prometheus_survey(const caus_endpoint *endpoint,
                                   const caus_survey_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_metric_survey *result, caus_error *err)
{
    caus_survey_options used = {0};
    if (options)
        used = *options;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_fetch_options limits = {.max_queries = used.max_queries};
    survey at = {.prom = {.run = run, .options = &limits, .out = out},
                 .version = "",
                 .scrapes = {.out = out}};
    caus_metric_survey made = {.now_ns = caus_clock_wall_ns(),
                               .oldest_ns = INT64_MAX,
                               .newest_ns = INT64_MAX,
                               .series_count = (double)NAN};
    caus_status status = look(&at, endpoint, used.has_history, &made, err);
    caus_prom_close(&at.prom);
    caus_scrapes_deinit(&at.scrapes);
    free(at.metrics);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
