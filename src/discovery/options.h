/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of options that many methods have. */
#ifndef CAUS_SRC_DISCOVERY_OPTIONS_H
#define CAUS_SRC_DISCOVERY_OPTIONS_H

#include "caus/base.h"

/* Above 0 and below 1. */
caus_status caus_check_alpha(double alpha, caus_error *err);

/* Of intervals: 0 (none) or more, below 1. */
caus_status caus_check_level(double level, caus_error *err);

#endif
