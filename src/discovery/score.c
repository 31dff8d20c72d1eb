/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/discrete_internal.h"
#include "discovery/ges_internal.h"
#include "numeric/distributions.h"

enum { LEAST_ROWS = 5 };

caus_score_options caus_score_options_default(void)
{
    return (caus_score_options){.search = CAUS_SEARCH_XGES,
                                .score = CAUS_SCORE_GAUSSIAN,
                                .penalty = 2,
                                .sample_size = 1,
                                .max_parents = SIZE_MAX};
}

static caus_status check_options(const caus_score_options *options,
                                 caus_error *err)
{
    if (!(options->penalty > 0 && isfinite(options->penalty)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the penalty is %g: give a number above 0, such as 1 "
                         "(BIC) or 2",
                         options->penalty);
    if (!(options->ebic_gamma >= 0 && isfinite(options->ebic_gamma)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "gamma of EBIC is %g: give 0 (none) to 1",
                         options->ebic_gamma);
    if (options->score == CAUS_SCORE_BDEU &&
        !(options->sample_size > 0 && isfinite(options->sample_size)))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the equivalent sample size of BDeu is %g: give a "
                         "number above 0, such as 1 or 10",
                         options->sample_size);
    return CAUS_OK;
}

/* ---- numbers of edges ---- */

typedef struct giving {
    caus_score_search *search;
    double *statistic;
    double *p_value;
    size_t *given;  /* [node_count] */
    double *factor; /* [node_count²] */
} giving;

/* Conditions in an order that neither columns nor ends decide. */
static void sort_given(const giving *g, size_t a, size_t b, size_t count)
{
    const caus_correlation *c = g->search->scoring.correlation;
    const double *with_a = c->matrix + a * c->stride;
    const double *with_b = c->matrix + b * c->stride;
    for (size_t k = 1; k < count; k++) {
        size_t moved = g->given[k], at = k;
        double strength = fabs(with_a[moved]) + fabs(with_b[moved]);
        for (; at > 0 &&
               fabs(with_a[g->given[at - 1]]) + fabs(with_b[g->given[at - 1]]) <
                   strength;
             at--)
            g->given[at] = g->given[at - 1];
        g->given[at] = moved;
    }
}

/* The part of column v that each condition takes: row k of the factor, with
 * `known` conditions before. Returns the variance that is left. */
static double eliminate(const giving *g, size_t v, size_t known, double *row)
{
    const caus_correlation *c = g->search->scoring.correlation;
    const double *from = c->matrix + v * c->stride;
    double left = from[v] + CAUS_RIDGE;
    for (size_t j = 0; j < known; j++) {
        const double *other = g->factor + j * g->search->scoring.node_count;
        double sum = from[g->given[j]];
        for (size_t k = 0; k < j; k++)
            sum -= row[k] * other[k];
        row[j] = sum * other[j];
        left -= row[j] * row[j];
    }
    return left;
}

static double partial_correlation(const giving *g, size_t a, size_t b,
                                  size_t count)
{
    const caus_correlation *c = g->search->scoring.correlation;
    size_t nodes = g->search->scoring.node_count;
    double *of_a = g->factor + count * nodes;
    double *of_b = g->factor + (count + 1) * nodes;
    for (size_t k = 0; k < count; k++) {
        double *row = g->factor + k * nodes;
        double left = eliminate(g, g->given[k], k, row);
        row[k] = 1 / sqrt(fmax(left, CAUS_RIDGE / 2));
    }
    double product =
        eliminate(g, a, count, of_a) * eliminate(g, b, count, of_b);
    double covariance = c->matrix[a * c->stride + b];
    for (size_t k = 0; k < count; k++)
        covariance -= of_a[k] * of_b[k];
    return fmin(1, fmax(-1, covariance / sqrt(product)));
}

static void give_edge(void *data, size_t a, size_t b, const uint64_t *others)
{
    const giving *g = data;
    const caus_score_search *s = g->search;
    size_t nodes = s->scoring.node_count, words = s->scoring.word_count;
    size_t count = 0, cells[2] = {a * nodes + b, b * nodes + a};
    for (size_t v = caus_bit_next(others, words, 0); v < 64 * words;
         v = caus_bit_next(others, words, v + 1))
        g->given[count++] = v;
    sort_given(g, a, b, count);
    double r = partial_correlation(g, a, b, count);
    double df = 2 * s->scoring.half_rows - (double)count - 3;
    double z = df > 0 ? sqrt(df) * atanh(fabs(r)) : 0;
    for (size_t k = 0; k < 2; k++) {
        g->statistic[cells[k]] = r;
        g->p_value[cells[k]] = fmin(1, 2 * caus_normal_sf(z));
    }
}

/* An edge's delete that costs least is a → b or a – b with `set`. */
static void take_edge(const caus_score_search *s, size_t a, size_t b,
                      uint64_t *set, caus_edge_fn *take, void *data)
{
    const uint64_t *parents = caus_pdag_row(&s->graph, s->graph.parents, b);
    for (size_t w = 0; w < s->scoring.word_count; w++)
        set[w] |= parents[w];
    caus_bit_clear(set, a);
    take(data, a, b, set);
}

caus_status caus_score_each_edge(caus_score_search *s, caus_arena *arena,
                                 caus_edge_fn *take, void *data,
                                 caus_error *err)
{
    const caus_pdag *graph = &s->graph;
    size_t words = s->scoring.word_count;
    uint64_t *set = CAUS_ARRAY(arena, uint64_t, words);
    uint64_t *other_set = CAUS_ARRAY(arena, uint64_t, words);
    if (!set || !other_set)
        return caus_arena_fail(arena, err);
    for (size_t a = 0; a < s->scoring.node_count; a++) {
        const uint64_t *joined = caus_pdag_row(graph, graph->adjacent, a);
        const uint64_t *children = caus_pdag_row(graph, graph->children, a);
        const uint64_t *parents = caus_pdag_row(graph, graph->parents, a);
        for (size_t b = caus_bit_next(joined, words, a + 1); b < 64 * words;
             b = caus_bit_next(joined, words, b + 1)) {
            double to_b = -HUGE_VAL, to_a = -HUGE_VAL;
            if (!caus_bit_get(parents, b))
                to_b = caus_operators_best_delete(s, a, b, set);
            if (!caus_bit_get(children, b))
                to_a = caus_operators_best_delete(s, b, a, other_set);
            if (to_a > to_b)
                take_edge(s, b, a, other_set, take, data);
            else
                take_edge(s, a, b, set, take, data);
        }
    }
    return CAUS_OK;
}

static caus_status give(caus_score_search *search, caus_arena *scratch,
                        caus_arena *out, caus_discovery *result,
                        caus_error *err)
{
    size_t nodes = search->scoring.node_count;
    giving g = {
        .search = search,
        .statistic = CAUS_ARRAY(out, double, nodes *nodes),
        .p_value = CAUS_ARRAY(out, double, nodes *nodes),
        .given = CAUS_ARRAY(scratch, size_t, nodes),
        .factor = CAUS_ARRAY(scratch, double, (nodes + 1) * nodes),
    };
    if (!g.statistic || !g.p_value)
        return caus_arena_fail(out, err);
    if (!g.given || !g.factor)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(caus_graph_init(&result->graph, nodes, 0, out, err));
    for (size_t cell = 0; cell < nodes * nodes; cell++)
        g.p_value[cell] = 1;
    result->test_count = search->scoring.evaluated;
    CAUS_TRY(caus_score_each_edge(search, scratch, give_edge, &g, err));
    caus_pdag_write(&search->graph, &result->graph);
    result->statistic = g.statistic;
    result->p_value = g.p_value;
    result->complete = !search->stopped;
    return CAUS_OK;
}

static caus_status learn(const void *data, const caus_correlation *correlation,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    const caus_score_options *options = data;
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_score_search search;
    double rows = (double)correlation->row_count;
    double nodes = (double)correlation->variable_count;
    double penalty =
        options->penalty * log(rows) / 2 + options->ebic_gamma * log(nodes);
    if (!caus_ges_init(&search, correlation, penalty, run, scratch))
        return caus_arena_fail(scratch, err);
    CAUS_TRY(
        caus_score_run(&search, options, correlation->variables, scratch, err));
    caus_status status = caus_run_check(run, err);
    if (status == CAUS_ERR_CANCELLED)
        return status;
    return give(&search, scratch, out, result, err);
}

caus_status caus_discover_score(const caus_series *series,
                                const caus_score_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err)
{
    caus_score_options defaults = caus_score_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(options, err));
    if (options->score != CAUS_SCORE_GAUSSIAN)
        return caus_discover_discrete_score(series, options, run, out, result,
                                            err);
    return caus_static_call(series, LEAST_ROWS, run, out, learn, options,
                            result, err);
}
