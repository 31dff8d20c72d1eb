/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/excerpt.h"
#include "caus/telemetry.h"
#include "telemetry/time_internal.h"

static const int64_t day_seconds = 86400;

#define TIME_FORMS                                                          \
    "write RFC 3339 (2025-10-29T03:00:00Z), unix seconds, now, now-2h, 2h " \
    "(back from now) or 03:40Z (the last such time)"

/* The bytes still to be read. */
typedef struct span {
    const char *at;
    const char *end;
} span;

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static span trim(const char *text)
{
    span read = {text, text + strlen(text)};
    while (read.at != read.end && is_blank(*read.at))
        read.at++;
    while (read.end != read.at && is_blank(read.end[-1]))
        read.end--;
    return read;
}

static caus_excerpt shown(span read)
{
    return caus_excerpt_of(read.at, (size_t)(read.end - read.at));
}

/* The last time a clock showed these seconds of a day, in a fixed zone. */
static int64_t last_clock_time(const caus_civil *clock, int64_t now_ns)
{
    int64_t zone_seconds = clock->zone_minutes * INT64_C(60);
    int64_t local = now_ns / CAUS_NS_A_SECOND + zone_seconds;
    int64_t midnight =
        local - (local % day_seconds + day_seconds) % day_seconds;
    caus_civil today = *clock;
    today.seconds += midnight;
    if (caus_time_of_civil(&today) > now_ns)
        today.seconds -= day_seconds;
    return caus_time_of_civil(&today);
}

/* The same wall-clock reading in the zone that TZ names. */
static bool local_reading(const caus_civil *utc, bool clock_only,
                          int64_t now_ns, int64_t *time_ns, char zone[32])
{
    time_t wall =
        (time_t)(clock_only ? now_ns / CAUS_NS_A_SECOND : utc->seconds);
    struct tm parts;
    if (clock_only ? !localtime_r(&wall, &parts) : !gmtime_r(&wall, &parts))
        return false;
    if (clock_only) {
        parts.tm_hour = 0;
        parts.tm_min = 0;
        parts.tm_sec = (int)utc->seconds;
    }
    parts.tm_isdst = -1;
    struct tm asked = parts;
    time_t seconds = mktime(&parts);
    if (clock_only && seconds > now_ns / CAUS_NS_A_SECOND) {
        parts = asked;
        parts.tm_mday--;
        seconds = mktime(&parts);
    }
    if (seconds == (time_t)-1)
        return false;
    *time_ns = seconds * CAUS_NS_A_SECOND + utc->nanoseconds;
    return strftime(zone, 32, "%Z, UTC%z", &parts) > 0;
}

static caus_status fail_without_zone(span read, caus_civil civil,
                                     bool clock_only, int64_t now_ns,
                                     caus_error *err)
{
    civil.has_zone = true;
    int64_t utc_ns = clock_only ? last_clock_time(&civil, now_ns)
                                : caus_time_of_civil(&civil);
    int64_t local_ns = utc_ns;
    char zone[32] = "", utc_text[40], local_text[40];
    if (!local_reading(&civil, clock_only, now_ns, &local_ns, zone)) {
        local_ns = utc_ns;
        (void)snprintf(zone, sizeof zone, "UTC");
    }
    caus_time_format(utc_ns, utc_text);
    caus_time_format(local_ns, local_text);
    if (local_ns == utc_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the time '%s' has no zone, and this machine's is "
                         "UTC: write %s if that is meant, or give --tz",
                         shown(read).text, utc_text);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "the time '%s' has no zone: it is %s read as UTC and %s "
                     "read as local time (%s); write one of the two, or give "
                     "--tz",
                     shown(read).text, utc_text, local_text, zone);
}

static caus_status fail_form(span read, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "'%s' is no time: %s",
                     shown(read).text, TIME_FORMS);
}

