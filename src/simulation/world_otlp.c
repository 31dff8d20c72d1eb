/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans and scrapes in the JSON form of OpenTelemetry's protocol, one object a
 * line ("OpenTelemetry Protocol File Exporter", opentelemetry.io): identifiers
 * in hexadecimal, 64-bit integers as texts, enumerations as numbers.
 */
#include <inttypes.h>

#include "simulation/world_random.h"
#include "simulation/world_texts.h"

enum { BATCH = 512, KIND_SERVER = 2, KIND_CONSUMER = 5, CUMULATIVE = 2 };

static void add_attribute(caus_text *text, const char *key, const char *value)
{
    caus_text_format(text,
                     "{\"key\":\"%s\",\"value\":{\"stringValue\":\"%s\"}}", key,
                     value);
}

static void add_nanoseconds(caus_text *text, const char *key, int64_t time_us)
{
    caus_text_format(text, "\"%s\":\"%" PRId64 "000\"", key, time_us);
}

static void open_spans(const caus_world *world, size_t service, caus_text *text)
{
    caus_text_add(text, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[");
    add_attribute(text, "service.name", world->services[service].name);
    caus_text_add(text, "]},\"scopeSpans\":[{\"scope\":{\"name\":\"caus\"},"
                        "\"spans\":[");
}

static void add_span(const caus_world *world, const caus_world_span *span,
                     caus_text *text)
{
    int64_t start_us = world->options.start_ns / 1000 + span->start_us;
    bool is_queued =
        span->call != UINT16_MAX && world->calls[span->call].is_asynchronous;
    caus_text_add(text, "{\"traceId\":\"");
    caus_world_add_hex(text, caus_world_mix(world->seed, 0));
    caus_world_add_hex(text, span->trace);
    caus_text_add(text, "\",\"spanId\":\"");
    caus_world_add_hex(text, (uint64_t)span->span + 1);
    if (span->parent != UINT32_MAX) {
        caus_text_add(text, "\",\"parentSpanId\":\"");
        caus_world_add_hex(text, (uint64_t)span->parent + 1);
    }
    caus_text_format(text, "\",\"name\":\"handle\",\"kind\":%d,",
                     is_queued ? KIND_CONSUMER : KIND_SERVER);
    add_nanoseconds(text, "startTimeUnixNano", start_us);
    caus_text_add_char(text, ',');
    add_nanoseconds(text, "endTimeUnixNano", start_us + span->duration_us);
    caus_text_add(text, span->failed ? ",\"status\":{\"code\":2}}"
                                     : ",\"status\":{}}");
}

/* The spans of one service, a line for each batch. */
static caus_status add_service(const caus_world *world, size_t service,
                               caus_text *text, const caus_run *run,
                               caus_error *err)
{
    size_t in_line = 0;
    for (size_t i = 0; i < world->span_count; i++) {
        const caus_world_span *span = &world->spans[i];
        if (span->service != service)
            continue;
        if (in_line == BATCH) {
            caus_text_add(text, "]}]}]}\n");
            in_line = 0;
            CAUS_TRY(caus_run_check(run, err));
        }
        if (in_line++)
            caus_text_add_char(text, ',');
        else
            open_spans(world, service, text);
        add_span(world, span, text);
    }
    if (in_line)
        caus_text_add(text, "]}]}]}\n");
    return caus_run_check(run, err);
}

caus_status caus_world_add_otlp_spans(const caus_world *world, caus_text *text,
                                      const caus_run *run, caus_error *err)
{
    for (size_t s = 0; s < world->service_count; s++)
        CAUS_TRY(add_service(world, s, text, run, err));
    return CAUS_OK;
}

typedef enum shape { SHAPE_GAUGE, SHAPE_SUM, SHAPE_HISTOGRAM } shape;

typedef enum metric {
    METRIC_OFFERED,
    METRIC_REQUESTS,
    METRIC_ERRORS,
    METRIC_DURATION,
    METRIC_CPU,
    METRIC_MEMORY,
    METRIC_BUSY,
    METRIC_QUEUED,
    METRIC_COUNT
} metric;

static const struct {
    const char *name;
    const char *unit;
    shape shape;
} metrics[METRIC_COUNT] = {
    [METRIC_OFFERED] = {"ingress_requests", "{request}", SHAPE_SUM},
    [METRIC_REQUESTS] = {"requests", "{request}", SHAPE_SUM},
    [METRIC_ERRORS] = {"request_errors", "{error}", SHAPE_SUM},
    [METRIC_DURATION] = {"request_duration", "s", SHAPE_HISTOGRAM},
    [METRIC_CPU] = {"process_cpu", "s", SHAPE_SUM},
    [METRIC_MEMORY] = {"process_memory", "By", SHAPE_GAUGE},
    [METRIC_BUSY] = {"workers_busy", "{worker}", SHAPE_GAUGE},
    [METRIC_QUEUED] = {"queue_length", "{request}", SHAPE_GAUGE},
};

static double value_of(const caus_world_scrape *seen, metric of)
{
    switch (of) {
    case METRIC_OFFERED:
        return (double)seen->arrived;
    case METRIC_REQUESTS:
        return (double)seen->requests;
    case METRIC_ERRORS: {
        uint64_t sum = 0;
        for (size_t r = 0; r < CAUS_WORLD_REASONS; r++)
            sum += seen->errors[r];
        return (double)sum;
    }
    case METRIC_CPU:
        return seen->cpu_s;
    case METRIC_MEMORY:
        return seen->memory_bytes;
    case METRIC_BUSY:
        return seen->busy;
    default:
        return seen->queued;
    }
}

/* Buckets of OpenTelemetry are not cumulative, and the infinite one has no
 * bound. */
static void add_buckets(const caus_world_scrape *seen, caus_text *text)
{
    caus_text_format(text,
                     ",\"count\":\"%" PRIu64 "\",\"sum\":", seen->requests);
    caus_text_add_double(text, seen->duration_sum_s);
    caus_text_add(text, ",\"bucketCounts\":[");
    uint64_t before = 0;
    for (size_t b = 0; b < CAUS_WORLD_BUCKETS; b++) {
        caus_text_format(text, "%s\"%" PRIu64 "\"", b ? "," : "",
                         seen->buckets[b] - before);
        before = seen->buckets[b];
    }
    caus_text_add(text, "],\"explicitBounds\":[");
    for (size_t b = 0; b + 1 < CAUS_WORLD_BUCKETS; b++) {
        caus_text_add(text, b ? "," : "");
        caus_text_add_double(text, caus_world_bounds[b]);
    }
    caus_text_add_char(text, ']');
}

static void add_point(const caus_world *world, const caus_world_scrape *seen,
                      metric of, caus_text *text)
{
    int64_t start_us = world->options.start_ns / 1000;
    caus_text_add_char(text, '{');
    if (metrics[of].shape != SHAPE_GAUGE) {
        add_nanoseconds(text, "startTimeUnixNano", start_us + seen->started_us);
        caus_text_add_char(text, ',');
    }
    add_nanoseconds(text, "timeUnixNano", start_us + seen->time_us);
    if (metrics[of].shape == SHAPE_HISTOGRAM) {
        add_buckets(seen, text);
    } else {
        caus_text_add(text, ",\"asDouble\":");
        caus_text_add_double(text, value_of(seen, of));
    }
    caus_text_add_char(text, '}');
}

static void open_metric(const caus_world *world, size_t pod, metric of,
                        caus_text *text)
{
    static const char *const words[] = {
        [SHAPE_GAUGE] = "gauge",
        [SHAPE_SUM] = "sum",
        [SHAPE_HISTOGRAM] = "histogram",
    };
    char node[24];
    snprintf(node, sizeof node, "n%zu", world->pods[pod].node);
    caus_text_add(text,
                  "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
    add_attribute(text, "service.name",
                  world->services[world->pods[pod].service].name);
    caus_text_add_char(text, ',');
    add_attribute(text, "service.instance.id", world->pods[pod].name);
    caus_text_add_char(text, ',');
    add_attribute(text, "k8s.node.name", node);
    caus_text_format(text,
                     "]},\"scopeMetrics\":[{\"scope\":{\"name\":\"caus\"},"
                     "\"metrics\":[{\"name\":\"%s\",\"unit\":\"%s\",\"%s\":{",
                     metrics[of].name, metrics[of].unit,
                     words[metrics[of].shape]);
    if (metrics[of].shape != SHAPE_GAUGE)
        caus_text_format(text, "\"aggregationTemporality\":%d,", CUMULATIVE);
    if (metrics[of].shape == SHAPE_SUM)
        caus_text_add(text, "\"isMonotonic\":true,");
    caus_text_add(text, "\"dataPoints\":[");
}

/* One metric of one pod: a line, if the pod was ever seen up. */
static void add_metric(const world_sorted *scrapes, size_t pod, metric of,
                       caus_text *text)
{
    const caus_world *world = scrapes->world;
    if (of == METRIC_OFFERED &&
        !world->services[world->pods[pod].service].is_entry)
        return;
    bool is_open = false;
    for (size_t i = scrapes->first[pod]; i < scrapes->first[pod + 1]; i++) {
        const caus_world_scrape *seen = &world->scrapes[scrapes->places[i]];
        if (!seen->is_up)
            continue;
        if (is_open)
            caus_text_add_char(text, ',');
        else
            open_metric(world, pod, of, text);
        is_open = true;
        add_point(world, seen, of, text);
    }
    if (is_open)
        caus_text_add(text, "]}}]}]}]}\n");
}

caus_status caus_world_add_otlp_metrics(const caus_world *world,
                                        caus_text *text, const caus_run *run,
                                        caus_error *err)
{
    world_sorted scrapes;
    caus_status status = CAUS_OK;
    if (!caus_world_sort(world, &scrapes))
        status =
            CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                      "no memory to sort %zu scrapes", world->scrape_count);
    for (size_t p = 0; status == CAUS_OK && p < world->pod_count; p++) {
        for (int of = 0; of < METRIC_COUNT; of++)
            add_metric(&scrapes, p, (metric)of, text);
        status = caus_run_check(run, err);
    }
    caus_world_unsort(&scrapes);
    return status;
}
