/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of columns decides ties, the direction in which PCMCI+ tests a
 * lag-0 pair first, and the last bits of sums. Searches therefore work on the
 * columns in the order of their names and give the answer back in the caller's
 * order: a file with its columns shuffled gets the same numbers.
 */
#include <string.h>

#include "discovery/discovery_internal.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t digits_of(const char *text)
{
    size_t count = 0;
    while (is_digit(text[count]))
        count++;
    return count;
}

/* Compares the numbers that two texts start with and moves behind them. */
static int compare_numbers(const char **a, const char **b)
{
    while (**a == '0' && is_digit((*a)[1]))
        ++*a;
    while (**b == '0' && is_digit((*b)[1]))
        ++*b;
    size_t length = digits_of(*a), other = digits_of(*b);
    if (length != other)
        return length < other ? -1 : 1;
    int order = memcmp(*a, *b, length);
    *a += length;
    *b += length;
    return order;
}

/* By bytes, but numbers by their value: x2 before x10. */
static int compare_names(const char *name, const char *other)
{
    const char *a = name, *b = other;
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            int order = compare_numbers(&a, &b);
            if (order)
                return order;
            continue;
        }
        if (*a != *b)
            break;
        a++;
        b++;
    }
    int order = (unsigned char)*a - (unsigned char)*b;
    return order ? order : strcmp(name, other);
}

static bool comes_before(const caus_series *series, size_t i, size_t j)
{
    return compare_names(series->variables[i].name, series->variables[j].name) <
           0;
}

static void sort(const caus_series *series, size_t *order, size_t *scratch,
                 size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2, left = 0, right = half, used = 0;
    sort(series, order, scratch, half);
    sort(series, order + half, scratch, count - half);
    memcpy(scratch, order, count * sizeof *order);
    while (left < half || right < count) {
        bool take_right = left == half ||
                          (right < count &&
                           comes_before(series, scratch[right], scratch[left]));
        order[used++] = scratch[take_right ? right++ : left++];
    }
}

static bool is_sorted(const caus_series *series)
{
    for (size_t i = 0; i + 1 < series->variable_count; i++)
        if (comes_before(series, i + 1, i))
            return false;
    return true;
}

caus_status caus_order_by_name(const caus_series *series, caus_arena *arena,
                               const size_t **order, caus_error *err)
{
    *order = NULL;
    if (!series->variables || is_sorted(series))
        return CAUS_OK;
    size_t count = series->variable_count;
    size_t *made = CAUS_ARRAY(arena, size_t, count);
    size_t *scratch = CAUS_ARRAY(arena, size_t, count);
    if (!made || !scratch)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < count; i++)
        made[i] = i;
    sort(series, made, scratch, count);
    *order = made;
    return CAUS_OK;
}

caus_status caus_order_cells(const caus_question *question, const size_t *order,
                             const unsigned char *cells, caus_arena *arena,
                             const unsigned char **result, caus_error *err)
{
    size_t variables = question->variable_count;
    size_t lags = question->options->max_lag + 1;
    unsigned char *made =
        CAUS_ARRAY(arena, unsigned char, question->cell_count);
    if (!made)
        return caus_arena_fail(arena, err);
    for (size_t i = 0; i < variables; i++)
        for (size_t j = 0; j < variables; j++)
            memcpy(made + (i * variables + j) * lags,
                   cells + caus_cell(question, order[i], order[j], 0), lags);
    *result = made;
    return CAUS_OK;
}

/* From the order of names back to the caller's. */
typedef struct restoring {
    const caus_discovery *from;
    const size_t *order; /* [N] the caller's place of each variable */
    size_t variables;
    size_t lags;
    caus_arena *out;
} restoring;

static size_t place_of(const restoring *r, size_t i, size_t j)
{
    return (r->order[i] * r->variables + r->order[j]) * r->lags;
}

/* NULL stays NULL. */
static bool restore_numbers(const restoring *r, const double **numbers)
{
    if (!*numbers)
        return true;
    double *made =
        CAUS_ARRAY(r->out, double, r->variables * r->variables * r->lags);
    for (size_t i = 0; made && i < r->variables; i++)
        for (size_t j = 0; j < r->variables; j++)
            memcpy(made + place_of(r, i, j),
                   *numbers + (i * r->variables + j) * r->lags,
                   r->lags * sizeof *made);
    *numbers = made;
    return made;
}

