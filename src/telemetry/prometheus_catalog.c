/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalog: which series the metrics asked for have in the window, reduced
 * to the labels that group variables and name targets; and their metadata.
 */
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

const char *const caus_prom_kept_labels[CAUS_PROM_KEPT_LABELS] = {
    "service",    "service_name", "app",       "app_kubernetes_io_name",
    "deployment", "job",          "container", "pod",
    "instance",   "namespace",    "node",      "cluster",
    "zone"};

enum { MAX_ENTRIES = 200000, NEAREST = 3 };

size_t caus_prom_first_group(const char *metric)
{
    return strncmp(metric, "container_", 10) == 0 ? CAUS_PROM_CONTAINER : 0;
}

size_t caus_prom_find_metric(const caus_prom *prom, const char *name,
                             size_t length)
{
    size_t found;
    return caus_map_find(prom->metric_names, name, length, &found) ? found
                                                                   : SIZE_MAX;
}

bool caus_prom_has_series(const caus_prom *prom, const char *name)
{
    size_t metric = caus_prom_find_metric(prom, name, strlen(name));
    return metric != SIZE_MAX && prom->metrics[metric].series_count > 0;
}

static caus_status want_metric(caus_prom *prom, const char *name, size_t length,
                               caus_error *err)
{
    if (!length || caus_prom_find_metric(prom, name, length) != SIZE_MAX)
        return CAUS_OK;
    const char *kept = caus_arena_copy_text(prom->scratch, name, length);
    if (!kept ||
        !caus_reserve(&prom->metrics, prom->metric_count,
                      &prom->metric_capacity, sizeof *prom->metrics) ||
        caus_map_insert(prom->metric_names, kept, length, prom->metric_count,
                        NULL) < 0)
        return caus_prom_no_memory(prom, err);
    prom->metrics[prom->metric_count++] =
        (caus_prom_metric){.name = kept, .type = "", .unit = ""};
    return CAUS_OK;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length > end_length &&
           memcmp(text + length - end_length, end, end_length) == 0;
}

/* A bare name may be a histogram, or a part of one. */
static caus_status want_bare(caus_prom *prom, const char *name, caus_error *err)
{
    size_t length = strlen(name);
    static const char *const parts[] = {"_count", "_sum", "_bucket"};
    CAUS_TRY(want_metric(prom, name, length, err));
    size_t base = length;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (ends_with(name, length, parts[i]))
            base = length - strlen(parts[i]);
    }
    const char *bucket =
        caus_arena_format(prom->scratch, "%.*s_bucket", (int)base, name);
    if (!bucket)
        return caus_arena_fail(prom->scratch, err);
    CAUS_TRY(want_metric(prom, bucket, strlen(bucket), err));
    return want_metric(prom, name, base, err);
}

static caus_status want_spec(caus_prom *prom, const caus_variable_spec *spec,
                             caus_error *err)
{
    if (!spec->query)
        return want_bare(prom, spec->name, err);
    const char *text =
        caus_promql_fill(spec->query, prom->step_ns, prom->scratch);
    caus_arena_mark mark = caus_arena_get_mark(prom->scratch);
    caus_promql *promql = CAUS_ARRAY(prom->scratch, caus_promql, 1);
    if (!text || !promql)
        return caus_arena_fail(prom->scratch, err);
    bool is_read = caus_promql_read(text, promql);
    caus_slice names[CAUS_PROMQL_MAX_SELECTORS];
    size_t count = is_read ? promql->selector_count : 0;
    for (size_t i = 0; i < count; i++)
        names[i] = promql->selectors[i].name;
    caus_arena_rewind(prom->scratch, mark);
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(want_metric(prom, names[i].at, names[i].length, err));
    return CAUS_OK;
}

/* ---- series ---- */

static caus_status keep_entry(caus_prom *prom, size_t metric,
                              const caus_text *key, caus_error *err)
{
    if (prom->entry_count == MAX_ENTRIES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "the metrics asked for have series of over %d pods or "
                         "instances (%s among them): choose some by a query, "
                         "NAME=sum by (service) (rate(%s{namespace=\"…\"}"
                         "[1m]))",
                         MAX_ENTRIES, prom->metrics[metric].name,
                         prom->metrics[metric].name);
    char *kept = caus_arena_copy_text(prom->scratch, key->bytes, key->length);
    if (!kept ||
        !caus_reserve(&prom->entries, prom->entry_count, &prom->entry_capacity,
                      sizeof *prom->entries) ||
        caus_map_insert(prom->entry_keys, kept, key->length, prom->entry_count,
                        NULL) < 0)
        return caus_prom_no_memory(prom, err);
    caus_prom_entry *entry = &prom->entries[prom->entry_count++];
    *entry = (caus_prom_entry){.metric = metric, .target = SIZE_MAX};
    for (size_t i = 0; i < CAUS_PROM_KEPT_LABELS; i++) {
        entry->values[i] = kept;
        kept += strlen(kept) + 1;
    }
    return CAUS_OK;
}

