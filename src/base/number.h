/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text to double, locale-free and correctly rounded. */
#ifndef CAUS_SRC_BASE_NUMBER_H
#define CAUS_SRC_BASE_NUMBER_H

#include "caus/base.h"

CAUS_LINKAGE_BEGIN

/*
 * Reads the number at the start of [from, end): decimal or scientific
 * notation, a leading sign, "nan", "inf", "infinity" in any case. No blanks are
 * skipped. A number too large for a double is infinite, too small is zero.
 *
 *   value  set on success, untouched on failure
 *   rest   set to the first byte that is no part of the number
 *
 * Returns false when no number starts here. Never reads at or beyond `end`.
 * Cost O(digits).
 */
bool caus_parse_double(const char *from, const char *end, double *value,
                       const char **rest);

CAUS_LINKAGE_END
#endif
