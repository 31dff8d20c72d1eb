/* SPDX-License-Identifier: Apache-2.0 */
/* The answer as a section of a post-mortem. */
#include <inttypes.h>
#include <math.h>

#include "render/picture.h"

static void add_clean(caus_text *text, const caus_view *view, const char *value)
{
    const char *clean = caus_clean_text(view->arena, value, view->clean);
    if (clean)
        caus_text_add_markdown(text, clean);
    else
        text->failed = true;
}

static void add_name(caus_text *text, const caus_view *view, const char *name)
{
    const char *clean = caus_clean_text(view->arena, name, view->clean);
    if (clean)
        caus_text_add_markdown_code(text, clean);
    else
        text->failed = true;
}

static void add_window(caus_text *text, const caus_view *view,
                       const caus_render_options *options)
{
    caus_time_span window = caus_view_window(view);
    int64_t step_ns = view->answer->series->step_ns;
    if (window.has_time) {
        caus_text_add_window(text, &window, options->zone_offset_minutes, "–");
        caus_text_add(text, ", ");
    }
    caus_text_format(text, "%zu ", window.steps);
    if (step_ns > 0) {
        char step[40];
        caus_duration_format(step_ns, step);
        caus_text_format(text, "steps of %s", step);
    } else
        caus_text_add(text, "rows");
    caus_text_format(text, ", %zu used", view->answer->discovery->rows_used);
    if (window.baseline_rows)
        caus_text_format(text, ", baseline %zu steps", window.baseline_rows);
    const caus_extent *extent = view->answer->extent;
    if (extent && extent->found) {
        caus_text_add(text, ", ");
        caus_text_add_extent(text, extent, options->zone_offset_minutes, "–");
    }
}

static void add_summary(caus_text *text, const caus_view *view,
                        const caus_render_options *options)
{
    caus_text_add(text, "## What preceded what\n\n**");
    caus_view_add_sentence(view, text, caus_text_add_markdown_code);
    caus_text_format(text, "**\n\nConfidence: **%s** (",
                     caus_confidence_name(caus_view_confidence(view)));
    caus_view_add_confidence_reason(view, text);
    caus_text_add(text, ").\n\n- Window: ");
    add_window(text, view, options);
    caus_text_add(text, "\n- Method: ");
    caus_view_add_method(view, text);
    caus_text_format(text, ", %zu variables, ", view->variable_count);
    caus_text_add_count(text, view->answer->discovery->test_count);
    caus_text_add(text, " tests");
    caus_text_add(text, "\n- Scope: ");
    caus_view_add_scope(view, text, "–");
    if (view->orderless_count)
        caus_text_format(text,
                         "\n- Not measurable: the order of %zu of %zu "
                         "links",
                         view->orderless_count, view->cross_count);
    if (view->target != SIZE_MAX) {
        caus_text_add(text, "\n- Shown: only what leads to ");
        caus_text_add_markdown_code(text, view->names[view->target]);
    }
    if (!view->answer->discovery->complete)
        caus_text_add(text, "\n- **Partial**: the limit of time or tests cut "
                            "the search short, links may be missing");
    caus_text_add(text, "\n\n");
}

static void add_link(caus_text *text, const caus_view *view,
                     const caus_link *link, bool fdr)
{
    static const char *const joints[] = {"—", "→", "↔"};
    char lag[48];
    caus_view_format_lag(view, link->lag, lag);
    caus_text_add(text, "| ");
    caus_text_add_markdown_code(text, view->names[link->source]);
    caus_text_format(text, " %s ", joints[caus_link_heads(link)]);
    caus_text_add_markdown_code(text, view->names[link->target]);
    caus_text_format(text, " | %s | %s | ", caus_link_word(view, link),
                     link->lag ? lag : "same step");
    if (!link->is_granted)
        caus_text_format(text, "%+.2f", link->statistic);
    caus_text_add(text, " | ");
    if (isfinite(link->lower) && isfinite(link->upper))
        caus_text_format(text, "%+.2f to %+.2f", link->lower, link->upper);
    caus_text_add(text, " | ");
    if (!link->is_granted)
        caus_text_add_p(text, fdr ? link->q_value : link->p_value);
    caus_text_add(text, " | ");
    if (!isnan(link->stability))
        caus_text_format(text, "stability %.2f ", link->stability);
    if (!isnan(link->orientation_stability))
        caus_text_format(text, "same marks %.2f ", link->orientation_stability);
    if (!isnan(link->sensitivity))
        caus_text_format(text, "kept by %.0f %% of other settings ",
                         100 * link->sensitivity);
    if (link->environments != CAUS_EDGE_POOLED)
        caus_text_add(text, caus_environments_name(link->environments));
    caus_text_add(text, " |\n");
}

