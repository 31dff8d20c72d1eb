/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "numeric/distributions.h"
#include "series/series_internal.h"

/* One column of one environment: its present cells, in order of time. */
typedef struct column {
    size_t count;
    double *value;   /* [count] changed in place */
    double *row;     /* [count] position in its segment */
    size_t *segment; /* [count] */
} column;

/* What every thread works on. */
typedef struct job {
    const caus_series *series;
    caus_transform transform;
    caus_segment *segments; /* of the result */
    double **values;        /* [segment_count] of the result */
    uint64_t **missing;     /* [segment_count]; only for differences */
    size_t longest;         /* no environment has more rows */
    const caus_run *run;
} job;

bool caus_transform_from_name(const char *name, caus_transform *result)
{
    static const struct {
        char name[16];
        caus_transform transform;
    } words[] = {{"none", CAUS_TRANSFORM_NONE},
                 {"standardise", CAUS_TRANSFORM_STANDARDISE},
                 {"normal-scores", CAUS_TRANSFORM_NORMAL_SCORES},
                 {"difference", CAUS_TRANSFORM_DIFFERENCE},
                 {"log1p", CAUS_TRANSFORM_LOG1P},
                 {"detrend", CAUS_TRANSFORM_DETREND}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(name, words[i].name) == 0) {
            *result = words[i].transform;
            return true;
        }
    }
    return false;
}

static bool is_constant(const double *value, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (value[i] != value[0])
            return false;
    return true;
}

static double mean_of(const double *value, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += value[i];
    return sum / (double)count;
}

static void set_all(double *value, size_t count, double to)
{
    for (size_t i = 0; i < count; i++)
        value[i] = to;
}

static void standardise(const column *c)
{
    if (is_constant(c->value, c->count)) {
        set_all(c->value, c->count, 0);
        return;
    }
    double mean = mean_of(c->value, c->count), squares = 0;
    for (size_t i = 0; i < c->count; i++) {
        c->value[i] -= mean;
        squares += c->value[i] * c->value[i];
    }
    double deviation = sqrt(squares / (double)c->count);
    for (size_t i = 0; i < c->count; i++)
        c->value[i] /= deviation;
}

typedef struct ranked {
    double value;
    size_t place;
} ranked;

static int by_value(const void *left, const void *right)
{
    double a = ((const ranked *)left)->value;
    double b = ((const ranked *)right)->value;
    return (a > b) - (a < b);
}

static void normal_scores(const column *c, ranked *order)
{
    for (size_t i = 0; i < c->count; i++)
        order[i] = (ranked){c->value[i], i};
    qsort(order, c->count, sizeof *order, by_value);
    size_t first = 0;
    while (first < c->count) {
        size_t end = first + 1;
        while (end < c->count && order[end].value == order[first].value)
            end++;
        /* Ranks first + 1 … end share their mean. */
        double rank = ((double)first + (double)end + 1) / 2;
        double share = rank / ((double)c->count + 1);
        double score =
            2 * rank == (double)c->count + 1 ? 0 : caus_normal_quantile(share);
        for (size_t i = first; i < end; i++)
            c->value[order[i].place] = score;
        first = end;
    }
}

static void detrend(double *value, const double *row, size_t count)
{
    if (is_constant(value, count)) {
        set_all(value, count, 0);
        return;
    }
    double mean = mean_of(value, count), middle = mean_of(row, count);
    double covariance = 0, variance = 0;
    for (size_t i = 0; i < count; i++) {
        covariance += (row[i] - middle) * (value[i] - mean);
        variance += (row[i] - middle) * (row[i] - middle);
    }
    double slope = covariance / variance;
    for (size_t i = 0; i < count; i++)
        value[i] = value[i] - mean - slope * (row[i] - middle);
}

static void detrend_segments(const column *c)
{
    size_t first = 0;
    while (first < c->count) {
        size_t end = first + 1;
        while (end < c->count && c->segment[end] == c->segment[first])
            end++;
        detrend(c->value + first, c->row + first, end - first);
        first = end;
    }
}

/* The present cells of one variable in one environment. */
static void gather(const job *j, int environment, size_t variable, column *c)
{
    const caus_series *series = j->series;
    c->count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (segment->environment != environment)
            continue;
        for (size_t row = 0; row < segment->row_count; row++) {
            if (!caus_is_present(segment, row, variable,
                                 series->variable_count))
                continue;
            c->value[c->count] =
                segment->values[row * series->variable_count + variable];
            c->row[c->count] = (double)row;
            c->segment[c->count++] = s;
        }
    }
}

static void scatter(const job *j, size_t variable, const column *c)
{
    for (size_t i = 0; i < c->count; i++)
        j->values[c->segment[i]][(size_t)c->row[i] * j->series->variable_count +
                                 variable] = c->value[i];
}

static bool transform_environments(const job *j, size_t variable,
                                   caus_arena *scratch)
{
    column c = {.value = CAUS_ARRAY(scratch, double, j->longest),
                .row = CAUS_ARRAY(scratch, double, j->longest),
                .segment = CAUS_ARRAY(scratch, size_t, j->longest)};
    ranked *order = CAUS_ARRAY(scratch, ranked, j->longest);
    if (!c.value || !c.row || !c.segment || !order)
        return false;
    for (size_t e = 0; e < j->series->environment_count; e++) {
        gather(j, j->series->environments[e].id, variable, &c);
        if (c.count == 0)
            continue;
        if (j->transform == CAUS_TRANSFORM_STANDARDISE)
            standardise(&c);
        else if (j->transform == CAUS_TRANSFORM_NORMAL_SCORES)
            normal_scores(&c, order);
        else
            detrend_segments(&c);
        scatter(j, variable, &c);
    }
    return true;
}

