/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/options.h"

#include "base/base.h"

caus_status caus_check_alpha(double alpha, caus_error *err)
{
    if (alpha > 0 && alpha < 1)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "alpha is %g: give a number above 0 and below 1", alpha);
}

caus_status caus_check_level(double level, caus_error *err)
{
    if (level >= 0 && level < 1)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "the level of intervals is %g: give 0 (none) or a number "
                     "below 1",
                     level);
}
