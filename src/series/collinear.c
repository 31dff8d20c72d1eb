/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns that the others determine: Cholesky with pivoting on the correlations
 * within environments. What is left without a pivot has a small residual on the
 * pivots; among these the few that matter are then named.
 */
#include <math.h>
#include <string.h>

#include "numeric/numeric.h"
#include "series/quality_internal.h"

/* R² above 1 minus this is "almost exactly". */
static const double small_share = 1e-3;

/* Rows that must remain beside the pivots for a residual to mean anything. */
enum { SPARE_ROWS = 20, MOST_NAMED = 64 };

typedef struct elimination {
    const caus_series *series;
    size_t count;     /* columns that vary */
    size_t *column;   /* [count] their index in the series */
    double *gram;     /* [count × count] correlations */
    double *factor;   /* [count × count] a row for each column */
    double *residual; /* [count] share not explained by the pivots */
    size_t *pivot;    /* [pivot_count] */
    bool *is_pivot;   /* [count] */
    size_t pivot_count;
    size_t row_count;
} elimination;

static void fill_gram(elimination *e, const caus_columns *columns,
                      const caus_run *run, const double *length)
{
    const double product_ns = .5;
    size_t rows = columns->row_count;
    int threads = caus_run_threads_for(run, (double)(rows * e->count) *
                                                (double)e->count * product_ns);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < e->count; i++) {
        e->gram[i * e->count + i] = 1;
        for (size_t j = 0; j < i && !caus_run_should_stop(run); j++) {
            double product =
                caus_dot(columns->scaled + e->column[i] * rows,
                         columns->scaled + e->column[j] * rows, rows);
            product /= length[i] * length[j];
            e->gram[i * e->count + j] = product;
            e->gram[j * e->count + i] = product;
        }
    }
}

static caus_status init_elimination(elimination *e, const caus_series *series,
                                    const caus_columns *columns,
                                    const caus_run *run, caus_arena *scratch,
                                    caus_error *err)
{
    size_t most = columns->variable_count, rows = columns->row_count;
    *e = (elimination){.series = series,
                       .row_count = rows,
                       .column = CAUS_ARRAY(scratch, size_t, most),
                       .residual = CAUS_ARRAY(scratch, double, most),
                       .pivot = CAUS_ARRAY(scratch, size_t, most),
                       .is_pivot = CAUS_ARRAY(scratch, bool, most)};
    double *length = CAUS_ARRAY(scratch, double, most);
    if (!e->column || !e->residual || !e->pivot || !e->is_pivot || !length)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < most; i++) {
        const double *x = columns->scaled + i * rows;
        double square = caus_dot(x, x, rows);
        if (!(square > 0))
            continue;
        e->residual[e->count] = 1;
        length[e->count] = sqrt(square);
        e->column[e->count++] = i;
    }
    e->gram = CAUS_ARRAY(scratch, double, e->count * e->count);
    e->factor = CAUS_ARRAY(scratch, double, e->count * e->count);
    if (!e->gram || !e->factor)
        return caus_arena_fail(scratch, err);
    fill_gram(e, columns, run, length);
    return caus_run_check(run, err);
}

/* The residual share that independent columns would show is 1 whatever the
 * number of pivots. */
static double adjusted(const elimination *e, double residual)
{
    double rows = (double)e->row_count - 1;
    return residual * rows / (rows - (double)e->pivot_count);
}

/* The column with the largest residual; equal ones go by name, so that the
 * order of columns does not matter. */
static size_t next_pivot(const elimination *e)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < e->count; i++) {
        if (e->is_pivot[i])
            continue;
        if (best == SIZE_MAX || e->residual[i] > e->residual[best] ||
            (e->residual[i] == e->residual[best] &&
             strcmp(e->series->variables[e->column[i]].name,
                    e->series->variables[e->column[best]].name) < 0))
            best = i;
    }
    return best;
}

static caus_status eliminate(elimination *e, const caus_run *run,
                             caus_error *err)
{
    while (e->pivot_count < e->count &&
           e->pivot_count + 1 + SPARE_ROWS < e->row_count) {
        CAUS_TRY(caus_run_check(run, err));
        size_t p = next_pivot(e), k = e->pivot_count;
        if (adjusted(e, e->residual[p]) <= small_share)
            break;
        double *row = e->factor + p * e->count;
        row[k] = sqrt(e->residual[p]);
        for (size_t i = 0; i < e->count; i++) {
            double *other = e->factor + i * e->count;
            if (e->is_pivot[i] || i == p)
                continue;
            double rest = e->gram[i * e->count + p] - caus_dot(other, row, k);
            other[k] = rest / row[k];
            e->residual[i] -= other[k] * other[k];
            if (e->residual[i] < 0)
                e->residual[i] = 0;
        }
        e->is_pivot[p] = true;
        e->pivot[e->pivot_count++] = p;
    }
    return CAUS_OK;
}

/* Regressors under test for one column. */
typedef struct choice {
    size_t count;
    size_t *chosen;  /* [pivot_count] */
    double *factor;  /* [MOST_NAMED × MOST_NAMED] */
    double *weight;  /* [pivot_count] regression weights on all pivots */
    double *partial; /* [MOST_NAMED] */
} choice;

