/* SPDX-License-Identifier: Apache-2.0 */
/* The series that moved, and the candidates with what speaks for and against
 * each. */
#include <math.h>

#include "render/report.h"

enum { MOVED_ROWS = 12 };

/* ---- series ---- */

static caus_status add_series(const caus_report_page *page,
                              const caus_clue *clue, bool named,
                              caus_error *err)
{
    char change[CAUS_REPORT_CHANGE];
    bool moved = clue->score > 0;
    bool is_symptom = clue->variable == page->told->symptom;
    const caus_variable *variable = &page->series->variables[clue->variable];
    caus_report_format_change(page, clue, change);
    caus_text_format(page->text, "<figure class=\"series%s\"><figcaption>",
                     moved ? "" : " calm");
    caus_html_name(page, "strong", caus_report_variable(page, clue->variable));
    if (named)
        caus_html_name(page, "small", caus_report_service(page, clue->suspect));
    if (is_symptom)
        caus_html_element(page, "span class=\"role\"", "symptom");
    caus_text_add(page->text, "<span class=\"figure\">");
    caus_html_put(page, change);
    if (isfinite(clue->size) && moved)
        caus_text_format(page->text, " <small>%.1f deviations</small>",
                         fabs(clue->size));
    else if (!moved)
        caus_text_format(page->text, " <small>%s</small>",
                         isfinite(clue->size) ? "no more than usual"
                                              : "too few values to compare");
    caus_text_add(page->text, "</span></figcaption>\n");
    if (variable->value_type == CAUS_VALUE_DISCRETE &&
        variable->kind == CAUS_KIND_CATEGORY)
        caus_text_add(page->text, "<p class=\"soft\">categories: not "
                                  "drawn</p>\n");
    else
        CAUS_TRY(caus_html_chart(page, clue, err));
    caus_text_add(page->text, "</figure>\n");
    return CAUS_OK;
}

static void add_series_legend(const caus_report_page *page)
{
    char step[40];
    caus_duration_format(page->series->step_ns, step);
    caus_text_format(
        page->text,
        "<p class=\"legend\"><span class=\"key early\">before the "
        "onset</span> <span class=\"key late\">from the onset on</span> <span "
        "class=\"key band\">middle 90 %% of healthy values</span> <span "
        "class=\"key onset\">interval of its own onset</span>%s%s <span "
        "class=\"soft\">UTC",
        page->told->usual ? " <span class=\"key usual\">usual at that time of "
                            "day</span>"
                          : "",
        page->report->changes ? " <span class=\"key change\">change</span>"
                              : "");
    int32_t zone = page->options->zone_offset_minutes;
    if (zone != INT32_MIN && zone != 0)
        caus_text_format(page->text, "; local time is UTC%c%02d:%02d",
                         zone < 0 ? '-' : '+', (zone < 0 ? -zone : zone) / 60,
                         (zone < 0 ? -zone : zone) % 60);
    caus_text_format(page->text, "; one value every %s</span></p>\n", step);
}

static void open_group(const caus_report_page *page,
                       const caus_report_group *group)
{
    if (group->folded) {
        caus_text_format(page->text,
                         "<details class=\"paper\"><summary>%zu more that "
                         "moved</summary>\n<div class=\"grid\">\n",
                         group->count);
        return;
    }
    caus_text_add(page->text, "<h3>");
    caus_html_put(page, group->suspect == SIZE_MAX
                            ? "Elsewhere"
                            : caus_report_service(page, group->suspect));
    if (group->part[0])
        caus_html_element(page, "span class=\"role\"", group->part);
    caus_text_add(page->text, "</h3>\n<div class=\"grid\">\n");
}

