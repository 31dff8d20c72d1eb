/* SPDX-License-Identifier: Apache-2.0 */
/* How likely it is that anything happened, and that it began where the ranking
 * says. */
#include <math.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

static double logistic(const double *weights, const double *signs)
{
    double x = 0;
    for (size_t i = 0; i < CAUS_SIGN_COUNT; i++)
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

/* How many kinds of evidence that do not depend on one another agree. */
static double agreeing(const double *terms)
{
    return (double)(terms[CAUS_TERM_INTERNAL] > caus_agreeing_clue) +
           (double)(terms[CAUS_TERM_EXTERNAL] + terms[CAUS_TERM_WAY] >
                    caus_agreeing_clue) +
           (double)(terms[CAUS_TERM_TRACES] + terms[CAUS_TERM_CALLS] >
                    caus_agreeing_clue) +
           (double)(terms[CAUS_TERM_LOGS] > caus_agreeing_clue) +
           (double)(terms[CAUS_TERM_ORDER] > caus_agreeing_share) +
           (double)(terms[CAUS_TERM_CHANGE] > caus_agreeing_share);
}

/* How loud a service is, whatever may explain it. */
static double loudness(const caus_case *about, size_t service)
{
    const double *outside = about->scores.outside[service];
    double inside = about->scores.terms[service][CAUS_TERM_INTERNAL];
    return fmax(inside, fmax(outside[0], outside[1]));
}

/*
 * How loud the services are that the first suspect cannot have moved, in the
 * loudness of the first: anomalies go to callers. Without calls it is not known
 * who they are, and all others count.
 */
static caus_status find_unrelated(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t first = about->ranked[0], *distance, *via;
    CAUS_TRY(
        caus_scene_walk(scene, first, false, about->out, &distance, &via, err));
    double sum = 0, own = about->suspects[0].score;
    for (size_t s = 0; s < scene->service_count; s++) {
        bool moved = loudness(about, s) >= caus_explained_clue;
        if (moved && distance[s] == SIZE_MAX && !scene->observer[s])
            sum += loudness(about, s);
    }
    about->unrelated = sum / fmax(own, fmax(loudness(about, first), .1));
    return CAUS_OK;
}

static void read_signs(const caus_case *about, const caus_placebo *placebo,
                       double *signs)
{
    const caus_suspect *first = about->suspects;
    const double *terms = first->terms;
    size_t candidates = 0;
    for (size_t s = 0; s < about->scene.service_count; s++)
        candidates += !about->scene.observer[s];
    double second = candidates > 1 ? first[1].score : 0;
    bool alarmed = !isnan(about->alarm), compared = !isnan(placebo->strength);
    bool departed = !isnan(about->departure);
    double alone = isnan(about->alone) ? 0 : about->alone;
    signs[CAUS_SIGN_ONE] = 1;
    if (departed) {
        signs[CAUS_SIGN_DEPARTURE] = between(about->departure, 0, 8);
        signs[CAUS_SIGN_BEYOND] = between(about->departure_beyond, -3, 6);
    }
    signs[CAUS_SIGN_ALONE] = alarmed ? log_between(alone, .1, 12) : 0;
    signs[CAUS_SIGN_STRENGTH] =
        compared ? log_between(placebo->strength, .1, 10) : 0;
    signs[CAUS_SIGN_LEAD] = (first->score - second) / first->score;
    signs[CAUS_SIGN_TRACES] =
        (terms[CAUS_TERM_TRACES] + terms[CAUS_TERM_CALLS]) / first->score;
    /* Latency and errors spread: without a call graph whoever shows them may
     * be a victim. */
    signs[CAUS_SIGN_BLIND] =
        about->scene.has_calls ? 0 : terms[CAUS_TERM_EXTERNAL] / first->score;
    signs[CAUS_SIGN_KINDS] = agreeing(terms);
    signs[CAUS_SIGN_CANDIDATES] = log((double)candidates);
    signs[CAUS_SIGN_FOUND] = about->options->has_onset ? 0 : 1;
    signs[CAUS_SIGN_NO_ALARM] = alarmed ? 0 : 1;
    signs[CAUS_SIGN_NO_DEPARTURE] = departed ? 0 : 1;
    signs[CAUS_SIGN_LOGS] = log1p(terms[CAUS_TERM_LOGS]);
    signs[CAUS_SIGN_LINES] =
        signs[CAUS_SIGN_LOGS] * terms[CAUS_TERM_LOGS] / first->score;
    signs[CAUS_SIGN_TOP] = log(fmax(first->score, .1));
    signs[CAUS_SIGN_UNRELATED] = log1p(about->unrelated);
    const caus_timeline *timeline = &about->timeline;
    size_t before = caus_timeline_filled_before(timeline, about->onset_row);
    signs[CAUS_SIGN_ROWS] =
        log_between((double)(timeline->filled_count - before), 1, 40);
}

caus_status caus_confidence_fill(caus_case *about, const caus_placebo *placebo,
                                 double *confidence, caus_error *err)
{
    size_t count = about->scene.service_count;
    about->incident = about->unrelated = 0;
    if (!count || about->suspects[0].observer ||
        !(about->suspects[0].score > 0))
        return CAUS_OK;
    CAUS_TRY(find_unrelated(about, err));
    double signs[CAUS_SIGN_COUNT] = {0}, sum = 0;
    read_signs(about, placebo, signs);
    double incident = logistic(caus_incident_weights, signs);
    double sure = logistic(caus_right_weights, signs) *
                  fmin(1, incident / caus_moved_incident);
    about->incident = incident;
    confidence[0] = sure;
    for (size_t i = 1; i < count; i++)
        sum += about->suspects[i].score * about->suspects[i].score;
    for (size_t i = 1; i < count; i++) {
        double share = about->suspects[i].score * about->suspects[i].score;
        confidence[i] = sum > 0 ? fmin((1 - sure) * share / sum, sure) : 0;
    }
    return CAUS_OK;
}
