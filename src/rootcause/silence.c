/* SPDX-License-Identifier: Apache-2.0 */
/* Services that fell silent: measured before, not any more, while others are.
 * A service that stopped has no bad values, only none. */
#include <math.h>

#include "rootcause/chain.h"

enum { LEAST_HEARD = 10, LEAST_SILENT = 3 };

static bool has_value(const caus_case *about, size_t service, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_scene *scene = &about->scene;
    for (size_t i = scene->variable_start[service];
         i < scene->variable_start[service + 1]; i++) {
        size_t cell = scene->variables[i] * timeline->row_count + row;
        if (!isnan(timeline->values[cell]))
            return true;
    }
    return false;
}

/* The last row with a value, where the silence after it is more than twice as
 * long as any before; SIZE_MAX = it is heard, or never was. */
static size_t last_heard(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t heard = 0, silent = 0, longest = 0, last = SIZE_MAX;
    for (size_t i = 0; i < timeline->filled_count; i++) {
        if (!has_value(about, service, timeline->filled[i])) {
            silent++;
            continue;
        }
        if (heard++ && silent > longest)
            longest = silent;
        silent = 0;
        last = timeline->filled[i];
    }
    bool fell =
        heard >= LEAST_HEARD && silent >= LEAST_SILENT && silent > 2 * longest;
    return fell ? last : SIZE_MAX;
}

caus_status caus_silence_tell(const caus_case *about, const char **notes,
                              size_t most, size_t *count, caus_error *err)
{
    char at[40];
    *count = 0;
    for (size_t s = 0; s < about->scene.service_count && *count < most; s++) {
        size_t service = about->ranked[s];
        size_t row = last_heard(about, service);
        if (row == SIZE_MAX)
            continue;
        caus_time_format(about->timeline.time_ns[row], at);
        const char *note = caus_arena_format(
            about->out,
            "no value of %s after %s, while others have theirs: it may have "
            "stopped",
            about->scene.services[service], at);
        if (!note)
            return caus_arena_fail(about->out, err);
        notes[(*count)++] = note;
    }
    return CAUS_OK;
}
