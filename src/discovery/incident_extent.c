/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When an incident began and ended: the stretch of rows in which variables
 * stood at another level. docs/design/0026-preset-measures.md
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/incident_extent.h"
#include "discovery/incident_hinge.h"
#include "discovery/incident_internal.h"
#include "discovery/incident_stretch.h"

enum {
    LEAST_ROWS = 60,
    LEAST_VALUES = 40, /* of a variable */
    CANDIDATES = 8,    /* stretches of the clearest variables are tried */
    MEMBERS = 32       /* the clearest tell when it began */
};

/* Beyond what the same recording does elsewhere: so much more, so many times.
 */
static const double least_more = 65, least_times = 1.5;

typedef struct search {
    const caus_extent_rows *rows;
    size_t *columns; /* [column_count] by name, loads left out */
    size_t column_count;
    size_t row_count;          /* of those looked at */
    size_t gap_start, gap_end; /* rows that are not */
    size_t first_end;          /* a stretch ends at this row or later */
    double *values;            /* [column_count × row_count] deviations */
    double *room;              /* [2 × all rows] */
    unsigned char *blocks;     /* [all rows] */
    bool *is_used;             /* [column_count] */
    bool *is_harm;             /* [column_count] */
    caus_stretch *found;       /* [column_count] */
    size_t found_count;
} search;

static caus_deviations view_of(const search *job)
{
    return (caus_deviations){job->row_count, job->column_count, job->values,
                             job->is_used,   job->is_harm,      job->room};
}

static void look_at(search *job, size_t place)
{
    const caus_extent_rows *rows = job->rows;
    const caus_time_columns *columns = &rows->columns;
    caus_deviations view = view_of(job);
    size_t variable = job->columns[place];
    caus_sorted_column column = {
        .values = columns->values + variable * columns->row_count,
        .order = columns->order + variable * columns->row_count,
        .row_count = columns->row_count,
        .present = columns->present[variable],
        .gap_start = job->gap_start,
        .gap_end = job->gap_end,
        .least_values = LEAST_VALUES};
    job->is_harm[place] =
        caus_symptom_of(&rows->variables[variable]) == CAUS_SYMPTOM_HARM;
    job->is_used[place] = caus_deviations_fill(
        &column, job->room, job->blocks, job->values + place * job->row_count);
    if (job->is_used[place] && caus_stretch_find(&view, place, job->first_end,
                                                 &job->found[job->found_count]))
        job->found_count++;
}

/* Allows for the memory of the noise, and orders by what is left: of all
 * stretches that come to more than the price, and of the clearest. What memory
 * leaves is never more, so that the others need not be looked at. */
static void settle_gains(search *job, double price)
{
    caus_deviations view = view_of(job);
    double clearest[CANDIDATES] = {0};
    size_t kept = 0;
    qsort(job->found, job->found_count, sizeof *job->found,
          caus_stretch_compare);
    for (; kept < job->found_count; kept++) {
        caus_stretch *one = &job->found[kept];
        double wanted = fmin(price, clearest[CANDIDATES - 1]);
        if (one->gain < wanted)
            break;
        one->gain /= caus_stretch_memory(&view, one, one->gain / wanted);
        size_t at = CANDIDATES;
        for (; at > 0 && clearest[at - 1] < one->gain; at--)
            if (at < CANDIDATES)
                clearest[at] = clearest[at - 1];
        if (at < CANDIDATES)
            clearest[at] = one->gain;
    }
    job->found_count = kept;
    qsort(job->found, job->found_count, sizeof *job->found,
          caus_stretch_compare);
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
    size_t start, first, last; /* likely start, and between which rows */
    size_t end;
} verdict;

/* The gain that chance alone can have. */
static double price_of(const search *job)
{
    return log((double)job->row_count * (double)job->column_count);
}

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

static bool is_repeated(const caus_stretch *found, size_t place)
{
    for (size_t i = 0; i < place; i++)
        if (found[i].start == found[place].start &&
            found[i].end == found[place].end)
            return true;
    return false;
}

/* The stretch of which all columns say the most. */
static caus_status choose(const search *job, double price, const caus_run *run,
                          caus_stretch *best, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_deviations view = view_of(job);
    for (size_t i = 0; i < job->found_count && i < CANDIDATES; i++) {
        const caus_stretch_bar bar = {price, best->gain};
        double evidence;
        CAUS_TRY(caus_run_check(run, err));
        if (is_repeated(job->found, i))
            continue;
        if (!caus_stretch_weigh(&view, &job->found[i], &bar, scratch,
                                &evidence))
            return caus_arena_fail(scratch, err);
        if (evidence > best->gain) {
            *best = job->found[i];
            best->gain = evidence;
        }
    }
    return CAUS_OK;
}

/* The best stretch of the rows looked at; its gain is that of all, 0 = there is
 * none. */
static caus_status find_best(search *job, const caus_run *run,
                             caus_stretch *best, caus_error *err)
{
    double price = price_of(job);
    *best = (caus_stretch){0};
    job->found_count = 0;
    if (job->row_count < LEAST_ROWS)
        return CAUS_OK;
    for (size_t c = 0; c < job->column_count; c++) {
        CAUS_TRY(caus_run_check(run, err));
        look_at(job, c);
    }
    settle_gains(job, price);
    return choose(job, price, run, best, err);
}

