/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the incident is over within the rows, and since when. */
#include <math.h>
#include <string.h>

#include "numeric/order.h"
#include "rootcause/onset.h"

enum { LEAST_CALM = 3, PASSES = 4 };

/* A variable says no more than one that moved by so many deviations. */
static const double most_size = 6;
/* After the end, variables are at most this far from their habit on the
 * average: what got better only in part goes on. */
static const double most_left = .3;

/* The rows after the onset of what callers and users felt. */
typedef struct course {
    const caus_case *about;
    size_t count;       /* rows */
    size_t felt_count;  /* variables */
    const size_t *felt; /* [felt_count] */
    double *level;      /* [felt_count] in the incident */
    bool *counts; /* [felt_count] failures that come and go: their level is a
                     mean, and most rows are as before */
    double *sums, *room; /* [count] */
} course;

static const double *values_of(const course *c, size_t felt)
{
    const caus_timeline *timeline = &c->about->timeline;
    return caus_timeline_values(timeline, c->felt[felt]) + c->about->onset_row;
}

static double level_between(const course *c, size_t felt, size_t from,
                            size_t to)
{
    const double *values = values_of(c, felt);
    size_t count = 0;
    double sum = 0;
    for (size_t r = from; r < to; r++) {
        if (isnan(values[r]))
            continue;
        sum += values[r];
        c->room[count++] = values[r];
    }
    return c->counts[felt] && count ? sum / (double)count
                                    : caus_median(c->room, count);
}

static double weight_of(const course *c, size_t felt)
{
    const caus_shift *shift = &c->about->shifts[c->felt[felt]];
    return caus_evidence_of_level(
        (c->level[felt] - shift->before) / shift->scale, most_size);
}

/* Adds to each row how much likelier the habit explains it than the level. What
 * is counted is however much it is. */
static void add_variable(const course *c, size_t felt)
{
    const double *values = values_of(c, felt);
    double usual = c->about->shifts[c->felt[felt]].before;
    double height = c->level[felt] - usual, weight = weight_of(c, felt);
    double most = c->counts[felt] ? (double)INFINITY : caus_most_value;
    for (size_t r = 0; r < c->count; r++) {
        double value = (values[r] - usual) / height;
        if (!isnan(value))
            c->sums[r] += weight * caus_evidence_of_habit(value, most);
    }
}

/* The row from which on the habit explains all rows best, and those before it
 * the level; the number of rows where it goes on. */
static size_t best_end(const course *c, double *evidence)
{
    double sum = 0;
    size_t end = c->count;
    *evidence = 0;
    memset(c->sums, 0, c->count * sizeof *c->sums);
    for (size_t i = 0; i < c->felt_count; i++)
        add_variable(c, i);
    for (size_t r = c->count; r-- > 1;) {
        sum += c->sums[r];
        if (sum > *evidence) {
            *evidence = sum;
            end = r;
        }
    }
    return end;
}

/* Levels of the rows before an end, where they are on the same side. */
static void take_levels(const course *c, size_t end)
{
    for (size_t i = 0; i < c->felt_count; i++) {
        double usual = c->about->shifts[c->felt[i]].before;
        double found = level_between(c, i, 0, end);
        if ((found - usual) * (c->level[i] - usual) > 0)
            c->level[i] = found;
    }
}

/* How much of the change is left after an end, on the average. */
static double left_after(const course *c, size_t end)
{
    double left = 0, weights = 0;
    for (size_t i = 0; i < c->felt_count; i++) {
        double usual = c->about->shifts[c->felt[i]].before;
        double found = level_between(c, i, end, c->count);
        double weight = weight_of(c, i);
        if (isnan(found))
            continue;
        left += weight * (found - usual) / (c->level[i] - usual);
        weights += weight;
    }
    return weights > 0 ? left / weights : 1;
}

/* The longest stretch before an end in which failures that come and go were
 * not there. */
