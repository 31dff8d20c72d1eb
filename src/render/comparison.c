/* SPDX-License-Identifier: Apache-2.0 */
/* A graph that was drawn beside the answer, in every format. */
#include <math.h>
#include <string.h>

#include "render/members.h"
#include "render/text_page.h"

/* ---- links that were drawn and not found ---- */

/* The end of a drawn edge among the variables, or SIZE_MAX. */
static size_t end_of(const caus_view *view, const char *name)
{
    size_t variable = caus_series_find(view->answer->series, name);
    return variable != SIZE_MAX && view->shown[variable] ? variable : SIZE_MAX;
}

/* Whether a line of what was found stands for the drawn edge, too. */
static bool is_found(const caus_drawn_edge *edge)
{
    return edge->found.source != CAUS_MARK_NONE;
}

bool caus_link_is_lagless(const caus_link *link)
{
    return link->drawn && link->drawn->drawn->lag == SIZE_MAX;
}

caus_status caus_view_add_drawn(const caus_view *view, caus_view *result,
                                caus_error *err)
{
    const caus_comparison *comparison = view->answer->comparison;
    *result = *view;
    if (!comparison)
        return CAUS_OK;
    caus_link *links = CAUS_ARRAY(view->arena, caus_link,
                                  view->link_count + comparison->edge_count);
    if (!links)
        return caus_arena_fail(view->arena, err);
    if (view->link_count)
        memcpy(links, view->links, view->link_count * sizeof *links);
    for (size_t k = 0; k < comparison->edge_count; k++) {
        const caus_drawn_edge *edge = &comparison->edges[k];
        size_t source = end_of(view, edge->source);
        size_t target = end_of(view, edge->target);
        if (is_found(edge) || source == SIZE_MAX || target == SIZE_MAX ||
            source == target)
            continue;
        size_t lag = edge->drawn->lag == SIZE_MAX ? 0 : edge->drawn->lag;
        links[result->link_count++] =
            (caus_link){.source = source,
                        .target = target,
                        .lag = lag,
                        .marks = edge->drawn->marks,
                        .statistic = (double)NAN,
                        .p_value = (double)NAN,
                        .q_value = (double)NAN,
                        .lower = (double)NAN,
                        .upper = (double)NAN,
                        .stability = (double)NAN,
                        .orientation_stability = (double)NAN,
                        .sensitivity = (double)NAN,
                        .orientation = CAUS_ORIENTED_KNOWLEDGE,
                        .source_key = edge->source,
                        .target_key = edge->target,
                        .drawn = edge};
        result->cross_count++;
    }
    /* the chain names links by place, and the list has moved */
    for (size_t k = 0; k < view->chain.count; k++)
        result->chain.hops[k] = links + (view->chain.hops[k] - view->links);
    result->links = links;
    return CAUS_OK;
}

/* By the order of caus_link_standing. */
static const caus_standing_style styles[] = {
    {"plain", "", "solid", NULL, ""},
    {"same", "#15803d", "solid", NULL, "drawn and found"},
    {"other", "#c2540a", "dashed", "9 4", "found otherwise than drawn"},
    {"lacking", "#2563eb", "dashed,bold", "3 3", "found, not drawn"},
    {"missing", "#b91c1c", "dotted,bold", "2 5", "drawn, contradicted"},
    {"unknown", "#6b7280", "dotted", "2 9", "drawn, not testable"}};

const caus_standing_style *caus_standing_get(caus_standing standing)
{
    return &styles[standing];
}

caus_standing caus_link_stand(const caus_view *view, const caus_link *link)
{
    const caus_comparison *comparison = view->answer->comparison;
    if (!comparison)
        return CAUS_STANDING_PLAIN;
    if (link->drawn)
        return link->drawn->support == CAUS_EDGE_CONTRADICTED
                   ? CAUS_STANDING_MISSING
                   : CAUS_STANDING_UNKNOWN;
    size_t cell = caus_graph_cell(&view->answer->discovery->graph, link->source,
                                  link->target, link->lag);
    switch ((caus_agreement)comparison->agreement[cell]) {
    case CAUS_AGREEMENT_SAME:
        return CAUS_STANDING_SAME;
    case CAUS_AGREEMENT_OTHER:
        return CAUS_STANDING_OTHER;
    case CAUS_AGREEMENT_LACKING:
        return CAUS_STANDING_LACKING;
    case CAUS_AGREEMENT_NONE:
    case CAUS_AGREEMENT_OWN_PAST:
        break;
    }
    return CAUS_STANDING_PLAIN;
}

