/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test of J-PCMCI+: partial correlation where no dummy takes part; with
 * dummies among the conditions partial correlation within their groups; with a
 * dummy as source or target the largest correlation with any of its
 * indicators.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "discovery/jpcmciplus_internal.h"
#include "numeric/distributions.h"

/* Degrees of freedom stay below this; comparisons count above it. */
static const double df_limit = 0x1p31;

double caus_joint_df(double df, size_t comparisons)
{
    return df + df_limit * (double)(comparisons - 1);
}

/* Leaves the degrees of freedom and returns the number of comparisons. */
static double split_df(double *df)
{
    double more = floor(*df / df_limit);
    *df -= more * df_limit;
    return more + 1;
}

static double t_of(double r, double df)
{
    return r * sqrt(df / ((1 - r) * (1 + r)));
}

static double r_of(double t, double df)
{
    return t / sqrt(df + t * t);
}

static double p_value(double statistic, double df)
{
    double r = fabs(statistic), comparisons = split_df(&df);
    if (!(df >= 1))
        return 1;
    if (r >= 1)
        return 0;
    double p = comparisons * 2 * caus_student_t_sf_fast(t_of(r, df), df);
    return p < 1 ? p : 1;
}

static double critical(double alpha, double df)
{
    double comparisons = split_df(&df);
    if (!(alpha > 0) || !(df >= 1))
        return 1;
    if (alpha >= 1)
        return 0;
    return r_of(caus_student_t_quantile_sf(alpha / comparisons / 2, df), df);
}

static double critical_near(double alpha, double df)
{
    double comparisons = split_df(&df);
    return caus_parcorr_critical_near(alpha >= 1 ? 1 : alpha / comparisons, df);
}

static caus_ends interval_fisher(const caus_independence *joint,
                                 double statistic, double df,
                                 double critical_value)
{
    split_df(&df);
    return caus_interval_fisher(joint, statistic, df, critical_value);
}

static caus_ends interval_student(const caus_independence *joint,
                                  double statistic, double df,
                                  double critical_value)
{
    split_df(&df);
    return caus_interval_student(joint, statistic, df, critical_value);
}

struct caus_ci_work {
    const caus_joint *joint;
    caus_arena *arena;
    caus_ci_work *inner;
    caus_node target;
    caus_node *shared; /* [shared_capacity] as they were given */
    size_t shared_count;
    size_t shared_capacity;
    bool is_fixed;    /* the inner test has target and conditions */
    caus_node *given; /* [given_capacity] of the test at hand */
    size_t given_capacity;
    uint32_t *listed_in; /* [node_count] the test it was listed in */
    uint32_t *copied_in; /* [node_count] likewise, under its own number */
    uint32_t round;
    caus_joint_room room;
};

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const caus_joint *joint = state;
    size_t nodes = joint->sample->node_count;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    uint32_t *stamps = CAUS_ARRAY(arena, uint32_t, 2 * nodes);
    if (!work || !stamps)
        return caus_arena_fail(arena, err);
    *work = (caus_ci_work){.joint = joint,
                           .arena = arena,
                           .listed_in = stamps,
                           .copied_in = stamps + nodes,
                           .room = {.arena = arena}};
    CAUS_TRY(joint->inner.start(joint->inner.state, arena, &work->inner, err));
    *result = work;
    return CAUS_OK;
}

static caus_status grow(caus_arena *arena, caus_node **nodes, size_t *capacity,
                        size_t count, caus_error *err)
{
    if (count <= *capacity)
        return CAUS_OK;
    size_t wanted = count < 32 ? 32 : 2 * count;
    caus_node *made = CAUS_ARRAY(arena, caus_node, wanted);
    if (!made)
        return caus_arena_fail(arena, err);
    *nodes = made;
    *capacity = wanted;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    CAUS_TRY(
        grow(work->arena, &work->shared, &work->shared_capacity, count, err));
    if (count)
        memcpy(work->shared, given, count * sizeof *given);
    work->shared_count = count;
    work->target = target;
    work->is_fixed = false;
    return CAUS_OK;
}

static caus_dummy dummy_of(const caus_joint *joint, caus_node node)
{
    return caus_joint_dummy(joint, node % joint->sample->stride);
}

