/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs requests over one curl multi handle. A slot is one request in flight or
 * waiting to be tried again; there are as many slots as requests may run at
 * once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base.h"
#include "http/http_internal.h"

enum { ERROR_BODY_BYTES = 4096, POLL_MS = 10 };

static const double first_wait_s = 0.25;
static const double longest_wait_s = 10;

typedef struct slot {
    caus_http *http;
    CURL *easy;
    struct curl_slist *headers;
    bool is_busy; /* with a request, in flight or waiting */
    const caus_http_request *request;
    size_t index;        /* of the request */
    int tries;           /* made so far */
    int64_t retry_at_ns; /* monotonic; 0 = in flight */
    double clock_skew_s;
    caus_status sink_status;
    caus_error sink_error;
    size_t body_bytes;
    char body[ERROR_BODY_BYTES + 1]; /* of a reply that is not 2xx */
    char words[CURL_ERROR_SIZE];
} slot;

typedef struct performance {
    caus_http *http;
    const caus_http_request *requests;
    size_t count;
    size_t next; /* first request not started */
    size_t done;
    slot *slots;
    size_t slot_count;
    caus_http_reply *replies;
    caus_arena *out;
} performance;

static bool is_success(long status)
{
    return status >= 200 && status <= 299;
}

static bool is_worth_retrying(long status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    slot *to = data;
    size_t length = size * count;
    long status = 0;
    curl_easy_getinfo(to->easy, CURLINFO_RESPONSE_CODE, &status);
    if (is_success(status)) {
        const caus_http_request *request = to->request;
        if (request->sink)
            to->sink_status = request->sink(request->sink_data, bytes, length,
                                            &to->sink_error);
        return to->sink_status == CAUS_OK ? length : 0;
    }
    size_t kept = ERROR_BODY_BYTES - to->body_bytes;
    if (kept > length)
        kept = length;
    memcpy(to->body + to->body_bytes, bytes, kept);
    to->body_bytes += kept;
    return length;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
    slot *to = data;
    size_t length = size * count;
    static const char name[] = "date:";
    char date[64];
    if (length > sizeof name && length < sizeof date &&
        strncasecmp(bytes, name, sizeof name - 1) == 0) {
        memcpy(date, bytes, length);
        date[length] = '\0';
        time_t seconds = curl_getdate(date + sizeof name - 1, NULL);
        /* The header leaves out fractions: half a second on average. */
        if (seconds != -1)
            to->clock_skew_s =
                (double)seconds + 0.5 - (double)caus_clock_wall_ns() * 1e-9;
    }
    return length;
}

static void forget_reply(slot *at)
{
    at->clock_skew_s = (double)NAN;
    at->sink_status = CAUS_OK;
    at->body_bytes = 0;
    at->words[0] = '\0';
}

static caus_status no_memory(const caus_http *http, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                     "no memory for a request to %s", http->server);
}

/* Starts, or starts again, the request of a slot. */
static caus_status launch(slot *at, caus_error *err)
{
    forget_reply(at);
    at->retry_at_ns = 0;
    at->tries++;
    if (curl_multi_add_handle(at->http->multi, at->easy) != CURLM_OK)
        return no_memory(at->http, err);
    return CAUS_OK;
}

static bool set_request(slot *at, const char *url)
{
    const caus_http_request *request = at->request;
    CURL *easy = at->easy;
    curl_easy_reset(easy);
    bool set =
        caus_http_prepare(at->http, easy) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, at->headers) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, at) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) ==
            CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, at) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_PRIVATE, at) == CURLE_OK &&
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, at->words) == CURLE_OK;
    if (set && request->body)
        set = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)request->body_bytes) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body) ==
                  CURLE_OK;
    return set;
}

static caus_status start_next(performance *work, slot *at, caus_error *err)
{
    at->index = work->next++;
    at->request = &work->requests[at->index];
    at->is_busy = true;
    at->tries = 0;
    if (!at->easy)
        at->easy = curl_easy_init();
    if (!at->easy)
        return no_memory(work->http, err);
    curl_slist_free_all(at->headers);
    at->headers = caus_http_headers(work->http, at->request);
    caus_arena_mark mark = caus_arena_get_mark(work->out);
    char *url = caus_http_url(work->http, at->request, work->out);
    if (!url)
        return caus_arena_fail(work->out, err);
    bool set = at->headers && set_request(at, url);
    caus_arena_rewind(work->out, mark); /* libcurl keeps a copy of the url */
    const caus_endpoint *endpoint = &work->http->endpoint;
    if (set && endpoint->asked && at->request->told)
        endpoint->asked(endpoint->asked_data, work->http->server,
                        at->request->told);
    return set ? launch(at, err) : no_memory(work->http, err);
}

