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
    double level;    /* of intervals, when placed */
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

/* The conditions, and a constant, times the weights. */
static caus_basis weigh_given(const regression *on, double *scratch)
{
    caus_basis basis = {on->basis, on->count, 0};
    if (!on->state->unit_start)
        caus_basis_add(&basis, on->inverse);
    for (size_t c = 0; c < on->conditions; c++) {
        const double *given = on->given + c * on->stride;
        for (size_t k = 0; k < on->count; k++)
            scratch[k] = given[k] * on->inverse[k];
        caus_basis_add(&basis, scratch);
    }
    return basis;
}

/* Replaces a column by its weighted residuals; false when nothing is left. */
static bool weigh_out(const regression *on, const caus_basis *basis,
                      double *column)
{
    for (size_t k = 0; k < on->count; k++)
        column[k] *= on->inverse[k];
    return caus_basis_project(basis, column);
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
        if (!find_noise(on, residuals[side], unit))
            return;
        caus_basis basis = weigh_given(on, residuals[side]);
        if (!weigh_out(on, &basis, sides[side]))
            return;
        caus_linear_centre(sides[side], on->count);
    }
    left->source = caus_dot(sides[0], sides[0], on->count);
    left->target = caus_dot(sides[1], sides[1], on->count);
    left->both = caus_dot(sides[0], sides[1], on->count);
}

/* Gathers a test's columns; `left` says whether both sides vary. */
static caus_status gather(caus_ci_work *work, const caus_ci_source *source,
                          regression *on, double *sides[2],
                          caus_residuals *left, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    CAUS_TRY(caus_linear_list(linear, source, err));
    caus_linear_find_rows(linear);
    size_t places = linear->node_count - 2;
    CAUS_TRY(caus_linear_reserve(linear, 2 * places + 6, err));
    sides[0] = caus_linear_column(linear, 0);
    sides[1] = caus_linear_column(linear, 1);
    *on = (regression){.state = work->state,
                       .count = linear->row_count,
                       .given = caus_linear_column(linear, 5),
                       .stride = linear->sample->row_count,
                       .inverse = caus_linear_column(linear, 2),
                       .basis = caus_linear_column(linear, 5 + places)};
    *left =
        (caus_residuals){.row_weight = (double)on->count, .is_constant = true};
    if (!on->count)
        return CAUS_OK;
    CAUS_TRY(fill_given(work, on, err));
    left->conditions = on->conditions;
    left->is_constant = !fill_column(work, source->node, sides[0]);
    left->is_constant =
        !fill_column(work, linear->target, sides[1]) || left->is_constant;
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    regression on;
    double *sides[2];
    caus_residuals left;
    CAUS_TRY(gather(work, source, &on, sides, &left, err));
    if (!left.is_constant)
        correlate(work, &on, sides, &left);
    caus_parcorr_give(&left, result);
    return CAUS_OK;
}

/* ---- intervals ---- */

/*
 * Intervals lie around a correlation that windows do not shrink. Noise that is
 * measured with the row in it makes large values smaller; noise of two sides
 * measured apart makes their weights differ. So both regressions share their
 * weights, and a side is then divided by the noise of the rows around each row
 * without that one. What is left, that the two noises still differ by chance,
 * multiplies the correlation by 1 − Var(d − e) / 2, where d and e are the
 * relative errors of two means of so many sizes.
 */

/* The rows on each side that make a row's noise. */
static size_t half_window(const regression *on)
{
    size_t half = on->state->window / 2, most = (on->count - 1) / 2;
    return half < most ? half : most;
}

/* Residuals over the noise around each row. */
static void divide_by_noise(const regression *on, const double *residual,
                            double *out)
{
    size_t half = half_window(on), width = 2 * half + 1;
    double all = 0;
    for (size_t k = 0; k < on->count; k++)
        all += fabs(residual[k]);
    double floor = least_noise * all / (double)on->count;
    for (size_t k = 0; k < on->count; k++) {
        size_t first = k < half ? 0 : k - half;
        first = first + width > on->count ? on->count - width : first;
        double sum = 0;
        for (size_t near = first; near < first + width; near++)
            sum += near == k ? 0 : fabs(residual[near]);
        double noise = sum / (double)(2 * half);
        out[k] = residual[k] / (noise > floor ? noise : floor);
    }
}

