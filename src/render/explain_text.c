/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for a terminal: a first screen that stands alone, then all. */
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "render/explain.h"

enum {
    SCREEN_LINES = 23, /* and one that tells of the rest */
    DEFAULT_WIDTH = 80,
    LEAST_WIDTH = 40,
    SUMMARY_LINES = 5,
    TOP_ROWS = 3,
    TOP_HOPS = 4,
    TOP_NOTES = 3,
    TOP_CHANGES = 10,
    NAME_COLUMNS = 24,
    CONFIDENCE_COLUMNS = 11
};

typedef struct sheet {
    const caus_tale *tale;
    caus_text *text;
    const char *bold, *dim, *reset;
    const char *cut, *arrow, *dash, *dot;
    size_t width;
    size_t next_lines;    /* that the next command takes */
    size_t missing_count; /* told on the first screen */
} sheet;

/* What is left of the first screen for what may be left out there. */
static size_t lines_left(const sheet *page)
{
    size_t used = page->next_lines;
    for (size_t i = 0; i < page->text->length; i++)
        used += page->text->bytes[i] == '\n';
    return used < SCREEN_LINES ? SCREEN_LINES - used : 0;
}

static void paragraph(const sheet *page, const char *lead, const char *value,
                      size_t max_lines)
{
    caus_text_add(page->text, lead);
    caus_text_add_wrapped(page->text, caus_tale_clean(page->tale, value),
                          page->width, caus_text_columns(lead), max_lines,
                          page->cut);
}

/* The same of a text that was composed, which is let go; nothing of an empty
 * one. */
static void finish_paragraph(const sheet *page, const char *lead,
                             caus_text *composed)
{
    page->text->failed |= composed->failed;
    if (composed->bytes)
        paragraph(page, lead, composed->bytes, 0);
    caus_text_deinit(composed);
}

static void heading(const sheet *page, const char *title)
{
    caus_text_format(page->text, "\n%s%s%s\n", page->bold, title, page->reset);
}

typedef void compose(const sheet *page, caus_text *text);

static void add_dim(const sheet *page, size_t max_lines, compose *fill)
{
    caus_text composed = {0};
    fill(page, &composed);
    page->text->failed |= composed.failed;
    caus_text_add(page->text, page->dim);
    if (composed.bytes)
        caus_text_add_wrapped(page->text, composed.bytes, page->width, 0,
                              max_lines, page->cut);
    if (*page->reset && !page->text->failed) {
        page->text->length--; /* the style ends before the line does */
        caus_text_format(page->text, "%s\n", page->reset);
    }
    caus_text_deinit(&composed);
}

static void fill_scope(const sheet *page, caus_text *text)
{
    caus_tale_add_scope(page->tale, text, page->dash);
}

static void fill_sources(const sheet *page, caus_text *text)
{
    caus_tale_add_sources(page->tale, text);
}

static void fill_window(const sheet *page, caus_text *text)
{
    caus_tale_add_window(page->tale, text, page->dash, page->dot);
}

static void fill_onset(const sheet *page, caus_text *text)
{
    const caus_explanation *told = page->tale->answer->explanation;
    caus_tale_add_onset(page->tale, text);
    if (told->ending.known) {
        caus_text_add(text, page->dot);
        caus_tale_add_ending(page->tale, text);
    }
    bool guessed =
        told->symptom_chosen && told->verdict == CAUS_VERDICT_NO_ANOMALY;
    if (told->symptom == SIZE_MAX || guessed)
        return;
    const char *name =
        page->tale->answer->series->variables[told->symptom].name;
    caus_text_format(text, "%ssymptom %s%s", page->dot,
                     caus_tale_clean(page->tale, name),
                     told->symptom_chosen ? " (chosen)" : "");
}

static void add_verdict(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    caus_text_format(page->text, "\n%s", page->bold);
    paragraph(page, "", told->summary, SUMMARY_LINES);
    caus_text_add(page->text, page->reset);
    if (!told->suspect_count)
        return;
    if (told->verdict == CAUS_VERDICT_NO_ANOMALY) {
        caus_text_add(page->text,
                      "  \"if any\": how likely it would have begun "
                      "there, had anything happened\n");
        return;
    }
    double percent = 100 * told->suspects[0].confidence;
    char strength[80];
    caus_text belief = {0};
    if (told->doubt) {
        caus_text_format(&belief, "%s: %s", caus_tale_confidence(told),
                         told->doubt);
        finish_paragraph(page, "  ", &belief);
        caus_text_format(&belief, "if anything happened: %.0f %%", percent);
    } else
        caus_text_format(&belief, "confidence: %s (%.0f %%)",
                         caus_tale_confidence(told), percent);
    caus_tale_format_strength(told, strength);
    caus_text_format(&belief, "%s%s", strength[0] ? ", " : "", strength);
    finish_paragraph(page, "  ", &belief);
}

