/* SPDX-License-Identifier: Apache-2.0 */
/* How the incident went: who moved when, what was changed, whom it can reach.
 */
#include <math.h>

#include "render/report.h"

enum { CHANGE_ROWS = 20, STRIP = 1000 };

/* ---- who moved when ---- */

/* The stretch of time that the strips show. */
typedef struct stretch {
    int64_t start_ns, end_ns;
} stretch;

static stretch find_stretch(const caus_report_page *page)
{
    const caus_onset *onset = &page->told->onset;
    stretch shown = {onset->first_ns, onset->last_ns};
    for (size_t i = 0; i < page->moved_count; i++) {
        const caus_onset *own = &page->told->clues[page->moved[i]].onset;
        if (!own->found)
            continue;
        if (own->first_ns < shown.start_ns)
            shown.start_ns = own->first_ns;
        if (own->last_ns > shown.end_ns)
            shown.end_ns = own->last_ns;
    }
    int64_t room = (shown.end_ns - shown.start_ns) / 20;
    if (room < page->series->step_ns)
        room = page->series->step_ns;
    shown.start_ns -= room;
    shown.end_ns += room;
    return shown;
}

static double place(stretch shown, int64_t time_ns)
{
    return STRIP * (double)(time_ns - shown.start_ns) /
           (double)(shown.end_ns - shown.start_ns);
}

static void add_strip_changes(const caus_report_page *page, stretch shown,
                              size_t suspect)
{
    const caus_changes *changes = page->report->changes;
    for (size_t i = 0; changes && i < changes->change_count; i++) {
        int64_t at = changes->changes[i].time_ns;
        if (at < shown.start_ns || at > shown.end_ns ||
            !caus_report_shows_change(page, &changes->changes[i], suspect))
            continue;
        double x = place(shown, at);
        caus_text_format(page->text,
                         "<line class=\"change\" x1=\"%.1f\" x2=\"%.1f\" "
                         "y1=\"0\" y2=\"20\"/>",
                         x, x);
    }
}

static void add_strip(const caus_report_page *page, stretch shown,
                      const caus_clue *clue)
{
    const caus_onset *onset = &clue->onset;
    double began = place(shown, page->told->onset.time_ns);
    double x = place(shown, onset->time_ns);
    caus_text_format(page->text,
                     "<svg class=\"strip\" viewBox=\"0 0 %d 20\" "
                     "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                     "<line class=\"began\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" "
                     "y2=\"20\"/>",
                     STRIP, began, began);
    add_strip_changes(page, shown, clue->suspect);
    caus_text_format(page->text,
                     "<line class=\"span\" x1=\"%.1f\" x2=\"%.1f\" y1=\"10\" "
                     "y2=\"10\"/><line class=\"point\" x1=\"%.1f\" "
                     "x2=\"%.1f\" y1=\"3\" y2=\"17\"/></svg>",
                     place(shown, onset->first_ns),
                     place(shown, onset->last_ns), x, x);
}

static void add_moment(const caus_report_page *page, const caus_onset *onset)
{
    char after[48], first[16], last[16];
    if (!onset->found) {
        caus_text_add(page->text, "<td class=\"n\" colspan=\"3\">moved; when "
                                  "is not measurable</td>");
        return;
    }
    /* Rows with an onset come first. */
    const caus_onset *earliest = &page->told->clues[page->moved[0]].onset;
    caus_report_format_offset(onset->time_ns - earliest->time_ns, after);
    caus_clock_format(onset->first_ns, first);
    caus_clock_format(onset->last_ns, last);
    caus_text_add(page->text, "<td class=\"n\">");
    caus_html_time(page, onset->time_ns);
    caus_text_format(page->text,
                     "</td><td class=\"n\">%s</td><td class=\"n\">%s–%s</td>",
                     after, first, last);
}

static void add_onset_row(const caus_report_page *page, const caus_clue *clue,
                          stretch shown)
{
    char change[CAUS_REPORT_CHANGE];
    caus_report_format_change(page, clue, change);
    caus_text_add(page->text, "<tr>");
    caus_html_name(page, "th scope=\"row\"",
                   caus_report_variable(page, clue->variable));
    caus_html_name(page, "td", caus_report_service(page, clue->suspect));
    add_moment(page, &clue->onset);
    caus_html_element(page, "td class=\"n\"", change);
    caus_text_add(page->text, "<td class=\"wide\">");
    if (clue->onset.found)
        add_strip(page, shown, clue);
    caus_text_add(page->text, "</td></tr>\n");
}