/* Share of column `i` that the chosen leave, without the one at `left_out`. */
static double share_left(const elimination *e, const choice *c, size_t i,
                         size_t left_out)
{
    double left = 1;
    size_t used = 0;
    for (size_t k = 0; k < c->count; k++) {
        if (k == left_out)
            continue;
        double *row = c->factor + used * MOST_NAMED;
        size_t at = 0;
        double pivot = 1;
        for (size_t m = 0; m < c->count; m++) {
            if (m == left_out || m >= k)
                continue;
            double rest = e->gram[c->chosen[k] * e->count + c->chosen[m]] -
                          caus_dot(row, c->factor + at * MOST_NAMED, at);
            row[at] = rest / c->factor[at * MOST_NAMED + at];
            pivot -= row[at] * row[at];
            at++;
        }
        /* Pivots leave each other well over the small share. */
        row[at] = sqrt(fmax(pivot, 1e-12));
        double part = e->gram[i * e->count + c->chosen[k]] -
                      caus_dot(row, c->partial, used);
        c->partial[used] = part / row[at];
        left -= c->partial[used] * c->partial[used];
        used++;
    }
    return fmax(left, 0);
}

/* Weights of column `i` on all pivots, by back substitution. */
static void weigh(const elimination *e, choice *c, size_t i)
{
    for (size_t k = e->pivot_count; k-- > 0;) {
        double rest = e->factor[i * e->count + k];
        for (size_t m = k + 1; m < e->pivot_count; m++)
            rest -= e->factor[e->pivot[m] * e->count + k] * c->weight[m];
        c->weight[k] = rest / e->factor[e->pivot[k] * e->count + k];
    }
}

/* Fewest pivots, heaviest first, that still explain column `i`. */
static double choose(const elimination *e, choice *c, size_t i)
{
    weigh(e, c, i);
    c->count = 0;
    double left = 1;
    while (left > small_share && c->count < MOST_NAMED) {
        size_t heaviest = SIZE_MAX;
        for (size_t k = 0; k < e->pivot_count; k++)
            if (c->weight[k] != 0 &&
                (heaviest == SIZE_MAX ||
                 fabs(c->weight[k]) > fabs(c->weight[heaviest])))
                heaviest = k;
        if (heaviest == SIZE_MAX)
            return left;
        c->chosen[c->count++] = e->pivot[heaviest];
        c->weight[heaviest] = 0;
        left = share_left(e, c, i, SIZE_MAX);
    }
    for (size_t k = c->count; k-- > 0 && c->count > 1;) {
        if (share_left(e, c, i, k) > small_share)
            continue;
        for (size_t m = k + 1; m < c->count; m++)
            c->chosen[m - 1] = c->chosen[m];
        c->count--;
    }
    return share_left(e, c, i, SIZE_MAX);
}

static bool are_family(const caus_quality *quality, size_t a, size_t b)
{
    for (size_t f = 0; f < quality->family_count; f++) {
        bool has_a = false, has_b = false;
        for (size_t m = 0; m < quality->families[f].member_count; m++) {
            has_a |= quality->families[f].members[m] == a;
            has_b |= quality->families[f].members[m] == b;
        }
        if (has_a && has_b)
            return true;
    }
    return false;
}

static void sort_ascending(size_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && values[k - 1] > values[k]; k--) {
            size_t swapped = values[k];
            values[k] = values[k - 1];
            values[k - 1] = swapped;
        }
}

static caus_status report(const elimination *e, choice *c, caus_arena *out,
                          caus_quality *result, caus_error *err)
{
    caus_collinear *found = CAUS_ARRAY(out, caus_collinear, e->count);
    if (!found)
        return caus_arena_fail(out, err);
    result->collinear = found;
    for (size_t i = 0; i < e->count; i++) {
        if (e->is_pivot[i] || adjusted(e, e->residual[i]) > small_share)
            continue;
        double left = choose(e, c, i);
        if (left > small_share ||
            (c->count == 1 &&
             are_family(result, e->column[i], e->column[c->chosen[0]])))
            continue;
        size_t *others = CAUS_ARRAY(out, size_t, c->count);
        if (!others)
            return caus_arena_fail(out, err);
        for (size_t k = 0; k < c->count; k++)
            others[k] = e->column[c->chosen[k]];
        sort_ascending(others, c->count);
        found[result->collinear_count++] =
            (caus_collinear){e->column[i], c->count, others, 1 - left};
    }
    return CAUS_OK;
}

caus_status caus_find_collinear(const caus_series *series,
                                const caus_columns *columns,
                                const caus_run *run, caus_arena *scratch,
                                caus_arena *out, caus_quality *result,
                                caus_error *err)
{
    elimination e;
    CAUS_TRY(init_elimination(&e, series, columns, run, scratch, err));
    CAUS_TRY(eliminate(&e, run, err));
    choice c = {.chosen = CAUS_ARRAY(scratch, size_t, e.count),
                .factor =
                    CAUS_ARRAY(scratch, double, (size_t)MOST_NAMED *MOST_NAMED),
                .weight = CAUS_ARRAY(scratch, double, e.count),
                .partial = CAUS_ARRAY(scratch, double, MOST_NAMED)};
    if (!c.chosen || !c.factor || !c.weight || !c.partial)
        return caus_arena_fail(scratch, err);
    return report(&e, &c, out, result, err);
}
