/* SPDX-License-Identifier: Apache-2.0 */
/* What would be so if the incident began in a suspect, and what is. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "rootcause/placebo.h"
#include "rootcause/telling.h"
#include "rootcause/weights.h"

enum { MOST_FINDINGS = 12 };

caus_status caus_findings_begin(caus_arena *out, size_t room,
                                caus_findings *list, caus_error *err)
{
    *list = (caus_findings){.items = CAUS_ARRAY(out, caus_finding, room),
                            .room = room};
    return list->items ? CAUS_OK : caus_arena_fail(out, err);
}

void caus_findings_add(caus_findings *list, caus_check_state state,
                       const char *text, const char *found)
{
    bool failed = state == CAUS_STATE_FAILED;
    list->out_of_memory = list->out_of_memory || !text || (failed && !found);
    assert(list->count < list->room);
    list->items[list->count++] =
        (caus_finding){state, text, failed ? found : NULL};
}

/* Those of a suspect in the making. */
typedef struct suspicion {
    const caus_case *about;
    caus_findings findings;
} suspicion;

static void add_finding(suspicion *list, caus_check_state state,
                        const char *text, const char *found)
{
    caus_findings_add(&list->findings, state, text, found);
}

static void check_strength(suspicion *list, size_t rank,
                           const caus_placebo *placebo)
{
    bool tested = !isnan(placebo->strength) && rank == 0;
    add_finding(list,
                tested ? caus_state_if(placebo->strength > caus_named_strength)
                       : CAUS_STATE_UNTESTED,
                "it moved further than anything does in healthy windows",
                list->about->context.logs
                    ? "metrics and logs of healthy windows show as much"
                    : "metrics of healthy windows show as much");
}

static void check_order(suspicion *list, size_t service)
{
    const caus_case *about = list->about;
    const caus_onset *own = &about->service_onsets[service];
    const caus_onset *symptom =
        about->symptom == SIZE_MAX ? NULL : &about->onsets[about->symptom];
    bool known = own->found && symptom && symptom->found;
    add_finding(list,
                known ? caus_state_if(own->first_ns <= symptom->last_ns)
                      : CAUS_STATE_UNTESTED,
                "it moved no later than the symptom",
                "it moved later than the symptom");
}

/* Latency and failures that users did not feel for longer than it takes. */
static void check_felt(suspicion *list, size_t service)
{
    const caus_case *about = list->about;
    double unheeded_s = about->unheeded_s[service];
    if (unheeded_s <= caus_felt_within_s)
        return;
    add_finding(list, CAUS_STATE_FAILED,
                "nothing that it shows was there long before anybody felt it",
                caus_arena_format(about->out,
                                  "what it shows was there %.0f s before "
                                  "anybody felt anything",
                                  unheeded_s));
}

/* Whom the first can reach and who began before it, beyond all doubt. */
static void check_callers(suspicion *list, size_t rank)
{
    const caus_case *about = list->about;
    const char *text = "nobody whom it can reach moved before it";
    size_t known = 0;
    if (rank > 0 || !about->reach_count)
        return;
    for (size_t i = 0; i < about->reach_count; i++) {
        const caus_reach *reach = &about->reach[i];
        known += reach->has_lag;
        if (!reach->has_lag || reach->lag_high_s >= 0)
            continue;
        add_finding(list, CAUS_STATE_FAILED, text,
                    caus_arena_format(
                        about->out,
                        "%s moved before it, but nobody is struck before its "
                        "cause",
                        about->suspects[reach->suspect].service));
        return;
    }
    add_finding(list, known ? CAUS_STATE_PASSED : CAUS_STATE_UNTESTED, text,
                NULL);
}

static void check_reach(suspicion *list, size_t service)
{
    const caus_case *about = list->about;
    if (about->symptom_service == SIZE_MAX) {
        add_finding(list, CAUS_STATE_UNTESTED,
                    "a path of calls from the symptom (no call graph with "
                    "its service)",
                    NULL);
        return;
    }
    if (about->symptom_service == service) {
        add_finding(list, CAUS_STATE_PASSED, "the symptom is its own", NULL);
        return;
    }
    if (about->scene.stranger[service]) {
        add_finding(list, CAUS_STATE_UNTESTED,
                    "a path of calls from the symptom (the call graph does not "
                    "know it)",
                    NULL);
        return;
    }
    const char *caller = about->scene.services[about->symptom_service];
    add_finding(
        list, caus_state_if(about->scores.path[service] >= 0),
        caus_arena_format(about->out, "%s calls it, or others that do", caller),
        caus_arena_format(about->out, "%s does not call it, nor others that do",
                          caller));
}

/* The callee with the largest clue outside; SIZE_MAX = none has any. */
static size_t worst_callee(const caus_case *about, size_t service, double *clue)
{
    const caus_scene *scene = &about->scene;
    size_t worst = SIZE_MAX;
    *clue = 0;
    const caus_index_list callees = caus_scene_callees(scene, service);
    for (size_t i = 0; i < callees.count; i++) {
        double own = caus_scores_shown(&about->scores, callees.items[i]);
        if (own > *clue) {
            worst = callees.items[i];
            *clue = own;
        }
    }
    return worst;
}

