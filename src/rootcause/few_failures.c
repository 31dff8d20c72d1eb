/* SPDX-License-Identifier: Apache-2.0 */
/* How little one failure tells, where failures are counted. */
#include "rootcause/few_failures.h"

#include <math.h>

/* Of the standard deviation that one failure makes: what is rare is seldom as
 * far off as that, and then by many of them. */
static const double deviations = 2;
/* What failed so often, and nothing that is measured alike before, did not fail
 * by chance for once. */
static const double no_chance = 3;

/* What failures are like that are measured the same. */
typedef struct failures {
    double one;  /* the least count that is not none; infinite = not known */
    double rows; /* with any, in succession and with none behind them */
    double runs; /* of such rows */
    bool on;     /* one of them has some in the last rows */
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

/* Adds the first `end` rows of a variable; if fewer than half of these have
 * none, nothing: of what fails in every row no row has one failure. */
static void add_rows(const caus_timeline *timeline, size_t variable, size_t end,
                     failures *found)
{
    const double *values = caus_timeline_values(timeline, variable);
    failures own = *found;
    double none = 0, any = 0, run = 0;
    for (size_t i = 0; i < end; i++) {
        double value = values[timeline->filled[i]];
        if (value > 0) {
            own.one = fmin(own.one, value);
            any++;
            run++;
        } else if (!isnan(value)) {
            none++;
            own.rows += run;
            own.runs += run > 0;
            run = 0;
        }
    }
    own.on = own.on || run > 0;
    if (any <= none)
        *found = own;
}

static void add_healthy(const caus_timeline *timeline, size_t variable,
                        failures *found)
{
    const double *values = caus_timeline_values(timeline, variable);
    add_rows(timeline, variable, end_of_healthy(timeline, values), found);
}

static bool counts_failures(const caus_timeline *timeline, size_t variable)
{
    return timeline->adds_up[variable] && !(timeline->whole[variable] > 0);
}

/* A rate over minutes tells of one failure in many rows in succession. */
static double least_of(const failures *known, size_t rows)
{
    double lasts = known->runs > 0 ? known->rows / known->runs : 1;
    return known->one * fmin(1, deviations * sqrt(lasts / (double)rows));
}

/* What is known of the failures of each measure, by its first variable: in
 * healthy rows, and of each variable in all. */
typedef struct known_failures {
    failures *healthy, *all; /* of measures */
    failures *own;           /* of variables, in all rows */
} known_failures;

static void find_known(const caus_timeline *timeline, const size_t *alike,
                       known_failures *known)
{
    size_t count = timeline->variable_count;
    for (size_t v = 0; v < count; v++)
        known->healthy[v].one = known->all[v].one = known->own[v].one =
            (double)INFINITY;
    for (size_t v = 0; v < count; v++) {
        if (!counts_failures(timeline, v))
            continue;
        add_healthy(timeline, v, &known->healthy[alike[v]]);
        add_rows(timeline, v, timeline->filled_count, &known->all[alike[v]]);
        add_rows(timeline, v, timeline->filled_count, &known->own[v]);
    }
}

/* What tells how little one failure of a variable is: healthy rows of anything
 * measured alike or, where in none of these anything failed, all rows; infinite
 * where it failed too often for that. */
static failures known_of(const known_failures *known, size_t variable,
                         size_t measure)
{
    const failures *own = &known->own[variable];
    if (isfinite(known->healthy[measure].one) ||
        own->runs + own->on >= no_chance)
        return known->healthy[measure];
    return known->all[measure];
}

caus_status caus_few_failures_find(const caus_scene *scene, caus_arena *scratch,
                                   caus_timeline *timeline, caus_error *err)
{
    size_t count = timeline->variable_count;
    const size_t *alike = scene->measures;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    known_failures known = {CAUS_ARRAY(scratch, failures, count),
                            CAUS_ARRAY(scratch, failures, count),
                            CAUS_ARRAY(scratch, failures, count)};
    if (!known.healthy || !known.all || !known.own)
        return caus_arena_fail(scratch, err);
    find_known(timeline, alike, &known);
    for (size_t v = 0; v < count; v++) {
        const failures tell = known_of(&known, v, alike[v]);
        if (counts_failures(timeline, v) && isfinite(tell.one))
            timeline->least[v] =
                fmax(timeline->least[v], least_of(&tell, timeline->present[v]));
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
