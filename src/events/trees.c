/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "events/events_internal.h"

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* By start, the longer first, so that a parent tends to come before its
 * children; then by what else is told, so that the order of the file does not
 * matter. */
static int by_start(const void *a, const void *b)
{
    const caus_span_node *x = a, *y = b;
    int order = compare_i64(x->raw->start_ns, y->raw->start_ns);
    if (order == 0)
        order = compare_i64(y->raw->duration_ns, x->raw->duration_ns);
    if (order == 0)
        order = (x->operation > y->operation) - (x->operation < y->operation);
    if (order == 0)
        order = compare_u64(x->id, y->id);
    if (order == 0)
        order = compare_u64(x->raw->parent, y->raw->parent);
    return order;
}

static int by_id(const void *a, const void *b)
{
    const caus_span_id *x = a, *y = b;
    int order = compare_u64(x->id, y->id);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

static void sort_nodes(caus_span_node *nodes, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (by_start(&nodes[i - 1], &nodes[i]) > 0) {
            qsort(nodes, count, sizeof *nodes, by_start);
            return;
        }
}

static void sort_ids(caus_span_id *ids, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (by_id(&ids[i - 1], &ids[i]) > 0) {
            qsort(ids, count, sizeof *ids, by_id);
            return;
        }
}

/* The first span of this id, or CAUS_NO_SPAN. */
static uint32_t find_id(const caus_span_id *ids, uint32_t count, uint64_t id)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ids[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ids[low].id == id ? ids[low].node : CAUS_NO_SPAN;
}

static void find_parents(caus_span_node *nodes, const caus_span_id *ids,
                         uint32_t count, caus_span_faults *faults)
{
    for (uint32_t i = 0; i < count; i++) {
        caus_span_node *node = &nodes[i];
        node->parent = node->raw->has_parent
                           ? find_id(ids, count, node->raw->parent)
                           : CAUS_NO_SPAN;
        faults->orphans +=
            node->raw->has_parent && node->parent == CAUS_NO_SPAN;
        faults->negative_durations += node->raw->duration_ns < 0;
        node->walk = CAUS_NO_SPAN;
        if (i > 0)
            faults->duplicates += ids[i].id == ids[i - 1].id;
    }
}

/* Whether of two spans of a ring the first is likelier its beginning: who waits
 * for others takes longer, whatever the clocks say. */
static bool is_longer(const caus_span_node *nodes, uint32_t a, uint32_t b)
{
    int64_t own = nodes[a].raw->duration_ns, other = nodes[b].raw->duration_ns;
    return own > other || (own == other && a < b);
}

/* A ring is opened at its longest span, the earliest of such. */
static void open_rings(caus_span_node *nodes, uint32_t count,
                       caus_span_faults *faults)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        while (at != CAUS_NO_SPAN && nodes[at].walk == CAUS_NO_SPAN) {
            nodes[at].walk = i;
            at = nodes[at].parent;
        }
        if (at == CAUS_NO_SPAN || nodes[at].walk != i)
            continue;
        uint32_t first = at;
        for (uint32_t on = nodes[at].parent; on != at; on = nodes[on].parent)
            if (is_longer(nodes, on, first))
                first = on;
        nodes[first].parent = CAUS_NO_SPAN;
        faults->cycles++;
    }
}

/* Links children in order; returns the first root. */
static uint32_t link_children(caus_span_node *nodes, uint32_t count)
{
    uint32_t first_root = CAUS_NO_SPAN;
    for (uint32_t i = 0; i < count; i++)
        nodes[i].first_child = CAUS_NO_SPAN;
    for (uint32_t i = count; i-- > 0;) {
        uint32_t parent = nodes[i].parent;
        uint32_t *head =
            parent == CAUS_NO_SPAN ? &first_root : &nodes[parent].first_child;
        nodes[i].next = *head;
        *head = i;
    }
    return first_root;
}

static void write_span(const caus_span_columns *columns,
                       const caus_span_node *nodes, uint32_t at, uint32_t trace)
{
    const caus_span_node *node = &nodes[at];
    uint32_t place = node->place;
    columns->start_ns[place] = node->raw->start_ns;
    columns->duration_ns[place] =
        node->raw->duration_ns < 0 ? -1 : node->raw->duration_ns;
    columns->parent[place] =
        node->parent == CAUS_NO_SPAN ? CAUS_NO_SPAN : nodes[node->parent].place;
    columns->operation[place] = node->operation;
    columns->trace[place] = trace;
    columns->failed[place] = node->raw->failed;
}

void caus_span_tree(caus_span_node *nodes, caus_span_id *ids, uint32_t count,
                    uint32_t trace, uint32_t at,
                    const caus_span_columns *columns, caus_span_faults *faults)
{
    sort_nodes(nodes, count);
    for (uint32_t i = 0; i < count; i++)
        ids[i] = (caus_span_id){nodes[i].id, i};
    sort_ids(ids, count);
    find_parents(nodes, ids, count, faults);
    open_rings(nodes, count, faults);
    uint32_t node = link_children(nodes, count);
    while (node != CAUS_NO_SPAN) {
        nodes[node].place = at++;
        write_span(columns, nodes, node, trace);
        if (nodes[node].first_child != CAUS_NO_SPAN) {
            node = nodes[node].first_child;
            continue;
        }
        while (node != CAUS_NO_SPAN && nodes[node].next == CAUS_NO_SPAN)
            node = nodes[node].parent;
        if (node != CAUS_NO_SPAN)
            node = nodes[node].next;
    }
}
