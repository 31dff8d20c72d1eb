/* SPDX-License-Identifier: Apache-2.0 */
/* The answer for a terminal: a first screen that stands alone, then all. */
#include <string.h>

#include "render/text_page.h"

enum {
    SCREEN_LINES = 23, /* and one that tells of the rest */
    SENTENCE_LINES = 4,
    TOP_LINKS = 3,
    TOP_WARNINGS = 2,
    DEFAULT_WIDTH = 80,
    LEAST_WIDTH = 40
};

static caus_page make_page(const caus_view *view,
                           const caus_render_options *options, caus_text *text)
{
    caus_page page = {.view = view,
                      .options = options,
                      .text = text,
                      .bold = "",
                      .dim = "",
                      .warn = "",
                      .reset = "",
                      .width = options->width ? options->width : DEFAULT_WIDTH};
    if (page.width < LEAST_WIDTH)
        page.width = LEAST_WIDTH;
    if (options->color) {
        page.bold = "\x1b[1m";
        page.dim = "\x1b[2m";
        page.warn = "\x1b[33m";
        page.reset = "\x1b[0m";
    }
    if (options->ascii)
        page.glyphs = (caus_glyphs){"-", "->", "<->", "--", "...", "-", ","};
    else
        page.glyphs = (caus_glyphs){"–", "→", "↔", "—", "…", "−", " ·"};
    return page;
}

void caus_page_add_paragraph(caus_page *page, const char *style,
                             const char *value, size_t indent, size_t max_lines)
{
    caus_text_add(page->text, style);
    page->lines += caus_text_add_wrapped(page->text, value, page->width, indent,
                                         max_lines, page->glyphs.cut);
    if (!*style || page->text->failed)
        return;
    page->text->length--; /* the style ends before the line does */
    caus_text_format(page->text, "%s\n", page->reset);
}

static void add_break(caus_page *page)
{
    caus_text_add_char(page->text, '\n');
    page->lines++;
}

typedef void compose(const caus_page *page, caus_text *text);

/* Writes the paragraph that `fill` composes, if it composes one. */
static void add_composed(caus_page *page, const char *style, size_t indent,
                         size_t max_lines, compose *fill)
{
    caus_text composed = {0};
    fill(page, &composed);
    if (composed.failed)
        page->text->failed = true;
    else if (composed.length)
        caus_page_add_paragraph(page, style, composed.bytes, indent, max_lines);
    caus_text_deinit(&composed);
}

static void fill_scope(const caus_page *page, caus_text *text)
{
    caus_view_add_scope(page->view, text, page->glyphs.dash);
}

static void fill_method(const caus_page *page, caus_text *text)
{
    caus_view_add_method(page->view, text);
    const char *dot = page->glyphs.dot;
    caus_text_format(text, "%s %zu variables%s ", dot,
                     page->view->variable_count, dot);
    caus_text_add_count(text, page->view->answer->discovery->test_count);
    caus_text_add(text, " tests");
}

static void fill_window(const caus_page *page, caus_text *text)
{
    const caus_view *view = page->view;
    caus_time_span window = caus_view_window(view);
    const char *dot = page->glyphs.dot;
    int64_t step_ns = view->answer->series->step_ns;
    if (window.has_time) {
        caus_text_add_window(text, &window, page->options->zone_offset_minutes,
                             page->glyphs.dash);
        caus_text_format(text, "%s ", dot);
    }
    caus_text_format(text, "%zu ", window.steps);
    if (step_ns > 0) {
        char step[40];
        caus_duration_format(step_ns, step);
        caus_text_format(text, "steps of %s", step);
    } else
        caus_text_add(text, "rows");
    caus_text_format(text, "%s %zu used", dot,
                     view->answer->discovery->rows_used);
    if (window.baseline_rows)
        caus_text_format(text, "%s baseline %zu steps", dot,
                         window.baseline_rows);
    const caus_extent *extent = view->answer->extent;
    if (extent && extent->found) {
        caus_text_format(text, "%s ", dot);
        caus_text_add_extent(text, extent, page->options->zone_offset_minutes,
                             page->glyphs.dash);
    }
    if (view->target != SIZE_MAX)
        caus_text_format(text, "%s %zu of %zu variables lead to %s", dot,
                         view->shown_count - 1, view->variable_count - 1,
                         view->names[view->target]);
}

static void fill_sentence(const caus_page *page, caus_text *text)
{
    caus_view_add_sentence(page->view, text, caus_text_add);
}

static void fill_confidence(const caus_page *page, caus_text *text)
{
    caus_text_format(text, "confidence: %s (",
                     caus_confidence_name(caus_view_confidence(page->view)));
    caus_view_add_confidence_reason(page->view, text);
    caus_text_add_char(text, ')');
}