/* Adds what a series is reduced to, unless another one gave the same. */
static caus_status add_entry(caus_prom *prom, size_t metric,
                             const char *const *values, caus_error *err)
{
    caus_text key = {0};
    for (size_t i = 0; i < CAUS_PROM_KEPT_LABELS; i++)
        caus_text_add_bytes(&key, values[i], strlen(values[i]) + 1);
    caus_text_format(&key, "%zu", metric);
    caus_status status = CAUS_OK;
    if (key.failed)
        status = caus_prom_no_memory(prom, err);
    else if (!caus_map_find(prom->entry_keys, key.bytes, key.length, NULL))
        status = keep_entry(prom, metric, &key, err);
    caus_text_deinit(&key);
    return status;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    caus_prom *prom = data;
    const char *values[CAUS_PROM_KEPT_LABELS];
    size_t metric = SIZE_MAX;
    for (size_t i = 0; i < CAUS_PROM_KEPT_LABELS; i++)
        values[i] = "";
    for (size_t l = 0; l < count; l++) {
        if (strcmp(labels[l].name, "__name__") == 0)
            metric = caus_prom_find_metric(prom, labels[l].value,
                                           strlen(labels[l].value));
        for (size_t i = 0; i < CAUS_PROM_KEPT_LABELS; i++) {
            if (strcmp(labels[l].name, caus_prom_kept_labels[i]) == 0)
                values[i] = labels[l].value;
        }
    }
    if (metric == SIZE_MAX)
        return CAUS_OK;
    caus_prom_metric *found = &prom->metrics[metric];
    found->series_count++;
    for (size_t i = 0; i <= CAUS_PROM_GROUPS; i++)
        found->with_label[i] += *values[i] != '\0';
    return add_entry(prom, metric, values, err);
}

static void forget_series(void *data)
{
    caus_prom *prom = data;
    for (size_t i = 0; i < prom->metric_count; i++) {
        prom->metrics[i].series_count = 0;
        memset(prom->metrics[i].with_label, 0,
               sizeof prom->metrics[i].with_label);
    }
}

/* One "match[]" for each metric; of buckets one is enough. */
static const char *series_body(caus_prom *prom)
{
    const char **pairs =
        CAUS_ARRAY(prom->scratch, const char *, 2 * prom->metric_count + 5);
    size_t n = 0;
    for (size_t i = 0; pairs && i < prom->metric_count; i++) {
        const char *name = prom->metrics[i].name;
        caus_text match = {0};
        caus_text_add(&match, "{__name__=");
        caus_promql_quote(&match, name);
        if (ends_with(name, strlen(name), "_bucket"))
            caus_text_add(&match, ",le=\"+Inf\"");
        caus_text_add(&match, "}");
        pairs[n++] = "match[]";
        pairs[n] =
            match.failed ? NULL : caus_arena_copy(prom->scratch, match.bytes);
        caus_text_deinit(&match);
        if (!pairs[n++])
            return NULL;
    }
    if (!pairs)
        return NULL;
    const caus_prom_range *last = &prom->ranges[prom->range_count - 1];
    pairs[n++] = "start";
    pairs[n++] =
        caus_prom_time_text(prom, prom->ranges[0].start_ns - prom->step_ns);
    pairs[n++] = "end";
    pairs[n++] = caus_prom_time_text(
        prom, last->start_ns + (int64_t)(last->row_count - 1) * prom->step_ns);
    return pairs[n - 3] && pairs[n - 1] ? caus_prom_form_body(prom, pairs)
                                        : NULL;
}

/* ---- metadata ---- */

/* OpenMetrics names a counter's family without _total, and histograms' and
 * summaries' without _count, _sum and _bucket. */
