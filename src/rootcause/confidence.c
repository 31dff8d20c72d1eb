/* SPDX-License-Identifier: Apache-2.0 */
/* How likely it is that anything happened, and that it began where the ranking
 * says. */
#include <math.h>

#include "rootcause/behaviour.h"
#include "rootcause/beyond.h"
#include "rootcause/placebo.h"
#include "rootcause/ranking.h"
#include "rootcause/weighing.h"
#include "rootcause/weights.h"

static const double surely_stopped = .5;

/* What tells how sure an answer is; free of units. */
enum {
    SIGN_ONE,
    SIGN_BEYOND,    /* what variables, traces, log lines and absence show over
                       healthy windows, a normal deviate */
    SIGN_ALONE,     /* log of the loudest bad variable, or log lines, over the
                       threshold */
    SIGN_SHARE,     /* log of the share of the first score in all */
    SIGN_LEAD,      /* (first − second) / first */
    SIGN_BLIND,     /* share that no call graph vouches for */
    SIGN_EXPLAINED, /* log of the share of what is loud that the first can have
                       moved */
    SIGN_CLEAR,     /* share of its loudest term in the first score */
    SIGN_AGREED,    /* share of terms that are largest in the first, each as
                       loud as it is anywhere */
    SIGN_UNFELT,    /* share of what is inside the first, felt by nobody, in its
                       score */
    SIGN_UNTOLD,    /* share of its score that may be a callee's of which
                       nothing is measured */
    SIGN_ELSEWHERE, /* what moved inside another service, of that score */
    SIGN_COUNT
};

_Static_assert(sizeof caus_incident_weights / sizeof *caus_incident_weights ==
                       SIGN_COUNT &&
                   sizeof caus_right_weights / sizeof *caus_right_weights ==
                       SIGN_COUNT,
               "a weight a sign");

static double logistic(const double *weights, const double *signs)
{
    double x = 0;
    for (size_t i = 0; i < SIGN_COUNT; i++)
        x += weights[i] * signs[i];
    return 1 / (1 + exp(-x));
}

static double between(double value, double least, double most)
{
    return fmin(fmax(value, least), most);
}

static double log_between(double value, double least, double most)
{
    return log(between(value, least, most));
}

/* How loud a service is, whatever may explain it. */
static double loudness(const caus_case *about, size_t service)
{
    double inside = about->scores.terms[service][CAUS_TERM_INTERNAL];
    return fmax(inside, caus_scores_shown(&about->scores, service));
}

/* Whether it is known who calls the first suspect. */
static bool knows_calls(const caus_case *about)
{
    return about->scene.has_calls && !about->scene.stranger[about->ranked[0]];
}

/* From whom on what the first suspect can have moved is looked for: of a reader
 * that stopped, what it reads. */
static size_t find_start(const caus_case *about, size_t first)
{
    const caus_scene *scene = &about->scene;
    for (size_t i = scene->callee_start[first];
         i < scene->callee_start[first + 1]; i++) {
        if (about->context.stopped[i] > surely_stopped)
            return scene->callees[i];
    }
    return first;
}

/*
 * The share of what is loud, by squares, that the first suspect can have moved:
 * anomalies go to callers, and to what stands before one of them. NaN without
 * calls: then nobody knows who they are.
 */
static caus_status find_explained(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t first = about->ranked[0];
    caus_walk to;
    about->explained = (double)NAN;
    if (!knows_calls(about))
        return CAUS_OK;
    CAUS_TRY(caus_scene_walk_to_callers(scene, find_start(about, first),
                                        about->out, &to, err));
    double own = fmax(about->suspects[0].score, loudness(about, first));
    double moved = own * own, other = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        double loud = loudness(about, s);
        if (s == first || scene->observer[s] || loud < caus_explained_clue)
            continue;
        size_t front = about->fronts[s];
        bool is_reached = caus_walk_reaches(&to, s) ||
                          (front != SIZE_MAX && caus_walk_reaches(&to, front));
        *(is_reached ? &moved : &other) += loud * loud;
    }
    about->explained = moved / (moved + other);
    return CAUS_OK;
}

/* The share of the first score in all, by squares as the others' confidence. */
static double share_of_first(const caus_case *about)
{
    double sum = 0, first = about->suspects[0].score;
    for (size_t i = 0; i < about->scene.service_count; i++) {
        double score = about->suspects[i].score;
        sum += about->suspects[i].observer ? 0 : score * score;
    }
    return first * first / sum;
}