/* The callee in which, by traces, the most failures begin, more than in the
 * service itself: callers count them as well, and more of them. SIZE_MAX = none
 * does. */
static size_t failing_callee(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const double *begun = about->traces.begun;
    double most = fmax(begun[service], caus_explained_clue);
    size_t worst = SIZE_MAX;
    const caus_index_list callees = caus_scene_callees(scene, service);
    for (size_t i = 0; i < callees.count; i++) {
        if (begun[callees.items[i]] > most) {
            worst = callees.items[i];
            most = begun[worst];
        }
    }
    return worst;
}

/* A callee of which neither latency nor errors are known, nor traces, so that
 * it may well be worse off; SIZE_MAX = there is none. */
static size_t blind_callee(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list callees = caus_scene_callees(scene, service);
    for (size_t i = 0; i < callees.count && !about->traces.known; i++) {
        if (!caus_measured_around(about, callees.items[i], true))
            return callees.items[i];
    }
    return SIZE_MAX;
}

static void check_callees(suspicion *list, size_t service)
{
    const caus_case *about = list->about;
    const caus_scene *scene = &about->scene;
    double shown = caus_scores_shown(&about->scores, service);
    bool known = scene->has_calls && !scene->stranger[service];
    bool alone = !caus_scene_makes_calls(scene, service);
    double callee;
    size_t worst = worst_callee(about, service, &callee);
    size_t failing = failing_callee(about, service);
    bool none = callee <= shown && failing == SIZE_MAX;
    worst = failing == SIZE_MAX ? worst : failing;
    size_t blind = blind_callee(about, service);
    if (known && none && blind != SIZE_MAX) {
        add_finding(list, CAUS_STATE_UNTESTED,
                    caus_arena_format(about->out,
                                      "nobody that it calls is worse off "
                                      "(latency and errors of %s are not "
                                      "known)",
                                      scene->services[blind]),
                    NULL);
        return;
    }
    add_finding(list, known ? caus_state_if(none) : CAUS_STATE_UNTESTED,
                alone && known ? "it calls nobody who could be to blame"
                               : "nobody that it calls is worse off",
                none ? ""
                     : caus_arena_format(about->out,
                                         "%s, which it calls, is worse off",
                                         scene->services[worst]));
}

/* The candidate with the largest share of the symptom's change. */
static const caus_suspect *find_largest_share(const caus_case *about,
                                              size_t rank)
{
    const caus_suspect *most = &about->suspects[rank];
    for (size_t i = 0; i < about->scene.service_count; i++) {
        const caus_suspect *other = &about->suspects[i];
        if (!other->observer && other->share.value > most->share.value)
            most = other;
    }
    return most;
}

/* Whether more of the symptom's change began in it than anywhere else; shares
 * that look alike speak for neither, and where all of it stays with an SLO no
 * share speaks. */
static void check_share(suspicion *list, size_t rank)
{
    const caus_case *about = list->about;
    const caus_share *own = &about->suspects[rank].share;
    const caus_suspect *most = find_largest_share(about, rank);
    const char *text =
        "no other service has a larger share of the symptom's change";
    double larger = round(100 * most->share.value);
    double smaller = round(100 * own->value);
    if (!own->known || larger < 1) {
        add_finding(list, CAUS_STATE_UNTESTED,
                    own->known ? "no other service has a larger share of the "
                                 "symptom's change (none has any)"
                               : text,
                    NULL);
        return;
    }
    add_finding(list, caus_state_if(smaller >= larger), text,
                caus_arena_format(about->out,
                                  "%s has a larger share of the symptom's "
                                  "change (%.0f %% against %.0f %%)",
                                  most->service, larger, smaller));
}

/* The loudest queue or pool of a service that moved; NULL = none. */
static const char *find_filled(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    size_t loudest = SIZE_MAX;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] == CAUS_ASPECT_SATURATION &&
            about->scores.clue[v] > 0 &&
            (loudest == SIZE_MAX ||
             about->scores.clue[v] > about->scores.clue[loudest]))
            loudest = v;
    }
    return loudest == SIZE_MAX ? NULL : about->series->variables[loudest].name;
}

/* Slow callees fill the pools and queues of their callers, so that these are
 * told of and prove neither side. */
static const char *say_sides(const caus_case *about, size_t rank,
                             size_t service)
{
    if (about->suspects[rank].terms[CAUS_TERM_INTERNAL] > 0)
        return "it shows only inside (processor, memory, disk)";
    if (caus_scores_shown(&about->scores, service) <= 0)
        return "it shows neither inside nor outside";
    const char *filled = find_filled(about, service);
    if (!filled)
        return "it shows only outside (latency, errors)";
    return caus_arena_format(about->out,
                             "it shows outside (latency, errors) and in %s, "
                             "which slow calls fill as well; not in processor, "
                             "memory or disk",
                             filled);
}

