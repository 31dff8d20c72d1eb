/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <omp.h>

#include "numeric/numeric.h"
#include "series/quality_internal.h"

/* Fewer common rows say nothing about a correlation. */
enum { FEWEST_ROWS = 10 };

static const double one_thing = .99;

static caus_status lay_out_rows(const caus_series *series, caus_arena *scratch,
                                caus_columns *c, caus_error *err)
{
    size_t *first = CAUS_ARRAY(scratch, size_t, series->environment_count + 1);
    if (!first)
        return caus_arena_fail(scratch, err);
    for (size_t e = 0; e < series->environment_count; e++) {
        first[e + 1] = first[e];
        for (size_t s = 0; s < series->segment_count; s++)
            if (series->segments[s].environment == series->environments[e].id)
                first[e + 1] += series->segments[s].row_count;
    }
    c->first_row = first;
    c->row_count = first[series->environment_count];
    return CAUS_OK;
}

/* One column of one environment; returns how many values are present. */
static size_t gather(const caus_series *series, int environment,
                     size_t variable, double *value, double *present)
{
    size_t row = 0, count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (segment->environment != environment)
            continue;
        for (size_t r = 0; r < segment->row_count; r++, row++) {
            bool known =
                caus_is_present(segment, r, variable, series->variable_count);
            value[row] =
                known ? segment->values[r * series->variable_count + variable]
                      : 0;
            if (present)
                present[row] = known;
            count += known;
        }
    }
    return count;
}

static bool differs(const double *value, const double *present, size_t rows)
{
    size_t first = 0;
    while (present && first < rows && present[first] == 0)
        first++;
    for (size_t row = first; row < rows; row++)
        if ((!present || present[row] != 0) && value[row] != value[first])
            return true;
    return false;
}

/* Centres and scales in place; missing values stay 0. */
static void scale(double *value, const double *present, size_t rows,
                  size_t count)
{
    double sum = 0, squares = 0;
    for (size_t row = 0; row < rows; row++)
        sum += value[row];
    double mean = sum / (double)count;
    for (size_t row = 0; row < rows; row++) {
        value[row] = present && present[row] == 0 ? 0 : value[row] - mean;
        squares += value[row] * value[row];
    }
    double deviation = sqrt(squares / (double)count);
    bool is_usable = deviation > 0 && isfinite(deviation);
    for (size_t row = 0; row < rows; row++)
        value[row] = is_usable ? value[row] / deviation : 0;
}

static void fill_column(const caus_series *series, const caus_columns *c,
                        size_t variable)
{
    assert(c->first_row && c->scaled);
    for (size_t e = 0; e < c->environment_count; e++) {
        size_t first = c->first_row[e];
        size_t rows = c->first_row[e + 1] - first;
        double *value = c->scaled + variable * c->row_count + first;
        double *present =
            c->present ? c->present + variable * c->row_count + first : NULL;
        size_t count = gather(series, series->environments[e].id, variable,
                              value, present);
        if (count < rows)
            c->has_missing[variable] = true;
        bool varies = differs(value, present, rows);
        c->varies[variable * c->environment_count + e] = varies;
        if (varies)
            scale(value, present, rows, count);
        for (size_t row = 0; !varies && row < rows; row++)
            value[row] = 0;
    }
}

static bool anything_missing(const caus_series *series)
{
    for (size_t s = 0; s < series->segment_count; s++)
        if (series->segments[s].missing)
            return true;
    return false;
}

caus_status caus_columns_init(const caus_series *series, const caus_run *run,
                              caus_arena *scratch, caus_columns *result,
                              caus_error *err)
{
    caus_columns c = {.variable_count = series->variable_count,
                      .environment_count = series->environment_count};
    CAUS_TRY(lay_out_rows(series, scratch, &c, err));
    size_t cells = c.variable_count * c.row_count;
    c.scaled = CAUS_ARRAY(scratch, double, cells);
    c.varies = CAUS_ARRAY(scratch, bool, c.variable_count *c.environment_count);
    c.has_missing = CAUS_ARRAY(scratch, bool, c.variable_count);
    if (!c.scaled || !c.varies || !c.has_missing)
        return caus_arena_fail(scratch, err);
    if (anything_missing(series)) {
        c.present = CAUS_ARRAY(scratch, double, cells);
        if (!c.present)
            return caus_arena_fail(scratch, err);
    }
    const double cell_ns = 5;
    int threads = caus_run_threads_for(run, (double)cells * cell_ns);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < c.variable_count; i++)
        if (!caus_run_should_stop(run))
            fill_column(series, &c, i);
    CAUS_TRY(caus_run_check(run, err));
    *result = c;
    return CAUS_OK;
}

/* Correlation over the rows where both are present. */
static double common_correlation(const double *a, const double *a_present,
                                 const double *b, const double *b_present,
                                 size_t rows, size_t *common)
{
    double count = 0, sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t row = 0; row < rows; row++) {
        double both = a_present[row] * b_present[row];
        double x = a[row] * both, y = b[row] * both;
        count += both;
        sum_a += x;
        sum_b += y;
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    *common = (size_t)count;
    double variances =
        (aa - sum_a * sum_a / count) * (bb - sum_b * sum_b / count);
    return variances > 0 ? (ab - sum_a * sum_b / count) / sqrt(variances) : 0;
}

static double correlation(const caus_columns *c, size_t a, size_t b,
                          size_t environment, size_t *common)
{
    size_t first = c->first_row[environment];
    size_t rows = c->first_row[environment + 1] - first;
    size_t at_a = a * c->row_count + first, at_b = b * c->row_count + first;
    if (c->has_missing[a] || c->has_missing[b])
        return common_correlation(c->scaled + at_a, c->present + at_a,
                                  c->scaled + at_b, c->present + at_b, rows,
                                  common);
    *common = rows;
    return caus_dot(c->scaled + at_a, c->scaled + at_b, rows) / (double)rows;
}

bool caus_columns_move_as_one(const caus_columns *columns, size_t a, size_t b)
{
    bool seen = false;
    for (size_t e = 0; e < columns->environment_count; e++) {
        bool a_varies = columns->varies[a * columns->environment_count + e];
        bool b_varies = columns->varies[b * columns->environment_count + e];
        if (!a_varies && !b_varies)
            continue;
        if (!a_varies || !b_varies)
            return false;
        size_t common = 0;
        double r = correlation(columns, a, b, e, &common);
        if (common < FEWEST_ROWS)
            continue;
        if (fabs(r) <= one_thing)
            return false;
        seen = true;
    }
    return seen;
}
