/* SPDX-License-Identifier: Apache-2.0 */
/* How the incident spread: the chain of services, and of every hop what earned
 * its word and what could refute it. */
#include <math.h>
#include <string.h>

#include "render/report.h"

static void add_role(const caus_report_page *page, const char *role)
{
    if (role[0])
        caus_html_element(page, "span class=\"role\"", role);
}

/* The variable of a service that speaks loudest. */
static void add_loudest(const caus_report_page *page,
                        const caus_suspect *suspect)
{
    if (!suspect->clue_count) {
        caus_html_element(page, "span class=\"note\"", "nothing is measured");
        return;
    }
    const caus_clue *clue = &page->told->clues[suspect->clues[0]];
    char change[CAUS_REPORT_CHANGE];
    caus_report_format_change(page, clue, change);
    caus_html_name(page, "span class=\"note\"",
                   caus_report_variable(page, clue->variable));
    caus_html_element(page, "span class=\"figure\"", change);
}

static void add_stop(const caus_report_page *page, size_t rank,
                     const char *role)
{
    caus_text_format(page->text, "<div class=\"stop%s\">",
                     rank == 0 ? " first" : "");
    caus_html_name(page, "strong", caus_report_service(page, rank));
    add_role(page, role);
    add_loudest(page, &page->told->suspects[rank]);
    caus_text_add(page->text, "</div>");
}

static void add_effect(const caus_report_page *page, const caus_hop *hop)
{
    if (hop->variable == SIZE_MAX || !isfinite(hop->effect))
        return;
    char size[48];
    caus_scale scale = caus_scale_choose(page, hop->variable, hop->effect);
    caus_scale_format(&scale, fabs(hop->effect), size);
    caus_text_add(page->text, "<span class=\"note\">");
    caus_html_put(page, caus_report_variable(page, hop->variable));
    caus_text_format(page->text, " %s%s", hop->effect < 0 ? "−" : "+", size);
    if (scale.unit[0]) {
        caus_text_add_char(page->text, ' ');
        caus_html_put(page, scale.unit);
    }
    caus_text_add(page->text, "</span>");
}

static void add_hop(const caus_report_page *page, const caus_hop *hop)
{
    char lag[64];
    caus_tale_format_lag(hop, lag);
    caus_text_add(page->text, "<div class=\"hop\"><span class=\"arrow\" "
                              "aria-hidden=\"true\"></span>");
    if (hop->word) {
        caus_html_element(page, "span class=\"word\"", hop->word);
        caus_html_element(page, "span class=\"lag\"", lag);
        add_effect(page, hop);
    } else
        caus_html_element(page, "span class=\"note\"", hop->unearned);
    caus_text_add(page->text, "</div>");
}

static void add_row(const caus_report_page *page, const char *term,
                    const char *words)
{
    caus_html_element(page, "dt", term);
    caus_html_element(page, "dd", words);
}

static void add_delays(const caus_report_page *page, const caus_hop *hop)
{
    char lag[64], low[48], high[48], usual[48], words[200];
    caus_tale_format_lag(hop, lag);
    caus_report_format_seconds(hop->lag_low_s, low);
    caus_report_format_seconds(hop->lag_high_s, high);
    snprintf(words, sizeof words, "%s (95 %% interval %s to %s)", lag, low,
             high);
    add_row(page, "Delay", hop->has_lag ? words : lag);
    caus_report_format_seconds(hop->delay_s, usual);
    add_row(page, "In normal operation",
            !hop->has_link ? "no link among the services on the way alone"
            : !isfinite(hop->delay_s) ? "no link: it is the incident's"
            : hop->delay_s > 0        ? usual
                                      : "within one step");
}

static void add_traces(const caus_report_page *page, const caus_hop *hop)
{
    if (!hop->exemplar_count)
        return;
    caus_text_add(page->text, "<dt>Traces</dt><dd>");
    for (size_t i = 0; i < hop->exemplar_count; i++) {
        caus_html_element(page, "code", hop->exemplars[i]);
        caus_text_add_char(page->text, ' ');
    }
    caus_text_add(page->text, "</dd>");
}