/* What the noises' errors make of a correlation. */
static double shrinkage(const regression *on, const double *x, const double *y)
{
    double size[2] = {0}, products[3] = {0}, count = (double)on->count;
    for (size_t k = 0; k < on->count; k++) {
        size[0] += fabs(x[k]);
        size[1] += fabs(y[k]);
        products[0] += x[k] * x[k];
        products[1] += y[k] * y[k];
        products[2] += fabs(x[k] * y[k]);
    }
    double apart = count * (products[0] / (size[0] * size[0]) +
                            products[1] / (size[1] * size[1]) -
                            2 * products[2] / (size[0] * size[1]));
    return exp(-apart / (2. * 2. * (double)half_window(on)));
}

/* Residuals of both sides by one regression, over their noise, in the columns
 * that held them without weights; false when nothing is left. */
static bool clear_sides(const caus_ci_work *work, const regression *on,
                        double *const *sides, double *const *left)
{
    const double *columns[2] = {sides[0], sides[1]};
    if (!take_out(on, columns, left) || !find_noise(on, left[0], 0))
        return false;
    memcpy(left[0], on->inverse, on->count * sizeof(double));
    if (!find_noise(on, left[1], 0))
        return false;
    for (size_t k = 0; k < on->count; k++)
        on->inverse[k] = sqrt(on->inverse[k] * left[0][k]);
    caus_basis basis = weigh_given(on, left[0]);
    for (size_t side = 0; side < 2; side++) {
        if (!weigh_out(on, &basis, sides[side]))
            return false;
        for (size_t k = 0; k < on->count; k++)
            sides[side][k] /= on->inverse[k];
        divide_by_noise(on, sides[side], left[side]);
        caus_linear_centre(left[side], work->linear.row_count);
    }
    return true;
}

static void find_interval(const caus_ci_work *work, const regression *on,
                          double *const *left, caus_ci_result *result)
{
    const double *x = left[0], *y = left[1];
    double count = (double)on->count;
    double xx = caus_dot(x, x, on->count), yy = caus_dot(y, y, on->count);
    double r = caus_dot(x, y, on->count) / sqrt(xx * yy);
    double kept = shrinkage(on, x, y), placed = r / kept;
    if (!(fabs(placed) < 1))
        return;
    caus_row_pair pair = {.source = x,
                          .target = y,
                          .source_scale = sqrt(count / xx),
                          .target_scale = sqrt(count / yy),
                          .count = on->count,
                          .correlation = r,
                          .conditions = on->conditions};
    double stretch = (1 - r) * (1 + r) / ((1 - placed) * (1 + placed)) / kept;
    double reach = stretch * caus_rows_reach(&pair, work->state->level);
    result->undetermined = false;
    result->statistic = placed;
    result->ends = caus_ends_around(placed, reach);
}

static caus_status test_placed(caus_ci_work *work, const caus_ci_source *source,
                               caus_ci_result *result, caus_error *err)
{
    regression on;
    double *sides[2];
    caus_residuals left;
    CAUS_TRY(gather(work, source, &on, sides, &left, err));
    double df = left.row_weight - 2 - (double)left.conditions;
    *result = (caus_ci_result){.df = df, .undetermined = true};
    double *cleared[2] = {caus_linear_column(&work->linear, 3),
                          caus_linear_column(&work->linear, 4)};
    if (!left.is_constant && df >= 1 && clear_sides(work, &on, sides, cleared))
        find_interval(work, &on, cleared, result);
    return CAUS_OK;
}

static caus_status place(const void *place_state, double level,
                         caus_arena *arena, caus_independence *result,
                         caus_error *err)
{
    wls *state = CAUS_ARRAY(arena, wls, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = *(const wls *)place_state;
    state->unit_start = false;
    state->level = level;
    *result = (caus_independence){.state = state,
                                  .sample = state->sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test_placed};
    caus_parcorr_decide(result);
    return CAUS_OK;
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
    *state = (wls){.sample = sample,
                   .run = run,
                   .window = options->wls_window,
                   .unit_start = options->wls_unit_start};
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test};
    caus_parcorr_decide(result);
    result->place = place;
    result->place_state = state;
    return CAUS_OK;
}
