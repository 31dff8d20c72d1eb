/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a vars.yml file. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "caus/telemetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    caus_arena *out = caus_arena_new((size_t)64 << 20);
    const caus_variable_spec *specs;
    size_t count;
    caus_error error;
    if (out && write(file, data, bytes) == (ssize_t)bytes &&
        caus_specs_from_file(path, out, &specs, &count, &error) == CAUS_OK)
        for (size_t i = 0; i < count; i++)
            if (!specs[i].name || !specs[i].name[0] ||
                (specs[i].origin == CAUS_ORIGIN_TRACE && !specs[i].service))
                abort();
    caus_arena_free(out);
    close(file);
    return 0;
}
