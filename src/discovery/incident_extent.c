/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an incident began and ended: the stretch of rows in which most variables
 * stood at another level. docs/design/0026-preset-measures.md
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/incident_internal.h"
#include "numeric/order.h"

enum {
    LEAST_ROWS = 60,
    LEAST_VALUES = 40,
    LEAST_STRETCH = 3,
    BLOCKS = 10,
    CANDIDATES = 8, /* stretches of the clearest variables are tried */
    LEVELS = 11
};

static const double levels[LEVELS] = {1.5, 2,  3,  4.5, 7,  10,
                                      15,  25, 50, 100, 300};
static const double cap = 9;      /* on a row's squared deviation */
static const double longest = .6; /* share of the rows */
static const double least_effect = .05;
static const double stands_out = 2; /* deviations */

/* Log likelihoods, twice. In healthy worlds the best stretch stayed below 116;
 * where the same recording has others nearly as good it is no incident. */
static const double least_evidence = 120, least_lead = 1.5;

/* The stretch of a variable. */
typedef struct stretch {
    size_t variable; /* its place by name */
    size_t start, end;
    double gain;
    double sign; /* of its level */
} stretch;

typedef struct search {
    const caus_series *series;
    size_t *columns; /* [column_count] by name, loads left out */
    size_t column_count;
    size_t row_count;
    size_t first_end;    /* a stretch ends at this row or later */
    double *values;      /* [row_count] of one variable, then deviations */
    double *room;        /* [row_count] */
    double *block;       /* [row_count] */
    const double **rows; /* [all rows] values, by time */
    const uint64_t **missing;
    size_t *word_count, *bit; /* [all rows] of the segment, in it */
    int64_t *time_ns;         /* [all rows] */
    size_t *chosen;           /* [row_count] rows looked at */
    stretch *found;           /* [column_count] */
    size_t found_count;
} search;

/* Values of a column in the rows looked at; counts go to their square root,
 * whose spread does not grow with them. False: too few. */
static bool gather(search *job, size_t column, bool *is_count)
{
    size_t present = 0;
    *is_count = true;
    for (size_t r = 0; r < job->row_count; r++) {
        size_t row = job->chosen[r];
        const uint64_t *bits = job->missing[row];
        size_t at = column * job->word_count[row] + job->bit[row] / 64;
        bool gone = bits && (bits[at] >> (job->bit[row] % 64) & 1);
        double value = gone ? (double)NAN : job->rows[row][column];
        job->values[r] = value;
        if (!isfinite(value))
            continue;
        present++;
        if (value < 0 || value != nearbyint(value))
            *is_count = false;
    }
    for (size_t r = 0; *is_count && r < job->row_count; r++)
        job->values[r] = sqrt(job->values[r] + .375);
    return present >= LEAST_VALUES;
}

/* Deviation of what is near the median: noise, without the incident. */
static double bulk_scale(const search *job, double median, double scale)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t r = 0; r < job->row_count; r++) {
        double apart = job->values[r] - median;
        if (!(fabs(apart) <= 4 * scale))
            continue;
        sum += apart;
        squares += apart * apart;
        count++;
    }
    double mean = sum / (double)count;
    return sqrt(fmax(squares / (double)count - mean * mean, 0));
}

/* The median deviation of ten blocks: over all rows an incident of a quarter of
 * them would widen the quartiles. `room` has a place for each value. */
static double block_spread(const double *values, size_t count, double *room)
{
    double spreads[BLOCKS];
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t first = b * count / BLOCKS;
        size_t rows = (b + 1) * count / BLOCKS - first;
        memcpy(room, values + first, rows * sizeof *room);
        caus_sort(room, rows);
        spreads[b] = caus_sorted_deviation(room, rows);
    }
    return caus_median(spreads, BLOCKS);
}

/* Turns values into robust deviations, 0 where missing. */
static bool standardise(search *job, bool is_count)
{
    size_t count = 0;
    for (size_t r = 0; r < job->row_count; r++)
        if (isfinite(job->values[r]))
            job->room[count++] = job->values[r];
    double spread = block_spread(job->room, count, job->block);
    caus_sort(job->room, count);
    double median = caus_sorted_quantile(job->room, count, .5);
    /* A count's own noise is half a unit of its root. */
    double floor = is_count ? fmax(.5, least_effect / 2 * median)
                            : least_effect * fabs(median);
    double scale = fmax(spread, floor), apart = 0;
    for (size_t i = 0; i < count; i++)
        apart += fabs(job->room[i] - median);
    if (!(scale > 0))
        scale = apart / (double)count;
    if (!(scale > 0))
        return false;
    for (int i = 0; i < 2; i++)
        scale = fmax(scale, bulk_scale(job, median, scale));
    for (size_t r = 0; r < job->row_count; r++)
        job->values[r] =
            isfinite(job->values[r]) ? (job->values[r] - median) / scale : 0;
    return true;
}

static double loss(double deviation)
{
    return fmin(deviation * deviation, cap);
}

