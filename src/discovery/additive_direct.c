/* SPDX-License-Identifier: Apache-2.0 */
/* Which directions of a learned graph are known. */
#include <string.h>

#include "discovery/additive_internal.h"
#include "graph/dag.h"

typedef struct directing {
    caus_additive_search *search;
    const bool *is_edge; /* [variables × columns] target, column */
    double evidence;
    caus_pdag graph; /* nodes are columns */
    uint64_t *given; /* causes of both ends */
} directing;

static bool has_edge(const directing *d, size_t target, size_t column)
{
    return d->is_edge[target * d->search->data->column_count + column];
}

/* Whether another cause of the target is joined to the source too. */
static bool is_collider(const directing *d, size_t source, size_t target)
{
    const caus_additive_data *data = d->search->data;
    for (size_t c = 0; c < data->column_count; c++) {
        if (c == source || !has_edge(d, target, c) || has_edge(d, source, c))
            continue;
        if (c >= data->variable_count || !has_edge(d, c, source))
            return true;
    }
    return false;
}

static caus_status look(const directing *d, size_t target, size_t with,
                        double sign, double *sum, caus_error *err)
{
    caus_additive_search *s = d->search;
    const caus_additive_node *node;
    bool has = with < s->data->variable_count;
    if (has)
        caus_bit_set(d->given, with);
    CAUS_TRY(caus_run_check(s->run, err));
    CAUS_TRY(caus_additive_score(s->data, target, d->given, &s->trees[target],
                                 &s->works[0], caus_run_scratch(s->run, 0),
                                 &node, err));
    if (has)
        caus_bit_clear(d->given, with);
    *sum += sign * node->best;
    return CAUS_OK;
}

/* The likelihood of both ends given the causes of either, in one direction
 * against the other: 0 but for noise when all is linear and normal. */
static caus_status compare(const directing *d, size_t source, size_t target,
                           double *result, caus_error *err)
{
    const caus_additive_data *data = d->search->data;
    double sum = 0;
    memset(d->given, 0, caus_bit_words(data->column_count) * sizeof *d->given);
    for (size_t c = 0; c < data->column_count; c++)
        if (c != source && (has_edge(d, source, c) || has_edge(d, target, c)))
            caus_bit_set(d->given, c);
    CAUS_TRY(look(d, source, SIZE_MAX, 1, &sum, err));
    CAUS_TRY(look(d, target, source, 1, &sum, err));
    CAUS_TRY(look(d, target, SIZE_MAX, -1, &sum, err));
    CAUS_TRY(look(d, source, target, -1, &sum, err));
    *result = sum;
    return CAUS_OK;
}

static caus_status add_edge(directing *d, size_t source, size_t target,
                            caus_error *err)
{
    const caus_additive_data *data = d->search->data;
    bool is_known = source >= data->variable_count ||
                    data->is_barred[source * data->column_count + target] ||
                    is_collider(d, source, target);
    if (!is_known) {
        double gain;
        CAUS_TRY(compare(d, source, target, &gain, err));
        is_known = gain >= d->evidence;
    }
    if (is_known)
        caus_pdag_add_directed(&d->graph, source, target);
    else
        caus_pdag_add_undirected(&d->graph, source, target);
    return CAUS_OK;
}

caus_status caus_additive_direct(caus_additive_search *search,
                                 const bool *is_edge, double evidence,
                                 bool *is_directed, caus_error *err)
{
    const caus_additive_data *data = search->data;
    size_t columns = data->column_count, words = caus_bit_words(columns);
    caus_arena *arena = caus_run_scratch(search->run, 0);
    directing d = {.search = search,
                   .is_edge = is_edge,
                   .evidence = evidence,
                   .given = CAUS_ARRAY(arena, uint64_t, words)};
    uint64_t *arrows = CAUS_ARRAY(arena, uint64_t, columns * words);
    if (!d.given || !arrows || !caus_pdag_init(&d.graph, columns, arena))
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < data->variable_count; v++)
        for (size_t c = 0; c < columns; c++)
            if (has_edge(&d, v, c))
                CAUS_TRY(add_edge(&d, c, v, err));
    caus_prior_close(&d.graph, NULL, 0, arrows);
    for (size_t v = 0; v < data->variable_count; v++)
        for (size_t c = 0; c < columns; c++)
            is_directed[v * columns + c] =
                caus_bit_get(caus_pdag_row(&d.graph, d.graph.parents, v), c);
    return CAUS_OK;
}
