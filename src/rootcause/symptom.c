/* SPDX-License-Identifier: Apache-2.0 */
/* What breached: as named, else what tells most of it. */
#include <string.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

/* Of a part of a name to the name none: services are named for symptoms. */
static size_t distance_to(const char *name, const char *wanted)
{
    return strstr(name, wanted) ? 0 : caus_edit_distance(name, wanted);
}

static caus_status fail_symptom(const caus_series *series, const char *symptom,
                                caus_error *err)
{
    const char *near[3] = {NULL, NULL, NULL};
    for (size_t v = 0; v < series->variable_count; v++) {
        const char *name = series->variables[v].name;
        for (size_t i = 0; i < 3; i++) {
            if (near[i] &&
                distance_to(near[i], symptom) <= distance_to(name, symptom))
                continue;
            const char *moved = near[i];
            near[i] = name;
            name = moved;
            if (!name)
                break;
        }
    }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "there is no variable '%s' to explain; nearest are "
                     "%s%s%s%s%s",
                     symptom, near[0], near[1] ? ", " : "",
                     near[1] ? near[1] : "", near[2] ? ", " : "",
                     near[2] ? near[2] : "");
}

caus_status caus_symptom_find(caus_case *about, caus_error *err)
{
    const char *name = about->options->symptom;
    about->symptom = SIZE_MAX;
    if (!name)
        return CAUS_OK;
    about->symptom = caus_series_find(about->series, name);
    if (about->symptom == SIZE_MAX)
        return fail_symptom(about->series, name, err);
    caus_scene_name(&about->scene, about->series, about->symptom);
    return CAUS_OK;
}

/* Whether a variable may stand for what breached where nobody named anything.
 */
static bool tells(const caus_case *about, size_t variable)
{
    return about->scene.service_of[variable] != SIZE_MAX &&
           caus_aspect_is_outside(about->scene.aspects[variable]) &&
           about->scores.clue[variable] > 0;
}

/* The louder of two variables, by name where they are alike. */
static size_t louder(const caus_case *about, size_t a, size_t b)
{
    if (a == SIZE_MAX || b == SIZE_MAX)
        return a == SIZE_MAX ? b : a;
    const caus_variable *variables = about->series->variables;
    const double *clue = about->scores.clue;
    bool second =
        clue[b] > clue[a] || (clue[b] == clue[a] &&
                              strcmp(variables[b].name, variables[a].name) < 0);
    return second ? b : a;
}

size_t caus_symptom_choose(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    size_t seen = SIZE_MAX, any = SIZE_MAX;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (!tells(about, v))
            continue;
        any = louder(about, any, v);
        if (caus_scene_users_see(scene, scene->service_of[v]))
            seen = louder(about, seen, v);
    }
    return seen == SIZE_MAX ? any : seen;
}

caus_status caus_symptom_retell(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    if (about->options->symptom || about->symptom_service == SIZE_MAX ||
        about->scores.clue[about->symptom] >= caus_explained_clue)
        return CAUS_OK;
    size_t *distance, *via;
    CAUS_TRY(caus_scene_walk(scene, about->ranked[0], false, about->out,
                             &distance, &via, err));
    if (distance[about->symptom_service] != SIZE_MAX)
        return CAUS_OK;
    size_t best = SIZE_MAX;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (tells(about, v) && distance[scene->service_of[v]] != SIZE_MAX)
            best = louder(about, best, v);
    }
    if (best == SIZE_MAX)
        return CAUS_OK;
    about->symptom = best;
    about->symptom_service = scene->service_of[best];
    return CAUS_OK;
}
