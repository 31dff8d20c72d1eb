/* SPDX-License-Identifier: Apache-2.0 */
/* Structure learning from categories. */
#ifndef CAUS_SRC_DISCOVERY_DISCRETE_INTERNAL_H
#define CAUS_SRC_DISCOVERY_DISCRETE_INTERNAL_H

#include "discovery/static_internal.h"
#include "independence/discrete.h"
#include "independence/discrete_bits.h"

/* The test of a pair that came nearest to independence: the smallest ratio of
 * a statistic to its critical value. */
typedef struct caus_weakest {
    double ratio;
    double statistic;
    double df;
} caus_weakest;

/* Tables of counts as an engine of static searches; read-only during a search
 * but for `weakest`, where every walk has the row of its node. */
typedef struct caus_discrete {
    caus_codes codes;
    caus_sample sample; /* of the codes */
    caus_independence test;
    caus_table_scale scale;
    double alpha;
    const caus_bits_kernel *kernel;
    size_t words;            /* of a set of rows, in lanes */
    const uint64_t **planes; /* [variable_count] → [levels × words] the rows
                                of each category; NULL = too many of them */
    size_t most_bits;        /* sets of rows that a frame may have */
    double *critical;        /* [critical_count] by df */
    size_t critical_count;
    caus_weakest *marginal; /* [variable_count²] */
    caus_weakest *weakest;  /* [variable_count²] by node and target */
} caus_discrete;

/*
 * Prepares tests of a kind at one alpha and makes the marginal ones.
 *
 *   result  lives in `arena`; keeps `series`; stays where it is
 *
 * Fails as caus_codes_init().
 */
caus_status caus_discrete_init(const caus_series *series, caus_table_kind kind,
                               double alpha, const caus_run *run,
                               caus_arena *arena, caus_discrete *result,
                               caus_error *err);

/*
 * The engine. A "squared correlation" is ratio / (1 + ratio), where the ratio
 * is that of a statistic to the critical value of its own degrees of freedom:
 * above 1/2 is dependent. Tests of a pair are noted in `weakest` while a walk
 * has no empty set.
 */
caus_engine caus_discrete_engine(const caus_discrete *state);

/* caus_discover_score() of categories; options are checked. */
caus_status caus_discover_discrete_score(const caus_series *series,
                                         const caus_score_options *options,
                                         const caus_run *run, caus_arena *out,
                                         caus_discovery *result,
                                         caus_error *err);

/* The weakest test of a pair from either end. */
const caus_weakest *caus_discrete_weakest(const caus_discrete *state, size_t a,
                                          size_t b);

#endif
