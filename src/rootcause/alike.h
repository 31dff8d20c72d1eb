/* SPDX-License-Identifier: Apache-2.0 */
/* What a service has that measures the same as another's. */
#ifndef CAUS_SRC_ROOTCAUSE_ALIKE_H
#define CAUS_SRC_ROOTCAUSE_ALIKE_H

#include "rootcause/rootcause_internal.h"

/* The variable of a service that measures what another does and has a shift, or
 * SIZE_MAX. */
size_t caus_case_find_alike(const caus_case *about, size_t service,
                            size_t like);
/* The first variable of a service that counts its requests, or SIZE_MAX. */
size_t caus_case_find_load(const caus_case *about, size_t service);
/* What counts the requests of a service as `like` does another's, else what
 * counts them otherwise, where each is held against its own habit; SIZE_MAX =
 * nothing. */
size_t caus_case_find_requests(const caus_case *about, size_t service,
                               size_t like);

#endif
