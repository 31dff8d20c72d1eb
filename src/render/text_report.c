/* SPDX-License-Identifier: Apache-2.0 */
/* Below the first screen: every link, the data report, all warnings. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/text_page.h"

enum {
    STRENGTH_COLUMNS = 10,
    WORD_COLUMNS = 12,
    LEAST_NAME_COLUMNS = 16,
    EFFECT_BYTES = 64
};

static const char *joint(const caus_page *page, const caus_link *link)
{
    if (link->orientation == CAUS_ORIENTED_NONE)
        return page->glyphs.plain;
    const char *mark = caus_edge_text(link->marks);
    if (page->options->ascii)
        return mark;
    if (strcmp(mark, "-->") == 0)
        return page->glyphs.arrow;
    if (strcmp(mark, "<->") == 0)
        return page->glyphs.both;
    return mark;
}

static double shown_p(const caus_page *page, const caus_link *link)
{
    return page->view->answer->options.fdr == CAUS_FDR_NONE ? link->p_value
                                                            : link->q_value;
}

/* A unit that fits a column of a terminal. */
static bool is_short_word(const char *unit)
{
    size_t length = strlen(unit);
    for (size_t i = 0; i < length; i++)
        if (unit[i] <= ' ' || unit[i] > '~')
            return false;
    return length > 0 && length <= 12;
}

/* "+0.34 s/request", "+0.34 s per 1" where only the target has a unit; ""
 * where it was not measured, or in no unit. */
static void write_effect(const caus_page *page, const caus_link *link,
                         char text[EFFECT_BYTES])
{
    const caus_variable *variables = page->view->answer->series->variables;
    const char *source = variables[link->source].unit;
    const char *target = variables[link->target].unit;
    text[0] = '\0';
    if (!isfinite(link->effect) || !is_short_word(target))
        return;
    char size[32];
    const char *sign = link->effect < 0 ? page->glyphs.minus : "+";
    caus_format_effect(fabs(link->effect), size);
    if (is_short_word(source))
        snprintf(text, EFFECT_BYTES, "%s%.12s %.12s/%.12s", sign, size, target,
                 source);
    else if (!*source)
        snprintf(text, EFFECT_BYTES, "%s%.12s %.12s per 1", sign, size, target);
}

/* What stands in the third column of a link. */
static void write_third(const caus_page *page, const caus_link *link,
                        bool is_effect, char text[EFFECT_BYTES])
{
    text[0] = '\0';
    if (is_effect)
        write_effect(page, link, text);
    else if (!isnan(shown_p(page, link)))
        caus_format_p(shown_p(page, link), text);
    if (!text[0])
        snprintf(text, EFFECT_BYTES, "%s", page->glyphs.dash);
}

/* Whether one of the strongest links has an effect in units. */
static bool has_effects(const caus_page *page, size_t count)
{
    const caus_view *view = page->view;
    char effect[EFFECT_BYTES];
    for (size_t i = 0; i < view->link_count && count > 0; i++) {
        if (caus_link_is_self(&view->links[i]))
            continue;
        write_effect(page, &view->links[i], effect);
        if (effect[0])
            return true;
        count--;
    }
    return false;
}

/* Columns are as wide as the rows that will be written need. */
caus_link_columns caus_page_link_columns(const caus_page *page, size_t count,
                                         bool shows_effects)
{
    caus_link_columns columns = {.lag = 3, .p = 4};
    columns.has_effects = shows_effects && has_effects(page, count);
    if (columns.has_effects)
        columns.p = strlen("effect");
    const caus_view *view = page->view;
    for (size_t i = 0; i < view->link_count && count > 0; i++) {
        const caus_link *link = &view->links[i];
        if (caus_link_is_self(link))
            continue;
        char lag[48];
        caus_view_format_lag(view, link->lag, lag);
        if (caus_text_columns(lag) > columns.lag)
            columns.lag = caus_text_columns(lag);
        char third[EFFECT_BYTES];
        write_third(page, link, columns.has_effects, third);
        if (caus_text_columns(third) > columns.p)
            columns.p = caus_text_columns(third);
        count--;
    }
    size_t numbers = 2 + STRENGTH_COLUMNS + 2 + columns.lag + 2 + columns.p +
                     2 + WORD_COLUMNS;
    columns.name = page->width > numbers + LEAST_NAME_COLUMNS
                       ? page->width - numbers
                       : LEAST_NAME_COLUMNS;
    return columns;
}

