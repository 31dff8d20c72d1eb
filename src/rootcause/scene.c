/* SPDX-License-Identifier: Apache-2.0 */
/* Services, who calls whom, and what each variable tells. */
#include <string.h>

#include "graph/calls.h"
#include "rootcause/measures.h"
#include "rootcause/rootcause_internal.h"
#include "rootcause/toward.h"

enum {
    MOST_OBSERVERS = 3, /* one of so many services */
    MOST_UNKNOWN = 10   /* … of so many that a graph of calls knows */
};

/* Names of services, sorted and each once. */
typedef struct name_list {
    const char **names;
    size_t count;
} name_list;

static void add_name(name_list *list, const char *name)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list->names[middle], name);
        if (order == 0)
            return;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(list->names + low + 1, list->names + low,
            (list->count - low) * sizeof *list->names);
    list->names[low] = name;
    list->count++;
}

size_t caus_scene_find(const caus_scene *scene, const char *service)
{
    caus_topology names = {.service_count = scene->service_count,
                           .services = scene->services};
    return caus_topology_find(&names, service);
}

size_t caus_find_in_spans(const caus_spans *spans, const char *service)
{
    caus_topology names = {.service_count = spans ? spans->service_count : 0,
                           .services = spans ? spans->services : NULL};
    return caus_topology_find(&names, service);
}

static caus_status collect_services(const caus_series *series,
                                    const caus_topology *calls,
                                    const caus_spans *spans, caus_arena *out,
                                    caus_scene *scene, caus_error *err)
{
    size_t most = series->variable_count + (calls ? calls->service_count : 0) +
                  (spans ? spans->service_count : 0);
    name_list list = {.names = CAUS_ARRAY(out, const char *, most + 1)};
    if (!list.names)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        if (series->variables[v].service[0])
            add_name(&list, series->variables[v].service);
    }
    for (size_t i = 0; calls && i < calls->service_count; i++)
        add_name(&list, calls->services[i]);
    for (size_t i = 0; spans && i < spans->service_count; i++)
        add_name(&list, spans->services[i]);
    scene->services = list.names;
    scene->service_count = list.count;
    return CAUS_OK;
}

/* Callees and callers of every service of the scene; calls NULL = none. Who
 * calls itself is no callee of its own: nobody waits for it but itself. */
static caus_status group_calls(const caus_topology *calls, caus_arena *out,
                               caus_scene *scene, caus_error *err)
{
    size_t most = calls ? calls->call_count : 0, count = 0;
    size_t(*pairs)[2] = caus_arena_array(out, most + 1, sizeof *pairs);
    if (!pairs)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < most; i++) {
        const size_t *call = calls->calls[i];
        if (call[0] == call[1])
            continue;
        for (size_t end = 0; end < 2; end++)
            pairs[count][end] =
                caus_scene_find(scene, calls->services[call[end]]);
        count++;
    }
    scene->has_calls = count > 0;
    caus_topology found = {.service_count = scene->service_count,
                           .call_count = count,
                           .calls = (const size_t(*)[2])pairs};
    CAUS_TRY(caus_calls_group(&found, 0, out, &scene->callee_start,
                              &scene->callees, err));
    return caus_calls_group(&found, 1, out, &scene->caller_start,
                            &scene->callers, err);
}

static void sort_by_name(const caus_series *series, size_t *variables,
                         size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t moved = variables[i], at = i;
        for (; at > 0 && strcmp(series->variables[variables[at - 1]].name,
                                series->variables[moved].name) > 0;
             at--)
            variables[at] = variables[at - 1];
        variables[at] = moved;
    }
}

/* The variables of each service, by name: the order of columns tells nothing.
 */