/* How far the second score is behind the first, of that. */
static double lead_of_first(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    bool alone = about->scene.service_count < 2 || first[1].observer;
    return alone ? 1 : 1 - first[1].score / first->score;
}

/* How much of the first score its loudest term is: a bit of everything is what
 * chance makes. */
static double clearness_of_first(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    double most = 0;
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++)
        most = fmax(most, first->terms[t]);
    return most / first->score;
}

/* The share of terms in which nobody is ahead of the first, each weighing as
 * much as it is anywhere. What is both inside and outside is neither's. */
static double agreement_on_first(const caus_case *about)
{
    double agreed = 0, sum = 0;
    for (size_t t = 0; t < CAUS_TERM_COUNT; t++) {
        double most = 0, own = about->suspects[0].terms[t];
        for (size_t i = 0; i < about->scene.service_count; i++)
            most = fmax(most, about->suspects[i].terms[t]);
        most = t == CAUS_TERM_BOTH ? 0 : most;
        sum += most;
        agreed += own >= most ? most : 0;
    }
    return sum > 0 ? agreed / sum : 1;
}

/* The loudest of what is measured inside a service, or else of its latency and
 * errors; −1 = nothing is. */
static double loudest_of(const caus_case *about, size_t service, bool inside)
{
    const caus_scene *scene = &about->scene;
    double most = -1;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        bool fits = inside ? caus_aspect_is_inside(scene->aspects[v])
                           : caus_aspect_is_outside(scene->aspects[v]);
        if (fits && about->shifts[v].measured)
            most = fmax(most, about->scores.clue[v]);
    }
    return most;
}

/*
 * How surely anybody feels what the first suspect does, in [0, 1]: itself, its
 * callers or users, by their latency and errors, or who named a symptom. By the
 * square, as the loudest of many is a deviation off by chance. Where nothing of
 * that is measured nobody can tell.
 */
static double felt_by_anybody(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    size_t first = about->ranked[0];
    double most = about->options->symptom
                      ? about->context.seen * caus_explained_clue
                      : -1;
    for (size_t s = 0; s < scene->service_count; s++) {
        if (s == first || caus_scene_users_see(scene, s))
            most = fmax(most, loudest_of(about, s, false));
    }
    const caus_index_list callers = caus_scene_callers(scene, first);
    for (size_t i = 0; i < callers.count; i++)
        most = fmax(most, loudest_of(about, callers.items[i], false));
    double felt = caus_sureness(most);
    return most < 0 ? 1 : felt * felt;
}

/* The share of the first score that is of what is inside, which nobody feels:
 * jobs that run and memory that is taken are no incident by themselves. */
static double unfelt_of_first(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    return first->terms[CAUS_TERM_INTERNAL] / first->score *
           (1 - felt_by_anybody(about));
}

/* Whether a service calls one of which nobody measures how it answers. */
static bool calls_unmeasured(const caus_scene *scene, size_t service)
{
    const caus_index_list callees = caus_scene_callees(scene, service);
    for (size_t i = 0; i < callees.count; i++) {
        if (!caus_scene_shows(scene, callees.items[i]))
            return true;
    }
    return false;
}

/* The share of the first score that callers see of it, as far as what is
 * inside it is measured and quiet, where it may wait for who is not measured.
 */
static double untold_of_first(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    double inside = loudest_of(about, about->ranked[0], true);
    if (inside < 0 || !calls_unmeasured(&about->scene, about->ranked[0]))
        return 0;
    return first->terms[CAUS_TERM_EXTERNAL] / first->score *
           (1 - caus_sureness(inside));
}

/* The most that moved inside any other service, of the first score. */
static double moved_elsewhere(const caus_case *about)
{
    double most = 0;
    for (size_t i = 1; i < about->scene.service_count; i++) {
        const caus_suspect *other = &about->suspects[i];
        most = fmax(most, other->terms[CAUS_TERM_INTERNAL]);
    }
    return most / about->suspects[0].score;
}

/* How far what kinds of evidence show, each of which has healthy windows of its
 * own, is beyond these. */
static double find_beyond(const caus_case *about)
{
    const double kinds[] = {about->departure_over, about->traces.lost_over,
                            about->traces.failing_over, about->logs_over,
                            about->silence_over};
    return caus_departure_sought(
        about, caus_deviate_together(kinds, sizeof kinds / sizeof *kinds));
}

/* What is not known counts as what tells neither, and what is far out no more
 * than at a limit, as it would decide alone. bench/rca/fit.py, which fits the
 * weights, reads signs the same way. */
