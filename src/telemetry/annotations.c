/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations of a Grafana: one request, one JSON array. */
#include <inttypes.h>
#include <string.h>

#include "base/excerpt.h"
#include "caus/facts.h"
#include "http/http.h"
#include "telemetry/changes_internal.h"

/* Grafana has no pages: what lies beyond the limit cannot be asked for. */
enum { MOST_ANNOTATIONS = 5000 };

static const char path[] = "/api/annotations";
static const char what[] = "the annotations";

static caus_status take_bytes(void *data, const char *bytes, size_t count,
                              caus_error *err)
{
    caus_text *body = data;
    if (body->length + count > CAUS_CHANGE_DOCUMENT_BYTES)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "Grafana sends over %d MiB of annotations: narrow "
                         "them in its url, for example with ?tags=deploy",
                         CAUS_CHANGE_DOCUMENT_BYTES >> 20);
    caus_text_add_bytes(body, bytes, count);
    return body->failed ? CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                                    "no memory for the annotations of Grafana")
                        : CAUS_OK;
}

static void forget_bytes(void *data)
{
    caus_text_deinit(data);
}

static caus_status fail_no_api(const caus_http_reply *reply,
                               const caus_text *body, caus_error *err)
{
    bool is_fine = reply->status >= 200 && reply->status <= 299;
    const char *text = is_fine ? body->bytes : reply->error_body;
    text = text ? text + strspn(text, " \t\r\n") : "";
    if (*text == '<' || (reply->status >= 300 && reply->status <= 399))
        return CAUS_FAIL(err, CAUS_ERR_SERVER,
                         "Grafana, %s: HTTP %ld with %s, not JSON: a login "
                         "page or proxy stands between (set "
                         "CAUS_GRAFANA_TOKEN), or the url is not that of "
                         "Grafana itself, without /d/ and what follows",
                         what, reply->status,
                         *text == '<' ? "an HTML page" : "another address");
    caus_excerpt said = caus_excerpt_of(text, strcspn(text, "\r\n"));
    return CAUS_FAIL(err, CAUS_ERR_SERVER,
                     "Grafana answered HTTP %ld to the request for its "
                     "annotations%s%s%s: check that the url is that of Grafana",
                     reply->status, *said.text ? " with '" : "", said.text,
                     *said.text ? "'" : "");
}

static caus_status read_reply(const caus_http_reply *reply,
                              const caus_text *body, caus_arena *out,
                              caus_changes *result, caus_error *err)
{
    size_t blanks = body->length ? strspn(body->bytes, " \t\r\n") : 0;
    bool is_list = blanks < body->length && body->bytes[blanks] == '[';
    if (reply->status < 200 || reply->status > 299 || !is_list)
        return fail_no_api(reply, body, err);
    return caus_changes_read_text("grafana", body->bytes, body->length, NULL,
                                  out, result, err);
}

/* Each change carries the request that shows it again. */
static caus_status add_query(caus_changes *found, const char *query,
                             caus_arena *out, caus_error *err)
{
    caus_change *changes = CAUS_ARRAY(out, caus_change, found->change_count);
    if (!changes)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < found->change_count; i++) {
        changes[i] = found->changes[i];
        changes[i].query = query;
    }
    found->changes = changes;
    return CAUS_OK;
}

static caus_status check_count(const caus_changes *found, caus_error *err)
{
    if (found->change_count < MOST_ANNOTATIONS)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                     "Grafana has %d annotations or more in the window and the "
                     "two hours before it, of which some would be left out: "
                     "narrow them in its url, for example with ?tags=deploy",
                     MOST_ANNOTATIONS);
}

/* The url of Grafana, or of its annotations already. */
static bool names_annotations(const char *url)
{
    if (!url)
        return false;
    size_t length = strcspn(url, "?#"), wanted = strlen(path);
    while (length && url[length - 1] == '/')
        length--;
    return length >= wanted && memcmp(url + length - wanted, path, wanted) == 0;
}

static caus_status ask(caus_http *http, const caus_http_request *request,
                       const caus_run *run, caus_arena *out,
                       caus_changes *result, caus_error *err)
{
    caus_text body = {0};
    caus_http_request sent = *request;
    caus_http_reply reply;
    sent.sink_data = &body;
    caus_status status =
        caus_http_perform(http, &sent, 1, run, out, &reply, err);
    if (status == CAUS_OK)
        status = read_reply(&reply, &body, out, result, err);
    caus_text_deinit(&body);
    if (status == CAUS_OK)
        status = check_count(result, err);
    return status;
}

static caus_status fetch(const caus_endpoint *endpoint,
                         const caus_facts_options *options, const caus_run *run,
                         caus_arena *out, caus_facts *result, caus_error *err)
{
    /* Alerts that fired are what a change may have done, not changes. */
    const char *query = caus_arena_format(
        out, "type=annotation&from=%" PRId64 "&to=%" PRId64 "&limit=%d",
        options->start_ns / 1000000, options->end_ns / 1000000,
        MOST_ANNOTATIONS);
    caus_fetched_query *told = CAUS_ARRAY(out, caus_fetched_query, 1);
    const char *shown =
        query ? caus_arena_format(out, "GET %s?%s", path, query) : NULL;
    if (!told || !shown)
        return caus_arena_fail(out, err);
    *told = (caus_fetched_query){"grafana", shown};
    caus_http_request request = {
        .path = names_annotations(endpoint->url) ? "" : path,
        .query = query,
        .sink = take_bytes,
        .reset = forget_bytes,
        .told = shown,
        .what = what};
    caus_facts found = {.query_count = 1, .queries = told};
    caus_http *http = NULL;
    CAUS_TRY(caus_http_new(endpoint, "Grafana", &http, err));
    caus_status status = ask(http, &request, run, out, &found.changes, err);
    caus_http_free(http);
    CAUS_TRY(status);
    CAUS_TRY(add_query(&found.changes, shown, out, err));
    *result = found;
    return CAUS_OK;
}

caus_status caus_grafana_changes(const caus_endpoint *endpoint,
                                 const caus_facts_options *options,
                                 const caus_run *run, caus_arena *out,
                                 caus_facts *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = fetch(endpoint, options, run, out, result, err);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
