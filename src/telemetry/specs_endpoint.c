/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/number.h"
#include "caus/config.h"
#include "caus/telemetry.h"

enum { LONGEST_VARIABLE = 128, MOST_RETRIES = 100 };

static const double longest_timeout_s = 24 * 60 * 60;

caus_endpoint caus_endpoint_default(void)
{
    return (caus_endpoint){.timeout_s = 30, .retries = 3, .parallel = 4};
}

/* Names and reads the variables of one prefix. */
typedef struct environment {
    const char *prefix;
    caus_arena *out;
} environment;

static void variable_name(const environment *e, const char *ending,
                          char name[LONGEST_VARIABLE])
{
    (void)snprintf(name, LONGEST_VARIABLE, "%s%s", e->prefix, ending);
}

/* Replaces `field` when the variable is set. */
static caus_status read_text(const environment *e, const char *ending,
                             const char **field, caus_error *err)
{
    char name[LONGEST_VARIABLE];
    variable_name(e, ending, name);
    const char *value = NULL;
    CAUS_TRY(caus_secret_read(name, NULL, e->out, &value, err));
    if (value)
        *field = value;
    return CAUS_OK;
}

static caus_status read_secret(const environment *e, const char *ending,
                               const char **field, caus_error *err)
{
    char name[LONGEST_VARIABLE], file_name[LONGEST_VARIABLE + 8];
    variable_name(e, ending, name);
    (void)snprintf(file_name, sizeof file_name, "%s_FILE", name);
    const char *value = NULL;
    CAUS_TRY(caus_secret_read(name, file_name, e->out, &value, err));
    if (value)
        *field = value;
    return CAUS_OK;
}

static caus_status read_timeout(const environment *e, double *timeout_s,
                                caus_error *err)
{
    const char *text = NULL, *rest = NULL;
    CAUS_TRY(read_text(e, "TIMEOUT", &text, err));
    if (!text)
        return CAUS_OK;
    double seconds = 0;
    int64_t duration_ns = 0;
    bool bare = caus_parse_double(text, text + strlen(text), &seconds, &rest) &&
                *rest == '\0';
    if (!bare && caus_duration_parse(text, &duration_ns, NULL) == CAUS_OK)
        seconds = (double)duration_ns / 1e9;
    if (!(seconds > 0 && seconds <= longest_timeout_s))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%sTIMEOUT is '%.40s': give seconds or a duration up "
                         "to a day, for example 30s",
                         e->prefix, text);
    *timeout_s = seconds;
    return CAUS_OK;
}

static caus_status read_retries(const environment *e, int *retries,
                                caus_error *err)
{
    const char *text = NULL;
    CAUS_TRY(read_text(e, "RETRIES", &text, err));
    if (!text)
        return CAUS_OK;
    size_t digits = strspn(text, "0123456789");
    bool plain = digits > 0 && digits <= 3 && !text[digits];
    long count = plain ? strtol(text, NULL, 10) : -1;
    if (count < 0 || count > MOST_RETRIES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%sRETRIES is '%.40s': give 0 to %d", e->prefix, text,
                         MOST_RETRIES);
    *retries = (int)count;
    return CAUS_OK;
}

static caus_status check_url(const environment *e, const char *url,
                             caus_error *err)
{
    if (!url || caus_is_url(url))
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "%sURL does not start with http:// or https://: write the "
                     "whole address",
                     e->prefix);
}

static caus_status read_endpoint(const environment *e, caus_endpoint *made,
                                 caus_error *err)
{
    const char *token = NULL, *password = NULL, *url = NULL;
    CAUS_TRY(read_text(e, "URL", &url, err));
    CAUS_TRY(check_url(e, url, err));
    CAUS_TRY(read_secret(e, "TOKEN", &token, err));
    CAUS_TRY(read_secret(e, "PASSWORD", &password, err));
    if (token && password)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "both %sTOKEN and %sPASSWORD are set: a server takes "
                         "one of them, unset the other",
                         e->prefix, e->prefix);
    if (url)
        made->url = url;
    if (token)
        made->bearer_token = token;
    if (password)
        made->password = password;
    CAUS_TRY(read_text(e, "USER", &made->user, err));
    CAUS_TRY(read_text(e, "TENANT", &made->tenant, err));
    CAUS_TRY(read_text(e, "CA_FILE", &made->ca_file, err));
    CAUS_TRY(read_text(e, "CERT_FILE", &made->cert_file, err));
    CAUS_TRY(read_text(e, "KEY_FILE", &made->key_file, err));
    CAUS_TRY(read_timeout(e, &made->timeout_s, err));
    return read_retries(e, &made->retries, err);
}

caus_status caus_endpoint_from_environment(const char *prefix, caus_arena *out,
                                           caus_endpoint *endpoint,
                                           caus_error *err)
{
    environment e = {prefix, out};
    if (strlen(prefix) > LONGEST_VARIABLE - 32)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a prefix of environment variables over %d bytes",
                         LONGEST_VARIABLE - 32);
    caus_endpoint made = *endpoint;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = read_endpoint(&e, &made, err);
    if (status == CAUS_OK)
        *endpoint = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
