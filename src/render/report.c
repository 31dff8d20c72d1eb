/* SPDX-License-Identifier: Apache-2.0 */
/* A report is prepared and written. */
#include <stdlib.h>
#include <string.h>

#include "render/report.h"

enum { LEAST_STEPS = 40 };

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
    caus_status status =
        caus_render_svg(&page->view, page->options, run, &drawn, &reason);
    if (status == CAUS_OK)
        status = caus_text_finish(&drawn, page->arena, &page->picture, NULL,
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
    CAUS_TRY(caus_report_choose(page, err));
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
