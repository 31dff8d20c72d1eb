/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/number.h"
#include "telemetry/events_internal.h"
#include "telemetry/time_internal.h"

/* 1e11 s are the year 5138. */
static int64_t unit_of(double size)
{
    return size < 1e11   ? CAUS_NS_A_SECOND
           : size < 1e14 ? 1000000
           : size < 1e17 ? 1000
                         : 1;
}

static int64_t civil_time(caus_civil *civil, caus_zone_fn *zone,
                          void *zone_data)
{
    int64_t time_ns = caus_time_of_civil(civil);
    /* the offset at about that instant, then at the instant found: summer time
     * may begin or end between the two */
    for (int round = 0; !civil->has_zone && round < 2; round++) {
        civil->zone_minutes = zone(zone_data, time_ns);
        time_ns = caus_time_of_civil(civil);
    }
    return time_ns;
}

bool caus_event_time(caus_slice text, caus_zone_fn *zone, void *zone_data,
                     int64_t *time_ns, bool *lacks_zone)
{
    const char *at = text.bytes, *end = text.bytes + text.length;
    caus_civil civil;
    *lacks_zone = false;
    if (caus_time_scan_civil(&at, end, &civil) && at == end) {
        *lacks_zone = !civil.has_zone && !zone;
        if (*lacks_zone)
            return false;
        *time_ns = civil_time(&civil, zone, zone_data);
        return true;
    }
    double value;
    const char *rest;
    if (!caus_parse_double(text.bytes, end, &value, &rest) || rest != end)
        return false;
    at = text.bytes;
    int64_t unit_ns = unit_of(fabs(value));
    if (caus_time_scan_decimal(&at, end, unit_ns, time_ns) && at == end)
        return true;
    double scaled = value * (double)unit_ns; /* "1.7617068e9" */
    if (!(fabs(scaled) < 9e18))
        return false;
    *time_ns = llround(scaled);
    return true;
}
