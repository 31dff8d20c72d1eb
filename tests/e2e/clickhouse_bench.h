/* SPDX-License-Identifier: Apache-2.0 */
/* A server at $CLICKHOUSE_URL that holds the small world of spans. */
#ifndef CAUS_TESTS_E2E_CLICKHOUSE_BENCH_H
#define CAUS_TESTS_E2E_CLICKHOUSE_BENCH_H

#include "e2e/clickhouse_world.h"

typedef struct bench {
    const char *url;
    char database_url[256]; /* with ?database=default */
    caus_run *run;
    caus_arena *out;
    world world;
    caus_error err;
} bench;

/* Of cmocka: the state is a bench. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

void bench_execute(bench *at, const char *sql);
void bench_create_table(bench *at, const char *database);
caus_endpoint bench_endpoint(const char *url);
/* Minutes of the world. */
caus_grid bench_grid(int from_minute, int to_minute, int64_t step_ns);
caus_variable_spec bench_spec(const char *name, const char *service,
                              caus_trace_value value);

#endif