static caus_status take_metadata(void *data, const char *name, const char *type,
                                 const char *unit, caus_error *err)
{
    caus_prom *prom = data;
    static const char *const suffixes[] = {
        "", "_total", "_count", "_sum", "_bucket", "_created", "_info"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char full[300];
        snprintf(full, sizeof full, "%s%s", name, suffixes[i]);
        size_t metric = caus_prom_find_metric(prom, full, strlen(full));
        if (metric == SIZE_MAX || (*suffixes[i] && *prom->metrics[metric].type))
            continue;
        bool is_part = i >= 2 && i <= 3;
        bool has_parts =
            strcmp(type, "histogram") == 0 || strcmp(type, "summary") == 0;
        if (is_part && !has_parts)
            continue;
        caus_prom_metric *found = &prom->metrics[metric];
        found->type =
            is_part ? "counter" : caus_arena_copy(prom->scratch, type);
        found->unit = caus_arena_copy(prom->scratch, unit);
        if (!found->type || !found->unit)
            return caus_arena_fail(prom->scratch, err);
    }
    return CAUS_OK;
}

caus_status caus_prom_read_catalog(caus_prom *prom, caus_error *err)
{
    size_t bare = 0;
    for (size_t i = 0; i < prom->spec_count; i++) {
        bare += !prom->specs[i].query;
        CAUS_TRY(want_spec(prom, &prom->specs[i], err));
    }
    prom->asks_up = caus_prom_find_metric(prom, "up", 2) != SIZE_MAX;
    CAUS_TRY(want_metric(prom, "up", 2, err));
    caus_prom_call *calls = CAUS_ARRAY(prom->scratch, caus_prom_call, 2);
    const char *body = calls ? series_body(prom) : NULL;
    if (!body)
        return caus_prom_no_memory(prom, err);
    calls[0] = (caus_prom_call){.path = "/api/v1/series",
                                .body = body,
                                .what = "the list of series",
                                .shown = "POST /api/v1/series",
                                .events = {.series = take_series, .data = prom},
                                .reset = forget_series};
    calls[1] =
        (caus_prom_call){.path = "/api/v1/metadata",
                         .query = "limit_per_metric=1",
                         .what = "the metadata of metrics",
                         .shown = "GET /api/v1/metadata",
                         .is_optional = true,
                         .is_metadata = true,
                         .events = {.metadata = take_metadata, .data = prom}};
    return caus_prom_perform(prom, calls, bare ? 2 : 1, err);
}

/* ---- nearest names ---- */

typedef struct nearest {
    caus_prom *prom;
    const char *name;
    size_t count;
    struct {
        const char *name;
        size_t distance;
    } best[NEAREST];
} nearest;

static caus_status take_name(void *data, const char *text, caus_error *err)
{
    nearest *near = data;
    size_t distance = caus_edit_distance(near->name, text);
    size_t at = near->count;
    while (at > 0 && distance < near->best[at - 1].distance)
        at--;
    if (at == NEAREST)
        return CAUS_OK;
    const char *kept = caus_arena_copy(near->prom->scratch, text);
    if (!kept)
        return caus_arena_fail(near->prom->scratch, err);
    if (near->count < NEAREST)
        near->count++;
    for (size_t i = near->count - 1; i > at; i--)
        near->best[i] = near->best[i - 1];
    near->best[at].name = kept;
    near->best[at].distance = distance;
    return CAUS_OK;
}

static void forget_names(void *data)
{
    nearest *near = data;
    near->count = 0;
}

caus_status caus_prom_fail_unknown(caus_prom *prom, const char *name,
                                   const char *asked_as, caus_error *err)
{
    nearest near = {.prom = prom, .name = name};
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    if (!call)
        return caus_arena_fail(prom->scratch, err);
    *call = (caus_prom_call){.path = "/api/v1/label/__name__/values",
                             .what = "the list of metric names",
                             .shown = "GET /api/v1/label/__name__/values",
                             .is_optional = true,
                             .events = {.word = take_name, .data = &near},
                             .reset = forget_names};
    CAUS_TRY(caus_prom_perform(prom, call, 1, err));
    bool is_same = strcmp(name, asked_as) == 0;
    const char *before = is_same ? "" : ", asked for by ";
    const char *as = is_same ? "" : asked_as;
    if (near.count && near.best[0].distance == 0)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "the metric '%.200s'%s%.200s has no samples in the "
                         "window: check --start and --end, and how far back "
                         "the server keeps data",
                         name, before, as);
    if (!near.count)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "there is no metric '%.200s'%s%.200s: Prometheus "
                         "holds no metrics at all; check the url",
                         name, before, as);
    return CAUS_FAIL(
        err, CAUS_ERR_NOT_FOUND,
        "there is no metric '%.200s'%s%.200s; nearest names: %.120s%s%.120s"
        "%s%.120s",
        name, before, as, near.best[0].name, near.count > 1 ? ", " : "",
        near.count > 1 ? near.best[1].name : "", near.count > 2 ? ", " : "",
        near.count > 2 ? near.best[2].name : "");
}