static void add_name(const sheet *page, const char *name, size_t columns)
{
    size_t taken =
        caus_text_add_cut(page->text, caus_tale_clean(page->tale, name),
                          columns, page->cut, true);
    caus_text_add_spaces(page->text, columns - taken + 2);
}

/* What shows it, without the service that the row begins with. */
static const char *say_short(const caus_suspect *suspect)
{
    size_t length = strlen(suspect->service);
    const char *said = suspect->sentence;
    if (suspect->observer)
        return "only watches others: nothing begins in it";
    bool again = length && strncmp(said, suspect->service, length) == 0 &&
                 said[length] && strchr("_-.:/", said[length]);
    return again ? said + length + 1 : said;
}

static void add_suspects(const sheet *page, size_t count)
{
    const caus_explanation *told = page->tale->answer->explanation;
    for (size_t i = 0; i < count; i++) {
        const caus_suspect *suspect = &told->suspects[i];
        caus_text_format(page->text, "%3zu  ", i + 1);
        add_name(page, suspect->service, NAME_COLUMNS);
        caus_text_format(page->text, "%6.2f  %8.0f %%  ", suspect->score,
                         100 * suspect->confidence);
        size_t left = page->width - NAME_COLUMNS - CONFIDENCE_COLUMNS - 16;
        caus_text_add_cut(page->text,
                          caus_tale_clean(page->tale, say_short(suspect)), left,
                          page->cut, false);
        caus_text_add_char(page->text, '\n');
    }
}

static void add_suspect_heading(const sheet *page, const char *title)
{
    caus_text_format(page->text, "\n%s     ", page->dim);
    size_t taken = caus_text_columns(title);
    caus_text_add(page->text, title);
    caus_text_add_spaces(page->text, NAME_COLUMNS - taken + 2);
    caus_text_format(page->text, " score  %10s  what shows it%s\n",
                     caus_tale_is_conditional(page->tale->answer->explanation)
                         ? "if any"
                         : "confidence",
                     page->reset);
}

static void add_effect(const caus_tale *tale, const caus_hop *hop,
                       caus_text *line)
{
    char effect[96];
    if (hop->variable == SIZE_MAX || !isfinite(hop->effect))
        return;
    const caus_variable *named =
        &tale->answer->series->variables[hop->variable];
    caus_amount_format_whole(caus_tale_clean(tale, named->unit), hop->effect,
                             effect);
    caus_text_format(line, "  %s %s%s", caus_tale_clean(tale, named->name),
                     hop->effect < 0 ? "" : "+", effect);
}

/* "auth → payment  preceded  35 s later  payment_errors +52 errors" */
static void add_hop(const sheet *page, const caus_hop *hop)
{
    const caus_tale *tale = page->tale;
    const caus_explanation *told = tale->answer->explanation;
    caus_text line = {0};
    char lag[64];
    caus_tale_format_lag(hop, lag);
    caus_text_format(&line, "%s %s ",
                     caus_tale_clean(tale, told->suspects[hop->from].service),
                     page->arrow);
    caus_text_format(&line, "%s  ",
                     caus_tale_clean(tale, told->suspects[hop->to].service));
    if (hop->word) {
        caus_text_format(&line, "%s  %s", hop->word, lag);
        add_effect(tale, hop, &line);
    } else
        caus_text_add(&line, caus_tale_clean(tale, hop->unearned));
    page->text->failed = page->text->failed || line.failed;
    caus_text_add(page->text, "  ");
    caus_text_add_cut(page->text, line.bytes ? line.bytes : "", page->width - 2,
                      page->cut, false);
    caus_text_add_char(page->text, '\n');
    caus_text_deinit(&line);
}

static void add_hops(const sheet *page, const caus_suspect *suspect,
                     size_t most)
{
    for (size_t i = 0; i < suspect->hop_count && i < most; i++)
        add_hop(page, &suspect->chain[i]);
}

static void add_note(const sheet *page, const char *lead, const char *note,
                     size_t max_lines)
{
    size_t lines = caus_smaller(max_lines, lines_left(page));
    if (note && lines)
        paragraph(page, lead, note, lines);
}

