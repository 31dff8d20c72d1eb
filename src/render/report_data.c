/* SPDX-License-Identifier: Apache-2.0 */
/* What a report stands on: the graph, the data and their flaws, every
 * variable, and how to do it again. */
#include <inttypes.h>
#include <math.h>

#include "render/report.h"

enum { DROPPED_ROWS = 40, WARNING_ROWS = 30, VARIABLE_ROWS = 300 };

/* ---- graph ---- */

static void add_link_effect(const caus_report_page *page, const caus_link *link)
{
    const caus_variable *variables = page->view.answer->series->variables;
    const char *source = variables[link->source].unit;
    const char *target = variables[link->target].unit;
    caus_text_add(page->text, "<td class=\"n\">");
    if (isfinite(link->effect) && target[0]) {
        char size[32];
        caus_format_effect(fabs(link->effect), size);
        caus_text_format(page->text, "%s%s ", link->effect < 0 ? "−" : "+",
                         size);
        caus_html_put(page, target);
        caus_text_add(page->text, source[0] ? "/" : " per 1");
        caus_html_put(page, source);
    } else {
        caus_text_add(page->text, "–");
    }
    caus_text_add(page->text, "</td>");
}

static void add_link(const caus_report_page *page, const caus_link *link)
{
    const caus_view *view = &page->view;
    char lag[48], q[32];
    caus_view_format_lag(view, link->lag, lag);
    caus_format_p(isnan(link->q_value) ? link->p_value : link->q_value, q);
    caus_text_add(page->text, "<tr>");
    caus_html_name(page, "th scope=\"row\"", view->names[link->source]);
    caus_html_element(page, "td", caus_link_word(view, link));
    caus_html_name(page, "td", view->names[link->target]);
    caus_text_format(page->text, "<td class=\"n\">%s</td>",
                     link->lag ? lag : "same step");
    if (link->is_granted)
        caus_text_add(page->text, "<td class=\"n\">–</td>");
    else
        caus_text_format(page->text, "<td class=\"n\">%s%.2f</td>",
                         link->statistic < 0 ? "−" : "+",
                         fabs(link->statistic));
    add_link_effect(page, link);
    caus_html_element(page, "td class=\"n\"", q);
    caus_html_element(page, "td", caus_environments_name(link->environments));
    caus_text_add(page->text, "</tr>\n");
}

static void add_links(const caus_report_page *page)
{
    const caus_view *view = &page->view;
    const char *columns[] = {"From",
                             "Word",
                             "To",
                             "#Delay",
                             "#Strength",
                             "#Effect",
                             isnan(view->links[0].q_value) ? "#p" : "#q",
                             "Seen in"};
    size_t shown = 0;
    caus_html_open_table(page, "Strongest links of the graph", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < view->link_count && shown < CAUS_REPORT_LINKS; i++) {
        if (caus_link_is_self(&view->links[i]))
            continue;
        add_link(page, &view->links[i]);
        shown++;
    }
    caus_html_close_table(page);
    if (shown < view->cross_count)
        caus_text_format(page->text,
                         "<p class=\"soft\">%zu weaker links are left "
                         "out; <code>caus discover</code> lists all.</p>\n",
                         view->cross_count - shown);
}

/* What earns each word, and what it lacks for the next. */
static void add_link_checks(const caus_report_page *page)
{
    const caus_view *view = &page->view;
    size_t shown = 0;
    caus_text_add(page->text,
                  "<h3>Checks behind the words</h3>\n<ul class=\"checks\">\n");
    for (size_t i = 0; i < view->link_count && shown < CAUS_REPORT_LINKS; i++) {
        const caus_link *link = &view->links[i];
        if (caus_link_is_self(link))
            continue;
        shown++;
        caus_text checks = {0};
        caus_link_add_checks(view, link, &checks);
        caus_text_add(page->text, "<li>");
        caus_html_name(page, "span", view->names[link->source]);
        caus_text_format(page->text, " <strong>%s</strong> ",
                         caus_link_word(view, link));
        caus_html_name(page, "span", view->names[link->target]);
        caus_text_add(page->text, ": ");
        if (checks.bytes)
            caus_html_put(page, checks.bytes);
        caus_text_add(page->text, "</li>\n");
        page->text->failed |= checks.failed;
        caus_text_deinit(&checks);
    }
    caus_text_add(page->text, "</ul>\n");
}

static void add_graph_scope(const caus_report_page *page)
{
    caus_text words = {0};
    caus_view_add_scope(&page->view, &words, "–");
    caus_text_add(&words, ". ");
    caus_view_add_method(&page->view, &words);
    page->text->failed |= words.failed;
    if (words.bytes)
        caus_html_element(page, "p class=\"soft\"", words.bytes);
    caus_text_add_char(page->text, '\n');
    caus_text_deinit(&words);
}

