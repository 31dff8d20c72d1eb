// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_CHANCE_H
#define INCIDENT_CHANCE_H

#include <stdint.h>

// A small seeded generator; one per thread, never shared.
struct chance {
    uint64_t state;
};

void chance_init(struct chance *chance, uint64_t seed);
uint64_t chance_bits(struct chance *chance);
double chance_uniform(struct chance *chance); // in (0, 1)
double chance_exponential(struct chance *chance, double mean);
double chance_normal(struct chance *chance);

// A multiplier with mean one whose logarithm is a first-order autoregressive
// process, stepped once a second: the noisy neighbour of one service.
struct wander {
    struct chance chance;
    double sigma; // stationary standard deviation of the logarithm
    double keep;  // what remains of a deviation after one second
    double level; // the standardised state
};

void wander_init(struct wander *wander, uint64_t seed, double sigma,
                 double time_constant_s);
double wander_step(struct wander *wander);

#endif
