/* SPDX-License-Identifier: Apache-2.0 */
/* Instants and durations as people write and read them. */
#ifndef CAUS_TIME_H
#define CAUS_TIME_H

#include "base.h"

CAUS_API_BEGIN

/*
 * Instants and durations of the command line: RFC 3339, unix seconds, "now",
 * "now-2h", "2h" (back from now), "03:40" (the last such time).
 *
 *   now_ns      the present
 *   zone_offset minutes east of UTC for times without zone; INT32_MIN = such a
 *               time is an error that shows both readings
 */
caus_status caus_time_parse(const char *text, int64_t now_ns,
                            int32_t zone_offset_minutes, int64_t *result_ns,
                            caus_error *err);

/*
 * The range of a pasted Grafana address: from=…&to=… (ms since 1970, RFC 3339,
 * "now-1h"), or the range of an Explore address. Rounded times ("now/d") need
 * the browser's zone and are refused.
 *
 *   start_ns, end_ns  set on success, start before end
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT.
 */
caus_status caus_time_parse_grafana(const char *url, int64_t now_ns,
                                    int64_t *start_ns, int64_t *end_ns,
                                    caus_error *err);

/*
 * A zone: its minutes east of UTC at an instant, which change with summer time.
 *
 *   data  whatever the zone needs
 */
typedef int32_t caus_zone_fn(void *data, int64_t time_ns);

/* "5m", "90s", "1h30m", "250ms"; fails on a bare number. */
caus_status caus_duration_parse(const char *text, int64_t *result_ns,
                                caus_error *err);

/* RFC 3339 in UTC, for example "2025-10-29T03:00:00Z"; fractions only when not
 * zero. text [40]. */
void caus_time_format(int64_t time_ns, char text[40]);

/* "4 min", "15 s", "1 h 30 min", "250 ms". text [40]. */
void caus_duration_format(int64_t duration_ns, char text[40]);

CAUS_API_END
#endif
