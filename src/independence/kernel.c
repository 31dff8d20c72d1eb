/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/kernel.h"

#include <math.h>

#include "independence/kernel_internal.h"
#include "numeric/distributions.h"

enum {
    LEAST_ROWS = 20,
    ROWS_PER_FEATURE = 4, /* of the conditions */
    LEAST_FEATURES = 10,
    MOST_FEATURES = 1000,
    LEAST_SIDE = 2,
    MOST_SIDE = 10,
};

typedef struct rcot {
    const caus_sample *sample;
    const caus_run *run;
    caus_kernel_options options;
    const uint64_t *identity; /* [node_count] */
} rcot;

struct caus_ci_work {
    const rcot *state;
    caus_linear_work linear;
    caus_rcot_room room;
};

static caus_status check_options(const caus_kernel_options *options,
                                 caus_error *err)
{
    if (options->features < LEAST_FEATURES || options->features > MOST_FEATURES)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu random features of the conditions: give %d to %d",
                         options->features, LEAST_FEATURES, MOST_FEATURES);
    if (options->side_features < LEAST_SIDE ||
        options->side_features > MOST_SIDE)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu random features of a side: give %d to %d",
                         options->side_features, LEAST_SIDE, MOST_SIDE);
    return CAUS_OK;
}

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const rcot *mine = state;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    work->state = mine;
    CAUS_TRY(caus_rcot_room_init(&work->room, mine->sample->row_count,
                                 &mine->options, arena, err));
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

/* Features of the conditions that vary; false = there are none. */
static bool make_given(caus_ci_work *work, size_t count)
{
    const rcot *state = work->state;
    caus_linear_work *linear = &work->linear;
    caus_rcot_room *room = &work->room;
    caus_node *nodes = linear->nodes + linear->given_count;
    caus_rcot_columns columns = {caus_linear_column(linear, 0),
                                 state->sample->row_count, 0};
    uint64_t stream = 1;
    caus_kernel_sort(state->identity, nodes, count);
    for (size_t k = 0; k < count; k++) {
        if (!caus_kernel_standardise(linear, nodes[k],
                                     caus_linear_column(linear, columns.count)))
            continue;
        stream = 3 * stream + state->identity[nodes[k]];
        columns.count++;
    }
    caus_random random;
    caus_random_init(&random, caus_run_seed(state->run), stream);
    room->given_count = room->row_count / ROWS_PER_FEATURE;
    if (room->given_count > room->given_capacity)
        room->given_count = room->given_capacity;
    return columns.count && caus_rcot_features(room, &columns, &random,
                                               room->given_count, room->given);
}

static bool make_side(caus_ci_work *work, caus_node node, double *out)
{
    const rcot *state = work->state;
    caus_linear_work *linear = &work->linear;
    double *column = caus_linear_column(linear, 0);
    if (!caus_kernel_standardise(linear, node, column))
        return false;
    caus_rcot_columns columns = {column, state->sample->row_count, 1};
    caus_random random;
    caus_random_init(&random, caus_run_seed(state->run), state->identity[node]);
    return caus_rcot_features(&work->room, &columns, &random,
                              work->room.side_count, out);
}

/*
 * Hall, Buckley and Eagleson: a weighted sum of χ² variables is taken for a χ²
 * with ν degrees of freedom, moved and scaled, of the same three cumulants.
 * Returns 1 − log P.
 */
static double compare_with_null(const caus_rcot_sum *sum)
{
    static const double least = 1e-300;
    double ratio = sum->variance / sum->third;
    double freedom = 8 * sum->variance * ratio * ratio;
    double x =
        (sum->value - sum->mean) * sqrt(2 * freedom / sum->variance) + freedom;
    double p = x > 0 ? caus_chi_squared_sf(x, freedom) : 1;
    return 1 - log(fmax(p, least));
}

/* Whether the conditions leave anything of a side's features, which had the
 * variance 1. */
static bool is_left(const caus_rcot_room *room, const double *side)
{
    static const double least = 1e-5;
    size_t count = room->side_count * room->stride;
    double rows = (double)room->row_count;
    return caus_dot(side, side, count) >
           least * rows * (double)room->side_count;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    caus_rcot_room *room = &work->room;
    *result = (caus_ci_result){.df = 1, .undetermined = true};
    CAUS_TRY(caus_run_check(work->state->run, err));
    CAUS_TRY(caus_linear_list(linear, source, err));
    caus_linear_find_rows(linear);
    CAUS_TRY(caus_linear_reserve(linear, linear->node_count, err));
    if (linear->row_count < LEAST_ROWS)
        return CAUS_OK;
    size_t count = linear->node_count - 2, sides = room->side_count;
    const caus_node *nodes = caus_linear_nodes(linear);
    room->row_count = linear->row_count;
    room->stride = caus_pad_lanes(room->row_count);
    /* which side comes first must not depend on which is the target */
    const uint64_t *identity = work->state->identity;
    size_t swap = identity[nodes[count]] > identity[nodes[count + 1]];
    double *other = room->sides + sides * room->stride;
    if (!make_side(work, nodes[count + swap], room->sides) ||
        !make_side(work, nodes[count + 1 - swap], other))
        return CAUS_OK;
    for (size_t f = 2 * sides; f < room->sides_padded; f++)
        for (size_t r = 0; r < room->stride; r++)
            room->sides[f * room->stride + r] = 0;
    double lost = 1;
    if (make_given(work, count))
        lost += caus_rcot_regress(room);
    if (!(lost + 2 < (double)room->row_count))
        return CAUS_OK;
    if (!is_left(room, room->sides) || !is_left(room, other))
        return CAUS_OK;
    caus_rcot_sum sum = caus_rcot_compare(room, lost);
    double pairs = (double)(sides * sides), rows = (double)room->row_count;
    *result = (caus_ci_result){.statistic = sum.value / (rows * pairs),
                               .df = compare_with_null(&sum)};
    return CAUS_OK;
}

static double p_value(double statistic, double df)
{
    (void)statistic;
    return df > 1 ? exp(1 - df) : 1;
}

caus_status caus_rcot_init(const caus_test_options *options,
                           const caus_sample *sample, const caus_run *run,
                           caus_arena *arena, caus_independence *result,
                           caus_error *err)
{
    CAUS_TRY(check_options(&options->kernel, err));
    caus_arena_mark mark = caus_arena_get_mark(arena);
    rcot *state = CAUS_ARRAY(arena, rcot, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (rcot){.sample = sample, .run = run, .options = options->kernel};
    caus_status status =
        caus_sample_identify(sample, arena, &state->identity, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = (caus_independence){.state = state,
                                  .sample = sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test,
                                  .p_value = p_value};
    return CAUS_OK;
}