static void add_right(caus_text *text, const char *value, size_t columns)
{
    size_t taken = caus_text_columns(value);
    caus_text_add_spaces(text, columns > taken ? columns - taken : 0);
    caus_text_add(text, value);
}

void caus_page_add_link_heading(caus_page *page, const char *title,
                                const caus_link_columns *columns)
{
    caus_text *text = page->text;
    caus_text_format(text, "%s  ", page->dim);
    size_t taken =
        caus_text_add_cut(text, title, columns->name, page->glyphs.cut, false);
    caus_text_add_spaces(text, columns->name - taken);
    add_right(text, "strength", STRENGTH_COLUMNS);
    caus_text_add(text, "  ");
    add_right(text, "lag", columns->lag);
    caus_text_add(text, "  ");
    bool fdr = page->view->answer->options.fdr != CAUS_FDR_NONE;
    const char *significance = fdr ? "q" : "p";
    add_right(text, columns->has_effects ? "effect" : significance, columns->p);
    caus_text_format(text, "  word%s\n", page->reset);
    page->lines++;
}

/* Both names, each cut in the middle when the two do not fit together. */
static void add_pair(caus_page *page, const caus_link *link, size_t columns)
{
    const char *source = page->view->names[link->source];
    const char *target = page->view->names[link->target];
    const char *between = joint(page, link);
    size_t room = columns - caus_text_columns(between) - 2;
    size_t source_columns = caus_text_columns(source);
    size_t target_columns = caus_text_columns(target);
    if (source_columns + target_columns > room) {
        size_t half = room / 2;
        if (source_columns <= half)
            target_columns = room - source_columns;
        else if (target_columns <= half)
            source_columns = room - target_columns;
        else {
            source_columns = half;
            target_columns = room - half;
        }
    }
    const char *cut = page->glyphs.cut;
    size_t taken =
        caus_text_add_cut(page->text, source, source_columns, cut, true);
    caus_text_format(page->text, " %s ", between);
    taken += caus_text_columns(between) + 2;
    taken += caus_text_add_cut(page->text, target, target_columns, cut, true);
    caus_text_add_spaces(page->text, columns > taken ? columns - taken : 0);
}

static void add_signed(const caus_page *page, caus_text *text, double value)
{
    if (isnan(value))
        caus_text_add(text, page->glyphs.dash);
    else
        caus_text_format(text, "%s%.2f", value < 0 ? page->glyphs.minus : "+",
                         fabs(value));
}

void caus_page_add_link(caus_page *page, const caus_link *link,
                        const caus_link_columns *columns)
{
    caus_text *text = page->text;
    char lag[48];
    caus_view_format_lag(page->view, link->lag, lag);
    char third[EFFECT_BYTES];
    write_third(page, link, columns->has_effects, third);
    caus_text_add(text, "  ");
    add_pair(page, link, columns->name);
    caus_text strength = {0};
    add_signed(page, &strength, link->statistic);
    add_right(text, strength.bytes ? strength.bytes : "", STRENGTH_COLUMNS);
    text->failed |= strength.failed;
    caus_text_deinit(&strength);
    caus_text_add(text, "  ");
    add_right(text, lag, columns->lag);
    caus_text_add(text, "  ");
    add_right(text, third, columns->p);
    caus_text_format(text, "  %s\n", caus_link_word(page->view, link));
    page->lines++;
}

static void add_heading(caus_page *page, const char *title)
{
    caus_text_format(page->text, "\n%s%s%s\n", page->bold, title, page->reset);
}

/* What only some methods compute stands on a second line. */
static void add_link_details(caus_page *page, const caus_link *link)
{
    caus_text text = {0};
    const char *separator = "";
    if (isfinite(link->lower) && isfinite(link->upper)) {
        caus_text_format(&text, "%g %% interval ",
                         page->view->answer->options.level * 100);
        add_signed(page, &text, link->lower);
        caus_text_add(&text, " to ");
        add_signed(page, &text, link->upper);
        separator = ", ";
    }
    if (!isnan(link->orientation_stability)) {
        caus_text_format(&text, "%ssame marks %.2f", separator,
                         link->orientation_stability);
        separator = ", ";
    }
    if (!isnan(link->sensitivity)) {
        caus_text_format(&text, "%skept by %.0f %% of other settings",
                         separator, 100 * link->sensitivity);
        separator = ", ";
    }
    char effect[EFFECT_BYTES];
    write_effect(page, link, effect);
    if (effect[0])
        caus_text_format(&text, "%s%s", separator, effect);
    if (text.length) {
        caus_text_add_spaces(page->text, 6);
        caus_page_add_paragraph(page, page->dim, text.bytes, 6, 0);
    }
    page->text->failed |= text.failed;
    caus_text_deinit(&text);
}

