/* SPDX-License-Identifier: Apache-2.0 */
/* The whole graph for Graphviz; attributes hold what JSON says of a link. */
#include <math.h>

#include "render/picture.h"

static void add_text_attribute(caus_text *text, const char *name,
                               const char *value)
{
    caus_text_format(text, ", %s=", name);
    caus_text_add_dot(text, value);
}

static void add_number_attribute(caus_text *text, const char *name,
                                 double value)
{
    if (!isfinite(value))
        return;
    caus_text_format(text, ", %s=\"", name);
    caus_text_add_double(text, value);
    caus_text_add_char(text, '"');
}

static void add_node(caus_text *text, const caus_view *view, size_t variable)
{
    caus_text_format(text, "  n%zu [label=", variable);
    caus_text_add_dot(text, view->names[variable]);
    if (*view->services[variable])
        add_text_attribute(text, "service", view->services[variable]);
    caus_text_add(text, "];\n");
}

static void add_lag(caus_text *text, const caus_view *view, size_t lag)
{
    int64_t step_ns = view->answer->series->step_ns;
    caus_text_format(text, ", lag=\"%zu\"", lag);
    if (step_ns > 0)
        add_number_attribute(text, "lag_seconds",
                             (double)lag * (double)step_ns / 1e9);
}

/* Beside a drawn graph line styles tell how both agree, not signs. */
static void add_standing(caus_text *text, const caus_standing_style *style)
{
    caus_text_format(text, ", style=\"%s\", color=\"%s\"", style->style,
                     style->colour);
    add_text_attribute(text, "standing", style->words);
}

/* With the checks behind it, which pictures show under the pointer. */
static void add_word(caus_text *text, const caus_view *view,
                     const caus_link *link)
{
    caus_text checks = {0};
    caus_link_add_checks(view, link, &checks);
    text->failed |= checks.failed;
    add_text_attribute(text, "word", caus_link_word(view, link));
    if (checks.bytes)
        add_text_attribute(text, "tooltip", checks.bytes);
    caus_text_deinit(&checks);
}

/* Links of a variable to its own past are kept but not drawn. */
static void add_edge(caus_text *text, const caus_view *view,
                     const caus_link *link)
{
    char lag[48];
    caus_view_format_lag(view, link->lag, lag);
    double strength = isnan(link->statistic) ? 0 : fabs(link->statistic);
    caus_heads heads = caus_link_heads(link);
    caus_text_format(text, "  n%zu -> n%zu [label=", link->source,
                     link->target);
    caus_text_add_dot(text, caus_link_is_lagless(link) ? "any lag"
                            : link->lag                ? lag
                                                       : "same step");
    caus_text_format(text, ", penwidth=\"%.2f\"",
                     0.8 + 3.2 * (strength < 1 ? strength : 1));
    caus_standing standing = caus_link_stand(view, link);
    if (caus_link_is_self(link))
        caus_text_add(text, ", style=invis, constraint=false");
    else if (standing != CAUS_STANDING_PLAIN)
        add_standing(text, caus_standing_get(standing));
    else if (link->statistic < 0)
        caus_text_add(text, ", style=dashed");
    if (heads == CAUS_HEADS_NONE)
        caus_text_add(text, ", dir=none");
    else if (heads == CAUS_HEADS_BOTH)
        caus_text_add(text, ", dir=both");
    add_text_attribute(text, "mark", caus_edge_text(link->marks));
    add_text_attribute(text, "orientation",
                       caus_orientation_name(link->orientation));
    if (!link->drawn)
        add_word(text, view, link);
    if (!caus_link_is_lagless(link))
        add_lag(text, view, link->lag);
    add_number_attribute(text, "statistic", link->statistic);
    add_number_attribute(text, "p_value", link->p_value);
    add_number_attribute(text, "q_value", link->q_value);
    caus_text_add(text, "];\n");
}

/* What the lines mean beside a drawn graph. */
static void add_legend(caus_text *text)
{
    caus_text_add(text, "  // lines:");
    for (int k = CAUS_STANDING_SAME; k <= CAUS_STANDING_UNKNOWN; k++) {
        const caus_standing_style *style = caus_standing_get((caus_standing)k);
        caus_text_format(text, "%s %s %s: %s",
                         k > CAUS_STANDING_SAME ? ";" : "", style->style,
                         style->colour, style->words);
    }
    caus_text_add_char(text, '\n');
}

caus_status caus_render_dot(const caus_view *given, caus_text *text,
                            caus_error *err)
{
    caus_view seen, *view = &seen;
    CAUS_TRY(caus_view_add_drawn(given, &seen, err));
    caus_text_add(text, "digraph caus {\n"
                        "  rankdir=LR;\n"
                        "  graph [fontname=\"Helvetica\", labelloc=t");
    caus_text sentence = {0};
    caus_view_add_sentence(view, &sentence, caus_text_add);
    text->failed |= sentence.failed;
    if (sentence.bytes)
        add_text_attribute(text, "label", sentence.bytes);
    caus_text_deinit(&sentence);
    caus_text_add(text, "];\n"
                        "  node [shape=box, style=rounded, "
                        "fontname=\"Helvetica\"];\n"
                        "  edge [fontname=\"Helvetica\", fontsize=10];\n");
    if (caus_view_shortfall(view))
        caus_text_format(text, "  // %s\n", caus_view_shortfall(view));
    for (size_t i = 0; i < view->variable_count; i++)
        if (view->shown[i])
            add_node(text, view, i);
    if (view->answer->comparison)
        add_legend(text);
    for (size_t i = 0; i < view->link_count; i++)
        add_edge(text, view, &view->links[i]);
    caus_text_add(text, "}\n");
    return CAUS_OK;
}
