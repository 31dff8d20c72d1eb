/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation by weighted least squares for noise whose size changes
 * in time: source and target are each regressed on the conditions twice, the
 * second time with every row divided by the mean size of the residuals of the
 * rows up to it, and the weighted residuals are correlated.
 */
#include <math.h>
#include <string.h>

#include "independence/linear_internal.h"

/* A row's noise is taken to be no smaller beside the mean one, so that a
 * stretch that stands still does not outweigh everything else. */
static const double least_noise = 1e-3;

typedef struct wls {
    const caus_sample *sample;
    const caus_run *run;
    size_t window;   /* rows */
    bool unit_start; /* caus_test_options.wls_unit_start */
} wls;

struct caus_ci_work {
    const wls *state;
    caus_linear_work linear;
};

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const wls *mine = state;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    work->state = mine;
    CAUS_TRY(
        caus_linear_start(mine->sample, mine->run, arena, &work->linear, err));
    *result = work;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    return caus_linear_condition(&work->linear, target, given, count, err);
}

/* A regression at work: all columns have `count` rows. */
typedef struct regression {
    const wls *state;
    size_t count;
    size_t conditions; /* that vary */
    double *given;     /* [conditions × stride] */
    size_t stride;
    double *inverse; /* [count] 1 / size of the noise */
    double *basis;   /* [(conditions + 1) × count] */
} regression;

/* The values of a node, centred, or in the mode of `unit_start` as they are
 * but for the scale of the panel. */
static bool fill_column(const caus_ci_work *work, caus_node node,
                        double *column)
{
    const caus_linear_work *linear = &work->linear;
    bool varies = caus_linear_copy(linear, node, column);
    if (!work->state->unit_start) {
        caus_linear_centre(column, linear->row_count);
        return varies;
    }
    double mean = linear->sample->mean[node % linear->sample->stride];
    for (size_t k = 0; k < linear->row_count; k++)
        column[k] += mean;
    return varies;
}

/*
 * Replaces residuals by one over their mean absolute value in the window that
 * ends at each row.
 *
 *   unit  noise of the rows before the first full window; 0 = as in that one
 *
 * Returns false when all residuals are 0.
 */
static bool find_noise(const regression *on, const double *residual,
                       double unit)
{
    size_t count = on->count, window = on->state->window;
    window = window < count ? window : count;
    double all = 0;
    for (size_t k = 0; k < count; k++)
        all += fabs(residual[k]);
    double floor = least_noise * all / (double)count;
    if (!(floor > 0))
        return false;
    for (size_t k = window - 1; k < count; k++) {
        double sum = 0;
        for (size_t back = 0; back < window; back++)
            sum += fabs(residual[k - back]);
        double noise = sum / (double)window;
        on->inverse[k] = 1 / (noise > floor ? noise : floor);
    }
    for (size_t k = 0; k + 1 < window; k++)
        on->inverse[k] = unit > 0 ? 1 / unit : on->inverse[window - 1];
    return true;
}

/* Residuals of both sides without weights; false when nothing is left. */
static bool take_out(const regression *on, const double *const *sides,
                     double *const *residuals)
{
    caus_basis basis = {on->basis, on->count, 0};
    bool left = true;
    for (size_t c = 0; c < on->conditions; c++)
        caus_basis_add(&basis, on->given + c * on->stride);
    for (size_t side = 0; side < 2; side++) {
        memcpy(residuals[side], sides[side], on->count * sizeof(double));
        left = caus_basis_project(&basis, residuals[side]) && left;
    }
    return left;
}

/*
 * Replaces a column by its weighted residuals; false when nothing is left.
 *
 *   residual  of the column without weights; overwritten
 */
static bool weigh_out(const regression *on, double unit, double *residual,
                      double *column)
{
    caus_basis basis = {on->basis, on->count, 0};
    if (!find_noise(on, residual, unit))
        return false;
    if (!on->state->unit_start)
        caus_basis_add(&basis, on->inverse);
    for (size_t c = 0; c < on->conditions; c++) {
        const double *given = on->given + c * on->stride;
        for (size_t k = 0; k < on->count; k++)
            residual[k] = given[k] * on->inverse[k];
        caus_basis_add(&basis, residual);
    }
    for (size_t k = 0; k < on->count; k++)
        column[k] *= on->inverse[k];
    return caus_basis_project(&basis, column);
}

