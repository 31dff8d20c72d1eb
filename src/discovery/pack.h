/* SPDX-License-Identifier: Apache-2.0 */
/* What processes of a group tell each other about a search. */
#ifndef CAUS_SRC_DISCOVERY_PACK_H
#define CAUS_SRC_DISCOVERY_PACK_H

#include "base/base.h"
#include "caus/discovery.h"

/* Adds the bytes of a discovery; memory out shows in the text. */
void caus_discovery_pack(const caus_discovery *found, caus_text *bytes);

/*
 * A discovery of packed bytes, in `out`. They come from a process of the same
 * program; fails with CAUS_ERR_INVALID_DATA all the same when they stop early.
 */
caus_status caus_discovery_unpack(const char *bytes, size_t size,
                                  caus_arena *out, caus_discovery *result,
                                  caus_error *err);

/* One of several searches that do not depend on each other. */
typedef caus_status caus_unit_fn(void *data, size_t unit, caus_arena *out,
                                 caus_discovery *result, caus_error *err);

/*
 * Runs all units, cut among the processes of the group by their number; each
 * process gets all results.
 *
 *   results  [count]
 *   done     set to how many came before the time limit passed
 *
 * Fails as the first unit that does.
 */
caus_status caus_share_units(const caus_run *run, size_t count,
                             caus_unit_fn *work, void *data, caus_arena *out,
                             caus_discovery *results, size_t *done,
                             caus_error *err);

#endif
