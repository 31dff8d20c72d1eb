/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as columns. */
#include <math.h>
#include <string.h>

#include "rootcause/measure_words.h"
#include "rootcause/measures.h"
#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

static bool is_filled(const caus_timeline *timeline, size_t row)
{
    for (size_t v = 0; v < timeline->variable_count; v++) {
        if (!isnan(caus_timeline_values(timeline, v)[row]))
            return true;
    }
    return false;
}

size_t caus_timeline_filled_before(const caus_timeline *timeline, size_t row)
{
    size_t low = 0, high = timeline->filled_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->filled[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

caus_status caus_timeline_add_traits(caus_timeline *timeline, caus_arena *out,
                                     caus_error *err)
{
    size_t count = timeline->variable_count;
    timeline->whole = CAUS_ARRAY(out, double, count);
    timeline->chance = CAUS_ARRAY(out, double, count);
    timeline->least = CAUS_ARRAY(out, double, count);
    timeline->adds_up = CAUS_ARRAY(out, bool, count);
    timeline->comes_and_goes = CAUS_ARRAY(out, bool, count);
    timeline->fills = CAUS_ARRAY(out, bool, count);
    if (!timeline->whole || !timeline->chance || !timeline->least ||
        !timeline->adds_up || !timeline->comes_and_goes || !timeline->fills)
        return caus_arena_fail(out, err);
    return CAUS_OK;
}

caus_status caus_timeline_init(const caus_series *series, const size_t *columns,
                               caus_arena *out, caus_timeline *result,
                               caus_error *err)
{
    caus_time_columns laid;
    CAUS_TRY(caus_time_columns_init(series, columns, out, &laid, err));
    caus_timeline made = {.row_count = laid.row_count,
                          .variable_count = laid.column_count,
                          .time_ns = laid.time_ns,
                          .values = laid.values,
                          .filled = CAUS_ARRAY(out, size_t, laid.row_count)};
    if (!made.filled)
        return caus_arena_fail(out, err);
    CAUS_TRY(caus_timeline_add_traits(&made, out, err));
    for (size_t row = 0; row < made.row_count; row++) {
        if (is_filled(&made, row))
            made.filled[made.filled_count++] = row;
    }
    *result = made;
    return CAUS_OK;
}

/* Whether a word of a name ends in one that says that it is a share, as
 * "errorpercentage" does; "duration" says nothing of a ratio. */
static bool is_named_share(const caus_variable *variable)
{
    static const char *const ends[] = {
        "ratio", "ratios", "share", "shares", "percent", "percentage", "pct"};
    const char *name = caus_measure_name(variable);
    size_t length;
    for (const char *word; (word = caus_measure_word(&name, &length));) {
        for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
            size_t own = strlen(ends[k]);
            if (own <= length &&
                caus_word_matches(word + length - own, own, ends[k]))
                return true;
        }
    }
    return strcmp(variable->unit, "ratio") == 0 ||
           strcmp(variable->unit, "percent") == 0;
}

/* Of what may be a share of requests: the value of all of them; 0 = it is none.
 */
static double whole_of(const double *values, size_t rows)
{
    double most = 0, least = 0;
    for (size_t r = 0; r < rows; r++) {
        most = values[r] > most ? values[r] : most;
        least = values[r] < least ? values[r] : least;
    }
    if (least < 0 || most > 100.000001)
        return 0;
    return most <= 1.000001 ? 1 : 100;
}

void caus_timeline_find_traits(caus_timeline *timeline,
                               const caus_series *series,
                               const caus_aspect *aspects, const int *bad)
{
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const caus_variable *variable = &series->variables[v];
        bool may_be_share = aspects[v] == CAUS_ASPECT_ERRORS &&
                            (bad[v] <= 0 || is_named_share(variable));
        timeline->whole[v] = may_be_share
                                 ? whole_of(caus_timeline_values(timeline, v),
                                            timeline->row_count)
                                 : 0;
        timeline->least[v] = caus_aspect_is_time_share(variable, aspects[v])
                                 ? caus_least_time_share
                                 : 0;
        timeline->adds_up[v] = aspects[v] == CAUS_ASPECT_ERRORS;
        timeline->comes_and_goes[v] = aspects[v] == CAUS_ASPECT_LATENCY;
        timeline->fills[v] = aspects[v] == CAUS_ASPECT_MEMORY;
    }
}

caus_time_columns caus_timeline_columns(const caus_timeline *timeline)
{
    return (caus_time_columns){.row_count = timeline->row_count,
                               .column_count = timeline->variable_count,
                               .time_ns = timeline->time_ns,
                               .values = timeline->values,
                               .order = timeline->order,
                               .present = timeline->present};
}

caus_status caus_timeline_sort(caus_timeline *timeline, const caus_run *run,
                               caus_arena *out, caus_error *err)
{
    caus_time_columns columns = caus_timeline_columns(timeline);
    CAUS_TRY(caus_time_columns_sort(&columns, NULL, run, out, err));
    timeline->order = columns.order;
    timeline->present = columns.present;
    return CAUS_OK;
}
