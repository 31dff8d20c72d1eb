/* SPDX-License-Identifier: Apache-2.0 */
/* From a series to an explanation, step by step. */
#include <math.h>

#include "rootcause/attribution.h"
#include "rootcause/behaviour.h"
#include "rootcause/carried.h"
#include "rootcause/chain.h"
#include "rootcause/few_failures.h"
#include "rootcause/few_requests.h"
#include "rootcause/logs.h"
#include "rootcause/onset.h"
#include "rootcause/placebo.h"
#include "rootcause/ranking.h"
#include "rootcause/rows.h"
#include "rootcause/season.h"
#include "rootcause/strangers.h"
#include "rootcause/telling.h"
#include "rootcause/toward.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

const char *caus_verdict_name(caus_verdict verdict)
{
    static const char *const names[] = {"cause", "no_anomaly", "insufficient"};
    return names[verdict];
}

const char *caus_term_name(caus_term term)
{
    static const char *const names[] = {"change",   "traces",   "calls",
                                        "internal", "external", "way",
                                        "both",     "order",    "logs"};
    return names[term];
}

caus_explain_options caus_explain_options_default(void)
{
    return (caus_explain_options){0};
}

static caus_status fail_onset(const caus_timeline *timeline, int64_t onset_ns,
                              caus_error *err)
{
    char at[40], first[40], last[40];
    caus_time_format(onset_ns, at);
    caus_time_format(timeline->time_ns[0], first);
    caus_time_format(timeline->time_ns[timeline->row_count - 1], last);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "the onset %s leaves no rows on one side: they run from "
                     "%s to %s; name an onset between them or widen the window",
                     at, first, last);
}

static caus_status find_named_row(const caus_case *about, size_t *result,
                                  caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    int64_t onset_ns = about->options->onset_ns;
    size_t row = 0;
    while (row < timeline->row_count && timeline->time_ns[row] < onset_ns)
        row++;
    if (row == 0 || row == timeline->row_count)
        return fail_onset(timeline, onset_ns, err);
    *result = row;
    return CAUS_OK;
}

/* Whether something that left its habit began when what stands out was over: of
 * two incidents the later is asked about. */
static bool is_behind(const caus_onset *onset, const caus_extent *extent)
{
    return onset->found && extent->has_end &&
           onset->first_row >= extent->end_row;
}

/* Of rows in which nothing is measured nobody knows whether it had begun. */
static void widen_over_gap(const caus_timeline *timeline, caus_onset *onset)
{
    size_t first = onset->first_row;
    size_t before = caus_timeline_filled_before(timeline, first);
    if (!before)
        return;
    bool is_filled =
        before < timeline->filled_count && timeline->filled[before] == first;
    if (is_filled && timeline->filled[before - 1] + 1 == first)
        return;
    onset->first_row = timeline->filled[before - 1];
    onset->first_ns = timeline->time_ns[onset->first_row];
}

/* The onset where nobody gave one: of what stands out, else of what left its
 * habit, else where the rows part most clearly.
 *
 *   onset  that of the detectors, if they have found one */
static caus_status look_for_onset(caus_case *about, bool detected,
                                  caus_onset *onset, bool *is_dated,
                                  caus_error *err)
{
    size_t least = caus_larger(about->near_row, CAUS_LEAST_HEALTHY);
    if (about->extent && !is_behind(onset, about->extent))
        *onset = about->extent->onset;
    *is_dated = onset->found && onset->row >= CAUS_LEAST_HEALTHY;
    if (!*is_dated)
        CAUS_TRY(caus_case_split(about, detected, least, onset, err));
    if (!onset->found)
        return CAUS_OK;
    caus_silence_date(about, least, onset);
    widen_over_gap(&about->timeline, onset);
    return CAUS_OK;
}

