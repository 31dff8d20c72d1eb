/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/graph.h"

enum { MARK_COUNT = CAUS_MARK_CONFLICT + 1 };

static bool is_edge(caus_edge edge)
{
    return edge.source > CAUS_MARK_NONE && edge.source < MARK_COUNT &&
           edge.target > CAUS_MARK_NONE && edge.target < MARK_COUNT;
}

const char *caus_edge_text(caus_edge edge)
{
    /* Rows: source mark, columns: target mark, both from TAIL on. */
    static const char texts[MARK_COUNT - 1][MARK_COUNT - 1][4] = {
        {"---", "-->", "--o", "--x"},
        {"<--", "<->", "<-o", "<-x"},
        {"o--", "o->", "o-o", "o-x"},
        {"x--", "x->", "x-o", "x-x"}};
    return is_edge(edge) ? texts[edge.source - 1][edge.target - 1] : "";
}

static bool has_mark(caus_edge edge, caus_mark mark)
{
    return edge.source == mark || edge.target == mark;
}

const char *caus_edge_type(caus_edge edge)
{
    if (!is_edge(edge))
        return "";
    if (has_mark(edge, CAUS_MARK_CONFLICT))
        return "conflict";
    if (has_mark(edge, CAUS_MARK_CIRCLE))
        return "partial";
    if (edge.source != edge.target)
        return "directed";
    return edge.source == CAUS_MARK_TAIL ? "undirected" : "bidirected";
}
