/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric/spline.h"

#include <math.h>
#include <string.h>

#include "numeric/numeric.h"
#include "numeric/order.h"

enum { MOST = CAUS_SPLINE_MOST };

/* A function whose mean square is below this share of the largest adds only
 * rounding. */
static const double least_share = 1e-9;

/* Work on one column: raw functions are rows of `raw` [count × row_count]. */
typedef struct work {
    const double *values;
    size_t row_count;
    double knots[MOST + 1];
    size_t knot_count;
    double *line; /* [row_count] the straight line, mean square 1 */
    double *raw;
    size_t raw_count;
    double gram[MOST * MOST];      /* mean products of raw functions */
    double roughness[MOST * MOST]; /* of raw functions */
    double vectors[MOST * MOST];
} work;

static caus_status place_knots(work *w, size_t most, caus_arena *scratch,
                               caus_error *err)
{
    double *sorted = CAUS_ARRAY(scratch, double, w->row_count);
    if (!sorted)
        return caus_arena_fail(scratch, err);
    memcpy(sorted, w->values, w->row_count * sizeof *sorted);
    caus_sort(sorted, w->row_count);
    size_t distinct = 0;
    double range = sorted[w->row_count - 1] - sorted[0];
    for (size_t r = 0; r < w->row_count; r++)
        if (!distinct || sorted[r] > sorted[distinct - 1])
            sorted[distinct++] = sorted[r];
    size_t knots = most + 1 < distinct ? most + 1 : distinct;
    for (size_t k = 0; k < knots; k++) {
        size_t place = k * (distinct - 1) / (knots > 1 ? knots - 1 : 1);
        double knot = sorted[place];
        if (!w->knot_count ||
            knot - w->knots[w->knot_count - 1] > range * 0x1p-20)
            w->knots[w->knot_count++] = knot;
    }
    return CAUS_OK;
}

/* The function whose second derivative is a hat over three knots: 0 left of
 * them and a straight line right of them. */
static double integrate_hat(const double *knots, double x)
{
    double left = knots[1] - knots[0], right = knots[2] - knots[1];
    double slope = (left + right) / 2;
    if (x <= knots[0])
        return 0;
    if (x >= knots[2])
        return slope * (x - (knots[0] + knots[1] + knots[2]) / 3);
    if (x <= knots[1]) {
        double from = x - knots[0];
        return from * from * from / (6 * left);
    }
    double to = knots[2] - x;
    return slope * (x - (knots[0] + knots[1] + knots[2]) / 3) +
           to * to * to / (6 * right);
}

/* Takes the mean and the part along the line out, twice for rounding. */
static void project(const work *w, double *column)
{
    double rows = (double)w->row_count;
    for (int pass = 0; pass < 2; pass++) {
        double mean = 0;
        for (size_t r = 0; r < w->row_count; r++)
            mean += column[r];
        mean /= rows;
        for (size_t r = 0; r < w->row_count; r++)
            column[r] -= mean;
        double part = caus_dot(column, w->line, w->row_count) / rows;
        for (size_t r = 0; r < w->row_count; r++)
            column[r] -= part * w->line[r];
    }
}

static void fill_raw(work *w)
{
    size_t count = w->raw_count;
    double rows = (double)w->row_count;
    for (size_t k = 0; k < count; k++) {
        const double *knots = w->knots + k;
        double *column = w->raw + k * w->row_count;
        for (size_t r = 0; r < w->row_count; r++)
            column[r] = integrate_hat(knots, w->values[r]);
        project(w, column);
        for (size_t m = 0; m <= k; m++) {
            double product =
                caus_dot(column, w->raw + m * w->row_count, w->row_count) /
                rows;
            w->gram[k * MOST + m] = w->gram[m * MOST + k] = product;
        }
        w->roughness[k * MOST + k] = (knots[2] - knots[0]) / 3;
        if (k)
            w->roughness[k * MOST + k - 1] = (knots[1] - knots[0]) / 6;
    }
}

/* Replaces the Gram matrix M by inv(C) M inv(C)', where C C' is the roughness
 * (tridiagonal, so C has two diagonals). */
static void whiten(work *w)
{
    size_t count = w->raw_count;
    double *factor = w->roughness, *gram = w->gram;
    for (size_t k = 0; k < count; k++) {
        double *row = factor + k * MOST;
        if (k) {
            row[k - 1] /= factor[(k - 1) * MOST + k - 1];
            row[k] -= row[k - 1] * row[k - 1];
        }
        row[k] = sqrt(row[k]);
    }
    for (int side = 0; side < 2; side++)
        for (size_t k = 0; k < count; k++)
            for (size_t m = 0; m < count; m++) {
                double *cell = side ? &gram[m * MOST + k] : &gram[k * MOST + m];
                double before = 0;
                if (k)
                    before = factor[k * MOST + k - 1] *
                             (side ? gram[m * MOST + k - 1]
                                   : gram[(k - 1) * MOST + m]);
                *cell = (*cell - before) / factor[k * MOST + k];
            }
}

