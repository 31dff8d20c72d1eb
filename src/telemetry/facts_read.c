/* SPDX-License-Identifier: Apache-2.0 */
/* One query for all facts and one for settings, and from points to changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pods.h"
#include "telemetry/facts_internal.h"

enum { MOST_CHANGES = 20000, MOST_A_SERIES = 10, POINTS = 1000 };

static const int64_t second_ns = 1000000000;
static const int64_t least_step_ns = INT64_C(15000000000);

typedef struct reader {
    caus_prom *prom;
    const caus_facts_options *options;
    int64_t step_ns;
    const char **expressions; /* [caus_fact_count]; NULL = no such metric */
    bool *is_there;           /* [caus_fact_count] its metric has series */
    const caus_fact *fact;    /* of the series at hand; NULL = unknown */
    caus_change about;        /* what its points have in common */
    size_t first;             /* change of the series */
    double last_value;
    caus_change *changes;
    size_t count, capacity;
    caus_setting_reader settings;
    bool has_settings; /* the server has any */
} reader;

/* ---- a series ---- */

const char *caus_fact_target(const char *metric, const caus_label *labels,
                             size_t count)
{
    for (size_t i = caus_prom_first_group(metric); i < CAUS_PROM_GROUPS; i++) {
        const char *value =
            caus_label_value(labels, count, caus_prom_kept_labels[i]);
        if (*value)
            return value;
    }
    return "";
}

/* A map "checkout-config" belongs to checkout. */
static size_t workload_length(const char *name)
{
    static const char *const ends[] = {"-config", "-configmap", "-cm",
                                       "-secret", "-secrets",   "-tls"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t more = strlen(ends[i]);
        if (length > more && strcmp(name + length - more, ends[i]) == 0)
            return length - more;
    }
    return length;
}

static const char *service_of(const reader *at, const caus_label *labels,
                              size_t count, const char *subject)
{
    caus_arena *out = at->prom->out;
    switch (at->fact->subject) {
    case CAUS_SUBJECT_POD:
        return caus_arena_copy_text(out, subject,
                                    caus_pod_owner_length(subject));
    case CAUS_SUBJECT_WORKLOAD:
        return caus_arena_copy_text(out, subject, workload_length(subject));
    case CAUS_SUBJECT_TARGET:
        return caus_arena_copy(
            out, caus_fact_target(at->fact->metric, labels, count));
    case CAUS_SUBJECT_NOBODY:
        break;
    }
    return "";
}

/* The phrase with its one %s filled in. */
static const char *describe(const reader *at, const char *subject)
{
    const char *phrase = at->fact->phrase, *gap = strstr(phrase, "%s");
    return caus_arena_format(at->prom->out, "%.*s%s%s", (int)(gap - phrase),
                             phrase, *subject ? subject : "one", gap + 2);
}

/* More changes than a few are a habit and tell nothing, but the first of them
 * after half a window of quiet does: eleven by chance leave such a gap in one
 * of two hundred windows, what crashes over and over from an incident on
 * always. */
static caus_status close_series(reader *at, caus_error *err)
{
    size_t count = at->count - at->first, kept = 0;
    const int64_t quiet_ns = (at->options->end_ns - at->options->start_ns) / 2;
    int64_t last_ns = at->options->start_ns;
    for (size_t i = 0; count > MOST_A_SERIES && i < count; i++) {
        caus_change change = at->changes[at->first + i];
        int64_t gap_ns = change.time_ns - last_ns;
        last_ns = change.time_ns;
        if (gap_ns < quiet_ns)
            continue;
        if (i + 1 < count)
            change.text = caus_arena_format(at->prom->out,
                                            "%s, and %zu times more after that",
                                            change.text, count - i - 1);
        if (!change.text)
            return caus_arena_fail(at->prom->out, err);
        at->changes[at->first + kept++] = change;
    }
    if (count > MOST_A_SERIES)
        at->count = at->first + kept;
    at->first = at->count;
    return CAUS_OK;
}

