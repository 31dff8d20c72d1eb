/* SPDX-License-Identifier: Apache-2.0 */
/* Names that Kubernetes makes. */
#ifndef CAUS_SRC_BASE_PODS_H
#define CAUS_SRC_BASE_PODS_H

#include <stddef.h>

/* Length of "-6c8d7f9b5d-x2x9z" at this place; 0 if there is none. */
size_t caus_pod_hash_length(const char *text);

/* Length of a pod's name without what a deployment or stateful set added to
 * it; 0 = nothing was added. */
size_t caus_pod_workload_length(const char *pod);

#endif
