/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "estimation/estimation_internal.h"
#include "numeric/numeric.h"

/* A regression at work, in scratch memory. */
typedef struct fit {
    const caus_least_squares *task;
    const caus_run *run;
    size_t rows;
    double *columns; /* [(cause_count + 1) × rows], the target last */
    caus_basis basis;
    size_t *places; /* [cause_count] of the causes in the basis */
} fit;

caus_status caus_estimation_check(const caus_series *series,
                                  const caus_graph *graph, caus_error *err)
{
    if (series->gram)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "effects are estimated from rows, and a gram holds "
                         "none: give the data itself");
    if (series->variable_count != graph->node_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the series has %zu variables and the graph %zu: give "
                         "the graph of the same variables",
                         series->variable_count, graph->node_count);
    return CAUS_OK;
}

static bool is_known(const caus_segment *segment, size_t row, caus_lagged node)
{
    return !caus_segment_is_missing(segment, row - node.lag, node.variable);
}

/* Whether a row of a segment counts. */
static bool counts(const caus_least_squares *task, const caus_segment *segment,
                   size_t row)
{
    bool all = is_known(segment, row, task->target);
    for (size_t k = 0; all && k < task->cause_count; k++)
        all = is_known(segment, row, task->causes[k]);
    return all;
}

static size_t count_rows(const caus_least_squares *task)
{
    size_t count = 0;
    for (size_t s = 0; s < task->series->segment_count; s++) {
        const caus_segment *segment = &task->series->segments[s];
        for (size_t r = task->first_row; r < segment->row_count; r++)
            count += counts(task, segment, r);
    }
    return count;
}

static void fill_column(const fit *f, caus_lagged node, double *column)
{
    const caus_series *series = f->task->series;
    size_t next = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = f->task->first_row; r < segment->row_count; r++)
            if (counts(f->task, segment, r))
                column[next++] =
                    segment->values[(r - node.lag) * series->variable_count +
                                    node.variable];
    }
}

/* Takes the mean out, and the deviation where that is asked for. */
static void centre(const fit *f, double *column)
{
    double rows = (double)f->rows, first = column[0], sum = 0;
    bool varies = false;
    for (size_t r = 0; r < f->rows; r++) {
        varies = varies || column[r] < first || column[r] > first;
        sum += column[r];
    }
    for (size_t r = 0; r < f->rows; r++)
        column[r] -= sum / rows;
    if (!varies) /* rounding of the mean is no variation */
        memset(column, 0, f->rows * sizeof *column);
    double size = sqrt(caus_dot(column, column, f->rows) / rows);
    for (size_t r = 0; f->task->is_standardised && size > 0 && r < f->rows; r++)
        column[r] /= size;
}

static const char *name_of(const caus_series *series, size_t variable)
{
    return series->variables ? series->variables[variable].name : "a variable";
}

static caus_status find_basis(fit *f, caus_error *err)
{
    const caus_least_squares *task = f->task;
    for (size_t k = 0; k < task->cause_count; k++) {
        CAUS_TRY(caus_run_check(f->run, err));
        f->places[f->basis.count] = k;
        if (caus_basis_add(&f->basis, f->columns + k * f->rows) ||
            k + task->named_count < task->cause_count)
            continue;
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "%s at lag %zu is constant or determined by the other causes of "
            "%s, so its effect cannot be told: leave one of them out",
            name_of(task->series, task->causes[k].variable),
            task->causes[k].lag - task->target.lag,
            name_of(task->series, task->target.variable));
    }
    return CAUS_OK;
}

/* The basis times R are the columns: R slopes = basis · target, backwards. */
static void solve(const fit *f, double *slopes)
{
    size_t rows = f->rows, count = f->basis.count;
    const double *target = f->columns + f->task->cause_count * rows;
    memset(slopes, 0, f->task->cause_count * sizeof *slopes);
    for (size_t i = count; i-- > 0;) {
        const double *direction = f->basis.columns + i * rows;
        double left = caus_dot(direction, target, rows);
        for (size_t k = i + 1; k < count; k++)
            left -= slopes[f->places[k]] *
                    caus_dot(direction, f->columns + f->places[k] * rows, rows);
        slopes[f->places[i]] =
            left / caus_dot(direction, f->columns + f->places[i] * rows, rows);
    }
}

static caus_status fit_rows(fit *f, caus_arena *scratch, double *slopes,
                            caus_error *err)
{
    const caus_least_squares *task = f->task;
    size_t count = task->cause_count;
    f->columns = caus_arena_array(scratch, f->rows * sizeof(double), count + 1);
    f->basis = (caus_basis){
        caus_arena_array(scratch, f->rows * sizeof(double), count + 1), f->rows,
        0};
    f->places = CAUS_ARRAY(scratch, size_t, count + 1);
    if (!f->columns || !f->basis.columns || !f->places)
        return caus_arena_fail(scratch, err);
    for (size_t k = 0; k <= count; k++) {
        double *column = f->columns + k * f->rows;
        fill_column(f, k < count ? task->causes[k] : task->target, column);
        centre(f, column);
    }
    CAUS_TRY(find_basis(f, err));
    solve(f, slopes);
    return CAUS_OK;
}

caus_status caus_least_squares_fit(const caus_least_squares *task,
                                   const caus_run *run, double *slopes,
                                   size_t *row_count, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    fit f = {.task = task, .run = run, .rows = count_rows(task)};
    if (f.rows < task->cause_count + 2)
        return CAUS_FAIL(
            err, CAUS_ERR_TOO_FEW_SAMPLES,
            "%zu rows cannot tell the effects of %zu causes on %s: need at "
            "least %zu with every value known and %zu rows before them",
            f.rows, task->cause_count,
            name_of(task->series, task->target.variable), task->cause_count + 2,
            task->first_row);
    caus_status status = fit_rows(&f, scratch, slopes, err);
    caus_arena_rewind(scratch, mark);
    if (status == CAUS_OK && row_count)
        *row_count = f.rows;
    return status;
}
