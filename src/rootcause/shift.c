/* SPDX-License-Identifier: Apache-2.0 */
/* How far a window of rows is from the rows before it, and how far they are at
 * many splits one after the other. */
#include <math.h>

#include "rootcause/splits.h"
#include "rootcause/weights.h"

static const double least_level_share = .02; /* of the scale */
static const double novelty_share = .1;     /* scale where nothing ever moved */
static const double quartile_width = 1.349; /* of a normal distribution */

enum { LEAST_BEFORE = 5, LEAST_HALF = 5 };

caus_status caus_shift_space_init(const caus_timeline *timeline,
                                  caus_arena *out, caus_shift_space *result,
                                  caus_error *err)
{
    size_t rows = timeline->row_count;
    caus_shift_space made = {0};
    CAUS_TRY(caus_row_ranks_init(rows, out, &made.ranks, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.before.rows, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.early.rows, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.window, err));
    *result = made;
    return CAUS_OK;
}

/* A set of the rows of one variable; which are in is not told. */
static void name_variable(const caus_timeline *timeline, size_t variable,
                          caus_row_ranks *ranks, caus_rank_set *set)
{
    set->values = caus_timeline_values(timeline, variable);
    set->order = caus_timeline_order(timeline, variable);
    set->rank = ranks->rank;
    caus_row_ranks_find(ranks, set->order, timeline->present[variable]);
}

/* What the rows before a window are like. */
typedef struct habit {
    size_t count;
    double median, mean, quartiles, deviation;
    double few; /* what is counted tells by no median below this; 0 = none */
} habit;

/* Adds the rows of one variable before `until`. If those before a later row of
 * it are in, only what lies between is taken out. */
static void add_before(const caus_timeline *timeline, size_t variable,
                       size_t until, caus_row_ranks *ranks,
                       caus_rows_before *before)
{
    caus_rank_set *set = &before->rows;
    const uint32_t *listed = set->order;
    name_variable(timeline, variable, ranks, set);
    if (listed == set->order && before->until >= until) {
        caus_rank_set_remove(set, until, before->until);
    } else {
        caus_rank_set_clear(set);
        caus_rank_set_add(set, 0, until);
    }
    before->until = until;
}

/* Median and quartiles. */
static habit quartiles_of(const caus_rank_set *set)
{
    habit found = {.count = caus_rank_set_count(set)};
    caus_rank_place place = {0};
    if (found.count < LEAST_BEFORE)
        return found;
    double low = caus_rank_set_quantile(set, found.count, .25, &place);
    found.median = caus_rank_set_quantile(set, found.count, .5, &place);
    found.quartiles =
        caus_rank_set_quantile(set, found.count, .75, &place) - low;
    return found;
}

/* Whether its share of the deviation is surely less than the quartiles tell,
 * so that nobody asks for it: no row is further off than the outermost of its
 * word. */
static bool is_narrow(const caus_rank_set *set, const habit *usual)
{
    double most = usual->quartiles / quartile_width / caus_deviation_share;
    double squares = 0;
    for (size_t word = 0; word < set->words; word++) {
        double low, high;
        if (!caus_rank_set_ends(set, word, &low, &high))
            continue;
        double off = fmax(usual->median - low, high - usual->median);
        squares += set->counts[word] * off * off;
    }
    return squares < .999 * most * most * (double)usual->count;
}

/* Whether a word has one value alone: failures are rare, and sums of nothing
 * need no adding. */
static bool is_all(const caus_rank_set *set, size_t word, double value)
{
    double low, high;
    return caus_rank_set_ends(set, word, &low, &high) && low == value &&
           high == value;
}

/* Of what is narrow and does not add up, mean and deviation are not looked for:
 * they are dear, and the quartiles stand for the deviation. */
static habit habit_of(const caus_rank_set *set, bool adds_up)
{
    habit found = quartiles_of(set);
    if (found.count < LEAST_BEFORE)
        return found;
    found.deviation = found.quartiles / quartile_width;
    if (!adds_up && is_narrow(set, &found))
        return found;
    double sum = 0, squares = 0, count = (double)found.count;
    for (size_t word = 0; word < set->words; word++) {
        const uint32_t *order = set->order + CAUS_RANK_WIDTH * word;
        if (is_all(set, word, found.median))
            continue;
        for (uint64_t bits = set->bits[word]; bits; bits &= bits - 1) {
            double off =
                set->values[order[__builtin_ctzll(bits)]] - found.median;
            sum += off;
            squares += off * off;
        }
    }
    double mean = sum / count;
    double variance = squares / count - mean * mean;
    found.mean = found.median + mean;
    found.deviation = variance > 0 ? sqrt(variance) : 0;
    return found;
}

