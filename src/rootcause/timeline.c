/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as columns, and how far a window of them is from the rows before. */
#include <math.h>
#include <string.h>

#include "numeric/row_order.h"
#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

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

static bool is_filled(const caus_timeline *timeline, size_t row)
{
    for (size_t v = 0; v < timeline->variable_count; v++) {
        if (!isnan(timeline->values[v * timeline->row_count + row]))
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

caus_status caus_timeline_init(const caus_series *series, caus_arena *out,
                               caus_timeline *result, caus_error *err)
{
    size_t rows = caus_series_row_count(series);
    caus_timeline made = {.row_count = rows,
                          .variable_count = series->variable_count};
    made.whole = CAUS_ARRAY(out, double, series->variable_count);
    made.adds_up = CAUS_ARRAY(out, bool, series->variable_count);
    size_t *order = CAUS_ARRAY(out, size_t, series->segment_count);
    made.time_ns = CAUS_ARRAY(out, int64_t, rows);
    made.filled = CAUS_ARRAY(out, size_t, rows);
    made.values = rows <= SIZE_MAX / sizeof(double) / (made.variable_count + 1)
                      ? CAUS_ARRAY(out, double, made.variable_count *rows)
                      : NULL;
    if (!order || !made.time_ns || !made.filled || !made.values ||
        !made.whole || !made.adds_up)
        return caus_arena_fail(out, err);
    sort_segments(series, order);
    size_t row = 0;
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[order[i]];
        copy_segment(segment, series->step_ns, row, &made);
        row += segment->row_count;
    }
    for (row = 0; row < rows; row++) {
        if (is_filled(&made, row))
            made.filled[made.filled_count++] = row;
    }
    *result = made;
    return CAUS_OK;
}

static size_t word_count(size_t rows)
{
    return (rows + 63) / 64;
}

/* A bit in a word of its own, which nobody counts. */
static uint32_t missing_rank(size_t rows)
{
    return (uint32_t)(64 * word_count(rows));
}

/* Whether a word of a name says that it is a share. */
static bool is_named_share(const caus_variable *variable)
{
    static const char *const words[] = {"ratio", "share", "percent", "pct"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(variable->name, words[i]))
            return true;
    }
    return strcmp(variable->unit, "ratio") == 0 ||
           strcmp(variable->unit, "percent") == 0;
}

void caus_timeline_find_failures(caus_timeline *timeline,
                                 const caus_series *series,
                                 const caus_aspect *aspects, const int *bad)
{
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const double *values = timeline->values + v * timeline->row_count;
        double most = 0, least = 0;
        timeline->whole[v] = 0;
        timeline->adds_up[v] = aspects[v] == CAUS_ASPECT_ERRORS;
        if (aspects[v] != CAUS_ASPECT_ERRORS ||
            (bad[v] > 0 && !is_named_share(&series->variables[v])))
            continue;
        for (size_t r = 0; r < timeline->row_count; r++) {
            most = values[r] > most ? values[r] : most;
            least = values[r] < least ? values[r] : least;
        }
        if (least >= 0 && most <= 100.000001)
            timeline->whole[v] = most <= 1.000001 ? 1 : 100;
    }
}

caus_status caus_timeline_sort(caus_timeline *timeline, const caus_run *run,
                               caus_arena *out, caus_error *err)
{
    size_t rows = timeline->row_count, cells = timeline->variable_count * rows;
    uint32_t *order = CAUS_ARRAY(out, uint32_t, cells);
    uint32_t *rank = CAUS_ARRAY(out, uint32_t, cells);
    size_t *present = CAUS_ARRAY(out, size_t, timeline->variable_count);
    if (!order || !rank || !present)
        return caus_arena_fail(out, err);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_ordered *room = CAUS_ARRAY(out, caus_ordered, caus_order_room(rows));
    if (!room)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < timeline->variable_count; v++) {
        CAUS_TRY(caus_run_check(run, err));
        uint32_t *sorted = order + v * rows, *place = rank + v * rows;
        present[v] =
            caus_order_rows(timeline->values + v * rows, rows, room, sorted);
        for (size_t r = 0; r < rows; r++)
            place[r] = missing_rank(rows);
        for (size_t i = 0; i < present[v]; i++)
            place[sorted[i]] = (uint32_t)i;
    }
    caus_arena_rewind(out, mark);
    timeline->order = order;
    timeline->rank = rank;
    timeline->present = present;
    return CAUS_OK;
}

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err)
{
    size_t rows = timeline->row_count;
    *result = (caus_shift_space){
        .rows = CAUS_ARRAY(out, uint32_t, rows),
        .bits = CAUS_ARRAY(out, uint64_t, word_count(rows) + 1)};
    return result->rows && result->bits ? CAUS_OK : caus_arena_fail(out, err);
}

/* What the rows before a window are like. */
typedef struct habit {
    size_t count;
    double median, mean, quartiles, deviation;
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
    const uint32_t *order = timeline->order + variable * timeline->row_count;
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
    found.mean = found.median + mean;
    found.deviation = variance > 0 ? sqrt(variance) : 0;
    found.quartiles = quantile_at(values, rows, count, .75) -
                      quantile_at(values, rows, count, .25);
    return found;
}

