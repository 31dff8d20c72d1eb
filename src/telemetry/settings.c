/* SPDX-License-Identifier: Apache-2.0 */
/* caus.yml: which servers, which variables. docs/caus-yml.md */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "caus/telemetry.h"
#include "config/config.h"

/* The file being read and where its texts go. */
typedef struct reading {
    caus_config_file file;
    caus_arena *out;
} reading;

/* A path of the file: relative ones start from the folder of the file. */
static caus_status resolve(const reading *r, const char *path,
                           const char **result, caus_error *err)
{
    const char *slash = strrchr(r->file.path, '/');
    if (path[0] == '/' || !slash) {
        *result = path;
        return CAUS_OK;
    }
    *result = caus_arena_format(r->out, "%.*s/%s", (int)(slash - r->file.path),
                                r->file.path, path);
    return *result ? CAUS_OK : caus_arena_fail(r->out, err);
}

static caus_status get_path(const reading *r, const caus_config_node *map,
                            const char *key, const char **result,
                            caus_error *err)
{
    const char *path = NULL;
    CAUS_TRY(caus_config_get_text(&r->file, map, key, &path, err));
    return path ? resolve(r, path, result, err) : CAUS_OK;
}

/* A secret stands in a file of its own, never in caus.yml. */
static caus_status get_secret(const reading *r, const caus_config_node *map,
                              const char *key, const char **result,
                              caus_error *err)
{
    const char *path = NULL;
    CAUS_TRY(get_path(r, map, key, &path, err));
    if (!path)
        return CAUS_OK;
    caus_error reason = {0};
    caus_status status =
        caus_secret_read_file(path, "the secret file", r->out, result, &reason);
    if (status == CAUS_OK)
        return CAUS_OK;
    return CAUS_FAIL(err, status, "%s of %s: %s", key, r->file.path,
                     reason.message);
}

static caus_status get_limits(const reading *r, const caus_config_node *map,
                              caus_endpoint *endpoint, caus_error *err)
{
    const char *timeout = NULL, *retries = NULL;
    CAUS_TRY(caus_config_get_text(&r->file, map, "timeout", &timeout, err));
    CAUS_TRY(caus_config_get_text(&r->file, map, "retries", &retries, err));
    if (timeout) {
        int64_t duration_ns;
        CAUS_TRY(caus_duration_parse(timeout, &duration_ns, err));
        endpoint->timeout_s = (double)duration_ns / 1e9;
    }
    if (retries) {
        char *end;
        long count = strtol(retries, &end, 10);
        if (end == retries || *end || count < 0 || count > 100)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s: retries is '%.40s': give 0 to 100",
                             r->file.path, retries);
        endpoint->retries = (int)count;
    }
    return CAUS_OK;
}

static caus_status read_server(const reading *r, const char *name,
                               caus_endpoint *endpoint, caus_error *err)
{
    static const char *const keys[] = {"url",           "tenant",     "user",
                                       "password_file", "token_file", "ca_file",
                                       "cert_file",     "key_file",   "timeout",
                                       "retries",       NULL};
    const caus_config_node *map = caus_config_get(r->file.root, name);
    *endpoint = caus_endpoint_default();
    if (!map)
        return CAUS_OK;
    CAUS_TRY(caus_config_check_keys(&r->file, map, keys, err));
    CAUS_TRY(caus_config_get_text(&r->file, map, "url", &endpoint->url, err));
    CAUS_TRY(
        caus_config_get_text(&r->file, map, "tenant", &endpoint->tenant, err));
    CAUS_TRY(caus_config_get_text(&r->file, map, "user", &endpoint->user, err));
    CAUS_TRY(get_path(r, map, "ca_file", &endpoint->ca_file, err));
    CAUS_TRY(get_path(r, map, "cert_file", &endpoint->cert_file, err));
    CAUS_TRY(get_path(r, map, "key_file", &endpoint->key_file, err));
    CAUS_TRY(get_secret(r, map, "token_file", &endpoint->bearer_token, err));
    CAUS_TRY(get_secret(r, map, "password_file", &endpoint->password, err));
    return get_limits(r, map, endpoint, err);
}

static caus_status read_grafana(const reading *r, caus_grafana *grafana,
                                caus_error *err)
{
    static const char *const keys[] = {"url",    "metrics", "clickhouse",
                                       "traces", "logs",    NULL};
    const caus_config_node *map = caus_config_get(r->file.root, "grafana");
    if (!map)
        return CAUS_OK;
    CAUS_TRY(caus_config_check_keys(&r->file, map, keys, err));
    CAUS_TRY(caus_config_get_text(&r->file, map, "url", &grafana->url, err));
    CAUS_TRY(
        caus_config_get_text(&r->file, map, "metrics", &grafana->metrics, err));
    CAUS_TRY(caus_config_get_text(&r->file, map, "clickhouse",
                                  &grafana->clickhouse, err));
    CAUS_TRY(
        caus_config_get_text(&r->file, map, "traces", &grafana->traces, err));
    return caus_config_get_text(&r->file, map, "logs", &grafana->logs, err);
}

static caus_status read_all(reading *r, const char *path,
                            caus_settings *settings, caus_error *err)
{
    static const char *const keys[] = {"prometheus", "clickhouse", "vars",
                                       "topology",   "grafana",    NULL};
    CAUS_TRY(caus_config_read(path, r->out, &r->file, err));
    CAUS_TRY(caus_config_check_keys(&r->file, r->file.root, keys, err));
    CAUS_TRY(read_server(r, "prometheus", &settings->prometheus, err));
    CAUS_TRY(read_server(r, "clickhouse", &settings->clickhouse, err));
    CAUS_TRY(read_grafana(r, &settings->grafana, err));
    CAUS_TRY(get_path(r, r->file.root, "vars", &settings->vars, err));
    return get_path(r, r->file.root, "topology", &settings->topology, err);
}

caus_settings caus_settings_default(void)
{
    return (caus_settings){.prometheus = caus_endpoint_default(),
                           .clickhouse = caus_endpoint_default()};
}

caus_status caus_settings_read(const char *path, caus_arena *out,
                               caus_settings *result, caus_error *err)
{
    reading r = {.out = out};
    caus_settings made = caus_settings_default();
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_status status = read_all(&r, path, &made, err);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