void caus_html_onsets(const caus_report_page *page)
{
    static const char *const columns[] = {
        "Variable",        "Service",         "#Began, UTC", "#After the first",
        "#Interval, 95 %", "#Before → after", "On one scale"};
    caus_html_open_section(page, "order", "Who moved when");
    if (!page->moved_count) {
        caus_text_add(page->text,
                      page->unlisted_count
                          ? "<p>Nothing moved by much, and when is not "
                            "measurable.</p>\n"
                          : "<p>Nothing was seen to move.</p>\n");
        caus_html_close_section(page);
        return;
    }
    stretch shown = find_stretch(page);
    caus_text_add(
        page->text,
        "<p class=\"soft\">Earliest first. The bar is the interval "
        "that "
        "holds the onset, the tick its likeliest instant, the thin line the "
        "onset of the incident. Bars that overlap leave the order "
        "open.</p>\n");
    caus_html_open_table(page, "Onsets in order", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < page->moved_count; i++)
        add_onset_row(page, &page->told->clues[page->moved[i]], shown);
    caus_html_close_table(page);
    caus_html_left(page, page->unlisted_count);
    caus_html_close_section(page);
}

/* ---- changes ---- */

static void add_change_row(const caus_report_page *page,
                           const caus_culprit_change *change)
{
    char before[48], belief[16];
    caus_report_format_offset(change->time_ns - page->told->onset.time_ns,
                              before);
    caus_text_add(page->text, "<tr><td class=\"n\">");
    caus_html_time(page, change->time_ns);
    caus_text_format(page->text, "</td><td class=\"n\">%s</td>", before);
    caus_html_name(page, "th scope=\"row\"",
                   change->ref[0] ? change->ref : change->kind);
    caus_html_name(page, "td", change->kind);
    caus_html_name(page, "td", change->service[0] ? change->service : "all");
    caus_report_format_belief(change->confidence, belief);
    caus_html_element(page, "td class=\"n\"", belief);
    caus_html_element(page, "td class=\"text\"", change->sentence);
    caus_text_add(page->text, "</tr>\n");
}

void caus_html_changes(const caus_report_page *page)
{
    static const char *const columns[] = {
        "#At, UTC",    "#Against the onset", "Change", "Kind", "Service",
        "#Confidence", "What speaks for it"};
    const caus_explanation *told = page->told;
    caus_html_open_section(page, "changes", "Changes around the onset");
    if (!told->change_count) {
        caus_text_format(
            page->text, "<p>%s</p>\n",
            page->report->changes
                ? "No change is near the onset."
                : "No list of changes was given, so none could be held against "
                  "the onset (<code>--changes</code>).");
        caus_html_close_section(page);
        return;
    }
    caus_html_open_table(page, "Changes around the onset", columns,
                         sizeof columns / sizeof *columns);
    for (size_t i = 0; i < told->change_count && i < CHANGE_ROWS; i++)
        add_change_row(page, &told->changes[i]);
    caus_html_close_table(page);
    if (told->change_count > CHANGE_ROWS)
        caus_text_format(page->text,
                         "<p class=\"soft\">%zu less likely ones are left "
                         "out.</p>\n",
                         told->change_count - CHANGE_ROWS);
    caus_html_close_section(page);
}

/* ---- blast radius ---- */

static void add_reach_row(const caus_report_page *page, const caus_reach *reach)
{
    char delay[64] = "–", expected[48];
    if (reach->has_lag)
        caus_tale_format_reach(reach, delay);
    caus_report_format_seconds(reach->expected_s, expected);
    caus_text_add(page->text, "<tr>");
    caus_html_name(page, "th scope=\"row\"",
                   caus_report_service(page, reach->suspect));
    caus_text_format(page->text,
                     "<td class=\"n\">%zu</td><td>%s</td><td "
                     "class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
                     reach->distance, reach->moved ? "yes" : "not yet", delay,
                     expected);
}

void caus_html_reach(const caus_report_page *page)
{
    static const char *const columns[] = {"Service", "#Calls away", "Shows it",
                                          "#After the cause", "#Usual delay"};
    const caus_explanation *told = page->told;
    caus_html_open_section(page, "reach", "Blast radius");
    if (told->verdict == CAUS_VERDICT_NO_ANOMALY) {
        caus_text_add(page->text, "<p>Nothing began that could reach "
                                  "others.</p>\n");
    } else if (!told->reach_count) {
        caus_text_add(page->text, "<p>No service is known to call it, directly "
                                  "or over others.</p>\n");
    } else {
        caus_html_open_table(page, "Services that the cause can reach", columns,
                             sizeof columns / sizeof *columns);
        for (size_t i = 0; i < told->reach_count; i++)
            add_reach_row(page, &told->reach[i]);
        caus_html_close_table(page);
    }
    caus_html_close_section(page);
}
