/* SPDX-License-Identifier: Apache-2.0 */
/* An answer made ready for showing: nodes, links and warnings in order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/render_internal.h"
#include "series/order.h"

bool caus_link_is_self(const caus_link *link)
{
    return link->source == link->target;
}

bool caus_view_has_moved(const caus_view *view, size_t variable)
{
    const double *departures = view->answer->departures;
    return departures && departures[variable] > CAUS_DEPARTED;
}

bool caus_link_is_telling(const caus_view *view, const caus_link *link)
{
    return !caus_link_is_self(link) && !link->is_granted &&
           (!view->answer->departures || link->is_involved);
}

static caus_status check_answer(const caus_graph_answer *answer,
                                caus_error *err)
{
    size_t variables = answer->series->variable_count;
    size_t nodes = answer->discovery->graph.node_count;
    if (variables != nodes || (!nodes && !answer->insufficient))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a graph of %zu nodes does not belong to a series of "
                         "%zu variables: render an answer with its own series",
                         nodes, variables);
    return CAUS_OK;
}

static caus_status clean_names(caus_view *view, const caus_series *series,
                               const char ***names, caus_error *err)
{
    size_t count = series->variable_count;
    *names = CAUS_ARRAY(view->arena, const char *, count);
    if (!*names)
        return caus_arena_fail(view->arena, err);
    for (size_t i = 0; i < count; i++) {
        (*names)[i] = caus_clean_text(view->arena, series->variables[i].name,
                                      view->clean);
        if (!(*names)[i])
            return caus_arena_fail(view->arena, err);
    }
    return CAUS_OK;
}

/* The quality report speaks of the series as given, the graph of what stayed
 * of it: names tie them together. */
static caus_status prepare_inputs(caus_view *view, caus_error *err)
{
    const caus_series *series = view->answer->series;
    const caus_series *input = view->answer->input;
    if (!input)
        input = series;
    view->input_count = input->variable_count;
    view->input_of = CAUS_ARRAY(view->arena, size_t, series->variable_count);
    if (!view->input_of)
        return caus_arena_fail(view->arena, err);
    for (size_t i = 0; i < series->variable_count; i++) {
        view->input_of[i] = caus_series_find(input, series->variables[i].name);
        bool is_dummy = series->variables[i].role == CAUS_ROLE_TIME_DUMMY ||
                        series->variables[i].role == CAUS_ROLE_SPACE_DUMMY;
        if (view->input_of[i] == SIZE_MAX && !is_dummy)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "variable %s of the graph is not in the series "
                             "that was given",
                             series->variables[i].name);
    }
    return clean_names(view, input, &view->input_names, err);
}

bool caus_view_has_node(const caus_view *view, size_t input)
{
    for (size_t i = 0; i < view->variable_count; i++) {
        if (view->input_of[i] == input)
            return true;
    }
    return false;
}

static caus_status prepare_names(caus_view *view, caus_error *err)
{
    const caus_series *series = view->answer->series;
    size_t count = series->variable_count;
    view->variable_count = count;
    view->services = CAUS_ARRAY(view->arena, const char *, count);
    view->shown = CAUS_ARRAY(view->arena, bool, count);
    if (!view->services || !view->shown)
        return caus_arena_fail(view->arena, err);
    for (size_t i = 0; i < count; i++) {
        view->services[i] = caus_clean_text(
            view->arena, series->variables[i].service, view->clean);
        if (!view->services[i])
            return caus_arena_fail(view->arena, err);
    }
    CAUS_TRY(clean_names(view, series, &view->names, err));
    return prepare_inputs(view, err);
}

static caus_status fail_target(const caus_view *view, caus_error *err)
{
    const caus_series *series = view->answer->series;
    const char *target = view->answer->target;
    size_t nearest = 0, distance = SIZE_MAX;
    for (size_t i = 0; i < series->variable_count; i++) {
        size_t edits = caus_edit_distance(target, series->variables[i].name);
        if (edits < distance) {
            distance = edits;
            nearest = i;
        }
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "no variable \"%.200s\" in the graph; the nearest name is "
                     "\"%.200s\"",
                     target, view->names[nearest]);
}