/* What earns the word, and what it lacks for the next. */
static void add_link_checks(caus_page *page, const caus_link *link)
{
    caus_text text = {0};
    caus_link_add_checks(page->view, link, &text);
    if (text.bytes) {
        caus_text_add_spaces(page->text, 6);
        caus_page_add_paragraph(page, page->dim, text.bytes, 6, 0);
    }
    page->text->failed |= text.failed;
    caus_text_deinit(&text);
}

static void add_all_links(caus_page *page)
{
    const caus_view *view = page->view;
    if (!view->cross_count)
        return;
    char title[64];
    bool is_mixed =
        view->involved_count > 0 && view->involved_count < view->cross_count;
    snprintf(title, sizeof title, "all %zu links%s", view->cross_count,
             is_mixed ? ", of what moved first" : "");
    caus_link_columns columns =
        caus_page_link_columns(page, view->cross_count, false);
    caus_text_add_char(page->text, '\n');
    caus_page_add_link_heading(page, title, &columns);
    for (size_t i = 0; i < view->link_count; i++) {
        if (caus_link_is_self(&view->links[i]))
            continue;
        caus_page_add_link(page, &view->links[i], &columns);
        add_link_details(page, &view->links[i]);
        add_link_checks(page, &view->links[i]);
    }
}

/* The columns that a list of variable names gets. */
static size_t name_columns(const caus_page *page)
{
    const caus_view *view = page->view;
    size_t columns = 8, most = page->width / 3;
    for (size_t i = 0; i < view->variable_count; i++) {
        size_t needed = caus_text_columns(view->names[i]);
        if (view->shown[i] && needed > columns)
            columns = needed < most ? needed : most;
    }
    return columns;
}

static void add_name(caus_page *page, size_t variable, size_t columns)
{
    caus_text_add(page->text, "  ");
    size_t taken = caus_text_add_cut(page->text, page->view->names[variable],
                                     columns, page->glyphs.cut, true);
    caus_text_add_spaces(page->text, columns - taken + 2);
}

/* Links of a variable to its own past, one line each variable. */
static void add_memory(caus_page *page)
{
    const caus_view *view = page->view;
    if (view->cross_count == view->link_count)
        return;
    add_heading(page, "own past");
    size_t columns = name_columns(page);
    for (size_t i = 0; i < view->variable_count; i++) {
        caus_text text = {0};
        for (size_t k = 0; k < view->link_count; k++) {
            const caus_link *link = &view->links[k];
            if (link->source != i || link->target != i)
                continue;
            char lag[48];
            caus_view_format_lag(view, link->lag, lag);
            caus_text_format(&text, "%s%s (", text.length ? ", " : "", lag);
            add_signed(page, &text, link->statistic);
            caus_text_add_char(&text, ')');
        }
        if (text.length) {
            add_name(page, i, columns);
            caus_page_add_paragraph(page, "", text.bytes, columns + 4, 0);
        }
        page->text->failed |= text.failed;
        caus_text_deinit(&text);
    }
}

static void add_remarks(const caus_page *page, size_t variable, caus_text *text)
{
    const caus_view *view = page->view;
    const caus_variable_quality *facts =
        &view->answer->quality->variables[view->input_of[variable]];
    if (facts->constant)
        caus_text_add(text, ", constant");
    if (facts->duplicate_of < view->input_count)
        caus_text_format(text, ", same values as %s",
                         view->input_names[facts->duplicate_of]);
    if (facts->single_row_steps)
        caus_text_add(text, ", moves in one or two rows only");
    if (facts->unit_root)
        caus_text_add(text, ", unit root");
}

static void add_variable(caus_page *page, size_t variable, size_t columns)
{
    const caus_view *view = page->view;
    if (view->input_of[variable] == SIZE_MAX)
        return; /* a dummy has no data */
    const caus_variable_quality *facts =
        &view->answer->quality->variables[view->input_of[variable]];
    add_name(page, variable, columns);
    const caus_gram *sums = view->answer->series->gram;
    caus_text text = {0};
    if (sums)
        caus_text_format(&text, "sums of %llu rows",
                         (unsigned long long)sums->row_count);
    else
        caus_text_format(&text,
                         "missing %.1f %%, zero %.1f %%, worth %.0f rows",
                         facts->missing_share * 100, facts->zero_share * 100,
                         facts->effective_rows);
    add_remarks(page, variable, &text);
    if (text.bytes)
        caus_page_add_paragraph(page, "", text.bytes, columns + 4, 0);
    page->text->failed |= text.failed;
    caus_text_deinit(&text);
}

