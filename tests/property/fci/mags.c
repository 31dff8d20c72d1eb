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

void mags_observe(truth *state, mags_model *result)
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
                    model.apart[set][a] |= 1U << b;
            model.ever_apart[a] |= model.apart[set][a];
        }
    *result = model;
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
            unsigned rest = ((1U << model->nodes) - 1) & ~set & ~(1U << a);
            if ((rest & ~reach(graph, a, set)) != model->apart[set][a])
                return false;
        }
    return true;
}

/* Two joined nodes and the edges that may join them. */
typedef struct joint {
    size_t a, b;
    caus_edge kinds[4];
    size_t kind_count;
    unsigned seen[2]; /* marks at a and at b, bits 1 << mark */
} joint;

static bool may_be(unsigned char known, caus_mark mark)
{
    return known == CAUS_MARK_CIRCLE || known == mark;
}

static joint make_joint(size_t a, size_t b, bool undirected,
                        const caus_graph *within)
{
    joint made = {.a = a, .b = b};
    caus_edge known = {CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE};
    if (within)
        known = caus_graph_get(within, a, b, 0);
    for (int code = 0; code < 4; code++) {
        caus_mark source = code & 1 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL;
        caus_mark target = code & 2 ? CAUS_MARK_ARROW : CAUS_MARK_TAIL;
        if ((code || undirected) && may_be(known.source, source) &&
            may_be(known.target, target))
            made.kinds[made.kind_count++] =
                (caus_edge){(unsigned char)source, (unsigned char)target};
    }
    return made;
}

static void add_edge(mag *graph, size_t a, size_t b, caus_edge edge)
{
    unsigned from = 1U << a, to = 1U << b;
    if (edge.source == CAUS_MARK_TAIL && edge.target == CAUS_MARK_ARROW) {
        graph->children[a] |= to;
        graph->parents[b] |= from;
    } else if (edge.source == CAUS_MARK_ARROW &&
               edge.target == CAUS_MARK_TAIL) {
        graph->children[b] |= from;
        graph->parents[a] |= to;
    } else if (edge.source == CAUS_MARK_ARROW) {
        graph->spouses[a] |= to;
        graph->spouses[b] |= from;
    } else {
        graph->others[a] |= to;
        graph->others[b] |= from;
    }
}

static mag build(const mags_model *model, const joint *joints, size_t count,
                 uint64_t code)
{
    mag graph = {.nodes = model->nodes};
    for (size_t k = 0; k < count; code /= joints[k++].kind_count)
        add_edge(&graph, joints[k].a, joints[k].b,
                 joints[k].kinds[code % joints[k].kind_count]);
    return graph;
}

static caus_mark shared(unsigned seen)
{
    if (seen == 1U << CAUS_MARK_ARROW)
        return CAUS_MARK_ARROW;
    return seen == 1U << CAUS_MARK_TAIL ? CAUS_MARK_TAIL : CAUS_MARK_CIRCLE;
}

static size_t look_at_all(const mags_model *model, joint *joints, size_t count,
                          uint64_t codes)
{
    size_t members = 0;
    for (uint64_t code = 0; code < codes; code++) {
        mag graph = build(model, joints, count, code);
        if (!is_ancestral(&graph) || !fits(&graph, model))
            continue;
        members++;
        uint64_t rest = code;
        for (size_t k = 0; k < count; rest /= joints[k++].kind_count) {
            caus_edge edge = joints[k].kinds[rest % joints[k].kind_count];
            joints[k].seen[0] |= 1U << edge.source;
            joints[k].seen[1] |= 1U << edge.target;
        }
    }
    return members;
}

caus_graph mags_pag(const mags_model *model, bool undirected,
                    const caus_graph *within, uint64_t most, size_t *members,
                    caus_arena *arena)
{
    joint joints[MAGS_MOST_EDGES];
    size_t count = 0;
    uint64_t codes = 1;
    for (size_t a = 0; a < model->nodes; a++)
        for (size_t b = a + 1; b < model->nodes; b++) {
            if (model->ever_apart[a] >> b & 1)
                continue;
            joints[count] = make_joint(a, b, undirected, within);
            codes *= codes > most ? 1 : joints[count].kind_count;
            count++;
        }
    caus_graph pag;
    assert_int_equal(caus_graph_init(&pag, model->nodes, 0, arena, NULL),
                     CAUS_OK);
    *members = codes > most ? 0 : look_at_all(model, joints, count, codes);
    for (size_t k = 0; k < count; k++)
        caus_graph_set(&pag, joints[k].a, joints[k].b, 0,
                       shared(joints[k].seen[0]), shared(joints[k].seen[1]));
    return pag;
}
