// SPDX-License-Identifier: Apache-2.0
#include "e2e/clickhouse_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add(world *made, world_span span)
{
    if (made->count < WORLD_SPANS_MAX)
        made->spans[made->count++] = span;
}

/* 90 server spans a minute with a client span each; minute 10 is silent. */
static void add_checkout(world *made, caus_random *random, int minute)
{
    int64_t from_ns = WORLD_START_NS + minute * MINUTE_NS;
    for (int i = 0; minute != 10 && i < 90; i++) {
        double slow = 0.02 + 0.1 * caus_random_uniform(random) *
                                 (1 + caus_random_uniform(random));
        world_span span = {
            .start_ns = from_ns + (int64_t)(caus_random_uniform(random) * 60e9),
            .duration_ns = (int64_t)(slow * 1e9),
            .service = "checkout",
            .name = i % 3 ? "GET /cart" : "POST /order",
            .kind = i % 2 ? "Server" : "SPAN_KIND_SERVER",
            .status = caus_random_uniform(random) < 0.07
                          ? (i % 2 ? "Error" : "STATUS_CODE_ERROR")
                          : "Unset",
            .tenant = i % 5 ? (i % 5 == 1 ? "it's \\ blue" : "green") : NULL,
        };
        add(made, span);
        span.kind = "Client";
        span.duration_ns /= 2;
        add(made, span);
    }
}

static void add_others(world *made, caus_random *random, int minute)
{
    int64_t from_ns = WORLD_START_NS + minute * MINUTE_NS;
    /* Nobody at all in minutes 20 and 21. */
    for (int i = 0; minute != 20 && minute != 21 && i < 12; i++)
        add(made, (world_span){
                      .start_ns = from_ns +
                                  (int64_t)(caus_random_uniform(random) * 59e9),
                      .duration_ns = 1000000 + i,
                      .service = "worker",
                      .name = "tick",
                      .kind = "Internal",
                      .status = "Ok"});
    for (int i = 0; minute % 4 == 0 && minute != 20 && i < 3; i++)
        add(made, (world_span){.start_ns = from_ns + i * SECOND_NS,
                               .duration_ns = 7000000,
                               .service = "rare",
                               .name = "poll",
                               .kind = "SPAN_KIND_CONSUMER",
                               .status = "Ok"});
}

static void add_edges(world *made)
{
    const char *const odd[] = {"o'brien",
                               "back\\slash",
                               "caf\xC3\xA9 \xE2\x98\x95",
                               "x' OR '1' = '1",
                               "tab\there",
                               "`tick`",
                               "--"};
    int64_t at_ns = WORLD_START_NS + 5 * MINUTE_NS;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t k = 0; k <= i; k++)
            add(made, (world_span){.start_ns = at_ns,
                                   .duration_ns = SECOND_NS,
                                   .service = odd[i],
                                   .name = "op",
                                   .kind = "Server",
                                   .status = "Ok"});
    }
    /* One span ends on a grid time, one a nanosecond later. */
    add(made, (world_span){at_ns - 3 * SECOND_NS, 3 * SECOND_NS, "edge", "op",
                           "Server", "Ok", NULL});
    add(made, (world_span){at_ns - 3 * SECOND_NS, 3 * SECOND_NS + 1, "edge",
                           "op", "Server", "Ok", NULL});
    /* Started before the window, ends in it; and one too long to count. */
    add(made, (world_span){WORLD_START_NS - 40 * MINUTE_NS, 45 * MINUTE_NS,
                           "edge", "op", "Server", "Ok", NULL});
    add(made, (world_span){WORLD_START_NS - 70 * MINUTE_NS, 75 * MINUTE_NS,
                           "edge", "op", "Server", "Ok", NULL});
}

world world_make(void)
{
    world made = {malloc(WORLD_SPANS_MAX * sizeof(world_span)), 0};
    caus_random random;
    caus_random_init(&random, 11, 0);
    for (int minute = 0; made.spans && minute < WORLD_MINUTES; minute++) {
        if (minute != 20 && minute != 21)
            add_checkout(&made, &random, minute);
        add_others(&made, &random, minute);
    }
    add_edges(&made);
    return made;
}

