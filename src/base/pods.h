/* SPDX-License-Identifier: Apache-2.0 */
/* Names that Kubernetes makes. */
#ifndef CAUS_SRC_BASE_PODS_H
#define CAUS_SRC_BASE_PODS_H

#include <stddef.h>

/* Length of "-6c8d7f9b5d-x2x9z" at this place; 0 if there is none. */
size_t caus_pod_hash_length(const char *text);

/* Length of a name of `length` bytes without what a deployment adds at its
 * end, and without the "-0" of a stateful set. */
size_t caus_pod_without_hash(const char *name, size_t length);
size_t caus_pod_without_ordinal(const char *name, size_t length);

/* Length of a pod's name without what a deployment or stateful set added. */
size_t caus_pod_workload_length(const char *pod);

/* The same without what a daemon set added, too: one word only, which a name
 * that is not surely a pod's may end in by itself. */
size_t caus_pod_owner_length(const char *pod);

#endif
