/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of the incident preset. docs/design/0004-incident-preset.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_INTERNAL_H
#define CAUS_SRC_DISCOVERY_INCIDENT_INTERNAL_H

#include "base/base.h"
#include "caus/incident.h"

/* Which variables stay, and why the others do not. */
typedef struct caus_choice {
    size_t *kept;
    size_t kept_count;
    caus_dropped *dropped;
    size_t dropped_count;
} caus_choice;

/* Leaves out what cannot carry evidence and all but one of each family. */
caus_status caus_incident_choose(const caus_series *series,
                                 const caus_quality *quality, caus_arena *out,
                                 caus_choice *chosen, caus_error *err);

/* What a variable says about the calls a service answers. */
typedef enum caus_symptom {
    CAUS_SYMPTOM_NONE, /* neither; a gauge, a saturation, … */
    CAUS_SYMPTOM_LOAD, /* how many calls come */
    CAUS_SYMPTOM_HARM  /* how long they take, how many fail */
} caus_symptom;

/* By kind and unit, else by the name's ending. */
caus_symptom caus_symptom_of(const caus_variable *variable);

/*
 * Regresses the workload at lags 0, 1 and 2 out of every variable of `kept`
 * that is no load itself, each environment on its own. The first two rows of
 * every segment go.
 *
 *   series    all variables: the workload need not be among those kept
 *   quality   of the series: a constant workload is refused
 *   workload  set to the name of what was removed, or NULL; the result is
 *             `kept` itself then
 */
caus_status caus_incident_remove_load(const caus_series *series,
                                      const caus_quality *quality,
                                      const caus_series *kept,
                                      const caus_incident_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_series *result,
                                      const char **workload, caus_error *err);

/* Points lag-0 edges along the call graph: harm from callee to caller, load
 * from caller to callee. Edges between services that do not reach one another
 * stay as they are. */
caus_status caus_incident_orient(const caus_series *series,
                                 const caus_topology *topology, caus_arena *out,
                                 caus_discovery *discovery, caus_error *err);

#endif
