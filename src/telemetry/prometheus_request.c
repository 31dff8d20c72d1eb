/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the API: each reply goes through a scanner as it arrives. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/excerpt.h"
#include "telemetry/prometheus_internal.h"

const char *caus_prom_time_text(caus_prom *prom, int64_t time_ns)
{
    int64_t ms = time_ns / 1000000;
    return caus_arena_format(prom->scratch, "%" PRId64 ".%03d", ms / 1000,
                             (int)(ms % 1000));
}

const char *caus_prom_instant_body(caus_prom *prom, const char *query)
{
    const char *time =
        prom->instant_ns ? caus_prom_time_text(prom, prom->instant_ns) : NULL;
    const char *const pairs[] = {"query", query, time ? "time" : NULL, time,
                                 NULL};
    return prom->instant_ns && !time ? NULL : caus_prom_form_body(prom, pairs);
}

const char *caus_prom_form_body(caus_prom *prom, const char *const *pairs)
{
    caus_text body = {0};
    for (size_t i = 0; !body.failed && pairs[i]; i += 2) {
        caus_arena_mark mark = caus_arena_get_mark(prom->scratch);
        char *value =
            pairs[i + 1] ? caus_http_encode(pairs[i + 1], prom->scratch) : NULL;
        if (!value) {
            body.failed = true;
            break;
        }
        caus_text_format(&body, "%s%s=%s", i ? "&" : "", pairs[i], value);
        caus_arena_rewind(prom->scratch, mark);
    }
    const char *kept =
        body.failed
            ? NULL
            : caus_arena_copy_text(prom->scratch, body.bytes, body.length);
    caus_text_deinit(&body);
    return kept;
}

/* What a caus_http_sink is given. */
typedef struct sink {
    caus_prom *prom;
    caus_prom_call *call;
} sink;

static caus_status take_bytes(void *data, const char *bytes, size_t count,
                              caus_error *err)
{
    sink *to = data;
    caus_error inner = {0};
    caus_status status =
        caus_scan_push(&to->call->scanner, bytes, count, &inner);
    if (status == CAUS_ERR_SERVER)
        return CAUS_FAIL(err, status, "Prometheus, %s: %s", to->call->what,
                         inner.message);
    if (status != CAUS_OK && err)
        *err = inner;
    if (status == CAUS_OK && caus_scan_is_complete(&to->call->scanner)) {
        caus_prom *prom = to->prom;
        if (prom->replies_done < prom->replies_due)
            prom->replies_done++;
        caus_run_progress(prom->run, CAUS_STAGE_FETCH, prom->replies_done,
                          prom->replies_due);
    }
    return status;
}

static void forget_bytes(void *data)
{
    sink *to = data;
    caus_prom_call *call = to->call;
    caus_scan_deinit(&call->scanner);
    caus_scan_init(&call->scanner, &call->events, call->is_metadata);
    if (call->reset)
        call->reset(call->events.data);
}

/* The server's own words in a reply that is not 2xx; false if it is no reply
 * of the API. */
static bool read_words(const char *body, char words[CAUS_SCAN_ERROR_BYTES])
{
    caus_scan_events events = {0};
    caus_scanner scanner;
    caus_scan_init(&scanner, &events, false);
    caus_status status = caus_scan_push(&scanner, body, strlen(body), NULL);
    bool found = status == CAUS_OK && scanner.words[0];
    if (found)
        memcpy(words, scanner.words, CAUS_SCAN_ERROR_BYTES);
    caus_scan_deinit(&scanner);
    return found;
}

/* The path of a page that was pasted, or of a proxy that serves others: which
 * part of it is too much only its owner knows. */
static caus_status fail_path(const char *path, const caus_prom_call *call,
                             caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_SERVER,
                     "Prometheus answered HTTP 404 to %s, asked for below the "
                     "path %s of its url: cut the url after host and port, or "
                     "after what Prometheus is served under; a page such as "
                     "/graph is no part of it",
                     call->what, path);
}

static caus_status fail_refused(const caus_prom *prom,
                                const caus_prom_call *call,
                                const caus_http_reply *reply, caus_error *err)
{
    const char *path = caus_http_path(prom->http);
    char words[CAUS_SCAN_ERROR_BYTES] = "";
    const char *body = reply->error_body ? reply->error_body : "";
    const char *sent = call->sent ? call->sent : "";
    if (read_words(body, words))
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "Prometheus refused %s with HTTP %ld: %s%s%.300s%s",
                         call->what, reply->status, words,
                         *sent ? " (sent was: " : "", sent, *sent ? ")" : "");
    if (reply->status == 404 && *path)
        return fail_path(path, call, err);
    body += strspn(body, " \t\r\n");
    if (*body == '<')
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "Prometheus, %s: HTTP %ld with an HTML page, not "
                         "JSON: a proxy or login page stands between, or the "
                         "url lacks the path under which Prometheus is served",
                         call->what, reply->status);
    caus_excerpt excerpt = caus_excerpt_of(body, strcspn(body, "\r\n"));
    return CAUS_FAIL(err, CAUS_ERR_SERVER,
                     "Prometheus answered HTTP %ld to %s%s%s: check that the "
                     "url is that of Prometheus and look into its log",
                     reply->status, call->what, *excerpt.text ? ": " : "",
                     excerpt.text);
}