static caus_status measure(caus_case *about, caus_error *err)
{
    size_t count = about->series->variable_count;
    const caus_timeline *timeline = &about->timeline;
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(timeline, about->out, &space, err));
    about->shifts = CAUS_ARRAY(about->out, caus_shift, count);
    if (!about->shifts)
        return caus_arena_fail(about->out, err);
    for (size_t v = 0; v < count; v++) {
        CAUS_TRY(caus_run_check(about->run, err));
        about->shifts[v] = caus_timeline_shift(timeline, v, about->onset_row,
                                               timeline->row_count, &space);
    }
    return CAUS_OK;
}

/* The onset that somebody named, or the row before it at which the incident
 * had begun; the shifts are measured from there on. */
static caus_status take_named_onset(caus_case *about, size_t *row,
                                    caus_error *err)
{
    CAUS_TRY(find_named_row(about, &about->named_row, err));
    about->onset_row = about->named_row;
    CAUS_TRY(measure(about, err));
    CAUS_TRY(caus_case_find_beginning(about, row, err));
    if (*row == about->named_row)
        return CAUS_OK;
    about->onset_row = *row;
    return measure(about, err);
}

static caus_onset named_onset(const caus_case *about, size_t row)
{
    const int64_t *time_ns = about->timeline.time_ns;
    caus_onset onset = caus_onset_given(row, time_ns[row]);
    onset.last_row = about->named_row;
    onset.last_ns = time_ns[about->named_row];
    return onset;
}

static caus_status place_onset(caus_case *about, caus_error *err)
{
    size_t given = SIZE_MAX;
    bool detected, is_dated = false;
    caus_anomalies found;
    if (about->options->has_onset)
        CAUS_TRY(take_named_onset(about, &given, err));
    CAUS_TRY(caus_case_detect(about, given, &found, &detected, err));
    caus_onset onset = {0};
    about->alarm = about->alone = (double)NAN;
    if (detected)
        CAUS_TRY(caus_case_find_onset(about, &found, given, &onset, err));
    if (given == SIZE_MAX)
        CAUS_TRY(look_for_onset(about, detected, &onset, &is_dated, err));
    else
        onset = named_onset(about, given);
    about->onset = onset;
    about->onset_row = onset.row;
    if (is_dated)
        CAUS_TRY(caus_case_await_users(about, err));
    about->has_anomalies = detected;
    if (detected)
        about->anomalies = found;
    CAUS_TRY(caus_season_bring_to_onset(about, err));
    if (given == SIZE_MAX)
        CAUS_TRY(measure(about, err));
    return caus_changes_weigh(about, err);
}

/* How surely the symptom is seen: entries move by chance, too, where the
 * incident reaches none of them. */
static double visibility(const caus_case *about, const double *clues)
{
    if (about->symptom == SIZE_MAX)
        return 1;
    double seen = caus_sureness(clues[about->symptom]);
    return about->options->symptom ? fmax(seen, caus_named_trust) : seen;
}

/* What the symptom shows counts whole, the other kind of evidence less. Of a
 * symptom that nobody named each kind counts as loud as users see it, by the
 * scores that it was chosen by. */
static void weigh_kinds(caus_case *about, caus_aspect aspect)
{
    double *kinds = about->context.kinds;
    kinds[OUTSIDE_LATENCY] = kinds[OUTSIDE_ERRORS] = caus_weight_outside;
    if (!caus_aspect_is_outside(aspect))
        return;
    bool fails = aspect == CAUS_ASPECT_ERRORS;
    size_t same = fails ? OUTSIDE_ERRORS : OUTSIDE_LATENCY;
    size_t other = fails ? OUTSIDE_LATENCY : OUTSIDE_ERRORS;
    kinds[same] = caus_weight_same;
    kinds[other] = 1 - about->context.seen * (1 - caus_weight_other);
    if (about->options->symptom)
        return;
    caus_outside loud = {0};
    for (size_t s = 0; s < about->scene.service_count; s++) {
        if (!caus_scene_users_see(&about->scene, s))
            continue;
        for (size_t k = 0; k < OUTSIDE_COUNT; k++)
            loud[k] = fmax(loud[k], about->scores.outside[s][k]);
    }
    if (loud[same] > 0)
        kinds[other] = fmax(
            kinds[other], caus_weight_same * fmin(1, loud[other] / loud[same]));
}