static caus_status group_variables(const caus_series *series, caus_scene *scene,
                                   caus_arena *out, caus_error *err)
{
    size_t count = series->variable_count;
    size_t *first = CAUS_ARRAY(out, size_t, scene->service_count + 2);
    size_t *found = CAUS_ARRAY(out, size_t, count + 1);
    if (!first || !found)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < count; v++) {
        if (scene->service_of[v] != SIZE_MAX)
            first[scene->service_of[v] + 2]++;
    }
    for (size_t s = 2; s < scene->service_count + 2; s++)
        first[s] += first[s - 1];
    for (size_t v = 0; v < count; v++) {
        if (scene->service_of[v] != SIZE_MAX)
            found[first[scene->service_of[v] + 1]++] = v;
    }
    for (size_t s = 0; s < scene->service_count; s++)
        sort_by_name(series, found + first[s], first[s + 1] - first[s]);
    scene->variable_start = first;
    scene->variables = found;
    return CAUS_OK;
}

static bool is_internal(caus_aspect aspect)
{
    return caus_aspect_is_inside(aspect) || aspect == CAUS_ASPECT_SATURATION ||
           aspect == CAUS_ASPECT_NETWORK || aspect == CAUS_ASPECT_SOCKETS;
}

/* Whether so many services only look at others: of more of them little is
 * measured. Of those that count requests a graph of calls would know most. */
static bool may_be_observers(const caus_scene *scene, size_t count,
                             bool counting)
{
    size_t known = 0;
    for (size_t s = 0; counting && s < scene->service_count; s++)
        known += caus_scene_is_in_calls(scene, s);
    return counting ? count * MOST_UNKNOWN <= known
                    : count * MOST_OBSERVERS <= scene->service_count;
}

/* Of the services marked those that count requests, or those that do not, stay
 * where they may be observers. */
static void keep_observers(const caus_scene *scene, const bool *counts,
                           bool counting)
{
    size_t count = 0;
    for (size_t s = 0; s < scene->service_count; s++)
        count += scene->observer[s] && counts[s] == counting;
    bool kept = may_be_observers(scene, count, counting);
    for (size_t s = 0; s < scene->service_count; s++) {
        if (counts[s] == counting)
            scene->observer[s] = scene->observer[s] && kept;
    }
}

/*
 * Services that only look at others, as the rows of an SLO do: without any part
 * in the calls, and with nothing measured inside, while others have that.
 */
static caus_status mark_observers(const caus_scene *scene,
                                  size_t variable_count,
                                  const caus_spans *spans, caus_arena *out,
                                  caus_error *err)
{
    bool *observer = scene->observer;
    bool *counts = CAUS_ARRAY(out, bool, scene->service_count);
    bool any = scene->has_calls;
    if (!counts)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < variable_count; v++)
        any = any || is_internal(scene->aspects[v]);
    for (size_t s = 0; s < scene->service_count; s++)
        observer[s] = any && !caus_scene_is_in_calls(scene, s) &&
                      !caus_has_spans(spans, scene->services[s]);
    for (size_t v = 0; v < variable_count; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX)
            continue;
        if (is_internal(scene->aspects[v]))
            observer[s] = false;
        counts[s] = counts[s] || scene->aspects[v] == CAUS_ASPECT_LOAD;
    }
    keep_observers(scene, counts, false);
    keep_observers(scene, counts, true);
    return CAUS_OK;
}

/* Whose each variable is, and what it tells by its name. */
static caus_status read_variables(const caus_series *series, caus_arena *out,
                                  caus_scene *scene, caus_error *err)
{
    size_t count = series->variable_count;
    size_t *service_of = CAUS_ARRAY(out, size_t, count + 1);
    caus_aspect *aspects = CAUS_ARRAY(out, caus_aspect, count + 1);
    int *bad = CAUS_ARRAY(out, int, count + 1);
    bool *of_calls = CAUS_ARRAY(out, bool, count + 1);
    bool *backlog = CAUS_ARRAY(out, bool, count + 1);
    bool *misses = CAUS_ARRAY(out, bool, count + 1);
    scene->named = CAUS_ARRAY(out, bool, count + 1);
    if (!service_of || !aspects || !bad || !of_calls || !backlog || !misses ||
        !scene->named)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < count; v++) {
        const caus_variable *variable = &series->variables[v];
        service_of[v] = caus_scene_find(scene, variable->service);
        aspects[v] = caus_aspect_of(variable);
        bad[v] = caus_aspect_bad_direction(variable, aspects[v]);
        of_calls[v] = aspects[v] == CAUS_ASPECT_LATENCY &&
                      caus_measure_is_of_calls(variable);
        backlog[v] = caus_aspect_is_backlog(variable, aspects[v]);
        misses[v] = caus_aspect_is_of_misses(variable, aspects[v]);
        if (backlog[v] && service_of[v] != SIZE_MAX)
            service_of[v] = caus_toward_reader(
                scene, caus_measure_name(variable), service_of[v]);
    }
    scene->service_of = service_of;
    scene->aspects = aspects;
    scene->bad = bad;
    scene->of_calls = of_calls;
    scene->backlog = backlog;
    scene->misses = misses;
    return caus_measures_number(series->variables, count, out, &scene->measures,
                                err);
}