/* Rows of a variable, each as the bit of its rank: what lies in the middle of
 * them is found by counting, without sorting any window. */
typedef struct ranked_rows {
    const double *values;
    const uint32_t *order, *rank;
    uint64_t *bits; /* [words + 1] */
    size_t words;
} ranked_rows;

static void add_rows(const ranked_rows *rows, size_t from, size_t to)
{
    for (size_t r = from; r < to; r++) {
        uint32_t rank = rows->rank[r];
        rows->bits[rank / 64] |= UINT64_C(1) << (rank % 64);
    }
}

/* The median of the rows added, of which `count` have a value; NaN of fewer
 * than `least`. */
static double middle_of(const ranked_rows *rows, size_t least, size_t *count)
{
    size_t word = 0;
    *count = 0;
    for (size_t i = 0; i < rows->words; i++)
        *count += (size_t)__builtin_popcountll(rows->bits[i]);
    if (*count < least)
        return (double)NAN;
    size_t skip = (*count - 1) / 2, here;
    while ((here = (size_t)__builtin_popcountll(rows->bits[word])) <= skip) {
        skip -= here;
        word++;
    }
    uint64_t bits = rows->bits[word];
    for (; skip; skip--)
        bits &= bits - 1;
    size_t rank = 64 * word + (size_t)__builtin_ctzll(bits);
    double lower = rows->values[rows->order[rank]];
    if (*count % 2)
        return lower;
    for (bits &= bits - 1; !bits;)
        bits = rows->bits[++word];
    rank = 64 * word + (size_t)__builtin_ctzll(bits);
    return .5 * lower + .5 * rows->values[rows->order[rank]];
}

/* The mean of the rows added but for a tenth at each end: what comes and goes
 * is in more of them, what happens once is no outage. NaN of fewer than
 * LEAST_HALF. */
static double trimmed_mean(const ranked_rows *rows, size_t count)
{
    size_t spared = (count + 9) / 10, at = 0;
    double sum = 0;
    if (count < LEAST_HALF)
        return (double)NAN;
    for (size_t word = 0; word < rows->words; word++) {
        for (uint64_t bits = rows->bits[word]; bits; bits &= bits - 1) {
            size_t rank = 64 * word + (size_t)__builtin_ctzll(bits);
            if (at >= spared && at + spared < count)
                sum += rows->values[rows->order[rank]];
            at++;
        }
    }
    return sum / (double)(count - 2 * spared);
}

/* What a variable changes from and to. */
typedef struct levels {
    double before, after;
} levels;

/* The levels that are further apart; NaN = none. */
static levels wider_of(levels a, levels b)
{
    bool is_b = fabs(b.after - b.before) > fabs(a.after - a.before);
    return is_b || isnan(a.after) ? b : a;
}

/* The level of the rows added. Of failures it counts how many there were. */
static levels level_of(const ranked_rows *rows, const habit *usual,
                       bool adds_up, size_t least, size_t *count)
{
    levels found = {usual->median, middle_of(rows, least, count)};
    if (!adds_up)
        return found;
    return wider_of(found, (levels){usual->mean, trimmed_mean(rows, *count)});
}

/* The level of a window: of all of it or, where that is further off, of its
 * first half, as the incident may have ended in it. */
static levels levels_of(const ranked_rows *rows, size_t from, size_t to,
                        const habit *usual, bool adds_up, size_t *count)
{
    size_t middle = from + (to - from) / 2;
    memset(rows->bits, 0, (rows->words + 1) * sizeof *rows->bits);
    add_rows(rows, from, middle);
    levels half = level_of(rows, usual, adds_up, LEAST_HALF, count);
    add_rows(rows, middle, to);
    return wider_of(level_of(rows, usual, adds_up, 1, count), half);
}

caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space)
{
    size_t start = variable * timeline->row_count;
    ranked_rows rows = {timeline->values + start, timeline->order + start,
                        timeline->rank + start, space->bits,
                        word_count(timeline->row_count)};
    size_t before = rows_before(timeline, variable, from, space->rows);
    habit usual = habit_of(rows.values, space->rows, before);
    caus_shift shift = {.before = (double)NAN, .after = (double)NAN};
    if (usual.count < LEAST_BEFORE)
        return shift;
    levels found = levels_of(&rows, from, to, &usual,
                             timeline->adds_up[variable], &shift.rows);
    shift.before = found.before;
    shift.after = found.after;
    if (isnan(shift.after))
        return shift;
    shift.measured = true;
    double most = fmax(fabs(shift.before), fabs(shift.after));
    double change = shift.after - shift.before;
    double whole = timeline->whole[variable];
    double novel = novelty_share * most;
    bool is_still = usual.deviation <= 0;
    shift.share = most > 0 ? fabs(change) / most : 0;
    shift.scale = fmax(usual.quartiles / quartile_width, .5 * usual.deviation);
    shift.least = least_level_share * fabs(usual.median);
    if (whole > 0) {
        shift.share = fabs(change) / whole;
        shift.least = caus_least_failing * whole;
    } else if (is_still) {
        shift.least = fmax(shift.least, novel);
    }
    shift.scale = fmax(shift.scale, shift.least);
    if (shift.least <= 0)
        shift.least = novel;
    shift.size = shift.scale > 0 ? change / shift.scale : 0;
    return shift;
}
