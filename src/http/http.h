/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client: parallel requests, retries, credentials, limits. */
#ifndef CAUS_SRC_HTTP_HTTP_H
#define CAUS_SRC_HTTP_HTTP_H

#include "caus/telemetry.h"

/*
 * Takes a piece of a reply body as it arrives. Anything but CAUS_OK ends the
 * request with that status.
 */
typedef caus_status caus_http_sink(void *data, const char *bytes, size_t count,
                                   caus_error *err);

/* Forgets what a sink has taken, before a request is tried again. */
typedef void caus_http_reset(void *data);

typedef struct caus_http_request {
    const char *path;  /* after the endpoint's url, from "/" */
    const char *query; /* url-encoded parameters without "?"; NULL */
    const char *body;  /* sent by POST; NULL = GET */
    size_t body_bytes;
    const char *content_type;   /* of the body */
    const char *const *headers; /* "Name: value", NULL-terminated; NULL */
    caus_http_sink *sink;
    caus_http_reset *reset;
    void *sink_data;
    const char *told; /* to the endpoint's `asked`; NULL = nothing */
    const char *what; /* for error sentences: "the range query of redis_cpu" */
} caus_http_request;

typedef struct caus_http_reply {
    long status;            /* HTTP status */
    double clock_skew_s;    /* server Date − our clock, ± 1 s; NaN */
    const char *error_body; /* first 4 KiB of a reply that is not 2xx, in the
                               arena; NULL otherwise */
} caus_http_reply;

typedef struct caus_http caus_http;

/*
 * A client for one server; connections are kept and shared.
 *
 *   endpoint  copied; a query in its url goes before that of each request
 *   server    its name in sentences, "Prometheus"; in capitals also the middle
 *             of the environment variables they point to
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (not an http or https url, credentials
 * in the url, a line break in a text), CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_http_new(const caus_endpoint *endpoint, const char *server,
                          caus_http **result, caus_error *err);
void caus_http_free(caus_http *http);

/* The path of the endpoint's url, below which requests go; "" = none. */
const char *caus_http_path(const caus_http *http);

/*
 * Performs all requests, at most endpoint->parallel at once, polling the run's
 * cancel flag at least every 10 ms. 2xx bodies go to the sinks; other replies
 * are returned in `replies` with their text (the caller words the error), but
 * 401 and 403 fail with CAUS_ERR_DENIED. 429, 502, 503, 504 and lost
 * connections are retried with exponential back-off (Retry-After honoured up
 * to 10 s). gzip is decoded; redirects are not followed, so that credentials
 * stay with the server they were meant for. Fails with the status of a sink
 * that failed, CAUS_ERR_NETWORK (not reached, timed out, cut off, no trust),
 * CAUS_ERR_DENIED, CAUS_ERR_SERVER (undecodable), …_CANCELLED, …_TIME_LIMIT.
 *
 *   replies  [count], error texts in `out`
 */
caus_status caus_http_perform(caus_http *http,
                              const caus_http_request *requests, size_t count,
                              const caus_run *run, caus_arena *out,
                              caus_http_reply *replies, caus_error *err);

/* Percent-encodes everything but unreserved characters. NULL = no memory. */
char *caus_http_encode(const char *text, caus_arena *out);

#endif
