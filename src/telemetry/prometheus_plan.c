/* SPDX-License-Identifier: Apache-2.0 */
/* What a name is, and the PromQL that answers it. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

/* The name without a suffix it ends with, in the scratch arena. */
static char *cut(caus_prom *prom, const char *name, const char *suffix)
{
    return caus_arena_copy_text(prom->scratch, name,
                                strlen(name) - strlen(suffix));
}

static caus_prom_query *
add_query(caus_prom *prom, const caus_variable_spec *spec, caus_prom_form form)
{
    if (!caus_reserve(&prom->queries, prom->query_count, &prom->query_capacity,
                      sizeof *prom->queries))
        return NULL;
    caus_prom_query *query = &prom->queries[prom->query_count];
    *query = (caus_prom_query){.spec = spec,
                               .form = form,
                               .name = spec->name,
                               .catalog = SIZE_MAX,
                               .calls = SIZE_MAX,
                               .unit = spec->unit,
                               .kind = spec->kind};
    query->keys = caus_map_new();
    if (!query->keys)
        return NULL;
    prom->query_count++;
    return query;
}

/* ---- names of errors and of the calls they are among ---- */

/* The name without "_total" and with the first of the words, if one of its
 * parts is such a word, replaced by '*'. */
static bool replace_word(const char *name, const char *const *words,
                         char stem[256])
{
    size_t length = strlen(name);
    if (caus_ends_with(name, "_total"))
        length -= strlen("_total");
    if (length > 250)
        return false;
    for (size_t from = 0; from < length;) {
        size_t to = from;
        while (to < length && name[to] != '_')
            to++;
        for (size_t w = 0; words[w]; w++) {
            if (strlen(words[w]) == to - from &&
                strncmp(name + from, words[w], to - from) == 0) {
                snprintf(stem, 256, "%.*s*%.*s", (int)from, name,
                         (int)(length - to), name + to);
                return true;
            }
        }
        from = to + 1;
    }
    return false;
}

/* http_request_errors_total is among http_requests_total: "http_request*" of
 * the first is what the second begins with. */
static bool is_plural_of(const char *calls, const char *errors_stem)
{
    size_t length = strlen(errors_stem);
    if (length < 3 || strcmp(errors_stem + length - 2, "_*") != 0)
        return false;
    length -= 2;
    if (strncmp(calls, errors_stem, length) != 0)
        return false;
    const char *rest = calls + length;
    rest += *rest == 's';
    return strcmp(rest, "") == 0 || strcmp(rest, "_total") == 0 ||
           strcmp(rest, "_count") == 0;
}

static bool are_errors_of(const char *errors, const char *calls)
{
    static const char *const bad[] = {"errors",   "error",    "failures",
                                      "failed",   "failure",  "exceptions",
                                      "timeouts", "rejected", NULL};
    static const char *const all[] = {"calls", "requests", "request",
                                      "call",  "count",    NULL};
    char errors_stem[256], calls_stem[256];
    if (!replace_word(errors, bad, errors_stem) ||
        replace_word(calls, bad, calls_stem))
        return false;
    if (is_plural_of(calls, errors_stem))
        return true;
    return replace_word(calls, all, calls_stem) &&
           strcmp(errors_stem, calls_stem) == 0;
}

static bool counts(const caus_prom_query *query)
{
    return query->form == CAUS_PROM_COUNTER || query->form == CAUS_PROM_CALLS ||
           (query->form == CAUS_PROM_QUERY && query->counts_events);
}

/* Finds, by their names, the calls that errors are among. */
static void find_calls(caus_prom *prom, caus_prom_query *errors)
{
    for (size_t i = 0; counts(errors) && i < prom->query_count; i++) {
        const caus_prom_query *calls = &prom->queries[i];
        if (calls != errors && counts(calls) &&
            are_errors_of(errors->name, calls->name)) {
            errors->calls = i;
            return;
        }
    }
}

/* Errors that never happened have no series: their name alone must tell. */
static bool has_calls_beside(const caus_prom *prom, const char *name)
{
    for (size_t i = 0; i < prom->spec_count; i++) {
        const char *other = prom->specs[i].name;
        if (are_errors_of(name, other) &&
            (prom->specs[i].query || caus_prom_has_series(prom, other)))
            return true;
    }
    return false;
}

/* ---- units and kinds ---- */

static bool is_seconds(const char *name)
{
    return caus_ends_with(name, "_seconds") ||
           caus_ends_with(name, "_seconds_total") ||
           caus_ends_with(name, "_seconds_bucket") ||
           caus_ends_with(name, "_seconds_sum");
}