/* ---- words ---- */

void caus_view_add_comparison(const caus_view *view, caus_text *text)
{
    const caus_comparison *c = view->answer->comparison;
    caus_text_format(text,
                     "of %zu edges drawn %zu supported, %zu contradicted, %zu "
                     "not testable; found but not drawn: %zu",
                     c->edge_count, c->supported, c->contradicted,
                     c->untestable, c->lacking);
}

static const char *clean(const caus_view *view, const char *name,
                         caus_text *text)
{
    const char *made = caus_clean_text(view->arena, name, view->clean);
    text->failed |= !made;
    return made ? made : "";
}

static void add_lag(const caus_view *view, size_t lag, caus_text *text)
{
    char words[48];
    if (lag == SIZE_MAX) {
        caus_text_add(text, "any");
        return;
    }
    caus_view_format_lag(view, lag, words);
    caus_text_add(text, words);
}

/* "supported: found at 1 min, statistic +0.52, p 1e-9" */
static void add_finding(const caus_view *view, const caus_drawn_edge *edge,
                        caus_text *text)
{
    caus_text_format(text, "%s: %s", caus_support_name(edge->support),
                     edge->reason);
    if (edge->drawn->lag == SIZE_MAX && is_found(edge)) {
        caus_text_add(text, " at ");
        add_lag(view, edge->lag, text);
    }
    if (isfinite(edge->statistic))
        caus_text_format(text, ", statistic %+.2f", edge->statistic);
    if (isfinite(edge->p_value)) {
        caus_text_add(text, ", p ");
        caus_text_add_p(text, edge->p_value);
    }
}

static bool is_lacking(const caus_view *view, const caus_link *link)
{
    return caus_link_stand(view, link) == CAUS_STANDING_LACKING;
}

/* ---- text ---- */

void caus_page_add_comparison(caus_page *page)
{
    const caus_view *view = page->view;
    const caus_comparison *c = view->answer->comparison;
    caus_text *text = page->text;
    if (!c)
        return;
    caus_text_format(text, "\n%scompared with %s%s\n  ", page->bold,
                     clean(view, c->path, text), page->reset);
    caus_text words = {0};
    caus_view_add_comparison(view, &words);
    if (!words.failed)
        caus_page_add_paragraph(page, "", words.bytes, 2, 0);
    text->failed |= words.failed;
    caus_text_deinit(&words);
    for (size_t k = 0; k < c->edge_count; k++) {
        const caus_drawn_edge *edge = &c->edges[k];
        caus_text line = {0};
        caus_text_format(text, "  %s %s %s, lag ",
                         clean(view, edge->source, text),
                         caus_edge_text(edge->drawn->marks),
                         clean(view, edge->target, text));
        add_lag(view, edge->drawn->lag, text);
        caus_text_add(text, "\n      ");
        add_finding(view, edge, &line);
        if (!line.failed)
            caus_page_add_paragraph(
                page, edge->support == CAUS_EDGE_CONTRADICTED ? page->warn : "",
                line.bytes, 6, 0);
        text->failed |= line.failed;
        caus_text_deinit(&line);
    }
    for (size_t k = 0; k < view->link_count; k++) {
        const caus_link *link = &view->links[k];
        if (!is_lacking(view, link))
            continue;
        caus_text_format(text, "  not drawn: %s %s %s, lag ",
                         view->names[link->source], caus_edge_text(link->marks),
                         view->names[link->target]);
        add_lag(view, link->lag, text);
        caus_text_format(text, ", statistic %+.2f\n", link->statistic);
    }
}

/* ---- Markdown ---- */

