/* SPDX-License-Identifier: Apache-2.0 */
/* What is measured, by the name of a variable, whatever it is measured of. */
#ifndef CAUS_SRC_ROOTCAUSE_MEASURES_H
#define CAUS_SRC_ROOTCAUSE_MEASURES_H

#include "base/base.h"
#include "caus/series.h"

/* What stands after the service in the name of a variable: the `name` of what
 * follows. */
const char *caus_measure_name(const caus_variable *variable);

/* Whether that says that it is of the calls which its service makes, not of
 * those which it gets. */
bool caus_measure_is_of_calls(const caus_variable *variable);

/* Whether it is a share of something, rather than a number of it. */
bool caus_measure_is_share(const char *name);
/* Whether it counts what a histogram timed, or adds up how long that took. */
bool caus_measure_is_count(const char *name);
bool caus_measure_is_sum(const char *name);
/* Whether it tells how long a process has been there. */
bool caus_measure_is_age(const char *name);
/* Whether it tells how many work on a queue, or follow a store, as they leave
 * one by one. */
bool caus_measure_is_of_members(const char *name);
/* Whether it tells of copies of data, or of who leads them or reads what, that
 * are gone or had to change: like those of a process. */
bool caus_measure_is_of_replicas(const char *name);

/*
 * Numbers what is measured: those that measure the same have the same number,
 * whatever their service and the labels that tell only where.
 *
 *   result  [count] set to the first variable that measures the same as each
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(all names).
 */
caus_status caus_measures_number(const caus_variable *variables, size_t count,
                                 caus_arena *out, const size_t **result,
                                 caus_error *err);

#endif
