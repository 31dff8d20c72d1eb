/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anything happened: how far the rows from the onset depart from their
 * habit, in what windows of the healthy rows make of every variable. */
#include <math.h>

#include "numeric/distributions.h"
#include "numeric/order.h"
#include "rootcause/beyond.h"
#include "rootcause/onset.h"
#include "rootcause/placebo.h"
#include "rootcause/weights.h"

enum {
    MOST_SPANS = 2,
    LEAST_FIRST = 6, /* rows before the first window */
    LEAST_BASE = 24, /* rows that a window is compared with, or twice it */
    LEAST_HALVED = 10,
    LEAST_LASTING = 4 /* rows of which quarters are looked at */
};

/* Where means have those of the incident, behind those of windows. */
enum { INCIDENT = CAUS_MOST_WINDOWS, SLOTS };

/* Windows lie behind this share of the healthy rows. */
static const double first_share = .35;
/* One value counts at most so many scales. */
static const double most_scales = 10;
/* What other variables say of the scale of one is worth so many windows. */
static const double prior_windows = 8;
/* Largest departures of windows are deviates already, few and alike where
 * windows overlap: their own deviation tells little of that of one more. */
static const caus_windows_prior prior_largest = {.deviation = 1, .windows = 24};

/* Rows from the onset, and healthy windows that they are compared with. */
typedef struct span {
    size_t length; /* of the incident */
    size_t width, base, count;
    size_t starts[CAUS_MOST_WINDOWS];
    double worth; /* windows that do not overlap */
    double usual; /* deviation of a window's mean, of the variable in the middle
                   */
    double *means; /* [variables × SLOTS] of every window and at INCIDENT, less
                      those of the rows before; NaN = missing */
} span;

/* Sums of a variable in scales off its level, up to every row. */
typedef struct running {
    double *sum, *count; /* [rows + 1] */
} running;

static void place_windows(span *made, size_t healthy)
{
    size_t first = (size_t)(first_share * (double)healthy);
    first = caus_larger(first, LEAST_FIRST);
    size_t room = healthy > first ? healthy - first : 0;
    made->width = caus_smaller(made->length, caus_larger(room / 4, 2));
    made->base = caus_larger(2 * made->width, LEAST_BASE);
    made->count = 0;
    if (room < made->width)
        return;
    made->count =
        caus_windows_spread(first, healthy, made->width, made->starts);
    made->worth =
        fmin((double)made->count, fmax(1, (double)room / (double)made->width));
}

/* What one scale is: that of the shift, and no less than a change of the level
 * that counts as one. */
static double least_scale(const caus_case *about, size_t variable)
{
    const caus_shift *shift = &about->shifts[variable];
    bool is_share = about->timeline.whole[variable] > 0;
    double least = is_share ? 0 : caus_least_share * fabs(shift->before);
    return fmax(shift->scale, least);
}

/* Adds a variable up in such scales; returns the deviation of its rows. */
static double add_up_in(const caus_case *about, size_t variable, double scale,
                        running *sums)
{
    const caus_timeline *timeline = &about->timeline;
    const double *values = caus_timeline_values(timeline, variable);
    double level = about->shifts[variable].before;
    double each = (about->scene.bad[variable] < 0 ? -1 : 1) / scale;
    double sum = 0, squares = 0, count = 0;
    for (size_t r = 0; r < timeline->filled_count; r++) {
        double off = each * (values[timeline->filled[r]] - level);
        bool there = !isnan(off);
        off = off < -most_scales ? -most_scales : off;
        off = off > most_scales ? most_scales : off;
        sum += there ? off : 0;
        squares += there ? off * off : 0;
        count += there;
        sums->sum[r + 1] = sum;
        sums->count[r + 1] = count;
    }
    if (count <= 0)
        return 0;
    double mean = sum / count;
    return sqrt(fmax(0, squares / count - mean * mean));
}

/*
 * A scale is no less than its share of the deviation of all rows. What
 * happened in a healthy window is in the scale that this window is held
 * against, so that what happened since must be, too: else a heap that grows now
 * and then is never as far off as the last time.
 */
static void add_up(const caus_case *about, size_t variable, running *sums)
{
    double scale = least_scale(about, variable);
    double least =
        caus_deviation_share * add_up_in(about, variable, scale, sums);
    if (least > 1)
        add_up_in(about, variable, least * scale, sums);
}

/* The mean of rows [from, to) less that of the `base` rows before `at`. */
static double mean_of(const running *sums, size_t from, size_t to, size_t at,
                      size_t base)
{
    size_t first = at > base ? at - base : 0;
    double here = sums->count[to] - sums->count[from];
    double before = sums->count[at] - sums->count[first];
    if (here < 1 || before < 1)
        return (double)NAN;
    return (sums->sum[to] - sums->sum[from]) / here -
           (sums->sum[at] - sums->sum[first]) / before;
}