static void add_links(caus_text *text, const caus_view *view)
{
    const caus_pcmci_options *options = &view->answer->options;
    bool fdr = options->fdr != CAUS_FDR_NONE;
    if (!view->cross_count)
        return;
    caus_text_format(text,
                     "### Links\n\n"
                     "| link | word | lag | strength | %g %% interval | %s | "
                     "also |\n"
                     "|---|---|--:|--:|---|--:|---|\n",
                     options->level * 100, fdr ? "q" : "p");
    for (size_t i = 0; i < view->link_count; i++)
        if (!caus_link_is_self(&view->links[i]))
            add_link(text, view, &view->links[i], fdr);
    caus_text_add_char(text, '\n');
}

void caus_text_add_markdown_checks(caus_text *text, const caus_view *view,
                                   size_t most)
{
    size_t shown = 0;
    if (!view->cross_count)
        return;
    caus_text_add(text, "### Checks behind the words\n\n");
    for (size_t i = 0; i < view->link_count && shown < most; i++) {
        const caus_link *link = &view->links[i];
        if (caus_link_is_self(link))
            continue;
        shown++;
        caus_text_add(text, "- ");
        caus_text_add_markdown_code(text, view->names[link->source]);
        caus_text_format(text, " %s ", caus_link_word(view, link));
        caus_text_add_markdown_code(text, view->names[link->target]);
        caus_text checks = {0};
        caus_link_add_checks(view, link, &checks);
        caus_text_add(text, ": ");
        if (checks.bytes)
            caus_text_add_markdown(text, checks.bytes);
        caus_text_add_char(text, '\n');
        text->failed |= checks.failed;
        caus_text_deinit(&checks);
    }
}

static void add_changes(caus_text *text, const caus_view *view)
{
    size_t count = caus_view_changes_shown(view);
    if (!count)
        return;
    caus_text_add(text, "### Changes near the onset\n\n");
    for (size_t i = 0; i < count; i++) {
        caus_text line = {0};
        caus_view_add_change_line(view, i, &line);
        caus_text_add(text, "- ");
        if (!line.failed)
            caus_text_add_markdown(text, line.bytes);
        caus_text_add_char(text, '\n');
        text->failed |= line.failed;
        caus_text_deinit(&line);
    }
    caus_text_add_char(text, '\n');
}

static void add_parts(caus_text *text, const caus_view *view)
{
    const caus_graph_answer *answer = view->answer;
    if (!answer->part_count)
        return;
    caus_text_add(text, "### Parts\n\n| part | rows | links, then changes |\n"
                        "|---|--:|---|\n");
    for (size_t k = 0; k < answer->part_count; k++) {
        caus_text words = {0};
        caus_view_describe_part(view, k, &words);
        caus_text_format(text, "| %s | %zu | ", answer->parts[k].name,
                         answer->parts[k].row_count);
        if (!words.failed)
            caus_text_add_markdown(text, words.bytes);
        caus_text_add(text, " |\n");
        text->failed |= words.failed;
        caus_text_deinit(&words);
    }
    caus_text_add_char(text, '\n');
}

