/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses between changes and log lines, the rest is the file.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/changes.h"
#include "caus/logs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What is written is what is read. */
static void read_again(const caus_changes *changes, caus_arena *out)
{
    const char *json;
    caus_changes again;
    caus_error error;
    if (caus_changes_write(changes, out, &json, &error) != CAUS_OK)
        return;
    caus_status status = caus_changes_read_text("again", json, strlen(json),
                                                NULL, out, &again, &error);
    if (status == CAUS_ERR_LIMIT || status == CAUS_ERR_OUT_OF_MEMORY)
        return;
    if (status != CAUS_OK || again.change_count != changes->change_count)
        abort();
}

static void read_changes(const char *path, const caus_run *run, caus_arena *out)
{
    caus_changes changes;
    caus_error error;
    const caus_change_group *groups;
    size_t count, grouped = 0;
    if (caus_changes_read(path, NULL, run, out, &changes, &error) != CAUS_OK)
        return;
    for (size_t i = 1; i < changes.change_count; i++)
        if (changes.changes[i].time_ns < changes.changes[i - 1].time_ns)
            abort();
    read_again(&changes, out);
    if (changes.change_count == 0 ||
        caus_changes_near(&changes, changes.changes[0].time_ns, NULL, out,
                          &groups, &count, &error) != CAUS_OK)
        return;
    for (size_t i = 0; i < count; i++)
        grouped += groups[i].change_count;
    if (grouped > changes.change_count || count == 0)
        abort();
}

static void read_logs(const char *path, const caus_run *run, caus_arena *out)
{
    caus_logs logs;
    caus_error error;
    caus_samples samples;
    const caus_log_novelty *novelty;
    const int64_t step_ns = 1000000000;
    caus_logs_options options = {.max_templates = 20};
    if (caus_logs_read(path, &options, run, out, &logs, &error) != CAUS_OK)
        return;
    size_t lines = 0;
    for (size_t i = 0; i < logs.template_count; i++)
        lines += logs.templates[i].count;
    if (lines != logs.record_count || lines != logs.line_count)
        abort();
    for (size_t i = 0; i < logs.record_count; i++)
        if (logs.kind[i] >= logs.template_count || logs.lines[i] != 1 ||
            logs.trace[i] > logs.trace_count ||
            (i > 0 && logs.time_ns[i] < logs.time_ns[i - 1]))
            abort();
    caus_logs_to_samples(&logs, step_ns, 1, out, &samples, &error);
    if (logs.record_count == 0 ||
        caus_logs_novelty(&logs, logs.time_ns[logs.record_count - 1], step_ns,
                          out, &novelty, &error) != CAUS_OK)
        return;
    for (size_t i = 0; i < logs.template_count; i++)
        if (!isfinite(novelty[i].score))
            abort();
}

static void read_path(const char *path, uint8_t choice)
{
    caus_run_options limits = caus_run_options_default();
    limits.threads = 1;
    limits.memory_limit_bytes = (size_t)4 << 20;
    caus_run *run = NULL;
    caus_arena *out = caus_arena_new((size_t)8 << 20);
    if (out && caus_run_new(&limits, &run, NULL) == CAUS_OK) {
        if (choice & 1)
            read_changes(path, run, out);
        else
            read_logs(path, run, out);
    }
    caus_run_free(run);
    caus_arena_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data + 1, bytes - 1) == (ssize_t)(bytes - 1))
        read_path(path, data[0]);
    close(file);
    return 0;
}
