/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Effects of groups. With D the indicators of the larger grouping, S those of
 * the smaller one and v a column, b solves (S'S − S'D inv(D'D) D'S) b =
 * S'(v − D inv(D'D) D'v), and the effects of D are the means of v − S b. The
 * matrix is singular, as both indicators sum to one: dependent columns get the
 * effect 0.
 */
#include <assert.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"

/* A pivot below this, of the rows of its group, is rounding. */
static const double least_pivot = 1e-9;

static caus_status count_rows(const caus_grouping *grouping, size_t row_count,
                              caus_arena *arena, double **result,
                              caus_error *err)
{
    double *size = CAUS_ARRAY(arena, double, grouping->count);
    if (!size)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < row_count; r++)
        size[grouping->of_row[r]]++;
    *result = size;
    return CAUS_OK;
}

/* Rows by group of the larger grouping: first[g] … first[g + 1] − 1. */
typedef struct row_lists {
    size_t *first;
    size_t *rows;
} row_lists;

static caus_status list_rows(const caus_effects *effects, caus_arena *arena,
                             row_lists *lists, caus_error *err)
{
    size_t groups = effects->many.count, rows = effects->row_count;
    lists->first = CAUS_ARRAY(arena, size_t, groups + 2);
    lists->rows = CAUS_ARRAY(arena, size_t, rows);
    if (!lists->first || !lists->rows)
        return caus_arena_fail(arena, err);
    size_t *next = lists->first + 1;
    for (size_t r = 0; r < rows; r++)
        next[effects->many.of_row[r] + 1]++;
    for (size_t g = 0; g < groups; g++)
        next[g + 1] += next[g];
    for (size_t r = 0; r < rows; r++)
        lists->rows[next[effects->many.of_row[r]]++] = r;
    return CAUS_OK;
}

/* S'S − S'D inv(D'D) D'S. */
static void fill_matrix(const caus_effects *effects, const row_lists *lists)
{
    const size_t *few = effects->few.of_row;
    size_t stride = effects->few.count;
    for (size_t g = 0; g < effects->many.count; g++) {
        const size_t *from = lists->rows + lists->first[g];
        size_t count = lists->first[g + 1] - lists->first[g];
        for (size_t i = 0; i < count; i++) {
            double *row = effects->factor + few[from[i]] * stride;
            row[few[from[i]]]++;
            for (size_t j = 0; j < count; j++)
                row[few[from[j]]] -= effects->inverse_size[g];
        }
    }
}

/* L D L' in place; dependent columns get the pivot 0. */
static void factorise(const caus_effects *effects, const double *size)
{
    size_t count = effects->few.count;
    for (size_t i = 0; i < count; i++) {
        double *row = effects->factor + i * count;
        double pivot = row[i];
        for (size_t j = 0; j < i; j++) {
            const double *other = effects->factor + j * count;
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k] * effects->factor[k * count + k];
            row[j] = other[j] > 0 ? sum / other[j] : 0;
            pivot -= row[j] * row[j] * other[j];
        }
        row[i] = pivot > least_pivot * size[i] ? pivot : 0;
    }
}

static caus_status couple(caus_effects *effects, caus_arena *arena,
                          caus_error *err)
{
    size_t count = effects->few.count;
    row_lists lists;
    double *size = NULL;
    effects->factor = CAUS_ARRAY(arena, double, count *count);
    if (!effects->factor)
        return caus_arena_fail(arena, err);
    CAUS_TRY(list_rows(effects, arena, &lists, err));
    CAUS_TRY(count_rows(&effects->few, effects->row_count, arena, &size, err));
    fill_matrix(effects, &lists);
    factorise(effects, size);
    return CAUS_OK;
}

/* Rows of each group that fall into each group of the effects, of which there
 * is one grouping: n − Σ n² / size. */