caus_status caus_html_series(const caus_report_page *page, caus_error *err)
{
    caus_html_open_section(page, "series", "Series over time");
    if (!page->drawn_count)
        caus_text_add(page->text, "<p>Nothing was seen to move, so nothing is "
                                  "drawn.</p>\n");
    else
        add_series_legend(page);
    for (size_t g = 0; g < page->group_count; g++) {
        const caus_report_group *group = &page->groups[g];
        open_group(page, group);
        for (size_t i = 0; i < group->count; i++)
            CAUS_TRY(add_series(
                page, &page->told->clues[page->drawn[group->first + i]],
                group->suspect == SIZE_MAX, err));
        caus_text_add(page->text,
                      group->folded ? "</div></details>\n" : "</div>\n");
    }
    caus_html_left(page, page->left_count);
    caus_html_close_section(page);
    return CAUS_OK;
}

/* ---- ranking ---- */

static void add_bar(const caus_report_page *page, double score, double largest)
{
    caus_text_format(page->text,
                     "<svg class=\"bar\" viewBox=\"0 0 100 10\" "
                     "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
                     "width=\"%.1f\" height=\"10\"/></svg>",
                     largest > 0 ? 100 * score / largest : 0);
}

static void add_belief(const caus_report_page *page, const char *open,
                       double share)
{
    char belief[16];
    caus_report_format_belief(share, belief);
    caus_html_element(page, open, belief);
}

static void add_share(const caus_report_page *page, const caus_share *share)
{
    caus_text_add(page->text, "<td class=\"n\">");
    if (share->known)
        caus_text_format(
            page->text,
            "%.0f&#160;%% <small class=\"range\">%.0f–%.0f</small></td>",
            100 * share->value, 100 * share->low, 100 * share->high);
    else
        caus_text_add(page->text, "–</td>");
}

static void add_rank_row(const caus_report_page *page, size_t rank)
{
    const caus_suspect *suspect = &page->told->suspects[rank];
    double largest = page->told->suspects[0].score;
    caus_text_format(page->text, "<tr%s><td class=\"n\">%zu</td>",
                     rank == 0 ? " class=\"first\"" : "", rank + 1);
    caus_html_name(page, "th scope=\"row\"", caus_report_service(page, rank));
    caus_text_format(page->text, "<td class=\"n\">%.2f</td><td>",
                     suspect->score);
    add_bar(page, suspect->score, largest);
    caus_text_add(page->text, "</td>");
    add_belief(page, "td class=\"n\"", suspect->confidence);
    add_share(page, &suspect->share);
    caus_text_add(page->text, "<td class=\"n\">");
    if (suspect->onset.found)
        caus_html_time(page, suspect->onset.time_ns);
    else
        caus_text_add(page->text, "–");
    caus_text_add(page->text, "</td>");
    caus_html_element(page, "td class=\"text\"",
                      suspect->observer
                          ? "only watches others: nothing begins in it"
                          : suspect->sentence);
    caus_text_add(page->text, "</tr>\n");
}

static void add_share_note(const caus_report_page *page)
{
    caus_text_add(page->text, "<p class=\"soft\">Share of the change: how much "
                              "of what ");
    caus_html_put(page, caus_report_variable(page, page->told->symptom));
    caus_text_add(page->text, " changed began in the service, with the 95 % "
                              "interval.</p>\n");
}

static void add_ranking(const caus_report_page *page)
{
    const char *const columns[] = {"#Rank",
                                   "Service",
                                   "#Score",
                                   "Against the first",
                                   caus_tale_is_conditional(page->told)
                                       ? "#If anything happened"
                                       : "#Confidence",
                                   "#Share of the change",
                                   "#Onset, UTC",
                                   "What shows it"};
    size_t top = caus_tale_top(&page->tale);
    caus_html_open_table(page, "Services by score", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < top; i++)
        add_rank_row(page, i);
    caus_html_close_table(page);
    if (page->told->suspects[0].share.known)
        add_share_note(page);
    if (top < page->told->suspect_count)
        caus_text_format(page->text,
                         "<p class=\"soft\">%zu services further down are "
                         "left out; <code>--top</code> shows more.</p>\n",
                         page->told->suspect_count - top);
}

