/* SPDX-License-Identifier: Apache-2.0 */
/* PromQL of a user: read and limited to the step. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_promql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    caus_promql *query = malloc(sizeof *query);
    caus_arena *out = caus_arena_new((size_t)64 << 20);
    if (!text || !query || !out)
        abort();
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (caus_promql_read(text, query)) {
        /* What was understood is sent whole: nothing but additions. */
        char *sent = caus_promql_limit(query, INT64_C(60000000000), out);
        if (sent && strlen(sent) < strlen(text))
            abort();
    }
    caus_arena_free(out);
    free(query);
    free(text);
    return 0;
}
