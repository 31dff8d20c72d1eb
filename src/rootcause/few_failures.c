/* SPDX-License-Identifier: Apache-2.0 */
/* What one failure is, where failures are counted. */
#include "rootcause/few_failures.h"

#include <math.h>

#include "rootcause/measures.h"

/* The smallest count of the earlier half of the rows, as an incident is in the
 * later one; infinite where fewer than half of them have none: of what fails in
 * every row no row has one failure. */
static double smallest_of(const caus_timeline *timeline, size_t variable)
{
    const double *values = caus_timeline_values(timeline, variable);
    size_t none = 0, known = 0;
    double least = (double)INFINITY;
    for (size_t i = 0; i < timeline->filled_count / 2; i++) {
        double value = values[timeline->filled[i]];
        known += isnan(value) ? 0 : 1;
        none += value == 0;
        if (value > 0)
            least = fmin(least, value);
    }
    return 2 * none >= known ? least : (double)INFINITY;
}

static bool counts_failures(const caus_timeline *timeline, size_t variable)
{
    return timeline->adds_up[variable] && !(timeline->whole[variable] > 0);
}

/* The smallest of all that measure the same is one failure: services of which
 * few requests fail have rows with one. */
static void find_one(const caus_timeline *timeline, const size_t *alike,
                     double *one)
{
    for (size_t v = 0; v < timeline->variable_count; v++)
        one[v] = (double)INFINITY;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        if (counts_failures(timeline, v))
            one[alike[v]] = fmin(one[alike[v]], smallest_of(timeline, v));
    }
}

caus_status caus_few_failures_find(const caus_series *series,
                                   caus_arena *scratch, caus_timeline *timeline,
                                   caus_error *err)
{
    size_t count = timeline->variable_count;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    const size_t *alike;
    double *one = CAUS_ARRAY(scratch, double, count);
    if (!one)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(
        caus_measures_number(series->variables, count, scratch, &alike, err));
    find_one(timeline, alike, one);
    for (size_t v = 0; v < count; v++) {
        if (counts_failures(timeline, v) && isfinite(one[alike[v]]))
            timeline->least[v] = fmax(timeline->least[v], one[alike[v]]);
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
