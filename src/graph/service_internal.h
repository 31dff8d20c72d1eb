/* SPDX-License-Identifier: Apache-2.0 */
/* What finds services in names that stand beside each other. */
#ifndef CAUS_SRC_GRAPH_SERVICE_INTERNAL_H
#define CAUS_SRC_GRAPH_SERVICE_INTERNAL_H

#include "graph/service.h"

/* Fewer that are alike may be so by chance. */
enum { CAUS_LEAST_SERVICES = 3 };

/*
 * Adds a text to those that have a number.
 *
 *   number  of the text if it is new; set to the one that it has
 *   is_new  set to whether it is
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_service_add_text(caus_map *map, const char *text,
                                  size_t length, size_t *number, bool *is_new,
                                  caus_error *err);

#endif
