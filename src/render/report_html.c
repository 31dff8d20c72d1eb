/* SPDX-License-Identifier: Apache-2.0 */
/* A report as one page: its frame, its summary, and what every part uses. */
#include <string.h>

#include "render/report.h"

void caus_html_put(const caus_report_page *page, const char *value)
{
    caus_text_add_xml(page->text, caus_tale_clean(&page->tale, value));
}

void caus_html_element(const caus_report_page *page, const char *open,
                       const char *value)
{
    size_t name = strcspn(open, " ");
    caus_text_format(page->text, "<%s>", open);
    caus_html_put(page, value);
    caus_text_add(page->text, "</");
    caus_text_add_bytes(page->text, open, name);
    caus_text_add(page->text, ">");
}

void caus_html_left(const caus_report_page *page, size_t count)
{
    if (count)
        caus_text_format(page->text,
                         "<p class=\"soft\">%zu more moved by less; they are "
                         "in <a href=\"#variables\">the list of "
                         "variables</a>.</p>\n",
                         count);
}

/* How much of a name stands on one line: up to a mark, but no more than a
 * column of a table holds beside others. */
static size_t part_length(const char *name)
{
    enum { LONGEST = 24 };
    size_t length = strcspn(name, "_./:");
    length += name[length] != '\0';
    if (length <= LONGEST)
        return length;
    length = LONGEST;
    while (length > 1 && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--; /* within a character */
    return length;
}

void caus_html_name(const caus_report_page *page, const char *open,
                    const char *name)
{
    const char *at = caus_tale_clean(&page->tale, name);
    caus_text_format(page->text, "<%s>", open);
    while (*at) {
        size_t length = part_length(at);
        caus_text part = {0};
        caus_text_add_bytes(&part, at, length);
        at += length;
        if (part.bytes)
            caus_text_add_xml(page->text, part.bytes);
        if (*at)
            caus_text_add(page->text, "<wbr/>");
        page->text->failed |= part.failed;
        caus_text_deinit(&part);
    }
    caus_text_add(page->text, "</");
    caus_text_add_bytes(page->text, open, strcspn(open, " "));
    caus_text_add(page->text, ">");
}

void caus_html_time(const caus_report_page *page, int64_t time_ns)
{
    char machine[40], clock[16];
    caus_time_format(time_ns, machine);
    caus_clock_format(time_ns, clock);
    caus_text_format(page->text, "<time datetime=\"%s\">%s</time>", machine,
                     clock);
}

void caus_html_open_section(const caus_report_page *page, const char *id,
                            const char *title)
{
    caus_text_format(page->text,
                     "<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
                     "<h2 id=\"%s-title\">%s</h2>\n",
                     id, id, id, title);
}

void caus_html_close_section(const caus_report_page *page)
{
    caus_text_add(page->text, "</section>\n");
}

/* A column whose title begins with '#' holds numbers. */
void caus_html_open_table(const caus_report_page *page, const char *label,
                          const char *const *columns, size_t count)
{
    caus_text_format(page->text,
                     "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                     "aria-label=\"%s\"><table><thead><tr>",
                     label);
    for (size_t i = 0; i < count; i++) {
        bool number = columns[i][0] == '#';
        caus_html_element(
            page, number ? "th scope=\"col\" class=\"n\"" : "th scope=\"col\"",
            columns[i] + number);
    }
    caus_text_add(page->text, "</tr></thead><tbody>\n");
}

void caus_html_close_table(const caus_report_page *page)
{
    caus_text_add(page->text, "</tbody></table></div>\n");
}

/* ---- the top ---- */

static void open_fact(const caus_report_page *page, const char *term)
{
    caus_text_format(page->text, "<div><dt>%s</dt><dd>", term);
}

static void close_fact(const caus_report_page *page, const char *note)
{
    if (note[0])
        caus_html_element(page, "span class=\"note\"", note);
    caus_text_add(page->text, "</dd></div>\n");
}

static void add_meter(const caus_report_page *page, double share)
{
    caus_text_format(page->text,
                     "<svg class=\"meter\" viewBox=\"0 0 100 4\" "
                     "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                     "<rect class=\"rest\" width=\"100\" height=\"4\"/>"
                     "<rect class=\"full\" width=\"%.0f\" height=\"4\"/></svg>",
                     100 * share);
}

static void add_confidence(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    if (!told->suspect_count || told->verdict == CAUS_VERDICT_NO_ANOMALY)
        return;
    double confidence = told->suspects[0].confidence;
    open_fact(page, "Confidence");
    char belief[16];
    caus_report_format_belief(confidence, belief);
    if (told->doubt) {
        caus_html_put(page, caus_tale_confidence(told));
        caus_text_format(page->text, " <small>%s if anything happened</small>",
                         belief);
        close_fact(page, told->doubt);
        return;
    }
    caus_html_put(page, belief);
    caus_text_format(page->text, " <small>%s</small>",
                     caus_tale_confidence(told));
    add_meter(page, confidence);
    char strength[80];
    caus_tale_format_strength(told, strength);
    close_fact(page, strength);
}

/* What could be seen comes before what was. */
static void add_scope(const caus_report_page *page)
{
    caus_text_add(page->text, "<p class=\"scope\">");
    caus_tale_add_scope(&page->tale, page->text, "–");
    caus_text_add(page->text, "</p>\n");
}

static void add_sources(const caus_report_page *page)
{
    caus_text sources = {0};
    caus_tale_add_window(&page->tale, &sources, "–", ": ");
    caus_text_add(&sources, "; ");
    caus_tale_add_sources(&page->tale, &sources);
    page->text->failed |= sources.failed;
    if (sources.bytes)
        caus_html_element(page, "p class=\"scope\"", sources.bytes);
    caus_text_add_char(page->text, '\n');
    caus_text_deinit(&sources);
}

static void add_instant_note(const caus_report_page *page, int64_t time_ns)
{
    caus_text words = {0};
    caus_text_add_instant(&words, time_ns, page->options->zone_offset_minutes);
    page->text->failed |= words.failed;
    if (words.bytes)
        caus_html_element(page, "span class=\"note\"", words.bytes);
    caus_text_deinit(&words);
}

static void add_onset(const caus_report_page *page)
{
    const caus_onset *onset = &page->told->onset;
    bool calm = page->told->verdict == CAUS_VERDICT_NO_ANOMALY;
    char note[80];
    caus_tale_format_onset_note(&page->tale, note);
    open_fact(page, calm           ? "Nothing found from"
                    : onset->found ? "Began"
                                   : "Compared from");
    caus_html_time(page, onset->time_ns);
    caus_text_add(page->text, " <small>UTC</small>");
    add_instant_note(page, onset->time_ns);
    close_fact(page, note);
}

static void add_length(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    const caus_extent *extent = page->report->extent;
    bool over = extent && extent->found && extent->has_end;
    int64_t end_ns = over ? extent->end_ns : page->last_ns;
    char length[40];
    caus_text note = {0};
    caus_text_add(&note, over ? "until " : "to the end of the data, ");
    caus_text_add_instant_beside(&note, end_ns, told->onset.time_ns,
                                 page->options->zone_offset_minutes);
    page->text->failed |= note.failed;
    int64_t length_ns = end_ns - told->onset.time_ns;
    caus_duration_format(length_ns > 0 ? length_ns : 0, length);
    open_fact(page, over ? "Lasted" : "Seen for");
    caus_html_put(page, length);
    close_fact(page, note.bytes ? note.bytes : "");
    caus_text_deinit(&note);
}

static void add_symptom(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    if (told->symptom == SIZE_MAX)
        return;
    open_fact(page, "Symptom");
    caus_html_name(page, "span class=\"name\"",
                   caus_report_variable(page, told->symptom));
    char change[CAUS_REPORT_CHANGE] = "";
    for (size_t i = 0; i < told->clue_count; i++)
        if (told->clues[i].variable == told->symptom)
            caus_report_format_change(page, &told->clues[i], change);
    caus_html_element(page, "span class=\"note\"", change);
    close_fact(page, told->symptom_chosen ? "chosen: none was given" : "");
}

static void add_verdict(const caus_report_page *page)
{
    static const char *const notes[] = {
        "the first service is the likely cause",
        "nothing beyond what healthy rows do too", "no cause is proven"};
    open_fact(page, "Verdict");
    caus_html_put(page, caus_report_verdict(page->told->verdict));
    close_fact(page, notes[page->told->verdict]);
}

void caus_html_links(const caus_report_page *page, const caus_suspect *suspect)
{
    caus_tale_links links = caus_tale_find_links(&page->tale, suspect);
    if (!links.count)
        return;
    caus_text_add(page->text, "<p class=\"links\">In Grafana:");
    for (size_t i = 0; i < links.count; i++) {
        caus_text_add(page->text, " <a rel=\"noreferrer\" href=\"");
        caus_html_put(page, links.items[i].url);
        caus_text_add(page->text, "\">");
        caus_html_put(page, links.items[i].title);
        caus_text_add(page->text, "</a>");
    }
    caus_text_add(page->text, "</p>\n");
}

static void add_advice(const caus_report_page *page)
{
    caus_advice advice[CAUS_REPORT_ADVICE];
    size_t count = caus_report_advise(page, advice);
    if (!count)
        return;
    caus_text_add(page->text, "<div class=\"next\"><h2>Check next</h2><dl>\n");
    for (size_t i = 0; i < count; i++) {
        caus_html_element(page, "dt", advice[i].label);
        caus_html_element(page, "dd", advice[i].text);
        caus_text_add_char(page->text, '\n');
    }
    caus_text_add(page->text, "</dl>");
    if (page->told->suspect_count &&
        page->told->verdict != CAUS_VERDICT_NO_ANOMALY)
        caus_html_links(page, &page->told->suspects[0]);
    caus_text_add(page->text, "</div>\n");
}

static void write_summary(const caus_report_page *page)
{
    const char *headline, *rest;
    caus_report_headline(page, &headline, &rest);
    caus_text_add(page->text,
                  "<header>\n<p class=\"kicker\">Incident report</p>\n");
    add_scope(page);
    caus_html_element(page, "h1", headline);
    if (rest[0])
        caus_html_element(page, "p class=\"deck\"", rest);
    caus_text_add(page->text, "\n<dl class=\"facts\">\n");
    add_verdict(page);
    add_confidence(page);
    add_onset(page);
    add_length(page);
    add_symptom(page);
    caus_text_add(page->text, "</dl>\n");
    add_sources(page);
    add_advice(page);
    caus_text_add(page->text, "</header>\n");
}

/* ---- the frame ---- */

static void add_head(const caus_report_page *page)
{
    const char *headline, *rest;
    caus_report_headline(page, &headline, &rest);
    caus_text_add(
        page->text,
        "<!DOCTYPE html>\n"
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
        "'none'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
        "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
        "<meta name=\"generator\" content=\"caus " CAUS_VERSION "\"/>\n"
        "<title>Incident report: ");
    caus_html_put(page, headline);
    caus_text_add(page->text, "</title>\n");
    caus_html_style(page);
    caus_text_add(page->text, "</head>\n<body>\n");
}

static void add_contents(const caus_report_page *page)
{
    static const struct {
        const char *id, *title;
    } parts[] = {{"chain", "Chain"},         {"order", "Order"},
                 {"series", "Series"},       {"candidates", "Candidates"},
                 {"changes", "Changes"},     {"reach", "Blast radius"},
                 {"graph", "Graph"},         {"quality", "Data"},
                 {"variables", "Variables"}, {"reproduce", "Reproduce"}};
    caus_text_add(page->text, "<nav aria-label=\"Contents\"><ul>\n");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        caus_text_format(page->text, "<li><a href=\"#%s\">%s</a></li>\n",
                         parts[i].id, parts[i].title);
    caus_text_add(page->text, "</ul></nav>\n");
}

caus_status caus_report_write_html(const caus_report_page *page,
                                   caus_error *err)
{
    add_head(page);
    write_summary(page);
    add_contents(page);
    caus_text_add(page->text, "<main>\n");
    caus_html_chain(page);
    caus_html_onsets(page);
    CAUS_TRY(caus_html_series(page, err));
    caus_html_candidates(page);
    caus_html_changes(page);
    caus_html_reach(page);
    caus_html_graph(page);
    CAUS_TRY(caus_html_quality(page, err));
    caus_html_variables(page);
    caus_html_reproduce(page);
    caus_text_add(page->text,
                  "</main>\n<footer><p>Written by caus " CAUS_VERSION
                  ". Times are UTC unless they say otherwise. This file asks "
                  "for nothing outside itself.</p></footer>\n"
                  "</body>\n</html>\n");
    return CAUS_OK;
}
