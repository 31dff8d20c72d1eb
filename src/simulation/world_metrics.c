/* SPDX-License-Identifier: Apache-2.0 */
/* Scrapes as OpenMetrics text, and their gauges as columns. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "simulation/world_texts.h"

typedef enum family {
    FAMILY_UP,
    FAMILY_OFFERED,
    FAMILY_REQUESTS,
    FAMILY_ERRORS,
    FAMILY_DURATION,
    FAMILY_CPU,
    FAMILY_MEMORY,
    FAMILY_BUSY,
    FAMILY_QUEUED,
    FAMILY_CONNECTIONS,
    FAMILY_STARTED,
    FAMILY_COUNT
} family;

static const char *const heads[FAMILY_COUNT] = {
    "# TYPE up gauge\n",
    "# TYPE ingress_requests counter\n",
    "# TYPE requests counter\n",
    "# TYPE request_errors counter\n",
    "# TYPE request_duration_seconds histogram\n",
    "# TYPE process_cpu_seconds counter\n",
    "# TYPE process_memory_bytes gauge\n",
    "# TYPE workers_busy gauge\n",
    "# TYPE queue_length gauge\n",
    "# TYPE connections_in_use gauge\n",
    "# TYPE process_start_time_seconds gauge\n",
};

static const char *const reasons[CAUS_WORLD_REASONS] = {"own", "callee",
                                                        "refused"};

bool caus_world_sort(const caus_world *world, world_sorted *result)
{
    *result = (world_sorted){
        .world = world,
        .places = caus_alloc((world->scrape_count + 1) * sizeof(size_t)),
        .first = caus_alloc((world->pod_count + 2) * sizeof(size_t)),
    };
    if (!result->places || !result->first)
        return false;
    for (size_t i = 0; i < world->scrape_count; i++)
        result->first[world->scrapes[i].pod + 2]++;
    for (size_t p = 0; p < world->pod_count; p++)
        result->first[p + 2] += result->first[p + 1];
    for (size_t i = 0; i < world->scrape_count; i++)
        result->places[result->first[world->scrapes[i].pod + 1]++] = i;
    return true;
}

void caus_world_unsort(world_sorted *scrapes)
{
    free(scrapes->places);
    free(scrapes->first);
}

typedef struct line {
    const char *name;
    char labels[64]; /* after those of the target */
} line;

/* One sample; whole numbers are written as such. */
static void add_sample(const caus_world *world, const caus_world_scrape *seen,
                       const line *what, double value, caus_text *text)
{
    const caus_world_pod *pod = &world->pods[seen->pod];
    const char *service = world->services[pod->service].name;
    int64_t time_us = world->options.start_ns / 1000 + seen->time_us;
    caus_text_add(text, what->name);
    caus_text_add(text, "{instance=\"");
    caus_text_add(text, pod->name);
    caus_text_add(text, ":8080\",job=\"");
    caus_text_add(text, service);
    caus_text_add(text, "\",node=\"");
    caus_text_format(text, "n%zu", pod->node);
    caus_text_add(text, "\",pod=\"");
    caus_text_add(text, pod->name);
    caus_text_add(text, "\",service=\"");
    caus_text_add(text, service);
    caus_text_add_char(text, '"');
    caus_text_add(text, what->labels);
    caus_text_add(text, "} ");
    caus_text_add_double(text, value);
    caus_text_format(text, " %" PRId64 ".%03d\n", time_us / 1000000,
                     (int)(time_us / 1000 % 1000));
}

/* The value of a family with one series a pod; NaN = not there. */
static double single_value(const caus_world *world,
                           const caus_world_scrape *seen, family of)
{
    int64_t start_us = world->options.start_ns / 1000;
    switch (of) {
    case FAMILY_UP:
        return seen->is_up;
    case FAMILY_OFFERED:
        return world->services[world->pods[seen->pod].service].is_entry
                   ? (double)seen->arrived
                   : (double)NAN;
    case FAMILY_REQUESTS:
        return (double)seen->requests;
    case FAMILY_CPU:
        return seen->cpu_s;
    case FAMILY_MEMORY:
        return nearbyint(seen->memory_bytes);
    case FAMILY_BUSY:
        return seen->busy;
    case FAMILY_QUEUED:
        return seen->queued;
    case FAMILY_STARTED:
        return (double)(start_us + seen->started_us) * 1e-6;
    default:
        return (double)NAN;
    }
}