void caus_html_graph(const caus_report_page *page)
{
    const char *missing = page->report->graph_missing;
    caus_html_open_section(page, "graph", "Causal graph");
    if (!page->report->graph) {
        caus_text_add(page->text, "<p>No graph: ");
        caus_html_put(page, missing ? missing : "none was learned");
        caus_text_add(page->text, ".</p>\n");
        caus_html_close_section(page);
        return;
    }
    caus_text_add(page->text,
                  "<p class=\"soft\">Which series still belong together when "
                  "the past of all others is held fixed: what drove what, not "
                  "where it began.</p>\n");
    if (!page->picture)
        add_graph_scope(page);
    if (!page->view.cross_count) {
        caus_text_add(page->text, "<p>No link was found.</p>\n");
        caus_html_close_section(page);
        return;
    }
    if (page->picture) {
        caus_text_add(page->text, "<figure class=\"scroll picture\" "
                                  "role=\"region\" tabindex=\"0\" "
                                  "aria-label=\"Picture of the graph\">\n");
        caus_text_add(page->text, page->picture);
        caus_text_add(page->text, "</figure>\n");
    } else {
        caus_text_add(page->text, "<p>No picture: ");
        caus_html_put(page, page->picture_missing);
        caus_text_add(page->text, ".</p>\n");
    }
    add_links(page);
    add_link_checks(page);
    caus_html_close_section(page);
}

/* ---- data ---- */

static void add_item(const caus_report_page *page, const char *value)
{
    caus_html_element(page, "li", value);
    caus_text_add_char(page->text, '\n');
}

static void add_numbers(const caus_report_page *page)
{
    char step[40], length[40];
    caus_duration_format(page->series->step_ns, step);
    caus_duration_format(page->last_ns - page->first_ns, length);
    caus_text_add(page->text, "<dl class=\"facts small\">\n");
    caus_text_format(page->text,
                     "<div><dt>Variables</dt><dd>%zu</dd></div>\n"
                     "<div><dt>Rows</dt><dd>%zu <span class=\"note\">%zu "
                     "before the onset, %zu from it on</span></dd></div>\n"
                     "<div><dt>Step</dt><dd>%s <span class=\"note\">over "
                     "%s</span></dd></div>\n"
                     "<div><dt>Missing values</dt><dd>%.2f&#160;%%</dd></div>\n"
                     "</dl>\n",
                     page->series->variable_count,
                     page->told->rows_before + page->told->rows_after,
                     page->told->rows_before, page->told->rows_after, step,
                     length, 100 * caus_report_missing_share(page));
}

static void add_flaws(const caus_report_page *page)
{
    static const char *const columns[] = {
        "Variable", "#Missing", "#Independent rows, about", "What is wrong"};
    const caus_quality *quality = page->report->quality;
    size_t sound = 0;
    caus_html_open_table(page, "Variables with flaws", columns,
                         sizeof columns / sizeof *columns);
    for (size_t v = 0; v < quality->variable_count; v++) {
        const char *flaw = caus_report_flaw(page, v);
        double missing = quality->variables[v].missing_share;
        if (!flaw[0] && missing <= 0) {
            sound++;
            continue;
        }
        caus_text_add(page->text, "<tr>");
        caus_html_name(page, "th scope=\"row\"", caus_report_examined(page, v));
        caus_text_format(
            page->text,
            "<td class=\"n\">%.2f&#160;%%</td><td class=\"n\">%.0f</td>",
            100 * missing, quality->variables[v].effective_rows);
        caus_html_element(page, "td", flaw[0] ? flaw : "gaps");
        caus_text_add(page->text, "</tr>\n");
    }
    caus_html_close_table(page);
    caus_text_format(page->text,
                     "<p class=\"soft\">%zu of %zu variables have neither gaps "
                     "nor flaws. Gaps are left out, never filled.</p>\n",
                     sound, quality->variable_count);
}

static void add_dropped(const caus_report_page *page)
{
    const caus_graph_answer *graph = page->report->graph;
    if (!graph || !graph->dropped_count)
        return;
    caus_text_add(page->text, "<h3>Left out of the graph</h3>\n<ul>\n");
    for (size_t i = 0; i < graph->dropped_count && i < DROPPED_ROWS; i++) {
        caus_text_add(page->text, "<li>");
        caus_html_element(page, "strong", graph->dropped[i].label);
        caus_text_add(page->text, ": ");
        caus_html_put(page, graph->dropped[i].reason);
        caus_text_add(page->text, "</li>\n");
    }
    if (graph->dropped_count > DROPPED_ROWS)
        caus_text_format(page->text, "<li>and %zu more</li>\n",
                         graph->dropped_count - DROPPED_ROWS);
    caus_text_add(page->text, "</ul>\n");
}

static void add_missing(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    if (!told->missing_count)
        return;
    caus_text_add(page->text, "<h3>What is missing</h3>\n<ul>\n");
    for (size_t i = 0; i < told->missing_count; i++)
        add_item(page, told->missing[i]);
    caus_text_add(page->text, "</ul>\n");
}