/* ---- evidence ---- */

static void add_findings(const caus_report_page *page,
                         const caus_finding *items, size_t count,
                         caus_check_state state)
{
    static const char *const titles[] = {"Not tested", "Against it", "For it"};
    static const char *const classes[] = {"open", "against", "for"};
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += items[i].state == state;
    if (!found && state == CAUS_STATE_UNTESTED)
        return;
    caus_text_format(page->text, "<div class=\"%s\"><h4>%s</h4>",
                     classes[state], titles[state]);
    caus_text_add(page->text,
                  found ? "<ul>\n" : "<p class=\"soft\">nothing</p>");
    for (size_t i = 0; i < count; i++) {
        if (items[i].state != state)
            continue;
        caus_html_element(page, "li", caus_finding_told(&items[i]));
        caus_text_add_char(page->text, '\n');
    }
    caus_text_add(page->text, found ? "</ul></div>\n" : "</div>\n");
}

void caus_html_findings(const caus_report_page *page, const caus_finding *items,
                        size_t count)
{
    caus_text_add(page->text, "<div class=\"verdicts\">\n");
    add_findings(page, items, count, CAUS_STATE_PASSED);
    add_findings(page, items, count, CAUS_STATE_FAILED);
    add_findings(page, items, count, CAUS_STATE_UNTESTED);
    caus_text_add(page->text, "</div>\n");
}

static void add_terms(const caus_report_page *page, const caus_suspect *suspect)
{
    static const char *const columns[] = {"Part of the score", "#Score",
                                          "#Rank without it"};
    static const char *const words[CAUS_TERM_COUNT] = {
        [CAUS_TERM_CHANGE] = "a change shortly before",
        [CAUS_TERM_TRACES] = "time lost in traces that no callee explains",
        [CAUS_TERM_CALLS] = "failures that begin in it, other calls than usual",
        [CAUS_TERM_INTERNAL] = "processor, memory, disk",
        [CAUS_TERM_EXTERNAL] = "latency and errors of its own",
        [CAUS_TERM_WAY] = "what all its callers show: the way to it",
        [CAUS_TERM_BOTH] = "hit inside and outside at once",
        [CAUS_TERM_ORDER] = "moved before the others",
        [CAUS_TERM_LOGS] = "new or more lines in its log"};
    /* A term added later must have its words. */
    _Static_assert(CAUS_TERM_COUNT == 9, "words for every term");
    caus_html_open_table(page, "What the score is made of", columns,
                         sizeof columns / sizeof *columns);
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++) {
        if (!(suspect->terms[t] >= caus_report_least_term))
            continue;
        caus_text_add(page->text, "<tr>");
        caus_html_element(page, "th scope=\"row\"", words[t]);
        caus_text_format(
            page->text,
            "<td class=\"n\">%.2f</td><td class=\"n\">%zu</td></tr>\n",
            suspect->terms[t], suspect->rank_without[t]);
    }
    caus_html_close_table(page);
}

static void add_moved(const caus_report_page *page, const caus_suspect *suspect)
{
    static const char *const columns[] = {"Variable", "#Before → after",
                                          "#Deviations", "#Onset, UTC"};
    size_t shown = 0;
    caus_html_open_table(page, "What moved in it", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < suspect->clue_count && shown < MOVED_ROWS; i++) {
        const caus_clue *clue = &page->told->clues[suspect->clues[i]];
        if (clue->score <= 0)
            continue;
        char change[CAUS_REPORT_CHANGE];
        shown++;
        caus_report_format_change(page, clue, change);
        caus_text_add(page->text, "<tr>");
        caus_html_name(page, "th scope=\"row\"",
                       caus_report_variable(page, clue->variable));
        caus_html_element(page, "td class=\"n\"", change);
        if (isfinite(clue->size))
            caus_text_format(page->text, "<td class=\"n\">%+.1f</td>",
                             clue->size);
        else
            caus_text_add(page->text, "<td class=\"n\">–</td>");
        caus_text_add(page->text, "<td class=\"n\">");
        if (clue->onset.found)
            caus_html_time(page, clue->onset.time_ns);
        else
            caus_text_add(page->text, "–");
        caus_text_add(page->text, "</td></tr>\n");
    }
    caus_html_close_table(page);
    if (!shown)
        caus_text_add(page->text,
                      "<p class=\"soft\">Nothing measured in it moved.</p>\n");
}

