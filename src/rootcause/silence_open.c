/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are not measured any more while others are, and of which
 * nothing else tells whether they stopped. */
#include <math.h>

#include "rootcause/behaviour.h"

enum { LEAST_SILENT = 3 };

static bool is_measured(const caus_case *about, size_t service, size_t row)
{
    const caus_timeline *timeline = &about->timeline;
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (!isnan(caus_timeline_values(timeline, v)[row]))
            return true;
    }
    return false;
}

/* How many of `filled` at the end have no value of a service. */
static size_t rows_unheard(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t at = timeline->filled_count;
    while (at && !is_measured(about, service, timeline->filled[at - 1]))
        at--;
    return timeline->filled_count - at;
}

/* The last row with a value, where the silence after it is more than twice as
 * long as any before; SIZE_MAX = it is heard, or never was. */
static size_t last_heard(const caus_case *about, size_t service)
{
    const caus_timeline *timeline = &about->timeline;
    size_t unheard = rows_unheard(about, service);
    size_t end = timeline->filled_count - unheard;
    size_t heard = 0, silent = 0, longest = 0;
    if (unheard < LEAST_SILENT)
        return SIZE_MAX;
    for (size_t i = 0; i < end; i++) {
        bool here = is_measured(about, service, timeline->filled[i]);
        silent = here ? 0 : silent + 1;
        heard += here;
        if (heard)
            longest = caus_larger(longest, silent);
    }
    bool fell = heard >= CAUS_LEAST_HEARD && unheard > 2 * longest;
    return fell ? timeline->filled[end - 1] : SIZE_MAX;
}

bool caus_silence_is_open(const caus_case *about, size_t service)
{
    return about->silent[service] <= 0 &&
           last_heard(about, service) != SIZE_MAX;
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
