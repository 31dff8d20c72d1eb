/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intervals of partial correlations from the rows themselves. A row moves
 * atanh(r) by its influence; how far r is off follows from the influences of
 * all rows, whatever their distribution (the infinitesimal jackknife). Formulas
 * such as Fisher's presume normal rows: with heavy tails they are too short.
 */
#include <math.h>

#include "independence/linear_internal.h"
#include "numeric/distributions.h"

/* A pivot beside its unit diagonal that is not above it belongs to a condition
 * which the others determine. */
static const double least_pivot = 1e-9;

/* Sums of powers of the rows' influences on the correlation. */
typedef struct influences {
    double second, fourth; /* central moments */
} influences;

static double influence_of(const caus_row_pair *pair, size_t row)
{
    double x = pair->source[row] * pair->source_scale;
    double y = pair->target[row] * pair->target_scale;
    return x * y - pair->correlation / 2 * (x * x + y * y);
}

static influences find_influences(const caus_row_pair *pair)
{
    double count = (double)pair->count, mean = 0;
    influences found = {0};
    for (size_t k = 0; k < pair->count; k++)
        mean += influence_of(pair, k);
    mean /= count;
    for (size_t k = 0; k < pair->count; k++) {
        double off = influence_of(pair, k) - mean;
        found.second += off * off;
        found.fourth += off * off * off * off;
    }
    found.second /= count;
    found.fourth /= count;
    return found;
}

double caus_rows_reach(const caus_row_pair *pair, double level)
{
    double r = pair->correlation, count = (double)pair->count;
    double df = count - 3 - (double)pair->conditions;
    influences found = find_influences(pair);
    if (!(df > 0) || !(found.second > 0))
        return HUGE_VAL;
    double deviation = sqrt(found.second / df) / ((1 - r) * (1 + r));
    /* the variance of so many numbers is that of a χ² with as many degrees of
     * freedom as make the same mean and variance */
    double surplus = found.fourth / (found.second * found.second) - 1;
    double freedom = surplus > 0 ? 2 * count / surplus : count;
    return deviation * caus_student_t_quantile_sf((1 - level) / 2, freedom);
}

caus_ends caus_ends_around(double r, double reach)
{
    return (caus_ends){tanh(atanh(r) - reach), tanh(atanh(r) + reach)};
}

double caus_scored_correlation(double r, double rows)
{
    double left = (1 - r) * (1 + r), surplus = log(log(rows)) + .275;
    return r * (1 - (surplus * pow(left, .42) - left / 2) / rows);
}

double caus_unscored_correlation(double scored, double rows)
{
    double low = 0, high = 1, size = fabs(scored);
    if (rows < 5 || size >= 1)
        return scored;
    for (int step = 0; step < 40; step++) {
        double middle = (low + high) / 2;
        if (caus_scored_correlation(middle, rows) < size)
            low = middle;
        else
            high = middle;
    }
    return copysign((low + high) / 2, scored);
}

/* Where a column of the test stands: the conditions, then both sides. */
static double *column_of(const caus_linear_work *work, size_t place)
{
    return caus_linear_column(work, work->order[place]);
}

/* Conditions by their correlations with both sides: neither the order of a
 * table's columns nor which side is the source leaves a trace then. */
static void order_conditions(caus_linear_work *work, size_t conditions)
{
    const double *source = caus_linear_column(work, conditions);
    const double *target = caus_linear_column(work, conditions + 1);
    double *key = work->matrix;
    for (size_t place = 0; place < conditions + 2; place++) {
        const double *column = caus_linear_column(work, place);
        double own = HUGE_VAL;
        if (place < conditions)
            own = caus_dot(column, source, work->row_count) +
                  caus_dot(column, target, work->row_count);
        size_t at = place;
        for (; at > 0 && key[at - 1] > own; at--) {
            key[at] = key[at - 1];
            work->order[at] = work->order[at - 1];
        }
        key[at] = own;
        work->order[at] = place;
    }
}

/* Correlations of columns of unit length, upper triangle. */
static void fill_matrix(caus_linear_work *work, size_t count, bool are_scores)
{
    double rows = (double)work->row_count;
    for (size_t i = 0; i < count; i++) {
        double *out = work->matrix + i * count;
        out[i] = 1;
        for (size_t j = i + 1; j < count; j++) {
            out[j] = caus_dot(column_of(work, i), column_of(work, j),
                              work->row_count);
            if (are_scores)
                out[j] = caus_unscored_correlation(out[j], rows);
        }
    }
}

