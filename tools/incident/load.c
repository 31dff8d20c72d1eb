// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include <math.h>

static const double SINE_PERIOD_S = 420.0;
static const double SINE_SHARE = 0.16;
static const double STEP_SHARE = 0.12;
static const double STEP_MEAN_S = 150.0;
static const double WANDER_SIGMA = 0.06;
static const double WANDER_TIME_CONSTANT_S = 20.0;

void load_profile_init(struct load_profile *profile, uint64_t seed,
                       double base_per_s)
{
    chance_init(&profile->chance, seed);
    wander_init(&profile->wander, seed + 1, WANDER_SIGMA,
                WANDER_TIME_CONSTANT_S);
    profile->base_per_s = base_per_s;
    profile->phase = 6.283185307179586 * chance_uniform(&profile->chance);
    profile->step = 1.0;
    profile->step_end_s = chance_exponential(&profile->chance, STEP_MEAN_S);
    profile->elapsed_s = 0.0;
}

double load_profile_step(struct load_profile *profile)
{
    profile->elapsed_s += 1.0;
    if (profile->elapsed_s >= profile->step_end_s) {
        double swing = 2.0 * chance_uniform(&profile->chance) - 1.0;
        profile->step = 1.0 + STEP_SHARE * swing;
        profile->step_end_s +=
            chance_exponential(&profile->chance, STEP_MEAN_S);
    }
    double turn = 6.283185307179586 * profile->elapsed_s / SINE_PERIOD_S;
    double sine = 1.0 + SINE_SHARE * sin(turn + profile->phase);
    return profile->base_per_s * sine * profile->step *
           wander_step(&profile->wander);
}
