/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "numeric/distributions.h"
#include "numeric/numeric.h"
#include "series/quality_internal.h"

enum { CHUNK_ROWS = 1024 };

static const caus_unit_root_test undecided = {(double)NAN, (double)NAN, 0};

/*
 * The regression of x(t+1) − x(t) on a constant, the level x(t) and `lags`
 * earlier differences, as sums of products of centred columns: the lagged
 * differences, the level, the response.
 */
typedef struct regression {
    const double *x;
    size_t lags;
    size_t row_count;
    size_t width;  /* lags + 2 columns */
    size_t stride; /* padded width */
    double *mean;  /* [width] */
    double *chunk; /* [CHUNK_ROWS × stride] */
    double *gram;  /* [stride × stride] */
} regression;

static double entry(const regression *r, size_t row, size_t column)
{
    const double *now = r->x + r->lags + row;
    if (column == r->lags)
        return now[0];
    if (column == r->lags + 1)
        return now[1] - now[0];
    return now[-(ptrdiff_t)column] - now[-(ptrdiff_t)column - 1];
}

static void find_means(regression *r)
{
    memset(r->mean, 0, r->width * sizeof *r->mean);
    for (size_t row = 0; row < r->row_count; row++)
        for (size_t i = 0; i < r->width; i++)
            r->mean[i] += entry(r, row, i);
    for (size_t i = 0; i < r->width; i++)
        r->mean[i] /= (double)r->row_count;
}

static void sum_products(regression *r)
{
    const caus_gram_kernel *kernel = caus_gram_best();
    memset(r->gram, 0, r->stride * r->stride * sizeof *r->gram);
    memset(r->chunk, 0, CHUNK_ROWS * r->stride * sizeof *r->chunk);
    for (size_t first = 0; first < r->row_count; first += CHUNK_ROWS) {
        size_t rows = r->row_count - first;
        if (rows > CHUNK_ROWS)
            rows = CHUNK_ROWS;
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < r->width; i++)
                r->chunk[row * r->stride + i] =
                    entry(r, first + row, i) - r->mean[i];
        kernel->add(&(caus_gram_task){.left = r->chunk,
                                      .right = r->chunk,
                                      .out = r->gram,
                                      .left_stride = r->stride,
                                      .right_stride = r->stride,
                                      .out_stride = r->stride,
                                      .left_count = r->stride,
                                      .right_count = r->stride,
                                      .row_count = rows});
    }
}

static bool init_regression(regression *r, const double *values, size_t count,
                            size_t lags, caus_arena *scratch)
{
    *r = (regression){.x = values,
                      .lags = lags,
                      .row_count = count - 1 - lags,
                      .width = lags + 2,
                      .stride = caus_pad_lanes(lags + 2)};
    r->mean = CAUS_ARRAY(scratch, double, r->width);
    r->chunk = CAUS_ARRAY(scratch, double, CHUNK_ROWS * r->stride);
    r->gram = CAUS_ARRAY(scratch, double, r->stride * r->stride);
    if (!r->mean || !r->chunk || !r->gram)
        return false;
    find_means(r);
    sum_products(r);
    return true;
}

/*
 * Cholesky over the regressors in the given order, the response carried along:
 * explained[k] is the response's part along the k-th. Returns how many
 * regressors are not spanned by those before.
 */
static size_t explain(const regression *r, const size_t *order, size_t count,
                      double *factor, double *explained)
{
    static const double least_share = 1e-13;
    size_t response = r->width - 1;
    for (size_t k = 0; k < count; k++) {
        double *row = factor + k * count;
        for (size_t j = 0; j <= k; j++) {
            double sum = r->gram[order[k] * r->stride + order[j]];
            sum -= caus_dot(row, factor + j * count, j);
            if (j < k) {
                row[j] = sum / factor[j * count + j];
                continue;
            }
            if (!(sum > least_share * r->gram[order[k] * (r->stride + 1)]))
                return k;
            row[k] = sqrt(sum);
        }
        double sum = r->gram[order[k] * r->stride + response] -
                     caus_dot(row, explained, k);
        explained[k] = sum / row[k];
    }
    return count;
}

