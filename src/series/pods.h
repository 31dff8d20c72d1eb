/* SPDX-License-Identifier: Apache-2.0 */
/* Names that Kubernetes makes. */
#ifndef CAUS_SRC_SERIES_PODS_H
#define CAUS_SRC_SERIES_PODS_H

#include <stddef.h>

/* Length of a pod's name without what a deployment or stateful set added to
 * it; 0 = nothing was added. */
size_t caus_pod_workload_length(const char *pod);

#endif
