/* SPDX-License-Identifier: Apache-2.0 */
/* A report for a wiki or a ticket: everything but the pictures. */
#include <inttypes.h>
#include <math.h>

#include "render/report.h"

enum { FLAW_ROWS = 40 };

static void put(const caus_report_page *page, const char *value)
{
    caus_text_add_markdown(page->text, caus_tale_clean(&page->tale, value));
}

static void put_code(const caus_report_page *page, const char *value)
{
    caus_text_add_markdown_code(page->text,
                                caus_tale_clean(&page->tale, value));
}

static void heading(const caus_report_page *page, const char *title)
{
    caus_text_format(page->text, "\n## %s\n\n", title);
}

static void put_clock(const caus_report_page *page, const caus_onset *onset)
{
    char clock[16] = "–";
    if (onset->found)
        caus_clock_format(onset->time_ns, clock);
    caus_text_add(page->text, clock);
}

static void put_change(const caus_report_page *page, const caus_clue *clue)
{
    char change[CAUS_REPORT_CHANGE];
    caus_report_format_change(page, clue, change);
    caus_text_add_markdown(page->text, change);
}

static void put_belief(const caus_report_page *page, double share)
{
    char belief[16];
    caus_report_format_belief(share, belief);
    put(page, belief);
}

static void put_variable(const caus_report_page *page, size_t variable)
{
    put_code(page, page->series->variables[variable].name);
}

/* ---- summary ---- */

static void add_seen(const caus_report_page *page)
{
    caus_text_add(page->text, "- rows: ");
    caus_tale_add_window(&page->tale, page->text, "–", "; ");
    caus_text_add(page->text, "\n- data: ");
    caus_tale_add_sources(&page->tale, page->text);
    caus_text_add_char(page->text, '\n');
}

static void add_facts(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    caus_text_format(page->text, "- verdict: %s\n",
                     caus_report_verdict(told->verdict));
    if (told->suspect_count && told->verdict != CAUS_VERDICT_NO_ANOMALY) {
        caus_text_add(page->text, "- confidence: ");
        put_belief(page, told->suspects[0].confidence);
        caus_text_format(page->text, "%s (%s%s%s)\n",
                         told->doubt ? " if anything happened" : "",
                         caus_tale_confidence(told), told->doubt ? ": " : "",
                         told->doubt ? told->doubt : "");
    }
    add_seen(page);
    caus_text_add(page->text, "- ");
    caus_tale_add_onset(&page->tale, page->text);
    caus_text_add_char(page->text, '\n');
    const caus_extent *extent = page->report->extent;
    if (extent && extent->found && extent->has_end) {
        caus_text_add(page->text, "- ended: ");
        caus_text_add_instant(page->text, extent->end_ns,
                              page->options->zone_offset_minutes);
        caus_text_add_char(page->text, '\n');
    } else if (told->ending.known) {
        caus_text_add(page->text, "- ended: no, it was still going on at ");
        caus_text_add_instant(page->text, told->ending.time_ns,
                              page->options->zone_offset_minutes);
        caus_text_add(page->text, ", the last row\n");
    }
    if (told->symptom == SIZE_MAX)
        return;
    caus_text_add(page->text, "- symptom: ");
    put_variable(page, told->symptom);
    caus_text_add(page->text,
                  told->symptom_chosen ? " (chosen: none was given)\n" : "\n");
}

static void add_links(const caus_report_page *page)
{
    if (!page->told->suspect_count)
        return;
    caus_tale_links links =
        caus_tale_find_links(&page->tale, &page->told->suspects[0]);
    if (links.count)
        heading(page, "Where to look");
    for (size_t i = 0; i < links.count; i++) {
        caus_text_add(page->text, "- [");
        caus_text_add_markdown(page->text, links.items[i].title);
        caus_text_format(page->text, "](%s)\n", links.items[i].url);
    }
}

static void add_summary(const caus_report_page *page)
{
    const char *headline, *rest;
    caus_advice advice[CAUS_REPORT_ADVICE];
    caus_report_headline(page, &headline, &rest);
    caus_text_add(page->text, "# Incident report: ");
    caus_text_add_markdown(page->text, headline);
    caus_text_add(page->text, "\n\n*");
    caus_tale_add_scope(&page->tale, page->text, "–");
    caus_text_add(page->text, "*\n\n");
    if (rest[0]) {
        caus_text_add_markdown(page->text, rest);
        caus_text_add(page->text, "\n\n");
    }
    add_facts(page);
    size_t count = caus_report_advise(page, advice);
    if (count)
        heading(page, "Check next");
    for (size_t i = 0; i < count; i++) {
        caus_text_format(page->text, "- **%s**: ", advice[i].label);
        put(page, advice[i].text);
        caus_text_add_char(page->text, '\n');
    }
    add_links(page);
}

