/* SPDX-License-Identifier: Apache-2.0 */
#include "property/fci/mags.h"

#include "test.h"

/* Bits of nodes by the edges that a node has. */
typedef struct mag {
    size_t nodes;
    unsigned parents[MAGS_MOST_NODES];
    unsigned children[MAGS_MOST_NODES];
    unsigned spouses[MAGS_MOST_NODES];
    unsigned others[MAGS_MOST_NODES]; /* at undirected edges */
} mag;

mags_model mags_observe(truth *state)
{
    mags_model model = {.nodes = state->observed};
    assert_true(model.nodes <= MAGS_MOST_NODES);
    for (unsigned set = 0; set < 1U << model.nodes; set++)
        for (size_t a = 0; a < model.nodes; a++) {
            if (set >> a & 1)
                continue;
            for (size_t w = 0; w < state->separation.word_count; w++)
                state->given[w] = state->selected ? state->selected[w] : 0;
            state->given[0] |= set;
            caus_separation_reach(&state->separation, a, state->given,
                                  state->reached);
            for (size_t b = 0; b < model.nodes; b++)
                if (b != a && !(set >> b & 1) &&
                    !caus_bit_get(state->reached, b))
                    model.apart[a][b] |= (uint64_t)1 << set;
        }
    return model;
}

/* `set` and what has a directed path into it. */
static unsigned with_ancestors(const mag *graph, unsigned set)
{
    unsigned before = 0;
    while (before != set) {
        before = set;
        for (size_t v = 0; v < graph->nodes; v++)
            if (set >> v & 1)
                set |= graph->parents[v];
    }
    return set;
}

/* No node is an ancestor of a parent or spouse of its own, and undirected
 * edges meet no arrow. */
static bool is_ancestral(const mag *graph)
{
    for (size_t v = 0; v < graph->nodes; v++) {
        unsigned into = graph->parents[v] | graph->spouses[v];
        if (graph->others[v] && into)
            return false;
        for (size_t u = 0; u < graph->nodes; u++)
            if ((into >> u & 1) && (with_ancestors(graph, 1U << u) >> v & 1))
                return false;
    }
    return true;
}

/* Nodes that a path connects with `start` given `set`. */
static unsigned reach(const mag *graph, size_t start, unsigned set)
{
    unsigned open = with_ancestors(graph, set);
    unsigned at_arrow = graph->children[start] | graph->spouses[start];
    unsigned at_tail = graph->parents[start] | graph->others[start];
    for (bool grew = true; grew;) {
        unsigned arrow = at_arrow, tail = at_tail;
        for (size_t v = 0; v < graph->nodes; v++) {
            bool given = set >> v & 1;
            bool passes = (arrow >> v & 1 || tail >> v & 1) && !given;
            bool collides = arrow >> v & 1 && open >> v & 1;
            if (passes) {
                at_arrow |= graph->children[v];
                at_tail |= graph->others[v];
            }
            if (collides || (tail >> v & 1 && !given)) {
                at_tail |= graph->parents[v];
                at_arrow |= graph->spouses[v];
            }
        }
        grew = arrow != at_arrow || tail != at_tail;
    }
    return at_arrow | at_tail;
}

static bool fits(const mag *graph, const mags_model *model)
{
    for (size_t a = 0; a < model->nodes; a++)
        for (unsigned set = 0; set < 1U << model->nodes; set++) {
            if (set >> a & 1)
                continue;
            unsigned reached = reach(graph, a, set);
            for (size_t b = a + 1; b < model->nodes; b++)
                if (!(set >> b & 1) &&
                    (reached >> b & 1) == (model->apart[a][b] >> set & 1))
                    return false;
        }
    return true;
}

typedef struct pair {
    size_t a, b;
} pair;

static size_t list_pairs(const mags_model *model, pair *pairs)
{
    size_t count = 0;
    for (size_t a = 0; a < model->nodes; a++)
        for (size_t b = a + 1; b < model->nodes; b++)
            if (!model->apart[a][b])
                pairs[count++] = (pair){a, b};
    return count;
}

size_t mags_edge_count(const mags_model *model)
{
    pair pairs[MAGS_MOST_NODES * MAGS_MOST_NODES];
    return list_pairs(model, pairs);
}

static mag build(const mags_model *model, const pair *pairs, size_t count,
                 uint64_t code, unsigned kinds)
{
    mag graph = {.nodes = model->nodes};
    for (size_t k = 0; k < count; k++, code /= kinds) {
        size_t a = pairs[k].a, b = pairs[k].b;
        unsigned from = 1U << a, to = 1U << b;
        switch (code % kinds) {
        case 0:
            graph.children[a] |= to;
            graph.parents[b] |= from;
            break;
        case 1:
            graph.children[b] |= from;
            graph.parents[a] |= to;
            break;
        case 2:
            graph.spouses[a] |= to;
            graph.spouses[b] |= from;
            break;
        default:
            graph.others[a] |= to;
            graph.others[b] |= from;
        }
    }
    return graph;
}

/* The mark at b of a – b by the kind of edge. */
static caus_mark mark_at(const mag *graph, size_t a, size_t b)
{
    return (graph->parents[b] | graph->spouses[b]) >> a & 1 ? CAUS_MARK_ARROW
                                                            : CAUS_MARK_TAIL;
}

static caus_mark shared(unsigned seen)
{
    if (seen == 1U << CAUS_MARK_ARROW)
        return CAUS_MARK_ARROW;
    return seen == 1U << CAUS_MARK_TAIL ? CAUS_MARK_TAIL : CAUS_MARK_CIRCLE;
}

caus_graph mags_pag(const mags_model *model, bool undirected, size_t *members,
                    caus_arena *arena)
{
    pair pairs[MAGS_MOST_NODES * MAGS_MOST_NODES];
    unsigned seen[MAGS_MOST_NODES * MAGS_MOST_NODES][2] = {{0}};
    size_t count = list_pairs(model, pairs);
    unsigned kinds = undirected ? 4 : 3;
    uint64_t codes = 1;
    for (size_t k = 0; k < count; k++)
        codes *= kinds;
    *members = 0;
    for (uint64_t code = 0; code < codes; code++) {
        mag graph = build(model, pairs, count, code, kinds);
        if (!is_ancestral(&graph) || !fits(&graph, model))
            continue;
        ++*members;
        for (size_t k = 0; k < count; k++) {
            seen[k][0] |= 1U << mark_at(&graph, pairs[k].b, pairs[k].a);
            seen[k][1] |= 1U << mark_at(&graph, pairs[k].a, pairs[k].b);
        }
    }
    caus_graph pag;
    assert_int_equal(caus_graph_init(&pag, model->nodes, 0, arena, NULL),
                     CAUS_OK);
    for (size_t k = 0; k < count; k++)
        caus_graph_set(&pag, pairs[k].a, pairs[k].b, 0, shared(seen[k][0]),
                       shared(seen[k][1]));
    return pag;
}
