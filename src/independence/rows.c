/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partial correlation on exactly the rows that one test may use: by taking the
 * other rows out of the Gram matrix, or, where that would cost digits, by
 * orthogonal projections of the rows themselves.
 */
#include <math.h>
#include <string.h>

#include "independence/gram.h"

caus_status caus_rows_work_init(const caus_parcorr *state, caus_arena *arena,
                                caus_rows_work *work, caus_error *err)
{
    const caus_sample *sample = state->sample;
    *work = (caus_rows_work){.arena = arena};
    work->lost = CAUS_ARRAY(arena, uint64_t, sample->word_count);
    if (!work->lost)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

static caus_status grow_matrix(caus_rows_work *work, size_t count,
                               caus_error *err)
{
    if (count <= work->node_capacity)
        return CAUS_OK;
    size_t capacity = count < 16 ? 16 : 2 * count;
    double *matrix = CAUS_ARRAY(work->arena, double, capacity *capacity);
    double *values = CAUS_ARRAY(work->arena, double, 2 * capacity);
    if (!matrix || !values)
        return caus_arena_fail(work->arena, err);
    work->matrix = matrix;
    work->values = values;
    work->node_capacity = capacity;
    return CAUS_OK;
}

static caus_status grow_columns(caus_rows_work *work, size_t row_count,
                                size_t count, caus_error *err)
{
    if (!work->rows)
        work->rows = CAUS_ARRAY(work->arena, size_t, row_count);
    if (!work->rows)
        return caus_arena_fail(work->arena, err);
    if (count <= work->column_capacity)
        return CAUS_OK;
    size_t capacity = count < 8 ? 8 : 2 * count;
    double *columns = CAUS_ARRAY(work->arena, double, 2 * row_count);
    double *basis = CAUS_ARRAY(work->arena, double, capacity *row_count);
    if (!columns || !basis)
        return caus_arena_fail(work->arena, err);
    work->columns = columns;
    work->basis = basis;
    work->column_capacity = capacity;
    return CAUS_OK;
}

static caus_test_role role_of(const caus_test_nodes *test, size_t place)
{
    if (place + 1 == test->count)
        return CAUS_ROLE_OF_TARGET;
    return place + 2 == test->count ? CAUS_ROLE_OF_SOURCE
                                    : CAUS_ROLE_OF_CONDITION;
}

/* Marks the rows that some node of the test cannot use; returns their count. */
static size_t find_lost_rows(const caus_sample *sample, caus_rows_work *work,
                             const caus_test_nodes *test)
{
    size_t words = sample->word_count;
    bool any = false;
    memset(work->lost, 0, words * sizeof *work->lost);
    for (size_t place = 0; place < test->count; place++) {
        const uint64_t *const *marks = sample->invalid[role_of(test, place)];
        const uint64_t *bits = marks ? marks[test->nodes[place]] : NULL;
        for (size_t w = 0; bits && w < words; w++)
            work->lost[w] |= bits[w];
        any = any || bits;
    }
    size_t count = 0;
    for (size_t w = 0; any && w < words; w++)
        count += (size_t)__builtin_popcountll(work->lost[w]);
    return count;
}

static double weight_of(const caus_parcorr *state, size_t row)
{
    return state->weights ? state->weights[row] : 1;
}

/* Adds `weight` times the products of one row to the upper triangle. */
static void add_row(const caus_sample *sample, caus_rows_work *work,
                    const caus_test_nodes *test, size_t row, double weight)
{
    double *value = work->values, *sums = work->values + work->node_capacity;
    for (size_t i = 0; i < test->count; i++)
        value[i] = caus_node_value(sample, row, test->nodes[i]);
    for (size_t i = 0; i < test->count; i++) {
        double factor = weight * value[i];
        double *out = work->matrix + i * work->node_capacity;
        sums[i] += factor;
        for (size_t j = i; j < test->count; j++)
            out[j] += factor * value[j];
    }
}

static void copy_gram(const caus_parcorr *state, caus_rows_work *work,
                      const caus_test_nodes *test)
{
    size_t nodes = state->sample->node_count;
    double *sums = work->values + work->node_capacity;
    for (size_t i = 0; i < test->count; i++) {
        const double *row = state->gram + test->nodes[i] * nodes;
        double *out = work->matrix + i * work->node_capacity;
        sums[i] = state->sums[test->nodes[i]];
        for (size_t j = i; j < test->count; j++)
            out[j] = row[test->nodes[j]];
    }
}

static void clear_gram(caus_rows_work *work, size_t count)
{
    double *sums = work->values + work->node_capacity;
    for (size_t i = 0; i < count; i++) {
        sums[i] = 0;
        memset(work->matrix + i * work->node_capacity, 0,
               count * sizeof *work->matrix);
    }
}

enum { CHECK_EVERY_WORDS = 256 };

/* Sums over the rows of the test: all minus the lost, or the kept ones,
 * whichever are fewer. Gives the weight of the rows. */
static caus_status sum_rows(const caus_parcorr *state, caus_rows_work *work,
                            const caus_test_nodes *test, size_t lost,
                            double *result, caus_error *err)
{
    const caus_sample *sample = state->sample;
    bool take_out = 2 * lost <= sample->row_count;
    double total = take_out ? state->total_weight : 0;
    if (take_out)
        copy_gram(state, work, test);
    else
        clear_gram(work, test->count);
    for (size_t w = 0; lost && w < sample->word_count; w++) {
        uint64_t bits = take_out ? work->lost[w] : ~work->lost[w];
        if (w % CHECK_EVERY_WORDS == CHECK_EVERY_WORDS - 1)
            CAUS_TRY(caus_run_check(state->run, err));
        for (; bits; bits &= bits - 1) {
            size_t row = w * 64 + (size_t)__builtin_ctzll(bits);
            if (row >= sample->row_count)
                break;
            double weight = weight_of(state, row) * (take_out ? -1 : 1);
            if (weight < 0 || weight > 0)
                add_row(sample, work, test, row, weight);
            total += weight;
        }
    }
    *result = total;
    return CAUS_OK;
}

double caus_eliminate(double *matrix, size_t count, size_t stride)
{
    double smallest = HUGE_VAL;
    for (size_t p = 0; p + 2 < count; p++) {
        const double *row = matrix + p * stride;
        double pivot = row[p];
        if (pivot < smallest)
            smallest = pivot;
        if (!(pivot > 0))
            return pivot;
        double inverse = 1 / pivot;
        for (size_t i = p + 1; i < count; i++) {
            double factor = row[i] * inverse;
            double *out = matrix + i * stride;
            for (size_t j = i; j < count; j++)
                out[j] -= factor * row[j];
        }
    }
    double source = matrix[(count - 2) * stride + count - 2];
    double target = matrix[(count - 1) * stride + count - 1];
    smallest = source < smallest ? source : smallest;
    return target < smallest ? target : smallest;
}

/* Centres and scales the sums to correlations; false when a node varies too
 * little for that. */
static bool correlate(const caus_parcorr *state, caus_rows_work *work,
                      const caus_test_nodes *test, double total)
{
    const caus_sample *sample = state->sample;
    double *inverse = work->values, *sums = work->values + work->node_capacity;
    double *matrix = work->matrix, share = 1 / total;
    size_t stride = work->node_capacity;
    for (size_t i = 0; i < test->count; i++) {
        double energy = sample->energy[test->nodes[i] % sample->stride];
        double spread = matrix[i * stride + i] - sums[i] * sums[i] * share;
        if (!(spread > caus_weak_spread * energy))
            return false;
        inverse[i] = 1 / sqrt(spread);
    }
    for (size_t i = 0; i < test->count; i++) {
        double *row = matrix + i * stride;
        row[i] = 1;
        for (size_t j = i + 1; j < test->count; j++)
            row[j] = (row[j] - sums[i] * sums[j] * share) *
                     (inverse[i] * inverse[j]);
    }
    return true;
}

caus_status caus_rows_from_gram(const caus_parcorr *state, caus_rows_work *work,
                                const caus_test_nodes *test,
                                caus_residuals *result, caus_error *err)
{
    CAUS_TRY(grow_matrix(work, test->count, err));
    size_t lost = find_lost_rows(state->sample, work, test);
    size_t stride = work->node_capacity, last = test->count - 1;
    double total;
    CAUS_TRY(sum_rows(state, work, test, lost, &total, err));
    *result =
        (caus_residuals){.row_weight = total, .conditions = test->count - 2};
    if (!(total > 0) || !correlate(state, work, test, total)) {
        result->is_weak = true;
        return CAUS_OK;
    }
    double smallest = caus_eliminate(work->matrix, test->count, stride);
    result->is_weak = !(smallest > caus_weak_pivot);
    result->source = work->matrix[(last - 1) * stride + last - 1];
    result->target = work->matrix[last * stride + last];
    result->both = work->matrix[(last - 1) * stride + last];
    return CAUS_OK;
}

/* Lists the rows of a test; returns how many. */
static size_t list_rows(const caus_parcorr *state, caus_rows_work *work)
{
    size_t count = 0;
    for (size_t r = 0; r < state->sample->row_count; r++) {
        bool is_lost = work->lost[r / 64] >> (r % 64) & 1;
        if (!is_lost && weight_of(state, r) > 0)
            work->rows[count++] = r;
    }
    return count;
}

/*
 * Fills a column of weighted, centred values of unit length.
 *
 * Returns false when the node takes one value only.
 */
static bool fill_column(const caus_parcorr *state, const caus_rows_work *work,
                        size_t count, caus_node node, double *column)
{
    double sum = 0, total = 0;
    bool varies = false;
    for (size_t i = 0; i < count; i++) {
        double weight = weight_of(state, work->rows[i]);
        column[i] = caus_node_value(state->sample, work->rows[i], node);
        varies = varies || column[i] < column[0] || column[i] > column[0];
        sum += weight * column[i];
        total += weight;
    }
    if (!varies)
        return false;
    for (size_t i = 0; i < count; i++)
        column[i] =
            (column[i] - sum / total) * sqrt(weight_of(state, work->rows[i]));
    double length = sqrt(caus_dot(column, column, count));
    if (!(length > 0))
        return false;
    for (size_t i = 0; i < count; i++)
        column[i] /= length;
    return true;
}

caus_status caus_rows_direct(const caus_parcorr *state, caus_rows_work *work,
                             const caus_test_nodes *test,
                             caus_residuals *result, caus_error *err)
{
    const caus_sample *sample = state->sample;
    if (sample->gram)
        return caus_gram_direct(state, work, test, result, err);
    CAUS_TRY(grow_columns(work, sample->row_count, test->count, err));
    find_lost_rows(sample, work, test);
    size_t count = list_rows(state, work), places = test->count - 2;
    double *source = work->columns, *target = work->columns + count;
    caus_basis basis = {.columns = work->basis, .row_count = count};
    *result = (caus_residuals){0};
    for (size_t i = 0; i < count; i++)
        result->row_weight += weight_of(state, work->rows[i]);
    for (size_t place = 0; place < places; place++) {
        CAUS_TRY(caus_run_check(state->run, err));
        if (!fill_column(state, work, count, test->nodes[place], source))
            continue;
        result->conditions++;
        caus_basis_add(&basis, source);
    }
    if (!fill_column(state, work, count, test->nodes[places], source) ||
        !fill_column(state, work, count, test->nodes[places + 1], target)) {
        result->is_constant = true;
        return CAUS_OK;
    }
    caus_basis_project(&basis, source);
    caus_basis_project(&basis, target);
    result->source = caus_dot(source, source, count);
    result->target = caus_dot(target, target, count);
    result->both = caus_dot(source, target, count);
    return CAUS_OK;
}
