/* SPDX-License-Identifier: Apache-2.0 */
/* Which services the series of a metric belong to, by their labels. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/survey_internal.h"

enum { MOST_GROUPS = 20000, MOST_HOSTS = 20000 };

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
    size_t first; /* of those that the reply at hand tells */
    caus_host *hosts;
    size_t host_count, host_capacity;
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
    group.value = caus_arena_copy(out, group.value);
    group.service = caus_arena_copy(out, group.service);
    if (!kept || !group.metric || !group.value || !group.service ||
        !caus_reserve(&at->groups, at->count, &at->capacity, sizeof group) ||
        caus_map_insert(at->keys, kept, length, at->count, NULL) < 0)
        return caus_prom_no_memory(at->prom, err);
    at->groups[at->count++] = group;
    return CAUS_OK;
}

/* Adds a metric of a service once, and how its failures are told. */
static caus_status take_group(reader *at, caus_group group,
                              const struct code *code, caus_error *err)
{
    caus_text key = {0};
    caus_text_add_bytes(&key, group.metric, strlen(group.metric) + 1);
    caus_text_add(&key, group.service);
    group.code_label = code ? code->label : "";
    group.code_regex = code ? code->regex : "";
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
        status = add_group(at, key.bytes, key.length, group, err);
    }
    caus_text_deinit(&key);
    return status;
}

/* The host of a series, of those that are told apart; NULL = none is. */
static const caus_host *find_host(const reader *at, const char *label,
                                  const char *value, const caus_label *labels,
                                  size_t count)
{
    for (size_t h = 0; h < at->host_count; h++) {
        const caus_host *host = &at->hosts[h];
        if (strcmp(host->label, label) == 0 &&
            strcmp(host->value, value) == 0 &&
            strcmp(host->names[host->told_by],
                   caus_label_value(labels, count,
                                    caus_host_labels[host->told_by])) == 0)
            return host;
    }
    return NULL;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    reader *at = data;
    const char *metric = caus_label_value(labels, count, "__name__");
    const char *label = group_label(metric, labels, count);
    const char *value = *label ? caus_label_value(labels, count, label) : "";
    if (!*metric || strcmp(value, "POD") == 0 ||
        (caus_prom_first_group(metric) && !*value))
        return CAUS_OK;
    const caus_host *host = find_host(at, label, value, labels, count);
    return take_group(at,
                      (caus_group){.metric = metric,
                                   .label = label,
                                   .value = value,
                                   .service = host ? host->thing : value,
                                   .matcher = host ? host->matcher : ""},
                      code_of(labels, count), err);
}

static caus_status take_host(void *data, const caus_label *labels, size_t count,
                             caus_error *err)
{
    reader *at = data;
    caus_arena *kept = at->prom->scratch;
    const char *label = group_label("", labels, count);
    if (!*label || at->host_count == MOST_HOSTS)
        return CAUS_OK;
    if (!caus_reserve(&at->hosts, at->host_count, &at->host_capacity,
                      sizeof *at->hosts))
        return caus_prom_no_memory(at->prom, err);
    caus_host host = {
        .label = label,
        .value = caus_arena_copy(kept, caus_label_value(labels, count, label))};
    bool failed = !host.value;
    for (size_t i = 0; i < CAUS_HOST_LABELS; i++) {
        host.names[i] = caus_arena_copy(
            kept, caus_label_value(labels, count, caus_host_labels[i]));
        failed = failed || !host.names[i];
    }
    at->hosts[at->host_count++] = host;
    return failed ? caus_prom_no_memory(at->prom, err) : CAUS_OK;
}

static void forget_groups(void *data)
{
    reader *at = data;
    caus_map_free(at->keys);
    at->keys = caus_map_new();
    at->count = at->first;
}

static void forget_hosts(void *data)
{
    ((reader *)data)->host_count = 0;
}

/* ---- queries: names are known, so the server only counts ---- */

/* "a|b", each once. What measures containers tells of no host of a job. */
static void add_names(caus_text *to, const char *const *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < i && !is_known; k++)
            is_known = strcmp(metrics[k], metrics[i]) == 0;
        if (!is_known)
            caus_text_format(to, "%s%s", to->length ? "|" : "", metrics[i]);
    }
}

/* `or` of what there is of these names, with a matcher behind. What stopped
 * within the last half hour may be what is looked for; of what stopped just now
 * an instant tells nothing. */
static void add_series(caus_text *to, const char *names, const char *matcher)
{
    caus_text_format(to,
                     "last_over_time({__name__=~\"%s\"%s}[5m]) or "
                     "{__name__=~\"%s\"%s} offset 30m",
                     names, matcher, names, matcher);
}