static void look_from_symptom(caus_case *about, const double *clues)
{
    const caus_scene *scene = &about->scene;
    caus_aspect aspect = about->symptom == SIZE_MAX
                             ? CAUS_ASPECT_OTHER
                             : scene->aspects[about->symptom];
    about->context.seen = visibility(about, clues);
    weigh_kinds(about, aspect);
    about->context.ends = NULL;
    about->symptom_service = SIZE_MAX;
    if (about->symptom == SIZE_MAX)
        return;
    size_t service = scene->service_of[about->symptom];
    if (service == SIZE_MAX || scene->observer[service] ||
        scene->stranger[service] || !scene->has_calls)
        return;
    about->symptom_service = service;
    for (size_t s = 0; s < scene->service_count; s++) {
        about->ends[s] = 0;
        if (!about->options->symptom && caus_scene_users_see(scene, s))
            about->ends[s] =
                caus_sureness(caus_scores_shown(&about->scores, s));
    }
    about->ends[service] = 1;
    about->context.ends = about->ends;
}

/* Those that a call graph lacks and metrics of clients name. */
static caus_status join_calls(caus_case *about, const caus_topology **calls,
                              caus_error *err)
{
    caus_topology *joined = CAUS_ARRAY(about->out, caus_topology, 1);
    if (!joined)
        return caus_arena_fail(about->out, err);
    *joined = **calls;
    CAUS_TRY(caus_toward_join(about->series, joined, about->out, err));
    *calls = joined;
    return CAUS_OK;
}

/* Sets `calls`: as told, where that is of these services, else as traces tell.
 */
static caus_status find_calls(caus_case *about, caus_error *err)
{
    const caus_explain_options *options = about->options;
    const caus_topology *calls = options->topology;
    bool fits = true;
    if (calls)
        CAUS_TRY(
            caus_calls_fit(about->series, calls, options->spans, &fits, err));
    if (!fits) {
        about->unfit_calls = calls;
        calls = NULL;
    }
    if (!calls && options->spans) {
        caus_topology *seen = CAUS_ARRAY(about->out, caus_topology, 1);
        if (!seen)
            return caus_arena_fail(about->out, err);
        CAUS_TRY(
            caus_spans_topology(options->spans, about->out, seen, NULL, err));
        calls = seen;
    }
    if (calls)
        CAUS_TRY(join_calls(about, &calls, err));
    about->calls = calls;
    return CAUS_OK;
}

caus_status caus_case_open(caus_case *about, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    CAUS_TRY(find_calls(about, err));
    CAUS_TRY(caus_scene_init(about->series, about->calls, about->options->spans,
                             about->out, &about->scene, err));
    CAUS_TRY(caus_timeline_init(about->series, about->columns, scratch,
                                &about->timeline, err));
    CAUS_TRY(caus_settings_take_out(about, err));
    CAUS_TRY(caus_timeline_sort(&about->timeline, about->run, scratch, err));
    caus_timeline_find_traits(&about->timeline, about->series,
                              about->scene.aspects, about->scene.bad);
    CAUS_TRY(
        caus_few_requests_find(&about->scene, scratch, &about->timeline, err));
    CAUS_TRY(
        caus_few_failures_find(&about->scene, scratch, &about->timeline, err));
    return caus_symptom_find(about, err);
}

static caus_status prepare(caus_case *about, caus_error *err)
{
    size_t variables = about->series->variable_count;
    size_t services = about->scene.service_count;
    about->later = CAUS_ARRAY(about->out, const double *, variables);
    about->onsets = CAUS_ARRAY(about->out, caus_onset, variables);
    about->service_onsets = CAUS_ARRAY(about->out, caus_onset, services + 1);
    about->order = CAUS_ARRAY(about->out, double, services + 1);
    about->ends = CAUS_ARRAY(about->out, double, services + 1);
    about->fronts = CAUS_ARRAY(about->out, size_t, services + 1);
    about->silent = CAUS_ARRAY(about->out, double, services + 1);
    about->asked = CAUS_ARRAY(about->out, double, services + 1);
    if (!about->later || !about->onsets || !about->service_onsets ||
        !about->order || !about->ends || !about->fronts || !about->silent ||
        !about->asked)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(caus_silence_init(about, err));
    CAUS_TRY(caus_restart_init(about, err));
    CAUS_TRY(caus_log_table_find(about, err));
    CAUS_TRY(place_onset(about, err));
    CAUS_TRY(caus_scores_init(&about->scene, variables, about->out,
                              &about->scores, err));
    CAUS_TRY(caus_case_take_spans(about, err));
    return caus_trace_clues_find(&about->scene, about->spans, about->run,
                                 about->out, &about->traces, err);
}

