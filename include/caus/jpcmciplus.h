/* SPDX-License-Identifier: Apache-2.0 */
/* Causal discovery over several environments: J-PCMCI+. */
#ifndef CAUS_JPCMCIPLUS_H
#define CAUS_JPCMCIPLUS_H

#include "discovery.h"

CAUS_API_BEGIN

typedef struct caus_jpcmciplus_options {
    caus_pcmci_options search; /* `method` is ignored; min_lag 0, a pc_alpha,
                                  the test parcorr, no bootstrap; assumptions
                                  are about the variables of the series */
    bool time_dummy;           /* stands for what nobody measured and all
                                  environments share at one time */
    bool space_dummy;          /* stands for what nobody measured and an
                                  environment keeps for all time */
} caus_jpcmciplus_options;

/* caus_pcmci_options_default(), both dummies. */
caus_jpcmciplus_options caus_jpcmciplus_options_default(void);

/* What was found, about the variables of the series and then the dummies. */
typedef struct caus_jpcmciplus {
    caus_discovery discovery;
    size_t variable_count;
    const caus_variable *variables; /* [variable_count]; the dummies are named
                                       time_dummy and space_dummy and have
                                       these roles */
} caus_jpcmciplus;

/*
 * Learns one graph from several environments (clusters, regions, versions) by
 * J-PCMCI+ (Günther, Ninad & Runge 2023, Proceedings of UAI), with the tests
 * and decisions of tigramite 5.2. Contexts are never effects of a system
 * variable; those that nobody measured are replaced by dummies, one indicator
 * a time or an environment, which take the confounding they cause away.
 *
 *   series   one or more segments of each environment; environment and
 *            offset_steps say where and when. The variables' roles are heeded:
 *            system, time_context (the same in every environment), or
 *            space_context (constant in each environment)
 *   options  NULL = default
 *   result   lives in `out`. A link from a dummy says that an unmeasured
 *            context acts on the target: its statistic is the largest
 *            correlation with any of its indicators, its p-value that of one
 *            correlation times their number. Links between contexts are not
 *            reported: they show statistic 0 and p-value 1. Parents may hold
 *            contexts and dummies at lag 0
 *
 * Assumes no hidden common cause but contexts, and the same mechanisms in all
 * environments. Dummies are left out where there is one environment: the result
 * is then that of PCMCI+, contexts aside. A time context given the time dummy,
 * and a space context given the space dummy, are undetermined: never linked by
 * such a test.
 * Fails as caus_discover_pcmciplus(); CAUS_ERR_INVALID_ARGUMENT also for other
 * settings than those above, no system variable, dummies among the variables or
 * their names; CAUS_ERR_INVALID_DATA when a time context differs between
 * environments or a space context within one.
 * Cost as PCMCI+; at most four matrices of correlations, O(rows · nodes²) each;
 * the indicators are never laid out.
 */
caus_status caus_discover_jpcmciplus(const caus_series *series,
                                     const caus_jpcmciplus_options *options,
                                     const caus_run *run, caus_arena *out,
                                     caus_jpcmciplus *result, caus_error *err);

/*
 * Puts series of the same variables together, an environment each.
 *
 *   parts       [part_count] with the same names in the same order and the same
 *               step; their own environments are forgotten
 *   names       [part_count] of the environments
 *   same_clock  rows of one grid time are at one time; else every part's first
 *               row is at time 0
 *   result      lives in `out` and shares the values of the parts
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no part, other names or steps, a clock
 * without times), CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_series_pool(const caus_series *parts, const char *const *names,
                             size_t part_count, bool same_clock,
                             caus_arena *out, caus_series *result,
                             caus_error *err);

CAUS_API_END
#endif
