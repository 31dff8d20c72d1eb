/* SPDX-License-Identifier: Apache-2.0 */
/* The body of caus_adam_fn, compiled for several instruction sets: products and
 * sums one by one, so all round alike. */
#ifndef CAUS_SRC_DISCOVERY_DAGMA_ADAM_H
#define CAUS_SRC_DISCOVERY_DAGMA_ADAM_H

#include <math.h>
#include <string.h>

#include "discovery/dagma_internal.h"
#include "numeric/numeric.h"

/* Eight cells: read first, written then, so that no pointer can be in the way
 * of vectors. */
static inline __attribute__((always_inline)) void
caus_adam_lanes(const caus_adam_step *s, size_t at)
{
    const double *weights = s->weights + at, *gradient = s->gradient + at;
    const double *inverse = s->inverse + at;
    const double *first = s->first + at, *second = s->second + at;
    const double mu = s->mu, price = s->mu * s->penalty, step = s->step;
    const double first_factor = s->first_factor;
    const double second_factor = s->second_factor;
    double mean[CAUS_LANES], square[CAUS_LANES], way[CAUS_LANES];
    double moved[CAUS_LANES];
    for (size_t k = 0; k < CAUS_LANES; k++) {
        double w = weights[k];
        double slope = 2 * w * inverse[k] - mu * gradient[k] +
                       (w > 0 ? price : 0) - (w < 0 ? price : 0);
        mean[k] = first[k] * CAUS_ADAM_FIRST + (1 - CAUS_ADAM_FIRST) * slope;
        square[k] = second[k] * CAUS_ADAM_SECOND +
                    (1 - CAUS_ADAM_SECOND) * slope * slope;
        way[k] =
            mean[k] * first_factor / (sqrt(square[k] * second_factor) + 1e-8);
        moved[k] = w - step * way[k];
    }
    memcpy(s->first + at, mean, sizeof mean);
    memcpy(s->second + at, square, sizeof square);
    memcpy(s->direction + at, way, sizeof way);
    memcpy(s->weights + at, moved, sizeof moved);
}

static inline __attribute__((always_inline)) void
caus_adam(const caus_adam_step *step)
{
    for (size_t at = 0; at < step->cells; at += CAUS_LANES)
        caus_adam_lanes(step, at);
}

#endif
