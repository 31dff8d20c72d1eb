/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One test on a matrix of correlations: the conditions that are not spanned,
 * then the target, then the source are factorised row by row. Rows that stand
 * from the test before are kept.
 */
#include <math.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"

enum { LANES = 8 };

/* A pivot below this leaves fewer than ten digits: the rows are asked. */
static const double weak_pivot = 1e-4;
/* Squares that are this much smaller belong to smaller numbers. */
static const double surely_smaller = 1 - 1e-12;

typedef struct solving {
    const caus_joint *joint;
    const caus_within *within;
    caus_joint_room *room;
    size_t count; /* conditions */
    size_t last;  /* count + 1, and one more with a source */
} solving;

static double *factor_row(const solving *s, size_t i)
{
    return s->room->factor + i * s->room->capacity;
}

/* Cholesky factor of the listed nodes; false at a weak pivot. */
static bool factorise(const solving *s)
{
    caus_joint_room *room = s->room;
    size_t nodes = s->joint->sample->node_count;
    for (size_t i = room->known; i < s->last; i++) {
        const double *row = s->within->matrix + room->places[i] * nodes;
        double *out = factor_row(s, i);
        for (size_t j = 0; j <= i; j++) {
            const double *other = factor_row(s, j);
            double sum = row[room->places[j]];
            for (size_t k = 0; k < j; k++)
                sum -= out[k] * other[k];
            if (j < i)
                out[j] = sum / other[j];
            else if (sum > weak_pivot)
                out[i] = sqrt(sum);
            else
                return false;
        }
        if (i < s->count)
            room->known = i + 1;
    }
    return true;
}

/* What is left of LANES indicators' sums after the first `count` conditions;
 * small enough to stay in registers. */
static void reduce_lanes(const double *sums, const double *parts, size_t groups,
                         const double *row, size_t count, double *left)
{
    double sum[LANES];
    for (size_t j = 0; j < LANES; j++)
        sum[j] = sums[j];
    for (size_t k = 0; k < count; k++) {
        const double *other = parts + k * groups;
        for (size_t j = 0; j < LANES; j++)
            sum[j] -= row[k] * other[j];
    }
    for (size_t j = 0; j < LANES; j++)
        left[j] = sum[j];
}

/* Takes the next condition out of every indicator and its product with the
 * target. */
static void take_part(const solving *s, const double *sums, size_t groups)
{
    caus_joint_room *room = s->room;
    size_t i = room->parts_known++, stride = room->group_stride, g = 0;
    const double *row = factor_row(s, i);
    double along = factor_row(s, s->count)[i], scale = 1 / row[i];
    double *part = room->parts + i * stride;
    const double *left = room->left + i * stride;
    const double *both = room->both + i * stride;
    double *next_left = room->left + (i + 1) * stride;
    double *next_both = room->both + (i + 1) * stride;
    sums += room->places[i] * groups;
    for (; g + LANES <= groups; g += LANES)
        reduce_lanes(sums + g, room->parts + g, stride, row, i, part + g);
    double rest[LANES] = {0};
    memcpy(rest, sums + g, (groups - g) * sizeof *rest);
    if (g < groups)
        reduce_lanes(rest, room->parts + g, stride, row, i, part + g);
    for (g = 0; g < groups; g++) {
        part[g] *= scale;
        next_left[g] = left[g] - part[g] * part[g];
        next_both[g] = both[g] - along * part[g];
    }
}

/* The largest correlation of the target with the indicator of a group, given
 * the conditions; false when they nearly determine an indicator. */
static bool find_strongest(const solving *s, const double *outside,
                           size_t groups, double *strongest)
{
    const double *left = s->room->left + s->count * s->room->group_stride;
    const double *both = s->room->both + s->count * s->room->group_stride;
    double scale = factor_row(s, s->count)[s->count];
    double beaten = 0;
    *strongest = 0;
    for (size_t g = 0; g < groups; g++) {
        if (!(left[g] > weak_pivot * outside[g]))
            return false;
        if (both[g] * both[g] < beaten * left[g])
            continue;
        double r = both[g] / (sqrt(left[g]) * scale);
        if (fabs(r) > fabs(*strongest)) {
            *strongest = r;
            beaten = surely_smaller * (r * scale) * (r * scale);
        }
    }
    return true;
}

static bool correlate_dummy(const solving *s, caus_dummy dummy,
                            double *strongest)
{
    caus_joint_room *room = s->room;
    size_t groups = s->joint->groups[dummy].count;
    const double *outside = s->within->effects.outside[dummy];
    const double *sums = s->within->sums[dummy];
    if (!room->parts_known) {
        memcpy(room->left, outside, groups * sizeof *room->left);
        memcpy(room->both, sums + room->places[s->count] * groups,
               groups * sizeof *room->both);
    }
    while (room->parts_known < s->count)
        take_part(s, sums, groups);
    return find_strongest(s, outside, groups, strongest);
}