/* "now", "now-2h", "now+5m". */
static caus_status parse_now(span read, int64_t now_ns, int64_t *result_ns,
                             caus_error *err)
{
    const char *at = read.at + strlen("now");
    while (at != read.end && is_blank(*at))
        at++;
    int64_t moved_ns = 0, made_ns = now_ns;
    if (at != read.end && (*at == '-' || *at == '+')) {
        bool back = *at++ == '-';
        while (at != read.end && is_blank(*at))
            at++;
        if (!caus_time_scan_duration(&at, read.end, &moved_ns))
            return fail_form(read, err);
        if (back ? __builtin_sub_overflow(now_ns, moved_ns, &made_ns)
                 : __builtin_add_overflow(now_ns, moved_ns, &made_ns))
            return fail_form(read, err);
    }
    if (at != read.end && *at == '/')
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' rounds to a day or week of an unknown zone: "
                         "write the instant itself, for example "
                         "2025-10-29T00:00:00Z",
                         shown(read).text);
    if (at != read.end)
        return fail_form(read, err);
    *result_ns = made_ns;
    return CAUS_OK;
}

/* A date or a time of day. */
static caus_status parse_civil(span read, bool clock_only, int64_t now_ns,
                               int32_t zone_offset_minutes, int64_t *result_ns,
                               caus_error *err)
{
    caus_civil civil = {0};
    const char *at = read.at;
    bool scanned = clock_only ? caus_time_scan_clock(&at, read.end, &civil)
                              : caus_time_scan_civil(&at, read.end, &civil);
    if (!scanned || at != read.end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' is no such date or time of day (years 1678 to "
                         "2261, hours 00 to 23): %s",
                         shown(read).text, TIME_FORMS);
    if (!civil.has_zone && zone_offset_minutes == INT32_MIN)
        return fail_without_zone(read, civil, clock_only, now_ns, err);
    if (!civil.has_zone)
        civil.zone_minutes = zone_offset_minutes;
    *result_ns = clock_only ? last_clock_time(&civil, now_ns)
                            : caus_time_of_civil(&civil);
    return CAUS_OK;
}

static caus_status parse_unix(span read, int64_t *result_ns, caus_error *err)
{
    const char *at = read.at;
    int64_t made_ns = 0;
    if (!caus_time_scan_decimal(&at, read.end, CAUS_NS_A_SECOND, &made_ns) ||
        at != read.end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' is no unix time in seconds (milliseconds need "
                         "a decimal point three digits from the right): %s",
                         shown(read).text, TIME_FORMS);
    *result_ns = made_ns;
    return CAUS_OK;
}

static bool looks_like_date(span read)
{
    return read.end - read.at > 4 && read.at[4] == '-';
}

static bool looks_like_number(span read)
{
    const char *at = read.at;
    if (*at == '-' || *at == '+')
        at++;
    for (; at != read.end; at++)
        if ((*at < '0' || *at > '9') && *at != '.')
            return false;
    return true;
}

caus_status caus_time_parse(const char *text, int64_t now_ns,
                            int32_t zone_offset_minutes, int64_t *result_ns,
                            caus_error *err)
{
    span read = trim(text);
    if (read.at == read.end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT, "a time is empty: %s",
                         TIME_FORMS);
    if (zone_offset_minutes != INT32_MIN &&
        (zone_offset_minutes <= -CAUS_MINUTES_A_DAY ||
         zone_offset_minutes >= CAUS_MINUTES_A_DAY))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a zone %d minutes from UTC: give less than a day",
                         (int)zone_offset_minutes);
    if (strncmp(read.at, "now", 3) == 0)
        return parse_now(read, now_ns, result_ns, err);
    if (looks_like_number(read))
        return parse_unix(read, result_ns, err);
    if (looks_like_date(read))
        return parse_civil(read, false, now_ns, zone_offset_minutes, result_ns,
                           err);
    if (memchr(read.at, ':', (size_t)(read.end - read.at)))
        return parse_civil(read, true, now_ns, zone_offset_minutes, result_ns,
                           err);
    const char *at = read.at;
    int64_t back_ns = 0, made_ns = 0;
    if (!caus_time_scan_duration(&at, read.end, &back_ns) || at != read.end ||
        __builtin_sub_overflow(now_ns, back_ns, &made_ns))
        return fail_form(read, err);
    *result_ns = made_ns;
    return CAUS_OK;
}