static const char *unit_of(const caus_prom *prom, const caus_prom_query *query)
{
    const char *metric = query->metric;
    const char *unit =
        query->catalog == SIZE_MAX ? "" : prom->metrics[query->catalog].unit;
    if (query->form == CAUS_PROM_CALLS)
        return "calls";
    if (strcmp(unit, "seconds") == 0 || is_seconds(metric))
        return "s";
    if (strcmp(unit, "bytes") == 0 || caus_ends_with(metric, "_bytes") ||
        caus_ends_with(metric, "_bytes_total"))
        return "B";
    if (*unit)
        return unit;
    if (caus_ends_with(metric, "_ratio"))
        return "ratio";
    if (query->form == CAUS_PROM_COUNTER && strstr(metric, "error"))
        return "errors";
    if (query->form == CAUS_PROM_COUNTER && strstr(metric, "request"))
        return "requests";
    return "";
}

static void set_meaning(const caus_prom *prom, caus_prom_query *query)
{
    if (!query->unit)
        query->unit = unit_of(prom, query);
    bool is_time = strcmp(query->unit, "s") == 0;
    if (query->form == CAUS_PROM_CALLS ||
        (query->form == CAUS_PROM_COUNTER && query->kind == CAUS_KIND_UNKNOWN))
        query->kind = CAUS_KIND_COUNTER_RATE;
    else if (query->form == CAUS_PROM_P95)
        query->kind = is_time ? CAUS_KIND_LATENCY_QUANTILE : CAUS_KIND_GAUGE;
    else if (query->kind == CAUS_KIND_UNKNOWN)
        query->kind = caus_ends_with(query->metric, "_ratio") ? CAUS_KIND_RATIO
                                                              : CAUS_KIND_GAUGE;
    if (query->kind == CAUS_KIND_LATENCY_QUANTILE ||
        (query->form == CAUS_PROM_COUNTER && strstr(query->metric, "error")))
        query->bad = CAUS_BAD_UP;
}

/* ---- bare names ---- */

static caus_status add_bare(caus_prom *prom, const caus_variable_spec *spec,
                            caus_prom_form form, const char *name,
                            const char *metric, caus_error *err)
{
    if (!name || !metric)
        return caus_arena_fail(prom->scratch, err);
    caus_prom_query *query = add_query(prom, spec, form);
    if (!query)
        return caus_prom_no_memory(prom, err);
    query->name = name;
    query->metric = metric;
    query->catalog = caus_prom_find_metric(prom, metric, strlen(metric));
    query->counts_events = form != CAUS_PROM_GAUGE;
    set_meaning(prom, query);
    return CAUS_OK;
}

static caus_status add_histogram(caus_prom *prom,
                                 const caus_variable_spec *spec,
                                 const char *base, caus_error *err)
{
    caus_arena *scratch = prom->scratch;
    char *bucket = caus_arena_format(scratch, "%s_bucket", base);
    char *p95 = caus_arena_format(scratch, "%s_p95", base);
    char *calls = caus_arena_format(scratch, "%s_calls", base);
    CAUS_TRY(add_bare(prom, spec, CAUS_PROM_P95, p95, bucket, err));
    return add_bare(prom, spec, CAUS_PROM_CALLS, calls, bucket, err);
}

static caus_status refuse(const char *name, const char *why, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED, "the metric '%.200s' %s", name,
                     why);
}

static caus_status refuse_unfit(const char *name, const char *type,
                                bool has_override, caus_error *err)
{
    if (strcmp(type, "info") == 0 || strcmp(type, "stateset") == 0 ||
        caus_ends_with(name, "_info"))
        return refuse(name,
                      "is an info metric: it describes and does not vary; "
                      "leave it out",
                      err);
    if (caus_ends_with(name, "_created"))
        return refuse(name,
                      "tells when a counter was made, not how a system does; "
                      "leave it out",
                      err);
    if (!has_override && (caus_ends_with(name, "_timestamp") ||
                          caus_ends_with(name, "_timestamp_seconds") ||
                          caus_ends_with(name, "_timestamp_ms") ||
                          caus_ends_with(name, "_start_time_seconds")))
        return refuse(name,
                      "is a point in time, which only grows: ask for an age, "
                      "such as NAME=time() - METRIC",
                      err);
    if (strcmp(type, "summary") == 0)
        return refuse(name,
                      "is a summary: ask for its rate by METRIC_count or for "
                      "one quantile by NAME=METRIC{quantile=\"0.95\"}",
                      err);
    if (strcmp(type, "gaugehistogram") == 0)
        return refuse(name,
                      "is a gauge histogram: ask for one quantile by "
                      "NAME=histogram_quantile(0.95, METRIC_bucket)",
                      err);
    return CAUS_OK;
}