static void add_query(const caus_report_page *page, const caus_hop *hop)
{
    if (!hop->query)
        return;
    caus_text_add(page->text, "<details class=\"paper\"><summary>Query that "
                              "could refute it (");
    caus_html_put(page, hop->query_source);
    caus_text_add(page->text, ")</summary><pre><code>");
    caus_html_put(page, hop->query);
    caus_text_add(page->text, "</code></pre></details>\n");
}

static void add_graph_word(const caus_report_page *page, const caus_hop *hop)
{
    caus_text words = {0};
    caus_report_add_graph_word(page, hop, &words);
    page->text->failed |= words.failed;
    if (words.bytes)
        add_row(page, "In the graph below", words.bytes);
    caus_text_deinit(&words);
}

/* A hop with what earned its word and what could refute it. */
static void add_hop_card(const caus_report_page *page, const caus_hop *hop)
{
    caus_text_add(page->text, "<article class=\"card\">\n<h3>");
    caus_html_put(page, caus_report_service(page, hop->from));
    caus_text_add(page->text, " → ");
    caus_html_put(page, caus_report_service(page, hop->to));
    if (hop->word)
        caus_html_element(page, "span class=\"role word\"", hop->word);
    caus_text_add(page->text, "</h3>\n<dl class=\"plain\">");
    if (!hop->word)
        add_row(page, "Known", hop->unearned);
    add_delays(page, hop);
    add_graph_word(page, hop);
    add_traces(page, hop);
    add_row(page, "What would refute it", hop->disproof);
    caus_text_add(page->text, "</dl>\n");
    if (hop->check_count)
        caus_html_findings(page, hop->checks, hop->check_count);
    add_query(page, hop);
    caus_text_add(page->text, "</article>\n");
}

static bool is_symptoms_own(const caus_report_page *page)
{
    size_t symptom = page->told->symptom;
    return symptom != SIZE_MAX &&
           strcmp(page->series->variables[symptom].service,
                  page->told->suspects[0].service) == 0;
}

void caus_html_chain(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    caus_html_open_section(page, "chain", "How it spread");
    const caus_suspect *first = told->suspect_count ? told->suspects : NULL;
    bool calm = told->verdict == CAUS_VERDICT_NO_ANOMALY;
    if (!first || calm || first->score <= 0) {
        caus_text_format(page->text, "<p>%s</p>\n",
                         !first || calm
                             ? "Nothing spread: no service left its habit."
                             : "Nothing tells where it began.");
        caus_html_close_section(page);
        return;
    }
    caus_text_add(page->text, "<ol class=\"chain\">\n<li>");
    add_stop(page, 0,
             told->verdict == CAUS_VERDICT_CAUSE ? "cause" : "suspect");
    caus_text_add(page->text, "</li>\n");
    for (size_t i = 0; i < first->hop_count; i++) {
        caus_text_add(page->text, "<li>");
        add_hop(page, &first->chain[i]);
        add_stop(page, first->chain[i].to,
                 i + 1 == first->hop_count ? "symptom" : "on the way");
        caus_text_add(page->text, "</li>\n");
    }
    caus_text_add(page->text, "</ol>\n");
    if (first->hop_count) {
        caus_text_add(page->text, "<div class=\"hops\">\n");
        for (size_t i = 0; i < first->hop_count; i++)
            add_hop_card(page, &first->chain[i]);
        caus_text_add(page->text, "</div>\n");
    } else {
        caus_text_format(page->text, "<p class=\"soft\">%s</p>\n",
                         is_symptoms_own(page)
                             ? "The symptom is its own: it had no way to go."
                             : "No path of calls from it to the symptom is "
                               "known.");
    }
    caus_html_close_section(page);
}