/* The first line of a server's text, short enough for a sentence. */
static int first_line(const char *text, size_t bytes)
{
    size_t length = 0;
    while (length < bytes && length < 300 && text[length] != '\n' &&
           text[length] != '\r')
        length++;
    return (int)length;
}

static caus_status fail_denied(const slot *at, long status, caus_error *err)
{
    const caus_http *http = at->http;
    const caus_endpoint *endpoint = &http->endpoint;
    bool has_credentials =
        endpoint->bearer_token || endpoint->user || endpoint->password;
    int length = first_line(at->body, at->body_bytes);
    return CAUS_FAIL(
        err, CAUS_ERR_DENIED,
        "%s at %s refused %s with HTTP %ld%s%.*s%s: %s %sTOKEN, or %sUSER "
        "and %sPASSWORD%s",
        http->server, http->authority, at->request->what, status,
        length ? " (" : "", length, at->body, length ? ")" : "",
        has_credentials ? "the credentials are wrong or lack the right; check"
                        : "give credentials by",
        http->setting, http->setting, http->setting,
        endpoint->tenant ? ", and the tenant" : "");
}

static caus_status fail_transfer(const slot *at, CURLcode code, caus_error *err)
{
    const caus_http *http = at->http;
    const char *words = *at->words ? at->words : curl_easy_strerror(code);
    const char *what = at->request->what;
    double waited_s = 0;
    curl_easy_getinfo(at->easy, CURLINFO_TOTAL_TIME, &waited_s);
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return no_memory(http, err);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "%s: the host of %s is not known (%s): check the url",
                         http->server, http->authority, words);
    case CURLE_COULDNT_CONNECT:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "%s is not reached at %s (%s): is it running and is "
                         "the address right?",
                         http->server, http->authority, words);
    case CURLE_OPERATION_TIMEDOUT:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "%s at %s timed out after %.2g s on %s: raise "
                         "%sTIMEOUT, or ask for less by a narrower query, a "
                         "shorter window or a larger --step",
                         http->server, http->authority, waited_s, what,
                         http->setting);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "the certificate of %s at %s is not trusted (%s): "
                         "name the authority's file by %sCA_FILE",
                         http->server, http->authority, words, http->setting);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "no TLS connection to %s at %s (%s): check http "
                         "against https, %sCERT_FILE and %sKEY_FILE",
                         http->server, http->authority, words, http->setting,
                         http->setting);
    case CURLE_BAD_CONTENT_ENCODING:
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "the reply of %s at %s to %s is damaged or has an "
                         "encoding nobody asked for (%s): try again; if it "
                         "stays, a proxy between is at fault",
                         http->server, http->authority, what, words);
    default:
        return CAUS_FAIL(err, CAUS_ERR_NETWORK,
                         "the reply of %s at %s to %s was cut off (%s): try "
                         "again; if it stays, look into the server's log",
                         http->server, http->authority, what, words);
    }
}

static bool is_lost_connection(CURLcode code)
{
    return code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
           code == CURLE_SEND_ERROR || code == CURLE_PARTIAL_FILE;
}

static void wait_before_retry(slot *at, CURLcode code)
{
    double wait_s = first_wait_s;
    for (int i = 1; i < at->tries; i++)
        wait_s *= 2;
    curl_off_t asked_s = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(at->easy, CURLINFO_RETRY_AFTER, &asked_s);
    if (asked_s > 0)
        wait_s = (double)asked_s;
    if (wait_s > longest_wait_s)
        wait_s = longest_wait_s;
    at->retry_at_ns = caus_clock_monotonic_ns() + (int64_t)(wait_s * 1e9);
}

static caus_status keep_reply(performance *work, slot *at, long status,
                              caus_error *err)
{
    caus_http_reply *reply = &work->replies[at->index];
    *reply = (caus_http_reply){status, at->clock_skew_s, NULL};
    if (!is_success(status)) {
        char *redirect = NULL;
        curl_easy_getinfo(at->easy, CURLINFO_REDIRECT_URL, &redirect);
        reply->error_body =
            redirect
                ? caus_arena_format(work->out, "moved to %s", redirect)
                : caus_arena_copy_text(work->out, at->body, at->body_bytes);
        if (!reply->error_body)
            return caus_arena_fail(work->out, err);
    }
    at->is_busy = false;
    work->done++;
    return CAUS_OK;
}