static void difference(const job *j, size_t variable)
{
    size_t count = j->series->variable_count;
    for (size_t s = 0; s < j->series->segment_count; s++) {
        const caus_segment *segment = &j->series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            double *to = &j->values[s][row * count + variable];
            const double *from = &segment->values[row * count + variable];
            bool known = row > 0 &&
                         caus_is_present(segment, row, variable, count) &&
                         caus_is_present(segment, row - 1, variable, count);
            double change = known ? from[0] - from[-(ptrdiff_t)count] : 0;
            if (known && isfinite(change)) {
                *to = change;
                continue;
            }
            *to = (double)NAN;
            caus_set_bit(j->missing[s], segment->word_count, variable, row);
        }
    }
}

static void log_of_one_plus(const job *j, size_t variable)
{
    size_t count = j->series->variable_count;
    for (size_t s = 0; s < j->series->segment_count; s++) {
        const caus_segment *segment = &j->series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++)
            if (caus_is_present(segment, row, variable, count))
                j->values[s][row * count + variable] =
                    log1p(segment->values[row * count + variable]);
    }
}

static caus_status check_log_range(const caus_series *series, caus_error *err)
{
    size_t count = series->variable_count;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t row = 0; row < segment->row_count; row++) {
            for (size_t i = 0; i < count; i++) {
                double value = segment->values[row * count + i];
                if (series->variables[i].role == CAUS_ROLE_SYSTEM &&
                    caus_is_present(segment, row, i, count) && value <= -1)
                    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                                     "%s: row %zu is %g, and log(1 + x) needs "
                                     "x > -1: leave log1p out or the variable",
                                     series->variables[i].name, row, value);
            }
        }
    }
    return CAUS_OK;
}

static caus_status transform_variable(const job *j, size_t variable,
                                      caus_arena *scratch, caus_error *err)
{
    if (j->transform == CAUS_TRANSFORM_DIFFERENCE) {
        difference(j, variable);
        return CAUS_OK;
    }
    if (j->transform == CAUS_TRANSFORM_LOG1P) {
        log_of_one_plus(j, variable);
        return CAUS_OK;
    }
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = CAUS_OK;
    if (!transform_environments(j, variable, scratch))
        status = caus_arena_fail(scratch, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

/* Masks share words between rows, not between columns: threads may go by
 * column. */
static caus_status transform_all(const job *j, caus_error *err)
{
    const caus_series *series = j->series;
    const double value_ns = 60; /* of normal scores */
    caus_status status = CAUS_OK;
    int threads = caus_run_threads_for(
        j->run, (double)caus_series_row_count(series) *
                    (double)series->variable_count * value_ns);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < series->variable_count; i++) {
        if (series->variables[i].role != CAUS_ROLE_SYSTEM)
            continue;
        caus_arena *scratch = caus_run_scratch(j->run, omp_get_thread_num());
        caus_error found;
        caus_status mine = caus_run_check_cancel(j->run, &found);
        if (mine == CAUS_OK)
            mine = transform_variable(j, i, scratch, &found);
        if (mine == CAUS_OK)
            continue;
#pragma omp critical(caus_series_transform)
        if (status == CAUS_OK) {
            status = mine;
            if (err)
                *err = found;
        }
    }
    return status;
}

/* Every cell as it was, in memory of its own. */
static bool copy_segment(job *j, size_t s, caus_arena *out)
{
    const caus_segment *from = &j->series->segments[s];
    size_t cells = from->row_count * j->series->variable_count;
    size_t words = from->word_count * j->series->variable_count;
    j->values[s] = CAUS_ARRAY(out, double, cells);
    if (!j->values[s])
        return false;
    if (cells)
        memcpy(j->values[s], from->values, cells * sizeof(double));
    j->segments[s] = *from;
    j->segments[s].values = j->values[s];
    if (j->transform != CAUS_TRANSFORM_DIFFERENCE)
        return true;
    j->missing[s] = CAUS_ARRAY(out, uint64_t, words);
    if (!j->missing[s])
        return false;
    if (from->missing && words)
        memcpy(j->missing[s], from->missing, words * sizeof(uint64_t));
    j->segments[s].missing = j->missing[s];
    return true;
}

static caus_status init_job(job *j, caus_arena *out, caus_error *err)
{
    size_t count = j->series->segment_count;
    j->segments = CAUS_ARRAY(out, caus_segment, count);
    j->values = CAUS_ARRAY(out, double *, count);
    j->missing = CAUS_ARRAY(out, uint64_t *, count);
    if (!j->segments || !j->values || !j->missing)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < count; s++)
        if (!copy_segment(j, s, out))
            return caus_arena_fail(out, err);
    j->longest = caus_series_row_count(j->series);
    return CAUS_OK;
}

caus_status caus_series_transform(const caus_series *series,
                                  caus_transform transform, const caus_run *run,
                                  caus_arena *out, caus_series *result,
                                  caus_error *err)
{
    if (transform == CAUS_TRANSFORM_LOG1P)
        CAUS_TRY(check_log_range(series, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    job j = {.series = series, .transform = transform, .run = run};
    caus_status status = init_job(&j, out, err);
    if (status == CAUS_OK && transform != CAUS_TRANSFORM_NONE)
        status = transform_all(&j, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    caus_series made = *series;
    made.segments = j.segments;
    *result = made;
    return CAUS_OK;
}
