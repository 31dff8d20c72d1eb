/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation faults: every caus_alloc() and caus_realloc() of the library
 * passes through here (linker option --wrap).
 */
#ifndef CAUS_TESTS_FAULT_H
#define CAUS_TESTS_FAULT_H
#include <stdbool.h>

/* Lets `successes` allocations pass and fails the next one. */
void fault_fail_after(long successes);
/* Stops failing; returns whether an allocation was refused since. */
bool fault_stop(void);
#endif