static caus_status take_series(void *data, const caus_label *labels,
                               size_t count, caus_error *err)
{
    reader *at = data;
    CAUS_TRY(close_series(at, err));
    const char *number = caus_label_value(labels, count, caus_fact_label);
    size_t fact = (size_t)strtoul(number, NULL, 10);
    at->fact = NULL;
    at->last_value = (double)NAN;
    if (!*number || fact >= caus_fact_count || !at->expressions[fact])
        return CAUS_OK;
    at->fact = &caus_fact_table[fact];
    const char *subject = caus_label_value(labels, count, at->fact->label);
    at->about = (caus_change){
        .service = service_of(at, labels, count, subject),
        .kind = at->fact->kind,
        .kind_name = at->fact->kind_name,
        .ref = caus_arena_copy(at->prom->out, subject),
        .text = describe(at, subject),
        .source = "prometheus",
        .query = at->expressions[fact],
    };
    if (!at->about.service || !at->about.ref || !at->about.text)
        return caus_arena_fail(at->prom->out, err);
    return CAUS_OK;
}

static caus_status take_point(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    reader *at = data;
    if (!at->fact || at->count == MOST_CHANGES)
        return CAUS_OK;
    caus_change made = at->about;
    made.time_ns = time_ms * 1000000 - at->step_ns;
    if (at->fact->is_time) {
        if (value == at->last_value || !(fabs(value) < 9e9))
            return CAUS_OK;
        at->last_value = value;
        made.time_ns = llround(value * 1e3) * 1000000;
    }
    if (!caus_reserve(&at->changes, at->count, &at->capacity, sizeof made))
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for the changes found");
    at->changes[at->count++] = made;
    return CAUS_OK;
}

static void forget(void *data)
{
    reader *at = data;
    at->count = at->first = 0;
    at->fact = NULL;
}

/* ---- the query ---- */

/* A metric that the server has, among those that tell something. */
static caus_status take_name(void *data, const char *name, caus_error *err)
{
    reader *at = data;
    size_t length = strlen(name);
    (void)err;
    for (size_t i = 0; i < caus_fact_count; i++) {
        const char *metric = caus_fact_table[i].metric;
        size_t wanted = strlen(metric);
        bool is_ending = *metric == '_' && length > wanted;
        at->is_there[i] |=
            strcmp(is_ending ? name + length - wanted : name, metric) == 0;
    }
    size_t setting = caus_setting_find(name);
    if (setting < caus_setting_count)
        at->has_settings = at->settings.is_there[setting] = true;
    return CAUS_OK;
}

/* The names among which the metrics of facts are; NULL = no memory. */
static const char *names_query(reader *at)
{
    caus_prom *prom = at->prom;
    caus_text match = {0};
    caus_text_add(&match, "{__name__=~\"");
    for (size_t i = 0; i < caus_fact_count; i++) {
        const char *metric = caus_fact_table[i].metric;
        caus_text_format(&match, "%s%s|", *metric == '_' ? ".+" : "", metric);
    }
    caus_setting_add_names(&match, NULL);
    caus_text_add(&match, "\"}");
    const char *pairs[] = {
        "match[]", match.failed ? NULL : match.bytes,
        "start",   caus_prom_time_text(prom, at->options->start_ns),
        "end",     caus_prom_time_text(prom, at->options->end_ns),
        NULL};
    const char *query = pairs[1] && pairs[3] && pairs[5]
                            ? caus_prom_form_body(prom, pairs)
                            : NULL;
    caus_text_deinit(&match);
    return query;
}

/* Only what the server has is asked for: most have no Kubernetes. */
static caus_status read_names(reader *at, bool *refused, caus_error *err)
{
    caus_prom *prom = at->prom;
    const char *query = names_query(at);
    at->is_there = CAUS_ARRAY(prom->scratch, bool, caus_fact_count);
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    at->settings.is_there = CAUS_ARRAY(prom->scratch, bool, caus_setting_count);
    if (!query || !call || !at->is_there || !at->settings.is_there)
        return caus_prom_no_memory(prom, err);
    *call = (caus_prom_call){.path = "/api/v1/label/__name__/values",
                             .query = query,
                             .what = "the names of metrics that tell changes",
                             .shown = "GET /api/v1/label/__name__/values",
                             .is_optional = true,
                             .events = {.word = take_name, .data = at}};
    CAUS_TRY(caus_prom_perform(prom, call, 1, err));
    *refused = call->refused;
    return CAUS_OK;
}

