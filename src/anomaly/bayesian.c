/* SPDX-License-Identifier: Apache-2.0 */
/* Normal-inverse-gamma runs: the odds of a new one, and their lengths online.
 */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/distributions.h"

enum { LEAST_BASE = 4 };

/* Prior of a run: weight and place of the mean, shape and scale of the
 * variance. Adams & MacKay (2007) leave them to the user. */
static const double prior_weight = 1;
static const double prior_shape = 1;
static const double prior_scale = 1;
static const double least_run = 1e-6;

/* ---- the odds of a new run, for the detector ---- */

/* log of the density of `count` values with these sums, means integrated out.
 */
static double log_evidence(double count, double sum, double square)
{
    double weight = prior_weight + count;
    double shape = prior_shape + count / 2;
    double within = count > 0 ? square - sum * sum / count : 0;
    double mean = count > 0 ? sum / count : 0;
    double scale = prior_scale + fmax(within, 0) / 2 +
                   prior_weight * count * mean * mean / (2 * weight);
    return caus_log_gamma(shape) - caus_log_gamma(prior_shape) +
           prior_shape * log(prior_scale) - shape * log(scale) +
           .5 * log(prior_weight / weight) - count / 2 * log(2 * M_PI);
}

static double span_evidence(const caus_column *column, size_t from, size_t to)
{
    return log_evidence((double)(to - from),
                        column->sums[to] - column->sums[from],
                        column->squares[to] - column->squares[from]);
}

void caus_measure_odds(const caus_layout *layout, const caus_column *column,
                       size_t first, size_t end, size_t c,
                       caus_departures *departures)
{
    if (first < LEAST_BASE)
        return;
    size_t base = first > layout->base_rows ? first - layout->base_rows : 0;
    double before = span_evidence(column, base, first);
    double mean =
        (column->sums[first] - column->sums[base]) / (double)(first - base);
    double sums = column->sums[first] - column->sums[base];
    double squares = column->squares[first] - column->squares[base];
    for (size_t s = 0; s < layout->scale_count; s++) {
        size_t span = layout->spans[s];
        for (size_t i = first; i + span <= end; i++) {
            double sum = column->sums[i + span] - column->sums[i];
            double square = column->squares[i + span] - column->squares[i];
            double odds = before + log_evidence((double)span, sum, square) -
                          log_evidence((double)(first - base + span),
                                       sums + sum, squares + square);
            caus_departures_of(departures, c, s)[column->rows[i]] =
                copysign(sqrt(2 * fmax(odds, 0)) / column->memory,
                         sum / (double)span - mean);
        }
    }
}

/* ---- run lengths online ---- */

/* What a run knows of one variable. */
typedef struct belief {
    double weight, mean, scale;
    size_t count;
} belief;

typedef struct run_state {
    double probability;
    size_t start;
    belief *beliefs; /* [variable_count] */
} run_state;

typedef struct online {
    size_t variable_count;
    const double *gammas; /* [rows + 1] log Γ(a + ½) − log Γ(a), a after so many
                             values */
    run_state *runs;      /* [rows + 1] */
    size_t run_count;
    size_t made; /* runs that have beliefs allocated */
} online;

/* log density of Student's t with 2a degrees of freedom, the predictive of
 * equation 3 in Murphy's form; then the update of the belief. */
static double learn(belief *b, double value, const double *gammas)
{
    double shape = prior_shape + (double)b->count / 2;
    double width = b->scale * (b->weight + 1) / (b->weight * shape);
    double off = value - b->mean;
    double density = gammas[b->count] - .5 * log(2 * shape * M_PI * width) -
                     (shape + .5) * log1p(off * off / (2 * shape * width));
    b->scale += b->weight * off * off / (2 * (b->weight + 1));
    b->mean += off / (b->weight + 1);
    b->weight += 1;
    b->count++;
    return density;
}

static void begin(const online *o, run_state *state, size_t start)
{
    state->start = start;
    for (size_t v = 0; v < o->variable_count; v++)
        state->beliefs[v] = (belief){prior_weight, 0, prior_scale, 0};
}

