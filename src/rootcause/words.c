/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of an explanation, in sentences. */
#include <math.h>

#include "base/amount.h"
#include "rootcause/behaviour.h"
#include "rootcause/chain.h"
#include "rootcause/logs.h"
#include "rootcause/placebo.h"
#include "rootcause/ranking.h"
#include "rootcause/telling.h"
#include "rootcause/weights.h"

enum { MOST_SENTENCES = 10 };

/* From here on most of what is told of the first is felt by nobody. */
static const double half_unfelt = .5;
/* Of the score. */
static const double told_of_calls = .2;
/* Of what healthy windows do: one in twenty is that loud, one in three not that
 * quiet. */
static const double loud_deviate = 1.645, quiet_deviate = .43;
/* Where others lose more, it is not the first thing to tell of it. */
static const double half_of_loss = .5;

/* Says what a variable did: "auth_latency rose from 0.12 to 0.39 s". */
static void add_change(const caus_case *about, size_t variable, caus_text *text)
{
    const caus_shift *shift = &about->shifts[variable];
    const caus_variable *named = &about->series->variables[variable];
    caus_amount amount =
        caus_amount_choose_both(named->unit, shift->before, shift->after);
    char before[48], after[48];
    caus_amount_format(amount.factor, shift->before, before);
    caus_amount_format(amount.factor, shift->after, after);
    caus_text_format(text, "%s %s from %s to %s", named->name,
                     shift->after > shift->before ? "rose" : "fell", before,
                     after);
    if (*amount.count)
        caus_text_format(text, " %s", amount.count);
    if (*amount.unit)
        caus_text_format(text, " %s", amount.unit);
}

static void add_traces(const caus_case *about, size_t service, caus_text *text)
{
    double share = caus_trace_lost_share(about, service);
    if (!(share > 0))
        return;
    caus_text_add(text, text->length ? "; traces lose " : "traces lose ");
    caus_trace_time_add(text, about->traces.lost_s[service]);
    caus_text_format(text, " in it, %.0f %% of all they lose", 100 * share);
}

/* What it asks more and less, and what its traces lack or fail. Of traces only
 * what is a good part of why it is suspected, or if nothing else tells of it.
 */
static void add_calls(const caus_case *about, const caus_suspect *suspect,
                      size_t service, caus_text *text)
{
    caus_demand_add(about, service, text);
    caus_unasked_add(about, service, text);
    const caus_trace_fact *broken = caus_trace_broken(about, service);
    bool counts =
        suspect->terms[CAUS_TERM_CALLS] > told_of_calls * suspect->score;
    if (broken && (counts || !text->length))
        caus_text_format(text, "%straces: %s", text->length ? "; " : "",
                         broken->sentence);
}

/* The loudest of a suspect's variables behind the first that moved, preferably
 * one of the other side: what is inside it, and what others feel. SIZE_MAX =
 * none moved. */
static size_t find_second(const caus_case *about, const caus_suspect *suspect,
                          size_t first)
{
    const caus_aspect *aspects = about->scene.aspects;
    size_t second = SIZE_MAX;
    bool inside = caus_aspect_is_inside(aspects[first]);
    for (size_t i = 0; i < suspect->clue_count; i++) {
        size_t v = about->clues[suspect->clues[i]].variable;
        double clue = about->scores.clue[v];
        if (v == first || clue <= 0)
            continue;
        bool other = inside ? caus_aspect_is_outside(aspects[v])
                            : caus_aspect_is_inside(aspects[v]);
        if (other && clue >= caus_explained_clue)
            return v;
        second = second == SIZE_MAX ? v : second;
    }
    return second;
}

static void add_changes(const caus_case *about, size_t rank, caus_text *text)
{
    size_t first = caus_clues_loudest(about, rank, NULL);
    if (first == SIZE_MAX)
        return;
    if (text->length)
        caus_text_add(text, "; ");
    add_change(about, first, text);
    size_t second = find_second(about, &about->suspects[rank], first);
    if (second == SIZE_MAX)
        return;
    caus_text_add(text, ", ");
    add_change(about, second, text);
}

/* Whether a kind of evidence makes most of its score: then that is told first.
 */
static bool speaks_by(const caus_suspect *suspect, caus_term term)
{
    return suspect->terms[term] > .5 * suspect->score;
}

