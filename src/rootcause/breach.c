/* SPDX-License-Identifier: Apache-2.0 */
/* When a symptom that somebody named stood out, by itself. */
#include <math.h>
#include <string.h>

#include "discovery/incident_stretch.h"
#include "rootcause/rows.h"
#include "rootcause/weights.h"

enum { MOST_STRETCHES = 4 };

static const double chance = .05;           /* that noise has such a stretch */
static const double least_lasting = 1. / 4; /* of the rows since it began */

/* The values of the symptom, and its clear stretches. */
typedef struct search {
    caus_deviations deviations;
    double *values; /* of the deviations */
    size_t *rows;   /* [row_count] of the timeline */
    bool is_used, is_harm;
    double price;
    size_t baseline; /* values of the rows that are not in question */
    caus_stretch found[MOST_STRETCHES];
    size_t count;
} search;

/* Only rows with a value count: what lasts may be measured now and then. */
static bool gather(const caus_case *about, caus_arena *scratch, search *job,
                   caus_sorted_column *column)
{
    const caus_timeline *timeline = &about->timeline;
    size_t rows = timeline->row_count, v = about->symptom, count = 0;
    size_t present = timeline->present[v];
    size_t baseline = caus_case_baseline_rows(about);
    const double *all = caus_timeline_values(timeline, v);
    double *values = CAUS_ARRAY(scratch, double, present);
    uint32_t *place = CAUS_ARRAY(scratch, uint32_t, rows);
    uint32_t *order = CAUS_ARRAY(scratch, uint32_t, present);
    job->rows = CAUS_ARRAY(scratch, size_t, present);
    if (!values || !place || !order || !job->rows)
        return false;
    for (size_t r = 0; r < rows; r++) {
        if (isnan(all[r]))
            continue;
        job->baseline += r < baseline;
        place[r] = (uint32_t)count;
        job->rows[count] = r;
        values[count++] = all[r];
    }
    for (size_t i = 0; i < present; i++)
        order[i] = place[caus_timeline_order(timeline, v)[i]];
    *column = (caus_sorted_column){.values = values,
                                   .order = order,
                                   .row_count = present,
                                   .present = present,
                                   .least_values = CAUS_LEAST_SEARCHED,
                                   .least_scale = caus_least_error_share *
                                                  timeline->whole[v]};
    return true;
}

/* What is better than usual is as usual. */
static void leave_harm(double *values, size_t count, int bad)
{
    for (size_t r = 0; bad && r < count; r++)
        values[r] = values[r] * bad > 0 ? values[r] : 0;
}

static bool prepare(const caus_case *about, caus_arena *scratch, search *job)
{
    caus_sorted_column column;
    if (!gather(about, scratch, job, &column))
        return false;
    size_t rows = column.row_count;
    unsigned char *blocks = CAUS_ARRAY(scratch, unsigned char, rows);
    double *room = CAUS_ARRAY(scratch, double, 2 * rows);
    job->values = CAUS_ARRAY(scratch, double, rows);
    if (!blocks || !room || !job->values)
        return false;
    job->is_used = caus_deviations_fill(&column, room, blocks, job->values);
    if (job->is_used)
        leave_harm(job->values, rows, about->scene.bad[about->symptom]);
    job->deviations = (caus_deviations){.row_count = rows,
                                        .column_count = 1,
                                        .values = job->values,
                                        .is_used = &job->is_used,
                                        .is_harm = &job->is_harm,
                                        .room = room};
    /* A gain is twice a log likelihood, and may begin at any row. */
    job->price = 2 * log((double)rows / chance);
    return true;
}

/* Lists what is clear, each without the rows of those before; false = so much
 * is that it is the symptom's habit. What the noise remembers is told by the
 * rows of none. */
static bool list(search *job)
{
    size_t kept = 0;
    caus_stretch one;
    while (caus_stretch_find(&job->deviations, 0, 0, &one) &&
           one.gain > job->price) {
        if (job->count == MOST_STRETCHES)
            return false;
        job->found[job->count++] = one;
        memset(job->values + one.start, 0,
               (one.end - one.start) * sizeof *job->values);
    }
    for (size_t i = 0; i < job->count; i++) {
        one = job->found[i];
        one.gain /=
            caus_stretch_memory(&job->deviations, &one, one.gain / job->price);
        if (one.gain > job->price && one.start >= CAUS_LEAST_HEALTHY &&
            one.end > job->baseline)
            job->found[kept++] = one;
    }
    job->count = kept;
    return true;
}

/* Whether a stretch goes on in a later one: no more rows lie between them than
 * the shorter has. */
static bool goes_on(const caus_stretch *earlier, const caus_stretch *later)
{
    return earlier->end <= later->start &&
           later->start - earlier->end <=
               caus_smaller(earlier->end - earlier->start,
                            later->end - later->start);
}

/* The latest, from where it began on; false = there is none. */
static bool join(const search *job, caus_stretch *whole)
{
    *whole = (caus_stretch){.end = 0};
    for (size_t i = 0; i < job->count; i++)
        if (job->found[i].end > whole->end)
            *whole = job->found[i];
    for (size_t i = 0; i < job->count;) {
        bool more = goes_on(&job->found[i], whole);
        if (more)
            whole->start = job->found[i].start;
        i = more ? 0 : i + 1;
    }
    return whole->end > 0;
}

/* Of two incidents the later is asked about: what was over long before the last
 * row is none of it. */
static bool lasts(const caus_stretch *whole, size_t row_count)
{
    return (double)(whole->end - whole->start) >=
           least_lasting * (double)(row_count - whole->start);
}

static caus_breach breach_of(const search *job, const caus_stretch *whole)
{
    size_t length = whole->end - whole->start;
    size_t before = whole->start > length ? whole->start - length : 0;
    size_t until = caus_smaller(whole->end + length, job->deviations.row_count);
    return (caus_breach){.found = true,
                         .near_row = job->rows[before],
                         .last_row = job->rows[whole->end - 1],
                         .until_row = job->rows[until - 1]};
}

caus_status caus_breach_find(const caus_case *about, caus_breach *result,
                             caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    search job = {.count = 0};
    caus_stretch whole;
    *result = (caus_breach){.found = false};
    if (about->timeline.present[about->symptom] < CAUS_LEAST_SEARCHED)
        return CAUS_OK;
    bool done = prepare(about, scratch, &job);
    if (done && job.is_used && list(&job) && join(&job, &whole) &&
        lasts(&whole, job.deviations.row_count))
        *result = breach_of(&job, &whole);
    caus_arena_rewind(scratch, mark);
    return done ? CAUS_OK : caus_arena_fail(scratch, err);
}