static caus_status make_room(caus_joint_room *room, size_t count,
                             caus_error *err)
{
    if (count <= room->capacity)
        return CAUS_OK;
    size_t capacity = count < 16 ? 16 : 2 * count;
    room->within = NULL;
    room->capacity = room->group_stride = 0;
    room->factor = CAUS_ARRAY(room->arena, double, capacity *capacity);
    room->places = CAUS_ARRAY(room->arena, caus_node, capacity);
    if (!room->factor || !room->places)
        return caus_arena_fail(room->arena, err);
    room->capacity = capacity;
    return CAUS_OK;
}

static caus_status make_group_room(caus_joint_room *room, size_t groups,
                                   caus_error *err)
{
    size_t stride = (groups + LANES - 1) / LANES * LANES;
    if (stride <= room->group_stride)
        return CAUS_OK;
    size_t count = (room->capacity + 1) * stride;
    room->within = NULL;
    room->group_stride = 0;
    room->parts = CAUS_ARRAY(room->arena, double, count);
    room->left = CAUS_ARRAY(room->arena, double, count);
    room->both = CAUS_ARRAY(room->arena, double, count);
    if (!room->parts || !room->left || !room->both)
        return caus_arena_fail(room->arena, err);
    room->group_stride = stride;
    return CAUS_OK;
}

/* Lists the nodes of a test, and how many conditions the last one had too. */
static void list_places(solving *s, const caus_joint_test *test)
{
    caus_joint_room *room = s->room;
    size_t same = 0;
    size_t known = room->within == s->within ? room->known : 0;
    for (size_t k = 0; k < test->given_count; k++) {
        caus_node node = test->given[k];
        if (s->within->is_spanned[node])
            continue;
        if (same == s->count && same < known && room->places[same] == node)
            same++;
        room->places[s->count++] = node;
    }
    s->last = s->count;
    room->places[s->last++] = test->target;
    if (test->vector == CAUS_DUMMY_COUNT)
        room->places[s->last++] = test->source;
    else if (room->dummy != test->vector || room->target != test->target)
        room->parts_known = 0;
    if (test->vector < CAUS_DUMMY_COUNT) {
        room->dummy = test->vector;
        room->target = test->target;
    }
    room->within = s->within;
    room->known = same;
    if (room->parts_known > same)
        room->parts_known = same;
}

/* Conditions, dummies included, that take a degree of freedom each. */
static size_t count_conditions(const caus_joint *joint,
                               const caus_joint_test *test)
{
    size_t count = test->given_count + test->copies;
    for (size_t d = 0; d < CAUS_DUMMY_COUNT; d++)
        if (joint->groups[d].count > 1)
            count += test->dummies[d] * joint->groups[d].count;
    return count;
}

static void give(const caus_joint *joint, const caus_joint_test *test,
                 double statistic, caus_ci_result *result)
{
    bool is_vector = test->vector < CAUS_DUMMY_COUNT;
    size_t width = is_vector ? joint->groups[test->vector].count : 1;
    double df = (double)joint->sample->row_count - 1 - (double)width -
                (double)count_conditions(joint, test);
    *result = (caus_ci_result){.undetermined = true};
    if (!(df >= 1) || (is_vector && width < 2))
        return;
    *result = (caus_ci_result){.statistic = statistic > 1    ? 1
                                            : statistic < -1 ? -1
                                                             : statistic,
                               .df = caus_joint_df(df, width)};
}

caus_status caus_joint_test_within(const caus_joint *joint,
                                   const caus_joint_test *test,
                                   caus_joint_room *room, bool *done,
                                   caus_ci_result *result, caus_error *err)
{
    const caus_within *within = joint->within[test->set];
    bool is_vector = test->vector < CAUS_DUMMY_COUNT;
    *done = false;
    if (!within)
        return CAUS_OK;
    CAUS_TRY(make_room(room, test->given_count + 2, err));
    if (is_vector)
        CAUS_TRY(make_group_room(room, joint->groups[test->vector].count, err));
    if (within->is_spanned[test->target] ||
        (!is_vector && within->is_spanned[test->source])) {
        *result = (caus_ci_result){.undetermined = true};
        *done = true;
        return CAUS_OK;
    }
    solving s = {.joint = joint, .within = within, .room = room};
    list_places(&s, test);
    if (!factorise(&s))
        return CAUS_OK;
    const double *end = factor_row(&s, s.last - 1);
    double r;
    if (!is_vector)
        r = end[s.count] / hypot(end[s.count], end[s.count + 1]);
    else if (!correlate_dummy(&s, test->vector, &r))
        return CAUS_OK;
    give(joint, test, r, result);
    *done = true;
    return CAUS_OK;
}
