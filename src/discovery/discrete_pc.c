/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/discrete.h"

#include <math.h>

#include "discovery/discrete_internal.h"
#include "numeric/distributions.h"

typedef struct call {
    const caus_series *series;
    const caus_pc_options *options;
    caus_table_kind kind;
    const caus_run *run;
    caus_arena *out;
} call;

/* Statistics and p-values of the tests, in the place of ratios. */
static caus_status give_numbers(const caus_discrete *state, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    size_t nodes = state->codes.variable_count;
    double *statistic = CAUS_ARRAY(out, double, nodes *nodes);
    double *p_value = CAUS_ARRAY(out, double, nodes *nodes);
    if (!statistic || !p_value)
        return caus_arena_fail(out, err);
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = 0; b < nodes; b++) {
            size_t cell = a * nodes + b;
            const caus_weakest *found = caus_discrete_weakest(state, a, b);
            bool is_tested = a != b && fabs(result->statistic[cell]) > 0;
            statistic[cell] = is_tested ? found->statistic : 0;
            p_value[cell] = result->p_value[cell];
            if (is_tested && !isnan(p_value[cell]))
                p_value[cell] =
                    caus_chi_squared_sf(found->statistic, found->df);
        }
    result->statistic = statistic;
    result->p_value = p_value;
    return CAUS_OK;
}

static caus_status learn(const call *c, caus_discovery *result, caus_error *err)
{
    caus_discrete state;
    CAUS_TRY(caus_discrete_init(c->series, c->kind, c->options->alpha, c->run,
                                caus_run_scratch(c->run, 0), &state, err));
    caus_engine engine = caus_discrete_engine(&state);
    CAUS_TRY(caus_pc_learn(&engine, c->options, c->run, c->out, result, err));
    result->rows_used = state.codes.row_count;
    return give_numbers(&state, c->out, result, err);
}

static caus_status check(const call *c, caus_test test, caus_error *err)
{
    CAUS_TRY(caus_check_alpha(c->options->alpha, err));
    if (test != CAUS_TEST_GSQUARED && test != CAUS_TEST_CHISQUARED)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the test %s does not count categories: give %s or %s",
                         caus_test_name(test),
                         caus_test_name(CAUS_TEST_GSQUARED),
                         caus_test_name(CAUS_TEST_CHISQUARED));
    if (!c->series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    if (!caus_series_row_count(c->series))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "there are no rows to count: need at least 1; widen "
                         "the window");
    return CAUS_OK;
}

caus_status caus_discover_discrete_pc(const caus_series *series,
                                      const caus_pc_options *options,
                                      caus_test test, const caus_run *run,
                                      caus_arena *out, caus_discovery *result,
                                      caus_error *err)
{
    enum { MAX_THREADS = 256 };
    caus_arena_mark marks[MAX_THREADS], mark = caus_arena_get_mark(out);
    caus_pc_options defaults = caus_pc_options_default();
    int threads = caus_run_threads(run);
    call c = {.series = series,
              .options = options ? options : &defaults,
              .kind = test == CAUS_TEST_GSQUARED ? CAUS_TABLE_G_SQUARED
                                                 : CAUS_TABLE_CHI_SQUARED,
              .run = run,
              .out = out};
    caus_discovery made = {0};
    CAUS_TRY(check(&c, test, err));
    for (int k = 0; k < threads; k++)
        marks[k] = caus_arena_get_mark(caus_run_scratch(run, k));
    caus_status status = learn(&c, &made, err);
    if (status == CAUS_ERR_TIME_LIMIT) {
        caus_arena_rewind(out, mark);
        status = caus_give_empty(series->variable_count, 0, out, &made, err);
    }
    for (int k = threads; k-- > 0;)
        caus_arena_rewind(caus_run_scratch(run, k), marks[k]);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
