/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an incident began and ended: the stretch of rows in which variables
 * stood at another level. docs/design/0026-preset-measures.md
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/incident_hinge.h"
#include "discovery/incident_internal.h"
#include "discovery/incident_stretch.h"

enum {
    LEAST_ROWS = 60,
    CANDIDATES = 8, /* stretches of the clearest variables are tried */
    MEMBERS = 32    /* the clearest tell when it began */
};

/* Beyond what the same recording does elsewhere: so much more, so many times.
 */
static const double least_more = 65, least_times = 1.5;

typedef struct search {
    const caus_series *series;
    size_t *columns; /* [column_count] by name, loads left out */
    size_t column_count;
    size_t row_count;
    size_t first_end;    /* a stretch ends at this row or later */
    double *values;      /* [column_count × row_count], then deviations */
    double *room;        /* [2 × all rows] */
    bool *is_used;       /* [column_count] */
    bool *is_harm;       /* [column_count] */
    const double **rows; /* [all rows] values, by time */
    const uint64_t **missing;
    size_t *word_count, *bit; /* [all rows] of the segment, in it */
    int64_t *time_ns;         /* [all rows] */
    size_t *chosen;           /* [row_count] rows looked at */
    caus_stretch *found;      /* [column_count] */
    size_t found_count;
} search;

/* Values of a column in the rows looked at; NaN = missing. */
static void gather(const search *job, size_t column, double *values)
{
    for (size_t r = 0; r < job->row_count; r++) {
        size_t row = job->chosen[r];
        const uint64_t *bits = job->missing[row];
        size_t at = column * job->word_count[row] + job->bit[row] / 64;
        bool gone = bits && (bits[at] >> (job->bit[row] % 64) & 1);
        values[r] = gone ? (double)NAN : job->rows[row][column];
    }
}

static caus_deviations view_of(const search *job)
{
    return (caus_deviations){job->row_count, job->column_count, job->values,
                             job->is_used,   job->is_harm,      job->room};
}

static void look_at(search *job, size_t place)
{
    caus_deviations view = view_of(job);
    double *values = job->values + place * job->row_count;
    size_t column = job->columns[place];
    gather(job, column, values);
    job->is_harm[place] =
        caus_symptom_of(&job->series->variables[column]) == CAUS_SYMPTOM_HARM;
    job->is_used[place] =
        caus_stretch_standardise(values, job->row_count, job->room);
    if (job->is_used[place] && caus_stretch_find(&view, place, job->first_end,
                                                 &job->found[job->found_count]))
        job->found_count++;
}

static int compare_gains(const void *a, const void *b)
{
    const caus_stretch *left = a, *right = b;
    if (left->gain < right->gain || left->gain > right->gain)
        return left->gain > right->gain ? -1 : 1;
    return (left->variable > right->variable) -
           (left->variable < right->variable);
}

/* A slow trouble shows in some variables long before it shows in others: they
 * end together. */
