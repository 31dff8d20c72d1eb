/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a variable is, by the names of all. */
#ifndef CAUS_SRC_GRAPH_SERVICE_H
#define CAUS_SRC_GRAPH_SERVICE_H

#include "base/base.h"
#include "caus/graph.h"

typedef struct caus_service_rule {
    const caus_topology *topology; /* may be NULL */
    char separator;                /* '_' unless the user said otherwise */
} caus_service_rule;

/*
 * The services of names that stand beside each other, in whatever order: each
 * as caus_service_of_name() finds it, but a name without a known suffix belongs
 * to the longest service known of the others that it begins with, before it is
 * cut at its first separator; and "cache-1" to "cache" where that is one.
 *
 *   lengths  [count] of what is the service at the start of each name
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(bytes of the names · their length).
 */
caus_status caus_services_of_names(const char *const *names, size_t count,
                                   const caus_service_rule *rule,
                                   size_t *lengths, caus_error *err);

/*
 * Length of `name[0 … length)` without the known suffix that tells what is
 * measured, and what that is measured of; 0 = it has none. '_' parts a service
 * from it, else one of "./:", else '-', else a capital, if what they part is no
 * such word, too; another separator alone where the user gave one.
 */
size_t caus_service_known_length(const char *name, size_t length,
                                 char separator);

/*
 * Takes what all services are measured in from the ends of stems, as
 * caus_service_known_length() found them: "_istio" of "cart_istio" and
 * "auth_istio", where "cart" and "auth" are stems, too, and what is measured
 * behind "_istio" stands behind no stem without it.
 *
 *   lengths  [count] of the stems at the start of the names; 0 = has none
 *
 * The order of the names tells nothing. Fails with CAUS_ERR_OUT_OF_MEMORY. Cost
 * O(bytes of the stems · separators in them).
 */
caus_status caus_services_without_measures(const char *const *names,
                                           size_t count, char separator,
                                           size_t *lengths, caus_error *err);

/*
 * Sets the lengths of names whose first word is a service by what stands
 * behind most of them, three or more; leaves the others as they are.
 *
 *   firsts   [count] where the first word of each name ends
 *   lengths  [count]
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(bytes of the names).
 */
caus_status caus_services_by_measures(const char *const *names, size_t count,
                                      const size_t *firsts, size_t *lengths,
                                      caus_error *err);

/*
 * Sets the lengths of names whose first word is spelled as a service of many:
 * with hyphens, or numbered as three or more are; where three in four are, or
 * are measured in a way that one of these is, also of those that are, or whose
 * first word has a known suffix behind it. Nothing is set where such a suffix
 * stands behind fewer than three that are spelled so, or behind fewer than an
 * eighth of them.
 *
 *   firsts   [count] where '_' ends the first word of each name; 0 = it is not
 *            asked about
 *   lengths  [count] of what stands before known suffixes; changed
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(bytes of the names).
 */
caus_status caus_services_by_spelling(const char *const *names, size_t count,
                                      const size_t *firsts, size_t *lengths,
                                      caus_error *err);

/* Whether the name is a word for what is measured, and so no service's. */
bool caus_service_is_measure(const char *name, size_t length);

/*
 * Labels whose value is a service, the most trusted first; those of pods among
 * them tell it with what Kubernetes adds.
 */
const char *const *caus_service_labels(size_t *count);

/* Length of the service at the start of such a label's value. */
size_t caus_service_value_length(const char *label, const char *value);

/* Length of a label's value before the closing quote, or before the end. */
size_t caus_quoted_length(const char *text);

/*
 * Length of what tells at `text` only where something was measured, not what:
 * '{' or ',' and such a label with its value, or the end of a pod's name; 0 =
 * nothing of that kind stands there.
 */
size_t caus_place_length(const char *text);

#endif
