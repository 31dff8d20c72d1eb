/* SPDX-License-Identifier: Apache-2.0 */
/* Variables as asked for: what the ways of asking have in common. */
#ifndef CAUS_SRC_TELEMETRY_SPECS_INTERNAL_H
#define CAUS_SRC_TELEMETRY_SPECS_INTERNAL_H

#include "base/base.h"
#include "caus/telemetry.h"

/* Kind and unit of a value computed from spans. */
void caus_specs_type_trace(caus_variable_spec *spec);

/* Whether a text may name a variable: UTF-8, no control characters, some
 * character at all. */
bool caus_specs_is_name(const char *name);

#endif
