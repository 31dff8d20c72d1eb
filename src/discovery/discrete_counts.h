/* SPDX-License-Identifier: Apache-2.0 */
/* Local scores of categories from counts. */
#ifndef CAUS_SRC_DISCOVERY_DISCRETE_COUNTS_H
#define CAUS_SRC_DISCOVERY_DISCRETE_COUNTS_H

#include "discovery/discrete_internal.h"

/*
 * The counts behind local scores, one thread's. Terms add up in fixed point,
 * so that a score does not depend on the order of parents.
 */
typedef struct caus_counts {
    const caus_codes *codes; /* without missing values */
    const caus_score_options *options;
    size_t word_count;
    caus_table_scale logs; /* of G²: n · log n */
    int shift;             /* of BDeu's terms, in units of 2^−shift */
    double unit;           /* 2^shift */
    size_t most_cells;     /* of a table that is filled in one pass */
    uint32_t *cells;       /* [most_cells or CAUS_MOST_CATEGORIES] */
    uint32_t *base;        /* [row_count] strata of base_set */
    uint32_t *strata;      /* [row_count] with one parent more */
    uint64_t *base_set;    /* [word_count] */
    size_t base_count;     /* of strata; 0 = base is of no set */
    caus_strata sorted;
    uint64_t *key;   /* [word_count + 1] */
    caus_map *known; /* scores by node and parents */
    caus_arena *arena;
} caus_counts;

/*
 *   codes  no value is missing
 *   known  the caller's; scores are kept there while memory lasts
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT.
 */
caus_status caus_counts_init(const caus_codes *codes,
                             const caus_score_options *options, caus_map *known,
                             caus_arena *arena, caus_counts *result,
                             caus_error *err);

/* As caus_local_score, with a caus_counts as data. */
double caus_counts_score(void *data, size_t node, const uint64_t *given,
                         size_t more);

#endif