static caus_status choose_nodes(caus_view *view, caus_error *err)
{
    const caus_graph_answer *answer = view->answer;
    view->target = SIZE_MAX;
    if (answer->target) {
        view->target = caus_series_find(answer->series, answer->target);
        if (view->target == SIZE_MAX)
            return fail_target(view, err);
        CAUS_TRY(caus_graph_sources(&answer->discovery->graph, view->target,
                                    view->shown, err));
    }
    for (size_t i = 0; i < view->variable_count; i++) {
        view->shown[i] = view->target == SIZE_MAX || view->shown[i];
        view->shown_count += view->shown[i];
    }
    return CAUS_OK;
}

/* Whether knowledge says something about a lag-0 link, from either end. */
static bool is_assumed(const caus_view *view, const caus_link *link)
{
    const unsigned char *assumptions = view->answer->options.assumptions;
    size_t nodes = view->variable_count;
    size_t lags = view->answer->discovery->graph.max_lag + 1;
    return assumptions &&
           (assumptions[(link->source * nodes + link->target) * lags] ||
            assumptions[(link->target * nodes + link->source) * lags]);
}

static caus_orientation orient(const caus_view *view, const caus_link *link)
{
    bool directed = link->marks.target == CAUS_MARK_ARROW &&
                    link->marks.source != CAUS_MARK_ARROW;
    if (link->lag == 0) {
        if (!directed)
            return CAUS_ORIENTED_NONE;
        const bool *by_topology = view->answer->discovery->by_topology;
        if (by_topology &&
            by_topology[caus_graph_cell(&view->answer->discovery->graph,
                                        link->source, link->target, 0)])
            return CAUS_ORIENTED_TOPOLOGY;
        return is_assumed(view, link) ? CAUS_ORIENTED_KNOWLEDGE
                                      : CAUS_ORIENTED_RULES;
    }
    if (caus_link_is_at_rest(link))
        return CAUS_ORIENTED_NONE;
    double lag_s =
        (double)link->lag * (double)view->answer->series->step_ns / 1e9;
    if (!caus_link_is_self(link) && lag_s > 0 && lag_s <= link->blur_s)
        return CAUS_ORIENTED_NONE;
    return CAUS_ORIENTED_LAG;
}

static double cell_value(const double *values, size_t cell)
{
    return values ? values[cell] : (double)NAN;
}

/* What searches fill in for a link that was not tested is no finding. */
static void grant(const caus_view *view, caus_link *link)
{
    const unsigned char *assumptions = view->answer->options.assumptions;
    if (!assumptions)
        return;
    unsigned char said =
        assumptions[caus_graph_cell(&view->answer->discovery->graph,
                                    link->source, link->target, link->lag)];
    if (said != CAUS_ASSUME_LINK && said != CAUS_ASSUME_LINK_BACK &&
        said != CAUS_ASSUME_ADJACENT)
        return;
    link->is_granted = true;
    link->statistic = link->p_value = link->q_value = (double)NAN;
    link->lower = link->upper = link->stability = (double)NAN;
    link->orientation_stability = link->sensitivity = (double)NAN;
    link->effect = (double)NAN;
    link->environments = CAUS_EDGE_POOLED;
    if (said != CAUS_ASSUME_ADJACENT)
        link->orientation = CAUS_ORIENTED_KNOWLEDGE;
}

/* A link without an arrow is explained by a call of either direction. */
static bool is_off_calls(const caus_view *view, const caus_link *link,
                         size_t cell)
{
    const caus_discovery *found = view->answer->discovery;
    if (!found->off_calls || !found->off_calls[cell])
        return false;
    bool directed = link->marks.target == CAUS_MARK_ARROW;
    return directed || link->lag > 0 ||
           found->off_calls[caus_graph_cell(&found->graph, link->target,
                                            link->source, 0)];
}

