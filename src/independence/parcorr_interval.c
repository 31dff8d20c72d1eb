/* SPDX-License-Identifier: Apache-2.0 */
/* Partial correlation asked for its interval, by the rows of each test. */
#include "independence/linear_internal.h"

typedef struct row_test {
    const caus_sample *sample;
    const caus_run *run;
    double level;
} row_test;

struct caus_ci_work {
    const row_test *state;
    caus_linear_work linear;
};

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    const row_test *mine = state;
    caus_ci_work *work = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!work)
        return caus_arena_fail(arena, err);
    work->state = mine;
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

static bool fill_column(caus_ci_work *work, caus_node node, double *column)
{
    return caus_linear_copy(&work->linear, node, column) &&
           caus_linear_normalise(column, work->linear.row_count);
}

static caus_status test(caus_ci_work *work, const caus_ci_source *source,
                        caus_ci_result *result, caus_error *err)
{
    caus_row_question asked = {
        .fill = fill_column, .work = work, .level = work->state->level};
    return caus_linear_interval(&work->linear, source, &asked, result, err);
}

caus_status caus_parcorr_place(const void *place_state, double level,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err)
{
    const caus_parcorr *state = place_state;
    row_test *mine = CAUS_ARRAY(arena, row_test, 1);
    if (!mine)
        return caus_arena_fail(arena, err);
    *mine = (row_test){state->sample, state->run, level};
    *result = (caus_independence){.state = mine,
                                  .sample = state->sample,
                                  .start = start,
                                  .condition = condition,
                                  .test = test};
    caus_parcorr_decide(result);
    return CAUS_OK;
}
