/* SPDX-License-Identifier: Apache-2.0 */
/* A world with its run and arena, for tests. */
#ifndef CAUS_TESTS_WORLD_MADE_H
#define CAUS_TESTS_WORLD_MADE_H

#include <string.h>

#include "caus/world.h"

static const int64_t world_second_ns = 1000000000;

typedef struct world_made {
    caus_run *run;
    caus_arena *arena;
    caus_world world;
    caus_error err;
    caus_status status;
} world_made;

/* 20 minutes of 5 services, the fault in minutes 12 to 16. */
static inline caus_world_options world_made_options(caus_world_fault fault)
{
    caus_world_options options = caus_world_options_default();
    options.services = 5;
    options.fault = fault;
    options.duration_ns = 1200 * world_second_ns;
    options.fault_at_ns = 720 * world_second_ns;
    options.fault_for_ns = 240 * world_second_ns;
    return options;
}

static inline world_made world_make(const caus_world_options *options,
                                    uint64_t seed)
{
    world_made made = {.arena = caus_arena_new(0)};
    caus_run_options run = caus_run_options_default();
    run.seed = seed;
    run.threads = 1;
    made.status = caus_run_new(&run, &made.run, &made.err);
    if (made.status == CAUS_OK)
        made.status = caus_world_make(options, made.run, made.arena,
                                      &made.world, &made.err);
    return made;
}

static inline void world_free(world_made *made)
{
    caus_arena_free(made->arena);
    caus_run_free(made->run);
}

#endif
