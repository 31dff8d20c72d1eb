/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regresses both sides on the conditions by Gaussian processes, replaces the
 * residuals by their ranks and correlates distances between ranks.
 */
#include "independence/gpdc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "independence/gpdc_internal.h"
#include "independence/kernel_nodes.h"
#include "numeric/distance.h"

enum {
    MOST_ROWS = 4096,
    LEAST_ROWS = 5,
    KEPT = 64,            /* residuals that a thread remembers */
    MOST_KEPT_GIVEN = 16, /* with at most so many conditions */
};

typedef struct gpdc {
    const caus_sample *sample;
    const double *weights;
    const caus_run *run;
    const uint64_t *identity; /* [node_count] */
    bool is_ragged;           /* rows differ between tests */
} gpdc;

/* Ranks of what the conditions leave of a node. */
typedef struct kept_residual {
    caus_node node;
    caus_node given[MOST_KEPT_GIVEN];
    size_t given_count;
    bool is_set;
    bool is_sound;
} kept_residual;

struct caus_ci_work {
    const gpdc *state;
    caus_linear_work linear;
    caus_distance_work distance;
    uint32_t *ranks[2]; /* [row_count] */
    bool has_room;      /* for regressions */
    caus_gp gp, coarse;
    double *coarse_inputs; /* [coarse_capacity × CAUS_GP_COARSE_ROWS] */
    size_t coarse_capacity;
    kept_residual *kept;  /* [KEPT] */
    uint32_t *kept_ranks; /* [KEPT × row_count] */
    size_t next_kept;
};

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const gpdc *mine = state;
    size_t rows = mine->sample->row_count;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    *work = (caus_ci_work){.state = mine};
    for (size_t side = 0; side < 2; side++) {
        work->ranks[side] = CAUS_ARRAY(arena, uint32_t, rows);
        if (!work->ranks[side])
            return caus_arena_fail(arena, err);
    }
    if (!mine->is_ragged) {
        work->kept = CAUS_ARRAY(arena, kept_residual, KEPT);
        work->kept_ranks = CAUS_ARRAY(arena, uint32_t, KEPT * rows);
        if (!work->kept || !work->kept_ranks)
            return caus_arena_fail(arena, err);
    }
    CAUS_TRY(caus_distance_work_init(&work->distance, rows, arena, err));
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

static void drop_rows_without_weight(caus_ci_work *work)
{
    const double *weights = work->state->weights;
    caus_linear_work *linear = &work->linear;
    size_t used = 0;
    for (size_t k = 0; k < linear->row_count && weights; k++)
        if (weights[linear->rows[k]] > 0)
            linear->rows[used++] = linear->rows[k];
    if (weights)
        linear->row_count = used;
}

static caus_status make_room(caus_ci_work *work, size_t dimension,
                             caus_error *err)
{
    caus_arena *arena = work->linear.arena;
    const gpdc *state = work->state;
    size_t rows = state->sample->row_count;
    if (!work->has_room) {
        CAUS_TRY(caus_gp_init(&work->gp, rows, state->run, arena, err));
        CAUS_TRY(caus_gp_init(&work->coarse, CAUS_GP_COARSE_ROWS, state->run,
                              arena, err));
        work->has_room = true;
    }
    if (dimension > work->coarse_capacity) {
        double *inputs =
            CAUS_ARRAY(arena, double, 2 * dimension * CAUS_GP_COARSE_ROWS);
        if (!inputs)
            return caus_arena_fail(arena, err);
        work->coarse_inputs = inputs;
        work->coarse_capacity = 2 * dimension;
    }
    return CAUS_OK;
}

/* The columns of a test: conditions that vary, and a place for a side. */
typedef struct inputs {
    const double *columns;
    size_t dimension;
    double *side;
} inputs;

static caus_status gather_inputs(caus_ci_work *work, size_t given,
                                 inputs *result, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    const caus_node *nodes = caus_linear_nodes(linear);
    CAUS_TRY(caus_linear_reserve(linear, given + 2, err));
    size_t used = 0;
    for (size_t k = 0; k < given; k++)
        used += caus_kernel_standardise(linear, nodes[k],
                                        caus_linear_column(linear, used));
    *result = (inputs){caus_linear_column(linear, 0), used,
                       caus_linear_column(linear, used)};
    if (!used)
        return CAUS_OK;
    CAUS_TRY(make_room(work, used, err));
    caus_gp_set_inputs(&work->gp, result->columns, linear->row_count, used);
    return CAUS_OK;
}

/* Replaces a side by its residual. It is not sound when a smooth function of
 * the conditions leaves nothing but the least noise there is. */