/* As many as the screen has room for; all of them stand further down. */
static void add_missing(sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    size_t left = lines_left(page);
    if (left < 3 || !told->missing_count)
        return;
    page->missing_count =
        caus_smaller(caus_smaller(told->missing_count, TOP_NOTES), left - 2);
    caus_text_add(page->text, "\nmissing:\n");
    for (size_t i = 0; i < page->missing_count; i++)
        paragraph(page, "  ", told->missing[i], 1);
}

static void add_notes(sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    add_note(page, "  ", told->hidden_cause, 2);
    add_note(page, "  nearest change: ", caus_tale_nearest_change(told), 2);
    add_note(page, "  ", told->runner_up, 3);
    add_missing(page);
}

static void add_checks(const sheet *page, const caus_finding *checks,
                       size_t count)
{
    static const char *const marks[] = {"  ? ", "  - ", "  + "};
    for (size_t i = 0; i < count; i++)
        paragraph(page, marks[checks[i].state], caus_finding_told(&checks[i]),
                  0);
}

static void add_traces(const sheet *page, const char *const *ids, size_t count)
{
    caus_text line = {0};
    for (size_t i = 0; i < count; i++)
        caus_text_format(&line, "%s%s", i ? " " : "", ids[i]);
    finish_paragraph(page, "  traces: ", &line);
}

/* A hop with what earned its word, or what it lacks, and what could refute it.
 */
static void add_hop_report(const sheet *page, const caus_hop *hop)
{
    caus_text_add_char(page->text, '\n');
    add_hop(page, hop);
    if (isfinite(hop->delay_s) && hop->delay_s > 0) {
        char delay[40];
        caus_duration_format((int64_t)(hop->delay_s * 1e9), delay);
        caus_text_format(page->text, "  usually %s later\n", delay);
    }
    add_checks(page, hop->checks, hop->check_count);
    paragraph(page, "  ", hop->disproof, 0);
    if (hop->query)
        paragraph(page, "  ", hop->query, 0);
    add_traces(page, hop->exemplars, hop->exemplar_count);
}

static void add_terms(const sheet *page, const caus_suspect *suspect)
{
    const double least_shown = .005; /* two decimals */
    caus_text line = {0};
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++) {
        if (suspect->terms[t] >= least_shown)
            caus_text_format(&line, "%s%s %.2f (rank %zu without it)",
                             line.length ? " + " : "",
                             caus_term_name((caus_term)t), suspect->terms[t],
                             suspect->rank_without[t]);
    }
    finish_paragraph(page, "  score: ", &line);
}

static void add_share(const sheet *page, const caus_suspect *suspect)
{
    const caus_explanation *told = page->tale->answer->explanation;
    if (!suspect->share.known)
        return;
    const char *name =
        page->tale->answer->series->variables[told->symptom].name;
    caus_text line = {0};
    caus_text_format(&line,
                     "its share of what %s changed: %.0f %% (%.0f to %.0f %%)",
                     name, 100 * suspect->share.value, 100 * suspect->share.low,
                     100 * suspect->share.high);
    finish_paragraph(page, "  ", &line);
}

static void add_suspect_report(const sheet *page, const caus_suspect *suspect,
                               bool in_full)
{
    heading(page, caus_tale_clean(page->tale, suspect->service));
    paragraph(page, "  ", suspect->sentence, 0);
    for (size_t i = 0; i < suspect->trace_fact_count; i++)
        paragraph(page, "  ", suspect->trace_facts[i].sentence, 0);
    for (size_t i = 0; i < suspect->log_fact_count; i++) {
        paragraph(page, "  ", suspect->log_facts[i].sentence, 0);
        add_traces(page, suspect->log_facts[i].exemplars,
                   suspect->log_facts[i].exemplar_count);
    }
    add_share(page, suspect);
    add_terms(page, suspect);
    add_checks(page, suspect->findings, suspect->finding_count);
    add_traces(page, suspect->exemplars, suspect->exemplar_count);
    for (size_t i = 0; in_full && i < suspect->hop_count; i++)
        add_hop_report(page, &suspect->chain[i]);
    if (!in_full)
        add_hops(page, suspect, suspect->hop_count);
}

