/* SPDX-License-Identifier: Apache-2.0 */
/* What would have helped, and what to be careful about. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "rootcause/behaviour.h"
#include "rootcause/logs.h"
#include "rootcause/placebo.h"
#include "rootcause/strangers.h"
#include "rootcause/telling.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

enum { MOST_SILENT = 2, MOST_MISSING = MOST_SILENT + 9, MOST_WARNINGS = 15 };

/* Of rows, or of values: less is usual. */
static const double told_missing = .05;
/* Of rows: nobody pauses so often. */
static const double told_irregular = .9;

bool caus_measures_inside(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        if (caus_aspect_is_inside(scene->aspects[own.items[i]]))
            return true;
    }
    return false;
}

bool caus_measured_around(const caus_case *about, size_t service, bool outside)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (about->shifts[v].measured &&
            (!outside || caus_aspect_is_outside(scene->aspects[v])))
            return true;
    }
    return false;
}

/* Services by rank of which something is not measured: "a, b and 3 more". */
static caus_status name_blind(const caus_case *about, bool inside,
                              const char **result, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    caus_text text = {0};
    size_t blind = 0;
    *result = NULL;
    for (size_t i = 0; i < scene->service_count; i++) {
        size_t s = about->ranked[i];
        bool measured = inside ? caus_measures_inside(about, s)
                               : caus_scene_shows(scene, s);
        if (scene->observer[s] || measured)
            continue;
        caus_text_add_name(&text, &blind, scene->services[s]);
    }
    if (!blind)
        return CAUS_OK;
    caus_text_end_names(&text, blind);
    return caus_text_finish(&text, about->out, result, NULL, err);
}

/* Whom the likeliest call and nobody measures: "ledger, which payment calls".
 * "" = nobody, NULL = no memory. */
static const char *find_unseen_callee(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    for (size_t i = 0; i < scene->service_count && i < 3; i++) {
        size_t caller = about->ranked[i];
        const caus_index_list callees = caus_scene_callees(scene, caller);
        for (size_t k = 0; k < callees.count; k++) {
            size_t callee = callees.items[k];
            if (!caus_scene_is_measured(scene, callee))
                return caus_arena_format(
                    about->out, "no metric of %s, which %s calls",
                    scene->services[callee], scene->services[caller]);
        }
    }
    return "";
}

/* Where there is one service alone, nobody else can be named, and that it is
 * the first says little. "" = there are more, NULL = no memory. */
static const char *say_alone(const caus_case *about)
{
    if (about->scene.service_count != 1)
        return "";
    return caus_arena_format(about->out,
                             "no metric of any service but %s, so that none "
                             "that it calls could be named",
                             about->scene.services[0]);
}

/* Of an incident as old as the data nothing stands out. NULL = no memory. */
static const char *say_before(const caus_case *about)
{
    char first[40];
    caus_time_format(about->timeline.time_ns[0], first);
    return caus_arena_format(about->out,
                             "no rows before %s: what was wrong by then "
                             "looks normal",
                             first);
}

/* Who knows that something was wrong can tell what, and when. */
static const char *say_unnamed(const caus_case *about)
{
    if (about->options->symptom)
        return "";
    return about->options->has_onset
               ? "nobody said what was wrong (--symptom)"
               : "nobody said what was wrong and when (--symptom, --at)";
}

/* Sentences, and whether memory ran out for one of them. */
typedef struct note_list {
    const char **items;
    size_t count, room;
    bool failed;
} note_list;

static caus_status begin_list(const caus_case *about, size_t room,
                              note_list *list, caus_error *err)
{
    *list = (note_list){.items = CAUS_ARRAY(about->out, const char *, room),
                        .room = room};
    return list->items ? CAUS_OK : caus_arena_fail(about->out, err);
}

/* text: "" = there is nothing to note, NULL = no memory. */
static void add_note(note_list *list, const char *text)
{
    list->failed = list->failed || !text;
    if (!text || !*text)
        return;
    assert(list->count < list->room);
    list->items[list->count++] = text;
}

static void add_note_if(note_list *list, bool is_so, const char *text)
{
    add_note(list, is_so ? text : "");
}

static caus_status add_blind(const caus_case *about, bool inside,
                             note_list *list, caus_error *err)
{
    const char *named;
    CAUS_TRY(name_blind(about, inside, &named, err));
    if (named)
        add_note(list, caus_arena_format(about->out, "no %s metric of %s",
                                         inside ? "processor, memory or disk"
                                                : "latency or error",
                                         named));
    return CAUS_OK;
}

