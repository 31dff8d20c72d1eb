/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says, in words and numbers, before any format. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/amount.h"
#include "render/report.h"

static const int64_t second_ns = 1000000000;

const char *caus_report_verdict(caus_verdict verdict)
{
    static const char *const words[] = {"Cause found", "No anomaly",
                                        "Not enough evidence"};
    return words[verdict];
}

void caus_report_headline(const caus_report_page *page, const char **headline,
                          const char **rest)
{
    const char *summary = caus_tale_clean(&page->tale, page->told->summary);
    const char *colon = strstr(summary, ": ");
    *headline = summary;
    *rest = "";
    if (!colon)
        return;
    *rest = colon + 2;
    *headline =
        caus_arena_copy_text(page->arena, summary, (size_t)(colon - summary));
    if (!*headline) {
        *headline = "";
        page->text->failed = true;
    }
}

static const char *about_hop(const caus_report_page *page, const caus_hop *hop)
{
    const char *said = caus_arena_format(
        page->arena, "%s → %s: %s", page->told->suspects[hop->from].service,
        page->told->suspects[hop->to].service, hop->disproof);
    page->text->failed |= !said;
    return said ? said : "";
}

static void advise(caus_advice *advice, size_t *count, const char *label,
                   const char *text)
{
    if (text && *count < CAUS_REPORT_ADVICE)
        advice[(*count)++] = (caus_advice){label, text};
}

size_t caus_report_advise(const caus_report_page *page,
                          caus_advice advice[CAUS_REPORT_ADVICE])
{
    const caus_explanation *told = page->told;
    const caus_suspect *first = told->suspects;
    size_t count = 0;
    if (told->suspect_count && told->verdict != CAUS_VERDICT_NO_ANOMALY) {
        if (first->exemplar_count)
            advise(advice, &count, "Open the trace", first->exemplars[0]);
        if (first->hop_count)
            advise(advice, &count, "Try to refute",
                   about_hop(page, first->chain));
        advise(advice, &count, "Nearest change",
               caus_tale_nearest_change(told));
        advise(advice, &count, "Consider", told->hidden_cause);
        advise(advice, &count, "Rule out", told->runner_up);
    }
    if (told->missing_count)
        advise(advice, &count, "Get what is missing", told->missing[0]);
    return count;
}

void caus_report_format_offset(int64_t offset_ns, char text[48])
{
    char size[40];
    if (llabs(offset_ns) >= 10 * second_ns)
        offset_ns = llround((double)offset_ns / (double)second_ns) * second_ns;
    caus_duration_format(offset_ns < 0 ? -offset_ns : offset_ns, size);
    snprintf(text, 48, "%s%s",
             offset_ns < 0   ? "−"
             : offset_ns > 0 ? "+"
                             : "",
             size);
}

void caus_report_format_seconds(double seconds, char text[48])
{
    if (isfinite(seconds))
        caus_report_format_offset((int64_t)(seconds * 1e9), text);
    else
        snprintf(text, 48, "not known");
}

/* ---- numbers ---- */

void caus_report_format_belief(double share, char text[16])
{
    const char *bound = share > 0 && share < .005    ? "<1"
                        : share < 1 && share >= .995 ? ">99"
                                                     : NULL;
    if (bound)
        snprintf(text, 16, "%s %%", bound);
    else
        snprintf(text, 16, "%.0f %%", 100 * share);
}

static caus_scale scale_of(const caus_report_page *page, caus_amount amount)
{
    caus_scale scale = {.factor = amount.factor};
    caus_text words = {0};
    caus_text_add(&words, amount.count);
    if (*amount.count && *amount.unit)
        caus_text_add_char(&words, ' ');
    caus_text_add_cut(&words, amount.unit, 20, "…", true);
    page->text->failed |= words.failed;
    if (words.length < sizeof scale.unit)
        snprintf(scale.unit, sizeof scale.unit, "%s",
                 words.bytes ? words.bytes : "");
    caus_text_deinit(&words);
    return scale;
}

static const char *unit_of(const caus_report_page *page, size_t variable)
{
    return caus_tale_clean(&page->tale, page->series->variables[variable].unit);
}

caus_scale caus_scale_choose(const caus_report_page *page, size_t variable,
                             double largest)
{
    return scale_of(page, caus_amount_choose(unit_of(page, variable), largest));
}

void caus_scale_format(const caus_scale *scale, double value, char text[48])
{
    caus_amount_format(scale->factor, value, text);
}

void caus_report_format_change(const caus_report_page *page,
                               const caus_clue *clue,
                               char text[CAUS_REPORT_CHANGE])
{
    caus_scale scale =
        scale_of(page, caus_amount_choose_both(unit_of(page, clue->variable),
                                               clue->before, clue->after));
    char before[48], after[48];
    const char *space = scale.unit[0] ? " " : "";
    caus_scale_format(&scale, clue->before, before);
    caus_scale_format(&scale, clue->after, after);
    if (isfinite(clue->before) && !isfinite(clue->after))
        snprintf(text, CAUS_REPORT_CHANGE, "%s%s%s → no value", before, space,
                 scale.unit);
    else
        snprintf(text, CAUS_REPORT_CHANGE, "%s → %s%s%s", before, after, space,
                 scale.unit);
}