/* What is said where nothing tells of a service. */
static const char *say_quiet(const caus_case *about, size_t rank)
{
    if (caus_measured_around(about, about->ranked[rank], false))
        return "nothing measured in it moved";
    return about->suspects[rank].clue_count
               ? "too few values of it on one side of the onset to compare"
               : "nothing is measured in it";
}

/* What its callers show of the way to a service most. */
static const char *say_way(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    double most[OUTSIDE_COUNT] = {0};
    const caus_index_list asking = caus_scene_callers(scene, service);
    for (size_t i = 0; i < asking.count; i++) {
        const double *shown = about->scores.outside[asking.items[i]];
        for (size_t kind = 0; kind < OUTSIDE_COUNT; kind++)
            most[kind] = fmax(most[kind], shown[kind]);
    }
    return most[OUTSIDE_ERRORS] > most[OUTSIDE_LATENCY]
               ? "; all its callers fail more often"
               : "; all its callers got slower";
}

static caus_status say_suspect(caus_case *about, size_t rank, caus_error *err)
{
    caus_suspect *suspect = &about->suspects[rank];
    caus_text text = {0};
    size_t service = about->ranked[rank];
    bool logs_first = speaks_by(suspect, CAUS_TERM_LOGS);
    bool traces_first = speaks_by(suspect, CAUS_TERM_TRACES) &&
                        caus_trace_lost_share(about, service) > half_of_loss;
    bool calls_first = speaks_by(suspect, CAUS_TERM_CALLS);
    if (logs_first)
        caus_log_fact_add(suspect, &text);
    caus_silence_add(about, service, &text);
    caus_missed_add(about, service, &text);
    caus_idle_add(about, service, &text);
    if (traces_first)
        add_traces(about, service, &text);
    if (calls_first)
        add_calls(about, suspect, service, &text);
    add_changes(about, rank, &text);
    if (!calls_first)
        add_calls(about, suspect, service, &text);
    if (!traces_first)
        add_traces(about, service, &text);
    if (!logs_first)
        caus_log_fact_add(suspect, &text);
    if (!text.length) {
        caus_text_add(&text, say_quiet(about, rank));
        if (suspect->terms[CAUS_TERM_CHANGE] > 0 &&
            caus_changed_shortly_before(about, about->ranked[rank]))
            caus_text_add(&text, "; it was changed near the onset");
        if (suspect->terms[CAUS_TERM_WAY] > 0)
            caus_text_add(&text, say_way(about, about->ranked[rank]));
    }
    return caus_text_finish(&text, about->out, &suspect->sentence, NULL, err);
}

/* The least that a hop of the chain has earned. What is only suspected to have
 * begun there drives nothing yet. */
static caus_word weakest_word(const caus_suspect *suspect, bool is_proven)
{
    caus_word weakest = CAUS_WORD_CAUSED;
    for (size_t i = 0; i < suspect->hop_count; i++) {
        caus_word word = caus_word_of(&suspect->chain[i]);
        weakest = word < weakest ? word : weakest;
    }
    return !is_proven && weakest >= CAUS_WORD_DRIVES ? CAUS_WORD_MOVED_WITH
                                                     : weakest;
}

/* "; front moved with it, over mid": how far it is told, and which way. */
static void add_way(const caus_case *about, caus_word word, caus_text *text)
{
    const caus_suspect *first = &about->suspects[0];
    size_t end = first->chain[first->hop_count - 1].to;
    const char *service = about->suspects[end].service;
    switch (word) {
    case CAUS_WORD_NONE:
        caus_text_format(text, "; %s calls it", service);
        break;
    case CAUS_WORD_MOVED_WITH:
        caus_text_format(text, "; %s moved with it", service);
        break;
    case CAUS_WORD_PRECEDED:
        caus_text_format(text, "; it preceded %s", service);
        break;
    case CAUS_WORD_DRIVES:
        caus_text_format(text, "; it drives %s", service);
        break;
    case CAUS_WORD_CAUSED:
        caus_text_format(text, "; it caused what %s shows", service);
    }
    for (size_t i = 0; i + 1 < first->hop_count; i++)
        caus_text_format(text, "%s%s", i ? ", " : ", over ",
                         about->suspects[first->chain[i].to].service);
}

/* Where a station between has nothing that moved, cause and symptom may still
 * have moved together: that is told of the two, and what is not known. */
