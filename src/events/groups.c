/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "events/events_internal.h"

static int by_value(const void *a, const void *b)
{
    const caus_observed *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->span > y->span) - (x->span < y->span);
}

static size_t place_of(const caus_spans *spans,
                       const caus_observation *observation)
{
    return 2 * (size_t)observation->group +
           (caus_span_phase(spans, observation->span) == CAUS_PHASE_INCIDENT);
}

caus_status caus_group_values(const caus_spans *spans,
                              const caus_observation *observations,
                              size_t count, size_t group_count,
                              const caus_run *run, caus_arena *scratch,
                              caus_groups *result, caus_error *err)
{
    size_t places = 2 * group_count;
    size_t *start = CAUS_ARRAY(scratch, size_t, places + 2);
    caus_observed *values = CAUS_ARRAY(scratch, caus_observed, count);
    if (!start || !values)
        return caus_arena_fail(scratch, err);
    /* counted two places ahead, so that filling moves each into its own */
    for (size_t i = 0; i < count; i++)
        start[place_of(spans, &observations[i]) + 2]++;
    for (size_t i = 2; i < places + 2; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < count; i++)
        values[start[place_of(spans, &observations[i]) + 1]++] =
            (caus_observed){observations[i].value, observations[i].span};
    for (size_t i = 0; i < places; i++) {
        size_t size = start[i + 1] - start[i];
        CAUS_TRY(caus_run_check(run, err));
        if (size > 1)
            qsort(values + start[i], size, sizeof *values, by_value);
    }
    *result = (caus_groups){start, values, group_count};
    return CAUS_OK;
}
