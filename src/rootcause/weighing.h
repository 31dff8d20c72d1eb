/* SPDX-License-Identifier: Apache-2.0 */
/* Clues made louder or quieter by what the numbers of others say. */
#ifndef CAUS_SRC_ROOTCAUSE_WEIGHING_H
#define CAUS_SRC_ROOTCAUSE_WEIGHING_H

#include "rootcause/rootcause_internal.h"

/* Lessens the clues of the incident [variable_count] of what grows as requests
 * do: by the share of its growth that the requests of its service grew by, in
 * logarithms; where nobody counts these, by the median growth of others'. Clues
 * of healthy windows stay as they are: what requests did there is usual. */
caus_status caus_per_request_weigh(const caus_case *about, double *clues,
                                   caus_error *err);

/* Lessens clues of services that healthy rows hardly ever call: they have no
 * habit, and that they are called is their callers' doing. */
caus_status caus_impact_weigh_new_calls(const caus_case *about, double *clues,
                                        caus_error *err);
/* Lessens clues of failures that are too few to be the symptom's. */
void caus_impact_weigh(const caus_case *about, double *clues);
/*
 * Fills `fronts`: a load balancer that nobody traced calls nobody, shows the
 * latency of the service behind it and changes by as much as that.
 */
caus_status caus_impact_find_fronts(caus_case *about, const double *clues,
                                    caus_error *err);

/* Fills `strays` from the shifts, and lessens clues of memory by them: of as
 * many services one can be the incident's. */
caus_status caus_strays_weigh(caus_case *about, double *clues, caus_error *err);
/* How likely the first suspect, ranked, is one of those whose memory moved for
 * another reason: so many others' did, and as much of its score is what its
 * memory tells. */
double caus_strays_share(const caus_case *about);
/* That; "" = it is little, NULL = no memory. */
const char *caus_strays_say(const caus_case *about);

/* Makes latency and failures quieter that were there before anybody felt
 * anything, once the clues are known; fills `unheeded_s`. */
caus_status caus_felt_weigh(caus_case *about, double *clues, caus_error *err);

/* Raises clues and shifts of callees to what they are in the rows in which
 * their callers are off, where that is no chance. */
caus_status caus_alongside_raise(caus_case *about, double *clues,
                                 caus_error *err);

#endif