/* What becomes of a request that libcurl is done with. */
static caus_status settle(performance *work, slot *at, CURLcode code,
                          caus_error *err)
{
    curl_multi_remove_handle(work->http->multi, at->easy);
    if (at->sink_status != CAUS_OK) {
        if (err)
            *err = at->sink_error;
        return at->sink_status;
    }
    long status = 0;
    curl_easy_getinfo(at->easy, CURLINFO_RESPONSE_CODE, &status);
    bool may_retry = at->tries <= work->http->endpoint.retries;
    if (may_retry && (code == CURLE_OK ? is_worth_retrying(status)
                                       : is_lost_connection(code))) {
        wait_before_retry(at, code);
        if (at->request->reset)
            at->request->reset(at->request->sink_data);
        return CAUS_OK;
    }
    if (code != CURLE_OK)
        return fail_transfer(at, code, err);
    if (status == 401 || status == 403)
        return fail_denied(at, status, err);
    return keep_reply(work, at, status, err);
}

static caus_status start_what_is_due(performance *work, caus_error *err)
{
    int64_t now_ns = caus_clock_monotonic_ns();
    for (size_t i = 0; i < work->slot_count; i++) {
        slot *at = &work->slots[i];
        if (at->is_busy) {
            if (at->retry_at_ns && at->retry_at_ns <= now_ns)
                CAUS_TRY(launch(at, err));
        } else if (work->next < work->count) {
            CAUS_TRY(start_next(work, at, err));
        }
    }
    return CAUS_OK;
}

static caus_status settle_finished(performance *work, caus_error *err)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(work->http->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        char *private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        slot *at = NULL;
        for (size_t i = 0; i < work->slot_count; i++) {
            if ((char *)&work->slots[i] == private)
                at = &work->slots[i];
        }
        if (at && at->is_busy)
            CAUS_TRY(settle(work, at, code, err));
    }
    return CAUS_OK;
}

static caus_status perform_all(performance *work, const caus_run *run,
                               caus_error *err)
{
    caus_http *http = work->http;
    while (work->done < work->count) {
        CAUS_TRY(caus_run_check(run, err));
        CAUS_TRY(start_what_is_due(work, err));
        int running;
        if (curl_multi_perform(http->multi, &running) != CURLM_OK)
            return no_memory(http, err);
        size_t done_before = work->done;
        CAUS_TRY(settle_finished(work, err));
        if (work->done == done_before && work->done < work->count &&
            curl_multi_poll(http->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            return no_memory(http, err);
    }
    return CAUS_OK;
}

static void free_slots(performance *work)
{
    for (size_t i = 0; work->slots && i < work->slot_count; i++) {
        slot *at = &work->slots[i];
        if (at->easy) {
            /* A name look-up still under way must not hold a cancelled call
             * back. */
            curl_easy_setopt(at->easy, CURLOPT_QUICK_EXIT, 1L);
            curl_multi_remove_handle(work->http->multi, at->easy);
            curl_easy_cleanup(at->easy);
        }
        curl_slist_free_all(at->headers);
    }
    free(work->slots);
}

caus_status caus_http_perform(caus_http *http,
                              const caus_http_request *requests, size_t count,
                              const caus_run *run, caus_arena *out,
                              caus_http_reply *replies, caus_error *err)
{
    if (!count)
        return CAUS_OK;
    size_t parallel = (size_t)http->endpoint.parallel;
    performance work = {.http = http,
                        .requests = requests,
                        .count = count,
                        .slot_count = count < parallel ? count : parallel,
                        .out = out};
    caus_arena_mark mark = caus_arena_get_mark(out);
    work.slots = caus_alloc(work.slot_count * sizeof *work.slots);
    work.replies = caus_alloc(count * sizeof *work.replies);
    caus_status status;
    if (!work.slots || !work.replies) {
        status = no_memory(http, err);
    } else {
        for (size_t i = 0; i < work.slot_count; i++)
            work.slots[i].http = http;
        status = perform_all(&work, run, err);
    }
    free_slots(&work);
    if (status == CAUS_OK && work.replies)
        memcpy(replies, work.replies, count * sizeof *replies);
    else
        caus_arena_rewind(out, mark);
    free(work.replies);
    return status;
}
