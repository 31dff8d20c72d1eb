/* SPDX-License-Identifier: Apache-2.0 */
/* Which word a hop has earned, and by what. */
#include <math.h>
#include <string.h>

#include "rootcause/chain.h"
#include "rootcause/ranking.h"
#include "rootcause/telling.h"
#include "series/order.h"

enum { MOST_CHECKS = 8 };

static const char *const words[] = {[CAUS_WORD_NONE] = NULL,
                                    [CAUS_WORD_MOVED_WITH] = "moved with",
                                    [CAUS_WORD_PRECEDED] = "preceded",
                                    [CAUS_WORD_DRIVES] = "drives",
                                    [CAUS_WORD_CAUSED] = "caused"};

caus_word caus_word_of(const caus_hop *hop)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (hop->word == words[i])
            return (caus_word)i;
    }
    return CAUS_WORD_NONE;
}

/* What is known of a hop. */
typedef struct hop_case {
    const caus_case *about;
    caus_hop *hop;
    size_t from, to, root; /* services */
    caus_learned_link link;
    caus_findings checks;
} hop_case;

static void add_check(hop_case *job, caus_check_state state, const char *text,
                      const char *found)
{
    caus_findings_add(&job->checks, state, text, found);
}

/* "−5 s to 20 s" */
static const char *say_interval(const hop_case *job)
{
    const caus_hop *hop = job->hop;
    char low[40], high[40];
    caus_duration_format(llround(fabs(hop->lag_low_s) * 1e3) * 1000000, low);
    caus_duration_format(llround(fabs(hop->lag_high_s) * 1e3) * 1000000, high);
    return caus_arena_format(job->about->out, "%s%s to %s%s",
                             hop->lag_low_s < 0 ? "\xe2\x88\x92" : "", low,
                             hop->lag_high_s < 0 ? "\xe2\x88\x92" : "", high);
}

/* Nobody is struck before what strikes it. */
static bool is_turned(const caus_hop *hop)
{
    return hop->has_lag && hop->lag_high_s < 0;
}

static bool check_onsets(hop_case *job)
{
    const caus_hop *hop = job->hop;
    caus_arena *out = job->about->out;
    const char *from = job->about->scene.services[job->from];
    const char *to = job->about->scene.services[job->to];
    bool ordered = hop->has_lag && hop->lag_low_s > 0;
    const char *interval = say_interval(job);
    if (!interval)
        job->checks.out_of_memory = true;
    else if (!hop->has_lag)
        add_check(job, CAUS_STATE_UNTESTED,
                  caus_arena_format(out,
                                    "%s began after %s (one of both has "
                                    "no onset of its own)",
                                    to, from),
                  NULL);
    else
        add_check(
            job, caus_state_if(ordered),
            caus_arena_format(out, "%s began %s after %s", to, interval, from),
            caus_arena_format(
                out, "%s began %s after %s: %s", to, interval, from,
                is_turned(hop) ? "nobody is struck before its cause"
                               : "which came first is not measurable"));
    return ordered;
}

static void check_lag(hop_case *job)
{
    const caus_learned_link *link = &job->link;
    caus_arena *out = job->about->out;
    char delay[40];
    caus_duration_format(llround(link->delay_s * 1e3) * 1000000, delay);
    if (!job->about->has_learned)
        add_check(job, CAUS_STATE_UNTESTED,
                  "a usual delay (too few rows on one side of the onset)",
                  NULL);
    else if (!link->found)
        add_check(job, CAUS_STATE_FAILED, "a usual delay",
                  "no usual delay: no link among the services on the way");
    else
        add_check(job, caus_state_if(link->by_lag),
                  caus_arena_format(out, "a usual delay of %s", delay),
                  caus_arena_format(out,
                                    "the usual delay of %s is within one step "
                                    "or what scrapes blur",
                                    delay));
}

/* What is known of two services without a link from cause to effect: nothing,
 * or one that points the other way. */
static const char *say_no_link(const hop_case *job)
{
    caus_learned_link back =
        caus_learned_link_between(job->about, job->to, job->from);
    if (!back.found)
        return "no link among the services on the way, neither in healthy rows "
               "nor in the incident";
    return caus_arena_format(job->about->out,
                             "the link among the services on the way points "
                             "the other way (%s to %s)",
                             back.cause, back.effect);
}