static void add_exemplars(const caus_report_page *page, const char *title,
                          const char *const *ids, size_t count)
{
    if (!count)
        return;
    caus_text_format(page->text, "<p>%s:", title);
    for (size_t i = 0; i < count; i++) {
        caus_text_add_char(page->text, ' ');
        caus_html_element(page, "code", ids[i]);
    }
    caus_text_add(page->text, "</p>\n");
}

static void add_log(const caus_report_page *page, const caus_suspect *suspect)
{
    static const char *const columns[] = {"Lines", "#Before", "#After",
                                          "#First, UTC"};
    if (!suspect->log_fact_count)
        return;
    caus_html_open_table(page, "What its log says", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < suspect->log_fact_count; i++) {
        const caus_log_fact *fact = &suspect->log_facts[i];
        caus_text_add(page->text, "<tr>");
        caus_html_element(page, "th scope=\"row\"", fact->text);
        caus_text_format(page->text,
                         "<td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
                         "<td class=\"n\">",
                         fact->before, fact->after);
        caus_html_time(page, fact->first_ns);
        caus_text_add(page->text, "</td></tr>\n");
    }
    caus_html_close_table(page);
    for (size_t i = 0; i < suspect->log_fact_count; i++)
        add_exemplars(page, "Traces with such lines",
                      suspect->log_facts[i].exemplars,
                      suspect->log_facts[i].exemplar_count);
}

static void add_card(const caus_report_page *page, size_t rank)
{
    const caus_suspect *suspect = &page->told->suspects[rank];
    caus_text_format(page->text, "<article class=\"card%s\">\n<h3>",
                     rank == 0 ? " first" : "");
    caus_text_format(page->text, "<span class=\"rank\">%zu</span> ", rank + 1);
    caus_html_put(page, caus_report_service(page, rank));
    char belief[16];
    caus_report_format_belief(suspect->confidence, belief);
    caus_text_add(page->text, " <small>");
    caus_html_put(page, belief);
    caus_text_format(
        page->text, " that it began here%s</small></h3>\n",
        caus_tale_is_conditional(page->told) ? ", if anything happened" : "");
    caus_html_element(page, "p", suspect->sentence);
    caus_html_findings(page, suspect->findings, suspect->finding_count);
    caus_text_add(page->text, "<div class=\"pair\">\n<div>");
    add_moved(page, suspect);
    caus_text_add(page->text, "</div>\n<div>");
    add_terms(page, suspect);
    caus_text_add(page->text, "</div></div>\n");
    add_log(page, suspect);
    add_exemplars(page, "Traces that show it", suspect->exemplars,
                  suspect->exemplar_count);
    caus_html_links(page, suspect);
    caus_text_add(page->text, "</article>\n");
}

void caus_html_candidates(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    caus_html_open_section(page, "candidates", "Candidates and evidence");
    if (!told->suspect_count)
        caus_text_add(page->text, "<p>No variable belongs to a service.</p>\n");
    else
        add_ranking(page);
    if (told->runner_up) {
        caus_text_add(page->text, "<p class=\"aside\"><strong>The "
                                  "alternative.</strong> ");
        caus_html_put(page, told->runner_up);
        caus_text_add(page->text, ".</p>\n");
    }
    for (size_t i = 0; i < told->suspect_count && i < CAUS_REPORT_CARDS; i++)
        if (told->suspects[i].score > 0)
            add_card(page, i);
    caus_html_close_section(page);
}