/* Of a count below this the median of rows goes up or down by a whole one by
 * chance: of three rows in five with none, two in five with one, to the other
 * way round. */
static double few_of(const caus_timeline *timeline, size_t variable)
{
    enum { FEW = 5 };
    const double *values = caus_timeline_values(timeline, variable);
    const uint32_t *order = caus_timeline_order(timeline, variable);
    size_t low = 0, high = timeline->present[variable];
    if (!timeline->adds_up[variable] || timeline->whole[variable] > 0)
        return 0;
    size_t count = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values[order[middle]] > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low < count ? FEW * values[order[low]] : 0;
}

/* The mean of the rows added but for a tenth at each end: what comes and goes
 * is in more of them, what happens once is no outage. NaN of fewer than
 * LEAST_HALF. */
static double trimmed_mean(const caus_rank_set *rows, size_t count)
{
    size_t spared = (count + 9) / 10, at = 0;
    double sum = 0;
    if (count < LEAST_HALF)
        return (double)NAN;
    for (size_t word = 0; word < rows->words; word++) {
        if (is_all(rows, word, 0)) {
            at += rows->counts[word];
            continue;
        }
        for (uint64_t bits = rows->bits[word]; bits; bits &= bits - 1) {
            size_t rank =
                CAUS_RANK_WIDTH * word + (size_t)__builtin_ctzll(bits);
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

/* The medians; NaN of fewer rows than `least`. */
static levels median_level(const caus_rank_set *rows, double before,
                           size_t least, size_t *count)
{
    *count = caus_rank_set_count(rows);
    return (levels){before, *count < least
                                ? (double)NAN
                                : caus_rank_set_median(rows, *count)};
}

/* The level of the rows added. Of failures it counts how many there were. */
static levels level_of(const caus_rank_set *rows, const habit *usual,
                       bool adds_up, size_t least, size_t *count)
{
    levels found = median_level(rows, usual->median, least, count);
    if (!adds_up)
        return found;
    double mean = trimmed_mean(rows, *count);
    bool is_few = fmax(found.before, found.after) < usual->few;
    if (is_few && !isnan(mean))
        found.after = (double)NAN;
    return wider_of(found, (levels){usual->mean, mean});
}

/* The level of a window: of all of it or, where that is further off, of its
 * first half, as the incident may have ended in it. */
static levels levels_of(caus_rank_set *rows, size_t from, size_t to,
                        const habit *usual, bool adds_up, size_t *count)
{
    size_t middle = from + (to - from) / 2;
    caus_rank_set_clear(rows);
    caus_rank_set_add(rows, from, middle);
    levels half = level_of(rows, usual, adds_up, LEAST_HALF, count);
    caus_rank_set_add(rows, middle, to);
    return wider_of(level_of(rows, usual, adds_up, 1, count), half);
}

/* The wider of `found` and of the level of what comes and goes in a window: the
 * mean that is least far from the usual one, of its halves, as what happens
 * once is in one of them. */
static levels wider_throughout(caus_rank_set *rows, size_t from, size_t to,
                               const habit *usual, levels found)
{
    enum { PARTS = 2 };
    double width = isnan(found.after) ? -1 : fabs(found.after - found.before);
    levels nearest = {usual->mean, (double)INFINITY};
    for (size_t part = 0; part < PARTS; part++) {
        caus_rank_set_clear(rows);
        caus_rank_set_add(rows, from + (to - from) * part / PARTS,
                          from + (to - from) * (part + 1) / PARTS);
        double mean = trimmed_mean(rows, caus_rank_set_count(rows));
        if (!(fabs(mean - usual->mean) > width))
            return found;
        if (fabs(mean - usual->mean) < fabs(nearest.after - usual->mean))
            nearest.after = mean;
    }
    return nearest;
}

static double median_of(const caus_rank_set *rows)
{
    size_t count;
    return median_level(rows, 0, 1, &count).after;
}

/* Rows [from, to) of a variable against those before. */
typedef struct contrast {
    const caus_timeline *timeline;
    size_t variable, from, to;
    const caus_rank_set *before; /* all of these */
    caus_row_ranks *ranks;       /* of the variable */
    caus_rows_before *early;     /* room for the earlier half of them */
    caus_rank_set *room;         /* of the variable */
} contrast;

/* What is left of a change if it goes on to rise or fall as it did between the
 * halves of the rows before: a heap that fills up until its garbage is
 * collected, or a disk, does so without an incident. */
static double beyond_drift(const contrast *of, double change)
{
    add_before(of->timeline, of->variable, of->from / 2, of->ranks, of->early);
    caus_rank_set_take_rest(of->room, of->before, &of->early->rows);
    double first = median_of(&of->early->rows);
    double second = median_of(of->room);
    /* Half as far again for each half: from the middle of all rows before. */
    double drift = (second - first) * (double)of->to / (double)of->from;
    if (isnan(drift) || (drift > 0) != (change > 0))
        return change;
    return fabs(drift) < fabs(change) ? change - drift : 0;
}

/* Scales the change of a shift whose levels are known by what is usual. */
static void scale(const caus_timeline *timeline, size_t variable,
                  const habit *usual, double change, caus_shift *shift)
{
    double most = fmax(fabs(shift->before), fabs(shift->after));
    shift->measured = true;
    double whole = timeline->whole[variable];
    double novel = novelty_share * most, level = fabs(usual->median);
    bool is_still = usual->deviation <= 0;
    shift->share = most > 0 ? fabs(change) / most : 0;
    shift->scale = fmax(usual->quartiles / quartile_width,
                        caus_deviation_share * usual->deviation);
    /* Nobody asks in rows without latency: where these are the most, the
     * others tell how long an answer takes. */
    double asked = level > 0 ? level : most;
    shift->least = fmax(
        timeline->least[variable],
        fmax(least_level_share * level, timeline->chance[variable] * asked));
    if (whole > 0) {
        shift->share = fabs(change) / whole;
        shift->least = caus_least_failing * whole;
    } else if (is_still) {
        shift->least = fmax(shift->least, novel);
    }
    shift->scale = fmax(shift->scale, shift->least);
    if (shift->least <= 0)
        shift->least = novel;
    shift->size = shift->scale > 0 ? change / shift->scale : 0;
}

/* How surely the values of a window tell its level, in [0, 1]: where there are
 * fewer than half as many as before, by the root of how many, as against that.
 * Of who is hardly asked any more the last few requests tell what any few may;
 * who crashed and came back tells enough. */
static double fullness(const contrast *of, size_t before, size_t rows)
{
    const caus_timeline *timeline = of->timeline;
    double past = (double)caus_timeline_filled_before(timeline, of->from);
    double all = (double)caus_timeline_filled_before(timeline, of->to);
    double half = past > 0 ? (double)before * (all - past) / past / 2 : 0;
    return half > (double)rows ? sqrt((double)rows / half) : 1;
}

/* The shift between levels, that of the window of so many rows. */
static caus_shift shift_between(const contrast *of, const habit *usual,
                                const levels *found, size_t rows)
{
    caus_shift shift = {
        .before = found->before, .after = found->after, .rows = rows};
    if (isnan(shift.after))
        return shift;
    double change = shift.after - shift.before;
    if (of->timeline->fills[of->variable])
        change = beyond_drift(of, change);
    scale(of->timeline, of->variable, usual, change, &shift);
    shift.size *= fullness(of, usual->count, rows);
    return shift;
}

static caus_shift no_shift(void)
{
    return (caus_shift){.before = (double)NAN, .after = (double)NAN};
}

caus_shift caus_timeline_shift(const caus_timeline *timeline, size_t variable,
                               size_t from, size_t to, caus_shift_space *space)
{
    const contrast of = {.timeline = timeline,
                         .variable = variable,
                         .from = from,
                         .to = to,
                         .before = &space->before.rows,
                         .ranks = &space->ranks,
                         .early = &space->early,
                         .room = &space->window};
    bool adds_up = timeline->adds_up[variable];
    bool comes_and_goes = timeline->comes_and_goes[variable];
    size_t rows, middle = from + (to - from) / 2;
    add_before(timeline, variable, from, &space->ranks, &space->before);
    habit usual = habit_of(&space->before.rows, adds_up || comes_and_goes);
    if (usual.count < LEAST_BEFORE)
        return no_shift();
    usual.few = few_of(timeline, variable);
    name_variable(timeline, variable, &space->ranks, &space->window);
    levels found = levels_of(&space->window, from, to, &usual, adds_up, &rows);
    if (comes_and_goes) {
        found = wider_throughout(&space->window, from, middle, &usual, found);
        found = wider_throughout(&space->window, from, to, &usual, found);
    }
    return shift_between(&of, &usual, &found, rows);
}

caus_status caus_splits_init(const caus_timeline *timeline, caus_arena *out,
                             caus_splits *result, caus_error *err)
{
    caus_splits made = {.timeline = timeline};
    size_t rows = timeline->row_count;
    CAUS_TRY(caus_row_ranks_init(rows, out, &made.ranks, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.before, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.half, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.after, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.early.rows, err));
    CAUS_TRY(caus_rank_set_init(rows, out, &made.room, err));
    *result = made;
    return CAUS_OK;
}

static size_t middle_from(const caus_splits *splits, size_t row)
{
    return row + (splits->timeline->row_count - row) / 2;
}

void caus_splits_begin(caus_splits *splits, size_t variable, size_t row)
{
    caus_rank_set *const sets[] = {&splits->before, &splits->half,
                                   &splits->after, &splits->room};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        name_variable(splits->timeline, variable, &splits->ranks, sets[i]);
        caus_rank_set_clear(sets[i]);
    }
    splits->variable = variable;
    splits->row = row;
    splits->middle = middle_from(splits, row);
    caus_rank_set_add(&splits->before, 0, row);
    caus_rank_set_add(&splits->half, row, splits->middle);
    caus_rank_set_add(&splits->after, row, splits->timeline->row_count);
}

void caus_splits_move(caus_splits *splits, size_t row)
{
    size_t middle = middle_from(splits, row);
    caus_rank_set_remove(&splits->before, row, splits->row);
    caus_rank_set_add(&splits->after, row, splits->row);
    caus_rank_set_add(&splits->half, row, splits->row);
    caus_rank_set_remove(&splits->half, middle, splits->middle);
    splits->row = row;
    splits->middle = middle;
}

caus_shift caus_splits_shift(caus_splits *splits)
{
    const caus_timeline *timeline = splits->timeline;
    const contrast of = {.timeline = timeline,
                         .variable = splits->variable,
                         .from = splits->row,
                         .to = timeline->row_count,
                         .before = &splits->before,
                         .ranks = &splits->ranks,
                         .early = &splits->early,
                         .room = &splits->room};
    bool adds_up = timeline->adds_up[splits->variable];
    habit usual = habit_of(&splits->before, adds_up);
    if (usual.count < LEAST_BEFORE)
        return no_shift();
    usual.few = few_of(timeline, splits->variable);
    size_t rows;
    levels half = level_of(&splits->half, &usual, adds_up, LEAST_HALF, &rows);
    levels found =
        wider_of(level_of(&splits->after, &usual, adds_up, 1, &rows), half);
    return shift_between(&of, &usual, &found, rows);
}

bool caus_splits_bound(const caus_splits *splits, caus_shift *result)
{
    const caus_timeline *timeline = splits->timeline;
    if (timeline->adds_up[splits->variable])
        return false;
    habit usual = quartiles_of(&splits->before);
    /* Quartiles that differ are of rows that do: of their deviation no more
     * need be known. */
    usual.deviation = usual.quartiles / quartile_width;
    if (!(usual.deviation > 0))
        return false;
    size_t rows;
    levels half = median_level(&splits->half, usual.median, LEAST_HALF, &rows);
    levels whole = median_level(&splits->after, usual.median, 1, &rows);
    levels found = wider_of(whole, half);
    *result = (caus_shift){
        .before = found.before, .after = found.after, .rows = rows};
    if (!isnan(found.after))
        scale(timeline, splits->variable, &usual, found.after - found.before,
              result);
    return true;
}
