/* SPDX-License-Identifier: Apache-2.0 */
/* The graphs of windows or regimes behind an answer, and how they differ. */
#include "render/members.h"
#include "render/render_internal.h"

static void put_lag(caus_json *json, size_t lag)
{
    caus_json_key(json, "lag");
    caus_json_unsigned(json, lag);
}

static bool is_listed(const caus_graph *graph, size_t source, size_t target,
                      size_t lag)
{
    caus_edge edge = caus_graph_get(graph, source, target, lag);
    return (lag > 0 || source < target) && edge.target != CAUS_MARK_NONE;
}

static void write_edges(caus_json *json, const caus_view *view,
                        const caus_discovery *found)
{
    const caus_graph *graph = &found->graph;
    caus_json_key(json, "edges");
    caus_json_begin_array(json);
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                if (!view->shown[i] || !view->shown[j] ||
                    !is_listed(graph, i, j, lag))
                    continue;
                size_t cell = caus_graph_cell(graph, i, j, lag);
                caus_json_begin_object(json);
                caus_json_put_text(json, "source", view->names[i]);
                caus_json_put_text(json, "target", view->names[j]);
                put_lag(json, lag);
                caus_json_put_text(
                    json, "mark",
                    caus_edge_text(caus_graph_get(graph, i, j, lag)));
                caus_put_number(json, "statistic", found->statistic[cell]);
                caus_put_number(json, "p_value", found->p_value[cell]);
                caus_json_end_object(json);
            }
    caus_json_end_array(json);
}

static void write_changes(caus_json *json, const caus_view *view,
                          const caus_difference *difference)
{
    caus_json_key(json, "changes");
    caus_json_begin_array(json);
    for (size_t k = 0; k < difference->link_count; k++) {
        const caus_link_difference *link = &difference->links[k];
        if (link->change == CAUS_CHANGE_NONE || !view->shown[link->source] ||
            !view->shown[link->target])
            continue;
        caus_json_begin_object(json);
        caus_json_put_text(json, "source", view->names[link->source]);
        caus_json_put_text(json, "target", view->names[link->target]);
        put_lag(json, link->lag);
        caus_json_put_text(json, "change", caus_change_name(link->change));
        caus_json_put_text(json, "before", caus_edge_text(link->before));
        caus_json_put_text(json, "after", caus_edge_text(link->after));
        caus_put_number(json, "statistic_before", link->statistic_before);
        caus_put_number(json, "statistic_after", link->statistic_after);
        caus_put_number(json, "p_value", link->p_value);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

void caus_view_write_parts(const caus_view *view, caus_json *json)
{
    const caus_graph_answer *answer = view->answer;
    if (!answer->part_count)
        return;
    caus_json_key(json, "parts");
    caus_json_begin_array(json);
    for (size_t k = 0; k < answer->part_count; k++) {
        const caus_answer_part *part = &answer->parts[k];
        caus_json_begin_object(json);
        caus_json_put_text(json, "name", part->name);
        caus_json_key(json, "rows");
        caus_json_unsigned(json, part->row_count);
        write_edges(json, view, part->discovery);
        if (part->change)
            write_changes(json, view, part->change);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void add_link(const caus_view *view, const char *sign, size_t source,
                     size_t target, size_t lag, caus_text *text)
{
    char delay[48];
    caus_view_format_lag(view, lag, delay);
    caus_text_format(text, "%s%s%s to %s (%s)", text->length ? ", " : "", sign,
                     view->names[source], view->names[target], delay);
}

/* "+ a to b (1 min), - c to d (0 s)": what a part has that the one before
 * lacks, and the reverse. */
static void add_changes(const caus_view *view,
                        const caus_difference *difference, caus_text *text)
{
    static const char *const signs[] = {"", "+ ", "- ", "turned ", "changed "};
    for (size_t k = 0; k < difference->link_count; k++) {
        const caus_link_difference *link = &difference->links[k];
        if (link->change != CAUS_CHANGE_NONE && view->shown[link->source] &&
            view->shown[link->target])
            add_link(view, signs[link->change], link->source, link->target,
                     link->lag, text);
    }
    if (!text->length)
        caus_text_add(text, "as before");
}

static void add_edges(const caus_view *view, const caus_discovery *found,
                      caus_text *text)
{
    const caus_graph *graph = &found->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++)
                if (i != j && view->shown[i] && view->shown[j] &&
                    is_listed(graph, i, j, lag))
                    add_link(view, "", i, j, lag, text);
    if (!text->length)
        caus_text_add(text, "no link");
}

void caus_view_describe_part(const caus_view *view, size_t index,
                             caus_text *text)
{
    const caus_answer_part *part = &view->answer->parts[index];
    if (part->change)
        add_changes(view, part->change, text);
    else
        add_edges(view, part->discovery, text);
}
