/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers by key: the same in a world and its twin. */
#ifndef CAUS_SRC_SIMULATION_WORLD_RANDOM_H
#define CAUS_SRC_SIMULATION_WORLD_RANDOM_H

#include <stdint.h>

uint64_t caus_world_mix(uint64_t key, uint64_t part);
double caus_world_uniform(uint64_t key); /* [0, 1) */
double caus_world_normal(uint64_t key);

#endif