static caus_link make_link(const caus_view *view, size_t source, size_t target,
                           size_t lag)
{
    const caus_discovery *found = view->answer->discovery;
    const caus_variable *variables = view->answer->series->variables;
    size_t cell = caus_graph_cell(&found->graph, source, target, lag);
    caus_link link = {
        .source = source,
        .target = target,
        .lag = lag,
        .marks = caus_graph_get(&found->graph, source, target, lag),
        .statistic = cell_value(found->statistic, cell),
        .p_value = cell_value(found->p_value, cell),
        .q_value = cell_value(found->q_value, cell),
        .lower = cell_value(found->lower, cell),
        .upper = cell_value(found->upper, cell),
        .stability = cell_value(found->stability, cell),
        .orientation_stability = cell_value(found->orientation_stability, cell),
        .sensitivity = cell_value(found->sensitivity, cell),
        .effect = cell_value(found->effect, cell),
        .blur_s =
            caus_variable_blur_s(&variables[source], &variables[target],
                                 (double)view->answer->series->step_ns / 1e9),
        .source_key = variables[source].name,
        .target_key = variables[target].name,
    };
    if (found->environments)
        link.environments = (caus_edge_environments)found->environments[cell];
    link.is_involved = source != target && caus_view_has_moved(view, source) &&
                       caus_view_has_moved(view, target);
    link.off_calls = is_off_calls(view, &link, cell);
    link.by_load = found->by_load && found->by_load[cell];
    link.of_load = found->is_load &&
                   (found->is_load[link.source] || found->is_load[link.target]);
    link.orientation = orient(view, &link);
    grant(view, &link);
    return link;
}

static double strength(const caus_link *link)
{
    return isnan(link->statistic) ? 0 : fabs(link->statistic);
}

static int compare_links(const void *left, const void *right)
{
    const caus_link *a = left, *b = right;
    if (a->is_involved != b->is_involved)
        return a->is_involved ? -1 : 1;
    double stronger = strength(b) - strength(a);
    if (stronger < 0 || stronger > 0)
        return stronger > 0 ? 1 : -1;
    int order = strcmp(a->source_key, b->source_key);
    if (!order)
        order = strcmp(a->target_key, b->target_key);
    if (!order)
        order = (a->lag > b->lag) - (a->lag < b->lag);
    return order;
}

/* Whether the cell is to be listed: a lag-0 edge once, arrow at the target,
 * or, if no arrow decides, in the order of the columns' names. */
static bool is_listed(const caus_view *view, size_t source, size_t target,
                      size_t lag)
{
    const caus_graph *graph = &view->answer->discovery->graph;
    if (!view->shown[source] || !view->shown[target])
        return false;
    if (lag == 0 && source == target)
        return false;
    caus_edge edge = caus_graph_get(graph, source, target, lag);
    if (edge.source == CAUS_MARK_NONE && edge.target == CAUS_MARK_NONE)
        return false;
    if (lag > 0)
        return true;
    bool from = edge.source == CAUS_MARK_ARROW,
         into = edge.target == CAUS_MARK_ARROW;
    if (from != into)
        return into;
    const caus_variable *variables = view->answer->series->variables;
    return strcmp(variables[source].name, variables[target].name) < 0;
}

static size_t walk_links(const caus_view *view, caus_link *links)
{
    size_t count = 0, lags = view->answer->discovery->graph.max_lag + 1;
    for (size_t source = 0; source < view->variable_count; source++)
        for (size_t target = 0; target < view->variable_count; target++)
            for (size_t lag = 0; lag < lags; lag++) {
                if (!is_listed(view, source, target, lag))
                    continue;
                if (links)
                    links[count] = make_link(view, source, target, lag);
                count++;
            }
    return count;
}

static caus_status list_links(caus_view *view, caus_error *err)
{
    size_t count = walk_links(view, NULL);
    view->links = CAUS_ARRAY(view->arena, caus_link, count);
    if (!view->links)
        return caus_arena_fail(view->arena, err);
    view->link_count = walk_links(view, view->links);
    if (count > 1)
        qsort(view->links, count, sizeof *view->links, compare_links);
    for (size_t i = 0; i < count; i++) {
        if (caus_link_is_self(&view->links[i]))
            continue;
        view->cross_count++;
        view->involved_count += view->links[i].is_involved;
        view->orderless_count +=
            view->links[i].orientation == CAUS_ORIENTED_NONE;
    }
    return CAUS_OK;
}

/* "a, b and c determine each other: …" of one block. */
static const char *singular_warning(const caus_view *view,
                                    const caus_singular_block *block)
{
    caus_text text = {0};
    for (size_t k = 0; k < block->count; k++) {
        const char *before = k == 0                  ? ""
                             : k + 1 == block->count ? " and "
                                                     : ", ";
        caus_text_format(&text, "%s%s", before,
                         view->names[block->variables[k]]);
    }
    caus_text_add(&text, " determine each other: links among them could not be "
                         "tested and stay; leave one out to tell them apart");
    const char *copy =
        text.failed
            ? NULL
            : caus_arena_copy_text(view->arena, text.bytes, text.length);
    caus_text_deinit(&text);
    return copy;
}