static size_t longest_pause(const course *c, size_t felt, size_t end)
{
    const double *values = values_of(c, felt);
    double usual = c->about->shifts[c->felt[felt]].before;
    double height = c->level[felt] - usual;
    size_t pause = 0, longest = 0;
    for (size_t r = 0; r < end; r++) {
        pause = (values[r] - usual) / height > .5 ? 0 : pause + 1;
        longest = pause > longest ? pause : longest;
    }
    return longest;
}

/* Whether what was felt most came and went before with pauses as long as the
 * calm after an end. */
static bool is_pause(const course *c, size_t end)
{
    size_t shortest = SIZE_MAX;
    double coming = 0, others = 0;
    for (size_t i = 0; i < c->felt_count; i++) {
        *(c->counts[i] ? &coming : &others) += weight_of(c, i);
        size_t longest = c->counts[i] ? longest_pause(c, i, end) : SIZE_MAX;
        shortest = longest < shortest ? longest : shortest;
    }
    return coming > others && c->count - end <= shortest;
}

static size_t find_end(const course *c)
{
    size_t end = c->count;
    double evidence = 0;
    for (size_t pass = 0; pass < PASSES; pass++) {
        size_t before = end;
        end = best_end(c, &evidence);
        if (end == before)
            break;
        take_levels(c, end);
    }
    bool is_over = end + LEAST_CALM <= c->count &&
                   evidence >= caus_least_evidence &&
                   fabs(left_after(c, end)) <= most_left && !is_pause(c, end);
    return is_over ? end : c->count;
}

/* Whether failures come and go: the median of the incident is nearer to the
 * habit than to their level. */
static bool comes_and_goes(const course *c, size_t felt)
{
    size_t v = c->felt[felt];
    double usual = c->about->shifts[v].before, level = c->level[felt];
    double median = level_between(c, felt, 0, c->count);
    return c->about->scene.aspects[v] == CAUS_ASPECT_ERRORS &&
           fabs(median - usual) < fabs(median - level);
}

/* What moved of latency and errors, beyond what is usual. */
static size_t list_felt(const caus_case *about, size_t *felt, double *level)
{
    size_t count = 0;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        caus_aspect aspect = about->scene.aspects[v];
        const caus_shift *shift = &about->shifts[v];
        if ((!caus_aspect_is_outside(aspect) && v != about->symptom) ||
            !(about->scores.clue[v] > 0 && shift->scale > 0))
            continue;
        level[count] = shift->after;
        felt[count++] = v;
    }
    return count;
}

caus_status caus_case_find_end(const caus_case *about, caus_ending *result,
                               caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t variables = about->series->variable_count;
    size_t count = timeline->row_count - about->onset_row;
    size_t *felt = CAUS_ARRAY(about->out, size_t, variables);
    course c = {about,
                count,
                0,
                felt,
                CAUS_ARRAY(about->out, double, variables),
                CAUS_ARRAY(about->out, bool, variables),
                CAUS_ARRAY(about->out, double, count),
                CAUS_ARRAY(about->out, double, count)};
    if (!felt || !c.level || !c.counts || !c.sums || !c.room)
        return caus_arena_fail(about->out, err);
    *result = (caus_ending){0};
    c.felt_count = list_felt(about, felt, c.level);
    if (!c.felt_count)
        return CAUS_OK;
    for (size_t i = 0; i < c.felt_count; i++)
        c.counts[i] = comes_and_goes(&c, i);
    size_t end = about->onset_row + find_end(&c);
    const caus_onset *symptom =
        about->symptom == SIZE_MAX ? NULL : &about->onsets[about->symptom];
    if (symptom && symptom->found && symptom->first_row >= end)
        return CAUS_OK; /* it was over before the symptom moved: it is not
                           about this symptom */
    *result = (caus_ending){.known = true,
                            .is_over = end < timeline->row_count,
                            .row = end,
                            .time_ns = timeline->time_ns[end - 1]};
    return CAUS_OK;
}
