// SPDX-License-Identifier: Apache-2.0
#include "chance.h"

#include <math.h>

// SplitMix64 (Steele, Lea and Flood 2014): tiny, and good enough for sleeps.
uint64_t chance_bits(struct chance *chance)
{
    uint64_t mixed = chance->state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

void chance_init(struct chance *chance, uint64_t seed)
{
    chance->state = seed;
    chance->state = chance_bits(chance); // neighbouring seeds part company
}

double chance_uniform(struct chance *chance)
{
    return ((double)(chance_bits(chance) >> 11) + 0.5) * 0x1p-53;
}

double chance_exponential(struct chance *chance, double mean)
{
    return -mean * log(chance_uniform(chance));
}

double chance_normal(struct chance *chance)
{
    double radius = sqrt(-2.0 * log(chance_uniform(chance)));
    return radius * cos(6.283185307179586 * chance_uniform(chance));
}

void wander_init(struct wander *wander, uint64_t seed, double sigma,
                 double time_constant_s)
{
    chance_init(&wander->chance, seed);
    wander->sigma = sigma;
    wander->keep = exp(-1.0 / time_constant_s);
    wander->level = chance_normal(&wander->chance);
}

double wander_step(struct wander *wander)
{
    double fresh = sqrt(1.0 - wander->keep * wander->keep);
    wander->level =
        wander->keep * wander->level + fresh * chance_normal(&wander->chance);
    return exp(wander->sigma * wander->level -
               0.5 * wander->sigma * wander->sigma);
}
