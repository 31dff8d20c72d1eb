/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/discovery/categories.h"

#include <math.h>

enum { MOST_PARENTS = 2 };

typedef struct node {
    size_t levels;
    size_t parents[MOST_PARENTS];
    size_t parent_count;
    double *table; /* [configurations × levels] cumulated */
} node;

static void draw_edges(const categories *from, const size_t *order, node *nodes,
                       bool *is_parent, caus_random *random)
{
    for (size_t made = 0, tries = 0; made < from->edges && tries < 100000;
         tries++) {
        size_t i = caus_random_below(random, from->nodes);
        size_t j = caus_random_below(random, from->nodes);
        size_t a = order[i < j ? i : j], b = order[i < j ? j : i];
        node *target = &nodes[b];
        if (i == j || target->parent_count == MOST_PARENTS ||
            (target->parent_count && target->parents[0] == a))
            continue;
        target->parents[target->parent_count++] = a;
        if (is_parent)
            is_parent[a * from->nodes + b] = true;
        made++;
    }
}

static bool draw_table(node *nodes, node *of, caus_random *random,
                       caus_arena *arena)
{
    size_t rows = 1;
    for (size_t k = 0; k < of->parent_count; k++)
        rows *= nodes[of->parents[k]].levels;
    of->table = CAUS_ARRAY(arena, double, rows * of->levels);
    if (!of->table)
        return false;
    for (size_t r = 0; r < rows; r++) {
        double *row = of->table + r * of->levels, sum = 0;
        for (size_t k = 0; k < of->levels; k++) {
            double weight = log(1 - caus_random_uniform(random));
            sum += weight * weight;
            row[k] = sum;
        }
        for (size_t k = 0; k < of->levels; k++)
            row[k] /= sum;
    }
    return true;
}

static double draw_value(const node *nodes, const node *of, const double *row,
                         caus_random *random)
{
    size_t place = 0, value = 0;
    for (size_t k = 0; k < of->parent_count; k++)
        place =
            place * nodes[of->parents[k]].levels + (size_t)row[of->parents[k]];
    double u = caus_random_uniform(random);
    while (value + 1 < of->levels && u > of->table[place * of->levels + value])
        value++;
    return (double)value;
}

double *categories_draw(const categories *from, bool *is_parent,
                        caus_arena *arena)
{
    caus_random random;
    size_t count = from->nodes;
    caus_random_init(&random, from->seed, 0);
    size_t *order = CAUS_ARRAY(arena, size_t, count);
    node *nodes = CAUS_ARRAY(arena, node, count);
    double *values = CAUS_ARRAY(arena, double, from->rows *count);
    if (!order || !nodes || !values)
        return NULL;
    for (size_t k = 0; k < count; k++) {
        size_t other = caus_random_below(&random, k + 1);
        order[k] = order[other];
        order[other] = k;
    }
    size_t span = from->most_levels - from->least_levels + 1;
    for (size_t k = 0; k < count; k++)
        nodes[k].levels = from->least_levels + caus_random_below(&random, span);
    draw_edges(from, order, nodes, is_parent, &random);
    for (size_t k = 0; k < count; k++)
        if (!draw_table(nodes, &nodes[k], &random, arena))
            return NULL;
    for (size_t r = 0; r < from->rows; r++)
        for (size_t k = 0; k < count; k++)
            values[r * count + order[k]] = draw_value(
                nodes, &nodes[order[k]], values + r * count, &random);
    return values;
}
