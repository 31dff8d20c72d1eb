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

/* Whether one variable is nearer to what was named than another, and of equally
 * near ones rather what users feel. */
static bool is_nearer(const caus_case *about, size_t variable, size_t other)
{
    const char *wanted = about->options->symptom;
    const caus_variable *all = about->series->variables;
    size_t own = distance_to(all[variable].name, wanted);
    size_t theirs = distance_to(all[other].name, wanted);
    bool felt = caus_aspect_is_outside(about->scene.aspects[variable]);
    return own < theirs ||
           (own == theirs && felt &&
            !caus_aspect_is_outside(about->scene.aspects[other]));
}

static caus_status fail_symptom(const caus_case *about, caus_error *err)
{
    const caus_variable *all = about->series->variables;
    size_t near[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    for (size_t v = 0; v < about->series->variable_count; v++) {
        size_t at = 3;
        while (at &&
               (near[at - 1] == SIZE_MAX || is_nearer(about, v, near[at - 1])))
            at--;
        for (size_t i = 2; i > at; i--)
            near[i] = near[i - 1];
        if (at < 3)
            near[at] = v;
    }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "there is no variable '%s' to explain; nearest are "
                     "%s%s%s%s%s",
                     about->options->symptom, all[near[0]].name,
                     near[1] != SIZE_MAX ? ", " : "",
                     near[1] != SIZE_MAX ? all[near[1]].name : "",
                     near[2] != SIZE_MAX ? ", " : "",
                     near[2] != SIZE_MAX ? all[near[2]].name : "");
}

caus_status caus_symptom_find(caus_case *about, caus_error *err)
{
    const char *name = about->options->symptom;
    about->symptom = SIZE_MAX;
    if (!name)
        return CAUS_OK;
    about->symptom = caus_series_find(about->series, name);
    if (about->symptom == SIZE_MAX)
        return fail_symptom(about, err);
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
    size_t seen = SIZE_MAX, called = SIZE_MAX, any = SIZE_MAX;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (!tells(about, v))
            continue;
        any = louder(about, any, v);
        if (!caus_scene_users_see(scene, scene->service_of[v]))
            continue;
        if (scene->toward[v] != SIZE_MAX)
            called = louder(about, called, v);
        else
            seen = louder(about, seen, v);
    }
    seen = seen == SIZE_MAX ? called : seen;
    return seen == SIZE_MAX ? any : seen;
}

caus_status caus_symptom_retell(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    if (about->options->symptom || about->symptom_service == SIZE_MAX ||
        about->scores.clue[about->symptom] >= caus_explained_clue)
        return CAUS_OK;
    caus_walk to;
    CAUS_TRY(caus_scene_walk_to_callers(scene, about->ranked[0], about->out,
                                        &to, err));
    if (caus_walk_reaches(&to, about->symptom_service))
        return CAUS_OK;
    size_t best = SIZE_MAX;
    for (size_t v = 0; v < about->series->variable_count; v++) {
        if (tells(about, v) && caus_walk_reaches(&to, scene->service_of[v]))
            best = louder(about, best, v);
    }
    if (best == SIZE_MAX)
        return CAUS_OK;
    about->symptom = best;
    about->symptom_service = scene->service_of[best];
    return CAUS_OK;
}
