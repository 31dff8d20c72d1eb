/* SPDX-License-Identifier: Apache-2.0 */
/* How sure a learned graph is: resamples of the data, and other settings. */
#ifndef CAUS_STABILITY_H
#define CAUS_STABILITY_H

#include "discovery.h"

CAUS_API_BEGIN

/* A search of any kind; `data` holds its settings. */
typedef caus_status caus_learner(const void *data, const caus_series *series,
                                 const caus_run *run, caus_arena *out,
                                 caus_discovery *result, caus_error *err);

typedef enum caus_resampling {
    CAUS_RESAMPLE_BOOTSTRAP, /* as many rows, drawn with replacement */
    CAUS_RESAMPLE_HALF       /* half of the rows, drawn without: stability
                                selection */
} caus_resampling;

typedef struct caus_stability_options {
    caus_resampling resampling;
    size_t replicates;  /* ≥ 1 */
    size_t longest_lag; /* that a row reaches back in this search: 2 · max_lag
                           for the PCMCI family, 0 for a static one */
    size_t block_rows;  /* consecutive rows drawn together; 0 = 1 without lags,
                           else from the autocorrelation */
} caus_stability_options;

/* The bootstrap, 100 replicates, no lags, automatic blocks. */
caus_stability_options caus_stability_options_default(void);

/*
 * Adds to a discovery how often resamples of its series give each link, and
 * with which marks (`stability`, `orientation_stability`).
 *
 * Blocks of consecutive rows are drawn, each with the rows before it that lags
 * need, so that no lagged row mixes two blocks; environments keep their share.
 * The same seed gives the same shares for any number of threads.
 *
 *   series   what the discovery was learned from
 *   learn    called once a replicate with `data`; its series shares values with
 *            `series`
 *   result   gets arrays in `out`. When the time limit ends the work, shares
 *            are of the replicates made and complete becomes false; with none
 *            made the arrays stay NULL
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no replicates),
 * CAUS_ERR_TOO_FEW_SAMPLES, as `learn` does, or …_CANCELLED, …_OUT_OF_MEMORY.
 * Cost: replicates times the search.
 * Source: Kuensch (1989), Annals of Statistics 17 (blocks); Meinshausen &
 * Buehlmann (2010), JRSS B 72, section 2 (halves).
 */
caus_status caus_discovery_add_stability(const caus_series *series,
                                         caus_learner *learn, const void *data,
                                         const caus_stability_options *options,
                                         const caus_run *run, caus_arena *out,
                                         caus_discovery *result,
                                         caus_error *err);

/*
 * Adds to a discovery the share of other settings that give each link too
 * (`sensitivity`). A setting that does not search a link's lag is not counted;
 * NaN where none does.
 *
 *   settings  [count] passed to `learn` in turn
 *
 * Fails as `learn` does. Cost: count searches.
 */
caus_status
caus_discovery_add_sensitivity(const caus_series *series, caus_learner *learn,
                               const void *const *settings, size_t count,
                               const caus_run *run, caus_arena *out,
                               caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