caus_status caus_duration_parse(const char *text, int64_t *result_ns,
                                caus_error *err)
{
    span read = trim(text);
    const char *at = read.at;
    int64_t duration_ns = 0;
    if (!caus_time_scan_duration(&at, read.end, &duration_ns) || at != read.end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' is no duration: write a number with a unit (ms, "
                         "s, m, h, d, w), large units first, for example 90s "
                         "or 1h30m",
                         shown(read).text);
    *result_ns = duration_ns;
    return CAUS_OK;
}

/* ".25" for 250,000,000 ns, in groups of three digits; nothing for zero. */
static void format_fraction(int64_t nanoseconds, char text[12])
{
    text[0] = '\0';
    if (nanoseconds == 0)
        return;
    (void)snprintf(text, 12, ".%09d", (int)nanoseconds);
    size_t length = strlen(text);
    while (length > 4 && strcmp(text + length - 3, "000") == 0)
        text[length -= 3] = '\0';
}

void caus_time_format(int64_t time_ns, char text[40])
{
    int64_t fraction_ns = time_ns % CAUS_NS_A_SECOND;
    int64_t seconds = time_ns / CAUS_NS_A_SECOND;
    if (fraction_ns < 0) {
        fraction_ns += CAUS_NS_A_SECOND;
        seconds--;
    }
    time_t wall = (time_t)seconds;
    struct tm parts;
    char fraction[12];
    format_fraction(fraction_ns, fraction);
    gmtime_r(&wall, &parts); /* years 1677 to 2262 always fit */
    size_t length = strftime(text, 40, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + length, 40 - length, "%sZ", fraction);
}

/* Adds "3 h" after what is there; `amount` 0 adds nothing. */
static size_t add_amount(char text[40], size_t length, uint64_t amount,
                         const char *unit)
{
    if (amount == 0)
        return length;
    int added = snprintf(text + length, 40 - length, "%s%llu %s",
                         length && text[length - 1] != '-' ? " " : "",
                         (unsigned long long)amount, unit);
    return length + (size_t)added;
}

/* Less than a second: in the largest unit that leaves no fraction. */
static void add_small(char text[40], size_t length, uint64_t ns)
{
    if (ns % 1000000 == 0)
        add_amount(text, length, ns / 1000000, "ms");
    else if (ns % 1000 == 0)
        add_amount(text, length, ns / 1000, "µs");
    else
        add_amount(text, length, ns, "ns");
}

void caus_duration_format(int64_t duration_ns, char text[40])
{
    uint64_t rest =
        duration_ns < 0 ? -(uint64_t)duration_ns : (uint64_t)duration_ns;
    size_t length = 0;
    text[0] = '\0';
    if (duration_ns < 0) {
        text[length++] = '-';
        text[length] = '\0';
    }
    const uint64_t second = (uint64_t)CAUS_NS_A_SECOND;
    if (rest < second && rest > 0) {
        add_small(text, length, rest);
        return;
    }
    length = add_amount(text, length, rest / (86400 * second), "d");
    length = add_amount(text, length, rest / (3600 * second) % 24, "h");
    length = add_amount(text, length, rest / (60 * second) % 60, "min");
    uint64_t seconds = rest / second % 60;
    char fraction[12];
    format_fraction((int64_t)(rest % second), fraction);
    while (fraction[0] && fraction[strlen(fraction) - 1] == '0')
        fraction[strlen(fraction) - 1] = '\0';
    if (seconds || fraction[0] || duration_ns == 0)
        (void)snprintf(text + length, 40 - length, "%s%llu%s s",
                       length && text[length - 1] != '-' ? " " : "",
                       (unsigned long long)seconds, fraction);
}