/* Where nothing inside is measured, or has too few values, nothing can show
 * there. */
static void check_sides(suspicion *list, size_t rank, size_t service)
{
    const caus_case *about = list->about;
    bool both = about->suspects[rank].terms[CAUS_TERM_BOTH] > 0;
    if (about->suspects[rank].clue_count &&
        !caus_measured_around(about, service, false)) {
        add_finding(list, CAUS_STATE_UNTESTED,
                    "it shows inside and outside (too few values of it)", NULL);
        return;
    }
    if (!caus_measures_inside(about, service)) {
        const char *filled = find_filled(about, service);
        add_finding(
            list, CAUS_STATE_UNTESTED,
            caus_arena_format(
                about->out,
                "it shows inside and outside (no processor, memory "
                "or disk metric of it%s%s%s)",
                filled ? "; " : "", filled ? filled : "",
                filled ? " moved, but slow calls fill that as well" : ""),
            NULL);
        return;
    }
    add_finding(list, caus_state_if(both),
                "it shows inside (processor, memory, disk) and outside "
                "(latency, errors)",
                say_sides(about, rank, service));
}

/* Who loses most of the time that traces lose; SIZE_MAX = none of it is worth
 * telling. */
static size_t find_slowest(const caus_case *about)
{
    size_t slowest = SIZE_MAX;
    double most = 0;
    for (size_t s = 0; s < about->scene.service_count; s++) {
        double share = caus_trace_lost_share(about, s);
        if (share > most) {
            most = share;
            slowest = s;
        }
    }
    return slowest;
}

/* Why what traces lose tells nothing of a service. */
static const char *say_no_loss(const caus_case *about, size_t service)
{
    size_t slowest = find_slowest(about);
    if (slowest == SIZE_MAX)
        return "traces lose hardly any time";
    if (caus_trace_lost_share(about, service) > 0)
        return "others explain most of the time that traces lose in it";
    return caus_arena_format(about->out, "traces lose their time in %s",
                             about->scene.services[slowest]);
}

/* Passes where the score has a part of it. */
static void check_traces(suspicion *list, size_t rank, size_t service)
{
    const caus_case *about = list->about;
    double credited = about->suspects[rank].terms[CAUS_TERM_TRACES];
    add_finding(list,
                about->traces.known
                    ? caus_state_if(credited >= caus_chance_clue)
                    : CAUS_STATE_UNTESTED,
                "traces lose time in it that no callee explains",
                say_no_loss(about, service));
}

/* Traces that lose no time may lack steps all the same. */
static void check_steps(suspicion *list, size_t rank, size_t service)
{
    const caus_case *about = list->about;
    bool counts = about->suspects[rank].terms[CAUS_TERM_CALLS] > 0 &&
                  about->traces.failing[service] > 0;
    if (counts && caus_trace_broken(about, service))
        add_finding(list, CAUS_STATE_PASSED,
                    "in its traces calls fail, are missing or new, which no "
                    "callee explains",
                    NULL);
}

static void check_logs(suspicion *list, size_t rank)
{
    const caus_case *about = list->about;
    if (!about->context.logs)
        return;
    add_finding(list, caus_state_if(about->suspects[rank].log_fact_count),
                "its log has lines that healthy rows do not have, or not as "
                "many",
                "its log tells of nothing new");
}

/* What is behind the first lacks something, be it nothing that one of the other
 * checks looks at. */
static void check_lead(suspicion *list, size_t rank)
{
    const caus_case *about = list->about;
    const caus_suspect *first = about->suspects;
    const caus_suspect *own = &about->suspects[rank];
    if (own->score >= first->score || own->observer)
        return;
    caus_term term = caus_suspect_widest(about, rank);
    add_finding(list, CAUS_STATE_FAILED,
                "no other service is set apart from it",
                caus_arena_format(about->out,
                                  "%s is set apart by %s (%.2f of its score "
                                  "against %.2f)",
                                  first->service, caus_term_reason(about, term),
                                  first->terms[term], own->terms[term]));
}

caus_status caus_suspect_check(caus_case *about, size_t rank,
                               const caus_placebo *placebo, caus_error *err)
{
    size_t service = about->ranked[rank];
    suspicion list = {.about = about};
    CAUS_TRY(
        caus_findings_begin(about->out, MOST_FINDINGS, &list.findings, err));
    check_strength(&list, rank, placebo);
    check_order(&list, service);
    check_felt(&list, service);
    check_callers(&list, rank);
    check_reach(&list, service);
    check_callees(&list, service);
    check_share(&list, rank);
    check_sides(&list, rank, service);
    check_traces(&list, rank, service);
    check_steps(&list, rank, service);
    check_logs(&list, rank);
    check_lead(&list, rank);
    about->suspects[rank].findings = list.findings.items;
    about->suspects[rank].finding_count = list.findings.count;
    return list.findings.out_of_memory ? caus_arena_fail(about->out, err)
                                       : CAUS_OK;
}
