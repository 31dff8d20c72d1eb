/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks another less for each request, though neither fails: an answer that
 * is given too early, or a step that is left out.
 */
#include <math.h>

#include "rootcause/alike.h"
#include "rootcause/behaviour.h"
#include "rootcause/weights.h"

/* So many deviations beyond healthy windows what is lacking may still be
 * chance; beyond that it tells in full from this share of it on. */
static const double most_deviations = 2;
static const double full_share = 1. / 3;
/* From here on it is worth telling: a small effect. */
static const double least_told = .2;
/* From here on it explains what callees show: a medium one. */
static const double full_effect = .5;

/* How surely it is no chance, in [0, 1]. */
static double surely(const caus_lack *lack)
{
    double beyond = lack->share - lack->chance - most_deviations * lack->noise;
    return beyond > 0 ? fmin(1, beyond / (full_share * lack->share)) : 0;
}

/* What a callee lacks, as Cohen's h, as far as it is this caller that asks it
 * less: by its share of the requests, and if it answers as well as ever. */
static double clue_of_call(const caus_case *about, size_t caller, size_t callee)
{
    const caus_scene *scene = &about->scene;
    const caus_lack *lack = &about->lacks[callee];
    const caus_witnesses *known = &about->witnesses;
    double sure = surely(lack);
    if (sure <= 0)
        return 0;
    bool alone = caus_scene_callers(scene, callee).count == 1;
    double share =
        alone ? 1 : known->shares[caus_scene_find_call(scene, caller, callee)];
    double well = (1 - caus_sureness(known->loudest[caller])) *
                  (1 - caus_sureness(known->failing[callee]));
    return sure * share * well * 2 * asin(sqrt(fmin(1, lack->share)));
}

/* That of the callee of which most is lacking; SIZE_MAX = of none. */
static size_t find_unasked(const caus_case *about, size_t service, double *clue)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list callees = caus_scene_callees(scene, service);
    size_t found = SIZE_MAX;
    *clue = 0;
    for (size_t i = 0; i < callees.count; i++) {
        double own = clue_of_call(about, service, callees.items[i]);
        if (own > *clue) {
            *clue = own;
            found = callees.items[i];
        }
    }
    return found;
}

caus_status caus_unasked_find(caus_case *about, caus_error *err)
{
    size_t services = about->scene.service_count;
    double *unasked = CAUS_ARRAY(about->out, double, services + 1);
    if (!unasked)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        CAUS_TRY(caus_run_check(about->run, err));
        find_unasked(about, s, &unasked[s]);
    }
    about->context.unasked = unasked;
    return CAUS_OK;
}

/* How surely a service is asked less because one of its callers leaves out
 * calls, or one of those over whom it is asked, as a clue. */
static caus_status find_spared(const caus_case *about, double *spared,
                               caus_error *err)
{
    const caus_scene *scene = &about->scene;
    size_t services = scene->service_count;
    double *fall = CAUS_ARRAY(about->out, double, services + 1);
    if (!fall)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < services; s++) {
        size_t load = caus_case_find_load(about, s);
        if (load != SIZE_MAX)
            fall[s] = caus_clue_of(&about->shifts[load], CAUS_ASPECT_LOAD, -1);
        const caus_index_list callers = caus_scene_callers(scene, s);
        for (size_t i = 0; i < callers.count; i++) {
            double clue = clue_of_call(about, callers.items[i], s);
            spared[s] = fmax(spared[s], fmin(1, clue / full_effect) *
                                            fmin(caus_explained_clue, fall[s]));
        }
    }
    caus_demand_pass_on(scene, fall, spared);
    return CAUS_OK;
}

/* How much of a latency that grew the requests that are left out explain, in
 * [0, 1]: of a mean over all of them the others take at most as much longer as
 * they are fewer, both as logarithms. */
static double mixed(const caus_case *about, size_t variable)
{
    size_t service = about->scene.service_of[variable];
    const caus_shift *load =
        &about->shifts[caus_case_find_load(about, service)];
    const caus_shift *late = &about->shifts[variable];
    if (!(late->before > 0) || late->after <= late->before)
        return 0;
    double fewer =
        load->after > 0 ? log(load->before / load->after) : (double)INFINITY;
    return fmin(1, fewer / log(late->after / late->before));
}

caus_status caus_unasked_weigh(caus_case *about, double *clues, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    const double *failing = about->witnesses.failing;
    double *spared = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    if (!spared)
        return caus_arena_fail(about->out, err);
    CAUS_TRY(find_spared(about, spared, err));
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || spared[s] <= 0 ||
            scene->aspects[v] != CAUS_ASPECT_LATENCY)
            continue;
        double well = 1 - caus_sureness(failing[s]);
        clues[v] *= 1 - caus_sureness(spared[s]) * well * mixed(about, v);
    }
    return CAUS_OK;
}

void caus_unasked_add(const caus_case *about, size_t service, caus_text *text)
{
    double clue;
    size_t callee = find_unasked(about, service, &clue);
    if (clue < least_told)
        return;
    const caus_lack *lack = &about->lacks[callee];
    bool alone = caus_scene_callers(&about->scene, callee).count == 1;
    caus_text_format(
        text,
        "%s%s got %.3g requests for each %s, instead of %.3g, "
        "though neither fails",
        text->length ? "; " : "", about->scene.services[callee], lack->now,
        alone ? "that this service got" : "of its callers'", lack->usual);
}