/* ---- changes ---- */

bool caus_report_shows_change(const caus_report_page *page,
                              const caus_change *change, size_t suspect)
{
    static const double least_confidence = .05;
    const caus_culprit_change *likeliest = page->told->changes;
    if (!change->service[0])
        return true;
    if (suspect != SIZE_MAX &&
        strcmp(change->service, page->told->suspects[suspect].service) == 0)
        return true;
    return page->told->change_count &&
           likeliest->confidence >= least_confidence &&
           likeliest->time_ns == change->time_ns &&
           strcmp(likeliest->service, change->service) == 0;
}

/* ---- names ---- */

const char *caus_report_variable(const caus_report_page *page, size_t variable)
{
    return caus_tale_clean(&page->tale, page->series->variables[variable].name);
}

const char *caus_report_service(const caus_report_page *page, size_t rank)
{
    return rank == SIZE_MAX
               ? "no service"
               : caus_tale_clean(&page->tale,
                                 page->told->suspects[rank].service);
}

/* ---- quality ---- */

static size_t count_missing(const caus_series *series, size_t variable)
{
    size_t missing = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        for (size_t r = 0; r < segment->row_count; r++)
            missing +=
                isfinite(segment->values[r * series->variable_count + variable])
                    ? 0
                    : 1;
    }
    return missing;
}

double caus_report_missing_share(const caus_report_page *page)
{
    double cells = (double)caus_series_row_count(page->series) *
                   (double)page->series->variable_count;
    size_t missing = 0;
    for (size_t v = 0; v < page->series->variable_count; v++)
        missing += count_missing(page->series, v);
    return cells > 0 ? (double)missing / cells : 0;
}

const char *caus_report_examined(const caus_report_page *page, size_t examined)
{
    const caus_series *series =
        page->report->examined ? page->report->examined : page->series;
    return caus_tale_clean(&page->tale, series->variables[examined].name);
}

const char *caus_report_flaw(const caus_report_page *page, size_t examined)
{
    const caus_variable_quality *quality =
        &page->report->quality->variables[examined];
    if (quality->constant)
        return "constant";
    if (quality->duplicate_of != SIZE_MAX)
        return "the same values as another";
    if (quality->single_row_steps)
        return "changes in one or two rows only";
    if (quality->unit_root)
        return "wanders off without a level";
    return "";
}

/* The sentence at a place in all lists one after the other; NULL at the end. */
static const char *warning_at(const caus_report_page *page, size_t place)
{
    const caus_explanation_answer *answer = page->report->explanation;
    const caus_quality *quality = page->report->quality;
    if (place < page->told->warning_count)
        return page->told->warnings[place];
    place -= page->told->warning_count;
    if (place < answer->warning_count)
        return answer->warnings[place];
    place -= answer->warning_count;
    size_t from_quality = quality ? quality->warning_count : 0;
    if (place < from_quality)
        return quality->warnings[place];
    place -= from_quality;
    return place < page->view.warning_count ? page->view.warnings[place] : NULL;
}

caus_status caus_report_warnings(const caus_report_page *page,
                                 caus_warning_list *result, caus_error *err)
{
    size_t most = 0;
    while (warning_at(page, most))
        most++;
    *result = (caus_warning_list){
        .items = CAUS_ARRAY(page->arena, const char *, most)};
    caus_map *seen = caus_map_new();
    bool failed = !result->items || !seen;
    for (size_t i = 0; i < most && !failed; i++) {
        const char *clean = caus_tale_clean(&page->tale, warning_at(page, i));
        int added = caus_map_insert(seen, clean, strlen(clean), i, NULL);
        failed = added < 0;
        if (added == 1)
            result->items[result->count++] = clean;
    }
    caus_map_free(seen);
    return failed ? CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                              "no memory to list %zu warnings", most)
                  : CAUS_OK;
}

static bool joins(const caus_view *view, const caus_link *link, const char *a,
                  const char *b)
{
    const caus_variable *variables = view->answer->series->variables;
    const char *from = variables[link->source].service;
    const char *to = variables[link->target].service;
    return (strcmp(from, a) == 0 && strcmp(to, b) == 0) ||
           (strcmp(from, b) == 0 && strcmp(to, a) == 0);
}

void caus_report_add_graph_word(const caus_report_page *page,
                                const caus_hop *hop, caus_text *text)
{
    const caus_view *view = &page->view;
    if (!page->report->graph)
        return;
    const char *from = page->told->suspects[hop->from].service;
    const char *to = page->told->suspects[hop->to].service;
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        if (caus_link_is_self(link) || !joins(view, link, from, to))
            continue;
        const char *word = caus_link_word(view, link);
        caus_text_format(text, "%s %s %s", view->names[link->source], word,
                         view->names[link->target]);
        if (hop->has_link && hop->word && strcmp(word, hop->word) == 0)
            return;
        if (link->environments != CAUS_EDGE_POOLED)
            caus_text_format(text, " (%s)",
                             caus_environments_name(link->environments));
        caus_text_add(text, ", where more variables and delays are held fixed");
        if (!hop->has_link)
            caus_text_add(text,
                          "; the services on the way alone show no such link");
        return;
    }
    caus_text_add(text, "no link between the two, where more variables and "
                        "delays are held fixed");
}
