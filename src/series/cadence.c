/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that come more often than what is in them is measured. */
#include "caus/cadence.h"

#include <math.h>

#include "series/series_internal.h"

enum {
    MOST_EVERY = 64,
    LEAST_TIMES = 8, /* between new values, of a column that tells */
    LEAST_ROWS = 30, /* that stay */
    MOST_EMPTY = 10  /* one of so many rows */
};

/* When values of a series are new. */
typedef struct cadence {
    const caus_series *series;
    size_t every;
    size_t filled;   /* rows with any value */
    uint32_t *times; /* [variable_count × (MOST_EVERY + 1)] how often so many of
                        those are between new values; more count as the most */
    size_t *known;   /* [variable_count] all of them */
    size_t *own;     /* [variable_count] rows from one to the next; 0 = too few
                        are known */
    uint32_t *fresh; /* [rows of all segments] values that are new */
} cadence;

/* Of a column, up to some row of a segment. */
typedef struct last_seen {
    double value;
    size_t row; /* of its last new value, of those with any; SIZE_MAX = there
                   was none */
} last_seen;

/* Counts what is new in a row, which has so many with any value before it;
 * whether it has one. */
static bool look_at_row(cadence *of, const double *values, size_t before,
                        last_seen *seen, uint32_t *fresh)
{
    bool is_filled = false;
    for (size_t v = 0; v < of->series->variable_count; v++) {
        bool is_same = values[v] == seen[v].value;
        seen[v].value = values[v];
        is_filled = is_filled || !isnan(values[v]);
        if (is_same || isnan(values[v]))
            continue;
        ++*fresh;
        if (seen[v].row != SIZE_MAX) {
            size_t rows = before - seen[v].row;
            rows = rows < MOST_EVERY ? rows : MOST_EVERY;
            of->times[v * (MOST_EVERY + 1) + rows]++;
            of->known[v]++;
        }
        seen[v].row = before;
    }
    return is_filled;
}

static void look_at(cadence *of, const caus_segment *segment, last_seen *seen,
                    uint32_t *fresh)
{
    size_t count = of->series->variable_count;
    for (size_t v = 0; v < count; v++)
        seen[v] = (last_seen){(double)NAN, SIZE_MAX};
    for (size_t row = 0; row < segment->row_count; row++)
        of->filled += look_at_row(of, segment->values + row * count, of->filled,
                                  seen, fresh + row);
}

/* The place of the value behind the first tenth, of counts by place. */
static size_t first_tenth(const uint32_t *counts, size_t places, size_t all)
{
    size_t passed = 0, at = 0;
    while (at + 1 < places && (passed += counts[at]) <= all / 10)
        at++;
    return at;
}

/* Rows from one measurement to the next, of each column and of them all. */
static void find_every(cadence *of)
{
    uint32_t columns[MOST_EVERY + 1] = {0};
    size_t telling = 0;
    for (size_t v = 0; v < of->series->variable_count; v++) {
        if (of->known[v] < LEAST_TIMES)
            continue;
        of->own[v] = first_tenth(of->times + v * (MOST_EVERY + 1),
                                 MOST_EVERY + 1, of->known[v]);
        columns[of->own[v]]++;
        telling++;
    }
    of->every = telling ? first_tenth(columns, MOST_EVERY + 1, telling) : 1;
}

static caus_status find_cadence(cadence *of, caus_arena *out, caus_error *err)
{
    const caus_series *series = of->series;
    size_t count = series->variable_count, at = 0;
    of->times = CAUS_ARRAY(out, uint32_t, count * (MOST_EVERY + 1));
    of->known = CAUS_ARRAY(out, size_t, count);
    of->own = CAUS_ARRAY(out, size_t, count);
    of->fresh = CAUS_ARRAY(out, uint32_t, caus_series_row_count(series));
    last_seen *seen = CAUS_ARRAY(out, last_seen, count);
    if (!of->times || !of->known || !of->own || !of->fresh || !seen)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < series->segment_count; s++) {
        look_at(of, &series->segments[s], seen, of->fresh + at);
        at += series->segments[s].row_count;
    }
    find_every(of);
    return CAUS_OK;
}

/* Where a row of a segment is on the grid that all of them share. */
static size_t place_of(const caus_series *series, const caus_segment *segment,
                       size_t row)
{
    int64_t first = segment->start_ns / series->step_ns;
    return (size_t)first + row;
}