void caus_view_add_markdown_comparison(const caus_view *view, caus_text *text)
{
    const caus_comparison *c = view->answer->comparison;
    if (!c)
        return;
    caus_text_add(text, "### Compared with ");
    caus_text_add_markdown_code(text, clean(view, c->path, text));
    caus_text_add(text, "\n\nIn short: ");
    caus_view_add_comparison(view, text);
    caus_text_add(text, ".\n\n| drawn | lag | the data say |\n|---|--:|---|\n");
    for (size_t k = 0; k < c->edge_count; k++) {
        const caus_drawn_edge *edge = &c->edges[k];
        caus_text_add(text, "| ");
        caus_text_add_markdown_code(text, clean(view, edge->source, text));
        caus_text_add(text, " ");
        caus_text_add_markdown_code(text, caus_edge_text(edge->drawn->marks));
        caus_text_add(text, " ");
        caus_text_add_markdown_code(text, clean(view, edge->target, text));
        caus_text_add(text, " | ");
        add_lag(view, edge->drawn->lag, text);
        caus_text words = {0};
        caus_text_add(text, " | ");
        add_finding(view, edge, &words);
        if (!words.failed)
            caus_text_add_markdown(text, words.bytes);
        text->failed |= words.failed;
        caus_text_deinit(&words);
        caus_text_add(text, " |\n");
    }
    for (size_t k = 0; k < view->link_count; k++) {
        const caus_link *link = &view->links[k];
        if (!is_lacking(view, link))
            continue;
        caus_text_add(text, "| not drawn: ");
        caus_text_add_markdown_code(text, view->names[link->source]);
        caus_text_add(text, " ");
        caus_text_add_markdown_code(text, caus_edge_text(link->marks));
        caus_text_add(text, " ");
        caus_text_add_markdown_code(text, view->names[link->target]);
        caus_text_add(text, " | ");
        add_lag(view, link->lag, text);
        caus_text_format(text, " | found, statistic %+.2f |\n",
                         link->statistic);
    }
    caus_text_add_char(text, '\n');
}

/* ---- JSON ---- */

static void put_lag(caus_json *json, const char *key, size_t lag)
{
    if (lag == SIZE_MAX)
        return;
    caus_json_key(json, key);
    caus_json_unsigned(json, lag);
}

static void write_drawn(caus_json *json, const caus_view *view,
                        const caus_drawn_edge *edge)
{
    caus_json_begin_object(json);
    caus_put_clean(json, view->arena, "source", edge->source);
    caus_put_clean(json, view->arena, "target", edge->target);
    caus_json_put_text(json, "mark", caus_edge_text(edge->drawn->marks));
    put_lag(json, "lag", edge->drawn->lag);
    caus_json_put_unsigned(json, "line", edge->drawn->line);
    caus_json_put_text(json, "verdict", caus_support_name(edge->support));
    caus_put_clean(json, view->arena, "reason", edge->reason);
    if (is_found(edge)) {
        caus_json_put_text(json, "found_mark", caus_edge_text(edge->found));
        put_lag(json, "found_lag", edge->lag);
    }
    caus_put_number(json, "statistic", edge->statistic);
    caus_put_number(json, "p_value", edge->p_value);
    caus_json_end_object(json);
}

static void write_lacking(caus_json *json, const caus_view *view,
                          const caus_link *link)
{
    caus_json_begin_object(json);
    caus_json_put_text(json, "source", view->names[link->source]);
    caus_json_put_text(json, "target", view->names[link->target]);
    caus_json_put_text(json, "mark", caus_edge_text(link->marks));
    put_lag(json, "lag", link->lag);
    caus_put_number(json, "statistic", link->statistic);
    caus_put_number(json, "p_value", link->p_value);
    caus_json_end_object(json);
}

void caus_view_write_comparison(const caus_view *view, caus_json *json)
{
    const caus_comparison *c = view->answer->comparison;
    if (!c)
        return;
    caus_json_key(json, "comparison");
    caus_json_begin_object(json);
    caus_put_clean(json, view->arena, "graph", c->path);
    caus_json_put_text(json, "trust", view->answer->graph_trust);
    caus_json_put_unsigned(json, "supported", c->supported);
    caus_json_put_unsigned(json, "contradicted", c->contradicted);
    caus_json_put_unsigned(json, "not_testable", c->untestable);
    caus_json_put_unsigned(json, "not_drawn", c->lacking);
    caus_json_key(json, "edges");
    caus_json_begin_array(json);
    for (size_t k = 0; k < c->edge_count; k++)
        write_drawn(json, view, &c->edges[k]);
    caus_json_end_array(json);
    caus_json_key(json, "lacking");
    caus_json_begin_array(json);
    for (size_t k = 0; k < view->link_count; k++)
        if (is_lacking(view, &view->links[k]))
            write_lacking(json, view, &view->links[k]);
    caus_json_end_array(json);
    caus_json_end_object(json);
}
