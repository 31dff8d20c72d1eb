/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that come more often than what is in them is measured. */
#include "caus/cadence.h"

#include <assert.h>
#include <math.h>

#include "series/series_internal.h"

enum {
    MOST_EVERY = 64,
    LEAST_TIMES = 8,   /* between new values, of a column that tells */
    LEAST_ROWS = 30,   /* that stay */
    LEAST_STRETCH = 5, /* … of any segment */
    MOST_EMPTY = 10,   /* one of so many rows */
    COUNTER_RISES = 10 /* for each fall */
};

/* When values of a series are new. */
typedef struct cadence {
    const caus_series *series;
    size_t every;
    size_t filled;   /* rows with any value */
    uint32_t *times; /* [variable_count × (MOST_EVERY + 1)] how often so many of
                        those are between new values; more count as the most */
    size_t *known;   /* [variable_count] all of them */
    size_t *own;     /* [variable_count] rows from one to the next */
    size_t *rises, *falls; /* [variable_count] from one to the next */
    uint32_t *fresh;       /* [rows of all segments] values that are new */
} cadence;

/* Of a column, up to some row of a segment. */
typedef struct last_seen {
    double value, fresh; /* the last, and the last new one */
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
        if (seen[v].row != SIZE_MAX) {
            size_t rows = before - seen[v].row;
            rows = rows < MOST_EVERY ? rows : MOST_EVERY;
            of->times[v * (MOST_EVERY + 1) + rows]++;
            of->known[v]++;
            of->rises[v] += values[v] > seen[v].fresh;
            of->falls[v] += values[v] < seen[v].fresh;
            ++*fresh;
        }
        seen[v].row = before;
        seen[v].fresh = values[v];
    }
    return is_filled;
}

static void look_at(cadence *of, const caus_segment *segment, last_seen *seen,
                    uint32_t *fresh)
{
    size_t count = of->series->variable_count;
    for (size_t v = 0; v < count; v++)
        seen[v] = (last_seen){(double)NAN, (double)NAN, SIZE_MAX};
    for (size_t row = 0; row < segment->row_count; row++)
        of->filled += look_at_row(of, segment->values + row * count, of->filled,
                                  seen, fresh + row);
}

/* The place of what is behind the first tenth, of counts by place from 1 on. */
static size_t first_tenth(const uint32_t *counts, size_t places, size_t all)
{
    size_t passed = 0, at = 1;
    while (at + 1 < places && (passed += counts[at]) <= all / 10)
        at++;
    return at;
}

/* Whether two in three of the times from one new value to the next are so many
 * rows, or a multiple: what changes seldom does so at any time. */
static bool is_regular(const cadence *of, size_t every)
{
    size_t all = 0, multiples = 0;
    for (size_t v = 0; v < of->series->variable_count; v++) {
        const uint32_t *times = of->times + v * (MOST_EVERY + 1);
        for (size_t rows = 1; rows < MOST_EVERY; rows++) {
            all += times[rows];
            multiples += rows % every ? 0 : times[rows];
        }
    }
    return 3 * multiples >= 2 * all;
}

/* Rows from one measurement to the next, of each column and of them all. A
 * column that never changes was measured as seldom as can be told. */
static void find_every(cadence *of)
{
    uint32_t columns[MOST_EVERY + 1] = {0};
    size_t telling = 0;
    for (size_t v = 0; v < of->series->variable_count; v++) {
        of->own[v] = first_tenth(of->times + v * (MOST_EVERY + 1),
                                 MOST_EVERY + 1, of->known[v]);
        if (of->known[v] < LEAST_TIMES)
            continue;
        columns[of->own[v]]++;
        telling++;
    }
    size_t every = telling ? first_tenth(columns, MOST_EVERY + 1, telling) : 1;
    of->every = is_regular(of, every) ? every : 1;
}

static caus_status find_cadence(cadence *of, caus_arena *out, caus_error *err)
{
    const caus_series *series = of->series;
    size_t count = series->variable_count, at = 0;
    of->times = CAUS_ARRAY(out, uint32_t, count * (MOST_EVERY + 1));
    of->known = CAUS_ARRAY(out, size_t, count);
    of->own = CAUS_ARRAY(out, size_t, count);
    of->rises = CAUS_ARRAY(out, size_t, count);
    of->falls = CAUS_ARRAY(out, size_t, count);
    of->fresh = CAUS_ARRAY(out, uint32_t, caus_series_row_count(series));
    last_seen *seen = CAUS_ARRAY(out, last_seen, count);
    if (!of->times || !of->known || !of->own || !of->rises || !of->falls ||
        !of->fresh || !seen)
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

/* Whether a column has its last value for all of a group of rows: told again
 * until it is measured again, or a counter, whose mean counts nothing. */
static bool keeps_last(const cadence *of, size_t variable)
{
    return of->own[variable] >= of->every ||
           of->rises[variable] > COUNTER_RISES * of->falls[variable];
}

/* What rows [from, to] of a column come to; NaN = none has a value, or what is
 * to be added up is not all there. */
static double value_of(const cadence *of, const caus_segment *segment,
                       size_t from, size_t to, size_t variable)
{
    const caus_series *series = of->series;
    caus_kind kind = series->variables[variable].kind;
    caus_bin b = {0};
    for (size_t row = from; row <= to; row++)
        caus_bin_add(&b,
                     segment->values[row * series->variable_count + variable],
                     (double)NAN);
    if (b.count && keeps_last(of, variable))
        return b.last;
    if (kind == CAUS_KIND_COUNT && to - from + 1 < of->every)
        return (double)NAN;
    return caus_bin_value(&b, kind);
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
    assert(of->own && of->rises && of->falls && of->fresh);
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

/* Whether enough rows stay, and have values. */
static bool is_worth_it(const cadence *of)
{
    const caus_series *series = of->series;
    size_t rows = caus_series_row_count(series);
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t own = series->segments[s].row_count;
        if (own && own / of->every < LEAST_STRETCH)
            return false;
    }
    return of->every > 1 && rows / of->every >= LEAST_ROWS &&
           (rows - of->filled) * MOST_EMPTY <= rows;
}

caus_status caus_series_thin(const caus_series *series, caus_arena *out,
                             caus_series *result, size_t *every,
                             caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    cadence found = {.series = series, .every = 1};
    caus_series made = *series;
    caus_status status = CAUS_OK;
    if (can_be_thinned(series))
        status = find_cadence(&found, out, err);
    bool is_thinned = status == CAUS_OK && is_worth_it(&found);
    if (is_thinned)
        status = thin(&found, out, &made, err);
    if (!is_thinned || status != CAUS_OK)
        caus_arena_rewind(out, mark);
    CAUS_TRY(status);
    *every = is_thinned ? found.every : 1;
    *result = made;
    return CAUS_OK;
}
