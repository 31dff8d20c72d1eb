/* SPDX-License-Identifier: Apache-2.0 */
/* What an explanation could see: times, rows and kinds of data. */
#include <math.h>

#include "render/explain.h"

static int32_t zone_of(const caus_tale *tale)
{
    return tale->options->zone_offset_minutes;
}

caus_time_span caus_tale_window(const caus_tale *tale)
{
    const caus_series *series = tale->answer->series;
    caus_time_span window = {.has_time = false};
    for (size_t i = 0; i < series->segment_count; i++)
        caus_time_span_extend(&window, &series->segments[i], series->step_ns);
    window.end_ns = tale->answer->explanation->last_ns;
    return window;
}

size_t caus_tale_measured(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    size_t count = 0;
    for (size_t i = 0; i < told->suspect_count; i++)
        count += told->suspects[i].clue_count > 0;
    return count;
}

/* The words for an instant from which on rows were compared, and that is no
 * onset; NULL = it is one. */
static const char *no_onset(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    if (told->verdict == CAUS_VERDICT_NO_ANOMALY)
        return "nothing found";
    return told->onset.found ? NULL : "no onset looked for; compared";
}

void caus_tale_add_scope(const caus_tale *tale, caus_text *text,
                         const char *dash)
{
    int64_t onset_ns = tale->answer->explanation->onset.time_ns;
    int64_t after_ns = caus_tale_window(tale).end_ns - onset_ns;
    char after[40];
    caus_duration_format(after_ns > 0 ? after_ns : 0, after);
    caus_text_format(text, "searched effects 0%s%s after ", dash, after);
    if (no_onset(tale)) {
        char clock[16];
        caus_clock_format(onset_ns, clock);
        caus_text_format(text, "%s UTC", clock);
    } else
        caus_text_add(text, "the onset");
    caus_text_add(text, "; later ones cannot appear");
}

static void add_calls(const caus_explanation *told, caus_text *text)
{
    caus_text_add(text, ", calls");
    if (isnan(told->usual_s))
        return;
    char usual[40];
    caus_duration_format((int64_t)(told->usual_s * 1e9), usual);
    caus_text_format(text, " (delays up to %s)", usual);
}

void caus_tale_add_sources(const caus_tale *tale, caus_text *text)
{
    const caus_explanation *told = tale->answer->explanation;
    size_t variables = tale->answer->series->variable_count;
    size_t services = caus_tale_measured(tale);
    const struct {
        bool there;
        const char *name;
    } kinds[] = {{told->has_calls, "call graph"},
                 {told->has_traces, "traces"},
                 {told->has_logs, "logs"},
                 {told->has_changes, "changes"}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    caus_text_format(text, "%zu variable%s of %zu service%s", variables,
                     variables == 1 ? "" : "s", services,
                     services == 1 ? "" : "s");
    for (size_t k = 0; k < KINDS; k++) {
        if (kinds[k].there && k == 0)
            add_calls(told, text);
        else if (kinds[k].there)
            caus_text_format(text, ", %s", kinds[k].name);
    }
    const char *separator = "; no ";
    for (size_t k = 0; k < KINDS; k++) {
        if (kinds[k].there)
            continue;
        caus_text_format(text, "%s%s", separator, kinds[k].name);
        separator = ", ";
    }
}

void caus_tale_add_window(const caus_tale *tale, caus_text *text,
                          const char *dash, const char *separator)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_time_span window = caus_tale_window(tale);
    char step[40];
    caus_duration_format(tale->answer->series->step_ns, step);
    caus_text_add_window(text, &window, zone_of(tale), dash);
    caus_text_format(text, "%s%zu row%s of %s before %s, %zu after", separator,
                     told->rows_before, told->rows_before == 1 ? "" : "s", step,
                     no_onset(tale) ? "that" : "the onset", told->rows_after);
}

void caus_tale_format_onset_note(const caus_tale *tale, char text[80])
{
    const caus_explanation *told = tale->answer->explanation;
    char first[16], last[16];
    caus_clock_format(told->onset.first_ns, first);
    caus_clock_format(told->onset.last_ns, last);
    *text = '\0';
    bool is_interval = told->onset.first_ns < told->onset.last_ns;
    if (told->onset_given && is_interval)
        snprintf(text, 80, "before %s UTC, which was given", last);
    else if (told->onset_given)
        snprintf(text, 80, "as given");
    else if (no_onset(tale))
        return;
    else if (told->sought == CAUS_SOUGHT_ELSEWHERE)
        snprintf(text, 80, "as nothing was found near the time given");
    else if (is_interval)
        snprintf(text, 80, "between %s and %s UTC", first, last);
}

void caus_tale_add_onset(const caus_tale *tale, caus_text *text)
{
    const caus_explanation *told = tale->answer->explanation;
    const char *other = no_onset(tale);
    char note[80];
    caus_text_format(text, "%s ", other ? other : "onset");
    caus_text_add(text, other ? "from " : "");
    caus_text_add_instant(text, told->onset.time_ns, zone_of(tale));
    caus_text_add(text, other ? " on" : "");
    caus_tale_format_onset_note(tale, note);
    if (*note)
        caus_text_format(text, ", %s", note);
}

void caus_tale_add_ending(const caus_tale *tale, caus_text *text)
{
    const caus_explanation *told = tale->answer->explanation;
    const caus_ending *ending = &told->ending;
    char length[40];
    if (!ending->known)
        return;
    caus_text_add(text,
                  ending->is_over ? "it ended " : "it was still going on at ");
    caus_text_add_instant_beside(text, ending->time_ns, told->onset.time_ns,
                                 zone_of(tale));
    int64_t length_ns = ending->time_ns - told->onset.time_ns;
    if (!ending->is_over)
        caus_text_add(text, ", the last row");
    if (!ending->is_over || length_ns <= 0)
        return;
    caus_duration_format(length_ns, length);
    caus_text_format(text, ", %s after it began", length);
}