static bool check_replication(hop_case *job)
{
    static const char *const found[] = {
        "not compared", "linked in healthy rows and in the incident",
        "linked in healthy rows only", "linked in the incident only",
        "linked with another sign in each"};
    const caus_learned_link *link = &job->link;
    bool known = link->found && link->environments != CAUS_EDGE_POOLED;
    bool both = known && link->environments == CAUS_EDGE_REPLICATED;
    bool tested = job->about->has_learned && (known || !link->found);
    caus_arena *out = job->about->out;
    if (!link->found) {
        add_check(job, tested ? CAUS_STATE_FAILED : CAUS_STATE_UNTESTED,
                  found[CAUS_EDGE_REPLICATED], say_no_link(job));
        return false;
    }
    add_check(
        job, tested ? caus_state_if(both) : CAUS_STATE_UNTESTED,
        caus_arena_format(out, "%s (%s with %s)", found[CAUS_EDGE_REPLICATED],
                          link->cause, link->effect),
        caus_arena_format(out, "%s (%s with %s)", found[link->environments],
                          link->cause, link->effect));
    return both;
}

/* Whether the link holds given the load that all share. */
static bool check_load(hop_case *job)
{
    const caus_case *about = job->about;
    const char *load = about->has_learned ? about->learned.workload : NULL;
    bool holds = load && !job->link.by_load;
    bool tested = about->has_learned && (job->link.found || !load);
    add_check(job, tested ? caus_state_if(holds) : CAUS_STATE_UNTESTED,
              caus_arena_format(about->out, "shared load removed%s%s%s",
                                load ? " (" : "", load ? load : "",
                                load ? ")" : ""),
              load ? "linked by shared load: it does not hold given that"
                   : "no count of calls to remove shared load by");
    return holds;
}

/* A candidate that broke before the root beyond both intervals. */
static size_t find_earlier(const caus_case *about, size_t root)
{
    const caus_onset *own = &about->service_onsets[root];
    double least = caus_candidate_share * about->suspects[0].score;
    for (size_t i = 0; i < about->scene.service_count; i++) {
        size_t s = about->ranked[i];
        const caus_onset *other = &about->service_onsets[s];
        if (s != root && other->found && !about->scene.observer[s] &&
            about->scores.total[s] >= least &&
            (!own->found || other->last_row < own->first_row))
            return s;
    }
    return SIZE_MAX;
}

static bool check_earlier(hop_case *job)
{
    const caus_case *about = job->about;
    size_t earlier = find_earlier(about, job->root);
    const char *root = about->scene.services[job->root];
    const char *other =
        earlier == SIZE_MAX ? "" : about->scene.services[earlier];
    add_check(job, caus_state_if(earlier == SIZE_MAX),
              caus_arena_format(about->out,
                                "no other candidate broke before %s", root),
              caus_arena_format(about->out, "%s broke before %s", other, root));
    return earlier == SIZE_MAX;
}

static bool check_change(hop_case *job)
{
    const caus_case *about = job->about;
    const char *root = about->scene.services[job->root];
    bool fits = caus_changed_shortly_before(about, job->root);
    if (about->options->changes || fits)
        add_check(
            job, caus_state_if(fits),
            caus_arena_format(about->out,
                              "a change of %s shortly before the onset", root),
            caus_arena_format(
                about->out, "no change of %s shortly before the onset", root));
    return fits;
}

/* Adds that nothing measured of an end moved, if so. */
static void add_calm(const caus_case *about, size_t rank, caus_text *text)
{
    const caus_suspect *end = &about->suspects[rank];
    if (caus_suspect_moved(about, rank))
        return;
    if (end->clue_count)
        caus_text_format(text, "; nothing measured of %s moved", end->service);
    else if (caus_has_spans(about->spans, end->service))
        caus_text_format(text, "; no metric of %s is known", end->service);
    else
        caus_text_format(text, "; nothing is measured of %s", end->service);
}

/* Sets `unearned` where an end did not move. */
static caus_status check_moves(hop_case *job, caus_error *err)
{
    const caus_case *about = job->about;
    const char *from = about->scene.services[job->from];
    const char *to = about->scene.services[job->to];
    caus_text text = {0};
    caus_text_format(&text, "%s calls %s", to, from);
    size_t bare = text.length;
    add_calm(about, job->hop->from, &text);
    add_calm(about, job->hop->to, &text);
    bool both = text.length == bare;
    caus_status status = both && !text.failed
                             ? CAUS_OK
                             : caus_text_finish(&text, about->out,
                                                &job->hop->unearned, NULL, err);
    caus_text_deinit(&text);
    CAUS_TRY(status);
    job->hop->has_lag = job->hop->has_lag && both;
    add_check(job, caus_state_if(both),
              caus_arena_format(about->out, "%s and %s both moved", from, to),
              both ? NULL : job->hop->unearned + bare + strlen("; "));
    return CAUS_OK;
}