static caus_status list_missing(const caus_case *about,
                                caus_explanation *result, caus_error *err)
{
    note_list list;
    CAUS_TRY(begin_list(about, MOST_MISSING, &list, err));
    CAUS_TRY(
        caus_silence_tell(about, list.items, MOST_SILENT, &list.count, err));
    if (result->verdict == CAUS_VERDICT_NO_ANOMALY) {
        add_note(&list, say_unnamed(about));
        add_note(&list, say_before(about));
    }
    add_note(&list, say_alone(about));
    add_note_if(&list, !about->scene.has_calls,
                "no call graph, which tells victims from causes (--topology)");
    add_note_if(&list, !about->traces.known,
                "no traces of before and after, where time is lost "
                "(--clickhouse, --traces-csv)");
    add_note_if(&list, !about->options->changes,
                "no list of what was deployed or configured (--changes)");
    add_note(&list, find_unseen_callee(about));
    CAUS_TRY(add_blind(about, false, &list, err));
    CAUS_TRY(add_blind(about, true, &list, err));
    result->missing = list.items;
    result->missing_count = list.count;
    return list.failed ? caus_arena_fail(about->out, err) : CAUS_OK;
}

/* What was mended in the spans; "" = nothing, NULL = no memory. */
static const char *say_mended(const caus_case *about)
{
    const caus_spans *spans = about->spans;
    if (!spans)
        return "";
    const caus_span_faults *faults = &spans->faults;
    const caus_trace_evidence *evidence = about->traces.evidence;
    const struct {
        size_t count;
        const char *what;
    } kinds[] = {{faults->orphans, "without their parent"},
                 {faults->cycles, "that were their own ancestors"},
                 {faults->duplicates, "with an id seen before"},
                 {faults->negative_durations, "of negative duration"},
                 {evidence ? evidence->moved_spans : 0,
                  "outside their parents (clocks differ, or work went on)"}};
    caus_text text = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].count)
            caus_text_format(&text, "%s%zu %s", text.length ? ", " : "",
                             kinds[i].count, kinds[i].what);
    }
    const char *said = "";
    if (text.failed)
        said = NULL;
    else if (text.length)
        said =
            caus_arena_format(about->out, "of %zu spans some were mended: %s",
                              spans->span_count, text.bytes);
    caus_text_deinit(&text);
    return said;
}

/* "" = they tell, or there are none; NULL = no memory. */
static const char *say_uncovered(const caus_case *about)
{
    if (!about->log_table || about->context.logs)
        return "";
    return caus_arena_format(about->out,
                             "log lines are left out: they need %d rows before "
                             "the onset and one after it",
                             CAUS_LEAST_HEALTHY);
}

/* Whose log lines are left out, as only these know the service, or not even
 * they; "" = none, NULL = no memory. */
static const char *say_strangers(const caus_case *about)
{
    const caus_log_table *table = about->log_table;
    caus_text text = {0};
    size_t count = 0;
    bool any_unnamed = false;
    for (size_t k = 0; table && k < table->logs->template_count; k++) {
        const char *name = table->logs->templates[k].service;
        bool is_known =
            table->service_of[k] != SIZE_MAX ||
            (k > 0 && strcmp(name, table->logs->templates[k - 1].service) == 0);
        any_unnamed = any_unnamed || !*name;
        if (!is_known && *name)
            caus_text_add_name(&text, &count, name);
    }
    caus_text_end_names(&text, count);
    const char *said =
        any_unnamed ? "log lines that name no service are left out" : "";
    if (text.failed)
        said = NULL;
    else if (count)
        said = caus_arena_format(
            about->out,
            "log lines of %s are left out: no variable and no call is of that "
            "name%s",
            text.bytes,
            any_unnamed ? "; so are lines that name no service" : "");
    caus_text_deinit(&text);
    return said;
}

/* Rows between the first and the last of an environment, of which there may be
 * fewer: a file leaves out what nobody measured. */
static size_t count_span(const caus_series *series, int environment)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < series->segment_count; i++) {
        const caus_segment *segment = &series->segments[i];
        if (segment->environment != environment || !segment->row_count)
            continue;
        int64_t end = segment->start_ns +
                      (int64_t)(segment->row_count - 1) * series->step_ns;
        first = segment->start_ns < first ? segment->start_ns : first;
        last = end > last ? end : last;
    }
    return last < first ? 0 : (size_t)((last - first) / series->step_ns) + 1;
}

