/* SPDX-License-Identifier: Apache-2.0 */
/* The way that an anomaly takes to the symptom's service. */
#include <math.h>

#include "rootcause/rootcause_internal.h"
#include "rootcause/weights.h"

/* How far a service lets an anomaly of its callees be seen in its callers. */
static double passes(const caus_context *context, const caus_scores *scores,
                     size_t service)
{
    const caus_scene *scene = context->scene;
    const caus_log_clues *logs = context->logs;
    if (!caus_scene_shows(scene, service))
        return 1;
    double shown = caus_scores_shown(scores, service);
    for (size_t kind = 0; logs && kind < CAUS_LOG_NAMED; kind++)
        shown = fmax(shown, logs->largest[kind][service]);
    return caus_sureness(shown);
}

void caus_paths_find(const caus_context *context, caus_scores *scores)
{
    const caus_scene *scene = context->scene;
    bool any = context->ends != NULL;
    for (size_t s = 0; s < scene->service_count; s++) {
        double end = any ? context->ends[s] : 1;
        scores->path[s] = end > 0 ? end : scene->stranger[s] ? 1 : -1;
    }
    while (any) {
        any = false;
        for (size_t s = 0; s < scene->service_count; s++) {
            bool end = context->ends[s] > 0;
            double width = end ? 1 : passes(context, scores, s);
            width = fmin(width, scores->path[s]);
            const caus_index_list callees = caus_scene_callees(scene, s);
            for (size_t i = 0; i < callees.count; i++) {
                double *path = &scores->path[callees.items[i]];
                any = any || width > *path;
                *path = fmax(*path, width);
            }
        }
    }
}