static caus_status measure(caus_effects *effects, caus_dummy dummy,
                           const caus_grouping *grouping, caus_arena *arena,
                           caus_error *err)
{
    double *outside = CAUS_ARRAY(arena, double, grouping->count);
    row_lists lists;
    double *seen = CAUS_ARRAY(arena, double, grouping->count);
    if (!outside || !seen)
        return caus_arena_fail(arena, err);
    CAUS_TRY(list_rows(effects, arena, &lists, err));
    for (size_t g = 0; g < effects->many.count; g++) {
        const size_t *from = lists.rows + lists.first[g];
        size_t count = lists.first[g + 1] - lists.first[g];
        for (size_t i = 0; i < count; i++)
            seen[grouping->of_row[from[i]]]++;
        for (size_t i = 0; i < count; i++) {
            size_t other = grouping->of_row[from[i]];
            outside[other] +=
                seen[other] * (1 - seen[other] * effects->inverse_size[g]);
            seen[other] = 0;
        }
    }
    effects->outside[dummy] = outside;
    return CAUS_OK;
}

static caus_status init(const caus_grouping *groups, unsigned set,
                        caus_arena *arena, caus_effects *effects,
                        caus_error *err)
{
    CAUS_TRY(count_rows(&effects->many, effects->row_count, arena,
                        &effects->inverse_size, err));
    assert(effects->inverse_size);
    for (size_t g = 0; g < effects->many.count; g++)
        if (effects->inverse_size[g] > 0)
            effects->inverse_size[g] = 1 / effects->inverse_size[g];
    if (effects->few.count)
        return couple(effects, arena, err);
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++)
        if (groups[d].count && !(set >> d & 1))
            CAUS_TRY(measure(effects, (caus_dummy)d, &groups[d], arena, err));
    return CAUS_OK;
}

caus_status caus_effects_init(size_t row_count,
                              const caus_grouping groups[CAUS_DUMMY_COUNT],
                              unsigned set, caus_arena *arena,
                              caus_effects *result, caus_error *err)
{
    caus_effects effects = {.row_count = row_count};
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        if (!(set >> d & 1))
            continue;
        effects.few = effects.many;
        effects.many = groups[d];
    }
    if (effects.few.count > effects.many.count) {
        caus_grouping larger = effects.few;
        effects.few = effects.many;
        effects.many = larger;
    }
    if (!set) {
        size_t *all = CAUS_ARRAY(arena, size_t, row_count);
        if (!all)
            return caus_arena_fail(arena, err);
        effects.many = (caus_grouping){1, all};
    }
    CAUS_TRY(init(groups, set, arena, &effects, err));
    *result = effects;
    return CAUS_OK;
}

/* Means of column − few over the groups of the larger grouping. */
static void take_means(const caus_effects *effects, const double *column,
                       const double *few, double *many)
{
    memset(many, 0, effects->many.count * sizeof *many);
    for (size_t r = 0; r < effects->row_count; r++)
        many[effects->many.of_row[r]] +=
            few ? column[r] - few[effects->few.of_row[r]] : column[r];
    for (size_t g = 0; g < effects->many.count; g++)
        many[g] *= effects->inverse_size[g];
}

static void solve(const caus_effects *effects, double *b)
{
    size_t count = effects->few.count;
    const double *factor = effects->factor;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            b[i] -= factor[i * count + j] * b[j];
    for (size_t i = 0; i < count; i++)
        b[i] = factor[i * count + i] > 0 ? b[i] / factor[i * count + i] : 0;
    for (size_t i = count; i-- > 0;)
        for (size_t j = 0; j < i; j++)
            b[j] -= factor[i * count + j] * b[i];
}

void caus_effects_fit(const caus_effects *effects, const double *column,
                      double *many, double *few)
{
    take_means(effects, column, NULL, many);
    if (!effects->few.count)
        return;
    memset(few, 0, effects->few.count * sizeof *few);
    for (size_t r = 0; r < effects->row_count; r++)
        few[effects->few.of_row[r]] +=
            column[r] - many[effects->many.of_row[r]];
    solve(effects, few);
    take_means(effects, column, few, many);
}