static double unit_of(const caus_ci_work *work, caus_node node)
{
    const caus_sample *sample = work->linear.sample;
    return work->state->unit_start ? sample->scale[node % sample->stride] : 0;
}

/* Copies the conditions that vary. */
static caus_status fill_given(const caus_ci_work *work, regression *on,
                              caus_error *err)
{
    const caus_linear_work *linear = &work->linear;
    const caus_node *nodes = caus_linear_nodes(linear);
    for (size_t place = 0; place + 2 < linear->node_count; place++) {
        CAUS_TRY(caus_run_check(linear->run, err));
        if (fill_column(work, nodes[place],
                        on->given + on->conditions * on->stride))
            on->conditions++;
    }
    return CAUS_OK;
}

/* Weighted residuals of both sides and their sums of products. */
static void correlate(const caus_ci_work *work, const regression *on,
                      double *const *sides, caus_residuals *left)
{
    const caus_linear_work *linear = &work->linear;
    const caus_node *nodes = caus_linear_nodes(linear);
    double *residuals[2] = {caus_linear_column(linear, 3),
                            caus_linear_column(linear, 4)};
    const double *columns[2] = {sides[0], sides[1]};
    if (!take_out(on, columns, residuals))
        return;
    for (size_t side = 0; side < 2; side++) {
        double unit = unit_of(work, nodes[linear->node_count - 2 + side]);
        if (!weigh_out(on, unit, residuals[side], sides[side]))
            return;
        caus_linear_centre(sides[side], on->count);
    }
    left->source = caus_dot(sides[0], sides[0], on->count);
    left->target = caus_dot(sides[1], sides[1], on->count);
    left->both = caus_dot(sides[0], sides[1], on->count);
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    CAUS_TRY(caus_linear_list(linear, source, err));
    caus_linear_find_rows(linear);
    size_t places = linear->node_count - 2;
    CAUS_TRY(caus_linear_reserve(linear, 2 * places + 6, err));
    double *sides[2] = {caus_linear_column(linear, 0),
                        caus_linear_column(linear, 1)};
    regression on = {.state = work->state,
                     .count = linear->row_count,
                     .given = caus_linear_column(linear, 5),
                     .stride = linear->sample->row_count,
                     .inverse = caus_linear_column(linear, 2),
                     .basis = caus_linear_column(linear, 5 + places)};
    caus_residuals left = {.row_weight = (double)on.count, .is_constant = true};
    if (on.count) {
        CAUS_TRY(fill_given(work, &on, err));
        left.conditions = on.conditions;
        left.is_constant = !fill_column(work, source->node, sides[0]);
        left.is_constant =
            !fill_column(work, linear->target, sides[1]) || left.is_constant;
    }
    if (!left.is_constant)
        correlate(work, &on, sides, &left);
    caus_parcorr_give(&left, result);
    return CAUS_OK;
}

/* Dividing by noise that few rows tell makes a correlation smaller: what it
 * would be without is what people ask for. */
static caus_ends interval(const caus_independence *test, double statistic,
                          double df, double critical)
{
    const wls *state = test->state;
    caus_ends ends = caus_interval_fisher(test, statistic, df, critical);
    return (caus_ends){caus_unwindowed_correlation(ends.lower, state->window),
                       caus_unwindowed_correlation(ends.upper, state->window)};
}

caus_status caus_wls_init(const caus_test_options *options,
                          const caus_sample *sample, const caus_run *run,
                          caus_arena *arena, caus_independence *result,
                          caus_error *err)
{
    if (options->wls_window < 2)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "wls_window is %zu rows: a mean needs at least 2",
                         options->wls_window);
    wls *state = CAUS_ARRAY(arena, wls, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (wls){sample, run, options->wls_window, options->wls_unit_start};
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test};
    caus_parcorr_decide(result);
    result->interval = interval;
    return CAUS_OK;
}