static const char *const single_names[FAMILY_COUNT] = {
    [FAMILY_UP] = "up",
    [FAMILY_OFFERED] = "ingress_requests_total",
    [FAMILY_REQUESTS] = "requests_total",
    [FAMILY_CPU] = "process_cpu_seconds_total",
    [FAMILY_MEMORY] = "process_memory_bytes",
    [FAMILY_BUSY] = "workers_busy",
    [FAMILY_QUEUED] = "queue_length",
    [FAMILY_STARTED] = "process_start_time_seconds",
};

/* Series of a pod in a family; some have several. */
static size_t series_count(const caus_world *world, size_t pod, family of)
{
    switch (of) {
    case FAMILY_ERRORS:
        return CAUS_WORLD_REASONS;
    case FAMILY_DURATION:
        return CAUS_WORLD_BUCKETS + 2;
    case FAMILY_CONNECTIONS: {
        size_t count = 0;
        for (size_t c = 0; c < world->call_count; c++)
            count += world->calls[c].caller == world->pods[pod].service;
        return count;
    }
    default:
        return 1;
    }
}

static size_t nth_callee(const caus_world *world, size_t caller, size_t number)
{
    for (size_t c = 0; c < world->call_count; c++) {
        if (world->calls[c].caller == caller && number-- == 0)
            return c;
    }
    return 0;
}

/* The series a line is of; the value comes from value_of(). */
static line line_of(const caus_world *world, size_t pod, family of,
                    size_t number)
{
    line result = {.name = single_names[of]};
    if (of == FAMILY_ERRORS) {
        result.name = "request_errors_total";
        snprintf(result.labels, sizeof result.labels, ",reason=\"%s\"",
                 reasons[number]);
    } else if (of == FAMILY_DURATION) {
        result.name =
            number < CAUS_WORLD_BUCKETS    ? "request_duration_seconds_bucket"
            : number == CAUS_WORLD_BUCKETS ? "request_duration_seconds_count"
                                           : "request_duration_seconds_sum";
        if (number == CAUS_WORLD_BUCKETS - 1)
            snprintf(result.labels, sizeof result.labels, ",le=\"+Inf\"");
        else if (number < CAUS_WORLD_BUCKETS)
            snprintf(result.labels, sizeof result.labels, ",le=\"%g\"",
                     caus_world_bounds[number]);
    } else if (of == FAMILY_CONNECTIONS) {
        size_t call = nth_callee(world, world->pods[pod].service, number);
        result.name = "connections_in_use";
        snprintf(result.labels, sizeof result.labels, ",peer=\"%s\"",
                 world->services[world->calls[call].callee].name);
    }
    return result;
}

static double value_of(const caus_world *world, const caus_world_scrape *seen,
                       family of, size_t number)
{
    switch (of) {
    case FAMILY_ERRORS: /* not there before the first one */
        return seen->errors[number] ? (double)seen->errors[number]
                                    : (double)NAN;
    case FAMILY_DURATION:
        return number < CAUS_WORLD_BUCKETS    ? (double)seen->buckets[number]
               : number == CAUS_WORLD_BUCKETS ? (double)seen->requests
                                              : seen->duration_sum_s;
    case FAMILY_CONNECTIONS:
        return seen->connections[number];
    default:
        return single_value(world, seen, of);
    }
}

static void add_pod(const world_sorted *scrapes, size_t pod, family of,
                    caus_text *text)
{
    const caus_world *world = scrapes->world;
    size_t count = series_count(world, pod, of);
    for (size_t number = 0; number < count; number++) {
        line what = line_of(world, pod, of, number);
        for (size_t i = scrapes->first[pod]; i < scrapes->first[pod + 1]; i++) {
            const caus_world_scrape *seen = &world->scrapes[scrapes->places[i]];
            if (!seen->is_up && of != FAMILY_UP)
                continue;
            double value = value_of(world, seen, of, number);
            if (!isnan(value))
                add_sample(world, seen, &what, value, text);
        }
    }
}

