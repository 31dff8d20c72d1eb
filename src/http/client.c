/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "http/http_internal.h"

static const double default_timeout_s = 30;
static const double longest_timeout_s = 24 * 3600;
static const long longest_connect_ms = 10000;
enum { DEFAULT_PARALLEL = 4, MAX_PARALLEL = 64, MAX_RETRIES = 20 };

/* A line break inside a credential would forge another header. */
static bool is_one_line(const char *text)
{
    for (; text && *text; text++) {
        if (iscntrl((unsigned char)*text))
            return false;
    }
    return true;
}

static caus_status check_endpoint(const caus_endpoint *endpoint,
                                  const char *server, caus_error *err)
{
    const char *const texts[] = {endpoint->url,       endpoint->bearer_token,
                                 endpoint->user,      endpoint->password,
                                 endpoint->tenant,    endpoint->ca_file,
                                 endpoint->cert_file, endpoint->key_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!is_one_line(texts[i]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the url, a credential or a file name for %s "
                             "holds a line break or control character: take "
                             "it out",
                             server);
    }
    if (!(endpoint->timeout_s >= 0 && endpoint->timeout_s <= longest_timeout_s))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a time-out of %g s for %s: give 0 (%g s) to %g s",
                         endpoint->timeout_s, server, default_timeout_s,
                         longest_timeout_s);
    if (endpoint->retries < 0 || endpoint->retries > MAX_RETRIES ||
        endpoint->parallel < 0 || endpoint->parallel > MAX_PARALLEL)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%d retries and %d requests at once for %s: give 0 to "
                         "%d retries and at most %d at once",
                         endpoint->retries, endpoint->parallel, server,
                         MAX_RETRIES, MAX_PARALLEL);
    return CAUS_OK;
}

static bool copy_texts(caus_http *http, const char *server)
{
    caus_endpoint *endpoint = &http->endpoint;
    const char **texts[] = {&endpoint->url,       &endpoint->bearer_token,
                            &endpoint->user,      &endpoint->password,
                            &endpoint->tenant,    &endpoint->ca_file,
                            &endpoint->cert_file, &endpoint->key_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!*texts[i])
            continue;
        *texts[i] = caus_arena_copy(http->arena, *texts[i]);
        if (!*texts[i])
            return false;
    }
    http->server = caus_arena_copy(http->arena, server);
    char *setting = caus_arena_format(http->arena, "CAUS_%s_", server);
    for (char *at = setting; at && *at; at++)
        *at = (char)toupper((unsigned char)*at);
    http->setting = setting;
    return http->server && setting;
}

static bool is_loopback_name(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0;
}

/* One part of a parsed url in the arena; "" when it has none. */
static const char *url_part(CURLU *url, CURLUPart part, unsigned flags,
                            caus_arena *arena)
{
    char *found = NULL;
    CURLUcode code = curl_url_get(url, part, &found, flags);
    if (code == CURLUE_OUT_OF_MEMORY)
        return NULL;
    const char *kept = caus_arena_copy(arena, code ? "" : found);
    curl_free(found);
    return kept;
}

static caus_status keep_url(caus_http *http, CURLU *url, caus_error *err)
{
    caus_arena *arena = http->arena;
    const char *scheme = url_part(url, CURLUPART_SCHEME, 0, arena);
    const char *host = url_part(url, CURLUPART_HOST, 0, arena);
    const char *port = url_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena);
    const char *path = url_part(url, CURLUPART_PATH, 0, arena);
    const char *query = url_part(url, CURLUPART_QUERY, 0, arena);
    const char *user = url_part(url, CURLUPART_USER, 0, arena);
    if (!scheme || !host || !port || !path || !query || !user)
        return caus_arena_fail(arena, err);
    if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s speaks http or https, not %s: give a url such as "
                         "http://%s%s",
                         http->server, scheme, host, path);
    if (*user)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the url of %s holds a user name, which would show up "
                         "in logs: leave it out and set %sUSER and "
                         "%sPASSWORD",
                         http->server, http->setting, http->setting);
    size_t length = strlen(path);
    while (length && path[length - 1] == '/')
        length--;
    http->path = caus_arena_copy_text(arena, path, length);
    http->origin = caus_arena_format(arena, "%s://%s:%s%s", scheme, host, port,
                                     http->path ? http->path : "");
    http->authority = caus_arena_format(arena, "%s:%s", host, port);
    http->base_query = *query ? query : NULL;
    http->is_loopback = is_loopback_name(host);
    if (!http->path || !http->origin || !http->authority)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static caus_status read_url(caus_http *http, caus_error *err)
{
    const char *text = http->endpoint.url;
    if (!text || !*text)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no url for %s: give one such as "
                         "http://localhost:9090 or set %sURL",
                         http->server, http->setting);
    CURLU *url = curl_url();
    if (!url)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for a url");
    CURLUcode code =
        curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    caus_status status;
    if (code == CURLUE_OUT_OF_MEMORY)
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory for a url");
    else if (code)
        status = CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                           "the address of %s, '%.200s', is no url (%s): give "
                           "one such as http://localhost:9090",
                           http->server, text, curl_url_strerror(code));
    else
        status = keep_url(http, url, err);
    curl_url_cleanup(url);
    return status;
}

