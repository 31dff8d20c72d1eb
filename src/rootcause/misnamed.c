/* SPDX-License-Identifier: Apache-2.0 */
/* A call graph, or traces, that call services otherwise than variables do. */
#include <string.h>

#include "rootcause/strangers.h"

enum { MOST_COMPARED = 256, MOST_NAME = 256 };

/* Services with variables. */
typedef struct measured_list {
    caus_map *names;
    size_t all, known; /* those with a name; of them those of the call graph */
} measured_list;

/* False = memory is out. Variables of one service mostly follow one another. */
static bool list_measured(const caus_series *series, const caus_topology *calls,
                          measured_list *list)
{
    const char *last = NULL;
    for (size_t v = 0; v < series->variable_count; v++) {
        const char *name = series->variables[v].service;
        if (last && strcmp(name, last) == 0)
            continue;
        int added = caus_map_insert(list->names, name, strlen(name), v, NULL);
        if (added < 0)
            return false;
        if (added && *name) {
            list->all++;
            list->known += caus_topology_find(calls, name) != SIZE_MAX;
        }
        last = name;
    }
    return true;
}

static bool is_measured(const measured_list *list, const caus_spans *spans,
                        const char *name)
{
    return caus_map_find(list->names, name, strlen(name), NULL) ||
           caus_has_spans(spans, name);
}

static bool joins_measured(const caus_topology *calls, const caus_spans *spans,
                           const measured_list *list)
{
    for (size_t i = 0; i < calls->call_count; i++) {
        if (is_measured(list, spans, calls->services[calls->calls[i][0]]) &&
            is_measured(list, spans, calls->services[calls->calls[i][1]]))
            return true;
    }
    return false;
}

caus_status caus_calls_fit(const caus_series *series,
                           const caus_topology *calls, const caus_spans *spans,
                           bool *result, caus_error *err)
{
    measured_list list = {.names = caus_map_new()};
    bool listed = list.names && list_measured(series, calls, &list);
    if (listed)
        *result = joins_measured(calls, spans, &list) ||
                  (list.known && 2 * list.known >= list.all);
    caus_map_free(list.names);
    return listed ? CAUS_OK
                  : CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                              "no memory for the services of %zu variables",
                              series->variable_count);
}

/* A name of the graph, and the nearest of the variables' services. */
typedef struct spelling {
    const char *told, *measured;
    size_t distance;
} spelling;

/* A name that holds the other is nearer than any that does not. */
static size_t distance_of(const char *told, const char *measured)
{
    bool within = strstr(told, measured) || strstr(measured, told);
    return caus_edit_distance(told, measured) + (within ? 0 : MOST_NAME);
}

/* Of names that no service with variables has. */
static spelling find_nearest(const caus_scene *scene,
                             const caus_topology *calls)
{
    spelling best = {NULL, NULL, SIZE_MAX};
    for (size_t i = 0; i < calls->service_count && i < MOST_COMPARED; i++) {
        const char *told = calls->services[i];
        size_t same = caus_scene_find(scene, told);
        if (same != SIZE_MAX && caus_scene_is_measured(scene, same))
            continue;
        for (size_t s = 0; s < scene->service_count; s++) {
            const char *measured = scene->services[s];
            if (!caus_scene_is_measured(scene, s))
                continue;
            size_t distance = distance_of(told, measured);
            if (!best.measured || distance < best.distance ||
                (distance == best.distance &&
                 strcmp(measured, best.measured) < 0))
                best = (spelling){told, measured, distance};
        }
    }
    return best;
}

/* What the longer of two names has before or behind the shorter. */
typedef struct affix {
    char text[MOST_NAME]; /* "" = they differ otherwise */
    bool is_behind;
} affix;

static affix find_affix(const char *longer, const char *shorter)
{
    affix found = {{0}, false};
    size_t length = strlen(shorter), more = strlen(longer) - length;
    found.is_behind = strncmp(longer, shorter, length) == 0;
    bool fits = found.is_behind || strcmp(longer + more, shorter) == 0;
    if (fits && more < MOST_NAME)
        memcpy(found.text, longer + (found.is_behind ? length : 0), more);
    return found;
}

static bool is_whole(const affix *ends, const char *longer, const char *shorter)
{
    size_t length = strlen(shorter), more = strlen(ends->text);
    if (strlen(longer) != length + more)
        return false;
    return ends->is_behind ? strncmp(longer, shorter, length) == 0 &&
                                 strcmp(longer + length, ends->text) == 0
                           : strncmp(longer, ends->text, more) == 0 &&
                                 strcmp(longer + more, shorter) == 0;
}

/* Whether every service of the graph is a measured one but for the affix. */
static bool is_common(const caus_scene *scene, const caus_topology *calls,
                      const affix *ends, bool told_is_longer)
{
    for (size_t i = 0; i < calls->service_count && ends->text[0]; i++) {
        const char *told = calls->services[i];
        bool found = false;
        for (size_t s = 0; s < scene->service_count && !found; s++) {
            const char *measured = scene->services[s];
            found = caus_scene_is_measured(scene, s) &&
                    (told_is_longer ? is_whole(ends, told, measured)
                                    : is_whole(ends, measured, told));
        }
        if (!found)
            return false;
    }
    return ends->text[0] != 0;
}

/* "; it says auth-svc where they say auth: take -svc from all of its names" */
static const char *say_otherwise(const caus_case *about,
                                 const caus_topology *calls, spelling nearest,
                                 const char *lead)
{
    bool told_is_longer = strlen(nearest.told) > strlen(nearest.measured);
    affix ends = told_is_longer ? find_affix(nearest.told, nearest.measured)
                                : find_affix(nearest.measured, nearest.told);
    if (!is_common(&about->scene, calls, &ends, told_is_longer))
        return caus_arena_format(about->out,
                                 "%s; nearest are its %s and their %s: name "
                                 "services alike",
                                 lead, nearest.told, nearest.measured);
    return caus_arena_format(
        about->out,
        "%s; it says %s where they say %s: %s %s %s all of its names", lead,
        nearest.told, nearest.measured, told_is_longer ? "take" : "put",
        ends.text,
        told_is_longer   ? "from"
        : ends.is_behind ? "behind"
                         : "before");
}

const char *caus_calls_say_unfit(const caus_case *about)
{
    const char *lead = "--topology is left out: none of its calls joins two "
                       "services with variables";
    if (!about->unfit_calls)
        return "";
    spelling nearest = find_nearest(&about->scene, about->unfit_calls);
    return nearest.told
               ? say_otherwise(about, about->unfit_calls, nearest, lead)
               : lead;
}

const char *caus_spans_say_unfit(const caus_case *about)
{
    const caus_spans *spans = about->options->spans;
    if (!spans)
        return "";
    caus_topology of = {.service_count = spans->service_count,
                        .services = spans->services};
    for (size_t i = 0; i < of.service_count; i++) {
        size_t same = caus_scene_find(&about->scene, of.services[i]);
        if (same != SIZE_MAX && caus_scene_is_measured(&about->scene, same))
            return "";
    }
    spelling nearest = find_nearest(&about->scene, &of);
    if (!nearest.told || nearest.distance >= MOST_NAME)
        return "";
    return say_otherwise(about, &of, nearest,
                         "trace data names no service with variables, so that "
                         "one may be counted as two");
}