caus_status caus_world_add_metrics(const caus_world *world, caus_text *text,
                                   const caus_run *run, caus_error *err)
{
    world_sorted scrapes;
    caus_status status = CAUS_OK;
    if (!caus_world_sort(world, &scrapes))
        status =
            CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                      "no memory to sort %zu scrapes", world->scrape_count);
    for (int of = 0; status == CAUS_OK && of < FAMILY_COUNT; of++) {
        caus_text_add(text, heads[of]);
        for (size_t p = 0; status == CAUS_OK && p < world->pod_count; p++) {
            add_pod(&scrapes, p, (family)of, text);
            status = caus_run_check(run, err);
        }
    }
    caus_world_unsort(&scrapes);
    caus_text_add(text, "# EOF\n");
    return status;
}

/* ---- gauges.csv: the mean over the pods of their last scrape in a step ----
 */

enum { GAUGES = 3 };
static const family gauges[GAUGES] = {FAMILY_BUSY, FAMILY_QUEUED,
                                      FAMILY_MEMORY};

/* The last scrape of a pod at or before a time, if it is of this step. */
static const caus_world_scrape *last_in_step(const world_sorted *scrapes,
                                             size_t pod, int64_t from_us,
                                             int64_t to_us)
{
    const caus_world_scrape *found = NULL;
    size_t low = scrapes->first[pod], high = scrapes->first[pod + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const caus_world_scrape *seen =
            &scrapes->world->scrapes[scrapes->places[middle]];
        if (seen->time_us <= to_us) {
            found = seen;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return found && found->time_us > from_us && found->is_up ? found : NULL;
}

static void add_gauge(const world_sorted *scrapes, size_t service, family of,
                      int64_t from_us, int64_t to_us, caus_text *text)
{
    const caus_world *world = scrapes->world;
    double sum = 0;
    size_t count = 0;
    for (size_t p = 0; p < world->pod_count; p++) {
        if (world->pods[p].service != service)
            continue;
        const caus_world_scrape *seen =
            last_in_step(scrapes, p, from_us, to_us);
        if (!seen)
            continue;
        sum += single_value(world, seen, of);
        count++;
    }
    caus_text_add_char(text, ',');
    if (count)
        caus_text_add_double(text, sum / (double)count);
}

static void add_gauge_rows(const world_sorted *scrapes, caus_text *text)
{
    const caus_world *world = scrapes->world;
    caus_text_add(text, "time");
    for (size_t s = 0; s < world->service_count; s++) {
        for (size_t g = 0; g < GAUGES; g++)
            caus_text_format(text, ",%s_%s", world->services[s].name,
                             single_names[gauges[g]]);
    }
    int64_t step_us = world->options.step_ns / 1000;
    int64_t rows = world->options.duration_ns / world->options.step_ns;
    for (int64_t row = 0; row < rows; row++) {
        caus_text_format(
            text, "\n%" PRId64,
            (world->options.start_ns / 1000 + (row + 1) * step_us) / 1000000);
        for (size_t s = 0; s < world->service_count; s++) {
            for (size_t g = 0; g < GAUGES; g++)
                add_gauge(scrapes, s, gauges[g], row * step_us,
                          (row + 1) * step_us, text);
        }
    }
    caus_text_add_char(text, '\n');
}

caus_status caus_world_add_gauges(const caus_world *world, caus_text *text,
                                  caus_error *err)
{
    world_sorted scrapes;
    caus_status status = CAUS_OK;
    if (caus_world_sort(world, &scrapes))
        add_gauge_rows(&scrapes, text);
    else
        status =
            CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                      "no memory to sort %zu scrapes", world->scrape_count);
    caus_world_unsort(&scrapes);
    return status;
}