/* The place, up to whole groups of rows, in which most values are new. */
static size_t best_place(const cadence *of)
{
    size_t counts[MOST_EVERY] = {0}, best = 0;
    const uint32_t *fresh = of->fresh;
    for (size_t s = 0; s < of->series->segment_count; s++) {
        const caus_segment *segment = &of->series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++)
            counts[place_of(of->series, segment, row) % of->every] += *fresh++;
    }
    for (size_t i = 1; i < of->every; i++)
        best = counts[i] > counts[best] ? i : best;
    return best;
}

/* What rows [from, to] of a column come to; NaN = none has a value. */
static double value_of(const cadence *of, const caus_segment *segment,
                       size_t from, size_t to, size_t variable)
{
    const caus_series *series = of->series;
    caus_kind kind = series->variables[variable].kind;
    bool is_last = of->own[variable] >= of->every || kind == CAUS_KIND_CATEGORY;
    double sum = 0, most = -(double)INFINITY, last = (double)NAN;
    size_t count = 0;
    for (size_t row = from; row <= to; row++) {
        double value = segment->values[row * series->variable_count + variable];
        if (isnan(value))
            continue;
        sum += value;
        most = fmax(most, value);
        last = value;
        count++;
    }
    if (is_last || !count)
        return last;
    if (kind == CAUS_KIND_EVENT)
        return most;
    return kind == CAUS_KIND_COUNT ? sum : sum / (double)count;
}

/* Those rows of a segment that are at a place of their group. */
static caus_status thin_segment(const cadence *of, size_t place,
                                const caus_segment *from, caus_arena *out,
                                caus_segment *result, caus_error *err)
{
    size_t count = of->series->variable_count, every = of->every;
    size_t begin = place_of(of->series, from, 0);
    size_t first = (place + every - begin % every) % every;
    size_t rows =
        first < from->row_count ? (from->row_count - first - 1) / every + 1 : 0;
    caus_segment_parts parts;
    CAUS_TRY(caus_segment_room(rows, count, out, &parts, err));
    size_t words = caus_words_of_rows(rows);
    for (size_t row = 0; row < rows; row++) {
        size_t to = first + row * every;
        size_t since = to + 1 > every ? to + 1 - every : 0;
        for (size_t v = 0; v < count; v++) {
            double value = value_of(of, from, since, to, v);
            parts.values[row * count + v] = value;
            if (isnan(value))
                caus_set_bit(parts.missing, words, v, row);
        }
    }
    *result = *from;
    result->row_count = rows;
    result->word_count = words;
    result->start_ns += (int64_t)first * of->series->step_ns;
    result->offset_steps =
        (from->offset_steps + (int64_t)first) / (int64_t)every;
    result->values = parts.values;
    result->missing = parts.missing;
    result->support = NULL;
    return CAUS_OK;
}

static bool can_be_thinned(const caus_series *series)
{
    for (size_t s = 0; s < series->segment_count; s++) {
        if (series->segments[s].selected || series->segments[s].start_ns < 0)
            return false;
    }
    return series->step_ns > 0 && !series->gram &&
           series->step_ns <= INT64_MAX / MOST_EVERY;
}

/* Thins a series whose cadence is known. */
static caus_status thin(const cadence *of, caus_arena *out, caus_series *result,
                        caus_error *err)
{
    const caus_series *series = of->series;
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return caus_arena_fail(out, err);
    size_t place = best_place(of);
    for (size_t s = 0; s < series->segment_count; s++)
        CAUS_TRY(thin_segment(of, place, &series->segments[s], out,
                              &segments[s], err));
    *result = *series;
    result->segments = segments;
    result->step_ns = series->step_ns * (int64_t)of->every;
    return CAUS_OK;
}

caus_status caus_series_thin(const caus_series *series, caus_arena *out,
                             caus_series *result, size_t *every,
                             caus_error *err)
{
    caus_series from = *series;
    caus_arena_mark mark = caus_arena_get_mark(out);
    cadence found = {.series = &from, .every = 1};
    if (can_be_thinned(&from))
        CAUS_TRY(find_cadence(&found, out, err));
    size_t rows = caus_series_row_count(&from);
    if (rows / found.every < LEAST_ROWS ||
        (rows - found.filled) * MOST_EMPTY > rows)
        found.every = 1;
    *every = found.every;
    *result = from;
    if (found.every > 1)
        return thin(&found, out, result, err);
    caus_arena_rewind(out, mark);
    return CAUS_OK;
}
