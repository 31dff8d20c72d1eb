/* SPDX-License-Identifier: Apache-2.0 */
/* A world written as the files of real systems. */
#ifndef CAUS_SRC_SIMULATION_WORLD_TEXTS_H
#define CAUS_SRC_SIMULATION_WORLD_TEXTS_H

#include "base/base.h"
#include "caus/world.h"

/* The scrapes of each pod, in the order of time. */
typedef struct world_sorted {
    const caus_world *world;
    size_t *places; /* [scrape_count] */
    size_t *first;  /* [pod_count + 1] */
} world_sorted;

/* False when memory is out; to be unsorted in any case. */
bool caus_world_sort(const caus_world *world, world_sorted *result);
void caus_world_unsort(world_sorted *scrapes);

void caus_world_add_hex(caus_text *text, uint64_t value);
caus_status caus_world_add_spans(const caus_world *world, caus_text *text,
                                 const caus_run *run, caus_error *err);
caus_status caus_world_add_rows(const caus_world *world, caus_text *text,
                                const caus_run *run, caus_error *err);
void caus_world_add_table(caus_text *text);
caus_status caus_world_add_metrics(const caus_world *world, caus_text *text,
                                   const caus_run *run, caus_error *err);
caus_status caus_world_add_gauges(const caus_world *world, caus_text *text,
                                  caus_error *err);
caus_status caus_world_add_otlp_spans(const caus_world *world, caus_text *text,
                                      const caus_run *run, caus_error *err);
caus_status caus_world_add_otlp_metrics(const caus_world *world,
                                        caus_text *text, const caus_run *run,
                                        caus_error *err);
caus_status caus_world_add_logs(const caus_world *world, caus_text *text,
                                const caus_run *run, caus_error *err);
void caus_world_add_log_table(caus_text *text);
caus_status caus_world_add_log_rows(const caus_world *world, caus_text *text,
                                    const caus_run *run, caus_error *err);
/* The message of a line, as a field. */
void caus_world_add_message(const caus_world *world, const caus_world_log *log,
                            caus_json *json);
void caus_world_add_truth(const caus_world *world, caus_text *text);

#endif