static bool agree(const caus_stretch *one, const caus_stretch *other)
{
    double length = (double)(one->end - one->start);
    double later = (double)other->start - (double)one->start;
    return later <= 2 + .18 * length && later >= -.75 * length &&
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

/* Leaves the stretches that are like this one, and clear. */
static void keep_like(search *job, const caus_stretch *one, double price)
{
    caus_stretch like = *one;
    size_t kept = 0;
    for (size_t i = 0; i < job->found_count; i++)
        if (agree(&like, &job->found[i]) && job->found[i].gain > price)
            job->found[kept++] = job->found[i];
    job->found_count = kept;
}

/* When the variables of the stretches kept began and ended. */
static verdict place(const search *job, double price)
{
    verdict made = {0};
    double *starts = job->room, *ends = job->room + job->row_count, total = 0;
    memset(job->room, 0, 2 * job->row_count * sizeof *job->room);
    for (size_t i = 0; i < job->found_count; i++) {
        const caus_stretch *one = &job->found[i];
        double weight = one->gain - price;
        total += weight;
        starts[one->start] += weight;
        ends[one->end - 1] += weight;
    }
    made.start = row_at(starts, job->row_count, total, .15);
    made.first = row_at(starts, job->row_count, total, .05);
    made.last = row_at(starts, job->row_count, total, .5);
    made.end = row_at(ends, job->row_count, total, .5) + 1;
    return made;
}

/* Where they began together, by all that each of them did around there. */
static bool begin(const search *job, double price, caus_arena *scratch,
                  verdict *made)
{
    caus_deviations view = view_of(job);
    caus_hinge_group group = {
        .members = job->found,
        .count = job->found_count < MEMBERS ? job->found_count : MEMBERS,
        .start = made->start,
        .end = made->end,
        .price = price};
    caus_hinge hinge;
    if (made->end <= made->start || caus_stretch_is_before(&view, made->start))
        return true;
    /* Still an onset, not the end of what came before one. */
    while (caus_stretch_is_before(&view, group.first_start))
        group.first_start++;
    if (!caus_hinge_find(&view, &group, scratch, &hinge))
        return false;
    made->start = hinge.start;
    made->first = hinge.first;
    made->last = hinge.last;
    return true;
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
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_deviations view = view_of(job);
    const caus_stretch *chosen = NULL;
    for (size_t i = 0; i < job->found_count && i < CANDIDATES; i++) {
        double evidence;
        CAUS_TRY(caus_run_check(run, err));
        if (!caus_stretch_weigh(&view, &job->found[i], price, scratch,
                                &evidence))
            return caus_arena_fail(scratch, err);
        if (evidence <= best->evidence)
            continue;
        chosen = &job->found[i];
        best->evidence = evidence;
    }
    if (!chosen)
        return CAUS_OK;
    double evidence = best->evidence;
    keep_like(job, chosen, price);
    *best = place(job, price);
    best->evidence = evidence;
    return begin(job, price, scratch, best) ? CAUS_OK
                                            : caus_arena_fail(scratch, err);
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
    job->room = CAUS_ARRAY(scratch, double, 2 * rows);
    job->rows = CAUS_ARRAY(scratch, const double *, rows);
    job->missing = CAUS_ARRAY(scratch, const uint64_t *, rows);
    job->word_count = CAUS_ARRAY(scratch, size_t, rows);
    job->bit = CAUS_ARRAY(scratch, size_t, rows);
    job->time_ns = CAUS_ARRAY(scratch, int64_t, rows);
    job->chosen = CAUS_ARRAY(scratch, size_t, rows);
    if (!order || !job->columns || !job->room || !job->rows || !job->missing ||
        !job->word_count || !job->bit || !job->time_ns || !job->chosen)
        return false;
    order_columns(job);
    order_rows(job, order);
    size_t columns = job->column_count;
    job->values = CAUS_ARRAY(scratch, double, columns *rows);
    job->is_used = CAUS_ARRAY(scratch, bool, columns);
    job->is_harm = CAUS_ARRAY(scratch, bool, columns);
    job->found = CAUS_ARRAY(scratch, caus_stretch, columns);
    return job->values && job->is_used && job->is_harm && job->found;
}

/* What came first is the norm: a stretch from the first row on is the time
 * before an onset that did not end. */
static void write_extent(const search *job, const verdict *best, size_t rows,
                         caus_extent *made)
{
    caus_deviations view = view_of(job);
    view.row_count = rows;
    bool is_before =
        caus_stretch_is_before(&view, best->start) && best->end < rows;
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
    if (best.evidence < least_more)
        return CAUS_OK;
    job->row_count = 0;
    for (size_t r = 0; r < rows; r++)
        if (r < best.start || r >= best.end)
            job->chosen[job->row_count++] = r;
    job->first_end = 0;
    CAUS_TRY(find_best(job, run, &rival, err));
    made->rival = rival.evidence;
    if (best.evidence >= rival.evidence + least_more &&
        best.evidence >= rival.evidence * least_times)
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
