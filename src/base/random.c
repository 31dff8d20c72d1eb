/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xoshiro256** (Blackman & Vigna 2021, "Scrambled linear pseudorandom number
 * generators") with SplitMix64 seeding.
 */
#include <math.h>

#include "base/base.h"

static uint64_t split_mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

void caus_random_init(caus_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t state = seed;
    state = split_mix(&state) ^ stream;
    for (int i = 0; i < 4; i++)
        random->state[i] = split_mix(&state);
}

uint64_t caus_random_bits(caus_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double caus_random_uniform(caus_random *random)
{
    return (double)(caus_random_bits(random) >> 11) * 0x1p-53;
}

double caus_random_normal(caus_random *random)
{
    double radius = sqrt(-2 * log(1 - caus_random_uniform(random)));
    return radius * cos(6.283185307179586 * caus_random_uniform(random));
}

uint64_t caus_random_below(caus_random *random, uint64_t bound)
{
    uint64_t uneven = -bound % bound; /* 2^64 mod bound */
    uint64_t bits;
    do {
        bits = caus_random_bits(random);
    } while (bits < uneven);
    return bits % bound;
}
