/* SPDX-License-Identifier: Apache-2.0 */
/* What calls can carry from a callee to its caller, known or guessed. */
#ifndef CAUS_SRC_ROOTCAUSE_CARRIED_H
#define CAUS_SRC_ROOTCAUSE_CARRIED_H

#include "rootcause/rootcause_internal.h"

/* Usual requests of a callee for one of its caller's: more calls than usual are
 * the caller's doing. Those that others make count as if this caller made them;
 * NaN = not counted of both. */
double caus_carried_rate(const caus_case *about, size_t caller, size_t callee);
/* What of a change of a callee's variable arrives in variable `own` of a caller
 * at such a rate; infinite where both do not measure the same, in shares of the
 * same whole, or no rate is known. */
double caus_carried_of(const caus_case *about, size_t own, size_t other,
                       double rate, double change);
/* The largest clues of latency and errors that calls at such a rate can be to
 * the caller; infinite where that is not measured of both. */
void caus_carried_most(const caus_case *about, size_t caller, size_t callee,
                       double rate, caus_outside most);
/* Fills the context's `carried` from the shifts. */
caus_status caus_carried_find(caus_case *about, caus_error *err);
/* Fills its `call_share` and `again` from the shifts. */
caus_status caus_call_time_find(caus_case *about, caus_error *err);
/* Fills its `guesses` instead, where no call graph is known; clues tell who
 * moved. */
caus_status caus_guesses_find(caus_case *about, const double *clues,
                              caus_error *err);

#endif
