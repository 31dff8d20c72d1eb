/* SPDX-License-Identifier: Apache-2.0 */
/* A causal graph as JSON v1: what was not computed is left out. */
#include <inttypes.h>
#include <math.h>

#include "render/members.h"
#include "render/render_internal.h"

/* The other variables that this node stands for. */
static void write_members(caus_json *json, const caus_view *view, size_t node)
{
    const caus_quality *quality = view->answer->quality;
    size_t input = view->input_of[node];
    caus_json_key(json, "members");
    caus_json_begin_array(json);
    for (size_t i = 0; quality && i < quality->family_count; i++) {
        const caus_family *family = &quality->families[i];
        bool is_head = false;
        for (size_t k = 0; k < family->member_count; k++)
            is_head = is_head || family->members[k] == input;
        for (size_t k = 0; is_head && k < family->member_count; k++) {
            if (!caus_view_has_node(view, family->members[k]))
                caus_json_text(json, view->input_names[family->members[k]]);
        }
    }
    caus_json_end_array(json);
}

static void write_nodes(caus_json *json, const caus_view *view)
{
    caus_json_key(json, "nodes");
    caus_json_begin_array(json);
    for (size_t i = 0; i < view->variable_count; i++) {
        const caus_variable *variable = &view->answer->series->variables[i];
        if (!view->shown[i])
            continue;
        caus_json_begin_object(json);
        caus_json_put_unsigned(json, "id", i);
        caus_json_put_text(json, "label", view->names[i]);
        caus_put_known(json, view->arena, "service", variable->service);
        caus_put_known(json, view->arena, "source", variable->source);
        caus_put_known(json, view->arena, "query", variable->query);
        caus_put_known(json, view->arena, "unit", variable->unit);
        caus_json_put_text(json, "role", caus_role_name(variable->role));
        if (view->answer->departures)
            caus_json_put_bool(json, "moved", caus_view_has_moved(view, i));
        write_members(json, view, i);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_check(void *data, const char *sentence)
{
    caus_json_text(data, sentence);
}

static void write_lag(caus_json *json, const caus_view *view, size_t lag)
{
    int64_t step_ns = view->answer->series->step_ns;
    caus_json_put_unsigned(json, "lag", lag);
    if (step_ns > 0)
        caus_json_put_double(json, "lag_seconds",
                             (double)lag * (double)step_ns / 1e9);
}

/* Values k steps apart hold events (k − 1) to (k + 1) steps apart, and scrapes
 * blur them by as much again as they say. */
static void write_lag_interval(caus_json *json, const caus_view *view,
                               const caus_link *link)
{
    int64_t step_ns = view->answer->series->step_ns;
    if (step_ns <= 0 || !view->answer->preset)
        return;
    double step_s = (double)step_ns / 1e9, lag_s = (double)link->lag * step_s;
    caus_json_key(json, "lag_interval_seconds");
    caus_json_begin_array(json);
    caus_json_double(json, lag_s - step_s - link->blur_s);
    caus_json_double(json, lag_s + step_s + link->blur_s);
    caus_json_end_array(json);
}

/* "s per request", "s per 1" where only the target has a unit; nothing where
 * it has none. */
static void write_effect(caus_json *json, const caus_view *view,
                         const caus_link *link)
{
    const caus_variable *variables = view->answer->series->variables;
    const char *source = variables[link->source].unit;
    const char *target = variables[link->target].unit;
    if (!isfinite(link->effect) || !*target)
        return;
    char unit[120];
    snprintf(unit, sizeof unit, "%.50s per %.50s", target,
             *source ? source : "1");
    caus_json_key(json, "effect");
    caus_json_begin_object(json);
    caus_json_put_double(json, "value", link->effect);
    caus_put_known(json, view->arena, "unit", unit);
    caus_json_end_object(json);
}

static void write_numbers(caus_json *json, const caus_view *view,
                          const caus_link *link)
{
    caus_put_number(json, "strength", fabs(link->statistic));
    if (isfinite(link->lower) && isfinite(link->upper)) {
        caus_json_key(json, "ci");
        caus_json_begin_array(json);
        caus_json_double(json, link->lower);
        caus_json_double(json, link->upper);
        caus_json_end_array(json);
        caus_put_number(json, "level", view->answer->options.level);
    }
    caus_put_number(json, "statistic", link->statistic);
    caus_put_number(json, "p_value", link->p_value);
    caus_put_number(json, "q_value", link->q_value);
    caus_put_number(json, "stability", link->stability);
    caus_put_number(json, "orientation_stability", link->orientation_stability);
    caus_put_number(json, "sensitivity", link->sensitivity);
}

static void write_edges(caus_json *json, const caus_view *view)
{
    caus_json_key(json, "edges");
    caus_json_begin_array(json);
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        caus_json_begin_object(json);
        caus_json_put_text(json, "source", view->names[link->source]);
        caus_json_put_text(json, "target", view->names[link->target]);
        caus_json_put_text(json, "type", caus_edge_type(link->marks));
        caus_json_put_text(json, "mark", caus_edge_text(link->marks));
        caus_json_put_text(json, "orientation",
                           caus_orientation_name(link->orientation));
        write_lag(json, view, link->lag);
        write_lag_interval(json, view, link);
        write_effect(json, view, link);
        write_numbers(json, view, link);
        if (link->environments != CAUS_EDGE_POOLED)
            caus_json_put_text(json, "environments",
                               caus_environments_name(link->environments));
        caus_json_put_text(json, "word", caus_link_word(view, link));
        caus_json_key(json, "checks");
        caus_json_begin_array(json);
        caus_link_list_checks(view, link, write_check, json);
        caus_json_end_array(json);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static bool was_tested(const caus_view *view, size_t source, size_t target,
                       size_t lag, size_t cell)
{
    const caus_pcmci_options *options = &view->answer->options;
    if (!view->shown[source] || !view->shown[target] || lag < options->min_lag)
        return false;
    if (lag == 0 && source == target)
        return false;
    if (!options->assumptions)
        return true;
    unsigned char known = options->assumptions[cell];
    return known != CAUS_ASSUME_ABSENT &&
           !(lag > 0 && known == CAUS_ASSUME_ONLY_BACK);
}

static void write_link(caus_json *json, const caus_view *view, size_t source,
                       size_t target, size_t lag, size_t cell)
{
    const caus_discovery *found = view->answer->discovery;
    caus_json_begin_object(json);
    caus_json_put_text(json, "source", view->names[source]);
    caus_json_put_text(json, "target", view->names[target]);
    caus_json_put_unsigned(json, "lag", lag);
    caus_put_number(json, "statistic", found->statistic[cell]);
    if (found->p_value) /* the summary of several graphs has none */
        caus_put_number(json, "p_value", found->p_value[cell]);
    caus_json_end_object(json);
}

static void write_all_links(caus_json *json, const caus_view *view)
{
    const caus_graph *graph = &view->answer->discovery->graph;
    if (!view->answer->options.all_links)
        return;
    caus_json_key(json, "links");
    caus_json_begin_array(json);
    for (size_t source = 0; source < view->variable_count; source++)
        for (size_t target = 0; target < view->variable_count; target++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                size_t cell = caus_graph_cell(graph, source, target, lag);
                if (was_tested(view, source, target, lag, cell))
                    write_link(json, view, source, target, lag, cell);
            }
    caus_json_end_array(json);
}

static size_t environment_rows(const caus_series *series, int environment)
{
    size_t rows = series->gram ? (size_t)series->gram->rows_read : 0;
    for (size_t i = 0; i < series->segment_count; i++)
        if (series->segments[i].environment == environment)
            rows += series->segments[i].row_count;
    return rows;
}

/* The most likely instant and where it lies with about 95 % belief. */
static void write_extent(caus_json *json, const caus_extent *extent)
{
    if (!extent || !extent->found)
        return;
    caus_put_onset(json, &extent->onset);
    if (extent->has_end)
        caus_put_time(json, "incident_end", extent->end_ns);
}

static void write_window(caus_json *json, const caus_view *view)
{
    const caus_series *series = view->answer->series;
    caus_time_span window = caus_view_window(view);
    caus_json_key(json, "window");
    caus_json_begin_object(json);
    if (window.has_time) {
        caus_put_time(json, "start", window.start_ns);
        caus_put_time(json, "end", window.end_ns);
    }
    if (series->step_ns > 0)
        caus_json_put_double(json, "step_seconds",
                             (double)series->step_ns / 1e9);
    caus_json_put_unsigned(json, "steps", window.steps);
    caus_json_put_unsigned(json, "rows_used",
                           view->answer->discovery->rows_used);
    write_extent(json, view->answer->extent);
    caus_json_key(json, "environments");
    caus_json_begin_array(json);
    for (size_t i = 0; i < series->environment_count; i++) {
        const caus_environment *environment = &series->environments[i];
        caus_json_begin_object(json);
        caus_json_put_integer(json, "id", environment->id);
        caus_put_known(json, view->arena, "name", environment->name);
        caus_json_put_unsigned(json, "rows",
                               environment_rows(series, environment->id));
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
    caus_json_end_object(json);
}

static void put_limit(caus_json *json, const char *key, size_t limit)
{
    if (limit != SIZE_MAX)
        caus_json_put_unsigned(json, key, limit);
}

static void write_method(caus_json *json, const caus_view *view)
{
    const caus_graph_answer *answer = view->answer;
    const caus_pcmci_options *options = &answer->options;
    caus_json_key(json, "method");
    caus_json_begin_object(json);
    caus_put_known(json, view->arena, "name", answer->method);
    caus_put_known(json, view->arena, "preset", answer->preset);
    caus_put_known(json, view->arena, "test", answer->test);
    caus_put_known(json, view->arena, "workload", answer->workload);
    caus_put_known(json, view->arena, "workload_guess", answer->workload_guess);
    if (options->min_lag > 0)
        caus_json_put_unsigned(json, "min_lag", options->min_lag);
    caus_json_put_unsigned(json, "max_lag", answer->discovery->graph.max_lag);
    caus_put_number(json, "alpha", options->alpha);
    if (answer->has_selection && isnan(options->pc_alpha))
        caus_json_put_text(json, "pc_alpha", "auto");
    else if (answer->has_selection)
        caus_json_put_double(json, "pc_alpha", options->pc_alpha);
    caus_json_put_text(json, "fdr", caus_fdr_name(options->fdr));
    if (options->max_combinations > 1)
        put_limit(json, "max_combinations", options->max_combinations);
    put_limit(json, "max_conditions", options->max_conditions);
    if (options->max_parents > 0)
        put_limit(json, "max_parents", options->max_parents);
    put_limit(json, "max_conditions_target", options->max_conditions_target);
    put_limit(json, "max_conditions_source", options->max_conditions_source);
    if (options->bootstrap > 0)
        caus_json_put_unsigned(json, "bootstrap", options->bootstrap);
    if (answer->variation_count) {
        caus_json_key(json, "sensitivity");
        caus_json_begin_array(json);
        for (size_t k = 0; k < answer->variation_count; k++)
            caus_json_text(json, answer->variations[k]);
        caus_json_end_array(json);
    }
    caus_json_end_object(json);
}

static void write_families(caus_json *json, const caus_view *view)
{
    const caus_quality *quality = view->answer->quality;
    caus_json_key(json, "families");
    caus_json_begin_array(json);
    for (size_t i = 0; i < quality->family_count; i++) {
        const caus_family *family = &quality->families[i];
        caus_json_begin_object(json);
        caus_json_key(json, "members");
        caus_json_begin_array(json);
        for (size_t k = 0; k < family->member_count; k++)
            caus_json_text(json, view->input_names[family->members[k]]);
        caus_json_end_array(json);
        caus_put_known(json, view->arena, "reason", family->reason);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_data(caus_json *json, const caus_view *view)
{
    const caus_graph_answer *answer = view->answer;
    caus_json_key(json, "data");
    caus_json_begin_object(json);
    if (answer->quality) {
        caus_json_key(json, "missing");
        caus_json_begin_object(json);
        for (size_t i = 0; i < answer->quality->variable_count; i++) {
            double share = answer->quality->variables[i].missing_share;
            if (share > 0)
                caus_put_number(json, view->input_names[i], share);
        }
        caus_json_end_object(json);
    }
    caus_json_key(json, "dropped");
    caus_json_begin_array(json);
    for (size_t i = 0; i < answer->dropped_count; i++) {
        caus_json_begin_object(json);
        caus_put_known(json, view->arena, "label", answer->dropped[i].label);
        caus_put_known(json, view->arena, "reason", answer->dropped[i].reason);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
    if (answer->quality)
        write_families(json, view);
    caus_json_end_object(json);
}

static void write_ambiguous(caus_json *json, const caus_view *view)
{
    const caus_graph *graph = &view->answer->discovery->graph;
    caus_json_key(json, "ambiguous_triples");
    caus_json_begin_array(json);
    for (size_t i = 0; i < graph->ambiguous_count; i++) {
        const caus_triple *triple = &graph->ambiguous[i];
        if (!view->shown[triple->source] || !view->shown[triple->middle] ||
            !view->shown[triple->target])
            continue;
        caus_json_begin_object(json);
        caus_json_put_text(json, "source", view->names[triple->source]);
        caus_json_put_unsigned(json, "source_lag", triple->source_lag);
        caus_json_put_text(json, "middle", view->names[triple->middle]);
        caus_json_put_text(json, "target", view->names[triple->target]);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

void caus_render_json(const caus_view *view, caus_text *text)
{
    const caus_graph_answer *answer = view->answer;
    caus_json writer;
    caus_json *json = &writer;
    caus_json_init(json, text, 2);
    caus_json_begin_object(json);
    caus_json_put_text(json, "caus", "1");
    caus_json_put_text(json, "kind", "causal_graph");
    caus_json_put_text(json, "version", caus_version());
    caus_json_put_bool(json, "complete", answer->discovery->complete);
    write_nodes(json, view);
    write_edges(json, view);
    caus_view_write_comparison(view, json);
    caus_view_write_parts(view, json);
    write_all_links(json, view);
    write_window(json, view);
    write_method(json, view);
    write_data(json, view);
    write_ambiguous(json, view);
    caus_view_write_changes(view, json);
    caus_put_known(json, view->arena, "inputs_sha256", answer->inputs_sha256);
    caus_json_key(json, "seed");
    caus_json_unsigned(json, answer->seed);
    caus_json_key(json, "warnings");
    caus_json_begin_array(json);
    for (size_t i = 0; i < view->warning_count; i++)
        caus_json_text(json, view->warnings[i]);
    caus_json_end_array(json);
    caus_json_end_object(json);
    caus_text_add_char(text, '\n');
}
