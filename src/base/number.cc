/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <fast_float/fast_float.h>

bool caus_parse_double(const char *from, const char *end, double *value,
                       const char **rest)
{
    /* fast_float follows std::from_chars, which refuses a plus sign. */
    if (from != end && *from == '+') {
        from++;
        if (from != end && *from == '-')
            return false;
    }
    double parsed = 0;
    fast_float::from_chars_result end_of_number =
        fast_float::from_chars(from, end, parsed);
    if (end_of_number.ec != std::errc())
        return false;
    *value = parsed;
    *rest = end_of_number.ptr;
    return true;
}