/* One row: every run goes on or ends; sets the probabilities anew. */
static bool step(online *o, const double *row, size_t at, double hazard,
                 caus_arena *scratch)
{
    run_state *fresh = &o->runs[o->run_count];
    if (o->run_count == o->made) {
        fresh->beliefs = CAUS_ARRAY(scratch, belief, o->variable_count);
        if (!fresh->beliefs)
            return false;
        o->made++;
    }
    begin(o, fresh, at);
    fresh->probability = o->run_count ? hazard : 1;
    for (size_t k = 0; k < o->run_count; k++)
        o->runs[k].probability *= 1 - hazard;
    o->run_count++;
    double most = -(double)INFINITY, total = 0;
    for (size_t k = 0; k < o->run_count; k++) {
        double density = log(o->runs[k].probability);
        for (size_t v = 0; v < o->variable_count; v++)
            if (!isnan(row[v]))
                density += learn(&o->runs[k].beliefs[v], row[v], o->gammas);
        o->runs[k].probability = density;
        most = fmax(most, density);
    }
    for (size_t k = 0; k < o->run_count; k++) {
        o->runs[k].probability = exp(o->runs[k].probability - most);
        total += o->runs[k].probability;
    }
    size_t kept = 0;
    for (size_t k = 0; k < o->run_count; k++) {
        run_state state = o->runs[k];
        state.probability /= total;
        if (state.probability < least_run)
            continue;
        o->runs[k] = o->runs[kept]; /* its beliefs stay for a later run */
        o->runs[kept++] = state;
    }
    o->run_count = kept;
    return true;
}

static double *make_gammas(size_t rows, caus_arena *scratch)
{
    double *gammas = CAUS_ARRAY(scratch, double, rows + 1);
    for (size_t n = 0; gammas && n <= rows; n++) {
        double shape = prior_shape + (double)n / 2;
        gammas[n] = caus_log_gamma(shape + .5) - caus_log_gamma(shape);
    }
    return gammas;
}

static caus_status follow(const double *values, size_t rows, online *o,
                          double hazard, size_t delay, const caus_run *run,
                          double *change, size_t *longest, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    o->gammas = make_gammas(rows, scratch);
    o->runs = CAUS_ARRAY(scratch, run_state, rows + 1);
    if (!o->gammas || !o->runs)
        return caus_arena_fail(scratch, err);
    for (size_t t = 0; t < rows; t++) {
        CAUS_TRY(caus_run_check(run, err));
        if (!step(o, values + t * o->variable_count, t, hazard, scratch))
            return caus_arena_fail(scratch, err);
        double most = -1;
        for (size_t k = 0; k < o->run_count; k++) {
            const run_state *state = &o->runs[k];
            if (state->probability > most ||
                (state->probability == most &&
                 t - state->start + 1 > longest[t])) {
                most = state->probability;
                longest[t] = t - state->start + 1;
            }
            bool is_due = state->start + delay == t;
            bool is_last = t + 1 == rows && state->start + delay > t;
            if (is_due || is_last)
                change[state->start] = state->probability;
        }
    }
    return CAUS_OK;
}

static caus_status check(const double *values, size_t rows, size_t variables,
                         double hazard, caus_error *err)
{
    if (!rows || !variables)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu rows of %zu variables have no run lengths: give "
                         "one or more of both",
                         rows, variables);
    if (!(hazard > 0 && hazard < 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "hazard %g is no chance of a change: give one between "
                         "0 and 1",
                         hazard);
    for (size_t i = 0; i < rows * variables; i++)
        if (isinf(values[i]))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "row %zu has an infinite value: give NaN where "
                             "there is none",
                             i / variables);
    return CAUS_OK;
}

caus_status caus_run_lengths_find(const double *values, size_t row_count,
                                  size_t variable_count, double hazard,
                                  size_t delay, const caus_run *run,
                                  caus_arena *out, caus_run_lengths *result,
                                  caus_error *err)
{
    CAUS_TRY(check(values, row_count, variable_count, hazard, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    double *change = CAUS_ARRAY(out, double, row_count);
    size_t *longest = CAUS_ARRAY(out, size_t, row_count);
    caus_status status;
    if (!change || !longest) {
        status = caus_arena_fail(out, err);
    } else {
        caus_arena *scratch = caus_run_scratch(run, 0);
        caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
        online o = {.variable_count = variable_count};
        status = follow(values, row_count, &o, hazard, delay, run, change,
                        longest, err);
        caus_arena_rewind(scratch, scratch_mark);
    }
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = (caus_run_lengths){row_count, change, longest};
    return CAUS_OK;
}
