/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole incident files, as they come and then with a digest that fits, so that
 * what stands behind the digest is reached too.
 */
#include <stdlib.h>
#include <unistd.h>

#include "recording/recording_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void read_all(const char *path)
{
    caus_run_options options = caus_run_options_default();
    options.threads = 1;
    options.memory_limit_bytes = (size_t)64 << 20;
    caus_arena *arena = caus_arena_new(options.memory_limit_bytes);
    caus_run *run = NULL;
    caus_error err;
    caus_recording_info info;
    caus_samples samples;
    if (arena && caus_run_new(&options, &run, &err) == CAUS_OK) {
        (void)caus_recording_read_info(path, arena, &info, &err);
        (void)caus_recording_read_samples(path, run, arena, &samples, &err);
    }
    caus_run_free(run);
    caus_arena_free(arena);
}

static void mend_digest(const char *path)
{
    caus_database database;
    caus_error err;
    if (caus_database_open_temporary(&database, path, path, NULL, &err) !=
        CAUS_OK)
        return;
    if (caus_database_execute(&database, "BEGIN", &err) == CAUS_OK)
        (void)caus_database_finish(&database, &err);
    caus_database_close(&database);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[] = "/tmp/caus-fuzz-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        return 0;
    if (write(fd, data, bytes) == (ssize_t)bytes) {
        read_all(path);
        mend_digest(path);
        read_all(path);
    }
    close(fd);
    unlink(path);
    return 0;
}