static void read_signs(const caus_case *about, double *signs)
{
    const caus_suspect *first = about->suspects;
    const double *terms = first->terms;
    double alone = isnan(about->alone) ? 0 : about->alone;
    signs[SIGN_ONE] = 1;
    signs[SIGN_BEYOND] = isnan(about->beyond) ? caus_neutral_beyond
                                              : between(about->beyond, -3, 6);
    signs[SIGN_ALONE] =
        isnan(about->alarm) ? caus_neutral_alone : log_between(alone, .1, 12);
    signs[SIGN_SHARE] = log(share_of_first(about));
    signs[SIGN_LEAD] = lead_of_first(about);
    /* Latency and errors spread: without a call graph whoever shows them may
     * be a victim. */
    signs[SIGN_BLIND] =
        knows_calls(about) ? 0 : terms[CAUS_TERM_EXTERNAL] / first->score;
    signs[SIGN_EXPLAINED] = isnan(about->explained) ? 0 : log(about->explained);
    signs[SIGN_CLEAR] = clearness_of_first(about);
    signs[SIGN_AGREED] = agreement_on_first(about);
    signs[SIGN_UNFELT] = about->unfelt;
    signs[SIGN_UNTOLD] = about->untold;
    signs[SIGN_ELSEWHERE] = moved_elsewhere(about);
}

/* How likely the first is of the first two: those that score alike are alike,
 * however sure it is that something happened among them. */
static double most_before_second(const caus_case *about)
{
    double behind = 1 - lead_of_first(about);
    return 1 / (1 + pow(behind, caus_power_of_lead));
}

/* Whether the first suspect calls a service of which nobody knows whether it
 * stopped: then it may be either. */
static bool may_wait_for_nobody(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    size_t first = about->ranked[0];
    if (!scene->has_calls)
        return false;
    const caus_index_list callees = caus_scene_callees(scene, first);
    for (size_t i = 0; i < callees.count; i++) {
        if (caus_silence_is_open(about, callees.items[i]))
            return true;
    }
    return false;
}

/* How likely the first waits for a service of which nobody measures how it
 * answers, where nobody told who calls whom: as many services are so, and as
 * much of its score is what it shows to its callers. */
static double wait_unseen(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    const caus_suspect *first = about->suspects;
    size_t unseen = 0;
    if (knows_calls(about))
        return 0;
    for (size_t s = 0; s < scene->service_count; s++)
        unseen += !caus_scene_shows(scene, s);
    return (double)unseen / (double)scene->service_count *
           first->terms[CAUS_TERM_EXTERNAL] / first->score;
}

/* Where nothing is said to have happened, nobody is likely to have done it: at
 * most half way, by ratio, from the chance that anything did to the least of
 * which that is said, as who asks may have seen more. */
static double most_of_incident(const caus_case *about)
{
    double happened = about->incident;
    return happened < caus_moved_incident ? sqrt(happened * caus_moved_incident)
                                          : 1;
}

static double sure_of_first(const caus_case *about, const double *signs)
{
    double sure =
        fmin(logistic(caus_right_weights, signs), most_before_second(about));
    sure = fmin(sure, most_of_incident(about));
    sure *= 1 - (1 - caus_share_of_either) * wait_unseen(about);
    sure *= 1 - caus_strays_share(about);
    return may_wait_for_nobody(about) ? caus_share_of_either * sure : sure;
}

caus_status caus_confidence_fill(caus_case *about, double *confidence,
                                 caus_error *err)
{
    size_t count = about->scene.service_count;
    about->incident = 0;
    about->beyond = find_beyond(about);
    about->explained = about->unfelt = about->untold = (double)NAN;
    if (!count || about->suspects[0].observer ||
        !(about->suspects[0].score > 0))
        return CAUS_OK;
    CAUS_TRY(find_explained(about, err));
    about->unfelt = unfelt_of_first(about);
    about->untold = untold_of_first(about);
    double signs[SIGN_COUNT] = {0}, sum = 0;
    read_signs(about, signs);
    about->incident = logistic(caus_incident_weights, signs);
    double sure = sure_of_first(about, signs);
    confidence[0] = sure;
    for (size_t i = 1; i < count; i++)
        sum += about->suspects[i].score * about->suspects[i].score;
    for (size_t i = 1; i < count; i++) {
        double share = about->suspects[i].score * about->suspects[i].score;
        confidence[i] = sum > 0 ? fmin((1 - sure) * share / sum, sure) : 0;
    }
    return CAUS_OK;
}
