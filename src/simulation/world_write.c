/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a world. */
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "simulation/world_texts.h"

static const char *const file_names[CAUS_WORLD_FILE_COUNT] = {
    "series.csv",        "gauges.csv",         "graph.csv",  "changes.csv",
    "spans.csv",         "otel_traces.sql",    "spans.sql",  "metrics.om",
    "traces.otlp.jsonl", "metrics.otlp.jsonl", "logs.jsonl", "otel_logs.sql",
    "logs.sql",          "truth.json",
};

const char *caus_world_file_name(caus_world_file file)
{
    return (unsigned)file < CAUS_WORLD_FILE_COUNT ? file_names[file] : "";
}

static void add_series(const caus_world *world, caus_text *text)
{
    const caus_series *series = &world->series;
    const caus_segment *segment = &series->segments[0];
    caus_text_add(text, "time");
    for (size_t c = 0; c < series->variable_count; c++)
        caus_text_format(text, ",%s", series->variables[c].name);
    for (size_t row = 0; row < segment->row_count; row++) {
        caus_text_format(text, "\n%" PRId64,
                         (segment->start_ns + (int64_t)row * series->step_ns) /
                             1000000000);
        for (size_t c = 0; c < series->variable_count; c++) {
            caus_text_add_char(text, ',');
            if (!caus_segment_is_missing(segment, row, c))
                caus_text_add_double(
                    text, segment->values[row * series->variable_count + c]);
        }
    }
    caus_text_add_char(text, '\n');
}

static void add_topology(const caus_world *world, caus_text *text)
{
    caus_text_add(text, "src,dst\n");
    for (size_t c = 0; c < world->call_count; c++)
        caus_text_format(text, "%s,%s\n",
                         world->services[world->calls[c].caller].name,
                         world->services[world->calls[c].callee].name);
}

static void add_time(caus_text *text, int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    struct tm parts;
    char day[32];
    gmtime_r(&seconds, &parts);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
    caus_text_format(text, "%s.%03dZ", day, (int)(time_ns / 1000000 % 1000));
}

static void add_changes(const caus_world *world, caus_text *text)
{
    caus_text_add(text, "time,service,kind,ref,text\n");
    for (size_t i = 0; i < world->change_count; i++) {
        const caus_world_change *change = &world->changes[i];
        add_time(text, change->time_ns);
        caus_text_format(text, ",%s,%s,%s,%s\n",
                         world->services[change->service].name, change->kind,
                         change->ref, change->text);
    }
}

static caus_status add_file(const caus_world *world, caus_world_file file,
                            const caus_run *run, caus_text *text,
                            caus_error *err)
{
    switch (file) {
    case CAUS_WORLD_SERIES:
        add_series(world, text);
        return CAUS_OK;
    case CAUS_WORLD_GAUGES:
        return caus_world_add_gauges(world, text, err);
    case CAUS_WORLD_TOPOLOGY:
        add_topology(world, text);
        return CAUS_OK;
    case CAUS_WORLD_CHANGES:
        add_changes(world, text);
        return CAUS_OK;
    case CAUS_WORLD_SPANS:
        return caus_world_add_spans(world, text, run, err);
    case CAUS_WORLD_TABLE:
        caus_world_add_table(text);
        return CAUS_OK;
    case CAUS_WORLD_CLICKHOUSE:
        return caus_world_add_rows(world, text, run, err);
    case CAUS_WORLD_METRICS:
        return caus_world_add_metrics(world, text, run, err);
    case CAUS_WORLD_OTLP_TRACES:
        return caus_world_add_otlp_spans(world, text, run, err);
    case CAUS_WORLD_OTLP_METRICS:
        return caus_world_add_otlp_metrics(world, text, run, err);
    case CAUS_WORLD_LOGS:
        return caus_world_add_logs(world, text, run, err);
    case CAUS_WORLD_LOG_TABLE:
        caus_world_add_log_table(text);
        return CAUS_OK;
    case CAUS_WORLD_LOG_ROWS:
        return caus_world_add_log_rows(world, text, run, err);
    case CAUS_WORLD_TRUTH:
        caus_world_add_truth(world, text);
        return CAUS_OK;
    default:
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a world has no file %d", (int)file);
    }
}

caus_status caus_world_write(const caus_world *world, caus_world_file file,
                             const caus_run *run, caus_arena *out,
                             const char **text, size_t *length, caus_error *err)
{
    caus_text made = {0};
    caus_status status = add_file(world, file, run, &made, err);
    if (status != CAUS_OK) {
        caus_text_deinit(&made);
        return status;
    }
    return caus_text_finish(&made, out, text, length, err);
}