/* Rows in which nothing at all was measured; "" = few, NULL = no memory. */
static const char *say_missing_rows(const caus_case *about)
{
    const caus_series *series = about->series;
    size_t filled = about->timeline.filled_count, rows = 0;
    for (size_t e = 0; e < series->environment_count; e++)
        rows += count_span(series, series->environments[e].id);
    if (rows <= filled || (double)(rows - filled) < told_missing * (double)rows)
        return "";
    double share = (double)(rows - filled) / (double)rows;
    return caus_arena_format(about->out,
                             "%zu of %zu rows (%.0f %%) have no value at "
                             "all: they are left out, never filled%s",
                             rows - filled, rows, 100 * share,
                             share > told_irregular
                                 ? "; if they come at irregular times, --step "
                                   "puts them on a grid"
                                 : "");
}

/* Values that are missing in rows where others are there; "" = few, NULL = no
 * memory. */
static const char *say_missing_values(const caus_case *about)
{
    const caus_timeline *timeline = &about->timeline;
    size_t missing = 0, most = 0, worst = 0;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        size_t own = about->is_setting[v]
                         ? 0
                         : timeline->filled_count - timeline->present[v];
        missing += own;
        if (own > most) {
            most = own;
            worst = v;
        }
    }
    double rows = (double)timeline->filled_count;
    double share = (double)missing / (rows * (double)timeline->variable_count);
    if (!missing || share < told_missing)
        return "";
    return caus_arena_format(about->out,
                             "%.0f %% of all values are missing (of %s %.0f "
                             "%%): they are left out, never filled",
                             100 * share, about->series->variables[worst].name,
                             100 * (double)most / rows);
}

bool caus_case_is_constant(const caus_case *about)
{
    const caus_timeline *timeline = &about->timeline;
    bool any = false;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        const double *values = caus_timeline_values(timeline, v);
        const uint32_t *order = caus_timeline_order(timeline, v);
        size_t present = timeline->present[v];
        any = any || present;
        if (present && values[order[0]] < values[order[present - 1]])
            return false;
    }
    return any;
}

/* What is told of them is no longer what was measured. */
static const char *say_seasons(const caus_case *about)
{
    size_t count = about->season_count;
    if (!count)
        return "";
    return caus_arena_format(
        about->out,
        "%zu variable%s the time of day and %s held against the same time of "
        "other days: what is told as before is usual at the time of the onset",
        count, count == 1 ? " follows" : "s follow", count == 1 ? "is" : "are");
}

/* What a symptom did instead of going the bad way. */
static const char *say_other_way(const caus_case *about, size_t symptom)
{
    const caus_shift *shift = &about->shifts[symptom];
    if (!shift->measured)
        return "has too few values on one side of the onset";
    if (about->scene.bad[symptom] * shift->size > -caus_off_size)
        return "moved no more from the onset on than it usually does";
    return shift->size > 0 ? "rose from the onset on, which is no trouble"
                           : "fell from the onset on, which is no trouble";
}

/* What somebody named and did not move is no symptom of what is told. */
static const char *say_still(const caus_case *about, caus_verdict verdict)
{
    size_t symptom = about->symptom;
    if (!about->options->symptom || symptom == SIZE_MAX ||
        verdict == CAUS_VERDICT_NO_ANOMALY || about->scores.clue[symptom] > 0)
        return "";
    return caus_arena_format(
        about->out,
        "%s, the symptom, %s: what is told may have nothing to do with it; "
        "name another symptom or time (--symptom, --at)",
        about->series->variables[symptom].name, say_other_way(about, symptom));
}

static caus_status list_warnings(const caus_case *about,
                                 const caus_placebo *placebo,
                                 caus_explanation *result, caus_error *err)
{
    note_list list;
    CAUS_TRY(begin_list(about, MOST_WARNINGS, &list, err));
    add_note_if(&list, caus_case_is_constant(about),
                "every series is constant: ask for others, or for another "
                "time");
    add_note(&list, say_still(about, result->verdict));
    add_note(&list, caus_calls_say_unfit(about));
    add_note(&list, caus_spans_say_unfit(about));
    add_note(&list, caus_strangers_say(about));
    add_note_if(&list, result->rows_after < 3,
                "under three rows after the onset: one odd value decides");
    add_note_if(&list, isnan(placebo->strength),
                "too few healthy rows for placebo windows: chance is not "
                "measured; widen --start or --baseline");
    add_note(&list, say_missing_rows(about));
    add_note(&list, say_missing_values(about));
    add_note(&list, say_seasons(about));
    add_note(&list, caus_strays_say(about));
    add_note(&list, say_mended(about));
    add_note(&list, say_uncovered(about));
    add_note(&list, say_strangers(about));
    result->warnings = list.items;
    result->warning_count = list.count;
    return list.failed ? caus_arena_fail(about->out, err) : CAUS_OK;
}

caus_status caus_notes_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err)
{
    CAUS_TRY(list_missing(about, result, err));
    return list_warnings(about, placebo, result, err);
}