static void rotate(double *a, double *b, double sine, double tangent_half)
{
    double first = *a, second = *b;
    *a = first - sine * (second + first * tangent_half);
    *b = second + sine * (first - second * tangent_half);
}

/* Eigenvectors of the symmetric matrix by Jacobi's rotations; the matrix is
 * left with the eigenvalues in its diagonal. */
static void diagonalise(work *w)
{
    size_t count = w->raw_count;
    double *a = w->gram, *v = w->vectors;
    for (size_t k = 0; k < count; k++)
        v[k * MOST + k] = 1;
    for (int sweep = 0; sweep < 40; sweep++) {
        bool changed = false;
        for (size_t p = 0; p + 1 < count; p++)
            for (size_t q = p + 1; q < count; q++) {
                double off = a[p * MOST + q];
                double size = sqrt(a[p * MOST + p] * a[q * MOST + q]);
                if (!(fabs(off) > 1e-15 * size))
                    continue;
                changed = true;
                double theta = (a[q * MOST + q] - a[p * MOST + p]) / (2 * off);
                double t = 1 / (fabs(theta) + sqrt(theta * theta + 1));
                t = theta < 0 ? -t : t;
                double cosine = 1 / sqrt(t * t + 1), sine = t * cosine;
                double half = sine / (1 + cosine);
                for (size_t k = 0; k < count; k++)
                    rotate(&a[k * MOST + p], &a[k * MOST + q], sine, half);
                for (size_t k = 0; k < count; k++)
                    rotate(&a[p * MOST + k], &a[q * MOST + k], sine, half);
                for (size_t k = 0; k < count; k++)
                    rotate(&v[k * MOST + p], &v[k * MOST + q], sine, half);
            }
        if (!changed)
            return;
    }
}

/* Coefficients of the function of an eigenvector: inv(C') v, scaled to mean
 * square 1. */
static void solve(const work *w, size_t vector, double share, double *result)
{
    for (size_t k = w->raw_count; k-- > 0;) {
        double rest = w->vectors[k * MOST + vector] / sqrt(share);
        if (k + 1 < w->raw_count)
            rest -= w->roughness[(k + 1) * MOST + k] * result[k + 1];
        result[k] = rest / w->roughness[k * MOST + k];
    }
}

/* The remaining eigenvalue that is largest, so the smoothest function. */
static size_t take_largest(work *w, double *share)
{
    size_t best = 0;
    *share = -1;
    for (size_t k = 0; k < w->raw_count; k++)
        if (w->gram[k * MOST + k] > *share) {
            best = k;
            *share = w->gram[k * MOST + k];
        }
    w->gram[best * MOST + best] = -1;
    return best;
}

static size_t fill_functions(work *w, size_t stride, double *out)
{
    double largest = 0, share = 0, weight[MOST];
    size_t count = 1;
    for (size_t k = 0; k < w->raw_count; k++) {
        size_t vector = take_largest(w, &share);
        largest = k ? largest : share;
        if (!(share > least_share * largest))
            break;
        solve(w, vector, share, weight);
        for (size_t r = 0; r < w->row_count; r++) {
            double sum = 0;
            for (size_t m = 0; m < w->raw_count; m++)
                sum += weight[m] * w->raw[m * w->row_count + r];
            out[r * stride + count] = sum;
        }
        count++;
    }
    return count;
}

caus_status caus_spline_fill(const double *values, size_t row_count,
                             size_t most, size_t stride, caus_arena *scratch,
                             double *out, size_t *count, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    work *w = CAUS_ARRAY(scratch, work, 1);
    double *line = CAUS_ARRAY(scratch, double, row_count);
    if (!w || !line)
        return caus_arena_fail(scratch, err);
    *w = (work){.values = values, .row_count = row_count, .line = line};
    CAUS_TRY(place_knots(w, most, scratch, err));
    double size = sqrt(caus_dot(values, values, row_count) / (double)row_count);
    for (size_t r = 0; r < row_count; r++) {
        line[r] = values[r] / size;
        out[r * stride] = line[r];
        for (size_t k = 1; k < most; k++)
            out[r * stride + k] = 0;
    }
    for (size_t k = 0; k < w->knot_count; k++)
        w->knots[k] /= size;
    w->values = line;
    w->raw_count = w->knot_count > 2 ? w->knot_count - 2 : 0;
    w->raw = CAUS_ARRAY(scratch, double, w->raw_count *row_count);
    if (!w->raw)
        return caus_arena_fail(scratch, err);
    fill_raw(w);
    whiten(w);
    diagonalise(w);
    *count = fill_functions(w, stride, out);
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}
