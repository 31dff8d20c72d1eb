/* SPDX-License-Identifier: Apache-2.0 */
/* How little one failure tells, where failures are counted. */
#include "rootcause/few_failures.h"

#include <math.h>

/* Of the standard deviation that one failure makes: what is rare is seldom as
 * far off as that, and then by many of them. */
static const double deviations = 2;

/* What failures are like that are measured the same. */
typedef struct failures {
    double one;  /* the least count that is not none; infinite = not known */
    double rows; /* with any */
    double runs; /* of such rows */
} failures;

/* The end of the earlier half of the rows, or before what goes on there: an
 * incident may have begun by then. */
static size_t end_of_healthy(const caus_timeline *timeline,
                             const double *values)
{
    size_t end = timeline->filled_count / 2;
    while (end && !(values[timeline->filled[end - 1]] <= 0))
        end--;
    return end;
}

/* Adds what is healthy; if fewer than half of these rows have none, nothing: of
 * what fails in every row no row has one failure. */
static void add_healthy(const caus_timeline *timeline, size_t variable,
                        failures *found)
{
    const double *values = caus_timeline_values(timeline, variable);
    failures own = {.one = (double)INFINITY};
    double none = 0, last = 0;
    size_t end = end_of_healthy(timeline, values);
    for (size_t i = 0; i < end; i++) {
        double value = values[timeline->filled[i]];
        if (isnan(value))
            continue;
        bool any = value > 0;
        none += !any;
        own.rows += any;
        own.runs += any && last <= 0;
        own.one = any ? fmin(own.one, value) : own.one;
        last = value;
    }
    if (own.rows > none)
        return;
    found->one = fmin(found->one, own.one);
    found->rows += own.rows;
    found->runs += own.runs;
}

static bool counts_failures(const caus_timeline *timeline, size_t variable)
{
    return timeline->adds_up[variable] && !(timeline->whole[variable] > 0);
}

/* A rate over minutes tells of one failure in many rows in succession. */
static double least_of(const failures *known, size_t rows)
{
    double lasts = known->rows / known->runs;
    return known->one * fmin(1, deviations * sqrt(lasts / (double)rows));
}

caus_status caus_few_failures_find(const caus_scene *scene, caus_arena *scratch,
                                   caus_timeline *timeline, caus_error *err)
{
    size_t count = timeline->variable_count;
    const size_t *alike = scene->measures;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    failures *known = CAUS_ARRAY(scratch, failures, count);
    if (!known)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < count; v++)
        known[v].one = (double)INFINITY;
    for (size_t v = 0; v < count; v++) {
        if (counts_failures(timeline, v))
            add_healthy(timeline, v, &known[alike[v]]);
    }
    for (size_t v = 0; v < count; v++) {
        const failures *own = &known[alike[v]];
        if (counts_failures(timeline, v) && isfinite(own->one))
            timeline->least[v] =
                fmax(timeline->least[v], least_of(own, timeline->present[v]));
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