static void add_reach(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    if (!told->reach_count)
        return;
    heading(page, "whom it can reach");
    for (size_t i = 0; i < told->reach_count; i++) {
        const caus_reach *reach = &told->reach[i];
        caus_text_format(
            page->text, "  %s, %zu call%s away%s",
            caus_tale_clean(page->tale, told->suspects[reach->suspect].service),
            reach->distance, reach->distance > 1 ? "s" : "",
            reach->moved ? ": moved" : "");
        char delay[64];
        caus_tale_format_reach(reach, delay);
        caus_text_format(page->text, "%s%s", delay[0] ? ", " : "", delay);
        caus_text_add_char(page->text, '\n');
    }
}

static void add_changes(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    size_t count = caus_smaller(told->change_count, TOP_CHANGES);
    if (count)
        heading(page, "changes near the onset");
    for (size_t i = 0; i < count; i++)
        paragraph(page, "  ", told->changes[i].sentence, 0);
    if (told->change_count > count)
        caus_text_format(page->text, "  and %zu more, less likely\n",
                         told->change_count - count);
}

/* Whole lines, so that terminals and mail programs see them as links. */
static void add_links(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    if (!told->suspect_count)
        return;
    caus_tale_links links =
        caus_tale_find_links(page->tale, &told->suspects[0]);
    if (links.count)
        heading(page, "where to look");
    for (size_t i = 0; i < links.count; i++)
        caus_text_format(page->text, "  %s:\n%s\n", links.items[i].title,
                         links.items[i].url);
}

static void add_all_missing(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    if (told->missing_count == page->missing_count)
        return;
    heading(page, "what is missing");
    for (size_t i = 0; i < told->missing_count; i++)
        paragraph(page, "  ", told->missing[i], 0);
}

static void add_warnings(const sheet *page)
{
    const caus_explanation *told = page->tale->answer->explanation;
    size_t more = page->tale->answer->warning_count;
    if (!told->warning_count && !more)
        return;
    heading(page, "warnings");
    for (size_t i = 0; i < told->warning_count; i++)
        paragraph(page, "  ! ", told->warnings[i], 0);
    for (size_t i = 0; i < more; i++)
        paragraph(page, "  ! ", page->tale->answer->warnings[i], 0);
}

static sheet make_sheet(const caus_tale *tale)
{
    const caus_render_options *options = tale->options;
    const char *next = tale->answer->next_command;
    sheet page = {.tale = tale,
                  .text = tale->text,
                  .bold = options->color ? "\x1b[1m" : "",
                  .dim = options->color ? "\x1b[2m" : "",
                  .reset = options->color ? "\x1b[0m" : "",
                  .cut = options->ascii ? "..." : "…",
                  .arrow = options->ascii ? "->" : "→",
                  .dash = options->ascii ? "-" : "–",
                  .dot = options->ascii ? ", " : " · ",
                  .width = options->width ? options->width : DEFAULT_WIDTH};
    if (page.width < LEAST_WIDTH)
        page.width = LEAST_WIDTH;
    if (next)
        page.next_lines =
            caus_text_add_next(NULL, caus_tale_clean(tale, next), page.width) +
            1;
    return page;
}

static void add_first_screen(sheet *page)
{
    const caus_tale *tale = page->tale;
    const caus_explanation *told = tale->answer->explanation;
    add_dim(page, 1, fill_scope);
    add_dim(page, 2, fill_sources);
    add_dim(page, 2, fill_window);
    add_dim(page, 3, fill_onset);
    add_verdict(page);
    add_suspect_heading(page, "services");
    add_suspects(page, caus_smaller(caus_tale_top(tale), TOP_ROWS));
    if (told->suspect_count)
        add_hops(page, &told->suspects[0],
                 caus_smaller(TOP_HOPS, lines_left(page)));
    add_notes(page);
    if (tale->answer->next_command) {
        caus_text_add_char(page->text, '\n');
        caus_text_add_next(page->text,
                           caus_tale_clean(tale, tale->answer->next_command),
                           page->width);
    }
}

void caus_explanation_write_text(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    sheet page = make_sheet(tale);
    size_t top = caus_tale_top(tale);
    add_first_screen(&page);
    size_t screen_length = page.text->length;
    if (top > TOP_ROWS) {
        add_suspect_heading(&page, "all services");
        add_suspects(&page, top);
    }
    bool found = told->verdict != CAUS_VERDICT_NO_ANOMALY;
    for (size_t i = 0; found && i < caus_smaller(top, TOP_ROWS); i++)
        add_suspect_report(&page, &told->suspects[i], i == 0);
    if (found)
        add_changes(&page);
    add_reach(&page);
    add_links(&page);
    add_all_missing(&page);
    add_warnings(&page);
    if (tale->options->first_screen)
        caus_text_fold(page.text, screen_length);
}