static void add_memory(caus_text *text, const caus_view *view)
{
    if (view->cross_count == view->link_count)
        return;
    caus_text_add(text, "Variables that follow their own past: ");
    const char *separator = "";
    for (size_t i = 0; i < view->variable_count; i++) {
        caus_text memory = {0};
        if (view->shown[i])
            caus_view_add_memory(view, i, &memory);
        if (memory.length) {
            caus_text_add(text, separator);
            caus_text_add_markdown_code(text, view->names[i]);
            caus_text_format(text, " (%s)", memory.bytes);
            separator = ", ";
        }
        text->failed |= memory.failed;
        caus_text_deinit(&memory);
    }
    caus_text_add(text, ".\n\n");
}

static void add_variable(caus_text *text, const caus_view *view, size_t index)
{
    const caus_variable *variable = &view->answer->series->variables[index];
    const caus_quality *quality = view->answer->quality;
    caus_text_add(text, "| ");
    caus_text_add_markdown_code(text, view->names[index]);
    caus_text_add(text, " | ");
    add_clean(text, view, variable->service);
    caus_text_add(text, " | ");
    add_clean(text, view, variable->source);
    caus_text_add(text, " | ");
    add_clean(text, view, variable->unit);
    caus_text_add(text, " | ");
    size_t input = view->input_of[index];
    /* sums do not tell what was missing or zero in which column */
    if (quality && input != SIZE_MAX && !view->answer->series->gram)
        caus_text_format(text, "%.1f %% | %.1f %%",
                         quality->variables[input].missing_share * 100,
                         quality->variables[input].zero_share * 100);
    else
        caus_text_add(text, "|");
    caus_text_add(text, " | ");
    if (variable->query && *variable->query)
        add_name(text, view, variable->query);
    caus_text_add(text, " |\n");
}

static void add_data(caus_text *text, const caus_view *view)
{
    const caus_graph_answer *answer = view->answer;
    caus_text_add(text,
                  "### Data\n\n"
                  "| variable | service | source | unit | missing | zero | "
                  "query |\n|---|---|---|---|--:|--:|---|\n");
    for (size_t i = 0; i < view->variable_count; i++)
        if (view->shown[i])
            add_variable(text, view, i);
    caus_text_add_char(text, '\n');
    for (size_t i = 0; i < answer->dropped_count; i++) {
        caus_text_add(text, "- Left out: ");
        add_name(text, view, answer->dropped[i].label);
        caus_text_add(text, ", ");
        add_clean(text, view, answer->dropped[i].reason);
        caus_text_add_char(text, '\n');
    }
    for (size_t i = 0; i < view->warning_count; i++) {
        caus_text_add(text, "- Warning: ");
        caus_text_add_markdown(text, view->warnings[i]);
        caus_text_add_char(text, '\n');
    }
    if (answer->dropped_count || view->warning_count)
        caus_text_add_char(text, '\n');
}

static void add_origin(caus_text *text, const caus_view *view)
{
    const caus_graph_answer *answer = view->answer;
    if (answer->next_command && *answer->next_command) {
        caus_text_add(text, "Next: ");
        add_name(text, view, answer->next_command);
        caus_text_add(text, "\n\n");
    }
    caus_text_format(text, "caus %s, seed %" PRIu64, caus_version(),
                     answer->seed);
    if (*answer->inputs_sha256)
        caus_text_format(text, ", inputs sha256 `%s`", answer->inputs_sha256);
    caus_text_add(text, "\n");
}

caus_status caus_render_markdown(const caus_view *view,
                                 const caus_render_options *options,
                                 caus_text *text, caus_error *err)
{
    add_summary(text, view, options);
    if (view->cross_count) {
        caus_text_add(text, "```mermaid\n");
        CAUS_TRY(caus_render_mermaid(view, text, err));
        caus_text_add(text, "```\n\n");
    }
    add_links(text, view);
    caus_text_add_markdown_checks(text, view, view->link_count);
    if (view->cross_count)
        caus_text_add_char(text, '\n');
    caus_view_add_markdown_comparison(view, text);
    add_changes(text, view);
    add_parts(text, view);
    add_memory(text, view);
    add_data(text, view);
    add_origin(text, view);
    return CAUS_OK;
}