static caus_status restore_graph(const restoring *r, caus_graph *graph,
                                 caus_error *err)
{
    const caus_graph *from = &r->from->graph;
    CAUS_TRY(caus_graph_init(graph, r->variables, from->max_lag, r->out, err));
    for (size_t i = 0; i < r->variables; i++)
        for (size_t j = 0; j < r->variables; j++)
            for (size_t lag = 0; lag < r->lags; lag++) {
                if (lag == 0 && i >= j)
                    continue;
                caus_edge edge = caus_graph_get(from, i, j, lag);
                caus_graph_set(graph, r->order[i], r->order[j], lag,
                               (caus_mark)edge.source, (caus_mark)edge.target);
            }
    caus_triple *triples =
        CAUS_ARRAY(r->out, caus_triple, from->ambiguous_count);
    if (!triples)
        return caus_arena_fail(r->out, err);
    for (size_t t = 0; t < from->ambiguous_count; t++) {
        const caus_triple *triple = &from->ambiguous[t];
        triples[t] =
            (caus_triple){r->order[triple->source], triple->source_lag,
                          r->order[triple->middle], r->order[triple->target]};
    }
    graph->ambiguous = triples;
    graph->ambiguous_count = from->ambiguous_count;
    return CAUS_OK;
}

static const caus_lagged *restore_nodes(const restoring *r,
                                        const caus_lagged *nodes, size_t count)
{
    caus_lagged *made = CAUS_ARRAY(r->out, caus_lagged, count);
    for (size_t k = 0; made && k < count; k++)
        made[k] = (caus_lagged){r->order[nodes[k].variable], nodes[k].lag};
    return made;
}

static caus_status restore_parents(const restoring *r,
                                   const caus_parents **parents,
                                   caus_error *err)
{
    if (!*parents)
        return CAUS_OK;
    caus_parents *made = CAUS_ARRAY(r->out, caus_parents, r->variables);
    for (size_t j = 0; made && j < r->variables; j++) {
        const caus_parents *from = &(*parents)[j];
        double *strength = CAUS_ARRAY(r->out, double, from->count);
        const caus_lagged *nodes = restore_nodes(r, from->parents, from->count);
        if (!strength || !nodes)
            return caus_arena_fail(r->out, err);
        if (from->count)
            memcpy(strength, from->min_statistic,
                   from->count * sizeof *strength);
        made[r->order[j]] =
            (caus_parents){from->count, nodes, strength, from->alpha};
    }
    *parents = made;
    return made ? CAUS_OK : caus_arena_fail(r->out, err);
}

static caus_status restore_sets(const restoring *r,
                                const caus_separating_set **sets,
                                caus_error *err)
{
    if (!*sets)
        return CAUS_OK;
    caus_separating_set *made = CAUS_ARRAY(
        r->out, caus_separating_set, r->variables * r->variables * r->lags);
    if (!made)
        return caus_arena_fail(r->out, err);
    for (size_t i = 0; i < r->variables; i++)
        for (size_t j = 0; j < r->variables; j++)
            for (size_t lag = 0; lag < r->lags; lag++) {
                const caus_separating_set *from =
                    &(*sets)[(i * r->variables + j) * r->lags + lag];
                if (!from->count)
                    continue;
                const caus_lagged *nodes =
                    restore_nodes(r, from->nodes, from->count);
                if (!nodes)
                    return caus_arena_fail(r->out, err);
                made[place_of(r, i, j) + lag] =
                    (caus_separating_set){from->count, nodes};
            }
    *sets = made;
    return CAUS_OK;
}

caus_status caus_order_restore(const caus_discovery *found, const size_t *order,
                               caus_arena *out, caus_discovery *result,
                               caus_error *err)
{
    restoring r = {.from = found,
                   .order = order,
                   .variables = found->graph.node_count,
                   .lags = found->graph.max_lag + 1,
                   .out = out};
    caus_discovery made = *found;
    CAUS_TRY(restore_graph(&r, &made.graph, err));
    if (!restore_numbers(&r, &made.statistic) ||
        !restore_numbers(&r, &made.p_value) ||
        !restore_numbers(&r, &made.q_value) ||
        !restore_numbers(&r, &made.lower) ||
        !restore_numbers(&r, &made.upper) || !restore_numbers(&r, &made.df) ||
        !restore_numbers(&r, &made.stability))
        return caus_arena_fail(out, err);
    CAUS_TRY(restore_parents(&r, &made.parents, err));
    CAUS_TRY(restore_sets(&r, &made.separating_sets, err));
    *result = made;
    return CAUS_OK;
}