static caus_status regress(caus_ci_work *work, const inputs *given, bool *sound,
                           caus_error *err)
{
    static const double least_noise = 2e-5, part_of_noise = 1e-8;
    caus_gp *gp = &work->gp;
    caus_gp_fit fit;
    CAUS_TRY(caus_gp_search(gp, &work->coarse, work->coarse_inputs, given->side,
                            &fit, err));
    double noise = exp(fit.log_noise);
    caus_gp_set_length(gp, exp(fit.log_length), part_of_noise * noise,
                       given->side);
    double cost = caus_gp_cost(gp, given->side, noise);
    CAUS_TRY(caus_run_check(gp->run, err));
    *sound = cost < HUGE_VAL && (noise > least_noise || gp->is_full);
    if (*sound)
        caus_gp_residual(gp, given->side, given->side);
    return CAUS_OK;
}

static bool is_kept(const kept_residual *kept, caus_node node,
                    const caus_node *given, size_t count)
{
    return kept->is_set && kept->node == node && kept->given_count == count &&
           memcmp(kept->given, given, count * sizeof *given) == 0;
}

/* The place of a residual, and whether it is there; NULL = keep none. */
static kept_residual *look_up(caus_ci_work *work, caus_node node, size_t count,
                              bool *found)
{
    const caus_node *given = caus_linear_nodes(&work->linear);
    *found = true;
    for (size_t k = 0; k < KEPT && work->kept; k++)
        if (is_kept(&work->kept[k], node, given, count))
            return &work->kept[k];
    *found = false;
    if (!work->kept || !count || count > MOST_KEPT_GIVEN)
        return NULL;
    kept_residual *kept = &work->kept[work->next_kept++ % KEPT];
    *kept = (kept_residual){.node = node, .given_count = count};
    memcpy(kept->given, given, count * sizeof *given);
    return kept;
}

/* Ranks of what the first `count` nodes of the test leave of a node. */
static caus_status rank_residual(caus_ci_work *work, const inputs *given,
                                 size_t count, caus_node node, uint32_t *ranks,
                                 bool *sound, caus_error *err)
{
    size_t rows = work->linear.row_count;
    bool found;
    kept_residual *kept = look_up(work, node, count, &found);
    size_t place = kept ? (size_t)(kept - work->kept) : 0;
    uint32_t *held = kept ? work->kept_ranks + place * rows : NULL;
    assert(kept || !found);
    if (found) {
        *sound = kept->is_sound;
        memcpy(ranks, held, rows * sizeof *ranks);
        return CAUS_OK;
    }
    *sound = caus_kernel_standardise(&work->linear, node, given->side);
    if (*sound && given->dimension)
        CAUS_TRY(regress(work, given, sound, err));
    if (*sound)
        caus_distance_rank(&work->distance, given->side, rows, ranks);
    if (kept) {
        memcpy(held, ranks, rows * sizeof *ranks);
        kept->is_sound = *sound;
        kept->is_set = true;
    }
    return CAUS_OK;
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_linear_work *linear = &work->linear;
    *result = (caus_ci_result){.df = 1, .undetermined = true};
    CAUS_TRY(caus_run_check(work->state->run, err));
    CAUS_TRY(caus_linear_list(linear, source, err));
    caus_linear_find_rows(linear);
    drop_rows_without_weight(work);
    if (linear->row_count < LEAST_ROWS)
        return CAUS_OK;
    size_t count = linear->node_count - 2;
    caus_node *nodes = linear->nodes + linear->given_count;
    caus_kernel_sort(work->state->identity, nodes, count);
    inputs given;
    bool sound = true;
    CAUS_TRY(gather_inputs(work, count, &given, err));
    for (size_t side = 0; side < 2 && sound; side++)
        CAUS_TRY(rank_residual(work, &given, count, nodes[count + side],
                               work->ranks[side], &sound, err));
    if (!sound)
        return CAUS_OK;
    *result = (caus_ci_result){
        .statistic = caus_distance_correlation(
            &work->distance, work->ranks[0], work->ranks[1], linear->row_count),
        .df = (double)linear->row_count};
    return CAUS_OK;
}

caus_status caus_gpdc_init(const caus_sample *sample, const double *weights,
                           const caus_run *run, caus_arena *arena,
                           caus_independence *result, caus_error *err)
{
    if (sample->row_count > MOST_ROWS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows are more than the %d that Gaussian "
                         "processes are fitted to: give a wider --step, a "
                         "shorter window or the test rcot",
                         sample->row_count, MOST_ROWS);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    gpdc *state = CAUS_ARRAY(arena, gpdc, 1);
    if (!state)
        return caus_arena_fail(arena, err);
    *state = (gpdc){.sample = sample, .weights = weights, .run = run};
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++)
        state->is_ragged = state->is_ragged || sample->invalid[role];
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
                                  .p_value = caus_distance_sf};
    return CAUS_OK;
}
