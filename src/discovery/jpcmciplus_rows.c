/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test with dummies from the rows it may use: effects of groups are taken
 * out of every column, then the columns are projected on each other.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"
#include "numeric/numeric.h"

/* What is left of a column, of its sum of squares, when it is spanned. */
static const double spanned_share = 1e-20;
/* What is left of an indicator, of its sum of squares, likewise. */
static const double spanned_indicator = 1e-10;

typedef struct rows_test {
    const caus_joint *joint;
    const caus_joint_test *test;
    caus_arena *arena;
    size_t *rows; /* [count] */
    size_t count;
    caus_grouping groups[CAUS_DUMMY_COUNT]; /* of these rows */
    size_t filled[CAUS_DUMMY_COUNT];        /* groups that have rows */
    caus_effects effects;
    double *many, *few; /* of the column at hand */
    double *column;     /* [count] */
    caus_basis basis;
    size_t conditions; /* that take a degree of freedom each */
} rows_test;

static void mark_lost(const caus_sample *sample, caus_test_role role,
                      caus_node node, uint64_t *lost)
{
    const uint64_t *const *marks = sample->invalid[role];
    const uint64_t *bits = marks ? marks[node] : NULL;
    for (size_t w = 0; bits && w < sample->word_count; w++)
        lost[w] |= bits[w];
}

static caus_status find_rows(rows_test *t, caus_error *err)
{
    const caus_sample *sample = t->joint->sample;
    uint64_t *lost = CAUS_ARRAY(t->arena, uint64_t, sample->word_count);
    t->rows = CAUS_ARRAY(t->arena, size_t, sample->row_count);
    if (!lost || !t->rows)
        return caus_arena_fail(t->arena, err);
    for (size_t k = 0; k < t->test->given_count; k++)
        mark_lost(sample, CAUS_ROLE_OF_CONDITION, t->test->given[k], lost);
    mark_lost(sample, CAUS_ROLE_OF_TARGET, t->test->target, lost);
    if (t->test->vector == CAUS_DUMMY_COUNT)
        mark_lost(sample, CAUS_ROLE_OF_SOURCE, t->test->source, lost);
    for (size_t r = 0; r < sample->row_count; r++)
        if (!(lost[r / 64] >> (r % 64) & 1))
            t->rows[t->count++] = r;
    return CAUS_OK;
}

static caus_status find_groups(rows_test *t, caus_error *err)
{
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++) {
        const caus_grouping *from = &t->joint->groups[d];
        size_t *of_row = CAUS_ARRAY(t->arena, size_t, t->count);
        bool *seen = CAUS_ARRAY(t->arena, bool, from->count);
        if (!of_row || !seen)
            return caus_arena_fail(t->arena, err);
        for (size_t k = 0; from->count && k < t->count; k++) {
            of_row[k] = from->of_row[t->rows[k]];
            t->filled[d] += !seen[of_row[k]];
            seen[of_row[k]] = true;
        }
        t->groups[d] = (caus_grouping){from->count, of_row};
    }
    return CAUS_OK;
}

/* Fills the column of a node without its effects. Returns false when it takes
 * one value only; then *is_left is false too, as when nothing is left. */
static bool take_column(rows_test *t, caus_node node, bool *is_left)
{
    bool varies = false;
    double mean = 0, before = 0;
    for (size_t k = 0; k < t->count; k++) {
        t->column[k] = caus_node_value(t->joint->sample, t->rows[k], node);
        varies = varies || t->column[k] < t->column[0] ||
                 t->column[k] > t->column[0];
        mean += t->column[k];
    }
    mean /= (double)t->count;
    for (size_t k = 0; k < t->count; k++)
        before += (t->column[k] - mean) * (t->column[k] - mean);
    assert(t->effects.many.of_row && t->many);
    caus_effects_fit(&t->effects, t->column, t->many, t->few);
    for (size_t k = 0; k < t->count; k++)
        t->column[k] -= caus_effects_of(&t->effects, t->many, t->few, k);
    *is_left = varies && caus_dot(t->column, t->column, t->count) >
                             spanned_share * before;
    return varies;
}

static caus_status begin(rows_test *t, caus_error *err)
{
    CAUS_TRY(find_rows(t, err));
    if (!t->count)
        return CAUS_OK;
    CAUS_TRY(find_groups(t, err));
    CAUS_TRY(caus_effects_init(t->count, t->groups, t->test->set, t->arena,
                               &t->effects, err));
    size_t columns = t->test->given_count + 1;
    t->many = CAUS_ARRAY(t->arena, double, t->effects.many.count);
    t->few = CAUS_ARRAY(t->arena, double, t->effects.few.count);
    t->column = CAUS_ARRAY(t->arena, double, t->count);
    t->basis = (caus_basis){
        .columns = CAUS_ARRAY(t->arena, double, columns * t->count),
        .row_count = t->count};
    if (!t->many || !t->few || !t->column || !t->basis.columns)
        return caus_arena_fail(t->arena, err);
    return CAUS_OK;
}

