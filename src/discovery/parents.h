/* SPDX-License-Identifier: Apache-2.0 */
/* A bound on how many causes a variable may have. */
#ifndef CAUS_SRC_DISCOVERY_PARENTS_H
#define CAUS_SRC_DISCOVERY_PARENTS_H

#include "discovery/lag_prior.h"

/* A cause of one target. */
typedef struct caus_ranked {
    double strength; /* HUGE_VAL = must stay */
    size_t cell;
} caus_ranked;

/* The strongest first, of equals the lower cell. */
void caus_rank_parents(caus_ranked *list, size_t count);

/* Refuses a bound below the number of causes that are required of a variable,
 * which is named; 0 = no bound, `variables` NULL = without names. */
caus_status caus_check_parents(const caus_lag_prior *prior,
                               const caus_variable *variables, size_t most,
                               caus_error *err);

#endif
