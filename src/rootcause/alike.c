/* SPDX-License-Identifier: Apache-2.0 */
/* What a service has that measures the same as another's, or counts its
 * requests in another way. */
#include "rootcause/alike.h"

size_t caus_case_find_alike(const caus_case *about, size_t service, size_t like)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->measures[v] == scene->measures[like] &&
            about->shifts[v].measured)
            return v;
    }
    return SIZE_MAX;
}

size_t caus_case_find_load(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (caus_scene_counts_own(scene, v) && about->shifts[v].measured)
            return v;
    }
    return SIZE_MAX;
}

size_t caus_case_find_requests(const caus_case *about, size_t service,
                               size_t like)
{
    size_t alike = caus_case_find_alike(about, service, like);
    return alike == SIZE_MAX ? caus_case_find_load(about, service) : alike;
}
