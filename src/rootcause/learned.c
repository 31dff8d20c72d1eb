/* SPDX-License-Identifier: Apache-2.0 */
/* What the services on the way usually do to one another: links that the
 * incident preset finds in the healthy rows and in the incident. */
#include <math.h>
#include <string.h>

#include "rootcause/chain.h"
#include "rootcause/columns.h"
#include "series/order.h"

enum { MOST_LAGS = 5, MOST_VARIABLES = 12 };

static const double longest_lag_s = 120;

/* The variable of an aspect that moved most, else the first by name. */
static size_t variable_of(const caus_case *about, size_t service,
                          caus_aspect aspect)
{
    const caus_scene *scene = &about->scene;
    size_t best = SIZE_MAX;
    const caus_index_list own = caus_scene_variables(scene, service);
    for (size_t i = 0; i < own.count; i++) {
        size_t v = own.items[i];
        if (scene->aspects[v] == aspect &&
            (best == SIZE_MAX ||
             about->scores.clue[v] > about->scores.clue[best]))
            best = v;
    }
    return best;
}

typedef struct variable_list {
    size_t items[MOST_VARIABLES];
    size_t count;
} variable_list;

static void add_variable(variable_list *list, size_t variable)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i] == variable)
            return;
    }
    if (variable != SIZE_MAX && list->count < MOST_VARIABLES)
        list->items[list->count++] = variable;
}

static void add_outside(const caus_case *about, size_t service,
                        variable_list *list)
{
    add_variable(list, variable_of(about, service, CAUS_ASPECT_LATENCY));
    size_t errors = variable_of(about, service, CAUS_ASPECT_ERRORS);
    if (errors != SIZE_MAX && about->scores.clue[errors] > 0)
        add_variable(list, errors);
}

/* Calls that all share: those of the service where the chain ends. */
static size_t shared_load(const caus_case *about)
{
    const caus_suspect *first = &about->suspects[0];
    size_t end = first->hop_count
                     ? about->ranked[first->chain[first->hop_count - 1].to]
                     : about->symptom_service;
    return end == SIZE_MAX ? SIZE_MAX
                           : variable_of(about, end, CAUS_ASPECT_LOAD);
}

/* The chain of the first suspect, then others that it can reach. */
static void choose(const caus_case *about, size_t load, variable_list *list)
{
    const caus_suspect *first = &about->suspects[0];
    add_variable(list, load);
    add_outside(about, about->ranked[0], list);
    for (size_t i = 0; i < first->hop_count; i++)
        add_outside(about, about->ranked[first->chain[i].to], list);
    for (size_t i = 0; i < about->reach_count; i++)
        add_outside(about, about->ranked[about->reach[i].suspect], list);
}

static size_t lags_of(const caus_case *about)
{
    double step_s = (double)about->series->step_ns / 1e9;
    double lags = ceil(longest_lag_s / step_s);
    return lags > MOST_LAGS ? MOST_LAGS : lags > 1 ? (size_t)lags : 1;
}

static caus_status discover(caus_case *about, const caus_series *series,
                            const char *workload, caus_error *err)
{
    caus_incident_options options = caus_incident_options_default();
    options.topology = about->calls;
    options.workload = workload;
    options.pcmci.max_lag = lags_of(about);
    caus_error reason;
    caus_status status = caus_discover_incident(
        series, &options, about->run, about->out, &about->learned, &reason);
    about->has_learned = status == CAUS_OK && about->learned.discovery.complete;
    bool unfit =
        status == CAUS_ERR_TOO_FEW_SAMPLES || status == CAUS_ERR_INVALID_DATA;
    if (status != CAUS_OK && !unfit)
        return CAUS_FAIL(err, status, "%s", reason.message);
    return CAUS_OK;
}

caus_status caus_learned_find(caus_case *about, caus_error *err)
{
    if (!about->suspects[0].hop_count || !about->onset.found)
        return CAUS_OK;
    variable_list list = {.count = 0};
    size_t load = shared_load(about);
    choose(about, load, &list);
    if (!list.count)
        return CAUS_OK;
    caus_series chosen, parts;
    CAUS_TRY(caus_columns_select(about, list.items, list.count, &chosen, err));
    caus_error reason;
    caus_status status = caus_onset_split(
        &chosen, &about->onset, lags_of(about), about->out, &parts, &reason);
    if (status == CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_OK;
    if (status != CAUS_OK)
        return CAUS_FAIL(err, status, "%s", reason.message);
    const char *workload =
        load == SIZE_MAX ? NULL : about->series->variables[load].name;
    CAUS_TRY(discover(about, &parts, workload, err));
    if (!about->has_learned && workload) /* it may be constant */
        CAUS_TRY(discover(about, &parts, NULL, err));
    return CAUS_OK;
}

double caus_learned_reach_s(const caus_case *about)
{
    if (!about->has_learned)
        return (double)NAN;
    return (double)about->learned.discovery.graph.max_lag *
           (double)about->series->step_ns / 1e9;
}

/* Whether an edge points from cause to effect, or has no direction at lag 0
 * that speaks against it. */
static bool may_point(const caus_discovery *found, size_t cause, size_t effect,
                      size_t lag)
{
    caus_edge edge = caus_graph_get(&found->graph, cause, effect, lag);
    return edge.target != CAUS_MARK_NONE &&
           !(edge.target == CAUS_MARK_TAIL && edge.source == CAUS_MARK_ARROW);
}

static void read_link(const caus_case *about, size_t cause, size_t effect,
                      size_t lag, caus_learned_link *link)
{
    const caus_discovery *found = &about->learned.discovery;
    const caus_variable *variables = about->learned.series.variables;
    size_t cell = caus_graph_cell(&found->graph, cause, effect, lag);
    double step_s = (double)about->series->step_ns / 1e9;
    if (link->found && fabs(found->statistic[cell]) <= fabs(link->statistic))
        return;
    double blur_s =
        caus_variable_blur_s(&variables[cause], &variables[effect], step_s);
    *link =
        (caus_learned_link){.found = true,
                            .cause = variables[cause].name,
                            .effect = variables[effect].name,
                            .statistic = found->statistic[cell],
                            .delay_s = (double)lag * step_s,
                            .by_load = found->by_load && found->by_load[cell],
                            .by_lag = lag > 0 && (double)lag * step_s > blur_s};
    if (found->environments)
        link->environments = (caus_edge_environments)found->environments[cell];
}

/* Whether a variable of a service tells how it does, not how much it is asked.
 */
static bool tells_of(const caus_variable *variable, const char *service)
{
    return strcmp(variable->service, service) == 0 &&
           caus_aspect_of(variable) != CAUS_ASPECT_LOAD;
}

caus_learned_link caus_learned_link_between(const caus_case *about, size_t from,
                                            size_t to)
{
    caus_learned_link link = {0};
    if (!about->has_learned)
        return link;
    const caus_series *series = &about->learned.series;
    const caus_discovery *found = &about->learned.discovery;
    const char *cause = about->scene.services[from];
    const char *effect = about->scene.services[to];
    for (size_t a = 0; a < series->variable_count; a++) {
        if (!tells_of(&series->variables[a], cause))
            continue;
        for (size_t b = 0; b < series->variable_count; b++) {
            if (!tells_of(&series->variables[b], effect))
                continue;
            for (size_t lag = 0; lag <= found->graph.max_lag; lag++) {
                if (may_point(found, a, b, lag))
                    read_link(about, a, b, lag, &link);
            }
        }
    }
    return link;
}