static void add_path(const caus_case *about, bool is_proven, caus_text *text)
{
    const caus_suspect *first = &about->suspects[0];
    if (!first->hop_count)
        return;
    caus_word word = weakest_word(first, is_proven);
    size_t end = first->chain[first->hop_count - 1].to;
    if (word != CAUS_WORD_NONE) {
        add_way(about, word, text);
        return;
    }
    bool both = caus_suspect_moved(about, 0) && caus_suspect_moved(about, end);
    add_way(about, both ? CAUS_WORD_MOVED_WITH : CAUS_WORD_NONE, text);
    size_t calm = 0;
    for (size_t i = 0; i < first->hop_count; i++) {
        size_t station = first->chain[i].to;
        if (caus_suspect_moved(about, station))
            continue;
        caus_text_format(text, "%s%s",
                         calm++ ? ", " : "; nothing measured moved in ",
                         about->suspects[station].service);
    }
}

/* What moved most, if what a detector sees in the rows as a whole is more than
 * they usually do; SIZE_MAX = nothing did. */
static size_t find_unexplained(const caus_case *about)
{
    size_t most = SIZE_MAX;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        double clue = about->scores.clue[v];
        bool moved = about->alarm > 1 && clue >= caus_explained_clue;
        if (moved && (most == SIZE_MAX || clue > about->scores.clue[most]))
            most = v;
    }
    return most;
}

/* Nothing that tells of trouble need not be nothing. */
static void say_calm(const caus_case *about, const caus_explanation *result,
                     caus_text *text)
{
    char at[40];
    size_t moved = find_unexplained(about);
    caus_time_format(result->onset.time_ns, at);
    if (caus_case_is_constant(about)) {
        caus_text_add(text, "Every series is constant: nothing can stand out");
        return;
    }
    if (isnan(result->strength)) {
        caus_text_format(text,
                         "The healthy rows are too few to tell whether what "
                         "moved from %s on goes beyond the usual",
                         at);
        return;
    }
    bool tells = moved != SIZE_MAX && caus_scene_tells(&about->scene, moved);
    caus_text_format(text, "%s from %s on %s what the healthy rows do too",
                     tells               ? "No service stands out"
                     : moved == SIZE_MAX ? "Nothing"
                                         : "Nothing that tells of trouble",
                     at, tells ? "beyond" : "goes beyond");
    if (moved == SIZE_MAX)
        return;
    caus_text_add(text, "; but ");
    add_change(about, moved, text);
    if (!tells)
        caus_text_add(text, ": if that is the trouble, name it (--symptom)");
}

/* Whether nothing tells who it was. */
static bool shows_nothing(const caus_case *about)
{
    return about->suspects[0].observer || about->suspects[0].score <= 0;
}

/* Whether nothing has a value before the onset, or from it on. */
static bool is_blank(const caus_case *about)
{
    const caus_timeline *timeline = &about->timeline;
    size_t before = caus_timeline_filled_before(timeline, about->onset_row);
    return !before || before == timeline->filled_count;
}

static caus_status say_all(caus_case *about, caus_explanation *result,
                           caus_error *err)
{
    caus_text text = {0};
    if (result->verdict == CAUS_VERDICT_NO_ANOMALY) {
        say_calm(about, result, &text);
    } else if (shows_nothing(about)) {
        char at[40];
        caus_time_format(result->onset.time_ns, at);
        caus_text_format(&text,
                         is_blank(about)
                             ? "No value on one side of %s to tell what moved"
                             : "Too few rows before %s to tell what moved from "
                               "then on",
                         at);
    } else {
        const caus_suspect *first = &about->suspects[0];
        if (result->verdict == CAUS_VERDICT_CAUSE)
            caus_text_format(&text, "It began in %s: ", first->service);
        else
            caus_text_format(
                &text, "%s is suspected, without proof: ", first->service);
        caus_text_add(&text, first->sentence);
        add_path(about, result->verdict == CAUS_VERDICT_CAUSE, &text);
    }
    return caus_text_finish(&text, about->out, &result->summary, NULL, err);
}

/* Rows before the onset: of one that was given those in which anything is
 * measured. One that was looked for lies behind as many as its search takes,
 * and nothing may have happened there. */
static size_t healthy_rows(const caus_case *about)
{
    return about->options->has_onset
               ? caus_timeline_filled_before(&about->timeline, about->onset_row)
               : about->onset_row;
}