static void add_family(caus_page *page, const caus_family *family)
{
    caus_text text = {0};
    for (size_t i = 0; i < family->member_count; i++)
        caus_text_format(&text, "%s%s", i ? ", " : "",
                         page->view->input_names[family->members[i]]);
    const char *reason =
        caus_clean_text(page->view->arena, family->reason, page->view->clean);
    caus_text_format(&text, ": one thing (%s)", reason ? reason : "");
    caus_text_add(page->text, "  ");
    if (text.bytes)
        caus_page_add_paragraph(page, "", text.bytes, 2, 0);
    page->text->failed |= text.failed || !reason;
    caus_text_deinit(&text);
}

static void add_data(caus_page *page)
{
    const caus_view *view = page->view;
    const caus_quality *quality = view->answer->quality;
    if (!quality)
        return;
    size_t columns = name_columns(page);
    add_heading(page, "data");
    for (size_t i = 0; i < view->variable_count; i++)
        if (view->shown[i])
            add_variable(page, i, columns);
    for (size_t i = 0; i < quality->family_count; i++)
        add_family(page, &quality->families[i]);
}

static void add_dropped(caus_page *page)
{
    const caus_graph_answer *answer = page->view->answer;
    if (!answer->dropped_count)
        return;
    add_heading(page, "left out");
    for (size_t i = 0; i < answer->dropped_count; i++) {
        caus_text text = {0};
        caus_text_format(&text, "%s: %s", answer->dropped[i].label,
                         answer->dropped[i].reason);
        const char *clean = text.failed
                                ? NULL
                                : caus_clean_text(page->view->arena, text.bytes,
                                                  page->view->clean);
        caus_text_add(page->text, "  ");
        if (clean)
            caus_page_add_paragraph(page, "", clean, 2, 0);
        else
            page->text->failed = true;
        caus_text_deinit(&text);
    }
}

static void add_changes(caus_page *page)
{
    size_t count = caus_view_changes_shown(page->view);
    if (!count)
        return;
    add_heading(page, "changes near the onset");
    for (size_t i = 0; i < count; i++) {
        caus_text text = {0};
        caus_view_add_change_line(page->view, i, &text);
        caus_text_add(page->text, "  ");
        if (!text.failed)
            caus_page_add_paragraph(page, "", text.bytes, 4, 0);
        page->text->failed |= text.failed;
        caus_text_deinit(&text);
    }
}

static void add_parts(caus_page *page)
{
    const caus_view *view = page->view;
    if (!view->answer->part_count)
        return;
    add_heading(page, "parts");
    for (size_t k = 0; k < view->answer->part_count; k++) {
        const caus_answer_part *part = &view->answer->parts[k];
        caus_text text = {0};
        caus_view_describe_part(view, k, &text);
        caus_text_format(page->text, "  %s, %zu rows\n      ", part->name,
                         part->row_count);
        if (!text.failed)
            caus_page_add_paragraph(page, "", text.bytes, 6, 0);
        page->text->failed |= text.failed;
        caus_text_deinit(&text);
    }
}

static void add_warnings(caus_page *page)
{
    if (!page->view->warning_count)
        return;
    add_heading(page, "warnings");
    for (size_t i = 0; i < page->view->warning_count; i++) {
        caus_text_add(page->text, "  ");
        caus_page_add_paragraph(page, "", page->view->warnings[i], 2, 0);
    }
}

static void add_origin(caus_page *page)
{
    const caus_graph_answer *answer = page->view->answer;
    add_heading(page, "origin");
    if (*answer->inputs_sha256)
        caus_text_format(page->text, "  inputs sha256 %s\n",
                         answer->inputs_sha256);
    caus_text_format(page->text, "  seed %" PRIu64 ", caus %s\n", answer->seed,
                     caus_version());
}

void caus_page_add_report(caus_page *page)
{
    add_all_links(page);
    caus_page_add_comparison(page);
    add_changes(page);
    add_parts(page);
    add_memory(page);
    add_data(page);
    add_dropped(page);
    add_warnings(page);
    add_origin(page);
}
