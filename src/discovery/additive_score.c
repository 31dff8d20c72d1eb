/* SPDX-License-Identifier: Apache-2.0 */
/* The causes of one variable: grown function by function, then pruned. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/additive_internal.h"
#include "graph/dag.h"
#include "numeric/spline.h"

/* A function of which those before leave less than this share is rounding. */
static const double least_pivot = 1e-9;

caus_status caus_additive_work_init(const caus_additive_data *data,
                                    caus_arena *arena, caus_additive_work *work,
                                    caus_error *err)
{
    size_t most = data->most_functions, width = data->width;
    size_t columns = data->column_count;
    *work = (caus_additive_work){
        .most = most,
        .list = CAUS_ARRAY(arena, uint32_t, most),
        .factor = CAUS_ARRAY(arena, double, most *most),
        .target = CAUS_ARRAY(arena, double, most),
        .inverse = CAUS_ARRAY(arena, double, most *most),
        .slope = CAUS_ARRAY(arena, double, most),
        .block = CAUS_ARRAY(arena, double, (most + width) * width),
        .branches = CAUS_ARRAY(arena, caus_additive_branch, columns),
        .used = CAUS_ARRAY(arena, uint16_t, columns),
    };
    if (!work->list || !work->factor || !work->target || !work->inverse ||
        !work->slope || !work->block || !work->branches || !work->used)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static void start(caus_additive_work *work)
{
    work->count = 0;
    work->left = 1;
}

static double kept(double left)
{
    return left > CAUS_ADDITIVE_LEAST_LEFT ? left : CAUS_ADDITIVE_LEAST_LEFT;
}

/* Adds a row to the Cholesky factor unless it is determined by those before. */
static void add_function(const caus_additive_data *data, size_t target,
                         size_t function, caus_additive_work *work)
{
    size_t count = work->count, most = work->most;
    const double *gram = data->gram + function * data->stride;
    double *row = work->factor + count * most;
    double pivot = gram[function], product = gram[target * data->width];
    if (count == most)
        return;
    for (size_t j = 0; j < count; j++) {
        const double *other = work->factor + j * most;
        double sum = gram[work->list[j]];
        for (size_t k = 0; k < j; k++)
            sum -= row[k] * other[k];
        row[j] = sum / other[j];
        pivot -= row[j] * row[j];
        product -= row[j] * work->target[j];
    }
    if (!(pivot > least_pivot))
        return;
    row[count] = sqrt(pivot);
    work->target[count] = product / row[count];
    work->left = kept(work->left - work->target[count] * work->target[count]);
    work->list[count] = (uint32_t)function;
    work->count++;
}

static void add_functions(const caus_additive_data *data, size_t target,
                          caus_additive_step step, caus_additive_work *work)
{
    for (size_t k = step.from; k < step.to; k++)
        add_function(data, target, step.column * data->width + k, work);
}

void caus_additive_fit(const caus_additive_data *data, size_t target,
                       const uint32_t *causes, const uint16_t *functions,
                       size_t cause_count, caus_additive_work *work)
{
    start(work);
    for (size_t k = 0; k < cause_count; k++)
        add_functions(data, target,
                      (caus_additive_step){causes[k], 0, functions[k]}, work);
}

/* inv(L) is made in the rows of `inverse`, then inv(L)' inv(L) over it. */
void caus_additive_invert(caus_additive_work *work)
{
    size_t count = work->count, most = work->most;
    for (size_t i = 0; i < count; i++) {
        double *row = work->inverse + i * most;
        const double *factor = work->factor + i * most;
        memset(row, 0, count * sizeof *row);
        for (size_t j = 0; j < i; j++) {
            const double *from = work->inverse + j * most;
            for (size_t k = 0; k <= j; k++)
                row[k] -= factor[j] * from[k];
        }
        for (size_t k = 0; k < i; k++)
            row[k] /= factor[i];
        row[i] = 1 / factor[i];
    }
    memset(work->slope, 0, count * sizeof *work->slope);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k <= i; k++)
            work->slope[k] += work->inverse[i * most + k] * work->target[i];
    /* row i of the product needs rows ≥ i of inv(L) only */
    for (size_t i = 0; i < count; i++) {
        double *row = work->inverse + i * most;
        double own = row[i];
        for (size_t k = 0; k <= i; k++)
            row[k] *= own;
        for (size_t r = i + 1; r < count; r++) {
            const double *lower = work->inverse + r * most;
            for (size_t k = 0; k <= i; k++)
                row[k] += lower[i] * lower[k];
        }
    }
}

