/* SPDX-License-Identifier: Apache-2.0 */
/* What the ranking says of windows in which nothing happened, and how sure
 * that makes an answer. */
#include <math.h>
#include <string.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

enum {
    MOST_WINDOWS = 12,
    LEAST_WINDOWS = 3,
    LEAST_REFERENCE = 10,
    LEAST_WIDTH = 4
};

/* The first score without what only the incident itself can have. */
static double top_score(const caus_scene *scene, const caus_scores *scores)
{
    double top = 0;
    for (size_t s = 0; s < scene->service_count; s++) {
        const double *terms = scores->terms[s];
        top = fmax(top, terms[CAUS_TERM_INTERNAL] + terms[CAUS_TERM_EXTERNAL] +
                            terms[CAUS_TERM_BOTH]);
    }
    return top;
}

/* Windows as long as the incident, at most an eighth of the healthy rows, in
 * the later half of these. */
static size_t place_windows(size_t healthy, size_t after, size_t *width,
                            size_t *starts)
{
    size_t longest = healthy / 8 > LEAST_WIDTH ? healthy / 8 : LEAST_WIDTH;
    *width = after < longest ? after : longest;
    size_t first =
        healthy / 2 > LEAST_REFERENCE ? healthy / 2 : LEAST_REFERENCE;
    if (first + *width > healthy)
        return 0;
    size_t room = healthy - *width - first;
    size_t apart = *width > 1 ? *width / 2 : 1;
    size_t count = room / apart + 1;
    if (count > MOST_WINDOWS)
        count = MOST_WINDOWS;
    for (size_t i = 0; i < count; i++)
        starts[i] = first + (count > 1 ? room * i / (count - 1) : 0);
    return count;
}

caus_status caus_placebo_init(const caus_case *about, caus_placebo *result,
                              caus_error *err)
{
    size_t variables = about->series->variable_count;
    const caus_timeline *timeline = &about->timeline;
    size_t starts[MOST_WINDOWS], width;
    size_t count =
        place_windows(timeline->healthy,
                      timeline->row_count - timeline->healthy, &width, starts);
    caus_placebo made = {
        .count = count,
        .strength = (double)NAN,
        .clues = CAUS_ARRAY(about->out, double, variables *(count + 1))};
    caus_shift_space space = {
        .rows = CAUS_ARRAY(about->out, uint32_t, timeline->row_count),
        .values = CAUS_ARRAY(about->out, double, timeline->row_count)};
    if (!made.clues || !space.rows || !space.values)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < count; i++) {
        CAUS_TRY(caus_run_check(about->run, err));
        for (size_t v = 0; v < variables; v++) {
            caus_shift shift = caus_timeline_shift(timeline, v, starts[i],
                                                   starts[i] + width, &space);
            made.clues[i * variables + v] = caus_clue_of(
                &shift, about->scene.aspects[v], about->scene.bad[v]);
        }
    }
    *result = made;
    return CAUS_OK;
}

/* What is left of a clue beside the largest that the variable makes in healthy
 * windows, itself not counted. */
static double beyond(const caus_placebo *placebo, size_t variables,
                     size_t variable, size_t self, double clue)
{
    double usual = 0;
    for (size_t i = 0; i < placebo->count; i++) {
        if (i != self)
            usual = fmax(usual, placebo->clues[i * variables + variable]);
    }
    return fmax(0, clue - caus_usual_share * usual);
}

void caus_placebo_reduce(const caus_case *about, const caus_placebo *placebo,
                         double *clues)
{
    size_t variables = about->series->variable_count;
    for (size_t v = 0; v < variables; v++) {
        double clue = caus_clue_of(&about->shifts[v], about->scene.aspects[v],
                                   about->scene.bad[v]);
        clues[v] = beyond(placebo, variables, v, SIZE_MAX, clue);
    }
}

caus_status caus_placebo_measure(const caus_case *about, caus_placebo *placebo,
                                 caus_error *err)
{
    size_t variables = about->series->variable_count;
    if (placebo->count < LEAST_WINDOWS)
        return CAUS_OK;
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    double *clues = CAUS_ARRAY(about->out, double, variables);
    caus_scores scores;
    if (!clues)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(
        caus_scores_init(&about->scene, variables, about->out, &scores, err));
    caus_context context = about->context;
    context.traces = NULL;
    context.order = context.change = NULL;
    double most = 0;
    for (size_t i = 0; i < placebo->count; i++) {
        for (size_t v = 0; v < variables; v++)
            clues[v] = beyond(placebo, variables, v, i,
                              placebo->clues[i * variables + v]);
        caus_scores_fill(&context, clues, variables, &scores);
        most = fmax(most, top_score(&about->scene, &scores));
    }
    caus_arena_rewind(about->out, mark);
    double top = top_score(&about->scene, &about->scores);
    placebo->strength = top / fmax(most, caus_least_placebo);
    return CAUS_OK;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* The log-odds that the first suspect is right. */
static double odds(const caus_case *about, const caus_placebo *placebo)
{
    const caus_suspect *first = &about->suspects[0];
    double second =
        about->scene.service_count > 1 ? about->suspects[1].score : 0;
    double strength = isnan(placebo->strength) ? 1 : placebo->strength;
    double alarm = isnan(about->alarm) ? caus_alarm_unknown : about->alarm;
    double traces = first->terms[CAUS_TERM_TRACES] / caus_weight_traces;
    /* Latency and errors spread: without a call graph whoever shows them may
     * be a victim. */
    double blind = about->scene.has_calls
                       ? 0
                       : first->terms[CAUS_TERM_EXTERNAL] / first->score;
    return caus_confidence_base +
           caus_confidence_strength * log(fmin(fmax(strength, .1), 10)) +
           caus_confidence_alarm * log(fmin(fmax(alarm, .1), 12)) +
           caus_confidence_lead * (first->score - second) / first->score +
           caus_confidence_traces * traces + caus_confidence_blind * blind +
           (about->options->has_onset ? 0 : caus_confidence_found);
}

void caus_confidence_fill(const caus_case *about, const caus_placebo *placebo,
                          double *confidence)
{
    size_t count = about->scene.service_count;
    if (!count)
        return;
    bool any = about->suspects[0].score > 0;
    double sure = any ? logistic(odds(about, placebo)) : 0, sum = 0;
    confidence[0] = sure;
    for (size_t i = 1; i < count; i++)
        sum += about->suspects[i].score * about->suspects[i].score;
    for (size_t i = 1; i < count; i++) {
        double share = about->suspects[i].score * about->suspects[i].score;
        confidence[i] = sum > 0 ? fmin((1 - sure) * share / sum, sure) : 0;
    }
}