/* What three quarters of the rows [from, to) are off by, or more: a job that is
 * over before half of them are was no incident. */
static double lasting_mean(const running *sums, size_t from, size_t to,
                           size_t base)
{
    double parts[4], sum = 0;
    size_t known = 0, rows = to - from;
    for (size_t i = 0; i < 4; i++) {
        double part = mean_of(sums, from + rows * i / 4,
                              from + rows * (i + 1) / 4, from, base);
        if (isnan(part))
            continue;
        parts[known++] = part;
        sum += part;
    }
    double sign = sum < 0 ? -1 : 1;
    double least = (double)INFINITY, second = (double)INFINITY;
    for (size_t i = 0; i < known; i++) {
        double off = sign * parts[i];
        second = fmin(second, fmax(least, off));
        least = fmin(least, off);
    }
    if (!known)
        return (double)NAN;
    return sign * fmax(0, known > 1 ? second : least);
}

/* What users feel counts however soon it is over. */
static void measure(size_t onset, const running *sums, const span *of,
                    bool is_felt, double *means)
{
    for (size_t i = 0; i <= of->count; i++) {
        bool is_window = i < of->count;
        size_t from = is_window ? of->starts[i] : onset;
        size_t rows = is_window ? of->width : of->length;
        means[is_window ? i : INCIDENT] =
            is_felt || rows < LEAST_LASTING
                ? mean_of(sums, from, from + rows, from, of->base)
                : lasting_mean(sums, from, from + rows, of->base);
    }
}

/* Whether a healthy window is, or is so near, that what happened in one is in
 * the other or in the rows that it is compared with. None is to the incident.
 */
static bool is_near(const span *of, size_t window, size_t other)
{
    if (window == INCIDENT)
        return false;
    size_t a = of->starts[window], b = of->starts[other];
    return (a < b ? b - a : a - b) < 2 * of->width;
}

/* How far windows go that tell nothing of one of them, or of INCIDENT. */
typedef struct others {
    double square; /* mean of their squares; 0 of none */
    double worth;  /* of how many that do not overlap */
} others;

static others others_than(const span *of, const double *means, size_t window)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < of->count; i++) {
        if (is_near(of, window, i) || isnan(means[i]))
            continue;
        sum += means[i] * means[i];
        count++;
    }
    return (others){.square = count > 0 ? sum / count : 0,
                    .worth = of->worth * count / (double)of->count};
}

static void find_usual(span *of, const bool *used, size_t variables,
                       double *room)
{
    size_t count = 0;
    for (size_t v = 0; v < variables; v++) {
        if (used[v])
            room[count++] =
                sqrt(others_than(of, of->means + v * SLOTS, INCIDENT).square);
    }
    double least = sqrt(1 / (double)of->width + 1 / (double)of->base);
    of->usual = fmax(least, count ? caus_median(room, count) : 0);
}

/*
 * The largest departure of a window, or of INCIDENT, over all variables, as a
 * normal deviate: mean over a deviation that is what the variable does in the
 * other windows, drawn towards what variables do usually.
 */
static double largest_of(const caus_case *about, const span *of,
                         const bool *used, size_t window)
{
    double most = 0, prior = prior_windows * of->usual * of->usual;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        const double *means = of->means + v * SLOTS;
        if (!used[v] || isnan(means[window]))
            continue;
        others known = others_than(of, means, window);
        double freedom = prior_windows + known.worth;
        double size = about->scene.bad[v] ? means[window] : fabs(means[window]);
        double t = size / sqrt((prior + known.worth * known.square) / freedom);
        if (t > most) /* no deviate of t is larger */
            most =
                fmax(most, caus_deviate_of(caus_student_t_sf_fast(t, freedom)));
    }
    return most;
}

/* How far the incident is beyond the windows, in deviations of these. */
static double beyond(const span *spans, size_t span_count,
                     double (*placebo)[CAUS_MOST_WINDOWS], double largest)
{
    size_t count = CAUS_MOST_WINDOWS;
    for (size_t s = 0; s < span_count; s++)
        count = caus_smaller(spans[s].count, count);
    double most[CAUS_MOST_WINDOWS] = {0};
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < span_count; s++) {
            size_t last = spans[s].count - 1;
            size_t at = count > 1 ? last * i / (count - 1) : last;
            most[i] = fmax(most[i], placebo[s][at]);
        }
    }
    return caus_deviate_beyond(most, count, largest, &prior_largest);
}

static double rows_before(const caus_case *about, size_t row)
{
    return (double)caus_timeline_filled_before(&about->timeline, row);
}

