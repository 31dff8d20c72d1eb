/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are measured and that the call graph does not know. */
#include "rootcause/strangers.h"

#include <string.h>

#include "rootcause/alike.h"
#include "rootcause/weights.h"

/* Whether a latency of a service was shorter than that of an entry alike, and
 * none was not. */
static bool answers_sooner(const caus_case *about, size_t service, size_t entry)
{
    const caus_scene *scene = &about->scene;
    bool sooner = false;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] != CAUS_ASPECT_LATENCY ||
            !about->shifts[v].measured)
            continue;
        size_t alike = caus_case_find_alike(about, entry, v);
        if (alike == SIZE_MAX)
            continue;
        if (about->shifts[v].before >=
            (1 - caus_least_share) * about->shifts[alike].before)
            return false;
        sooner = true;
    }
    return sooner;
}

static bool is_known(const caus_case *about, size_t service)
{
    return caus_scene_is_in_calls(&about->scene, service) ||
           caus_has_spans(about->spans, about->scene.services[service]);
}

static bool takes_requests(const caus_scene *scene, size_t service)
{
    bool takes = caus_scene_shows(scene, service);
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++)
        takes = takes || scene->aspects[own.items[i]] == CAUS_ASPECT_LOAD;
    return takes;
}

/* Whether a service only looks at others although it answers. Where nobody
 * knows who calls whom, users may wait for any of the others. */
static bool only_looks(const caus_case *about, size_t service)
{
    const caus_scene *scene = &about->scene;
    bool looks = scene->observer[service];
    for (size_t e = 0; e < scene->service_count && looks; e++) {
        bool may_be =
            scene->has_calls ? caus_scene_is_entry(scene, e) : e != service;
        looks = !may_be || !answers_sooner(about, service, e);
    }
    return looks;
}

caus_status caus_strangers_mark(caus_case *about, caus_error *err)
{
    caus_scene *scene = &about->scene;
    size_t count = scene->service_count;
    bool *observer = CAUS_ARRAY(about->out, bool, count + 1);
    bool *stranger = CAUS_ARRAY(about->out, bool, count + 1);
    if (!observer || !stranger)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < count; s++) {
        observer[s] = only_looks(about, s);
        stranger[s] = scene->has_calls && takes_requests(scene, s) &&
                      !observer[s] && !is_known(about, s);
    }
    scene->observer = observer;
    scene->stranger = stranger;
    return CAUS_OK;
}

const char *caus_strangers_say(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    caus_text text = {0};
    size_t count = 0;
    for (size_t i = 0; i < scene->service_count; i++) {
        size_t s = about->ranked[i];
        if (scene->stranger[s])
            caus_text_add_name(&text, &count, scene->services[s]);
    }
    caus_text_end_names(&text, count);
    const char *said = "";
    if (text.failed)
        said = NULL;
    else if (count)
        said = caus_arena_format(about->out,
                                 "the call graph knows no %s: who calls %s is "
                                 "guessed; add the calls (--topology)",
                                 text.bytes, count > 1 ? "them" : "it");
    caus_text_deinit(&text);
    return said;
}
