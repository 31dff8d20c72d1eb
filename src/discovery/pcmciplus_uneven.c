/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How uneven the rows of a pair are. A rate that is held for many rows and then
 * moves row by row has innovations that are nearly nothing or large, however
 * normal its values are. Where two such variables meet, a handful of rows makes
 * their correlation, and Student's t is too sure. The variance of White (1980,
 * Econometrica 48:817) counts the rows as they are: of y regressed on x and of
 * x on y, in units of what even rows would give,
 *
 *   n Σ x² (y − b x)² / (Σ x² Σ (y − b x)²).
 *
 * x and y are innovations, what a variable's own past leaves. The geometric
 * mean of both is the same from either end. Below 1 it is taken for 1: few rows
 * have such a variance by chance, and would be worth more than they are.
 */
#include <math.h>

#include "discovery/pcmciplus_internal.h"
#include "numeric/numeric.h"

enum { FEWEST_ROWS = 20 };

typedef struct weighing {
    const caus_sample *sample;
    size_t lags;         /* of the own past */
    double *innovations; /* [variable_count × rows]; NaN = missing */
    double *basis;       /* [(lags + 1) × rows] */
    double *column;      /* [rows] */
    size_t *rows;        /* [rows] without a missing value */
} weighing;

static bool is_lost(const caus_sample *sample, size_t row, caus_node node)
{
    for (int role = 0; role < CAUS_TEST_ROLE_COUNT; role++) {
        const uint64_t *const *invalid = sample->invalid[role];
        if (invalid && invalid[node] &&
            (invalid[node][row / 64] >> (row % 64) & 1))
            return true;
    }
    return false;
}

static size_t find_rows(const weighing *w, size_t variable)
{
    size_t count = 0;
    for (size_t r = 0; r < w->sample->row_count; r++) {
        bool lost = false;
        for (size_t k = 0; k <= w->lags && !lost; k++)
            lost = is_lost(w->sample, r, caus_node_of(w->sample, variable, k));
        if (!lost)
            w->rows[count++] = r;
    }
    return count;
}

static void copy(const weighing *w, size_t variable, size_t lag, size_t count)
{
    caus_node node = caus_node_of(w->sample, variable, lag);
    for (size_t i = 0; i < count; i++)
        w->column[i] = caus_node_value(w->sample, w->rows[i], node);
}

/* What a variable's own past leaves of it. */
static void find_innovations(const weighing *w, size_t variable)
{
    size_t rows = w->sample->row_count, count = find_rows(w, variable);
    double *result = w->innovations + variable * rows;
    for (size_t r = 0; r < rows; r++)
        result[r] = (double)NAN;
    if (count < w->lags + FEWEST_ROWS)
        return;
    caus_basis basis = {.columns = w->basis, .row_count = count};
    for (size_t i = 0; i < count; i++)
        w->column[i] = 1;
    caus_basis_add(&basis, w->column);
    for (size_t k = 1; k <= w->lags; k++) {
        copy(w, variable, k, count);
        caus_basis_add(&basis, w->column);
    }
    copy(w, variable, 0, count);
    caus_basis_project(&basis, w->column);
    for (size_t i = 0; i < count; i++)
        result[w->rows[i]] = w->column[i];
}

/* Sums over the rows in which neither is missing. */
typedef struct moments {
    double rows, xx, yy, xy, xxxx, yyyy, xxyy, xxxy, xyyy;
} moments;

static void add_rows(const double *x, const double *y, size_t count, moments *m)
{
    for (size_t r = 0; r < count; r++) {
        double both = x[r] * y[r];
        if (!(fabs(both) < HUGE_VAL))
            continue;
        double xx = x[r] * x[r], yy = y[r] * y[r];
        m->rows++;
        m->xx += xx;
        m->yy += yy;
        m->xy += both;
        m->xxxx += xx * xx;
        m->yyyy += yy * yy;
        m->xxyy += both * both;
        m->xxxy += xx * both;
        m->xyyy += both * yy;
    }
}

static double judge(const moments *m)
{
    double scale = m->xx * m->yy;
    if (m->rows < FEWEST_ROWS || !(scale > 0))
        return 0;
    double r = m->xy / sqrt(scale), left = 1 - r * r;
    if (!(left > 1e-9)) /* one variable under two names */
        return 0;
    double both = m->xxyy / scale;
    double of_x = both - 2 * r * m->xxxy / (m->xx * sqrt(scale)) +
                  r * r * m->xxxx / (m->xx * m->xx);
    double of_y = both - 2 * r * m->xyyy / (m->yy * sqrt(scale)) +
                  r * r * m->yyyy / (m->yy * m->yy);
    return fmax(1, m->rows * sqrt(fmax(of_x, 0) * fmax(of_y, 0)) / left);
}

static double weigh(const weighing *w, size_t source, size_t target, size_t lag)
{
    const caus_sample *sample = w->sample;
    const double *x = w->innovations + source * sample->row_count;
    const double *y = w->innovations + target * sample->row_count;
    moments m = {0};
    if (lag == 0)
        add_rows(x, y, sample->row_count, &m);
    for (size_t s = 0; lag > 0 && s < sample->stretch_count; s++) {
        const caus_stretch *stretch = &sample->stretches[s];
        if (stretch->count > lag)
            add_rows(x + stretch->first, y + stretch->first + lag,
                     stretch->count - lag, &m);
    }
    return judge(&m);
}

static void weigh_all(const weighing *w, caus_plus *plus)
{
    const caus_question *question = plus->question;
    for (size_t i = 0; i < question->variable_count; i++)
        for (size_t j = 0; j < question->variable_count; j++)
            for (size_t lag = 0; lag <= question->options->max_lag; lag++) {
                size_t cell = caus_cell(question, i, j, lag);
                bool is_mirrored = lag == 0 && i > j;
                if (is_mirrored)
                    plus->unevenness[cell] =
                        plus->unevenness[caus_cell(question, j, i, 0)];
                else if (i != j && (lag == 0 || plus->findings->linked[cell]))
                    plus->unevenness[cell] = weigh(w, i, j, lag);
            }
}

caus_status caus_plus_weigh_rows(caus_plus *plus, caus_error *err)
{
    const caus_independence *test = plus->search->test;
    const caus_sample *sample = test->sample;
    caus_arena *arena = plus->search->hands[0].arena;
    size_t rows = sample->row_count, variables = sample->variable_count;
    if (!test->is_correlation || sample->gram)
        return CAUS_OK;
    if (!plus->unevenness)
        plus->unevenness =
            CAUS_ARRAY(arena, double, plus->question->cell_count);
    if (!plus->unevenness)
        return caus_arena_fail(arena, err);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    size_t lags = plus->question->options->max_lag;
    weighing w = {
        .sample = sample,
        .lags = lags,
        .innovations = CAUS_ARRAY(arena, double, variables *rows),
        .basis = CAUS_ARRAY(arena, double, (lags + 1) * rows),
        .column = CAUS_ARRAY(arena, double, rows),
        .rows = CAUS_ARRAY(arena, size_t, rows),
    };
    if (!w.innovations || !w.basis || !w.column || !w.rows)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++)
        find_innovations(&w, v);
    weigh_all(&w, plus);
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}