static double rows_since(const caus_case *about, size_t row)
{
    return (double)about->timeline.filled_count - rows_before(about, row);
}

/* How often looking before an onset that was named passes by chance, if the
 * incident had begun there. */
static double crossings_before_named(const caus_case *about, double deviate)
{
    double shortest = rows_since(about, about->named_row);
    double more = (double)caus_case_rows_before_named(about);
    return about->onset_row < about->named_row
               ? caus_deviate_crossings(deviate, shortest, shortest + more)
               : 0;
}

/* How often looking for the onset passes by chance. */
static double crossings_of_search(const caus_case *about, double deviate)
{
    double onset = rows_before(about, about->onset_row);
    double near = rows_before(about, about->near_row);
    double after = rows_since(about, about->onset_row);
    double healthy = about->near_row ? fmax(0, onset - near) : onset / 2;
    double shortest = fmin(after, CAUS_LEAST_AFTER);
    return caus_deviate_crossings(deviate, shortest, healthy + after) +
           caus_deviate_crossings(deviate, shortest,
                                  (double)about->searched_rows);
}

double caus_departure_sought(const caus_case *about, double deviate)
{
    if (isnan(deviate))
        return deviate;
    double crossings = about->options->has_onset
                           ? crossings_before_named(about, deviate)
                           : crossings_of_search(about, deviate);
    return crossings > 0 ? caus_deviate_sought(deviate, crossings) : deviate;
}

static caus_status compare(caus_case *about, span *spans, size_t span_count,
                           const bool *used, caus_error *err)
{
    size_t variables = about->series->variable_count;
    double placebo[MOST_SPANS][CAUS_MOST_WINDOWS] = {{0}};
    double *room = CAUS_ARRAY(about->out, double, variables);
    if (!room)
        return caus_arena_fail(about->out, err);
    double largest = 0;
    for (size_t s = 0; s < span_count; s++) {
        find_usual(&spans[s], used, variables, room);
        for (size_t i = 0; i < spans[s].count; i++)
            placebo[s][i] = largest_of(about, &spans[s], used, i);
        largest = fmax(largest, largest_of(about, &spans[s], used, INCIDENT));
    }
    about->departure_over = beyond(spans, span_count, placebo, largest);
    about->departure = caus_departure_sought(about, largest);
    about->departure_beyond =
        caus_departure_sought(about, about->departure_over);
    return CAUS_OK;
}

static caus_status init_spans(const caus_case *about, size_t onset, span *spans,
                              size_t *count, caus_error *err)
{
    size_t after = about->timeline.filled_count - onset;
    size_t cells = about->series->variable_count * SLOTS;
    *count = !after ? 0 : after >= LEAST_HALVED ? 2 : 1;
    for (size_t s = 0; s < *count; s++) {
        spans[s] = (span){.length = s ? after / 2 : after};
        place_windows(&spans[s], onset);
        spans[s].means = CAUS_ARRAY(about->out, double, cells);
        if (!spans[s].means)
            return caus_arena_fail(about->out, err);
        if (!spans[s].count)
            *count = 0;
    }
    return CAUS_OK;
}

static caus_status find(caus_case *about, caus_error *err)
{
    size_t variables = about->series->variable_count, span_count;
    size_t most = about->timeline.filled_count + 1;
    size_t onset =
        caus_timeline_filled_before(&about->timeline, about->onset_row);
    running sums = {CAUS_ARRAY(about->out, double, most),
                    CAUS_ARRAY(about->out, double, most)};
    bool *used = CAUS_ARRAY(about->out, bool, variables);
    span spans[MOST_SPANS];
    if (!sums.sum || !sums.count || !used)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(init_spans(about, onset, spans, &span_count, err));
    if (!span_count)
        return CAUS_OK;
    for (size_t v = 0; v < variables; v++) {
        const caus_shift *shift = &about->shifts[v];
        CAUS_TRY(caus_run_check(about->run, err));
        used[v] = shift->measured && shift->scale > 0 &&
                  caus_scene_tells(&about->scene, v);
        if (!used[v])
            continue;
        add_up(about, v, &sums);
        for (size_t s = 0; s < span_count; s++)
            measure(onset, &sums, &spans[s],
                    !caus_aspect_is_inside(about->scene.aspects[v]),
                    spans[s].means + v * SLOTS);
    }
    return compare(about, spans, span_count, used, err);
}

caus_status caus_departure_find(caus_case *about, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    about->departure_over = (double)NAN;
    about->departure = about->departure_beyond = (double)NAN;
    CAUS_TRY(find(about, err));
    caus_arena_rewind(about->out, mark);
    return CAUS_OK;
}
