/* SPDX-License-Identifier: Apache-2.0 */
/* truth.json: what a scorer compares answers with. */
#include <math.h>

#include "simulation/world_texts.h"

enum { KINDS = 3 };

static double seconds_of(int64_t time_ns)
{
    return (double)time_ns / 1e9;
}

static void add_range(caus_json *json, const char *key, const double range[2])
{
    caus_json_key(json, key);
    caus_json_begin_array(json);
    caus_json_double(json, range[0]);
    caus_json_double(json, range[1]);
    caus_json_end_array(json);
}

/* The column in which a fault is seen first. */
static size_t root_column(const caus_world *world)
{
    bool is_error = world->fault == CAUS_WORLD_ERRORS ||
                    world->fault == CAUS_WORLD_OUTAGE ||
                    world->fault == CAUS_WORLD_CODE;
    return world->root * KINDS + (is_error ? 1 : 2);
}

/* The lines in which the fault itself speaks, if any. */
static void add_lines(const caus_world *world, caus_json *json)
{
    int64_t count = 0;
    const caus_world_log *first = NULL;
    for (size_t i = 0; i < world->log_count; i++) {
        if (world->logs[i].line != CAUS_WORLD_LINE_FAULT)
            continue;
        first = first ? first : &world->logs[i];
        count++;
    }
    caus_json_key(json, "log");
    caus_json_begin_object(json);
    caus_json_put_integer(json, "lines", count);
    if (first) {
        caus_json_put_double(json, "first",
                             seconds_of(world->options.start_ns) +
                                 (double)first->time_us * 1e-6);
        caus_world_add_message(world, first, json);
    }
    caus_json_end_object(json);
}

