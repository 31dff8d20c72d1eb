/* SPDX-License-Identifier: Apache-2.0 */
/* What could be seen: the window, the lags searched, the method. */
#include <math.h>
#include <string.h>

#include "render/render_internal.h"

static const int64_t second_ns = 1000000000;

static bool is_baseline(const caus_series *series, int environment)
{
    for (size_t i = 0; i < series->environment_count; i++)
        if (series->environments[i].id == environment)
            return strcmp(series->environments[i].name, "baseline") == 0;
    return false;
}

/* From the first reference row of any shard to the last. */
static caus_time_span window_of_sums(const caus_gram *gram, int64_t step_ns)
{
    caus_time_span window = {.steps = (size_t)gram->rows_read};
    for (size_t s = 0; s < gram->source_count; s++) {
        const caus_gram_source *source = &gram->sources[s];
        if (s == 0 || source->start_ns < window.start_ns)
            window.start_ns = source->start_ns;
        if (s == 0 || source->end_ns > window.end_ns)
            window.end_ns = source->end_ns;
    }
    window.has_time = window.start_ns != 0 && step_ns > 0;
    return window;
}

caus_time_span caus_view_window(const caus_view *view)
{
    const caus_series *series = view->answer->series;
    caus_time_span window = {0};
    if (series->gram)
        return window_of_sums(series->gram, series->step_ns);
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[i];
        if (is_baseline(series, segment->environment)) {
            window.baseline_rows += segment->row_count;
            continue;
        }
        window.steps += segment->row_count;
        caus_time_span_extend(&window, segment, series->step_ns);
    }
    window.has_time = window.start_ns != 0 && series->step_ns > 0;
    return window;
}

/* The next larger round time to search, at least twice as far. */
static const char *suggest_max_lag(int64_t searched_ns)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } ladder[] = {{30, "30s"},  {60, "1m"},    {120, "2m"},    {300, "5m"},
                  {600, "10m"}, {900, "15m"},  {1800, "30m"},  {3600, "1h"},
                  {7200, "2h"}, {21600, "6h"}, {86400, "24h"}, {172800, "48h"}};
    for (size_t i = 0; i < sizeof ladder / sizeof *ladder; i++)
        if (ladder[i].seconds >= 2 * (searched_ns / second_ns))
            return ladder[i].text;
    return NULL;
}

/* How slower effects could be seen. */
static void add_slower(const caus_view *view, caus_text *text, size_t last)
{
    const caus_gram *sums = view->answer->series->gram;
    int64_t step_ns = view->answer->series->step_ns;
    const char *suggestion =
        step_ns > 0 ? suggest_max_lag((int64_t)last * step_ns) : NULL;
    if (sums && suggestion && last >= sums->max_lag) {
        caus_text_format(text, "; slower ones need sums for --max-lag %s",
                         suggestion);
        return;
    }
    caus_text_add(text, "; slower ones cannot appear");
    if (sums && last < sums->max_lag)
        caus_text_format(text, ": --max-lag %zu", sums->max_lag);
    else if (suggestion)
        caus_text_format(text, ": --max-lag %s", suggestion);
    else if (step_ns <= 0)
        caus_text_format(text, ": --max-lag %zu", 2 * last);
}

void caus_view_add_scope(const caus_view *view, caus_text *text,
                         const char *dash)
{
    size_t first = view->answer->options.min_lag;
    size_t last = view->answer->discovery->graph.max_lag;
    if (last == 0) {
        caus_text_add(text, "searched effects within one row; what came first "
                            "cannot appear");
        return;
    }
    char lag[48];
    caus_text_add(text, "searched effects ");
    if (first > 0)
        caus_view_format_lag(view, first, lag);
    else
        snprintf(lag, sizeof lag, "0");
    caus_text_format(text, "%s%s", lag, dash);
    caus_view_format_lag(view, last, lag);
    caus_text_format(text, "%s later", lag);
    add_slower(view, text, last);
}

void caus_view_add_method(const caus_view *view, caus_text *text)
{
    const caus_graph_answer *answer = view->answer;
    const caus_pcmci_options *options = &answer->options;
    if (answer->preset)
        caus_text_format(text, "%s preset: %s", answer->preset, answer->method);
    else
        caus_text_format(text, "textbook method %s", answer->method);
    if (answer->test)
        caus_text_format(text, ", %s", answer->test);
    if (isnan(options->alpha))
        return;
    caus_text_format(text, ", alpha %g", options->alpha);
    if (answer->has_selection && isnan(options->pc_alpha))
        caus_text_add(text, ", pc-alpha auto");
    else if (answer->has_selection && (options->pc_alpha < options->alpha ||
                                       options->pc_alpha > options->alpha))
        caus_text_format(text, ", pc-alpha %g", options->pc_alpha);
    if (options->fdr == CAUS_FDR_NONE)
        caus_text_add(text, ", no FDR");
    else
        caus_text_format(text, ", FDR %s", caus_fdr_name(options->fdr));
}