/* The number of lagged differences with the smallest Akaike criterion. */
static size_t choose_lags(const regression *r, const double *explained,
                          size_t usable)
{
    double rows = (double)r->row_count;
    double residual = r->gram[(r->width - 1) * (r->stride + 1)];
    double best = HUGE_VAL;
    size_t chosen = 0;
    for (size_t k = 0; k < usable; k++) {
        residual -= explained[k] * explained[k];
        if (!(residual > 0))
            break;
        double criterion = rows * log(residual / rows) + 2 * (double)(k + 2);
        if (criterion < best) {
            best = criterion;
            chosen = k;
        }
    }
    return chosen;
}

/*
 * Regression surface of MacKinnon (1994, Journal of Business & Economic
 * Statistics 12:167-176) for one variable and a constant; the numbers are those
 * tabulated in statsmodels 0.15.0, tsa/adfvalues.py.
 */
static double mackinnon_p(double statistic)
{
    static const double largest = 2.74, smallest = -18.83, turn = -1.61;
    if (statistic > largest)
        return 1;
    if (statistic < smallest)
        return 0;
    double s = statistic;
    if (s <= turn)
        return caus_normal_cdf(2.1659 + s * (1.4412 + s * .038269));
    return caus_normal_cdf(1.7339 +
                           s * (.93202 + s * (-.12745 + s * -.010368)));
}

/* The ratio of the level's coefficient to its standard error. */
static double level_ratio(const regression *r, const double *explained)
{
    double residual = r->gram[(r->width - 1) * (r->stride + 1)];
    for (size_t k = 0; k <= r->lags; k++)
        residual -= explained[k] * explained[k];
    double freedom = (double)r->row_count - (double)r->lags - 2;
    if (!(residual > 0) || !(freedom > 0))
        return (double)NAN;
    return explained[r->lags] / sqrt(residual / freedom);
}