/* A chain has its direction from who calls whom; docs/design/0029 says what
 * earns which word. */
static caus_status find_word(hop_case *job, caus_error *err)
{
    caus_hop *hop = job->hop;
    add_check(job, CAUS_STATE_PASSED,
              caus_arena_format(job->about->out, "%s calls %s",
                                job->about->scene.services[job->to],
                                job->about->scene.services[job->from]),
              NULL);
    CAUS_TRY(check_moves(job, err));
    bool ordered = check_onsets(job);
    check_lag(job);
    bool replicated = check_replication(job);
    bool bare = check_load(job);
    bool first = check_earlier(job);
    bool changed = check_change(job);
    bool drives = replicated && bare && !is_turned(hop);
    if (hop->unearned)
        return CAUS_OK;
    caus_word word = CAUS_WORD_MOVED_WITH;
    if (ordered || (job->link.by_lag && !is_turned(hop)))
        word = CAUS_WORD_PRECEDED;
    if (drives)
        word = CAUS_WORD_DRIVES;
    if (drives && ((ordered && first) || changed) && !job->about->hidden_cause)
        word = CAUS_WORD_CAUSED;
    hop->word = words[word];
    return CAUS_OK;
}

static const char *disproof(const caus_case *about, const caus_hop *hop)
{
    const char *from = about->suspects[hop->from].service;
    const char *to = about->suspects[hop->to].service;
    size_t cause = caus_clues_loudest(about, hop->from, caus_aspect_is_outside);
    size_t felt = hop->variable == SIZE_MAX ? about->symptom : hop->variable;
    bool errors =
        felt != SIZE_MAX && about->scene.aspects[felt] == CAUS_ASPECT_ERRORS;
    const char *recovers =
        cause == SIZE_MAX
            ? ""
            : caus_arena_format(
                  about->out, "%s recovers while %s stays as it is now, or if ",
                  to, about->series->variables[cause].name);
    return recovers ? caus_arena_format(about->out,
                                        "refuted if %smost calls of %s that %s "
                                        "do not reach %s",
                                        recovers, to,
                                        errors ? "fail" : "are slow", from)
                    : NULL;
}

static caus_status tell_hop(const caus_case *about, caus_hop *hop, size_t root,
                            caus_error *err)
{
    size_t cause = caus_clues_loudest(about, hop->from, caus_aspect_is_outside);
    hop_case job = {.about = about,
                    .hop = hop,
                    .from = about->ranked[hop->from],
                    .to = about->ranked[hop->to],
                    .root = root};
    CAUS_TRY(caus_findings_begin(about->out, MOST_CHECKS, &job.checks, err));
    job.link = caus_learned_link_between(about, job.from, job.to);
    hop->has_link = job.link.found;
    bool usual =
        job.link.found && job.link.environments != CAUS_EDGE_INCIDENT_ONLY;
    hop->delay_s = usual ? job.link.delay_s : (double)NAN;
    CAUS_TRY(find_word(&job, err));
    hop->checks = job.checks.items;
    hop->check_count = job.checks.count;
    hop->disproof = disproof(about, hop);
    if (job.checks.out_of_memory || !hop->disproof)
        return caus_arena_fail(about->out, err);
    return caus_disproof_query(about, cause, hop, err);
}

/* Delays add up over the calls between. */
static void expect_delays(caus_case *about)
{
    for (size_t i = 0; i < about->reach_count; i++) {
        caus_reach *reach = &about->reach[i];
        size_t at = about->ranked[reach->suspect];
        reach->expected_s = 0;
        for (; at != about->ranked[0]; at = about->reach_via[at]) {
            caus_learned_link link =
                caus_learned_link_between(about, about->reach_via[at], at);
            bool usual =
                link.found && link.environments != CAUS_EDGE_INCIDENT_ONLY;
            reach->expected_s += usual ? link.delay_s : (double)NAN;
        }
    }
}

caus_status caus_hops_tell(caus_case *about, caus_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < about->scene.service_count; i++)
        count += about->suspects[i].hop_count;
    caus_hop **hops = CAUS_ARRAY(about->out, caus_hop *, count + 1);
    if (!hops)
        return caus_arena_fail(about->out, err);
    count = 0;
    for (size_t i = 0; i < about->scene.service_count; i++) {
        for (size_t k = 0; k < about->suspects[i].hop_count; k++) {
            hops[count] = &about->chains[i][k];
            CAUS_TRY(tell_hop(about, hops[count++], about->ranked[i], err));
        }
    }
    expect_delays(about);
    return caus_exemplars_fill(about, hops, count, err);
}
