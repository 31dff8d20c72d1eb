/* SPDX-License-Identifier: Apache-2.0 */
/* Windows that are left open in a query, written as in a Grafana panel. */
#include <string.h>

#include "telemetry/prometheus_promql.h"

static const char *const variables[] = {
    "$__rate_interval", "${__rate_interval}", "$__interval", "${__interval}"};

/* The first open window of a text and its length; NULL = none. */
static const char *find(const char *text, size_t *length)
{
    for (; (text = strchr(text, '$')) != NULL; text++) {
        for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
            *length = strlen(variables[i]);
            if (strncmp(text, variables[i], *length) == 0)
                return text;
        }
    }
    return NULL;
}

bool caus_promql_is_open(const char *text)
{
    size_t length;
    return find(text, &length) != NULL;
}

char *caus_promql_fill(const char *text, int64_t window_ns, caus_arena *out)
{
    caus_text filled = {0};
    char window[32];
    size_t length;
    caus_promql_duration(window_ns, window);
    for (const char *at; (at = find(text, &length)) != NULL;
         text = at + length) {
        caus_text_add_bytes(&filled, text, (size_t)(at - text));
        caus_text_add(&filled, window);
    }
    caus_text_add(&filled, text);
    char *kept = filled.failed
                     ? NULL
                     : caus_arena_copy_text(out, filled.bytes, filled.length);
    caus_text_deinit(&filled);
    return kept;
}
