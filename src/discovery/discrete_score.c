/* SPDX-License-Identifier: Apache-2.0 */
/* The greedy searches on scores of categories. */
#include <math.h>

#include "discovery/discrete_counts.h"
#include "discovery/ges_internal.h"

typedef struct call {
    const caus_series *series;
    const caus_score_options *options;
    const caus_run *run;
    caus_arena *out;
    caus_codes codes;
    caus_map *known;
} call;

/* Takes rows with a missing value out of the codes. */
static caus_status keep_complete_rows(const call *c, const caus_codes *all,
                                      caus_codes *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t variables = all->variable_count, kept = 0;
    uint32_t *rows = CAUS_ARRAY(scratch, uint32_t, all->row_count);
    uint8_t *columns =
        CAUS_ARRAY(scratch, uint8_t, variables * all->column_bytes);
    size_t *missing = CAUS_ARRAY(scratch, size_t, variables);
    if (!rows || !columns || !missing)
        return caus_arena_fail(scratch, err);
    for (size_t r = 0; r < all->row_count; r++) {
        bool complete = true;
        for (size_t v = 0; v < variables && complete; v++)
            complete = caus_codes_column(all, v)[r] != CAUS_CODE_MISSING;
        if (complete)
            rows[kept++] = (uint32_t)r;
    }
    for (size_t v = 0; v < variables; v++) {
        const uint8_t *from = caus_codes_column(all, v);
        for (size_t k = 0; k < kept; k++)
            columns[v * all->column_bytes + k] = from[rows[k]];
    }
    *result = *all;
    result->row_count = kept;
    result->columns = columns;
    result->missing = missing;
    return CAUS_OK;
}

static caus_status code_rows(call *c, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    bool any_missing = false;
    CAUS_TRY(
        caus_codes_init(c->series, SIZE_MAX, c->run, scratch, &c->codes, err));
    if (c->codes.row_count > UINT32_MAX)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows are more than the %u that tables of counts "
                         "can hold: narrow the window",
                         c->codes.row_count, UINT32_MAX);
    for (size_t v = 0; v < c->codes.variable_count; v++)
        any_missing = any_missing || c->codes.missing[v];
    if (any_missing) {
        caus_codes all = c->codes;
        CAUS_TRY(keep_complete_rows(c, &all, &c->codes, err));
    }
    if (c->codes.row_count)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "none of %zu rows has a value of each of the %zu "
                     "variables: need at least 1; widen the window or leave "
                     "out variables with gaps",
                     caus_series_row_count(c->series),
                     c->series->variable_count);
}

/* ---- numbers of edges ---- */

typedef struct giving {
    const caus_independence *test;
    caus_ci_work *work;
    size_t node_count;
    caus_node *given; /* [node_count] */
    double *statistic;
    double *p_value;
    caus_status status;
    caus_error *err;
} giving;

static void give_edge(void *data, size_t a, size_t b, const uint64_t *others)
{
    giving *g = data;
    size_t words = caus_bit_words(g->node_count), count = 0;
    caus_ci_source source = {.node = (caus_node)a};
    caus_ci_result found = {0};
    for (size_t v = caus_bit_next(others, words, 0); v < 64 * words;
         v = caus_bit_next(others, words, v + 1))
        g->given[count++] = (caus_node)v;
    if (g->status == CAUS_OK)
        g->status =
            g->test->condition(g->work, (caus_node)b, g->given, count, g->err);
    if (g->status == CAUS_OK)
        g->status = g->test->test(g->work, &source, &found, g->err);
    if (g->status != CAUS_OK)
        return;
    double p = caus_ci_p_value(g->test, &found);
    g->statistic[a * g->node_count + b] = found.statistic;
    g->statistic[b * g->node_count + a] = found.statistic;
    g->p_value[a * g->node_count + b] = p;
    g->p_value[b * g->node_count + a] = p;
}

static caus_status give_numbers(const call *c, caus_score_search *search,
                                caus_discovery *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    size_t nodes = c->codes.variable_count;
    caus_sample sample;
    caus_independence test;
    CAUS_TRY(caus_codes_sample(&c->codes, c->series, scratch, &sample, err));
    /* Tests end after the search: a late run still gives its graph. */
    CAUS_TRY(caus_gsquared_on_codes(CAUS_TABLE_G_SQUARED, &sample, &c->codes,
                                    NULL, NULL, scratch, &test, err));
    giving g = {.test = &test,
                .node_count = nodes,
                .given = CAUS_ARRAY(scratch, caus_node, nodes),
                .statistic = CAUS_ARRAY(c->out, double, nodes *nodes),
                .p_value = CAUS_ARRAY(c->out, double, nodes *nodes),
                .err = err};
    if (!g.given)
        return caus_arena_fail(scratch, err);
    if (!g.statistic || !g.p_value)
        return caus_arena_fail(c->out, err);
    CAUS_TRY(test.start(test.state, scratch, &g.work, err));
    for (size_t cell = 0; cell < nodes * nodes; cell++)
        g.p_value[cell] = 1;
    result->test_count = search->scoring.evaluated;
    CAUS_TRY(caus_score_each_edge(search, scratch, give_edge, &g, err));
    result->statistic = g.statistic;
    result->p_value = g.p_value;
    return g.status;
}

/* ---- the search ---- */

static caus_status learn(call *c, caus_discovery *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(c->run, 0);
    caus_score_search search;
    caus_counts counts;
    CAUS_TRY(code_rows(c, err));
    CAUS_TRY(caus_counts_init(&c->codes, c->options, c->known, scratch, &counts,
                              err));
    caus_local_score local = {&counts, caus_counts_score};
    if (!caus_ges_init_local(&search, c->codes.variable_count, &local, 1,
                             c->run, scratch))
        return caus_arena_fail(scratch, err);
    CAUS_TRY(caus_score_run(&search, c->options, c->series->variables, scratch,
                            err));
    caus_status status = caus_run_check(c->run, err);
    if (status == CAUS_ERR_CANCELLED)
        return status;
    CAUS_TRY(caus_graph_init(&result->graph, c->codes.variable_count, 0, c->out,
                             err));
    caus_pdag_write(&search.graph, &result->graph);
    CAUS_TRY(give_numbers(c, &search, result, err));
    result->rows_used = c->codes.row_count;
    result->complete = !search.stopped;
    return CAUS_OK;
}

caus_status caus_discover_discrete_score(const caus_series *series,
                                         const caus_score_options *options,
                                         const caus_run *run, caus_arena *out,
                                         caus_discovery *result,
                                         caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    call c = {.series = series, .options = options, .run = run, .out = out};
    caus_discovery made = {0};
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to search");
    c.known = caus_map_new();
    if (!c.known)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "there is no memory for the scores that are known");
    caus_status status = learn(&c, &made, err);
    caus_map_free(c.known);
    if (status == CAUS_ERR_TIME_LIMIT) {
        caus_arena_rewind(out, mark);
        status = caus_give_empty(series->variable_count, 0, out, &made, err);
    }
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