static void take_conditions(rows_test *t)
{
    t->conditions = t->test->copies;
    for (size_t k = 0; k < t->test->given_count; k++) {
        bool is_left;
        t->conditions += take_column(t, t->test->given[k], &is_left);
        if (is_left)
            caus_basis_add(&t->basis, t->column);
    }
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++)
        if (t->filled[d] > 1)
            t->conditions += t->test->dummies[d] * t->filled[d];
}

/* The column of a node outside conditions and effects; false when they
 * determine it. */
static bool take_rest(rows_test *t, caus_node node)
{
    bool is_left;
    take_column(t, node, &is_left);
    return is_left && caus_basis_project(&t->basis, t->column);
}

/* The largest correlation of the target's rest, in t->column, with the
 * indicators of a dummy. */
static caus_status correlate_dummy(const rows_test *t, double *strongest,
                                   caus_error *err)
{
    const caus_grouping *groups = &t->groups[t->test->vector];
    double *sums = CAUS_ARRAY(t->arena, double, groups->count);
    double *part = CAUS_ARRAY(t->arena, double, groups->count);
    double *left = CAUS_ARRAY(t->arena, double, groups->count);
    if (!sums || !part || !left)
        return caus_arena_fail(t->arena, err);
    const double *outside = t->effects.outside[t->test->vector];
    memcpy(left, outside, groups->count * sizeof *left);
    for (size_t k = 0; k < t->count; k++)
        sums[groups->of_row[k]] += t->column[k];
    for (size_t b = 0; b < t->basis.count; b++) {
        const double *direction = t->basis.columns + b * t->count;
        memset(part, 0, groups->count * sizeof *part);
        for (size_t k = 0; k < t->count; k++)
            part[groups->of_row[k]] += direction[k];
        for (size_t g = 0; g < groups->count; g++)
            left[g] -= part[g] * part[g];
    }
    double length = sqrt(caus_dot(t->column, t->column, t->count));
    *strongest = 0;
    for (size_t g = 0; g < groups->count; g++) {
        if (!(left[g] > spanned_indicator * outside[g]) || !(outside[g] > 0))
            continue;
        double r = sums[g] / (sqrt(left[g]) * length);
        if (fabs(r) > fabs(*strongest))
            *strongest = r;
    }
    return CAUS_OK;
}

static caus_status correlate(rows_test *t, caus_ci_result *result,
                             caus_error *err)
{
    bool is_vector = t->test->vector < CAUS_DUMMY_COUNT;
    size_t width = is_vector ? t->filled[t->test->vector] : 1;
    double df = (double)t->count - 1 - (double)width - (double)t->conditions;
    if (!(df >= 1) || (is_vector && width < 2) ||
        !take_rest(t, t->test->target))
        return CAUS_OK;
    double r = 0;
    if (is_vector) {
        CAUS_TRY(correlate_dummy(t, &r, err));
    } else {
        double *target = CAUS_ARRAY(t->arena, double, t->count);
        if (!target)
            return caus_arena_fail(t->arena, err);
        memcpy(target, t->column, t->count * sizeof *target);
        if (!take_rest(t, t->test->source))
            return CAUS_OK;
        r = caus_dot(target, t->column, t->count) /
            sqrt(caus_dot(target, target, t->count) *
                 caus_dot(t->column, t->column, t->count));
    }
    *result = (caus_ci_result){.statistic = r > 1    ? 1
                                            : r < -1 ? -1
                                                     : r,
                               .df = caus_joint_df(df, width)};
    return CAUS_OK;
}

caus_status caus_joint_test_rows(const caus_joint *joint,
                                 const caus_joint_test *test, caus_arena *arena,
                                 caus_ci_result *result, caus_error *err)
{
    rows_test t = {.joint = joint, .test = test, .arena = arena};
    caus_arena_mark mark = caus_arena_get_mark(arena);
    *result = (caus_ci_result){.undetermined = true};
    caus_status status = begin(&t, err);
    if (status == CAUS_OK && t.count) {
        take_conditions(&t);
        status = correlate(&t, result, err);
    }
    caus_arena_rewind(arena, mark);
    return status;
}
