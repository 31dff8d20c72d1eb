/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that moves where nobody feels it, as it does between two days or two
 * releases: the more services' did, the less that of one tells. */
#include <math.h>

#include "rootcause/weighing.h"
#include "rootcause/weights.h"

/* From so much of the first score on it is worth telling. */
static const double told_share = .1;

/* The largest clue of an aspect of a service, of what got worse (1) or better
 * (−1). */
static double largest(const caus_case *about, size_t service,
                      caus_aspect aspect, int worse)
{
    const caus_scene *scene = &about->scene;
    double most = 0;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] == aspect && scene->bad[v])
            most = fmax(most, caus_clue_of(&about->shifts[v], aspect,
                                           worse * scene->bad[v]));
    }
    return most;
}

/* How surely a service's memory moved for a reason of its own, in [0, 1]: what
 * an incident fills does not get less, nor does it fill where all is well. */
static double stray_of(const caus_case *about, size_t service)
{
    double fell = largest(about, service, CAUS_ASPECT_MEMORY, -1);
    double rose = largest(about, service, CAUS_ASPECT_MEMORY, 1);
    if (fell >= caus_explained_clue || rose < caus_explained_clue)
        return fell >= caus_explained_clue;
    double loud = fmax(largest(about, service, CAUS_ASPECT_LATENCY, 1),
                       largest(about, service, CAUS_ASPECT_ERRORS, 1));
    return 1 - caus_sureness(loud);
}

caus_status caus_strays_weigh(caus_case *about, double *clues, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    double *strays = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    double all = 0;
    if (!strays)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < scene->service_count; s++) {
        strays[s] = stray_of(about, s);
        all += strays[s];
    }
    for (size_t s = 0; s < scene->service_count; s++)
        strays[s] = all - strays[s];
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s != SIZE_MAX && scene->aspects[v] == CAUS_ASPECT_MEMORY)
            clues[v] /= 1 + strays[s];
    }
    about->strays = strays;
    return CAUS_OK;
}

/* Whether memory is the loudest inside a service. */
static bool is_told_by_memory(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    double memory = 0, most = 0;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        double clue = about->scores.clue[v];
        if (scene->aspects[v] == CAUS_ASPECT_MEMORY)
            memory = fmax(memory, clue);
        if (caus_aspect_is_inside(scene->aspects[v]))
            most = fmax(most, clue);
    }
    return memory > 0 && memory >= most;
}

double caus_strays_share(const caus_case *about)
{
    const caus_suspect *first = about->suspects;
    size_t service = about->ranked[0];
    double others = about->strays[service];
    if (!is_told_by_memory(about, service))
        return 0;
    return others / (1 + others) * first->terms[CAUS_TERM_INTERNAL] /
           first->score;
}

const char *caus_strays_say(const caus_case *about)
{
    const size_t services = about->scene.service_count;
    if (!services || !(about->suspects[0].score > 0) ||
        caus_strays_share(about) < told_share)
        return "";
    return caus_arena_format(
        about->out,
        "memory of other services (%.0f) moved at the onset too, where nobody "
        "feels it: the rows before may be of another release or day",
        fmax(1, about->strays[about->ranked[0]]));
}