caus_status caus_prom_fail_native(const char *metric, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                     "the metric '%.200s' is a native histogram, which caus "
                     "does not read: ask for a number made of it, such as "
                     "NAME=histogram_quantile(0.95, sum(rate(%.200s[1m])))",
                     metric, metric);
}

static bool is_counter(const caus_prom *prom, const char *name,
                       const char *type)
{
    if (strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0)
        return *type == 'c';
    if (caus_ends_with(name, "_total"))
        return true;
    /* Count and sum of a histogram whose buckets are there. */
    const char *part = caus_ends_with(name, "_count") ? "_count"
                       : caus_ends_with(name, "_sum") ? "_sum"
                                                      : NULL;
    char bucket[300];
    if (!part)
        return false;
    snprintf(bucket, sizeof bucket, "%.*s_bucket",
             (int)(strlen(name) - strlen(part)), name);
    return caus_prom_has_series(prom, bucket);
}

static caus_status plan_bare(caus_prom *prom, const caus_variable_spec *spec,
                             caus_error *err)
{
    const char *name = spec->name;
    char bucket[300];
    snprintf(bucket, sizeof bucket, "%s_bucket", name);
    bool has_series = caus_prom_has_series(prom, name);
    bool has_buckets = caus_prom_has_series(prom, bucket);
    size_t metric = caus_prom_find_metric(prom, name, strlen(name));
    const char *type = prom->metrics[metric].type;
    bool has_override = spec->kind != CAUS_KIND_UNKNOWN;
    bool is_absent = !has_series && !has_buckets;
    if (is_absent && !has_calls_beside(prom, name))
        return caus_prom_fail_unknown(prom, name, name, err);
    CAUS_TRY(refuse_unfit(name, type, has_override, err));
    if (has_series && caus_ends_with(name, "_bucket"))
        return add_histogram(prom, spec, cut(prom, name, "_bucket"), err);
    if (has_buckets)
        return add_histogram(prom, spec, name, err);
    if (strcmp(type, "histogram") == 0 && has_series)
        return caus_prom_fail_native(name, err);
    bool counter = has_override ? spec->kind == CAUS_KIND_COUNTER_RATE ||
                                      spec->kind == CAUS_KIND_COUNT
                                : is_absent || is_counter(prom, name, type);
    return add_bare(prom, spec, counter ? CAUS_PROM_COUNTER : CAUS_PROM_GAUGE,
                    name, name, err);
}

/* ---- the user's PromQL ---- */

/* The text to send for an expression whose open windows are so wide; what is
 * not understood is sent as it is. */
static caus_status read_promql(caus_prom *prom, caus_prom_query *query,
                               int64_t window_ns, caus_error *err)
{
    caus_promql *promql = CAUS_ARRAY(prom->scratch, caus_promql, 1);
    const char *text =
        caus_promql_fill(query->spec->query, window_ns, prom->scratch);
    if (!promql || !text)
        return caus_prom_no_memory(prom, err);
    query->text = text;
    query->promql = NULL;
    if (!caus_promql_read(text, promql))
        return CAUS_OK;
    query->promql = promql;
    query->text = caus_promql_limit(promql, prom->step_ns, prom->scratch);
    if (!query->text)
        return caus_arena_fail(prom->scratch, err);
    query->window_s = (double)promql->widest_window_ns / 1e9;
    return CAUS_OK;
}

static caus_status warn_of_window(caus_prom *prom, const caus_prom_query *query,
                                  caus_error *err)
{
    int64_t window_ns = query->promql->widest_window_ns;
    if (window_ns <= prom->step_ns)
        return CAUS_OK;
    char step[32], window[32];
    caus_promql_duration(prom->step_ns, step);
    caus_promql_duration(window_ns, window);
    return caus_prom_warn(prom, err,
                          "%s looks back over [%s] at a step of %s: every "
                          "change is smeared over %.0f steps and delays cannot "
                          "be told; write [%s]",
                          query->spec->name, window, step,
                          ceil((double)window_ns / (double)prom->step_ns),
                          step);
}

