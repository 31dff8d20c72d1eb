/* SPDX-License-Identifier: Apache-2.0 */
/* Which services the series of a metric belong to, by their labels. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum { MOST_GROUPS = 20000 };

/* Labels that tell which calls failed, and the values that do. */
static const struct code {
    const char *label;
    const char *regex;
    bool is_word; /* the regex is a list of words, not a class of numbers */
} codes[] = {
    {"code", "5..", false},
    {"status_code", "5..", false},
    {"status", "5..", false},
    {"http_status_code", "5..", false},
    {"http_response_status_code", "5..", false},
    {"response_code", "5..", false},
    {"grpc_code", "Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss",
     true},
    {"outcome", "SERVER_ERROR|error|failure|failed", true},
    {"result", "error|failure|failed", true},
};

enum { CODES = sizeof codes / sizeof *codes };

typedef struct reader {
    caus_prom *prom;
    caus_map *keys;
    caus_group *groups;
    size_t count, capacity;
} reader;

/* 200, or 2xx as haproxy has it. */
static bool is_number(const char *text)
{
    return strlen(text) == 3 && strspn(text, "0123456789") &&
           (strspn(text, "0123456789") == 3 || strcmp(text + 1, "xx") == 0);
}

/* The label by which failures of a series can be told. */
static const struct code *code_of(const caus_label *labels, size_t count)
{
    for (size_t i = 0; i < CODES; i++) {
        const char *value = caus_label_value(labels, count, codes[i].label);
        if (*value && (codes[i].is_word || is_number(value)))
            return &codes[i];
    }
    return NULL;
}

/* The first that a series has names the service. */
static const char *group_label(const char *metric, const caus_label *labels,
                               size_t count)
{
    for (size_t i = caus_prom_first_group(metric); i < CAUS_PROM_GROUPS; i++) {
        if (*caus_label_value(labels, count, caus_prom_kept_labels[i]))
            return caus_prom_kept_labels[i];
    }
    return "";
}

static caus_status add_group(reader *at, const char *key, size_t length,
                             caus_group group, caus_error *err)
{
    caus_arena *out = at->prom->out;
    char *kept = caus_arena_copy_text(at->prom->scratch, key, length);
    group.metric = caus_arena_copy(out, group.metric);
    group.service = caus_arena_copy(out, group.service);
    if (!kept || !group.metric || !group.service ||
        !caus_reserve(&at->groups, at->count, &at->capacity, sizeof group) ||
        caus_map_insert(at->keys, kept, length, at->count, NULL) < 0)
        return caus_prom_no_memory(at->prom, err);
    at->groups[at->count++] = group;
    return CAUS_OK;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    reader *at = data;
    const char *metric = caus_label_value(labels, count, "__name__");
    const char *label = group_label(metric, labels, count);
    const char *service = *label ? caus_label_value(labels, count, label) : "";
    if (!*metric || strcmp(service, "POD") == 0 ||
        (caus_prom_first_group(metric) && !*service))
        return CAUS_OK;
    caus_text key = {0};
    caus_text_add_bytes(&key, metric, strlen(metric) + 1);
    caus_text_add(&key, service);
    const struct code *code = code_of(labels, count);
    size_t found;
    caus_status status = CAUS_OK;
    if (key.failed) {
        status = caus_prom_no_memory(at->prom, err);
    } else if (caus_map_find(at->keys, key.bytes, key.length, &found)) {
        if (code && !*at->groups[found].code_label) {
            at->groups[found].code_label = code->label;
            at->groups[found].code_regex = code->regex;
        }
    } else if (at->count < MOST_GROUPS) {
        status = add_group(at, key.bytes, key.length,
                           (caus_group){metric, label, service,
                                        code ? code->label : "",
                                        code ? code->regex : ""},
                           err);
    }
    caus_text_deinit(&key);
    return status;
}

static void forget(void *data)
{
    reader *at = data;
    caus_map_free(at->keys);
    at->keys = caus_map_new();
    at->count = 0;
}

/* One query for all: names are known, so the server only counts. What stopped
 * within the last half hour may be what is looked for; of what stopped just
 * now an instant tells nothing. */
static const char *groups_query(caus_prom *prom, const char *const *metrics,
                                size_t count)
{
    caus_text names = {0}, query = {0};
    for (size_t i = 0; i < count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < i && !is_known; k++)
            is_known = strcmp(metrics[k], metrics[i]) == 0;
        if (!is_known)
            caus_text_format(&names, "%s%s", names.length ? "|" : "",
                             metrics[i]);
    }
    caus_text_add(&query, "count by (__name__");
    for (size_t i = 0; i < CAUS_PROM_GROUPS; i++)
        caus_text_format(&query, ", %s", caus_prom_kept_labels[i]);
    for (size_t i = 0; i < CODES; i++)
        caus_text_format(&query, ", %s", codes[i].label);
    if (!names.failed)
        caus_text_format(&query,
                         ") (last_over_time({__name__=~\"%s\"}[5m]) or "
                         "{__name__=~\"%s\"} offset 30m)",
                         names.bytes, names.bytes);
    const char *kept = names.failed || query.failed
                           ? NULL
                           : caus_arena_copy(prom->scratch, query.bytes);
    caus_text_deinit(&names);
    caus_text_deinit(&query);
    return kept;
}

static caus_status ask(reader *at, const char *query, caus_error *err)
{
    caus_prom *prom = at->prom;
    const char *body = caus_prom_instant_body(prom, query);
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    if (!body || !call)
        return caus_prom_no_memory(prom, err);
    *call = (caus_prom_call){.path = "/api/v1/query",
                             .body = body,
                             .what = "the services of metrics",
                             .shown = query,
                             .sent = query,
                             .events = {.series = take_series, .data = at},
                             .reset = forget};
    return caus_prom_perform(prom, call, 1, err);
}

static int by_metric(const void *a, const void *b)
{
    const caus_group *x = a, *y = b;
    int order = strcmp(x->metric, y->metric);
    return order ? order : strcmp(x->service, y->service);
}

caus_status caus_groups_read(caus_prom *prom, const char *const *metrics,
                             size_t count, caus_group **groups,
                             size_t *group_count, caus_error *err)
{
    *groups = NULL;
    *group_count = 0;
    if (!count)
        return CAUS_OK;
    reader at = {.prom = prom, .keys = caus_map_new()};
    const char *query = groups_query(prom, metrics, count);
    caus_status status = !query || !at.keys ? caus_prom_no_memory(prom, err)
                                            : ask(&at, query, err);
    caus_group *kept = CAUS_ARRAY(prom->out, caus_group, at.count);
    if (status == CAUS_OK && !kept)
        status = caus_arena_fail(prom->out, err);
    if (status == CAUS_OK && at.count) {
        memcpy(kept, at.groups, at.count * sizeof *kept);
        qsort(kept, at.count, sizeof *kept, by_metric);
    }
    if (status == CAUS_OK) {
        *groups = kept;
        *group_count = at.count;
    }
    free(at.groups);
    caus_map_free(at.keys);
    return status;
}