/* Eliminates the conditions, both sides in the same way; a pivot that is too
 * small becomes 0. */
static void eliminate(double *matrix, size_t count)
{
    for (size_t p = 0; p + 2 < count; p++) {
        double *row = matrix + p * count;
        if (!(row[p] > least_pivot)) {
            row[p] = 0;
            continue;
        }
        double inverse = 1 / row[p];
        for (size_t i = p + 1; i < count; i++)
            for (size_t j = i; j < count; j++)
                matrix[i * count + j] -= row[i] * row[j] * inverse;
    }
}

/* Takes from a side, column `side`, what the conditions tell of it. */
static void take_out(const caus_linear_work *work, size_t count, size_t side)
{
    double *left = column_of(work, side);
    for (size_t p = count - 2; p-- > 0;) {
        double *row = work->matrix + p * count;
        if (!(row[p] > 0))
            continue;
        double slope = row[side] / row[p];
        const double *given = column_of(work, p);
        for (size_t k = 0; k < work->row_count; k++)
            left[k] -= slope * given[k];
        for (size_t q = 0; q < p; q++)
            work->matrix[q * count + side] -=
                slope * work->matrix[q * count + p];
    }
}

/* Gathers the conditions that vary, then both sides; false when a side does
 * not vary. */
static caus_status gather(caus_linear_work *work,
                          const caus_row_question *asked, size_t *conditions,
                          bool *varies, caus_error *err)
{
    size_t used = 0, sides = 0;
    CAUS_TRY(caus_linear_reserve(work, work->node_count, err));
    for (size_t place = 0; place < work->node_count; place++) {
        bool is_side = place + 2 >= work->node_count;
        bool is_full = asked->fill(asked->work, caus_linear_nodes(work)[place],
                                   caus_linear_column(work, used));
        CAUS_TRY(caus_run_check(work->run, err));
        sides += is_side && is_full;
        used += is_side || is_full;
    }
    *conditions = used - 2;
    *varies = sides == 2;
    return CAUS_OK;
}

static caus_status grow_matrix(caus_linear_work *work, size_t count,
                               caus_error *err)
{
    if (count <= work->matrix_capacity)
        return CAUS_OK;
    size_t capacity = 2 * count;
    work->matrix_capacity = 0;
    work->matrix = CAUS_ARRAY(work->arena, double, capacity *capacity);
    work->order = CAUS_ARRAY(work->arena, size_t, capacity);
    if (!work->matrix || !work->order)
        return caus_arena_fail(work->arena, err);
    work->matrix_capacity = capacity;
    return CAUS_OK;
}

/* The interval of the gathered columns; the result stays undetermined when one
 * side is all but determined. */
static void find_interval(caus_linear_work *work,
                          const caus_row_question *asked, size_t conditions,
                          caus_ci_result *result)
{
    size_t count = conditions + 2, source = conditions, target = source + 1;
    double rows = (double)work->row_count;
    order_conditions(work, conditions);
    fill_matrix(work, count, asked->are_scores);
    eliminate(work->matrix, count);
    double left = work->matrix[source * count + source];
    double right = work->matrix[target * count + target];
    double both = work->matrix[source * count + target];
    if (!(left > least_pivot) || !(right > least_pivot) ||
        !(both * both < left * right))
        return;
    take_out(work, count, source);
    take_out(work, count, target);
    caus_row_pair pair = {.source = caus_linear_column(work, source),
                          .target = caus_linear_column(work, target),
                          .count = work->row_count,
                          .source_scale = sqrt(rows / left),
                          .target_scale = sqrt(rows / right),
                          .correlation = both / sqrt(left * right),
                          .conditions = conditions};
    result->undetermined = false;
    result->statistic = pair.correlation;
    result->ends = caus_ends_around(pair.correlation,
                                    caus_rows_reach(&pair, asked->level));
}

caus_status caus_linear_interval(caus_linear_work *work,
                                 const caus_ci_source *source,
                                 const caus_row_question *asked,
                                 caus_ci_result *result, caus_error *err)
{
    size_t conditions;
    bool varies;
    CAUS_TRY(caus_linear_list(work, source, err));
    caus_linear_find_rows(work);
    CAUS_TRY(gather(work, asked, &conditions, &varies, err));
    CAUS_TRY(grow_matrix(work, conditions + 2, err));
    double df = (double)work->row_count - 2 - (double)conditions;
    *result = (caus_ci_result){.df = df, .undetermined = true};
    if (varies && df >= 1)
        find_interval(work, asked, conditions, result);
    return CAUS_OK;
}