static void put_count(caus_text *rows, size_t count)
{
    for (; count >= 128; count >>= 7)
        caus_text_add_char(rows, (char)(count | 128));
    caus_text_add_char(rows, (char)count);
}

static void put_text(caus_text *rows, const char *text)
{
    put_count(rows, strlen(text));
    caus_text_add(rows, text);
}

static void put_integer(caus_text *rows, int64_t number)
{
    for (int i = 0; i < 8; i++)
        caus_text_add_char(rows, (char)((uint64_t)number >> (8 * i)));
}

void world_encode(const world *made, caus_text *rows)
{
    for (size_t i = 0; i < made->count; i++) {
        const world_span *span = &made->spans[i];
        put_integer(rows, span->start_ns);
        put_text(rows, span->name);
        put_text(rows, span->kind);
        put_text(rows, span->service);
        put_count(rows, 1);
        put_text(rows, "host.name");
        put_count(rows, 1);
        put_text(rows, "n1");
        put_count(rows, span->tenant != NULL);
        if (span->tenant)
            put_text(rows, "app.tenant");
        put_count(rows, span->tenant != NULL);
        if (span->tenant)
            put_text(rows, span->tenant);
        put_integer(rows, span->duration_ns);
        put_text(rows, span->status);
    }
}

static bool is_entry(const world_span *span)
{
    return strstr(span->kind, "erver") || strstr(span->kind, "SERVER") ||
           strstr(span->kind, "onsumer") || strstr(span->kind, "CONSUMER");
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile_s(double *durations, size_t count, double level)
{
    qsort(durations, count, sizeof *durations, compare_doubles);
    double place = level * (double)(count - 1);
    size_t below = (size_t)place;
    double rest = place - (double)below;
    double above = durations[below + 1 < count ? below + 1 : below];
    return nearbyint(durations[below] * (1 - rest) + above * rest) / 1e9;
}

static double value_from(double *durations, size_t count, size_t errors,
                         double sum, caus_trace_value value)
{
    if (value == CAUS_TRACE_CALLS)
        return (double)count;
    if (value == CAUS_TRACE_ERRORS)
        return (double)errors;
    if (!count || (value >= CAUS_TRACE_LATENCY && count < 5))
        return (double)NAN;
    switch (value) {
    case CAUS_TRACE_ERROR_RATIO:
        return (double)errors / (double)count;
    case CAUS_TRACE_LATENCY_AVG:
        return sum / (double)count / 1e9;
    case CAUS_TRACE_LATENCY_P50:
        return quantile_s(durations, count, 0.5);
    case CAUS_TRACE_LATENCY_P99:
        return quantile_s(durations, count, 0.99);
    default:
        return quantile_s(durations, count, 0.95);
    }
}

double world_value(const world *made, const char *service, world_filter *filter,
                   caus_trace_value value, int64_t time_ns, int64_t step_ns,
                   size_t *support)
{
    bool has_entry = false, any = false;
    size_t count = 0, errors = 0;
    double sum = 0;
    double *durations = malloc(made->count * sizeof *durations);
    for (size_t i = 0; i < made->count; i++) {
        const world_span *span = &made->spans[i];
        has_entry = has_entry ||
                    (strcmp(span->service, service) == 0 && is_entry(span));
    }
    for (size_t i = 0; durations && i < made->count; i++) {
        const world_span *span = &made->spans[i];
        int64_t end_ns = span->start_ns + span->duration_ns;
        if (end_ns <= time_ns - step_ns || end_ns > time_ns ||
            span->duration_ns > 60 * MINUTE_NS)
            continue;
        any = true;
        if (strcmp(span->service, service) != 0 ||
            (filter ? !filter(span) : has_entry && !is_entry(span)))
            continue;
        durations[count++] = (double)span->duration_ns;
        sum += (double)span->duration_ns;
        errors += strstr(span->status, "rror") || strstr(span->status, "ERROR");
    }
    double result =
        any ? value_from(durations, count, errors, sum, value) : (double)NAN;
    free(durations);
    *support = count;
    return result;
}