/* Of links that tell of the incident no others are listed beside. */
static void add_top_links(caus_page *page)
{
    const caus_view *view = page->view;
    if (!view->cross_count)
        return;
    size_t most =
        view->involved_count ? view->involved_count : view->cross_count;
    most = caus_smaller(most, TOP_LINKS);
    caus_link_columns columns = caus_page_link_columns(page, most, true);
    const char *title = view->cross_count > 1 ? "strongest links" : "the link";
    if (view->involved_count)
        title = most > 1 ? "links of what moved" : "the link of what moved";
    else if (view->answer->departures)
        title = "links, not of what moved";
    add_break(page);
    caus_page_add_link_heading(page, title, &columns);
    size_t written = 0;
    for (size_t i = 0; i < view->link_count && written < most; i++)
        if (!caus_link_is_self(&view->links[i])) {
            caus_page_add_link(page, &view->links[i], &columns);
            written++;
        }
}

static void fill_not_measurable(const caus_page *page, caus_text *text)
{
    const caus_view *view = page->view;
    const caus_discovery *found = view->answer->discovery;
    size_t orderless = view->orderless_count;
    if (view->answer->insufficient)
        return;
    caus_text_add(text, "not measurable: ");
    if (orderless)
        caus_text_format(text, "order of %zu of %zu links; ", orderless,
                         view->cross_count);
    if (found->graph.ambiguous_count)
        caus_text_format(text, "direction of %zu triple%s; ",
                         found->graph.ambiguous_count,
                         found->graph.ambiguous_count > 1 ? "s" : "");
    if (!found->complete)
        caus_text_add(text, "what a limit cut off; ");
    caus_text_add(text, "hidden causes");
    if (!found->effect)
        caus_text_add(text, "; effect sizes in units");
}

static void fill_change(const caus_page *page, caus_text *text)
{
    caus_view_add_change(page->view, text);
}

static void fill_comparison(const caus_page *page, caus_text *text)
{
    if (page->view->answer->comparison)
        caus_view_add_comparison(page->view, text);
}

static void fill_left_out(const caus_page *page, caus_text *text)
{
    const caus_graph_answer *answer = page->view->answer;
    if (!answer->dropped_count)
        return;
    caus_text_format(text, "left out: %zu (", answer->dropped_count);
    for (size_t i = 0; i < answer->dropped_count; i++) {
        const char *label = caus_clean_text(
            page->view->arena, answer->dropped[i].label, page->view->clean);
        const char *reason = caus_clean_text(
            page->view->arena, answer->dropped[i].reason, page->view->clean);
        if (!label || !reason) {
            text->failed = true;
            return;
        }
        caus_text_format(text, "%s%s: ", i ? "; " : "", label);
        caus_text_add(text, reason);
    }
    caus_text_add_char(text, ')');
}

static void add_warning(caus_page *page, const char *warning, size_t max_lines)
{
    caus_text_format(page->text, "  %s! ", page->warn);
    if (*page->warn)
        caus_text_add(page->text, page->reset);
    caus_page_add_paragraph(page, "", warning, 4, max_lines);
}

static void add_top_warnings(caus_page *page, size_t lines_left)
{
    size_t count = page->view->warning_count, shown = count;
    if (!count || !lines_left)
        return;
    if (shown > TOP_WARNINGS)
        shown = TOP_WARNINGS;
    if (shown > lines_left - 1)
        shown = lines_left - 1;
    caus_text_format(page->text, "%zu warning%s", count, count > 1 ? "s" : "");
    if (shown && shown < count)
        caus_text_add(page->text, ", the worst");
    if (shown > 1 && shown < count)
        caus_text_format(page->text, " %zu", shown);
    caus_text_add(page->text, shown ? ":\n" : "\n");
    page->lines++;
    bool is_answer = page->view->answer->insufficient;
    for (size_t i = 0; i < shown; i++)
        add_warning(page, page->view->warnings[i],
                    i == 0 && is_answer ? SENTENCE_LINES : 1);
}

static void add_first_screen(caus_page *page)
{
    const char *next = page->view->answer->next_command;
    size_t next_lines =
        next && *next ? caus_text_add_next(NULL, next, page->width) + 1 : 0;
    add_composed(page, page->dim, 0, 1, fill_scope);
    add_composed(page, page->dim, 0, 2, fill_method);
    add_composed(page, page->dim, 0, 3, fill_window);
    add_break(page);
    add_composed(page, page->bold, 0, SENTENCE_LINES, fill_sentence);
    add_composed(page, "", 2, 2, fill_confidence);
    add_top_links(page);
    add_break(page);
    add_composed(page, "", 2, 2, fill_not_measurable);
    add_composed(page, "", 2, 1, fill_change);
    add_composed(page, "", 2, 2, fill_comparison);
    size_t used = page->lines + next_lines;
    if (used + (page->view->warning_count > 0) < SCREEN_LINES)
        add_composed(page, "", 2, 1, fill_left_out);
    used = page->lines + next_lines;
    add_top_warnings(page, used < SCREEN_LINES ? SCREEN_LINES - used : 0);
    if (next_lines) {
        add_break(page);
        caus_text_add_next(page->text, next, page->width);
    }
}

void caus_render_text(const caus_view *view, const caus_render_options *options,
                      caus_text *text)
{
    caus_page page = make_page(view, options, text);
    add_first_screen(&page);
    size_t screen_length = text->length;
    caus_page_add_report(&page);
    if (options->first_screen)
        caus_text_fold(text, screen_length);
}