const char *caus_view_shortfall(const caus_view *view)
{
    if (view->answer->discovery->complete)
        return NULL;
    return "the limit of time or tests cut the search short: links may be "
           "missing; raise --time-limit or --max-tests, or ask for fewer "
           "variables or lags";
}

static const char by_formula_warning[] =
    "intervals are Fisher's, which are too short for heavy tails: those from "
    "the rows do not fit the memory limit; raise --memory-limit";

/* What was taken for the load that all share. */
static const char *guess_warning(const caus_view *view)
{
    const char *guess =
        caus_clean_text(view->arena, view->answer->workload_guess, view->clean);
    if (!guess)
        return NULL;
    return caus_arena_format(
        view->arena,
        "the load that all share is a guess: %s; what it explains is no link, "
        "and no link \"drives\"; --workload VARIABLE or none overrides it, "
        "--topology tells it",
        guess);
}

/* A warning's text by its place: a search cut short or none at all first, then
 * the caller's, those of the quality report and those of the search. */
static const char *warning_at(const caus_view *view, size_t place)
{
    const caus_graph_answer *answer = view->answer;
    const char *shortfall = caus_view_shortfall(view);
    if (shortfall && place-- == 0)
        return shortfall;
    if (answer->insufficient && place-- == 0)
        return caus_clean_text(view->arena, answer->insufficient, view->clean);
    if (answer->discovery->intervals_by_formula && place-- == 0)
        return by_formula_warning;
    if (place < answer->warning_count)
        return caus_clean_text(view->arena, answer->warnings[place],
                               view->clean);
    place -= answer->warning_count;
    size_t from_quality = answer->quality ? answer->quality->warning_count : 0;
    if (place < from_quality)
        return caus_clean_text(view->arena, answer->quality->warnings[place],
                               view->clean);
    place -= from_quality;
    if (place < answer->discovery->singular_count)
        return singular_warning(view, &answer->discovery->singular[place]);
    return guess_warning(view);
}

/* Every warning once. */
static caus_status list_warnings(caus_view *view, caus_error *err)
{
    const caus_graph_answer *answer = view->answer;
    size_t from_quality = answer->quality ? answer->quality->warning_count : 0;
    size_t count = from_quality + answer->warning_count +
                   answer->discovery->singular_count;
    count += answer->discovery->complete ? 0 : 1;
    count += answer->discovery->intervals_by_formula ? 1 : 0;
    count += answer->insufficient ? 1 : 0;
    count += answer->workload_guess ? 1 : 0;
    view->warnings = CAUS_ARRAY(view->arena, const char *, count);
    caus_map *seen = caus_map_new();
    bool out_of_memory = !view->warnings || !seen;
    for (size_t i = 0; i < count && !out_of_memory; i++) {
        const char *warning = warning_at(view, i);
        int added =
            warning ? caus_map_insert(seen, warning, strlen(warning), i, NULL)
                    : -1;
        out_of_memory = added < 0;
        if (added == 1)
            view->warnings[view->warning_count++] = warning;
    }
    caus_map_free(seen);
    if (out_of_memory)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to list %zu warnings", count);
    return CAUS_OK;
}

caus_status caus_view_init(caus_view *view, const caus_graph_answer *answer,
                           caus_clean clean, caus_error *err)
{
    *view = (caus_view){.answer = answer, .clean = clean};
    CAUS_TRY(check_answer(answer, err));
    view->arena = caus_arena_new(0);
    if (!view->arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to prepare an answer");
    CAUS_TRY(prepare_names(view, err));
    CAUS_TRY(choose_nodes(view, err));
    CAUS_TRY(list_links(view, err));
    CAUS_TRY(list_warnings(view, err));
    CAUS_TRY(caus_view_find_changes(view, err));
    caus_view_find_chain(view);
    return CAUS_OK;
}

void caus_view_deinit(caus_view *view)
{
    caus_arena_free(view->arena);
    *view = (caus_view){0};
}
