/* SPDX-License-Identifier: Apache-2.0 */
/* A small world of spans: made from a seed, inserted, and counted by hand. */
#ifndef CAUS_TESTS_E2E_CLICKHOUSE_WORLD_H
#define CAUS_TESTS_E2E_CLICKHOUSE_WORLD_H

#include "base/base.h"
#include "caus/telemetry.h"

/* 2025-10-29T03:00:00Z, a multiple of every step used. */
#define WORLD_START_NS INT64_C(1761706800000000000)
#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)

enum { WORLD_MINUTES = 30, WORLD_SPANS_MAX = 40000 };

typedef struct world_span {
    int64_t start_ns;
    int64_t duration_ns;
    const char *service;
    const char *name;
    const char *kind;
    const char *status;
    const char *tenant; /* attribute "app.tenant"; NULL = none */
} world_span;

typedef struct world {
    world_span *spans;
    size_t count;
} world;

world world_make(void);
/* The rows for FORMAT RowBinary. */
void world_encode(const world *made, caus_text *rows);

/* Which spans a value counts. */
typedef bool world_filter(const world_span *span);

/*
 * What a value must be for the spans that end in (time − step, time].
 *
 *   support  set to the number of spans
 *
 * Returns NaN for a missing value.
 */
double world_value(const world *made, const char *service, world_filter *filter,
                   caus_trace_value value, int64_t time_ns, int64_t step_ns,
                   size_t *support);

#endif