caus_status caus_html_quality(const caus_report_page *page, caus_error *err)
{
    caus_warning_list warnings;
    CAUS_TRY(caus_report_warnings(page, &warnings, err));
    caus_html_open_section(page, "quality", "Data and what is missing");
    add_numbers(page);
    add_missing(page);
    if (warnings.count)
        caus_text_add(page->text, "<h3>Warnings</h3>\n<ul>\n");
    for (size_t i = 0; i < warnings.count && i < WARNING_ROWS; i++)
        add_item(page, warnings.items[i]);
    if (warnings.count > WARNING_ROWS)
        caus_text_format(page->text, "<li>and %zu more</li>\n",
                         warnings.count - WARNING_ROWS);
    if (warnings.count)
        caus_text_add(page->text, "</ul>\n");
    if (page->report->quality) {
        caus_text_add(page->text, "<h3>Flaws of single variables</h3>\n");
        add_flaws(page);
    }
    add_dropped(page);
    caus_html_close_section(page);
    return CAUS_OK;
}

/* ---- every variable ---- */

static void add_variable(const caus_report_page *page, size_t rank)
{
    const caus_clue *clue = &page->told->clues[rank];
    char change[CAUS_REPORT_CHANGE];
    caus_report_format_change(page, clue, change);
    caus_text_format(page->text, "<tr><td class=\"n\">%zu</td>", rank + 1);
    caus_html_name(page, "th scope=\"row\"",
                   caus_report_variable(page, clue->variable));
    caus_html_name(page, "td", page->series->variables[clue->variable].service);
    caus_text_format(page->text, "<td class=\"n\">%.2f</td>", clue->score);
    caus_html_element(page, "td class=\"n\"", change);
    caus_html_element(page, "td",
                      page->series->variables[clue->variable].source);
    caus_text_add(page->text, "</tr>\n");
}

/* Closed until a reader opens it, and left out on paper. */
static void add_queries(const caus_report_page *page, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        size_t variable = page->told->clues[i].variable;
        const char *query = page->series->variables[variable].query;
        if (!query[0])
            continue;
        if (!known++)
            caus_text_add(page->text, "<details><summary>Queries behind "
                                      "them</summary><dl>\n");
        caus_html_name(page, "dt", caus_report_variable(page, variable));
        caus_text_add(page->text, "<dd>");
        caus_html_element(page, "code", query);
        caus_text_add(page->text, "</dd>\n");
    }
    if (known)
        caus_text_add(page->text, "</dl></details>\n");
}

void caus_html_variables(const caus_report_page *page)
{
    static const char *const columns[] = {
        "#Rank", "Variable", "Service", "#Score", "#Before → after", "From"};
    size_t all = page->told->clue_count;
    size_t count = all < VARIABLE_ROWS ? all : VARIABLE_ROWS;
    caus_html_open_section(page, "variables", "Every variable");
    caus_html_open_table(page, "Every variable by score", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++)
        add_variable(page, i);
    caus_html_close_table(page);
    if (count < all)
        caus_text_format(page->text,
                         "<p class=\"soft\">%zu with less are left out; "
                         "<code>caus explain --format json</code> lists "
                         "all.</p>\n",
                         all - count);
    add_queries(page, count);
    caus_html_close_section(page);
}

/* ---- again ---- */

void caus_html_reproduce(const caus_report_page *page)
{
    const caus_report *report = page->report;
    caus_html_open_section(page, "reproduce", "Do it again");
    if (report->command_count) {
        caus_text_add(page->text, "<pre><code>");
        for (size_t i = 0; i < report->command_count; i++) {
            caus_html_put(page, report->commands[i]);
            caus_text_add_char(page->text, '\n');
        }
        caus_text_add(page->text, "</code></pre>\n");
    }
    caus_text_add(page->text, "<dl class=\"plain\">\n");
    if (report->source) {
        caus_text_add(page->text, "<dt>Source</dt>");
        caus_html_element(page, "dd", report->source);
    }
    caus_text_add(page->text, "<dt>Rows</dt><dd>");
    caus_text words = {0};
    caus_text_add_instant(&words, page->first_ns,
                          page->options->zone_offset_minutes);
    caus_text_add(&words, " to ");
    caus_text_add_instant(&words, page->last_ns,
                          page->options->zone_offset_minutes);
    page->text->failed |= words.failed;
    if (words.bytes)
        caus_html_put(page, words.bytes);
    caus_text_deinit(&words);
    caus_text_format(page->text,
                     "</dd>\n<dt>SHA-256 of the data</dt><dd><code>%s</code>"
                     "</dd>\n<dt>Seed</dt><dd>%" PRIu64 "</dd>\n"
                     "<dt>Version</dt><dd>caus " CAUS_VERSION "</dd>\n</dl>\n",
                     report->explanation->inputs_sha256,
                     report->explanation->seed);
    caus_html_close_section(page);
}