double caus_additive_loss(const caus_additive_data *data,
                          caus_additive_work *work, uint32_t cause,
                          size_t *taken)
{
    size_t places[CAUS_SPLINE_MOST], count = 0;
    double loss = 0, *block = work->block, *solved = block + data->width;
    for (size_t i = 0; i < work->count; i++)
        if (work->list[i] / data->width == cause)
            places[count++] = i;
    for (size_t i = 0; i < count; i++) {
        double *row = solved + i * data->width;
        const double *from = work->inverse + places[i] * work->most;
        double pivot = from[places[i]], value = work->slope[places[i]];
        for (size_t j = 0; j < i; j++) {
            const double *other = solved + j * data->width;
            double sum = from[places[j]];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            row[j] = sum / other[j];
            pivot -= row[j] * row[j];
            value -= row[j] * block[j];
        }
        row[i] = sqrt(pivot > 0 ? pivot : HUGE_VAL);
        block[i] = value / row[i];
        loss += block[i] * block[i];
    }
    *taken = count;
    return loss;
}

/* ---- growing ---- */

/* Those without functions have an edge and nothing in the fit. */
static void start_required(const caus_additive_data *data, size_t target,
                           caus_additive_work *work)
{
    const bool *is_required = data->is_required + target * data->column_count;
    start(work);
    for (size_t c = 0; c < data->column_count; c++) {
        work->used[c] = is_required[c] && data->functions[c];
        if (work->used[c])
            add_functions(data, target, (caus_additive_step){(uint32_t)c, 0, 1},
                          work);
    }
}

static void replay(const caus_additive_data *data, size_t target,
                   const caus_additive_node *node, caus_additive_work *work)
{
    if (!node->parent) {
        start_required(data, target, work);
        return;
    }
    replay(data, target, node->parent, work);
    add_functions(data, target, node->step, work);
    work->used[node->step.column] = node->step.to;
}

/* Products of the unused functions of a column with those in use, times the
 * inverse factor: [count × width]. */
static void reduce_block(const caus_additive_data *data, size_t first,
                         size_t size, caus_additive_work *work)
{
    size_t width = data->width;
    for (size_t i = 0; i < work->count; i++) {
        const double *gram = data->gram + work->list[i] * data->stride + first;
        const double *factor = work->factor + i * work->most;
        double sum[CAUS_SPLINE_MOST];
        double scale = 1 / factor[i];
        memcpy(sum, gram, size * sizeof *sum);
        for (size_t j = 0; j < i; j++) {
            const double *other = work->block + j * width;
            double part = factor[j];
            for (size_t k = 0; k < size; k++)
                sum[k] -= part * other[k];
        }
        for (size_t k = 0; k < size; k++)
            work->block[i * width + k] = sum[k] * scale;
    }
}

/* What a column could add: how many of its further functions pay best. */
static caus_additive_branch weigh(const caus_additive_data *data, size_t target,
                                  uint32_t column, caus_additive_work *work)
{
    size_t width = data->width, used = work->used[column];
    size_t first = column * width + used, size = data->functions[column] - used;
    double explained = 0, value[CAUS_SPLINE_MOST], best = 0;
    double *own = work->block + work->count * width;
    caus_additive_branch made = {.step = {column, (uint16_t)used, 0}};
    if (size > work->most - work->count)
        size = work->most - work->count;
    reduce_block(data, first, size, work);
    for (size_t i = 0; i < size; i++) {
        const double *gram = data->gram + (first + i) * data->stride;
        double *row = own + i * width;
        memcpy(row, gram + first, (i + 1) * sizeof *row);
        value[i] = gram[target * width];
    }
    for (size_t r = 0; r < work->count; r++) {
        const double *part = work->block + r * width;
        for (size_t i = 0; i < size; i++) {
            value[i] -= part[i] * work->target[r];
            for (size_t k = 0; k <= i; k++)
                own[i * width + k] -= part[i] * part[k];
        }
    }
    for (size_t i = 0; i < size; i++) {
        double *row = own + i * width;
        for (size_t j = 0; j < i; j++) {
            const double *other = own + j * width;
            for (size_t k = 0; k < j; k++)
                row[j] -= row[k] * other[k];
            row[j] /= other[j];
            row[i] -= row[j] * row[j];
            value[i] -= row[j] * value[j];
        }
        if (!(row[i] > least_pivot))
            break;
        row[i] = sqrt(row[i]);
        value[i] /= row[i];
        explained += value[i] * value[i];
        double gain = (double)data->row_count / 2 *
                          log(work->left / kept(work->left - explained)) -
                      data->unit * (double)(i + 1) - (used ? 0 : data->entry);
        if (gain > best) {
            best = gain;
            made.step.to = (uint16_t)(used + i + 1);
        }
    }
    made.gain = best;
    return made;
}

static int compare_branches(const void *a, const void *b)
{
    const caus_additive_branch *x = a, *y = b;
    if (x->gain > y->gain || x->gain < y->gain)
        return x->gain < y->gain ? 1 : -1;
    return (x->step.column > y->step.column) -
           (x->step.column < y->step.column);
}

