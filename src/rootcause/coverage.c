/* SPDX-License-Identifier: Apache-2.0 */
/* How much of an incident each service can have made: what is loud in callers
 * of a service may come from it, what is loud elsewhere does not. */
#include <math.h>

#include "rootcause/ranking.h"
#include "rootcause/weights.h"

/* The square of what users of a service feel, from three deviations on. */
static double square_felt(const caus_case *about, size_t service)
{
    double loud = caus_scores_shown(&about->scores, service);
    bool counts =
        !about->scene.observer[service] && loud >= caus_explained_clue;
    return counts ? loud * loud : 0;
}

/* A reader that stopped can have made what those can whom it reads. */
static void add_stopped(const caus_case *about, double *covered)
{
    const caus_scene *scene = &about->scene;
    const double *stopped = about->context.stopped;
    for (size_t s = 0; s < scene->service_count; s++) {
        for (size_t i = scene->callee_start[s]; i < scene->callee_start[s + 1];
             i++)
            covered[s] =
                fmax(covered[s], stopped[i] * covered[scene->callees[i]]);
    }
}

caus_status caus_coverage_find(caus_case *about, caus_error *err)
{
    const caus_scene *scene = &about->scene;
    if (!scene->has_calls)
        return CAUS_OK;
    double *covered = CAUS_ARRAY(about->out, double, scene->service_count + 1);
    double all = 0;
    if (!covered)
        return caus_arena_fail(about->out, err);
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    for (size_t s = 0; s < scene->service_count; s++) {
        double loud = square_felt(about, s);
        caus_walk to;
        if (loud <= 0)
            continue;
        all += loud;
        CAUS_TRY(caus_run_check(about->run, err));
        /* Who stands before another calls nobody else. */
        size_t behind = about->fronts[s];
        CAUS_TRY(caus_scene_walk_to_callees(
            scene, behind == SIZE_MAX ? s : behind, about->out, &to, err));
        for (size_t k = 0; k < scene->service_count; k++)
            covered[k] += k == s || caus_walk_reaches(&to, k) ? loud : 0;
        caus_arena_rewind(about->out, mark);
    }
    add_stopped(about, covered);
    for (size_t s = 0; s < scene->service_count; s++)
        covered[s] =
            all > 0 && !scene->stranger[s] ? sqrt(covered[s] / all) : 1;
    about->context.covered = covered;
    return CAUS_OK;
}