static caus_status plan_promql(caus_prom *prom, const caus_variable_spec *spec,
                               caus_error *err)
{
    caus_prom_query *query = add_query(prom, spec, CAUS_PROM_QUERY);
    if (!query)
        return caus_prom_no_memory(prom, err);
    query->metric = spec->name;
    if (!query->unit)
        query->unit = "";
    CAUS_TRY(read_promql(prom, query, prom->step_ns, err));
    const caus_promql *promql = query->promql;
    for (size_t i = 0; promql && i < promql->selector_count; i++) {
        const caus_promql_selector *selector = &promql->selectors[i];
        query->counts_events = query->counts_events || selector->rate.length;
        query->selected[i] = caus_prom_find_metric(prom, selector->name.at,
                                                   selector->name.length);
    }
    return promql ? warn_of_window(prom, query, err) : CAUS_OK;
}

caus_status caus_prom_plan(caus_prom *prom, caus_error *err)
{
    for (size_t i = 0; i < prom->spec_count; i++) {
        const caus_variable_spec *spec = &prom->specs[i];
        CAUS_TRY(spec->query ? plan_promql(prom, spec, err)
                             : plan_bare(prom, spec, err));
    }
    for (size_t i = 0; i < prom->query_count; i++)
        find_calls(prom, &prom->queries[i]);
    return CAUS_OK;
}

/* ---- words ---- */

/* The label to group by: the first that all series have, else the first that
 * any has. */
static const char *group_of(const caus_prom_metric *metric)
{
    size_t first = caus_prom_first_group(metric->name);
    for (size_t i = first; i < CAUS_PROM_GROUPS; i++) {
        if (metric->with_label[i] &&
            metric->with_label[i] == metric->series_count)
            return caus_prom_kept_labels[i];
    }
    for (size_t i = first; i < CAUS_PROM_GROUPS; i++) {
        if (metric->with_label[i])
            return caus_prom_kept_labels[i];
    }
    return NULL;
}

/* The longest scrape interval behind a metric; 0 = not known. */
static double interval_of(const caus_prom *prom, size_t metric)
{
    double longest_s = 0;
    for (size_t i = 0; i < prom->entry_count; i++) {
        const caus_prom_entry *entry = &prom->entries[i];
        if (entry->metric == metric && entry->target != SIZE_MAX &&
            prom->targets[entry->target].interval_s > longest_s)
            longest_s = prom->targets[entry->target].interval_s;
    }
    return longest_s;
}

static void add_metric(caus_text *to, const char *metric)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_:"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t plain = strspn(metric, letters);
    if (!metric[plain] && !(*metric >= '0' && *metric <= '9')) {
        caus_text_add(to, metric);
        return;
    }
    caus_text_add(to, "{__name__=");
    caus_promql_quote(to, metric);
    caus_text_add(to, "}");
}

/* A counter needs two scrapes in its window: the step, unless it is too short.
 * A wider window is scaled to the step. */
static caus_status choose_window(caus_prom *prom, caus_prom_query *query,
                                 double interval_s, int64_t *window_ns,
                                 caus_error *err)
{
    *window_ns = prom->step_ns;
    /* Scrapes are a few milliseconds early or late: whole seconds. */
    double seconds = round(interval_s);
    if (seconds < 0.99 * interval_s)
        seconds = ceil(interval_s);
    int64_t needed_ns = (int64_t)(2 * seconds) * 1000000000;
    char step[32], window[32], interval[32];
    if (query->form == CAUS_PROM_GAUGE)
        needed_ns = (int64_t)seconds * 1000000000;
    if (needed_ns <= prom->step_ns)
        return CAUS_OK;
    caus_promql_duration(prom->step_ns, step);
    caus_promql_duration(needed_ns, window);
    caus_promql_duration((int64_t)(interval_s * 1e9 + 0.5e6), interval);
    if (query->form == CAUS_PROM_GAUGE)
        return caus_prom_warn(prom, err,
                              "%s is scraped every %s only, so steps of %s "
                              "lack values: use --step %s",
                              query->metric, interval, step, window);
    *window_ns = needed_ns;
    return caus_prom_warn(prom, err,
                          "%s is scraped every %s, too seldom to count per "
                          "%s: its increase is taken over [%s] and smeared; "
                          "use --step %s",
                          query->metric, interval, step, window, window);
}

/* " by (service, pod, le)", or nothing. */
static caus_status group_by(caus_prom *prom, const caus_prom_query *query,
                            size_t catalog, char by[64], caus_error *err)
{
    const caus_prom_metric *metric = &prom->metrics[catalog];
    const char *labels[3];
    size_t count = 0;
    const char *group = group_of(metric);
    if (group)
        labels[count++] = group;
    if (prom->options->by_pod && metric->with_label[CAUS_PROM_POD])
        labels[count++] = "pod";
    else if (prom->options->by_pod && metric->series_count)
        CAUS_TRY(caus_prom_warn(prom, err,
                                "%s has no label 'pod': it is not split by pod",
                                query->metric));
    if (query->form == CAUS_PROM_P95)
        labels[count++] = "le";
    by[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(by);
        snprintf(by + length, 64 - length, "%s%s%s", i ? ", " : " by (",
                 labels[i], i + 1 == count ? ")" : "");
    }
    return CAUS_OK;
}

