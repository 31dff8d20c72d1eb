// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_LOAD_H
#define INCIDENT_LOAD_H

#include "chance.h"

// The rate of arrivals: a slow sine, random steps and a fast wander around a
// base, stepped once a second.
struct load_profile {
    struct chance chance;
    struct wander wander;
    double base_per_s;
    double phase;
    double step;       // the current step's multiplier
    double step_end_s; // when the next one is drawn
    double elapsed_s;
};

void load_profile_init(struct load_profile *profile, uint64_t seed,
                       double base_per_s);
double load_profile_step(struct load_profile *profile);

#endif