/* `count by (service, …, more) (`: the labels of groups, and others. */
static void add_count(caus_text *to, bool has_names, bool has_hosts)
{
    const char *end = has_names ? "__name__, " : "";
    caus_text_add(to, "count by (");
    for (size_t i = 0; i < CAUS_PROM_GROUPS; i++, end = ", ")
        caus_text_format(to, "%s%s", end, caus_prom_kept_labels[i]);
    for (size_t i = 0; has_names && i < CODES; i++)
        caus_text_format(to, ", %s", codes[i].label);
    for (size_t i = 0; has_hosts && i < CAUS_HOST_LABELS; i++)
        caus_text_format(to, ", %s", caus_host_labels[i]);
    caus_text_add(to, ") (");
}

/* The series of those jobs whose hosts are told apart. */
static void add_told_apart(caus_text *to, const reader *at, const char *names)
{
    const caus_host *before = NULL;
    for (size_t h = 0; h < at->host_count; h++) {
        const caus_host *host = &at->hosts[h];
        if (before && before->label == host->label &&
            strcmp(before->value, host->value) == 0)
            continue;
        caus_text matcher = {0};
        caus_text_format(&matcher, ",%s=", host->label);
        caus_promql_quote(&matcher, host->value);
        caus_text_add(to, before ? " or " : "");
        add_series(to, names, matcher.failed ? "" : matcher.bytes);
        to->failed = to->failed || matcher.failed;
        caus_text_deinit(&matcher);
        before = host;
    }
}

/* What is asked: the groups of all metrics, the hosts of all jobs, or the
 * groups of what is told apart. */
typedef enum question { ASK_GROUPS, ASK_HOSTS, ASK_APART } question;

static const char *write_query(const reader *at, question asked,
                               const char *const *metrics, size_t count)
{
    caus_text names = {0}, query = {0};
    add_names(&names, metrics, count);
    add_count(&query, asked != ASK_HOSTS, asked != ASK_GROUPS);
    if (names.failed)
        query.failed = true;
    else if (asked == ASK_APART)
        add_told_apart(&query, at, names.bytes);
    else
        add_series(&query, names.bytes,
                   asked == ASK_HOSTS ? ",__name__!~\"container_.*\"" : "");
    caus_text_add(&query, ")");
    const char *kept =
        query.failed ? NULL : caus_arena_copy(at->prom->scratch, query.bytes);
    caus_text_deinit(&names);
    caus_text_deinit(&query);
    return kept;
}

static caus_status ask(reader *at, question asked, const char *const *metrics,
                       size_t count, caus_error *err)
{
    caus_prom *prom = at->prom;
    const char *query = write_query(at, asked, metrics, count);
    const char *body = query ? caus_prom_instant_body(prom, query) : NULL;
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    if (!body || !call)
        return caus_prom_no_memory(prom, err);
    bool is_hosts = asked == ASK_HOSTS;
    *call = (caus_prom_call){
        .path = "/api/v1/query",
        .body = body,
        .what = is_hosts ? "the hosts of jobs" : "the services of metrics",
        .shown = query,
        .sent = query,
        .is_optional = is_hosts,
        .events = {.series = is_hosts ? take_host : take_series, .data = at},
        .reset = is_hosts ? forget_hosts : forget_groups};
    return caus_prom_perform(prom, call, 1, err);
}

/* ---- hosts that are services of their own ---- */

/* Forgets the hosts of jobs that are one service. */
static void keep_things(reader *at)
{
    size_t kept = 0;
    for (size_t h = 0; h < at->host_count; h++) {
        if (at->hosts[h].thing)
            at->hosts[kept++] = at->hosts[h];
    }
    at->host_count = kept;
}

static bool is_told_apart(const reader *at, const caus_group *group)
{
    for (size_t h = 0; h < at->host_count; h++) {
        if (strcmp(at->hosts[h].label, group->label) == 0 &&
            strcmp(at->hosts[h].value, group->value) == 0)
            return true;
    }
    return false;
}

/* The groups of jobs whose hosts are different things are asked for again, host
 * by host. */
static caus_status tell_apart(reader *at, const char *const *metrics,
                              size_t count, caus_error *err)
{
    CAUS_TRY(ask(at, ASK_HOSTS, metrics, count, err));
    CAUS_TRY(caus_hosts_tell_apart(at->hosts, at->host_count, at->groups,
                                   at->count, at->prom->out, err));
    keep_things(at);
    size_t kept = 0;
    for (size_t g = 0; g < at->count; g++) {
        if (!is_told_apart(at, &at->groups[g]))
            at->groups[kept++] = at->groups[g];
    }
    if (kept == at->count)
        return CAUS_OK;
    at->first = kept;
    forget_groups(at);
    return at->keys ? ask(at, ASK_APART, metrics, count, err)
                    : caus_prom_no_memory(at->prom, err);
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
    caus_status status = at.keys ? ask(&at, ASK_GROUPS, metrics, count, err)
                                 : caus_prom_no_memory(prom, err);
    if (status == CAUS_OK)
        status = tell_apart(&at, metrics, count, err);
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
    free(at.hosts);
    caus_map_free(at.keys);
    return status;
}