/* The expressions of all facts that may be; an empty query if there are none.
 */
static caus_status make_query(reader *at, const char **query, caus_error *err)
{
    caus_text text = {0};
    at->expressions = CAUS_ARRAY(at->prom->out, const char *, caus_fact_count);
    if (!at->expressions)
        return caus_arena_fail(at->prom->out, err);
    caus_text_add(&text, "");
    for (size_t i = 0; i < caus_fact_count; i++) {
        if (!at->is_there[i])
            continue;
        at->expressions[i] = caus_fact_expression(
            &caus_fact_table[i], at->step_ns, at->options, at->prom->out);
        if (!at->expressions[i]) {
            caus_text_deinit(&text);
            return caus_arena_fail(at->prom->out, err);
        }
        caus_text_format(&text,
                         "%slabel_replace(%s, \"%s\", \"%zu\", \"\", "
                         "\"\")",
                         text.length ? " or " : "", at->expressions[i],
                         caus_fact_label, i);
    }
    *query =
        text.failed ? NULL : caus_arena_copy(at->prom->scratch, text.bytes);
    caus_text_deinit(&text);
    return *query ? CAUS_OK : caus_prom_no_memory(at->prom, err);
}

static const char all_changes[] = "restarts, deploys and other changes";

static caus_status warn(reader *at, const char *changes, caus_error *err)
{
    return caus_prom_warn(at->prom, err,
                          "Prometheus refused the search for %s: give them by "
                          "--changes",
                          changes);
}

/* Asks for values over the window. */
static caus_status ask_range(reader *at, const char *query, const char *changes,
                             const caus_prom_call *how, caus_error *err)
{
    caus_prom *prom = at->prom;
    int64_t from_ns = at->options->start_ns / at->step_ns * at->step_ns;
    const char *step =
        caus_arena_format(prom->scratch, "%g", (double)at->step_ns / 1e9);
    const char *pairs[] = {
        "query", query,
        "start", caus_prom_time_text(prom, from_ns),
        "end",   caus_prom_time_text(prom, at->options->end_ns),
        "step",  step,
        NULL};
    const char *body = query && pairs[3] && pairs[5] && step
                           ? caus_prom_form_body(prom, pairs)
                           : NULL;
    caus_prom_call *call = CAUS_ARRAY(prom->scratch, caus_prom_call, 1);
    if (!body || !call)
        return caus_prom_no_memory(prom, err);
    *call = *how;
    call->path = "/api/v1/query_range";
    call->body = body;
    call->shown = query;
    call->is_optional = true;
    CAUS_TRY(caus_prom_perform(prom, call, 1, err));
    return call->refused ? warn(at, changes, err) : CAUS_OK;
}

static caus_status ask_facts(reader *at, caus_error *err)
{
    const char *query = "";
    caus_prom_call how = {
        .what = "the search for changes",
        .events = {.series = take_series, .point = take_point, .data = at},
        .reset = forget};
    CAUS_TRY(make_query(at, &query, err));
    if (!query || !*query)
        return CAUS_OK;
    CAUS_TRY(ask_range(at, query, all_changes, &how, err));
    return close_series(at, err);
}

/* On their own: where they are too many to be answered, restarts shall still be
 * told. */