/* The stretch that a level fits best in place of 0: Kadane's algorithm. */
static stretch fit_level(const search *job, double level)
{
    stretch best = {0};
    double sum = 0;
    size_t start = 0;
    for (size_t r = 0; r < job->row_count; r++) {
        if (sum <= 0) {
            sum = 0;
            start = r;
        }
        sum += loss(job->values[r]) - loss(job->values[r] - level);
        if (sum > best.gain && r + 1 >= job->first_end)
            best = (stretch){.start = start, .end = r + 1, .gain = sum};
    }
    return best;
}

/* Rows that are worth one: noise that lasts makes levels of its own. */
static double memory_of(search *job, const stretch *s)
{
    size_t count = 0;
    for (size_t r = 0; r < job->row_count; r++)
        if (r < s->start || r >= s->end)
            job->room[count++] = fmax(-4, fmin(4, job->values[r]));
    double mean = 0, variance = 0, memory = 1;
    for (size_t i = 0; i < count; i++)
        mean += job->room[i] / (double)count;
    for (size_t i = 0; i < count; i++) {
        job->room[i] -= mean;
        variance += job->room[i] * job->room[i] / (double)count;
    }
    for (size_t lag = 1; variance > 0 && lag < count / 10; lag++) {
        double sum = 0;
        for (size_t i = lag; i < count; i++)
            sum += job->room[i] * job->room[i - lag];
        double correlation = sum / (double)(count - lag) / variance;
        if (correlation < .1)
            break;
        memory += 2 * correlation;
    }
    return memory;
}

/* Whether two of the three rows before a stretch stand out its way already: the
 * level fits a ramp from its middle on. */
static bool is_raised(const search *job, const stretch *s)
{
    int raised = 0;
    for (size_t r = s->start - 3; r < s->start; r++)
        raised += job->values[r] * s->sign > stands_out;
    return raised >= 2;
}

static void look_at(search *job, size_t place)
{
    bool is_count;
    if (!gather(job, job->columns[place], &is_count) ||
        !standardise(job, is_count))
        return;
    stretch best = {0};
    for (int k = 0; k < 2 * LEVELS; k++) {
        stretch one =
            fit_level(job, k < LEVELS ? levels[k] : -levels[k - LEVELS]);
        if (one.gain > best.gain) {
            best = one;
            best.sign = k < LEVELS ? 1 : -1;
        }
    }
    size_t length = best.end - best.start;
    if (length < LEAST_STRETCH ||
        (double)length > longest * (double)job->row_count)
        return;
    best.variable = place;
    best.gain /= memory_of(job, &best);
    while (best.start >= 3 && is_raised(job, &best))
        best.start--;
    job->found[job->found_count++] = best;
}

static int compare_gains(const void *a, const void *b)
{
    const stretch *left = a, *right = b;
    if (left->gain < right->gain || left->gain > right->gain)
        return left->gain > right->gain ? -1 : 1;
    return (left->variable > right->variable) -
           (left->variable < right->variable);
}

static bool agree(const stretch *one, const stretch *other)
{
    double length = (double)(one->end - one->start);
    return fabs((double)other->start - (double)one->start) <=
               2 + .18 * length &&
           fabs((double)other->end - (double)one->end) <= 2 + .08 * length;
}

/* What all variables say together. */
typedef struct verdict {
    double evidence;
    size_t start, first, last; /* likely start, and between which rows */
    size_t end;
} verdict;

/* The row by which a share of the weight lies. */
static size_t row_at(const double *weight_at, size_t rows, double total,
                     double share)
{
    double sum = 0;
    for (size_t r = 0; r < rows; r++) {
        sum += weight_at[r];
        if (sum >= share * total)
            return r;
    }
    return rows;
}

static verdict join(search *job, const stretch *one, double price)
{
    verdict made = {0};
    double *starts = job->values, *ends = job->room, total = 0;
    for (int side = 0; side < 2; side++) {
        double *weight_at = side ? ends : starts;
        memset(weight_at, 0, job->row_count * sizeof *weight_at);
        made.evidence = 0;
        for (size_t i = 0; i < job->found_count; i++) {
            const stretch *other = &job->found[i];
            if (!agree(one, other) || other->gain <= price)
                continue;
            made.evidence += other->gain - price;
            double weight = log(other->gain / price);
            total += side ? 0 : weight;
            weight_at[side ? other->end - 1 : other->start] += weight;
        }
    }
    made.start = row_at(starts, job->row_count, total, .15);
    made.first = row_at(starts, job->row_count, total, .05);
    made.last = row_at(starts, job->row_count, total, .5);
    made.end = row_at(ends, job->row_count, total, .5) + 1;
    return made;
}

/* The best stretch of the rows chosen. */
static caus_status find_best(search *job, const caus_run *run, verdict *best,
                             caus_error *err)
{
    *best = (verdict){0};
    job->found_count = 0;
    if (job->row_count < LEAST_ROWS)
        return CAUS_OK;
    for (size_t c = 0; c < job->column_count; c++) {
        CAUS_TRY(caus_run_check(run, err));
        look_at(job, c);
    }
    qsort(job->found, job->found_count, sizeof *job->found, compare_gains);
    double price = log((double)job->row_count * (double)job->column_count);
    for (size_t i = 0; i < job->found_count && i < CANDIDATES; i++) {
        verdict made = join(job, &job->found[i], price);
        if (made.evidence > best->evidence)
            *best = made;
    }
    return CAUS_OK;
}