/* ---- story ---- */

static void add_checks(const caus_report_page *page, const char *indent,
                       const caus_finding *items, size_t count)
{
    static const char *const words[] = {"not tested", "against it", "for it"};
    for (int state = CAUS_STATE_PASSED; state >= CAUS_STATE_UNTESTED; state--)
        for (size_t i = 0; i < count; i++) {
            if (items[i].state != (caus_check_state)state)
                continue;
            caus_text_format(page->text, "%s- %s: ", indent, words[state]);
            put(page, caus_finding_told(&items[i]));
            caus_text_add_char(page->text, '\n');
        }
}

static void add_graph_word(const caus_report_page *page, const caus_hop *hop)
{
    caus_text words = {0};
    caus_report_add_graph_word(page, hop, &words);
    if (words.bytes) {
        caus_text_add(page->text, "   - in the graph below: ");
        put(page, words.bytes);
        caus_text_add_char(page->text, '\n');
    }
    page->text->failed |= words.failed;
    caus_text_deinit(&words);
}

static void add_hop(const caus_report_page *page, const caus_hop *hop)
{
    char lag[64];
    caus_tale_format_lag(hop, lag);
    if (hop->word) {
        put(page, caus_report_service(page, hop->from));
        caus_text_format(page->text, " %s ", hop->word);
        put(page, caus_report_service(page, hop->to));
        caus_text_format(page->text, ", %s", lag);
    } else
        put(page, hop->unearned);
    if (hop->word && hop->variable != SIZE_MAX && isfinite(hop->effect)) {
        char size[48];
        caus_scale scale = caus_scale_choose(page, hop->variable, hop->effect);
        caus_scale_format(&scale, fabs(hop->effect), size);
        caus_text_add(page->text, ": ");
        put_variable(page, hop->variable);
        caus_text_format(page->text, " %s%s%s", hop->effect < 0 ? "−" : "+",
                         size, scale.unit[0] ? " " : "");
        caus_text_add_markdown(page->text, scale.unit);
    }
    caus_text_add_char(page->text, '\n');
    add_checks(page, "   ", hop->checks, hop->check_count);
    add_graph_word(page, hop);
    caus_text_add(page->text, "   - ");
    put(page, hop->disproof);
    if (hop->query) {
        caus_text_add(page->text, ": ");
        put_code(page, hop->query);
    }
    caus_text_add_char(page->text, '\n');
    if (hop->exemplar_count)
        caus_text_add(page->text, "   - traces: ");
    for (size_t i = 0; i < hop->exemplar_count; i++) {
        put_code(page, hop->exemplars[i]);
        caus_text_add_char(page->text,
                           i + 1 < hop->exemplar_count ? ' ' : '\n');
    }
}

static void add_chain(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    if (!told->suspect_count || !told->suspects[0].hop_count ||
        told->verdict == CAUS_VERDICT_NO_ANOMALY)
        return;
    heading(page, "How it spread");
    for (size_t i = 0; i < told->suspects[0].hop_count; i++) {
        caus_text_format(page->text, "%zu. ", i + 1);
        add_hop(page, &told->suspects[0].chain[i]);
    }
}

static void put_moment(const caus_report_page *page, const caus_onset *onset)
{
    char after[48], first[16], last[16];
    if (!onset->found) {
        caus_text_add(page->text, "moved; when is not measurable | – | – | ");
        return;
    }
    /* Rows with an onset come first. */
    const caus_onset *earliest = &page->told->clues[page->moved[0]].onset;
    caus_report_format_offset(onset->time_ns - earliest->time_ns, after);
    caus_clock_format(onset->first_ns, first);
    caus_clock_format(onset->last_ns, last);
    put_clock(page, onset);
    caus_text_format(page->text, " | %s | %s–%s | ", after, first, last);
}

static void add_onsets(const caus_report_page *page)
{
    if (!page->moved_count)
        return;
    heading(page, "Who moved when");
    caus_text_add(
        page->text,
        "| began (UTC) | after the first | interval, 95 % | service | "
        "variable | before → after |\n"
        "|---:|---:|---:|---|---|---:|\n");
    for (size_t i = 0; i < page->moved_count; i++) {
        const caus_clue *clue = &page->told->clues[page->moved[i]];
        caus_text_add(page->text, "| ");
        put_moment(page, &clue->onset);
        put(page, caus_report_service(page, clue->suspect));
        caus_text_add(page->text, " | ");
        put_variable(page, clue->variable);
        caus_text_add(page->text, " | ");
        put_change(page, clue);
        caus_text_add(page->text, " |\n");
    }
    if (page->unlisted_count)
        caus_text_format(page->text, "\n%zu more moved by less.\n",
                         page->unlisted_count);
}

