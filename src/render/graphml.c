/* SPDX-License-Identifier: Apache-2.0 */
/* The whole graph as GraphML, for yEd, Gephi, igraph, networkx. */
#include <math.h>
#include <string.h>

#include "render/render_internal.h"

static void add_keys(caus_text *text)
{
    static const struct {
        const char *element, *name, *type;
    } keys[] = {{"node", "label", "string"},
                {"node", "service", "string"},
                {"node", "source_system", "string"},
                {"node", "unit", "string"},
                {"node", "query", "string"},
                {"node", "role", "string"},
                {"edge", "lag", "int"},
                {"edge", "lag_seconds", "double"},
                {"edge", "mark", "string"},
                {"edge", "type", "string"},
                {"edge", "orientation", "string"},
                {"edge", "word", "string"},
                {"edge", "checks", "string"},
                {"edge", "strength", "double"},
                {"edge", "statistic", "double"},
                {"edge", "p_value", "double"},
                {"edge", "q_value", "double"},
                {"edge", "ci_lower", "double"},
                {"edge", "ci_upper", "double"},
                {"edge", "stability", "double"},
                {"edge", "environments", "string"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        caus_text_format(text,
                         "  <key id=\"%s\" for=\"%s\" attr.name=\"%s\" "
                         "attr.type=\"%s\"/>\n",
                         keys[i].name, keys[i].element, keys[i].name,
                         keys[i].type);
}

static void add_text_data(caus_text *text, const char *key, const char *value)
{
    if (!*value)
        return;
    caus_text_format(text, "      <data key=\"%s\">", key);
    caus_text_add_xml(text, value);
    caus_text_add(text, "</data>\n");
}

static void add_number(caus_text *text, const char *key, double value)
{
    if (!isfinite(value))
        return;
    caus_text_format(text, "      <data key=\"%s\">", key);
    caus_text_add_double(text, value);
    caus_text_add(text, "</data>\n");
}

static void add_clean_data(caus_text *text, const caus_view *view,
                           const char *key, const char *value)
{
    const char *clean = caus_clean_text(view->arena, value, view->clean);
    if (clean)
        add_text_data(text, key, clean);
    else
        text->failed = true;
}

static void add_node(caus_text *text, const caus_view *view, size_t index)
{
    const caus_variable *variable = &view->answer->series->variables[index];
    caus_text_format(text, "    <node id=\"n%zu\">\n", index);
    add_text_data(text, "label", view->names[index]);
    add_text_data(text, "service", view->services[index]);
    add_clean_data(text, view, "source_system", variable->source);
    add_clean_data(text, view, "unit", variable->unit);
    add_clean_data(text, view, "query", variable->query);
    add_text_data(text, "role", caus_role_name(variable->role));
    caus_text_add(text, "    </node>\n");
}

static void add_edge(caus_text *text, const caus_view *view,
                     const caus_link *link)
{
    bool directed = link->marks.target == CAUS_MARK_ARROW &&
                    link->marks.source != CAUS_MARK_ARROW;
    caus_text_format(text, "    <edge source=\"n%zu\" target=\"n%zu\"%s>\n",
                     link->source, link->target,
                     directed ? "" : " directed=\"false\"");
    add_number(text, "lag", (double)link->lag);
    if (view->answer->series->step_ns > 0)
        add_number(text, "lag_seconds",
                   (double)link->lag * (double)view->answer->series->step_ns /
                       1e9);
    add_text_data(text, "mark", caus_edge_text(link->marks));
    add_text_data(text, "type", caus_edge_type(link->marks));
    add_text_data(text, "orientation",
                  caus_orientation_name(link->orientation));
    add_text_data(text, "word", caus_link_word(view, link));
    caus_text checks = {0};
    caus_link_add_checks(view, link, &checks);
    text->failed |= checks.failed;
    if (checks.bytes)
        add_text_data(text, "checks", checks.bytes);
    caus_text_deinit(&checks);
    add_number(text, "strength", fabs(link->statistic));
    add_number(text, "statistic", link->statistic);
    add_number(text, "p_value", link->p_value);
    add_number(text, "q_value", link->q_value);
    add_number(text, "ci_lower", link->lower);
    add_number(text, "ci_upper", link->upper);
    add_number(text, "stability", link->stability);
    if (link->environments != CAUS_EDGE_POOLED)
        add_text_data(text, "environments",
                      caus_environments_name(link->environments));
    caus_text_add(text, "    </edge>\n");
}

void caus_render_graphml(const caus_view *view, caus_text *text)
{
    caus_text_add(text,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" "
                  "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                  "xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns "
                  "http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n");
    caus_text_add(text, "  <desc>");
    caus_text sentence = {0};
    caus_view_add_sentence(view, &sentence, caus_text_add);
    text->failed |= sentence.failed;
    if (sentence.bytes)
        caus_text_add_xml(text, sentence.bytes);
    caus_text_deinit(&sentence);
    if (caus_view_shortfall(view)) {
        caus_text_add(text, " Partial: ");
        caus_text_add_xml(text, caus_view_shortfall(view));
    }
    caus_text_add(text, "</desc>\n");
    add_keys(text);
    caus_text_add(text, "  <graph id=\"caus\" edgedefault=\"directed\">\n");
    for (size_t i = 0; i < view->variable_count; i++)
        if (view->shown[i])
            add_node(text, view, i);
    for (size_t i = 0; i < view->link_count; i++)
        add_edge(text, view, &view->links[i]);
    caus_text_add(text, "  </graph>\n</graphml>\n");
}
