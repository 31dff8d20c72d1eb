/* SPDX-License-Identifier: Apache-2.0 */
/* Instants and stretches of time as people read them: UTC, local time beside.
 */
#ifndef CAUS_SRC_RENDER_INSTANT_H
#define CAUS_SRC_RENDER_INSTANT_H

#include <time.h>

#include "caus/incident.h"
#include "render/texts.h"

/* The calendar's reading of an instant, so many minutes east of UTC. */
struct tm caus_civil_time(int64_t time_ns, int32_t offset_minutes);

/* The window as people read it. */
typedef struct caus_time_span {
    bool has_time;
    int64_t start_ns, end_ns; /* grid time of the first and last row */
    size_t steps;             /* rows of the window, without the baseline */
    size_t baseline_rows;
} caus_time_span;

/* Widens it to the rows of a segment, if there are any; the first one counts
 * where `has_time` is not set yet, and sets it. */
void caus_time_span_extend(caus_time_span *span, const caus_segment *segment,
                           int64_t step_ns);
/* "2025-10-29 03:00–05:00 UTC (04:00–06:00 +01:00)" */
void caus_text_add_window(caus_text *text, const caus_time_span *window,
                          int32_t zone_offset_minutes, const char *dash);
/* "2026-11-21 04:46:50 UTC (05:46:50 +01:00)" */
void caus_text_add_instant(caus_text *text, int64_t time_ns,
                           int32_t zone_offset_minutes);
/* The same without the date where it is that of another instant told before. */
void caus_text_add_instant_beside(caus_text *text, int64_t time_ns,
                                  int64_t beside_ns,
                                  int32_t zone_offset_minutes);
/* "incident 2026-11-21 04:46:50–05:01:10 UTC", or "onset …" where it goes on */
void caus_text_add_extent(caus_text *text, const caus_extent *extent,
                          int32_t zone_offset_minutes, const char *dash);
/* "04:46:50", in UTC. text [16] */
void caus_clock_format(int64_t time_ns, char text[16]);

#endif