caus_status caus_http_new(const caus_endpoint *endpoint, const char *server,
                          caus_http **result, caus_error *err)
{
    CAUS_TRY(check_endpoint(endpoint, server, err));
    caus_http *http = caus_alloc(sizeof *http);
    if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory for a connection to %s", server);
    }
    http->endpoint = *endpoint;
    if (http->endpoint.timeout_s == 0)
        http->endpoint.timeout_s = default_timeout_s;
    if (http->endpoint.parallel == 0)
        http->endpoint.parallel = DEFAULT_PARALLEL;
    http->arena = caus_arena_new(0);
    http->multi = curl_multi_init();
    caus_status status = CAUS_OK;
    if (!http->arena || !http->multi || !copy_texts(http, server))
        status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                           "no memory for a connection to %s", server);
    else
        status = read_url(http, err);
    if (status != CAUS_OK) {
        caus_http_free(http);
        return status;
    }
    *result = http;
    return CAUS_OK;
}

void caus_http_free(caus_http *http)
{
    if (!http)
        return;
    curl_multi_cleanup(http->multi);
    caus_arena_free(http->arena);
    free(http);
    curl_global_cleanup();
}

const char *caus_http_path(const caus_http *http)
{
    return http->path;
}

/* Keeps the first failure of a row of options. */
static void keep_first(CURLcode *kept, CURLcode code)
{
    if (*kept == CURLE_OK)
        *kept = code;
}

static void set_credentials(const caus_endpoint *endpoint, CURL *easy,
                            CURLcode *code)
{
    if (endpoint->bearer_token) {
        keep_first(code,
                   curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER));
        keep_first(code, curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER,
                                          endpoint->bearer_token));
    } else if (endpoint->user || endpoint->password) {
        keep_first(code,
                   curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC));
        keep_first(code,
                   curl_easy_setopt(easy, CURLOPT_USERNAME,
                                    endpoint->user ? endpoint->user : ""));
        keep_first(code, curl_easy_setopt(
                             easy, CURLOPT_PASSWORD,
                             endpoint->password ? endpoint->password : ""));
    }
    if (endpoint->ca_file)
        keep_first(code,
                   curl_easy_setopt(easy, CURLOPT_CAINFO, endpoint->ca_file));
    if (endpoint->cert_file)
        keep_first(
            code, curl_easy_setopt(easy, CURLOPT_SSLCERT, endpoint->cert_file));
    if (endpoint->key_file)
        keep_first(code,
                   curl_easy_setopt(easy, CURLOPT_SSLKEY, endpoint->key_file));
}

CURLcode caus_http_prepare(const caus_http *http, CURL *easy)
{
    CURLcode code = CURLE_OK;
    long timeout_ms = (long)(http->endpoint.timeout_s * 1000);
    long connect_ms =
        timeout_ms < longest_connect_ms ? timeout_ms : longest_connect_ms;
    keep_first(&code, curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    keep_first(&code,
               curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
    keep_first(&code,
               curl_easy_setopt(easy, CURLOPT_USERAGENT, "caus/" CAUS_VERSION));
    keep_first(&code, curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"));
    keep_first(&code, curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms));
    keep_first(&code,
               curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms));
    keep_first(&code, curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024));
    /* A proxy cannot reach our own loopback interface. */
    if (http->is_loopback)
        keep_first(&code, curl_easy_setopt(easy, CURLOPT_PROXY, ""));
    set_credentials(&http->endpoint, easy, &code);
    return code;
}

char *caus_http_url(const caus_http *http, const caus_http_request *request,
                    caus_arena *out)
{
    const char *first = http->base_query ? http->base_query : request->query;
    const char *second = http->base_query ? request->query : NULL;
    return caus_arena_format(out, "%s%s%s%s%s%s", http->origin, request->path,
                             first ? "?" : "", first ? first : "",
                             second ? "&" : "", second ? second : "");
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer)
        *headers = longer;
    return longer != NULL;
}

static bool add_named_header(struct curl_slist **headers, const char *name,
                             const char *value)
{
    caus_text line = {0};
    caus_text_format(&line, "%s: %s", name, value);
    bool added = !line.failed && add_header(headers, line.bytes);
    caus_text_deinit(&line);
    return added;
}

struct curl_slist *caus_http_headers(const caus_http *http,
                                     const caus_http_request *request)
{
    struct curl_slist *headers = NULL;
    /* Without "Expect:" libcurl holds larger bodies back for a second. */
    bool added = add_header(&headers, "Expect:");
    if (request->content_type)
        added = added && add_named_header(&headers, "Content-Type",
                                          request->content_type);
    if (http->endpoint.tenant)
        added = added && add_named_header(&headers, "X-Scope-OrgID",
                                          http->endpoint.tenant);
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        added = added && add_header(&headers, request->headers[i]);
    if (!added) {
        curl_slist_free_all(headers);
        return NULL;
    }
    return headers;
}

char *caus_http_encode(const char *text, caus_arena *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = strlen(text);
    if (length > SIZE_MAX / 4)
        return NULL;
    char *encoded = caus_arena_array(out, 3 * length + 1, 1);
    char *to = encoded;
    for (const char *at = text; encoded && *at; at++) {
        unsigned char byte = (unsigned char)*at;
        bool is_letter = (byte >= 'A' && byte <= 'Z') ||
                         (byte >= 'a' && byte <= 'z') ||
                         (byte >= '0' && byte <= '9');
        if (is_letter || (byte && strchr("-._~", byte))) {
            *to++ = *at;
        } else {
            *to++ = '%';
            *to++ = digits[byte >> 4];
            *to++ = digits[byte & 15];
        }
    }
    return encoded;
}
