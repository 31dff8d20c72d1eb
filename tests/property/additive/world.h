/* SPDX-License-Identifier: Apache-2.0 */
/* Random graphs whose effects are sums of functions of their causes. */
#ifndef CAUS_TESTS_PROPERTY_ADDITIVE_WORLD_H
#define CAUS_TESTS_PROPERTY_ADDITIVE_WORLD_H

#include "caus/additive.h"

typedef enum world_shape {
    WORLD_LINEAR,
    WORLD_QUADRATIC,
    WORLD_SIGMOID,  /* as Buehlmann, Peters & Ernest 2014 draw them */
    WORLD_GAUSSIAN, /* draws of a Gaussian process, bandwidth 1 */
    WORLD_JOINT     /* one Gaussian process of all causes: not additive */
} world_shape;

typedef struct world_options {
    world_shape shape;
    size_t nodes;
    size_t edges; /* exactly so many, drawn from all pairs of an order */
    size_t rows;
    size_t lag; /* 0, or causes act after 1 … lag steps or at once */
    uint64_t seed;
} world_options;

typedef struct world {
    caus_series series;
    caus_graph dag;
    const double *values; /* [rows × nodes] */
} world;

/* Without lags every column is centred and brought to unit variance before it
 * acts, so that variances tell nothing; with lags columns stay as they are.
 * Fails like the library functions it calls. */
caus_status world_make(const world_options *options, caus_arena *out,
                       world *result, caus_error *err);

#endif
