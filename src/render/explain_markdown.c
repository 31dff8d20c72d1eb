/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for a post-mortem. */
#include <math.h>

#include "render/explain.h"

static void add_when(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_text *text = tale->text;
    caus_text_add(text, "- ");
    caus_tale_add_onset(tale, text);
    if (told->ending.known) {
        caus_text_add(text, "\n- ");
        caus_tale_add_ending(tale, text);
    }
    caus_text_add(text, "\n- rows: ");
    caus_tale_add_window(tale, text, "–", "; ");
    caus_text_add(text, "\n- data: ");
    caus_tale_add_sources(tale, text);
    caus_text_add_char(text, '\n');
}

static void add_summary(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_text *text = tale->text;
    caus_text_add(text, "# Root cause\n\n*");
    caus_tale_add_scope(tale, text, "–");
    caus_text_add(text, "*\n\n");
    caus_text_add_markdown(text, caus_tale_clean(tale, told->summary));
    caus_text_add(text, ".\n\n");
    add_when(tale);
    if (told->symptom != SIZE_MAX) {
        caus_text_add(text, "- symptom: ");
        const char *name = tale->answer->series->variables[told->symptom].name;
        caus_text_add_markdown_code(text, caus_tale_clean(tale, name));
        caus_text_add_char(text, '\n');
    }
    caus_text_format(text, "- verdict: %s\n", caus_verdict_name(told->verdict));
    if (told->suspect_count && told->verdict != CAUS_VERDICT_NO_ANOMALY)
        caus_text_format(text, "- confidence: %s (%.0f %%%s%s)\n",
                         caus_tale_confidence(told),
                         100 * told->suspects[0].confidence,
                         told->doubt ? " if anything happened; " : "",
                         told->doubt ? told->doubt : "");
    const char *change = caus_tale_nearest_change(told);
    if (change) {
        caus_text_add(text, "- nearest change: ");
        caus_text_add_markdown(text, caus_tale_clean(tale, change));
        caus_text_add_char(text, '\n');
    }
    if (tale->answer->next_command) {
        caus_text_add(text, "- next: ");
        caus_text_add_markdown_code(
            text, caus_tale_clean(tale, tale->answer->next_command));
        caus_text_add_char(text, '\n');
    }
}

static void add_share(caus_text *text, const caus_share *share)
{
    if (share->known)
        caus_text_format(text, "%.0f %% (%.0f–%.0f %%)", 100 * share->value,
                         100 * share->low, 100 * share->high);
    caus_text_add(text, " | ");
}

static void add_services(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_text *text = tale->text;
    caus_text_format(text,
                     "\n## Services\n\n| rank | service | score | %s | "
                     "share of the change | what shows it |\n"
                     "|---:|---|---:|---:|---:|---|\n",
                     caus_tale_is_conditional(told) ? "if anything happened"
                                                    : "confidence");
    for (size_t i = 0; i < caus_tale_top(tale); i++) {
        const caus_suspect *suspect = &told->suspects[i];
        caus_text_format(text, "| %zu | ", i + 1);
        caus_text_add_markdown(text, caus_tale_clean(tale, suspect->service));
        caus_text_format(text, " | %.2f | %.0f %% | ", suspect->score,
                         100 * suspect->confidence);
        add_share(text, &suspect->share);
        caus_text_add_markdown(text, caus_tale_clean(tale, suspect->sentence));
        caus_text_add(text, " |\n");
    }
}

static void add_checks(const caus_tale *tale, const char *indent,
                       const caus_finding *checks, size_t count)
{
    static const char *const words[] = {"untested", "failed", "passed"};
    for (size_t i = 0; i < count; i++) {
        caus_text_format(tale->text, "%s- %s: ", indent,
                         words[checks[i].state]);
        caus_text_add_markdown(
            tale->text, caus_tale_clean(tale, caus_finding_told(&checks[i])));
        caus_text_add_char(tale->text, '\n');
    }
}

static void add_hop(const caus_tale *tale, const caus_hop *hop)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_text *text = tale->text;
    char lag[64];
    caus_tale_format_lag(hop, lag);
    if (hop->word) {
        caus_text_add_markdown(
            text, caus_tale_clean(tale, told->suspects[hop->from].service));
        caus_text_format(text, " %s ", hop->word);
        caus_text_add_markdown(
            text, caus_tale_clean(tale, told->suspects[hop->to].service));
        caus_text_format(text, " (%s); ", lag);
    } else {
        caus_text_add_markdown(text, caus_tale_clean(tale, hop->unearned));
        caus_text_add(text, "; ");
    }
    caus_text_add_markdown(text, caus_tale_clean(tale, hop->disproof));
    caus_text_add_char(text, '\n');
    add_checks(tale, "   ", hop->checks, hop->check_count);
}

static void add_chain(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    if (!told->suspect_count || !told->suspects[0].hop_count)
        return;
    caus_text_add(tale->text, "\n## Chain\n\n");
    for (size_t i = 0; i < told->suspects[0].hop_count; i++) {
        caus_text_format(tale->text, "%zu. ", i + 1);
        add_hop(tale, &told->suspects[0].chain[i]);
    }
}

static void add_findings(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    if (!told->suspect_count)
        return;
    caus_text_add(tale->text, "\n## Checks\n\n");
    add_checks(tale, "", told->suspects[0].findings,
               told->suspects[0].finding_count);
}

static void add_list(const caus_tale *tale, const char *title,
                     const char *const *items, size_t count)
{
    if (!count)
        return;
    caus_text_format(tale->text, "\n## %s\n\n", title);
    for (size_t i = 0; i < count; i++) {
        caus_text_add(tale->text, "- ");
        caus_text_add_markdown(tale->text, caus_tale_clean(tale, items[i]));
        caus_text_add_char(tale->text, '\n');
    }
}

static void add_links(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    if (!told->suspect_count)
        return;
    caus_tale_links links = caus_tale_find_links(tale, &told->suspects[0]);
    if (links.count)
        caus_text_add(tale->text, "\n## Where to look\n\n");
    for (size_t i = 0; i < links.count; i++) {
        caus_text_add(tale->text, "- [");
        caus_text_add_markdown(tale->text, links.items[i].title);
        caus_text_format(tale->text, "](%s)\n", links.items[i].url);
    }
}

void caus_explanation_write_markdown(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    add_summary(tale);
    add_services(tale);
    if (told->runner_up) {
        caus_text_add_char(tale->text, '\n');
        caus_text_add_markdown(tale->text,
                               caus_tale_clean(tale, told->runner_up));
        caus_text_add(tale->text, ".\n");
    }
    if (told->hidden_cause) {
        caus_text_add_char(tale->text, '\n');
        caus_text_add_markdown(tale->text,
                               caus_tale_clean(tale, told->hidden_cause));
        caus_text_add(tale->text, ".\n");
    }
    add_chain(tale);
    add_findings(tale);
    add_links(tale);
    add_list(tale, "Missing", told->missing, told->missing_count);
    add_list(tale, "Warnings", told->warnings, told->warning_count);
    add_list(tale, "Warnings of the data", tale->answer->warnings,
             tale->answer->warning_count);
}
