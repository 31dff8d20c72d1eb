/* SPDX-License-Identifier: Apache-2.0 */
/* Instants and stretches of time as people read them: UTC, local time beside.
 */
#include <stdlib.h>

#include "render/instant.h"

static const int64_t second_ns = 1000000000;

struct tm caus_civil_time(int64_t time_ns, int32_t offset_minutes)
{
    time_t seconds =
        (time_t)(time_ns / second_ns) + (time_t)offset_minutes * 60;
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    return parts;
}

void caus_time_span_extend(caus_time_span *span, const caus_segment *segment,
                           int64_t step_ns)
{
    if (!segment->row_count)
        return;
    int64_t end_ns =
        segment->start_ns + (int64_t)(segment->row_count - 1) * step_ns;
    if (!span->has_time || segment->start_ns < span->start_ns)
        span->start_ns = segment->start_ns;
    if (!span->has_time || end_ns > span->end_ns)
        span->end_ns = end_ns;
    span->has_time = true;
}

static void add_clock(caus_text *text, const struct tm *time, bool date,
                      bool seconds)
{
    if (date)
        caus_text_format(text, "%04d-%02d-%02d ", time->tm_year + 1900,
                         time->tm_mon + 1, time->tm_mday);
    caus_text_format(text, "%02d:%02d", time->tm_hour, time->tm_min);
    if (seconds)
        caus_text_format(text, ":%02d", time->tm_sec);
}

static void add_span(caus_text *text, const caus_time_span *window,
                     int32_t offset_minutes, bool date, const char *dash)
{
    struct tm start = caus_civil_time(window->start_ns, offset_minutes);
    struct tm end = caus_civil_time(window->end_ns, offset_minutes);
    bool seconds = start.tm_sec || end.tm_sec;
    bool same_day =
        start.tm_yday == end.tm_yday && start.tm_year == end.tm_year;
    add_clock(text, &start, date, seconds);
    caus_text_add(text, dash);
    add_clock(text, &end, !same_day, seconds);
}

/* " +01:00" */
static void add_offset(caus_text *text, int32_t minutes)
{
    caus_text_format(text, " %c%02d:%02d", minutes < 0 ? '-' : '+',
                     abs(minutes) / 60, abs(minutes) % 60);
}

void caus_text_add_window(caus_text *text, const caus_time_span *window,
                          int32_t zone_offset_minutes, const char *dash)
{
    add_span(text, window, 0, true, dash);
    caus_text_add(text, " UTC");
    if (zone_offset_minutes == INT32_MIN || zone_offset_minutes == 0)
        return;
    struct tm utc = caus_civil_time(window->start_ns, 0);
    struct tm local = caus_civil_time(window->start_ns, zone_offset_minutes);
    caus_text_add(text, " (");
    add_span(text, window, zone_offset_minutes, utc.tm_yday != local.tm_yday,
             dash);
    add_offset(text, zone_offset_minutes);
    caus_text_add_char(text, ')');
}

void caus_clock_format(int64_t time_ns, char text[16])
{
    struct tm at = caus_civil_time(time_ns, 0);
    snprintf(text, 16, "%02d:%02d:%02d", at.tm_hour % 24, at.tm_min % 60,
             at.tm_sec % 61);
}

static void add_instant(caus_text *text, int64_t time_ns, bool date,
                        int32_t zone_offset_minutes)
{
    struct tm at = caus_civil_time(time_ns, 0);
    add_clock(text, &at, date, true);
    caus_text_add(text, " UTC");
    if (zone_offset_minutes == INT32_MIN || zone_offset_minutes == 0)
        return;
    struct tm local = caus_civil_time(time_ns, zone_offset_minutes);
    caus_text_add(text, " (");
    add_clock(text, &local, local.tm_yday != at.tm_yday, true);
    add_offset(text, zone_offset_minutes);
    caus_text_add_char(text, ')');
}

void caus_text_add_instant(caus_text *text, int64_t time_ns,
                           int32_t zone_offset_minutes)
{
    add_instant(text, time_ns, true, zone_offset_minutes);
}

void caus_text_add_instant_beside(caus_text *text, int64_t time_ns,
                                  int64_t beside_ns,
                                  int32_t zone_offset_minutes)
{
    struct tm at = caus_civil_time(time_ns, 0);
    struct tm other = caus_civil_time(beside_ns, 0);
    bool same_day = at.tm_yday == other.tm_yday && at.tm_year == other.tm_year;
    add_instant(text, time_ns, !same_day, zone_offset_minutes);
}

void caus_text_add_extent(caus_text *text, const caus_extent *extent,
                          int32_t zone_offset_minutes, const char *dash)
{
    if (extent->has_end) {
        caus_time_span span = {.start_ns = extent->onset.time_ns,
                               .end_ns = extent->end_ns};
        caus_text_add(text, "incident ");
        caus_text_add_window(text, &span, zone_offset_minutes, dash);
        return;
    }
    caus_text_add(text, "onset ");
    caus_text_add_instant(text, extent->onset.time_ns, zone_offset_minutes);
}