/* Clues of the incident beyond healthy windows, and what else tells of them:
 * each step takes the clues, and the context, as those before it left them. */
static caus_status weigh_clues(caus_case *about, caus_placebo *placebo,
                               double *clues, caus_error *err)
{
    CAUS_TRY(caus_log_clues_find(about, placebo, err));
    CAUS_TRY(caus_placebo_reduce(about, placebo, clues, err));
    CAUS_TRY(caus_strays_weigh(about, clues, err));
    CAUS_TRY(caus_felt_weigh(about, clues, err));
    CAUS_TRY(caus_alongside_raise(about, clues, err));
    CAUS_TRY(caus_impact_weigh_new_calls(about, clues, err));
    CAUS_TRY(caus_demand_weigh(about, clues, err));
    CAUS_TRY(caus_lacks_find(about, placebo, err));
    CAUS_TRY(caus_witnesses_find(about, clues, err));
    CAUS_TRY(caus_missed_find(about, err));
    CAUS_TRY(caus_unasked_find(about, err));
    CAUS_TRY(caus_unasked_weigh(about, clues, err));
    CAUS_TRY(caus_carried_find(about, err));
    CAUS_TRY(caus_call_time_find(about, err));
    CAUS_TRY(caus_idle_find(about, err));
    CAUS_TRY(caus_guesses_find(about, clues, err));
    caus_case_use_onsets(about, clues);
    return CAUS_OK;
}

/* Scores, looked at from the symptom: first where nobody named one, as the
 * loudest is chosen by them; and at last with what each service can have moved,
 * which is told by the scores without it. */
static caus_status score(caus_case *about, double *clues, caus_error *err)
{
    size_t variables = about->series->variable_count;
    if (about->symptom == SIZE_MAX) {
        caus_scores_fill(&about->context, clues, variables, &about->scores);
        about->symptom = caus_symptom_choose(about);
    }
    look_from_symptom(about, clues);
    CAUS_TRY(caus_impact_find_fronts(about, clues, err));
    about->context.fronts = about->fronts;
    caus_impact_weigh(about, clues);
    caus_scores_fill(&about->context, clues, variables, &about->scores);
    CAUS_TRY(caus_coverage_find(about, err));
    caus_scores_fill(&about->context, clues, variables, &about->scores);
    return CAUS_OK;
}

static caus_status rank(caus_case *about, caus_placebo *placebo,
                        caus_error *err)
{
    CAUS_TRY(caus_strangers_mark(about, err));
    CAUS_TRY(caus_departure_find(about, err));
    CAUS_TRY(caus_demand_init(about, err));
    CAUS_TRY(caus_placebo_init(about, placebo, err));
    about->context =
        (caus_context){.scene = &about->scene,
                       .traces = &about->traces,
                       .order = about->order,
                       .silent = about->silent,
                       .asked = about->asked,
                       .kinds = {caus_weight_outside, caus_weight_outside},
                       .change = about->change_fit};
    double *clues =
        CAUS_ARRAY(about->out, double, about->series->variable_count);
    if (!clues)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(weigh_clues(about, placebo, clues, err));
    CAUS_TRY(score(about, clues, err));
    CAUS_TRY(caus_suspects_rank(about, err));
    return caus_clues_rank(about, err);
}