/* A context that is constant within its environment is the same at all lags. */
static caus_node first_copy(const caus_joint *joint, caus_node node)
{
    size_t variable = node % joint->sample->stride;
    bool repeats = !caus_joint_is_ragged(joint) &&
                   caus_joint_role(joint, variable) == CAUS_ROLE_SPACE_CONTEXT;
    return repeats ? (caus_node)variable : node;
}

static void list_condition(caus_ci_work *work, caus_node node,
                           caus_joint_test *test)
{
    const caus_joint *joint = work->joint;
    if (node == test->source || node == test->target ||
        work->copied_in[node] == work->round)
        return;
    work->copied_in[node] = work->round;
    caus_dummy dummy = dummy_of(joint, node);
    if (dummy < CAUS_DUMMY_COUNT) {
        test->set |= 1u << dummy;
        test->dummies[dummy]++;
        return;
    }
    if (joint->is_constant && joint->is_constant[node])
        return;
    caus_node first = first_copy(joint, node);
    bool is_copy = work->listed_in[first] == work->round ||
                   first == test->source || first == test->target;
    test->copies += is_copy;
    if (is_copy)
        return;
    work->listed_in[first] = work->round;
    work->given[test->given_count++] = first;
}

/* Tells dummies apart and lists every condition once. */
static caus_status read_test(caus_ci_work *work, const caus_ci_source *source,
                             caus_joint_test *test, caus_error *err)
{
    const caus_joint *joint = work->joint;
    CAUS_TRY(grow(work->arena, &work->given, &work->given_capacity,
                  work->shared_count + source->extra_count, err));
    bool turned = dummy_of(joint, work->target) < CAUS_DUMMY_COUNT;
    *test = (caus_joint_test){
        .given = work->given,
        .source = turned ? work->target : source->node,
        .target = turned ? source->node : work->target,
    };
    test->vector = dummy_of(joint, test->source);
    work->round++;
    for (size_t k = 0; k < work->shared_count; k++)
        list_condition(work, work->shared[k], test);
    for (size_t k = 0; k < source->extra_count; k++)
        list_condition(work, source->extra[k], test);
    return CAUS_OK;
}

/* Partial correlation; conditions that repeat others are paid for in degrees
 * of freedom. */
static caus_status test_inner(caus_ci_work *work, const caus_ci_source *source,
                              const caus_joint_test *test,
                              caus_ci_result *result, caus_error *err)
{
    const caus_independence *inner = &work->joint->inner;
    if (test->copies) {
        caus_ci_source alone = {.node = source->node};
        work->is_fixed = false;
        CAUS_TRY(inner->condition(work->inner, work->target, test->given,
                                  test->given_count, err));
        CAUS_TRY(inner->test(work->inner, &alone, result, err));
        result->df -= (double)test->copies;
        if (!(result->df >= 1))
            *result = (caus_ci_result){.undetermined = true};
        return CAUS_OK;
    }
    if (!work->is_fixed)
        CAUS_TRY(inner->condition(work->inner, work->target, work->shared,
                                  work->shared_count, err));
    work->is_fixed = true;
    return inner->test(work->inner, source, result, err);
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    const caus_joint *joint = work->joint;
    caus_joint_test read;
    bool done;
    CAUS_TRY(read_test(work, source, &read, err));
    if (!read.set && read.vector == CAUS_DUMMY_COUNT)
        return test_inner(work, source, &read, result, err);
    if (joint->is_constant && (joint->is_constant[read.target] ||
                               (read.vector == CAUS_DUMMY_COUNT &&
                                joint->is_constant[read.source]))) {
        *result = (caus_ci_result){.undetermined = true};
        return CAUS_OK;
    }
    CAUS_TRY(
        caus_joint_test_within(joint, &read, &work->room, &done, result, err));
    if (done)
        return CAUS_OK;
    return caus_joint_test_rows(joint, &read, work->arena, result, err);
}

caus_independence caus_joint_independence(const caus_joint *joint,
                                          caus_interval interval)
{
    return (caus_independence){.state = joint,
                               .sample = joint->sample,
                               .start = start,
                               .condition = condition,
                               .test = test,
                               .p_value = p_value,
                               .is_correlation = true,
                               .critical = critical,
                               .critical_near = critical_near,
                               .interval = interval == CAUS_INTERVAL_STUDENT
                                               ? interval_student
                                               : interval_fisher};
}