/* The counter of a histogram's observations beside its buckets. */
static void add_counted(caus_text *to, const caus_prom_query *query)
{
    char count[300];
    if (query->form == CAUS_PROM_CALLS) {
        size_t base = strlen(query->metric) - strlen("bucket");
        snprintf(count, sizeof count, "%.*scount", (int)base, query->metric);
    }
    add_metric(to, query->form == CAUS_PROM_CALLS ? count : query->metric);
}

static caus_status write_query(caus_prom *prom, caus_prom_query *query,
                               const char *by, int64_t window_ns,
                               caus_error *err)
{
    bool is_gauge = query->form == CAUS_PROM_GAUGE;
    bool is_p95 = query->form == CAUS_PROM_P95;
    char window[32];
    /* Without the sample of the step before: see caus_promql_limit(). */
    caus_promql_duration(is_gauge ? window_ns - 1000000 : window_ns, window);
    caus_text text = {0};
    if (is_gauge)
        caus_text_format(&text, "avg%s (avg_over_time(", by);
    else
        caus_text_format(&text, "%ssum%s (increase(",
                         is_p95 ? "histogram_quantile(0.95, " : "", by);
    add_counted(&text, query);
    caus_text_format(&text, "[%s]))%s", window, is_p95 ? ")" : "");
    if (!is_gauge && !is_p95 && window_ns != prom->step_ns) {
        caus_text_add(&text, " * ");
        caus_text_add_double(&text, (double)prom->step_ns / (double)window_ns);
    }
    query->text =
        text.failed ? NULL : caus_arena_copy(prom->scratch, text.bytes);
    caus_text_deinit(&text);
    return query->text ? CAUS_OK : caus_prom_no_memory(prom, err);
}

static caus_status word_bare(caus_prom *prom, caus_prom_query *query,
                             caus_error *err)
{
    size_t catalog = query->catalog;
    if (query->form == CAUS_PROM_GAUGE && prom->metrics[catalog].is_native)
        return caus_prom_fail_native(query->metric, err);
    /* An error counter nobody has seen is asked for like its calls. */
    if (!prom->metrics[catalog].series_count && query->calls != SIZE_MAX &&
        prom->queries[query->calls].catalog != SIZE_MAX)
        catalog = prom->queries[query->calls].catalog;
    int64_t window_ns;
    char by[64];
    CAUS_TRY(choose_window(prom, query, interval_of(prom, catalog), &window_ns,
                           err));
    CAUS_TRY(group_by(prom, query, catalog, by, err));
    query->window_s = (double)window_ns / 1e9;
    return write_query(prom, query, by, window_ns, err);
}

/* An open window is the step, or wider where that lacks scrapes. */
static caus_status fill_window(caus_prom *prom, caus_prom_query *query,
                               caus_error *err)
{
    double interval_s = 0;
    for (size_t i = 0; i < query->promql->selector_count; i++) {
        if (query->selected[i] != SIZE_MAX)
            interval_s =
                fmax(interval_s, interval_of(prom, query->selected[i]));
    }
    int64_t window_ns;
    CAUS_TRY(choose_window(prom, query, interval_s, &window_ns, err));
    return window_ns == prom->step_ns
               ? CAUS_OK
               : read_promql(prom, query, window_ns, err);
}

/* Prometheus 2.42 takes the last value over a time of a native histogram for
 * 0: a query of one is sent as it is. */
static caus_status word_promql(caus_prom *prom, caus_prom_query *query,
                               caus_error *err)
{
    if (query->promql && caus_promql_is_open(query->spec->query))
        CAUS_TRY(fill_window(prom, query, err));
    const caus_promql *promql = query->promql;
    for (size_t i = 0; promql && i < promql->selector_count; i++) {
        size_t metric = query->selected[i];
        if (metric != SIZE_MAX && prom->metrics[metric].is_native)
            query->text = promql->text;
    }
    return CAUS_OK;
}

caus_status caus_prom_word_queries(caus_prom *prom, caus_error *err)
{
    for (size_t i = 0; i < prom->query_count; i++) {
        if (prom->queries[i].form == CAUS_PROM_QUERY)
            CAUS_TRY(word_promql(prom, &prom->queries[i], err));
        else
            CAUS_TRY(word_bare(prom, &prom->queries[i], err));
    }
    return CAUS_OK;
}
