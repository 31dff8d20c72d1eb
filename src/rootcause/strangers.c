/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are measured and that the call graph does not know. */
#include "rootcause/strangers.h"

#include <string.h>

#include "rootcause/weights.h"

/* Whether a latency of a service was shorter than that of an entry alike, and
 * none was not. */
static bool answers_sooner(const caus_case *about, size_t service, size_t entry)
{
    const caus_scene *scene = &about->scene;
    bool sooner = false;
    for (size_t i = scene->variable_start[service];
         i < scene->variable_start[service + 1]; i++) {
        size_t v = scene->variables[i];
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

static bool is_entry(const caus_scene *scene, size_t service)
{
    return !caus_scene_is_called(scene, service) &&
           caus_scene_makes_calls(scene, service);
}

static bool is_known(const caus_case *about, const char *name)
{
    return caus_topology_find(about->calls, name) != SIZE_MAX ||
           caus_has_spans(about->spans, name);
}

void caus_strangers_mark(const caus_case *about)
{
    const caus_scene *scene = &about->scene;
    if (!scene->has_calls)
        return;
    for (size_t s = 0; s < scene->service_count; s++) {
        bool takes = caus_scene_shows(scene, s);
        for (size_t i = scene->variable_start[s];
             i < scene->variable_start[s + 1]; i++)
            takes = takes ||
                    scene->aspects[scene->variables[i]] == CAUS_ASPECT_LOAD;
        for (size_t e = 0; e < scene->service_count && scene->observer[s]; e++)
            scene->observer[s] =
                !is_entry(scene, e) || !answers_sooner(about, s, e);
        scene->stranger[s] = takes && !scene->observer[s] &&
                             !is_known(about, scene->services[s]);
    }
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