/* Whether no rank is proof: what is normal is hardly seen. */
static bool is_short(const caus_case *about)
{
    return healthy_rows(about) < CAUS_LEAST_HEALTHY;
}

static caus_verdict judge(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    if (!about->scene.service_count)
        return CAUS_VERDICT_NO_ANOMALY;
    if (is_short(about) || is_blank(about))
        return CAUS_VERDICT_INSUFFICIENT;
    if (shows_nothing(about))
        return CAUS_VERDICT_NO_ANOMALY;
    if (about->incident < caus_moved_incident)
        return CAUS_VERDICT_NO_ANOMALY;
    bool named = about->incident >= caus_named_incident &&
                 first->confidence >= caus_named_confidence;
    return named ? CAUS_VERDICT_CAUSE : CAUS_VERDICT_INSUFFICIENT;
}

/* What is as in healthy windows, while variables are not, which takes from how
 * sure all of it is: ": traces show no more than in healthy windows"; "" =
 * nothing is, NULL = no memory. */
static const char *say_quiet_kinds(const caus_case *about)
{
    double traces = fmax(about->traces.lost_over, about->traces.failing_over);
    bool quiet_traces = about->traces.known && traces < quiet_deviate;
    bool quiet_logs =
        about->logs_over < quiet_deviate && !about->suspects[0].log_fact_count;
    if (!(about->departure_over >= loud_deviate) ||
        (!quiet_traces && !quiet_logs))
        return "";
    return caus_arena_format(
        about->out, ": %s%s%s show no more than in healthy windows",
        quiet_traces ? "traces" : "", quiet_traces && quiet_logs ? " and " : "",
        quiet_logs ? "log lines" : "");
}

/* Which steps of judge() failed; NULL without memory. */
static const char *say_doubt(const caus_case *about)
{
    bool happened = about->incident >= caus_named_incident;
    if (!about->onset.found)
        return caus_arena_format(
            about->out,
            "%zu rows are too few to find an onset, %d are needed: widen "
            "--start or name the onset by --at",
            about->timeline.filled_count, CAUS_LEAST_SEARCHED);
    if (is_blank(about))
        return "on one side of the onset no row has a value: widen the window "
               "or name another onset by --at";
    if (is_short(about))
        return caus_arena_format(
            about->out,
            "%zu row%s before the onset cannot show what is normal, %d are "
            "needed: widen --start or --baseline",
            healthy_rows(about), healthy_rows(about) == 1 ? "" : "s",
            CAUS_LEAST_HEALTHY);
    if (about->suspects[0].confidence >= caus_named_confidence) {
        const char *quiet = say_quiet_kinds(about);
        if (about->unfelt >= half_unfelt)
            return "what moved is inside it, and no latency or errors tell "
                   "that anybody feels it";
        return quiet ? caus_arena_format(about->out,
                                         "that anything happened at all is not "
                                         "sure enough%s",
                                         quiet)
                     : NULL;
    }
    return happened ? "which of the services it was is not sure enough"
                    : "neither that anything happened nor which of the "
                      "services it was is sure enough";
}

/* Where nothing began nothing went from one service to another. */
static void drop_chains(caus_case *about)
{
    for (size_t i = 0; i < about->scene.service_count; i++)
        about->suspects[i].hop_count = 0;
}

caus_status caus_words_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err)
{
    size_t count = about->scene.service_count;
    for (size_t i = 0; i < count; i++) {
        about->suspects[i].sentence = "";
        if (i >= MOST_SENTENCES)
            continue;
        CAUS_TRY(say_suspect(about, i, err));
        CAUS_TRY(caus_suspect_check(about, i, placebo, err));
    }
    result->verdict = judge(about);
    if (result->verdict == CAUS_VERDICT_NO_ANOMALY || shows_nothing(about)) {
        drop_chains(about);
        result->reach_count = 0;
        result->hidden_cause = NULL;
    }
    if (result->verdict == CAUS_VERDICT_INSUFFICIENT) {
        result->doubt = say_doubt(about);
        if (!result->doubt)
            return caus_arena_fail(about->out, err);
    }
    CAUS_TRY(say_all(about, result, err));
    CAUS_TRY(caus_runner_up_say(about, result, err));
    return caus_notes_fill(about, placebo, result, err);
}