static caus_status grow(const caus_additive_data *data, size_t target,
                        caus_additive_node *node, caus_additive_work *work,
                        caus_arena *arena, caus_error *err)
{
    const bool *is_barred = data->is_barred + target * data->column_count;
    size_t causes = 0, count = 0;
    replay(data, target, node, work);
    for (size_t c = 0; c < data->column_count; c++)
        causes += work->used[c] > 0;
    bool is_full = work->count == work->most;
    for (size_t c = 0; c < data->column_count && !is_full; c++) {
        if (is_barred[c] || work->used[c] >= data->functions[c] ||
            (!work->used[c] && causes >= data->most_parents))
            continue;
        caus_additive_branch made = weigh(data, target, (uint32_t)c, work);
        if (made.gain > 0)
            work->branches[count++] = made;
    }
    qsort(work->branches, count, sizeof *work->branches, compare_branches);
    caus_additive_branch *branches =
        CAUS_ARRAY(arena, caus_additive_branch, count);
    if (!branches)
        return caus_arena_fail(arena, err);
    memcpy(branches, work->branches, count * sizeof *branches);
    node->branches = branches;
    node->branch_count = count;
    return CAUS_OK;
}

/* ---- pruning ---- */

static size_t list_causes(const caus_additive_data *data,
                          caus_additive_node *node,
                          const caus_additive_work *work)
{
    size_t count = 0;
    for (size_t c = 0; c < data->column_count; c++)
        if (work->used[c]) {
            node->causes[count] = (uint32_t)c;
            node->functions[count++] = work->used[c];
        }
    return count;
}

/* Takes the cause away that is not worth its functions, if there is one that
 * need not stay. */
static bool drop_worst(const caus_additive_data *data, size_t target,
                       caus_additive_node *node, caus_additive_work *work)
{
    const bool *is_required = data->is_required + target * data->column_count;
    size_t worst = 0, taken;
    double best = 0;
    caus_additive_invert(work);
    for (size_t k = 0; k < node->cause_count; k++) {
        if (is_required[node->causes[k]])
            continue;
        double loss = caus_additive_loss(data, work, node->causes[k], &taken);
        double gain =
            data->unit * node->functions[k] + data->entry -
            (double)data->row_count / 2 * log((work->left + loss) / work->left);
        if (gain > best) {
            best = gain;
            worst = k;
        }
    }
    if (!(best > 0))
        return false;
    node->cause_count--;
    for (size_t k = worst; k < node->cause_count; k++) {
        node->causes[k] = node->causes[k + 1];
        node->functions[k] = node->functions[k + 1];
    }
    return true;
}

static caus_status prune(const caus_additive_data *data, size_t target,
                         caus_additive_node *node, caus_additive_work *work,
                         caus_arena *arena, caus_error *err)
{
    node->causes = CAUS_ARRAY(arena, uint32_t, node->most_causes);
    node->functions = CAUS_ARRAY(arena, uint16_t, node->most_causes);
    if (!node->causes || !node->functions)
        return caus_arena_fail(arena, err);
    replay(data, target, node, work);
    node->cause_count = list_causes(data, node, work);
    do {
        caus_additive_fit(data, target, node->causes, node->functions,
                          node->cause_count, work);
    } while (node->cause_count > 1 && drop_worst(data, target, node, work));
    double functions = 0;
    for (size_t k = 0; k < node->cause_count; k++)
        functions += node->functions[k];
    node->best =
        -(double)data->row_count / 2 * log(work->left) - data->unit * functions;
    node->is_pruned = true;
    return CAUS_OK;
}

static caus_status visit(caus_additive_node *parent,
                         caus_additive_branch *branch, caus_arena *arena,
                         caus_error *err)
{
    caus_additive_node *node = CAUS_ARRAY(arena, caus_additive_node, 1);
    if (!node)
        return caus_arena_fail(arena, err);
    node->parent = parent;
    node->step = branch->step;
    node->most_causes = parent->most_causes + 1;
    branch->node = node;
    return CAUS_OK;
}

caus_status caus_additive_score(const caus_additive_data *data, size_t target,
                                const uint64_t *allowed,
                                caus_additive_node *tree,
                                caus_additive_work *work, caus_arena *arena,
                                const caus_additive_node **result,
                                caus_error *err)
{
    caus_additive_node *node = tree;
    for (;;) {
        size_t k = 0;
        if (!node->branches)
            CAUS_TRY(grow(data, target, node, work, arena, err));
        while (k < node->branch_count &&
               !caus_bit_get(allowed, node->branches[k].step.column))
            k++;
        if (k == node->branch_count)
            break;
        if (!node->branches[k].node)
            CAUS_TRY(visit(node, &node->branches[k], arena, err));
        node = node->branches[k].node;
    }
    if (!node->is_pruned)
        CAUS_TRY(prune(data, target, node, work, arena, err));
    *result = node;
    return CAUS_OK;
}