/* The sentence stands behind the name of whose query it was, and says nothing
 * else of it: several refusals that are alike are told once. */
static caus_status keep_refusal(caus_prom *prom, caus_prom_call *call,
                                const caus_http_reply *reply, caus_error *err)
{
    const caus_prom_call told = {.what = "its query"};
    caus_error reason = {0};
    fail_refused(prom, &told, reply, &reason);
    call->refusal = caus_arena_copy(prom->scratch, reason.message);
    return call->refusal ? CAUS_OK : caus_prom_no_memory(prom, err);
}

static caus_status settle(caus_prom *prom, caus_prom_call *call,
                          const caus_http_reply *reply, caus_error *err)
{
    if (!isnan(reply->clock_skew_s)) {
        prom->skew_sum_s += reply->clock_skew_s;
        prom->skew_count++;
    }
    if (reply->status < 200 || reply->status > 299) {
        call->refused = true;
        return call->is_optional ? keep_refusal(prom, call, reply, err)
                                 : fail_refused(prom, call, reply, err);
    }
    caus_error inner = {0};
    caus_status status = caus_scan_finish(&call->scanner, &inner);
    if (status != CAUS_OK)
        return CAUS_FAIL(err, status, "Prometheus, %s: %s", call->what,
                         inner.message);
    return CAUS_OK;
}

static caus_status show(caus_prom *prom, const caus_prom_call *call,
                        caus_error *err)
{
    size_t limit = prom->options->max_queries;
    if (limit && prom->shown.count >= limit)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "the query budget of %zu is used up before %s: raise "
                         "--query-budget or ask for fewer metrics",
                         limit, call->what);
    caus_prom_texts *shown = &prom->shown;
    if (!caus_reserve(&shown->items, shown->count, &shown->capacity,
                      sizeof *shown->items))
        return caus_prom_no_memory(prom, err);
    const char *text = caus_arena_copy(prom->out, call->shown);
    if (!text)
        return caus_arena_fail(prom->out, err);
    shown->items[shown->count++] = text;
    return CAUS_OK;
}

static caus_status note(void *data, const char *text, caus_error *err)
{
    return caus_prom_warn(data, err, "Prometheus says: %s", text);
}

static caus_status prepare(caus_prom *prom, caus_prom_call *call,
                           caus_http_request *request, sink *to,
                           caus_error *err)
{
    CAUS_TRY(show(prom, call, err));
    call->events.note = note;
    call->events.note_data = prom;
    caus_scan_init(&call->scanner, &call->events, call->is_metadata);
    *to = (sink){prom, call};
    *request = (caus_http_request){
        .path = call->path,
        .query = call->query,
        .body = call->body,
        .body_bytes = call->body ? strlen(call->body) : 0,
        .content_type = call->body ? "application/x-www-form-urlencoded" : NULL,
        .sink = take_bytes,
        .reset = forget_bytes,
        .sink_data = to,
        .told = call->shown,
        .what = call->what};
    return CAUS_OK;
}

caus_status caus_prom_perform(caus_prom *prom, caus_prom_call *calls,
                              size_t count, caus_error *err)
{
    caus_arena *scratch = prom->scratch;
    caus_http_request *requests = CAUS_ARRAY(scratch, caus_http_request, count);
    sink *sinks = CAUS_ARRAY(scratch, sink, count);
    caus_http_reply *replies = CAUS_ARRAY(scratch, caus_http_reply, count);
    if (!requests || !sinks || !replies)
        return caus_arena_fail(scratch, err);
    prom->replies_due += count;
    caus_status status = CAUS_OK;
    for (size_t i = 0; status == CAUS_OK && i < count; i++)
        status = prepare(prom, &calls[i], &requests[i], &sinks[i], err);
    if (status == CAUS_OK)
        status = caus_http_perform(prom->http, requests, count, prom->run,
                                   scratch, replies, err);
    for (size_t i = 0; status == CAUS_OK && i < count; i++)
        status = settle(prom, &calls[i], &replies[i], err);
    for (size_t i = 0; i < count; i++)
        caus_scan_deinit(&calls[i].scanner);
    return status;
}
