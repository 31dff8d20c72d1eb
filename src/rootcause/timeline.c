/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as columns, and how far a window of them is from the rows before. */
#include <math.h>
#include <string.h>

#include "numeric/order.h"
#include "rootcause/rootcause_internal.h"

static const double least_level_share = .02; /* of the scale */
static const double novelty_share = .1;     /* scale where nothing ever moved */
static const double quartile_width = 1.349; /* of a normal distribution */

enum { LEAST_BEFORE = 5, LEAST_HALF = 5 };

/* Segments in the order of time: the earliest first. */
static void sort_segments(const caus_series *series, size_t *order)
{
    for (size_t i = 0; i < series->segment_count; i++) {
        size_t at = i;
        for (; at > 0 && series->segments[order[at - 1]].start_ns >
                             series->segments[i].start_ns;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static void copy_segment(const caus_segment *segment, int64_t step_ns,
                         size_t first_row, caus_timeline *result)
{
    size_t count = result->variable_count;
    for (size_t r = 0; r < segment->row_count; r++) {
        result->time_ns[first_row + r] =
            segment->start_ns + (int64_t)r * step_ns;
        for (size_t v = 0; v < count; v++) {
            double value = segment->values[r * count + v];
            bool missing = caus_segment_is_missing(segment, r, v);
            result->values[v * result->row_count + first_row + r] =
                missing || !isfinite(value) ? (double)NAN : value;
        }
    }
}

caus_status caus_timeline_init(const caus_series *series, caus_arena *out,
                               caus_timeline *result, caus_error *err)
{
    size_t rows = caus_series_row_count(series);
    caus_timeline made = {.row_count = rows,
                          .variable_count = series->variable_count};
    size_t *order = CAUS_ARRAY(out, size_t, series->segment_count);
    made.time_ns = CAUS_ARRAY(out, int64_t, rows);
    made.values = rows <= SIZE_MAX / sizeof(double) / (made.variable_count + 1)
                      ? CAUS_ARRAY(out, double, made.variable_count *rows)
                      : NULL;
    if (!order || !made.time_ns || !made.values)
        return caus_arena_fail(out, err);
    sort_segments(series, order);
    size_t row = 0;
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[order[i]];
        copy_segment(segment, series->step_ns, row, &made);
        row += segment->row_count;
    }
    *result = made;
    return CAUS_OK;
}

/* Bits that compare as the doubles do. */
static uint64_t sort_key(double value)
{
    uint64_t bits;
    value += 0.0; /* −0 as 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

typedef struct keyed_row {
    uint64_t key;
    uint32_t row;
} keyed_row;

/* Sorted runs of doubling length, merged from one buffer into the other. */
static const keyed_row *merge_sort(keyed_row *rows, keyed_row *other,
                                   size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width < count ? low + width : count;
            size_t high = middle + width < count ? middle + width : count;
            size_t a = low, b = middle;
            for (size_t at = low; at < high; at++) {
                bool left =
                    b >= high || (a < middle && rows[a].key <= rows[b].key);
                other[at] = left ? rows[a++] : rows[b++];
            }
        }
        keyed_row *swapped = rows;
        rows = other;
        other = swapped;
    }
    return rows;
}

caus_status caus_timeline_sort(caus_timeline *timeline, size_t healthy,
                               const caus_run *run, caus_arena *out,
                               caus_error *err)
{
    size_t variables = timeline->variable_count;
    uint32_t *order = CAUS_ARRAY(out, uint32_t, variables * healthy);
    uint32_t *present = CAUS_ARRAY(out, uint32_t, variables);
    if (!order || !present)
        return caus_arena_fail(out, err);
    caus_arena_mark mark = caus_arena_get_mark(out);
    keyed_row *rows = CAUS_ARRAY(out, keyed_row, 2 * healthy);
    if (!rows)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < variables; v++) {
        CAUS_TRY(caus_run_check(run, err));
        const double *values = timeline->values + v * timeline->row_count;
        size_t count = 0;
        for (size_t r = 0; r < healthy; r++) {
            if (!isnan(values[r]))
                rows[count++] = (keyed_row){sort_key(values[r]), (uint32_t)r};
        }
        const keyed_row *sorted = merge_sort(rows, rows + healthy, count);
        for (size_t i = 0; i < count; i++)
            order[v * healthy + i] = sorted[i].row;
        present[v] = (uint32_t)count;
    }
    caus_arena_rewind(out, mark);
    timeline->healthy = healthy;
    timeline->order = order;
    timeline->present = present;
    return CAUS_OK;
}