bool caus_extent_looks_at(const caus_variable *variable)
{
    return variable->role == CAUS_ROLE_SYSTEM &&
           variable->kind != CAUS_KIND_CATEGORY &&
           caus_symptom_of(variable) != CAUS_SYMPTOM_LOAD;
}

/* Columns by name: their order in the source leaves no trace. */
static void order_columns(search *job)
{
    const caus_variable *variables = job->rows->variables;
    for (size_t v = 0; v < job->rows->columns.column_count; v++) {
        if (!caus_extent_looks_at(&variables[v]))
            continue;
        size_t at = job->column_count++;
        for (; at > 0 && strcmp(variables[job->columns[at - 1]].name,
                                variables[v].name) > 0;
             at--)
            job->columns[at] = job->columns[at - 1];
        job->columns[at] = v;
    }
}

static bool prepare(search *job, caus_arena *scratch)
{
    size_t rows = job->rows->columns.row_count;
    job->row_count = rows;
    job->first_end = job->rows->first_end;
    job->columns = CAUS_ARRAY(scratch, size_t, job->rows->columns.column_count);
    job->room = CAUS_ARRAY(scratch, double, 2 * rows);
    job->blocks = CAUS_ARRAY(scratch, unsigned char, rows);
    if (!job->columns || !job->room || !job->blocks)
        return false;
    order_columns(job);
    size_t columns = job->column_count;
    job->is_used = CAUS_ARRAY(scratch, bool, columns);
    job->is_harm = CAUS_ARRAY(scratch, bool, columns);
    job->found = CAUS_ARRAY(scratch, caus_stretch, columns);
    job->values = CAUS_ARRAY(scratch, double, columns *rows);
    return job->values && job->is_used && job->is_harm && job->found;
}

/* What came first is the norm: a stretch from the first row on is the time
 * before an onset that did not end. */
static void write_extent(const search *job, const verdict *best,
                         caus_extent *made)
{
    size_t rows = job->rows->columns.row_count;
    const int64_t *time_ns = job->rows->columns.time_ns;
    caus_deviations view = {.row_count = rows};
    bool is_before =
        caus_stretch_is_before(&view, best->start) && best->end < rows;
    size_t row = is_before ? best->end : best->start;
    size_t first = is_before ? row : best->first;
    size_t last = is_before ? row : best->last;
    made->onset = (caus_onset){
        true, row, first, last, time_ns[row], time_ns[first], time_ns[last]};
    made->has_end = !is_before && best->end < rows;
    if (made->has_end) {
        made->end_row = best->end;
        made->end_ns = time_ns[best->end - 1];
    }
}

/* Where another stretch is that says about as much. */
static void write_other(const search *job, const caus_stretch *rival,
                        caus_extent *made)
{
    const int64_t *time_ns = job->rows->columns.time_ns;
    size_t gap = job->gap_end - job->gap_start;
    size_t first = rival->start, last = rival->end - 1;
    first += first < job->gap_start ? 0 : gap;
    last += last < job->gap_start ? 0 : gap;
    made->repeats = true;
    made->other_start_ns = time_ns[first];
    made->other_end_ns = time_ns[last];
}

/* What its own variables say of the stretch that was chosen. */
static caus_status place_chosen(search *job, const caus_stretch *chosen,
                                caus_arena *scratch, verdict *made,
                                caus_error *err)
{
    double price = price_of(job);
    keep_like(job, chosen, price);
    *made = place(job, price);
    return begin(job, price, scratch, made) ? CAUS_OK
                                            : caus_arena_fail(scratch, err);
}

static caus_status find(search *job, const caus_run *run, caus_extent *made,
                        caus_error *err)
{
    caus_stretch best, rival;
    verdict placed;
    CAUS_TRY(find_best(job, run, &best, err));
    made->evidence = best.gain;
    if (best.gain < least_more)
        return CAUS_OK;
    CAUS_TRY(place_chosen(job, &best, caus_run_scratch(run, 0), &placed, err));
    job->gap_start = placed.start;
    job->gap_end = caus_larger(placed.start, placed.end);
    job->row_count -= job->gap_end - job->gap_start;
    job->first_end = 0;
    CAUS_TRY(find_best(job, run, &rival, err));
    made->rival = rival.gain;
    made->found = best.gain >= rival.gain + least_more &&
                  best.gain >= rival.gain * least_times;
    bool is_alike =
        rival.gain >= least_more && best.gain < rival.gain * least_times;
    if (made->found || is_alike)
        write_extent(job, &placed, made);
    if (is_alike)
        write_other(job, &rival, made);
    return CAUS_OK;
}

caus_status caus_extent_find(const caus_extent_rows *rows, const caus_run *run,
                             caus_extent *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    search job = {.rows = rows};
    caus_extent made = {0};
    caus_status status = prepare(&job, scratch) ? find(&job, run, &made, err)
                                                : caus_arena_fail(scratch, err);
    caus_arena_rewind(scratch, mark);
    if (status == CAUS_OK)
        *result = made;
    return status;
}
