/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is planted in the real Prometheus: eight hours of scrapes every 15 s,
 * with everything that goes wrong in production.
 */
#ifndef CAUS_TESTS_E2E_PROMETHEUS_WORLD_H
#define CAUS_TESTS_E2E_PROMETHEUS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WORLD_START_S = 1761706800, /* 2025-10-29T03:00:00Z: the window */
    WORLD_END_S = WORLD_START_S + 7200,
    WORLD_BASELINE_S = WORLD_START_S - 6 * 3600,
    WORLD_LONG_S = WORLD_END_S - 3 * 86400,  /* long_gauge begins */
    WORLD_GAP_FROM_S = WORLD_START_S + 1800, /* redis is not scraped … */
    WORLD_GAP_TO_S = WORLD_START_S + 2400,
    WORLD_RESET_S = WORLD_START_S + 3000,     /* api-1 starts anew */
    WORLD_DOWN_FROM_S = WORLD_START_S + 4200, /* api-2: up == 0 */
    WORLD_DOWN_TO_S = WORLD_START_S + 4260,
    WORLD_ERRORS_FROM_S = WORLD_START_S + 5400, /* first payment error */
    WORLD_POD_END_S = WORLD_START_S + 3600,     /* pod b ends */
    WORLD_CHECKOUT_PER_S = 15,                  /* api-1 10, api-2 5 */
    WORLD_PAYMENT_PER_S = 4,
    WORLD_DEAD_FROM_S = WORLD_START_S + 1200, /* pool-2 stays down */
    WORLD_PATHS = 600
};

/* The value of redis_cpu sampled at a time. */
double world_redis_cpu(int64_t time_ms);

/* The value of long_gauge at a time. */
double world_long(int64_t time_ms);

/* Writes everything as OpenMetrics; false if the file cannot be written. */
bool world_write(const char *path);

#endif
