/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of correlation graphs share. */
#ifndef CAUS_SRC_DISCOVERY_CORRELATION_INTERNAL_H
#define CAUS_SRC_DISCOVERY_CORRELATION_INTERNAL_H

#include "caus/correlation.h"
#include "discovery/var_internal.h"

/* The series by column, scaled by powers of two. */
typedef struct caus_look {
    const caus_series *series;
    const caus_run *run;
    bool ranks;
    size_t variables;
    size_t rows;
    const double *values; /* [variables × rows] segments one after another;
                             NaN = missing */
    const bool *is_whole; /* [variables] nothing is missing */
} caus_look;

caus_status caus_look_init(const caus_series *series, bool ranks,
                           const caus_run *run, caus_arena *arena,
                           caus_look *look, caus_error *err);

/* Rows of all segments that hold a lag. */
size_t caus_look_pairs(const caus_look *look, size_t lag);

/*
 * Correlations of source(t − lag) with target(t).
 *
 *   correlation  [variables × variables] source, target; 0 where it is not
 *                determined
 *   count        [variables × variables] rows behind each
 *
 * Scratch is taken from the run's threads and given back.
 */
caus_status caus_look_at_lag(const caus_look *look, size_t lag,
                             double *correlation, size_t *count,
                             caus_error *err);

/* Autocorrelations [variables × (lag_count + 1)] of lags 0 … lag_count. */
void caus_look_back(const caus_look *look, size_t lag_count, double *result);

#endif