static bool is_constant(const double *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double *centred_copy(const double *values, size_t count,
                            caus_arena *scratch)
{
    double *copy = CAUS_ARRAY(scratch, double, count);
    if (!copy)
        return NULL;
    double mean = mean_of(values, count);
    for (size_t i = 0; i < count; i++)
        copy[i] = values[i] - mean;
    /* Partial sums add up what rounding left of a large mean. */
    double rest = mean_of(copy, count);
    for (size_t i = 0; i < count; i++)
        copy[i] -= rest;
    return copy;
}

static size_t most_lags(size_t count)
{
    double rule = ceil(12 * pow((double)count / 100, .25));
    size_t room = count / 2 - 2;
    return rule < (double)room ? (size_t)rule : room;
}

static caus_unit_root_test adf(const double *centred, size_t count,
                               caus_arena *scratch, bool *failed)
{
    size_t longest = most_lags(count), terms = longest + 1;
    size_t *order = CAUS_ARRAY(scratch, size_t, terms);
    double *factor = CAUS_ARRAY(scratch, double, terms *terms);
    double *explained = CAUS_ARRAY(scratch, double, terms);
    regression r;
    if (!order || !factor || !explained ||
        !init_regression(&r, centred, count, longest, scratch)) {
        *failed = true;
        return undecided;
    }
    /* The level first, so that every number of lags is one more step. */
    order[0] = longest;
    for (size_t k = 1; k < terms; k++)
        order[k] = k - 1;
    size_t usable = explain(&r, order, terms, factor, explained);
    if (usable == 0)
        return undecided;
    size_t lags = choose_lags(&r, explained, usable);
    if (!init_regression(&r, centred, count, lags, scratch)) {
        *failed = true;
        return undecided;
    }
    /* The level last: its own part of the response is then the last. */
    for (size_t k = 0; k <= lags; k++)
        order[k] = k;
    if (explain(&r, order, lags + 1, factor, explained) != lags + 1)
        return undecided;
    double statistic = level_ratio(&r, explained);
    if (isnan(statistic))
        return undecided;
    return (caus_unit_root_test){statistic, mackinnon_p(statistic), lags};
}

caus_unit_root_test caus_adf_test(const double *values, size_t count,
                                  caus_arena *scratch, bool *failed)
{
    if (count < 6 || is_constant(values, count))
        return undecided;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_unit_root_test result = undecided;
    double *centred = centred_copy(values, count, scratch);
    if (centred)
        result = adf(centred, count, scratch, failed);
    else
        *failed = true;
    if (!*failed)
        caus_arena_rewind(scratch, mark);
    return result;
}

static double lagged_product(const double *x, size_t count, size_t lag)
{
    return caus_dot(x + lag, x, count - lag);
}

/* Hobijn, Franses & Ooms (1998), as statsmodels' "auto" computes it. */
static size_t kpss_lags(const double *x, size_t count)
{
    double rows = (double)count;
    size_t covered = (size_t)pow(rows, 2. / 9);
    double level = lagged_product(x, count, 0) / rows, slope = 0;
    for (size_t i = 1; i <= covered && i < count; i++) {
        double product = lagged_product(x, count, i) / (rows / 2);
        level += product;
        slope += (double)i * product;
    }
    double ratio = slope / level;
    double lags = 1.1447 * pow(ratio * ratio, 1. / 3) * pow(rows, 1. / 3);
    return lags < (double)(count - 1) ? (size_t)lags : count - 1;
}

/* Critical values of Kwiatkowski et al. (1992), table 1, between which
 * p-values are interpolated. */
static double kpss_p(double statistic)
{
    static const double critical[4] = {.347, .463, .574, .739};
    static const double p_values[4] = {.1, .05, .025, .01};
    if (statistic <= critical[0])
        return p_values[0];
    for (size_t i = 1; i < 4; i++) {
        if (statistic > critical[i])
            continue;
        double share =
            (statistic - critical[i - 1]) / (critical[i] - critical[i - 1]);
        return p_values[i - 1] + share * (p_values[i] - p_values[i - 1]);
    }
    return p_values[3];
}

static caus_unit_root_test kpss(const double *x, size_t count,
                                const caus_run *run)
{
    double rows = (double)count, partial = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        partial += x[i];
        squares += partial * partial;
    }
    size_t lags = kpss_lags(x, count);
    double variance = lagged_product(x, count, 0);
    for (size_t i = 1; i <= lags; i++) {
        if (caus_run_should_stop(run))
            return undecided;
        double weight = 1 - (double)i / ((double)lags + 1);
        variance += 2 * weight * lagged_product(x, count, i);
    }
    if (!(variance > 0))
        return undecided;
    double statistic = squares / (rows * rows) / (variance / rows);
    return (caus_unit_root_test){statistic, kpss_p(statistic), lags};
}

caus_unit_root_test caus_kpss_test(const double *values, size_t count,
                                   const caus_run *run, caus_arena *scratch,
                                   bool *failed)
{
    if (count < 2 || is_constant(values, count))
        return undecided;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_unit_root_test result = undecided;
    double *centred = centred_copy(values, count, scratch);
    if (centred)
        result = kpss(centred, count, run);
    else
        *failed = true;
    if (!*failed)
        caus_arena_rewind(scratch, mark);
    return result;
}

static double autocorrelation_time(const double *x, size_t count,
                                   const caus_run *run)
{
    double variance = lagged_product(x, count, 0), time = -1;
    for (size_t lag = 0; lag + 1 < count; lag += 2) {
        if (caus_run_should_stop(run))
            return (double)NAN;
        double pair =
            lagged_product(x, count, lag) + lagged_product(x, count, lag + 1);
        if (!(pair > 0))
            break;
        time += 2 * pair / variance;
    }
    return time;
}

double caus_effective_rows(const double *values, size_t count,
                           const caus_run *run, caus_arena *scratch,
                           bool *failed)
{
    if (is_constant(values, count))
        return 0;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    double result = (double)NAN;
    double *centred = centred_copy(values, count, scratch);
    if (centred) {
        double time = autocorrelation_time(centred, count, run);
        result = time > 1 ? (double)count / time : (double)count;
        if (isnan(time))
            result = time;
    } else {
        *failed = true;
    }
    if (!*failed)
        caus_arena_rewind(scratch, mark);
    return result;
}
