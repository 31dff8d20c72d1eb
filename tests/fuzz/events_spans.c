/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes are a file of spans; what is read has to be trees in order, and
 * evidence and series have to come out of it or a refusal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/trace_evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_trees(const caus_spans *spans)
{
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t parent = spans->parent[i];
        if (spans->operation[i] >= spans->operation_count ||
            spans->trace[i] >= spans->trace_count || spans->duration_ns[i] < -1)
            abort();
        if (parent != CAUS_NO_SPAN &&
            (parent >= i || spans->trace[parent] != spans->trace[i]))
            abort();
        if (i < spans->trace_start[spans->trace[i]] ||
            i >= spans->trace_start[spans->trace[i] + 1])
            abort();
    }
}

static void check_evidence(const caus_trace_evidence *evidence)
{
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *at = &evidence->findings[i];
        if (!(at->p_value >= 0 && at->p_value <= 1) ||
            !(at->q_value >= 0 && at->q_value <= 1) || !isfinite(at->effect) ||
            !isfinite(at->extra_s) ||
            !(at->superiority >= 0 && at->superiority <= 1))
            abort();
    }
}

static void read_path(const char *path)
{
    caus_run_options limits = caus_run_options_default();
    limits.threads = 1;
    limits.memory_limit_bytes = (size_t)4 << 20;
    caus_run *run = NULL;
    caus_arena *out = caus_arena_new((size_t)8 << 20);
    caus_error error;
    caus_spans spans;
    caus_trace_evidence evidence;
    caus_topology topology;
    caus_samples samples;
    caus_spans_step step = {.step_ns = 1000000, .latency_spans = 1};
    if (out && caus_run_new(&limits, &run, &error) == CAUS_OK &&
        caus_spans_read_csv(path, NULL, run, out, &spans, &error) == CAUS_OK) {
        check_trees(&spans);
        caus_evidence_options options = {.min_spans = 1};
        if (caus_spans_evidence(&spans, &options, run, out, &evidence,
                                &error) == CAUS_OK)
            check_evidence(&evidence);
        caus_spans_topology(&spans, out, &topology, NULL, &error);
        caus_spans_to_samples(&spans, &step, run, out, &samples, &error);
    }
    caus_run_free(run);
    caus_arena_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data, bytes) == (ssize_t)bytes)
        read_path(path);
    close(file);
    return 0;
}
