/* SPDX-License-Identifier: Apache-2.0 */
/* The input is the text of traces in a recording. */
#include <stdlib.h>
#include <string.h>

#include "caus/span_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    caus_arena *out = caus_arena_new((size_t)64 << 20);
    caus_run_options options = {.threads = 1};
    caus_run *run = NULL;
    caus_spans spans, again;
    caus_error error;
    const char *json;
    if (out && caus_run_new(&options, &run, &error) == CAUS_OK &&
        caus_spans_read_text("it", (const char *)data, bytes, run, out, &spans,
                             &error) == CAUS_OK &&
        caus_spans_write(&spans, out, &json, &error) == CAUS_OK) {
        /* What is written is what is read. */
        if (caus_spans_read_text("again", json, strlen(json), run, out, &again,
                                 &error) != CAUS_OK ||
            again.span_count != spans.span_count ||
            again.trace_count != spans.trace_count)
            abort();
    }
    caus_run_free(run);
    caus_arena_free(out);
    return 0;
}
