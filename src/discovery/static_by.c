/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/structure_tests.h"
#include "discovery/discovery_internal.h"
#include "discovery/discrete_internal.h"
#include "discovery/fci_internal.h"
#include "discovery/static_tests.h"

enum { MAX_THREADS = 256, LEAST_ROWS = 5 };

typedef struct call call;

/* A search on any engine. */
typedef caus_status engine_fn(const call *c, const caus_engine *engine,
                              caus_discovery *result, caus_error *err);

struct call {
    const caus_series *series;
    const caus_test_options *test;
    double alpha;
    engine_fn *search;
    const caus_pc_options *pc;        /* of search_pc() */
    const caus_fci_options *fci;      /* of search_fci() */
    const unsigned char *assumptions; /* of the options, or fewer hypotheses */
    const caus_run *run;
    caus_arena *out;
};

static caus_status search_pc(const call *c, const caus_engine *engine,
                             caus_discovery *result, caus_error *err)
{
    caus_pc_options options = *c->pc;
    options.assumptions = c->assumptions;
    return caus_pc_learn(engine, &options, c->run, c->out, result, err);
}

static caus_status search_fci(const call *c, const caus_engine *engine,
                              caus_discovery *result, caus_error *err)
{
    caus_fci_options options = *c->fci;
    options.assumptions = c->assumptions;
    return caus_fci_learn(engine, &options, c->run, c->out, result, err);
}

static caus_status check(const call *c, caus_error *err)
{
    CAUS_TRY(caus_check_alpha(c->alpha, err));
    if (!c->series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    if ((unsigned)c->test->test >= CAUS_TEST_COUNT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no test number %d: the last is %d",
                         (int)c->test->test, CAUS_TEST_COUNT - 1);
    size_t rows = caus_series_row_count(c->series);
    if (rows < LEAST_ROWS)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows are too few to test: need at least %d; "
                         "widen the window",
                         rows, LEAST_ROWS);
    return CAUS_OK;
}

static caus_status search_in(const call *c, caus_arena **arenas,
                             caus_discovery *result, caus_error *err)
{
    caus_tested state;
    CAUS_TRY(caus_tested_init(c->series, c->test, c->alpha, c->run, arenas,
                              &state, err));
    caus_engine engine = caus_test_engine(&state);
    CAUS_TRY(c->search(c, &engine, result, err));
    CAUS_TRY(caus_tested_check(&state, err));
    return caus_tested_give(&state, c->out, result, err);
}

/* Tests grow while a search takes scratch memory and gives it back: they get
 * arenas of their own. */
static caus_status search(const call *c, caus_discovery *result,
                          caus_error *err)
{
    caus_arena *arenas[MAX_THREADS] = {0};
    int threads = caus_run_threads(c->run);
    size_t budget = caus_run_memory_limit_bytes(c->run);
    caus_status status = CAUS_OK;
    for (int k = 0; k < threads && status == CAUS_OK; k++) {
        arenas[k] = caus_arena_new(budget);
        if (!arenas[k])
            status = CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                               "no memory is left to test in");
    }
    if (status == CAUS_OK)
        status = search_in(c, arenas, result, err);
    for (int k = 0; k < threads; k++)
        caus_arena_free(arenas[k]);
    return status;
}

static caus_status run_call(call *c, caus_discovery *result, caus_error *err)
{
    caus_arena_mark marks[MAX_THREADS], mark = caus_arena_get_mark(c->out);
    int threads = caus_run_threads(c->run);
    caus_discovery made = {0};
    CAUS_TRY(check(c, err));
    for (int k = 0; k < threads; k++)
        marks[k] = caus_arena_get_mark(caus_run_scratch(c->run, k));
    caus_status status = CAUS_OK;
    if (c->test->test == CAUS_TEST_VECTORS)
        status = caus_vectors_assume(c->series, 0, caus_run_scratch(c->run, 0),
                                     &c->assumptions, err);
    if (status == CAUS_OK)
        status = search(c, &made, err);
    if (status == CAUS_ERR_TIME_LIMIT) {
        caus_arena_rewind(c->out, mark);
        status =
            caus_give_empty(c->series->variable_count, 0, c->out, &made, err);
    }
    for (int k = threads; k-- > 0;)
        caus_arena_rewind(caus_run_scratch(c->run, k), marks[k]);
    if (status != CAUS_OK) {
        caus_arena_rewind(c->out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}

caus_status caus_discover_pc_by(const caus_series *series,
                                const caus_pc_options *options,
                                const caus_test_options *test,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    caus_pc_options defaults = caus_pc_options_default();
    if (!options)
        options = &defaults;
    call c = {.series = series,
              .test = test,
              .alpha = options->alpha,
              .search = search_pc,
              .pc = options,
              .assumptions = options->assumptions,
              .run = run,
              .out = out};
    return run_call(&c, result, err);
}

caus_status caus_discover_fci_by(const caus_series *series,
                                 const caus_fci_options *options,
                                 const caus_test_options *test,
                                 const caus_run *run, caus_arena *out,
                                 caus_discovery *result, caus_error *err)
{
    caus_fci_options defaults = caus_fci_options_default();
    if (!options)
        options = &defaults;
    call c = {.series = series,
              .test = test,
              .alpha = options->alpha,
              .search = search_fci,
              .fci = options,
              .assumptions = options->assumptions,
              .run = run,
              .out = out};
    return run_call(&c, result, err);
}
