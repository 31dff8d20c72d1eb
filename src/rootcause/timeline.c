/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as columns, and how far a window of them is from the rows before. */
#include <math.h>
#include <string.h>

#include "numeric/order.h"
#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

static const double least_level_share = .02; /* of the scale */
static const double novelty_share = .1;     /* scale where nothing ever moved */
static const double quartile_width = 1.349; /* of a normal distribution */

enum { LEAST_BEFORE = 5, LEAST_HALF = 5 };

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
    caus_time_columns columns;
    CAUS_TRY(caus_time_columns_init(series, out, &columns, err));
    caus_timeline made = {
        .row_count = columns.row_count,
        .variable_count = columns.column_count,
        .time_ns = columns.time_ns,
        .values = columns.values,
        .whole = CAUS_ARRAY(out, double, columns.column_count),
        .adds_up = CAUS_ARRAY(out, bool, columns.column_count),
        .fills = CAUS_ARRAY(out, bool, columns.column_count),
        .filled = CAUS_ARRAY(out, size_t, columns.row_count)};
    if (!made.filled || !made.whole || !made.adds_up || !made.fills)
        return caus_arena_fail(out, err);
    for (size_t row = 0; row < made.row_count; row++) {
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
        timeline->fills[v] = aspects[v] == CAUS_ASPECT_MEMORY;
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
    size_t rows = timeline->row_count, cells = timeline->variable_count * rows;
    caus_time_columns columns = caus_timeline_columns(timeline);
    uint32_t *rank = CAUS_ARRAY(out, uint32_t, cells);
    if (!rank)
        return caus_arena_fail(out, err);
    CAUS_TRY(caus_time_columns_sort(&columns, NULL, run, out, err));
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const uint32_t *sorted = columns.order + v * rows;
        uint32_t *place = rank + v * rows;
        for (size_t r = 0; r < rows; r++)
            place[r] = missing_rank(rows);
        for (size_t i = 0; i < columns.present[v]; i++)
            place[sorted[i]] = (uint32_t)i;
    }
    timeline->order = columns.order;
    timeline->present = columns.present;
    timeline->rank = rank;
    return CAUS_OK;
}

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err)
{
    size_t rows = timeline->row_count;
    *result = (caus_shift_space){
        .rows = CAUS_ARRAY(out, uint32_t, rows),
        .sorted = CAUS_ARRAY(out, double, rows),
        .bits = CAUS_ARRAY(out, uint64_t, word_count(rows) + 1)};
    return result->rows && result->sorted && result->bits
               ? CAUS_OK
               : caus_arena_fail(out, err);
}

/* What the rows before a window are like. */
typedef struct habit {
    size_t count;
    double median, mean, quartiles, deviation;
} habit;

/* Lists the rows of one variable before `until`, by their values. What was
 * listed last until a later row of it is passed through again, as that is less
 * than all. */
static void list_before(const caus_timeline *timeline, size_t variable,
                        size_t until, caus_shift_space *space)
{
    size_t start = variable * timeline->row_count, kept = 0;
    const uint32_t *from = timeline->order + start;
    const double *values = timeline->values + start;
    bool again = space->listed == from && space->until >= until;
    size_t count = again ? space->count : timeline->present[variable];
    const uint32_t *rows = again ? space->rows : from;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        space->rows[kept] = row;
        space->sorted[kept] = values[row];
        kept += row < until;
    }
    space->listed = from;
    space->until = until;
    space->count = kept;
}

static habit habit_of(const double *sorted, size_t count)
{
    habit found = {.count = count};
    if (count < LEAST_BEFORE)
        return found;
    double sum = 0, squares = 0;
    found.median = caus_sorted_quantile(sorted, count, .5);
    for (size_t i = 0; i < count; i++) {
        double off = sorted[i] - found.median;
        sum += off;
        squares += off * off;
    }
    double mean = sum / (double)count;
    double variance = squares / (double)count - mean * mean;
    found.mean = found.median + mean;
    found.deviation = variance > 0 ? sqrt(variance) : 0;
    found.quartiles = caus_sorted_quantile(sorted, count, .75) -
                      caus_sorted_quantile(sorted, count, .25);
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

/* What is left of a change if it goes on to rise or fall as it did between the
 * halves of the rows before: a heap that fills up until its garbage is
 * collected, or a disk, does so without an incident. */
static double beyond_drift(const ranked_rows *rows, size_t from, size_t to,
                           double change)
{
    size_t half = from / 2, count;
    memset(rows->bits, 0, (rows->words + 1) * sizeof *rows->bits);
    add_rows(rows, 0, half);
    double first = middle_of(rows, 1, &count);
    memset(rows->bits, 0, (rows->words + 1) * sizeof *rows->bits);
    add_rows(rows, half, from);
    double second = middle_of(rows, 1, &count);
    /* Half as far again for each half: from the middle of all rows before. */
    double drift = (second - first) * (double)to / (double)from;
    if (isnan(drift) || (drift > 0) != (change > 0))
        return change;
    return fabs(drift) < fabs(change) ? change - drift : 0;
}

caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space)
{
    size_t start = variable * timeline->row_count;
    ranked_rows rows = {timeline->values + start, timeline->order + start,
                        timeline->rank + start, space->bits,
                        word_count(timeline->row_count)};
    list_before(timeline, variable, from, space);
    habit usual = habit_of(space->sorted, space->count);
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
    if (timeline->fills[variable])
        change = beyond_drift(&rows, from, to, change);
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