static void add_fault(const caus_world *world, caus_json *json)
{
    caus_json_put_text(json, "fault", caus_world_fault_name(world->fault));
    if (world->fault == CAUS_WORLD_NONE)
        return;
    caus_json_put_text(json, "root", world->services[world->root].name);
    caus_json_put_text(json, "root_variable",
                       world->series.variables[root_column(world)].name);
    caus_json_put_double(json, "fault_size", world->fault_size);
    caus_json_put_double(json, "onset", seconds_of(world->fault_ns[0]));
    caus_json_put_double(json, "end", seconds_of(world->fault_ns[1]));
    /* The change behind it, if one was told. */
    for (size_t i = 0; i < world->change_count; i++) {
        const caus_world_change *change = &world->changes[i];
        if (world->fault == CAUS_WORLD_DEPLOY &&
            change->service == world->root &&
            change->time_ns == world->fault_ns[0])
            caus_json_put_text(json, "change", change->ref);
    }
    add_lines(world, json);
    /* Which columns changed, and when. */
    caus_json_key(json, "effects");
    caus_json_begin_array(json);
    for (size_t e = 0; e < world->effect_count; e++) {
        const caus_world_effect *effect = &world->effects[e];
        if (!effect->affected)
            continue;
        caus_json_begin_object(json);
        caus_json_put_text(json, "variable",
                           world->series.variables[effect->column].name);
        caus_json_put_text(json, "service",
                           world->services[effect->column / KINDS].name);
        caus_json_put_double(json, "healthy", effect->healthy);
        caus_json_put_double(json, "change", effect->change);
        caus_json_put_double(json, "onset_seconds", effect->onset_s);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
    caus_json_key(json, "affected_services");
    caus_json_begin_array(json);
    for (size_t s = 0; s < world->service_count && world->effect_count; s++) {
        const caus_world_effect *effects = &world->effects[s * KINDS];
        if (effects[0].affected || effects[1].affected || effects[2].affected)
            caus_json_text(json, world->services[s].name);
    }
    caus_json_end_array(json);
}

static void add_services(const caus_world *world, caus_json *json)
{
    caus_json_key(json, "services");
    caus_json_begin_array(json);
    for (size_t s = 0; s < world->service_count; s++) {
        const caus_world_service *service = &world->services[s];
        caus_json_begin_object(json);
        caus_json_put_text(json, "service", service->name);
        caus_json_put_bool(json, "entry", service->is_entry);
        caus_json_put_integer(json, "pods", (int64_t)service->pods);
        caus_json_put_integer(json, "workers", (int64_t)service->workers);
        caus_json_put_bool(json, "autoscaled", service->scales);
        caus_json_put_double(json, "work_seconds", service->work_s);
        caus_json_put_integer(json, "arrived", (int64_t)service->arrived);
        caus_json_put_integer(json, "failed", (int64_t)service->failed);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void add_calls(const caus_world *world, caus_json *json)
{
    caus_json_key(json, "calls");
    caus_json_begin_array(json);
    for (size_t c = 0; c < world->call_count; c++) {
        const caus_world_call *call = &world->calls[c];
        caus_json_begin_object(json);
        caus_json_put_text(json, "caller", world->services[call->caller].name);
        caus_json_put_text(json, "callee", world->services[call->callee].name);
        caus_json_put_bool(json, "asynchronous", call->is_asynchronous);
        caus_json_put_bool(json, "optional", call->is_optional);
        caus_json_put_double(json, "probability", call->probability);
        caus_json_put_double(json, "timeout_seconds", call->timeout_s);
        caus_json_put_integer(json, "retries", call->retries);
        caus_json_put_integer(json, "connections", (int64_t)call->connections);
        caus_json_put_integer(json, "issued", (int64_t)call->issued);
        caus_json_put_integer(json, "timeouts", (int64_t)call->timeouts);
        caus_json_put_integer(json, "retried", (int64_t)call->retried);
        add_range(json, "start_lag_seconds", call->start_lag_s);
        add_range(json, "end_lag_seconds", call->end_lag_s);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void add_edges(const caus_world *world, caus_json *json)
{
    caus_json_key(json, "edges");
    caus_json_begin_array(json);
    for (size_t e = 0; e < world->edge_count; e++) {
        const caus_world_edge *edge = &world->edges[e];
        caus_json_begin_object(json);
        caus_json_put_text(json, "source",
                           world->series.variables[edge->source].name);
        caus_json_put_text(json, "target",
                           world->series.variables[edge->target].name);
        caus_json_put_text(json, "mechanism", edge->mechanism);
        caus_json_put_bool(json, "weak", edge->is_weak);
        caus_json_put_integer(json, "sign", edge->lowers ? -1 : 1);
        add_range(json, "lag_seconds", edge->lag_s);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
    caus_json_key(json, "shared_nodes");
    caus_json_begin_array(json);
    for (size_t i = 0; i < world->shared_count; i++) {
        caus_json_begin_array(json);
        caus_json_text(json, world->services[world->shared[i][0]].name);
        caus_json_text(json, world->services[world->shared[i][1]].name);
        caus_json_end_array(json);
    }
    caus_json_end_array(json);
}

void caus_world_add_truth(const caus_world *world, caus_text *text)
{
    caus_json json;
    caus_json_init(&json, text, 1);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "world_truth");
    caus_json_put_text(&json, "version", CAUS_VERSION);
    caus_json_key(&json, "seed");
    caus_json_unsigned(&json, world->seed);
    caus_json_put_double(&json, "start", seconds_of(world->options.start_ns));
    caus_json_put_double(&json, "duration_seconds",
                         seconds_of(world->options.duration_ns));
    caus_json_put_double(&json, "step_seconds",
                         seconds_of(world->options.step_ns));
    caus_json_put_double(&json, "scrape_seconds",
                         seconds_of(world->options.scrape_ns));
    add_fault(world, &json);
    add_services(world, &json);
    add_calls(world, &json);
    add_edges(world, &json);
    caus_json_end_object(&json);
    caus_text_add_char(text, '\n');
}