/* What counts the calls that services make. "client" in a name of who calls
 * nobody is who asks it. */
static caus_status find_asks(const caus_series *series, caus_arena *out,
                             caus_scene *scene, caus_error *err)
{
    bool *asks = CAUS_ARRAY(out, bool, series->variable_count + 1);
    if (!asks)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        size_t service = scene->service_of[v];
        asks[v] = service != SIZE_MAX &&
                  caus_scene_makes_calls(scene, service) &&
                  scene->aspects[v] == CAUS_ASPECT_LOAD &&
                  caus_measure_is_of_calls(&series->variables[v]);
    }
    scene->asks = asks;
    return CAUS_OK;
}

/* Which kinds of what callers see are measured of each service itself, not of
 * its calls to one callee. */
static caus_status find_shown(const caus_series *series, caus_arena *out,
                              caus_scene *scene, caus_error *err)
{
    bool(*shows)[OUTSIDE_COUNT] =
        caus_arena_array(out, scene->service_count + 1, sizeof *shows);
    if (!shows)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        size_t service = scene->service_of[v];
        if (service == SIZE_MAX || scene->toward[v] != SIZE_MAX ||
            !caus_aspect_is_answer(&series->variables[v], scene->aspects[v]))
            continue;
        bool fails = scene->aspects[v] == CAUS_ASPECT_ERRORS;
        shows[service][fails ? OUTSIDE_ERRORS : OUTSIDE_LATENCY] = true;
    }
    scene->shows = shows;
    return CAUS_OK;
}

/* Whether all who call a service only pass on what it shows. */
static bool is_behind_fronts(const caus_scene *scene, size_t service)
{
    const caus_index_list callers = caus_scene_callers(scene, service);
    for (size_t i = 0; i < callers.count; i++) {
        size_t caller = callers.items[i];
        if (!scene->front[caller] || caus_scene_shows(scene, caller))
            return false;
    }
    return caus_scene_is_called(scene, service);
}

/* A proxy in front may tell neither latency nor errors: users see through it
 * what those answer that nobody else calls. */
static caus_status find_fronts(caus_arena *out, caus_scene *scene,
                               caus_error *err)
{
    scene->front = CAUS_ARRAY(out, bool, scene->service_count + 1);
    if (!scene->front)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < scene->service_count; s++)
        scene->front[s] = caus_scene_is_entry(scene, s);
    for (bool more = true; more;) {
        more = false;
        for (size_t s = 0; s < scene->service_count; s++) {
            if (scene->front[s] || !is_behind_fronts(scene, s))
                continue;
            scene->front[s] = more = true;
        }
    }
    return CAUS_OK;
}