/* What the rows before a window are like. */
typedef struct habit {
    size_t count;
    double median, quartiles, deviation;
} habit;

/* The value at a share of the sorted rows, between neighbours in proportion. */
static double quantile_at(const double *values, const uint32_t *rows,
                          size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t low = (size_t)place;
    double rest = place - (double)low;
    double value = values[rows[low]];
    if (rest > 0 && low + 1 < count)
        value += rest * (values[rows[low + 1]] - value);
    return value;
}

/* Rows of one variable before `until`, in the order of their values. */
static size_t rows_before(const caus_timeline *timeline, size_t variable,
                          size_t until, uint32_t *rows)
{
    const uint32_t *order = timeline->order + variable * timeline->healthy;
    size_t count = 0;
    for (size_t i = 0; i < timeline->present[variable]; i++) {
        rows[count] = order[i];
        count += order[i] < until;
    }
    return count;
}

static habit habit_of(const double *values, const uint32_t *rows, size_t count)
{
    habit found = {.count = count};
    if (count < LEAST_BEFORE)
        return found;
    double sum = 0, squares = 0;
    found.median = quantile_at(values, rows, count, .5);
    for (size_t i = 0; i < count; i++) {
        double off = values[rows[i]] - found.median;
        sum += off;
        squares += off * off;
    }
    double mean = sum / (double)count;
    double variance = squares / (double)count - mean * mean;
    found.deviation = variance > 0 ? sqrt(variance) : 0;
    found.quartiles = quantile_at(values, rows, count, .75) -
                      quantile_at(values, rows, count, .25);
    return found;
}

/* The median of rows [from, to); NaN of none. */
static double median_between(const double *values, size_t from, size_t to,
                             double *scratch)
{
    size_t count = 0;
    for (size_t r = from; r < to; r++) {
        if (!isnan(values[r]))
            scratch[count++] = values[r];
    }
    return caus_median(scratch, count);
}

/* The level of a window: of all of it or, where that is further off, of its
 * first half, as the incident may have ended in it. */
static double level_of(const double *values, size_t from, size_t to,
                       double usual, double *scratch)
{
    double all = median_between(values, from, to, scratch);
    size_t middle = from + (to - from) / 2;
    if (middle - from < LEAST_HALF)
        return all;
    double half = median_between(values, from, middle, scratch);
    return isnan(all) || fabs(half - usual) > fabs(all - usual) ? half : all;
}

caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space)
{
    const double *values = timeline->values + variable * timeline->row_count;
    size_t before = rows_before(timeline, variable, from, space->rows);
    habit usual = habit_of(values, space->rows, before);
    caus_shift shift = {.before = (double)NAN, .after = (double)NAN};
    if (usual.count < LEAST_BEFORE)
        return shift;
    shift.before = usual.median;
    shift.after = level_of(values, from, to, usual.median, space->values);
    if (isnan(shift.after))
        return shift;
    shift.measured = true;
    double most = fmax(fabs(shift.before), fabs(shift.after));
    double change = shift.after - shift.before;
    shift.share = most > 0 ? fabs(change) / most : 0;
    shift.scale =
        fmax(fmax(usual.quartiles / quartile_width, .5 * usual.deviation),
             least_level_share * fabs(usual.median));
    if (usual.deviation <= 0)
        shift.scale = fmax(shift.scale, novelty_share * most);
    shift.size = shift.scale > 0 ? change / shift.scale : 0;
    return shift;
}