/* ---- candidates ---- */

static void add_ranking(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    heading(page, "Candidates and evidence");
    caus_text_format(page->text,
                     "| rank | service | score | %s | share of the change "
                     "| onset (UTC) | what shows it |\n"
                     "|---:|---|---:|---:|---:|---:|---|\n",
                     caus_tale_is_conditional(told) ? "if anything happened"
                                                    : "confidence");
    for (size_t i = 0; i < caus_tale_top(&page->tale); i++) {
        const caus_suspect *suspect = &told->suspects[i];
        caus_text_format(page->text, "| %zu | ", i + 1);
        put(page, suspect->service);
        caus_text_format(page->text, " | %.2f | ", suspect->score);
        put_belief(page, suspect->confidence);
        caus_text_add(page->text, " | ");
        if (suspect->share.known)
            caus_text_format(page->text, "%.0f %% (%.0f–%.0f) | ",
                             100 * suspect->share.value,
                             100 * suspect->share.low,
                             100 * suspect->share.high);
        else
            caus_text_add(page->text, "– | ");
        put_clock(page, &suspect->onset);
        caus_text_add(page->text, " | ");
        put(page, suspect->observer
                      ? "only watches others: nothing begins in it"
                      : suspect->sentence);
        caus_text_add(page->text, " |\n");
    }
    if (!told->runner_up)
        return;
    caus_text_add(page->text, "\nThe alternative: ");
    put(page, told->runner_up);
    caus_text_add(page->text, ".\n");
}

static void add_evidence(const caus_report_page *page, size_t rank)
{
    const caus_suspect *suspect = &page->told->suspects[rank];
    caus_text_format(page->text, "\n### %zu. ", rank + 1);
    put(page, suspect->service);
    caus_text_add(page->text, ", ");
    put_belief(page, suspect->confidence);
    caus_text_add(page->text, caus_tale_is_conditional(page->told)
                                  ? " if anything happened\n\n"
                                  : "\n\n");
    add_checks(page, "", suspect->findings, suspect->finding_count);
    for (size_t i = 0; i < suspect->log_fact_count; i++) {
        caus_text_add(page->text, "- log: ");
        put(page, suspect->log_facts[i].sentence);
        caus_text_add_char(page->text, '\n');
    }
    caus_text_add(page->text, "- score:");
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++)
        if (suspect->terms[t] >= caus_report_least_term)
            caus_text_format(page->text, " %s %.2f (rank %zu without)",
                             caus_term_name((caus_term)t), suspect->terms[t],
                             suspect->rank_without[t]);
    caus_text_add_char(page->text, '\n');
}

static void add_changes(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    heading(page, "Changes around the onset");
    if (!told->change_count) {
        caus_text_add(page->text, page->report->changes
                                      ? "No change is near the onset.\n"
                                      : "No list of changes was given.\n");
        return;
    }
    for (size_t i = 0; i < told->change_count; i++) {
        const caus_culprit_change *change = &told->changes[i];
        char before[48];
        caus_report_format_offset(change->time_ns - told->onset.time_ns,
                                  before);
        caus_text_format(page->text, "%zu. ", i + 1);
        put(page, change->kind);
        caus_text_add_char(page->text, ' ');
        put_code(page, change->ref[0] ? change->ref : change->kind);
        caus_text_format(page->text, ", %s from the onset, ", before);
        put_belief(page, change->confidence);
        caus_text_add(page->text, ": ");
        put(page, change->sentence);
        caus_text_add_char(page->text, '\n');
    }
}

static void add_reach(const caus_report_page *page)
{
    const caus_explanation *told = page->told;
    if (!told->reach_count)
        return;
    heading(page, "Blast radius");
    for (size_t i = 0; i < told->reach_count; i++) {
        const caus_reach *reach = &told->reach[i];
        caus_text_add(page->text, "- ");
        put(page, caus_report_service(page, reach->suspect));
        caus_text_format(page->text, ": %zu call%s away, %s", reach->distance,
                         reach->distance > 1 ? "s" : "",
                         reach->moved ? "shows it" : "does not show it yet");
        char delay[64];
        caus_tale_format_reach(reach, delay);
        caus_text_format(page->text, "%s%s", delay[0] ? ", " : "", delay);
        caus_text_add_char(page->text, '\n');
    }
}

/* ---- graph and data ---- */