caus_status caus_scene_init(const caus_series *series,
                            const caus_topology *calls, const caus_spans *spans,
                            caus_arena *out, caus_scene *result,
                            caus_error *err)
{
    caus_scene scene = {0};
    CAUS_TRY(collect_services(series, calls, spans, out, &scene, err));
    scene.observer = CAUS_ARRAY(out, bool, scene.service_count + 1);
    scene.stranger = CAUS_ARRAY(out, bool, scene.service_count + 1);
    if (!scene.observer || !scene.stranger)
        return caus_arena_fail(out, err);
    CAUS_TRY(read_variables(series, out, &scene, err));
    CAUS_TRY(group_variables(series, &scene, out, err));
    CAUS_TRY(group_calls(calls, out, &scene, err));
    CAUS_TRY(caus_toward_find(series, out, &scene, err));
    CAUS_TRY(find_asks(series, out, &scene, err));
    CAUS_TRY(find_shown(series, out, &scene, err));
    CAUS_TRY(find_fronts(out, &scene, err));
    CAUS_TRY(mark_observers(&scene, series->variable_count, spans, out, err));
    *result = scene;
    return CAUS_OK;
}

size_t caus_scene_find_call(const caus_scene *scene, size_t caller,
                            size_t callee)
{
    for (size_t i = scene->callee_start[caller];
         i < scene->callee_start[caller + 1]; i++) {
        if (scene->callees[i] == callee)
            return i;
    }
    return SIZE_MAX;
}

bool caus_scene_users_see(const caus_scene *scene, size_t service)
{
    return service == SIZE_MAX || scene->observer[service] ||
           scene->front[service];
}

bool caus_scene_shows(const caus_scene *scene, size_t service)
{
    const bool *shows = scene->shows[service];
    return shows[OUTSIDE_LATENCY] || shows[OUTSIDE_ERRORS];
}

bool caus_scene_counts_own(const caus_scene *scene, size_t variable)
{
    return scene->aspects[variable] == CAUS_ASPECT_LOAD &&
           scene->toward[variable] == SIZE_MAX && !scene->asks[variable];
}

void caus_scene_name(const caus_scene *scene, const caus_series *series,
                     size_t symptom)
{
    for (size_t v = 0; v < series->variable_count; v++) {
        bool alike =
            !scene->has_calls && scene->measures[v] == scene->measures[symptom];
        scene->named[v] = v == symptom || alike;
        bool works =
            scene->named[v] && !caus_aspect_is_outside(scene->aspects[v]);
        if (works && scene->service_of[v] != SIZE_MAX)
            scene->observer[scene->service_of[v]] = false;
    }
}

bool caus_scene_tells(const caus_scene *scene, size_t variable)
{
    return scene->named[variable] ||
           caus_aspect_tells(scene->aspects[variable]);
}

/* Along one of the lists of all services. */
static caus_status walk(const caus_scene *scene, size_t from,
                        caus_index_list (*next_of)(const caus_scene *, size_t),
                        caus_arena *out, caus_walk *result, caus_error *err)
{
    size_t count = scene->service_count, head = 0, tail = 0;
    size_t *distance = CAUS_ARRAY(out, size_t, count + 1);
    size_t *via = CAUS_ARRAY(out, size_t, count + 1);
    size_t *queue = CAUS_ARRAY(out, size_t, count + 1);
    if (!distance || !via || !queue)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < count; s++)
        distance[s] = via[s] = SIZE_MAX;
    distance[from] = 0;
    queue[tail++] = from;
    while (head < tail) {
        size_t at = queue[head++];
        const caus_index_list next = next_of(scene, at);
        for (size_t i = 0; i < next.count; i++) {
            size_t s = next.items[i];
            if (distance[s] != SIZE_MAX)
                continue;
            distance[s] = distance[at] + 1;
            via[s] = at;
            queue[tail++] = s;
        }
    }
    *result = (caus_walk){distance, via};
    return CAUS_OK;
}

caus_status caus_scene_walk_to_callees(const caus_scene *scene, size_t from,
                                       caus_arena *out, caus_walk *result,
                                       caus_error *err)
{
    return walk(scene, from, caus_scene_callees, out, result, err);
}

caus_status caus_scene_walk_to_callers(const caus_scene *scene, size_t from,
                                       caus_arena *out, caus_walk *result,
                                       caus_error *err)
{
    return walk(scene, from, caus_scene_callers, out, result, err);
}
