/* SPDX-License-Identifier: Apache-2.0 */
/* A report is prepared: which series are drawn, in which order, from when. */
#include <stdlib.h>
#include <string.h>

#include "render/report.h"

enum { LEAST_STEPS = 40, SERVICE_CHARTS = 8 };

/* Of the incident's length, how much of normal operation is drawn before. */
static const int64_t healthy_share = 3;

static int compare_segments(const void *a, const void *b)
{
    const caus_segment *left = *(const caus_segment *const *)a;
    const caus_segment *right = *(const caus_segment *const *)b;
    return (left->start_ns > right->start_ns) -
           (left->start_ns < right->start_ns);
}

static caus_status order_rows(caus_report_page *page, caus_error *err)
{
    const caus_series *series = page->series;
    page->rows = CAUS_ARRAY(page->arena, const caus_segment *,
                            series->segment_count + 1);
    if (!page->rows)
        return caus_arena_fail(page->arena, err);
    size_t count = 0;
    for (size_t i = 0; i < series->segment_count; i++)
        if (series->segments[i].row_count)
            page->rows[count++] = &series->segments[i];
    if (!count || series->step_ns <= 0 || !page->rows[0]->start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a report needs rows with times: give a column time");
    qsort(page->rows, count, sizeof(const caus_segment *), compare_segments);
    const caus_segment *last = page->rows[count - 1];
    page->first_ns = page->rows[0]->start_ns;
    page->last_ns =
        last->start_ns + (int64_t)(last->row_count - 1) * series->step_ns;
    return CAUS_OK;
}

static void choose_start(caus_report_page *page)
{
    int64_t began_ns = page->told->onset.first_ns;
    int64_t healthy_ns = healthy_share * (page->last_ns - began_ns);
    if (healthy_ns < LEAST_STEPS * page->series->step_ns)
        healthy_ns = LEAST_STEPS * page->series->step_ns;
    page->start_ns = began_ns - healthy_ns;
    if (page->start_ns < page->first_ns)
        page->start_ns = page->first_ns;
}

static bool is_moved(const caus_clue *clue)
{
    return clue->score > 0;
}

static bool is_hop_variable(const caus_report_page *page, size_t variable)
{
    if (!page->told->suspect_count)
        return false;
    const caus_suspect *first = &page->told->suspects[0];
    for (size_t i = 0; i < first->hop_count; i++)
        if (first->chain[i].variable == variable)
            return true;
    return false;
}

/* The services on the way come first, from the cause to the symptom. */
static const char *part_of(const caus_report_page *page, size_t suspect,
                           size_t *place)
{
    const caus_suspect *first = &page->told->suspects[0];
    *place = suspect == 0 ? 0 : SIZE_MAX;
    for (size_t i = 0; i < first->hop_count && suspect != 0; i++)
        if (first->chain[i].to == suspect)
            *place = i + 1;
    if (page->told->verdict == CAUS_VERDICT_NO_ANOMALY || *place == SIZE_MAX)
        return "";
    if (*place == 0)
        return page->told->verdict == CAUS_VERDICT_CAUSE ? "cause" : "suspect";
    return *place == first->hop_count ? "symptom" : "on the way";
}

static void add_clue(caus_report_page *page, caus_report_group *group,
                     size_t clue, bool wanted)
{
    const caus_clue *told = &page->told->clues[clue];
    if (!wanted && !is_moved(told) && told->variable != page->told->symptom &&
        !is_hop_variable(page, told->variable))
        return;
    if (page->drawn_count < CAUS_REPORT_CHARTS &&
        (group->count < SERVICE_CHARTS || !group->part[0])) {
        page->drawn[page->drawn_count++] = clue;
        group->count++;
    } else if (is_moved(told)) {
        page->left_count++;
    }
}

static void add_service(caus_report_page *page, size_t suspect,
                        const char *part)
{
    caus_report_group *group = &page->groups[page->group_count];
    const caus_suspect *told = &page->told->suspects[suspect];
    *group = (caus_report_group){
        .suspect = suspect, .part = part, .first = page->drawn_count};
    for (size_t i = 0; i < told->clue_count; i++)
        add_clue(page, group, told->clues[i], true);
    page->group_count += group->count > 0;
}

/* What moved elsewhere stands together, by rank. */
static void add_others(caus_report_page *page)
{
    caus_report_group *group = &page->groups[page->group_count];
    *group = (caus_report_group){
        .suspect = SIZE_MAX, .part = "", .first = page->drawn_count};
    for (size_t i = 0; i < page->told->clue_count; i++) {
        size_t place = SIZE_MAX;
        const caus_clue *clue = &page->told->clues[i];
        const char *part = clue->suspect == SIZE_MAX
                               ? ""
                               : part_of(page, clue->suspect, &place);
        if (!part[0])
            add_clue(page, group, i, false);
    }
    page->group_count += group->count > 0;
}

static caus_status choose_drawn(caus_report_page *page, caus_error *err)
{
    size_t suspects = page->told->suspect_count;
    page->drawn = CAUS_ARRAY(page->arena, size_t, CAUS_REPORT_CHARTS);
    page->groups = CAUS_ARRAY(page->arena, caus_report_group, suspects + 1);
    if (!page->drawn || !page->groups)
        return caus_arena_fail(page->arena, err);
    size_t hops = suspects ? page->told->suspects[0].hop_count : 0, place;
    for (size_t wanted = 0; suspects && wanted <= hops; wanted++) {
        size_t at = wanted ? page->told->suspects[0].chain[wanted - 1].to : 0;
        const char *part = part_of(page, at, &place);
        if (part[0] && place == wanted)
            add_service(page, at, part);
    }
    add_others(page);
    return CAUS_OK;
}

/* Insertion keeps clues of one instant in the order of their ranks. */
static caus_status order_moved(caus_report_page *page, caus_error *err)
{
    const caus_explanation *told = page->told;
    page->moved = CAUS_ARRAY(page->arena, size_t, told->clue_count);
    if (!page->moved)
        return caus_arena_fail(page->arena, err);
    for (size_t i = 0; i < told->clue_count; i++) {
        if (!is_moved(&told->clues[i]) || !told->clues[i].onset.found)
            continue;
        size_t at = page->moved_count++;
        while (at && told->clues[page->moved[at - 1]].onset.time_ns >
                         told->clues[i].onset.time_ns) {
            page->moved[at] = page->moved[at - 1];
            at--;
        }
        page->moved[at] = i;
    }
    return CAUS_OK;
}

/* Narrowed to what leads to the symptom, if anything does. */
static caus_status view_graph(caus_report_page *page, caus_error *err)
{
    const caus_graph_answer *graph = page->report->graph;
    size_t symptom = page->told->symptom;
    if (!graph)
        return CAUS_OK;
    const char *name =
        symptom == SIZE_MAX ? NULL : page->series->variables[symptom].name;
    if (!name || caus_series_find(graph->series, name) == SIZE_MAX)
        return caus_view_init(&page->view, graph, CAUS_CLEAN_PRINTABLE, err);
    page->narrowed = *graph;
    page->narrowed.target = name;
    CAUS_TRY(caus_view_init(&page->view, &page->narrowed, CAUS_CLEAN_PRINTABLE,
                            err));
    if (page->view.cross_count)
        return CAUS_OK;
    caus_view_deinit(&page->view);
    return caus_view_init(&page->view, graph, CAUS_CLEAN_PRINTABLE, err);
}

/* A picture that cannot be drawn is no reason to write nothing. */
static caus_status draw_graph(caus_report_page *page, const caus_run *run,
                              caus_error *err)
{
    if (!page->report->graph || !page->view.cross_count)
        return CAUS_OK;
    caus_text drawn = {0};
    caus_error reason;
    size_t length;
    caus_status status =
        caus_render_svg(&page->view, page->options, run, &drawn, &reason);
    if (status == CAUS_OK)
        status = caus_text_finish(&drawn, page->arena, &page->picture, &length,
                                  &reason);
    caus_text_deinit(&drawn);
    if (status == CAUS_OK)
        return CAUS_OK;
    if (status == CAUS_ERR_CANCELLED || status == CAUS_ERR_OUT_OF_MEMORY)
        return CAUS_FAIL(err, status, "%s", reason.message);
    page->picture_missing = caus_arena_copy(page->arena, reason.message);
    return page->picture_missing ? CAUS_OK : caus_arena_fail(page->arena, err);
}

static caus_status compose(caus_report_page *page, caus_format format,
                           const caus_run *run, caus_error *err)
{
    page->tale = (caus_tale){.answer = page->report->explanation,
                             .options = page->options,
                             .arena = page->arena,
                             .text = page->text,
                             .clean = CAUS_CLEAN_PRINTABLE};
    CAUS_TRY(order_rows(page, err));
    choose_start(page);
    CAUS_TRY(choose_drawn(page, err));
    CAUS_TRY(order_moved(page, err));
    CAUS_TRY(view_graph(page, err));
    if (format == CAUS_FORMAT_MARKDOWN)
        return caus_report_write_markdown(page, err);
    CAUS_TRY(draw_graph(page, run, err));
    return caus_report_write_html(page, err);
}

caus_status caus_render_report(const caus_report *report, caus_format format,
                               const caus_render_options *options,
                               const caus_run *run, caus_arena *out,
                               const char **text, size_t *length,
                               caus_error *err)
{
    caus_render_options plain = {.zone_offset_minutes = INT32_MIN};
    if (format != CAUS_FORMAT_HTML && format != CAUS_FORMAT_MARKDOWN)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "a report is written as html or markdown: choose one "
                         "by --format or by the ending of -o");
    if (!report->explanation || !report->explanation->explanation)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a report needs an explanation: call caus_explain() "
                         "first");
    caus_text made = {0};
    caus_report_page page = {.report = report,
                             .told = report->explanation->explanation,
                             .series = report->explanation->series,
                             .options = options ? options : &plain,
                             .arena = caus_arena_new(0),
                             .text = &made};
    if (!page.arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to write the report");
    caus_status status = compose(&page, format, run, err);
    if (status == CAUS_OK)
        status = caus_text_finish(&made, out, text, length, err);
    caus_text_deinit(&made);
    caus_view_deinit(&page.view);
    caus_arena_free(page.arena);
    return status;
}