/* Columns by name: their order in the source leaves no trace. */
static void order_columns(search *job)
{
    const caus_variable *variables = job->series->variables;
    for (size_t v = 0; v < job->series->variable_count; v++) {
        if (variables[v].role != CAUS_ROLE_SYSTEM ||
            variables[v].kind == CAUS_KIND_CATEGORY ||
            caus_symptom_of(&variables[v]) == CAUS_SYMPTOM_LOAD)
            continue;
        size_t at = job->column_count++;
        for (; at > 0 && strcmp(variables[job->columns[at - 1]].name,
                                variables[v].name) > 0;
             at--)
            job->columns[at] = job->columns[at - 1];
        job->columns[at] = v;
    }
}

/* Rows by time, over all segments; those of the first environment, where there
 * are two, are not in question. */
static void order_rows(search *job, size_t *order)
{
    const caus_series *series = job->series;
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t at = s;
        for (; at > 0 && series->segments[order[at - 1]].start_ns >
                             series->segments[s].start_ns;
             at--)
            order[at] = order[at - 1];
        order[at] = s;
    }
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[order[s]];
        if (series->environment_count > 1 &&
            segment->environment == series->environments[0].id)
            job->first_end = job->row_count + segment->row_count + 1;
        for (size_t r = 0; r < segment->row_count; r++) {
            size_t row = job->row_count++;
            job->rows[row] = segment->values + r * series->variable_count;
            job->missing[row] = segment->missing;
            job->word_count[row] = segment->word_count;
            job->bit[row] = r;
            job->time_ns[row] =
                segment->start_ns + (int64_t)r * series->step_ns;
            job->chosen[row] = row;
        }
    }
}

static bool prepare(search *job, caus_arena *scratch)
{
    const caus_series *series = job->series;
    size_t rows = caus_series_row_count(series);
    size_t *order = CAUS_ARRAY(scratch, size_t, series->segment_count);
    job->columns = CAUS_ARRAY(scratch, size_t, series->variable_count);
    job->values = CAUS_ARRAY(scratch, double, rows);
    job->room = CAUS_ARRAY(scratch, double, rows);
    job->block = CAUS_ARRAY(scratch, double, rows);
    job->rows = CAUS_ARRAY(scratch, const double *, rows);
    job->missing = CAUS_ARRAY(scratch, const uint64_t *, rows);
    job->word_count = CAUS_ARRAY(scratch, size_t, rows);
    job->bit = CAUS_ARRAY(scratch, size_t, rows);
    job->time_ns = CAUS_ARRAY(scratch, int64_t, rows);
    job->chosen = CAUS_ARRAY(scratch, size_t, rows);
    job->found = CAUS_ARRAY(scratch, stretch, series->variable_count);
    if (!order || !job->columns || !job->values || !job->room || !job->block ||
        !job->rows || !job->missing || !job->word_count || !job->bit ||
        !job->time_ns || !job->chosen || !job->found)
        return false;
    order_columns(job);
    order_rows(job, order);
    return true;
}

/* What came first is the norm: a stretch from the first row on is the time
 * before an onset that did not end. */
static void write_extent(const search *job, const verdict *best, size_t rows,
                         caus_extent *made)
{
    bool is_before = best->start == 0 && best->end < rows;
    size_t row = is_before ? best->end : best->start;
    size_t first = is_before ? row : best->first;
    size_t last = is_before ? row : best->last;
    made->found = true;
    made->onset = (caus_onset){true,
                               row,
                               first,
                               last,
                               job->time_ns[row],
                               job->time_ns[first],
                               job->time_ns[last]};
    made->has_end = !is_before && best->end < rows;
    if (made->has_end) {
        made->end_row = best->end;
        made->end_ns = job->time_ns[best->end - 1];
    }
}

static caus_status find(search *job, const caus_run *run, caus_extent *made,
                        caus_error *err)
{
    verdict best, rival;
    size_t rows = job->row_count;
    CAUS_TRY(find_best(job, run, &best, err));
    made->evidence = best.evidence;
    if (best.evidence < least_evidence)
        return CAUS_OK;
    job->row_count = 0;
    for (size_t r = 0; r < rows; r++)
        if (r < best.start || r >= best.end)
            job->chosen[job->row_count++] = r;
    job->first_end = 0;
    CAUS_TRY(find_best(job, run, &rival, err));
    made->rival = rival.evidence;
    if (best.evidence >= least_lead * rival.evidence)
        write_extent(job, &best, rows, made);
    return CAUS_OK;
}

caus_status caus_incident_find(const caus_series *series, const caus_run *run,
                               caus_extent *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    search job = {.series = series};
    caus_extent made = {0};
    caus_status status = prepare(&job, scratch) ? find(&job, run, &made, err)
                                                : caus_arena_fail(scratch, err);
    caus_arena_rewind(scratch, mark);
    if (status == CAUS_OK)
        *result = made;
    return status;
}