static caus_status ask_settings(reader *at, caus_error *err)
{
    caus_prom *prom = at->prom;
    size_t limit = at->options->max_queries;
    caus_error reason = {0};
    caus_prom_call how = {.what = "the search for settings",
                          .events = caus_setting_events(&at->settings),
                          .reset = caus_setting_forget};
    if (!at->has_settings || (limit && prom->shown.count >= limit))
        return CAUS_OK;
    caus_status status = ask_range(at, caus_setting_query(&at->settings),
                                   "settings that changed", &how, &reason);
    if (status == CAUS_OK)
        return caus_setting_close(&at->settings, err);
    if (status != CAUS_ERR_NETWORK && status != CAUS_ERR_SERVER)
        return CAUS_FAIL(err, status, "%s", reason.message);
    caus_setting_forget(&at->settings);
    return caus_prom_warn(prom, err, "settings were not looked for: %s",
                          reason.message);
}

static caus_status ask(reader *at, caus_error *err)
{
    bool refused = false;
    CAUS_TRY(read_names(at, &refused, err));
    if (refused)
        return warn(at, all_changes, err);
    CAUS_TRY(ask_facts(at, err));
    return ask_settings(at, err);
}

/* ---- the result ---- */

/* A process that starts reads its configuration: that is no change of it. */
static bool is_of_start(const reader *at, const caus_change *change)
{
    const int64_t near_ns = 60 * second_ns;
    if (change->kind != CAUS_CHANGE_CONFIG)
        return false;
    for (size_t i = 0; i < at->count; i++) {
        const caus_change *start = &at->changes[i];
        int64_t after_ns = change->time_ns - start->time_ns;
        if (start->kind == CAUS_CHANGE_RESTART && after_ns >= 0 &&
            after_ns < near_ns && strcmp(start->ref, change->ref) == 0)
            return true;
    }
    return false;
}

static caus_status keep(reader *at, caus_facts *made, caus_error *err)
{
    caus_prom *prom = at->prom;
    caus_change *changes = CAUS_ARRAY(prom->out, caus_change, at->count);
    const char **warnings =
        CAUS_ARRAY(prom->out, const char *, prom->warnings.count);
    size_t kept = 0;
    made->queries = caus_prom_queries(prom);
    if (!changes || !warnings || !made->queries)
        return caus_arena_fail(prom->out, err);
    for (size_t i = 0; i < at->count; i++) {
        if (at->changes[i].time_ns >= at->options->start_ns - at->step_ns &&
            at->changes[i].time_ns <= at->options->end_ns &&
            !is_of_start(at, &at->changes[i]))
            changes[kept++] = at->changes[i];
    }
    for (size_t i = 0; i < prom->warnings.count; i++)
        warnings[i] = prom->warnings.items[i];
    made->query_count = prom->shown.count;
    made->warnings = warnings;
    made->warning_count = prom->warnings.count;
    caus_changes found = {kept, changes};
    caus_changes set = {at->settings.count, at->settings.changes};
    return caus_changes_join(&found, &set, prom->out, &made->changes, err);
}

/* Whole steps of 15 s, so that a thousand of them span the window. */
static int64_t step_of(const caus_facts_options *options)
{
    int64_t span_ns = options->end_ns - options->start_ns;
    int64_t steps = span_ns / (POINTS * least_step_ns) + 1;
    return steps * least_step_ns;
}

caus_status caus_prometheus_facts(const caus_endpoint *endpoint,
                                  const caus_facts_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_facts *result, caus_error *err)
{
    if (options->end_ns <= options->start_ns || options->start_ns < 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "changes are looked for between two instants after "
                         "1970: exchange --start and --end");
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_fetch_options limits = {.max_queries = options->max_queries};
    caus_prom prom = {.run = run, .options = &limits, .out = out};
    reader at = {
        .prom = &prom, .options = options, .step_ns = step_of(options)};
    at.settings = (caus_setting_reader){.prom = &prom, .step_ns = at.step_ns};
    caus_facts made = {0};
    caus_status status = caus_prom_open(&prom, endpoint, err);
    if (status == CAUS_OK)
        status = ask(&at, err);
    if (status == CAUS_OK)
        status = keep(&at, &made, err);
    caus_prom_close(&prom);
    free(at.changes);
    free(at.settings.changes);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
