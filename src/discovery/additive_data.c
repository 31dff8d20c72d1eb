/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <omp.h>

#include "discovery/additive_internal.h"
#include "numeric/numeric.h"
#include "numeric/spline.h"

/* Columns of the Gram matrix that one piece of work covers. */
enum { BLOCK = 48 };

/* Functions of every column, side by side. */
typedef struct filling {
    const caus_lag_table *table;
    const caus_run *run;
    const caus_additive_data *data;
    double *panel; /* [row_count × stride] */
    double *gram;
    caus_status status;
    caus_error error;
} filling;

static caus_status fill_column(filling *f, size_t column, caus_arena *arena,
                               caus_error *err)
{
    const caus_correlation *from = &f->table->correlation;
    const caus_additive_data *data = f->data;
    caus_arena_mark mark = caus_arena_get_mark(arena);
    CAUS_TRY(caus_run_check(f->run, err));
    double *values = CAUS_ARRAY(arena, double, data->row_count);
    if (!values)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < data->row_count; r++)
        values[r] = from->panel[r * from->stride + column];
    caus_status status = caus_spline_fill(
        values, data->row_count, data->width, data->stride, arena,
        f->panel + column * data->width, &data->functions[column], err);
    caus_arena_rewind(arena, mark);
    return status;
}

static void fill_columns(filling *f)
{
    int threads = caus_run_threads_for(
        f->run, 400.0 * (double)(f->data->row_count * f->data->column_count));
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t c = 0; c < f->data->column_count; c++) {
        caus_error error = {0};
        if (!f->data->functions[c])
            continue;
        caus_status status = fill_column(
            f, c, caus_run_scratch(f->run, omp_get_thread_num()), &error);
        if (status == CAUS_OK)
            continue;
#pragma omp critical(caus_additive_fill)
        if (f->status == CAUS_OK) {
            f->status = status;
            f->error = error;
        }
    }
}

static void add_block(const filling *f, size_t first)
{
    enum { ROWS = 256 };
    size_t stride = f->data->stride, rows = f->data->row_count;
    size_t left = stride - first < BLOCK ? stride - first : BLOCK;
    for (size_t r = 0; r < rows && !caus_run_should_stop(f->run); r += ROWS) {
        caus_gram_task task = {
            .left = f->panel + r * stride + first,
            .right = f->panel + r * stride + first,
            .out = f->gram + first * stride + first,
            .left_stride = stride,
            .right_stride = stride,
            .out_stride = stride,
            .left_count = left,
            .right_count = stride - first,
            .row_count = rows - r < ROWS ? rows - r : ROWS,
        };
        caus_gram_best()->add(&task);
    }
}

static void fill_gram(const filling *f)
{
    size_t stride = f->data->stride;
    double rows = (double)f->data->row_count;
    int threads = caus_run_threads_for(f->run, rows * (double)stride *
                                                   (double)stride / 8);
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t first = 0; first < stride; first += BLOCK)
        add_block(f, first);
    for (size_t i = 0; i < stride; i++)
        for (size_t j = i; j < stride; j++) {
            double mean = f->gram[i * stride + j] / rows;
            f->gram[i * stride + j] = f->gram[j * stride + i] = mean;
        }
}

/* Constant columns, and those of variables that columns before them
 * determine, have no functions. */
static caus_status choose_columns(const caus_lag_table *table,
                                  caus_arena *arena, caus_additive_data *data,
                                  caus_error *err)
{
    caus_factor factor;
    size_t variables = data->variable_count;
    CAUS_TRY(caus_factor_init(variables, arena, &factor, err));
    for (size_t c = 0; c < data->column_count; c++)
        data->functions[c] = table->size[c] > 0;
    for (size_t v = 0; v < variables; v++)
        if (!data->functions[v] ||
            !caus_factor_add(&factor, &table->correlation, v, NULL))
            for (size_t c = v; c < data->column_count; c += variables)
                data->functions[c] = 0;
    return CAUS_OK;
}

static void bar_edges(caus_additive_data *data)
{
    for (size_t v = 0; v < data->variable_count; v++)
        for (size_t c = 0; c < data->column_count; c++)
            data->is_barred[v * data->column_count + c] =
                !data->functions[c] || !data->functions[v] || c == v;
}

void caus_additive_data_know(const caus_lag_table *table,
                             const caus_lag_prior *prior,
                             caus_additive_data *data)
{
    size_t variables = data->variable_count, columns = data->column_count;
    for (size_t cell = 0; prior->cells && cell < variables * columns; cell++) {
        size_t column = cell % columns, lag = column / variables;
        size_t from = table->order[column % variables];
        size_t to = table->order[cell / columns];
        if (!caus_lag_prior_allows(prior, from, to, lag))
            data->is_barred[cell] = true;
        data->is_required[cell] = caus_lag_prior_requires(prior, from, to, lag);
    }
}

/* Half of the rows at most are spent on functions. */
static void set_limits(const caus_additive_options *options,
                       caus_additive_data *data)
{
    enum { MOST_FUNCTIONS = 1024 };
    size_t most = data->row_count / 2;
    size_t possible = data->column_count * data->width;
    most = most < possible ? most : possible;
    data->most_functions = most < MOST_FUNCTIONS ? most : MOST_FUNCTIONS;
    data->most_parents = options->max_parents;
    data->entry = log((double)data->column_count);
    data->unit = options->penalty * log((double)data->row_count) / 2;
}

caus_status caus_additive_data_init(const caus_lag_table *table,
                                    const caus_additive_options *options,
                                    const caus_run *run, caus_arena *arena,
                                    caus_additive_data *data, caus_error *err)
{
    size_t columns = table->correlation.variable_count;
    caus_additive_data made = {
        .variable_count = table->variable_count,
        .column_count = columns,
        .row_count = table->row_count,
        .width = options->basis,
        .stride = caus_pad_lanes(columns * options->basis),
        .functions = CAUS_ARRAY(arena, size_t, columns),
        .is_barred = CAUS_ARRAY(arena, bool, table->variable_count *columns),
        .is_required = CAUS_ARRAY(arena, bool, table->variable_count *columns),
    };
    double *gram = CAUS_ARRAY(arena, double, made.stride *made.stride);
    if (!made.functions || !made.is_barred || !made.is_required || !gram)
        return caus_arena_fail(arena, err);
    CAUS_TRY(choose_columns(table, arena, &made, err));
    bar_edges(&made);
    set_limits(options, &made);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    filling f = {.table = table,
                 .run = run,
                 .data = &made,
                 .gram = gram,
                 .panel =
                     CAUS_ARRAY(arena, double, made.row_count *made.stride)};
    if (!f.panel)
        return caus_arena_fail(arena, err);
    fill_columns(&f);
    if (f.status != CAUS_OK)
        return caus_fail(err, f.status, "%s", f.error.message);
    fill_gram(&f);
    CAUS_TRY(caus_run_check(run, err));
    caus_arena_rewind(arena, mark);
    made.gram = gram;
    *data = made;
    return CAUS_OK;
}