/* From the suspects to the symptom, and from the first to all it reaches. */
static caus_status trace_ways(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    about->chains = CAUS_ARRAY(about->out, caus_hop *, services + 1);
    if (!about->chains)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < services; i++)
        CAUS_TRY(caus_chain_find(about, i, err));
    CAUS_TRY(caus_reach_find(about, err));
    CAUS_TRY(caus_learned_find(about, err));
    CAUS_TRY(caus_hidden_find(about, &about->hidden_cause, err));
    return caus_hops_tell(about, err);
}

static caus_status attribute(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    caus_share *shares = CAUS_ARRAY(about->out, caus_share, services + 1);
    if (!shares)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(caus_attribution_find(about, shares, err));
    for (size_t s = 0; s < services; s++)
        about->suspects[about->rank_of[s]].share = shares[s];
    return CAUS_OK;
}

/* What is told of the whole, in numbers. */
static caus_explanation sum_up(const caus_case *about,
                               const caus_placebo *placebo)
{
    const caus_timeline *timeline = &about->timeline;
    size_t before = caus_timeline_filled_before(timeline, about->onset_row);
    return (caus_explanation){.symptom = about->symptom,
                              .symptom_chosen = !about->options->symptom,
                              .onset_given = about->options->has_onset,
                              .onset = about->onset,
                              .last_ns =
                                  timeline->time_ns[timeline->row_count - 1],
                              .has_calls = about->scene.has_calls,
                              .has_traces = about->traces.known,
                              .has_logs = about->context.logs,
                              .has_changes = about->options->changes,
                              .known_changes = about->changes,
                              .usual_s = caus_learned_reach_s(about),
                              .alarm = about->alarm,
                              .alone = about->alone,
                              .explained = about->explained,
                              .unfelt = about->unfelt,
                              .untold = about->untold,
                              .departure = about->departure,
                              .departure_beyond = about->departure_beyond,
                              .beyond = about->beyond,
                              .rows_before = before,
                              .rows_after = timeline->filled_count - before,
                              .strength = placebo->strength,
                              .placebo_count = placebo->count,
                              .suspect_count = about->scene.service_count,
                              .suspects = about->suspects,
                              .clue_count = about->series->variable_count,
                              .clues = about->clues,
                              .usual = about->usual,
                              .hidden_cause = about->hidden_cause,
                              .reach_count = about->reach_count,
                              .reach = about->reach};
}

/* When it ended, by all rows: those behind the time near which it was looked
 * for count, too. The timeline is another afterwards, so that this comes last.
 */
static caus_status find_end(caus_case *about, caus_explanation *result,
                            caus_error *err)
{
    if (about->whole != about->series) {
        CAUS_TRY(caus_timeline_init(about->whole, about->columns,
                                    caus_run_scratch(about->run, 0),
                                    &about->timeline, err));
        caus_season_bring(about);
    }
    return caus_case_find_end(about, &result->ending, err);
}

caus_status caus_case_explain(caus_case *about, caus_explanation *result,
                              caus_error *err)
{
    CAUS_TRY(prepare(about, err));
    caus_placebo placebo;
    CAUS_TRY(rank(about, &placebo, err));
    CAUS_TRY(caus_placebo_measure(about, &placebo, err));
    size_t services = about->scene.service_count;
    double *confidence = CAUS_ARRAY(about->out, double, services + 1);
    if (!confidence)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(caus_confidence_fill(about, confidence, err));
    for (size_t i = 0; i < services; i++)
        about->suspects[i].confidence = confidence[i];
    CAUS_TRY(caus_symptom_retell(about, err));
    CAUS_TRY(trace_ways(about, err));
    CAUS_TRY(attribute(about, err));
    CAUS_TRY(caus_trace_facts_find(about, err));
    CAUS_TRY(caus_log_facts_find(about, err));
    *result = sum_up(about, &placebo);
    CAUS_TRY(caus_changes_rank(about, result, err));
    CAUS_TRY(caus_words_fill(about, &placebo, result, err));
    return result->verdict == CAUS_VERDICT_NO_ANOMALY
               ? CAUS_OK
               : find_end(about, result, err);
}