static void add_edges(const caus_report_page *page)
{
    const caus_view *view = &page->view;
    size_t shown = 0;
    if (view->cross_count)
        caus_text_add(page->text,
                      "\n| from | word | to | delay | strength | seen in |\n"
                      "|---|---|---|---:|---:|---|\n");
    for (size_t i = 0; i < view->link_count && shown < CAUS_REPORT_LINKS; i++) {
        const caus_link *link = &view->links[i];
        char lag[48];
        if (caus_link_is_self(link))
            continue;
        shown++;
        caus_view_format_lag(view, link->lag, lag);
        caus_text_add(page->text, "| ");
        put_code(page, view->names[link->source]);
        caus_text_format(page->text, " | %s | ", caus_link_word(view, link));
        put_code(page, view->names[link->target]);
        caus_text_format(page->text, " | %s | %+.2f | %s |\n",
                         link->lag ? lag : "same step", link->statistic,
                         caus_environments_name(link->environments));
    }
}

static void add_graph(const caus_report_page *page)
{
    heading(page, "Causal graph");
    if (!page->report->graph) {
        caus_text_add(page->text, "No graph: ");
        put(page, page->report->graph_missing ? page->report->graph_missing
                                              : "none was learned");
        caus_text_add(page->text, ".\n");
        return;
    }
    caus_view_add_scope(&page->view, page->text, "–");
    caus_text_add(page->text, ". ");
    caus_view_add_method(&page->view, page->text);
    caus_text_add(page->text, ".\n");
    add_edges(page);
    if (page->view.cross_count)
        caus_text_add_char(page->text, '\n');
    caus_text_add_markdown_checks(page->text, &page->view, CAUS_REPORT_LINKS);
}

static void add_list(const caus_report_page *page, const char *title,
                     const char *const *items, size_t count)
{
    if (count)
        caus_text_format(page->text, "\n### %s\n\n", title);
    for (size_t i = 0; i < count; i++) {
        caus_text_add(page->text, "- ");
        put(page, items[i]);
        caus_text_add_char(page->text, '\n');
    }
}

static void add_flaws(const caus_report_page *page)
{
    const caus_quality *quality = page->report->quality;
    size_t shown = 0;
    for (size_t v = 0; quality && v < quality->variable_count; v++) {
        const char *flaw = caus_report_flaw(page, v);
        double missing = quality->variables[v].missing_share;
        if ((!flaw[0] && missing <= 0) || shown >= FLAW_ROWS)
            continue;
        if (!shown++)
            caus_text_add(page->text, "\n### Flaws of single variables\n\n");
        caus_text_add(page->text, "- ");
        put_code(page, caus_report_examined(page, v));
        caus_text_format(page->text, ": %.2f %% missing%s%s\n", 100 * missing,
                         flaw[0] ? "; " : "", flaw);
    }
}

static caus_status add_data(const caus_report_page *page, caus_error *err)
{
    const caus_explanation *told = page->told;
    caus_warning_list warnings;
    char step[40];
    CAUS_TRY(caus_report_warnings(page, &warnings, err));
    caus_duration_format(page->series->step_ns, step);
    heading(page, "Data and what is missing");
    caus_text_format(page->text,
                     "%zu variables, %zu rows before the onset and %zu from it "
                     "on, one every %s, %.2f %% of values missing.\n",
                     page->series->variable_count, told->rows_before,
                     told->rows_after, step,
                     100 * caus_report_missing_share(page));
    add_list(page, "What is missing", told->missing, told->missing_count);
    add_list(page, "Warnings", warnings.items, warnings.count);
    add_flaws(page);
    return CAUS_OK;
}

static void add_again(const caus_report_page *page)
{
    const caus_report *report = page->report;
    heading(page, "Do it again");
    for (size_t i = 0; i < report->command_count; i++) {
        caus_text_add(page->text, "    ");
        caus_text_add(page->text,
                      caus_tale_clean(&page->tale, report->commands[i]));
        caus_text_add_char(page->text, '\n');
    }
    caus_text_add(page->text, "\n- rows: ");
    caus_text_add_instant(page->text, page->first_ns,
                          page->options->zone_offset_minutes);
    caus_text_add(page->text, " to ");
    caus_text_add_instant(page->text, page->last_ns,
                          page->options->zone_offset_minutes);
    if (report->source) {
        caus_text_add(page->text, "\n- source: ");
        put_code(page, report->source);
    }
    caus_text_format(page->text,
                     "\n- SHA-256 of the data: %s\n- seed: %" PRIu64
                     "\n- version: caus " CAUS_VERSION "\n",
                     report->explanation->inputs_sha256,
                     report->explanation->seed);
}

caus_status caus_report_write_markdown(const caus_report_page *page,
                                       caus_error *err)
{
    add_summary(page);
    add_chain(page);
    add_onsets(page);
    add_ranking(page);
    for (size_t i = 0; i < page->told->suspect_count && i < CAUS_REPORT_CARDS;
         i++)
        if (page->told->suspects[i].score > 0)
            add_evidence(page, i);
    add_changes(page);
    add_reach(page);
    add_graph(page);
    CAUS_TRY(add_data(page, err));
    add_again(page);
    return CAUS_OK;
}
