/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the HTTP client share. */
#ifndef CAUS_SRC_HTTP_HTTP_INTERNAL_H
#define CAUS_SRC_HTTP_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "http/http.h"

struct caus_http {
    caus_arena *arena;      /* of the texts below */
    caus_endpoint endpoint; /* texts copied; defaults filled in */
    const char *server;     /* "Prometheus": for sentences */
    const char *setting;    /* "CAUS_PROMETHEUS_": its environment variables */
    const char *origin;     /* scheme, host, port and path; no final "/" */
    const char *path;       /* that of `origin` */
    const char *base_query; /* of the endpoint's url; NULL */
    const char *authority;  /* "host:port": for sentences */
    bool is_loopback;
    CURLM *multi;
};

/* Sets everything that does not change between requests. */
CURLcode caus_http_prepare(const caus_http *http, CURL *easy);

/* The url of a request, in `out`; NULL = no memory. */
char *caus_http_url(const caus_http *http, const caus_http_request *request,
                    caus_arena *out);

/* The request's own headers and those of the endpoint; NULL = no memory. */
struct curl_slist *caus_http_headers(const caus_http *http,
                                     const caus_http_request *request);

#endif
