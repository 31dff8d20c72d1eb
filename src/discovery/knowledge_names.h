/* SPDX-License-Identifier: Apache-2.0 */
/* The patterns of rules. */
#ifndef CAUS_SRC_DISCOVERY_KNOWLEDGE_NAMES_H
#define CAUS_SRC_DISCOVERY_KNOWLEDGE_NAMES_H

#include "caus/series.h"

bool caus_pattern_matches(const char *pattern, const caus_variable *variable);

/* Whether it matches a variable of a series, which may be NULL. */
bool caus_pattern_has_match(const char *pattern, const caus_series *series);

/* Whether it may match several variables, or none. */
bool caus_pattern_is_open(const char *pattern);

#endif
