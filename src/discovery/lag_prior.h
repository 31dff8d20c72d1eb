/* SPDX-License-Identifier: Apache-2.0 */
/* What is known about links at several lags. */
#ifndef CAUS_SRC_DISCOVERY_LAG_PRIOR_H
#define CAUS_SRC_DISCOVERY_LAG_PRIOR_H

#include "caus/discovery.h"

typedef struct caus_lag_prior {
    size_t variable_count;
    size_t lags;                /* max_lag + 1 */
    const unsigned char *cells; /* [N × N × lags] caus_assumption, at lag 0 both
                                   directions; NULL = nothing is known */
} caus_lag_prior;

/*
 * Checks and completes assumptions by graph cell.
 *
 *   series   for the number of variables and their names
 *   given    [N × N × (max_lag + 1)]; NULL = nothing is known
 *   latent   there may be hidden common causes: "if linked, then this way"
 *            says which end is no cause of the other by any path
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT, naming the variables, where assumptions
 * contradict each other, mean nothing or make a cycle of lag 0, or, with
 * `latent`, where required links lead to what is said to have no such cause;
 * CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_lag_prior_read(const caus_series *series, size_t max_lag,
                                const unsigned char *given, bool latent,
                                caus_arena *arena, caus_lag_prior *result,
                                caus_error *err);

static inline caus_assumption caus_lag_prior_get(const caus_lag_prior *prior,
                                                 size_t source, size_t target,
                                                 size_t lag)
{
    size_t pair = source * prior->variable_count + target;
    return prior->cells
               ? (caus_assumption)prior->cells[pair * prior->lags + lag]
               : CAUS_ASSUME_UNKNOWN;
}

/* Whether source(t − lag) may be a cause of target(t). */
static inline bool caus_lag_prior_allows(const caus_lag_prior *prior,
                                         size_t source, size_t target,
                                         size_t lag)
{
    caus_assumption known = caus_lag_prior_get(prior, source, target, lag);
    return known != CAUS_ASSUME_ABSENT && known != CAUS_ASSUME_LINK_BACK &&
           known != CAUS_ASSUME_ONLY_BACK;
}

/* Whether it must be one. */
static inline bool caus_lag_prior_requires(const caus_lag_prior *prior,
                                           size_t source, size_t target,
                                           size_t lag)
{
    return caus_lag_prior_get(prior, source, target, lag) == CAUS_ASSUME_LINK;
}

/* The largest lag of a required link, 0 without one. */
size_t caus_lag_prior_longest(const caus_lag_prior *prior);

/* Refuses links of which only the ends are known, for methods that have a
 * direction for every link; `method` names it. */
caus_status caus_lag_prior_check_ends(const caus_lag_prior *prior,
                                      const caus_series *series,
                                      const char *method, caus_error *err);

#endif
