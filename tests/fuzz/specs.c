/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the text of --metrics and of --traces. */
#include <stdlib.h>
#include <string.h>

#include "caus/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    if (!text)
        return 0;
    if (bytes)
        memcpy(text, data, bytes);
    text[bytes] = '\0';
    caus_arena *out = caus_arena_new((size_t)64 << 20);
    const caus_variable_spec *specs;
    size_t count;
    caus_error error;
    if (out &&
        caus_specs_from_metrics(text, out, &specs, &count, &error) == CAUS_OK)
        for (size_t i = 0; i < count; i++)
            if (!specs[i].name[0] || (specs[i].query && !specs[i].query[0]))
                abort();
    if (out &&
        caus_specs_from_traces(text, out, &specs, &count, &error) == CAUS_OK)
        for (size_t i = 0; i < count; i++)
            if (!specs[i].service[0] ||
                strlen(specs[i].service) >= strlen(specs[i].name))
                abort();
    caus_arena_free(out);
    free(text);
    return 0;
}
