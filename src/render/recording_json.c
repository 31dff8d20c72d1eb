/* SPDX-License-Identifier: Apache-2.0 */
/* What an incident file holds, for programs. */
#include <math.h>

#include "render/members.h"
#include "render/recording.h"

static void put_seconds(caus_json *json, const char *key, double seconds)
{
    if (isfinite(seconds) && seconds > 0)
        caus_json_put_double(json, key, seconds);
}

static void write_grid(caus_json *json, const char *key, const caus_grid *grid)
{
    if (grid->step_ns <= 0)
        return;
    caus_json_key(json, key);
    caus_json_begin_object(json);
    caus_put_time(json, "start", grid->start_ns);
    caus_put_time(json, "end", grid->end_ns);
    caus_json_put_double(json, "step_seconds", (double)grid->step_ns / 1e9);
    caus_json_put_unsigned(json, "steps", caus_recording_steps(grid));
    caus_json_end_object(json);
}

static void write_labels(caus_json *json, caus_arena *arena,
                         const caus_variable *variable)
{
    if (!variable->label_count)
        return;
    caus_json_key(json, "labels");
    caus_json_begin_object(json);
    for (size_t i = 0; i < variable->label_count; i++) {
        const char *name =
            caus_clean_text(arena, variable->labels[i].name, CAUS_CLEAN_UTF8);
        if (name)
            caus_put_clean(json, arena, name, variable->labels[i].value);
        else
            json->text->failed = true;
    }
    caus_json_end_object(json);
}

static void write_variable(caus_json *json, caus_arena *arena,
                           const caus_variable *variable, size_t samples)
{
    caus_json_begin_object(json);
    caus_put_clean(json, arena, "label", variable->name);
    caus_put_known(json, arena, "service", variable->service);
    caus_put_known(json, arena, "source", variable->source);
    caus_put_known(json, arena, "query", variable->query);
    caus_put_known(json, arena, "unit", variable->unit);
    caus_json_put_text(json, "kind", caus_kind_name(variable->kind));
    caus_json_put_text(json, "role", caus_role_name(variable->role));
    write_labels(json, arena, variable);
    put_seconds(json, "scrape_interval_seconds", variable->scrape_interval_s);
    caus_put_number(json, "scrape_offset_seconds", variable->scrape_offset_s);
    put_seconds(json, "rate_window_seconds", variable->rate_window_s);
    caus_json_put_unsigned(json, "samples", samples);
    caus_json_end_object(json);
}

static void write_queries(caus_json *json, caus_arena *arena,
                          const caus_recording_info *info)
{
    caus_json_key(json, "queries");
    caus_json_begin_array(json);
    for (size_t i = 0; i < info->query_count; i++) {
        caus_json_begin_object(json);
        caus_put_clean(json, arena, "server", info->queries[i].server);
        caus_put_clean(json, arena, "text", info->queries[i].text);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_changes(caus_json *json, caus_arena *arena,
                          const caus_changes *changes)
{
    caus_json_key(json, "changes");
    caus_json_begin_array(json);
    for (size_t i = 0; i < changes->change_count; i++) {
        caus_json_begin_object(json);
        caus_put_change(json, arena, &changes->changes[i]);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_results(caus_json *json, caus_arena *arena,
                          const caus_recording_info *info)
{
    caus_json_key(json, "results");
    caus_json_begin_array(json);
    for (size_t i = 0; i < info->result_count; i++) {
        caus_json_begin_object(json);
        caus_put_clean(json, arena, "kind", info->results[i].kind);
        caus_put_clean(json, arena, "sha256", info->results[i].sha256);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_warnings(caus_json *json, caus_arena *arena,
                           const caus_recording_info *info)
{
    caus_json_key(json, "warnings");
    caus_json_begin_array(json);
    for (size_t i = 0; i < info->warning_count; i++) {
        const char *clean =
            caus_clean_text(arena, info->warnings[i], CAUS_CLEAN_UTF8);
        if (clean)
            caus_json_text(json, clean);
        else
            json->text->failed = true;
    }
    caus_json_end_array(json);
}

void caus_recording_write_json(caus_text *text, caus_arena *arena,
                               const caus_recording_info *info,
                               const char *path)
{
    caus_json json;
    caus_json_init(&json, text, 2);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "recording");
    caus_put_clean(&json, arena, "version", info->version);
    caus_put_clean(&json, arena, "path", path);
    caus_json_put_integer(&json, "schema", info->schema);
    caus_put_time(&json, "created", info->created_ns);
    caus_json_put_bool(&json, "scrubbed", info->scrubbed);
    caus_put_known(&json, arena, "hint", info->hint);
    write_grid(&json, "window", &info->window);
    write_grid(&json, "baseline", &info->baseline);
    caus_put_number(&json, "clock_skew_seconds", info->clock_skew_s);
    put_seconds(&json, "scrape_interval_seconds", info->scrape_interval_s);
    caus_json_put_unsigned(&json, "samples", caus_recording_total(info));
    if (info->spans) {
        caus_json_put_unsigned(&json, "spans", info->spans->span_count);
        caus_json_put_unsigned(&json, "traces", info->spans->trace_count);
    }
    if (info->logs) {
        caus_json_put_unsigned(&json, "log_lines", info->logs->line_count);
        caus_json_put_unsigned(&json, "log_templates",
                               info->logs->template_count);
    }
    caus_json_key(&json, "variables");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < info->variable_count; i++)
        write_variable(&json, arena, &info->variables[i],
                       info->sample_counts[i]);
    caus_json_end_array(&json);
    write_queries(&json, arena, info);
    if (info->changes)
        write_changes(&json, arena, info->changes);
    write_results(&json, arena, info);
    write_warnings(&json, arena, info);
    caus_json_end_object(&json);
    caus_text_add_char(text, '\n');
}
