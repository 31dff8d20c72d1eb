/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "telemetry/time_internal.h"

enum { FIRST_YEAR = 1678, LAST_YEAR = 2261 };

static const int64_t minute = 60, hour = 3600, day_seconds = 86400;

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool scan_digits(const char **cursor, const char *end, int count,
                        int *value)
{
    const char *at = *cursor;
    if (end - at < count)
        return false;
    int sum = 0;
    for (int i = 0; i < count; i++, at++) {
        if (!is_digit(*at))
            return false;
        sum = sum * 10 + (*at - '0');
    }
    *cursor = at;
    *value = sum;
    return true;
}

static bool scan_byte(const char **cursor, const char *end, char byte)
{
    if (*cursor == end || **cursor != byte)
        return false;
    ++*cursor;
    return true;
}

/* Days from 1970-01-01; years count from March so that leap days come last. */
static int64_t days_of_date(int year, int month, int day)
{
    int shifted = month > 2 ? year : year - 1;
    int since_march = month > 2 ? month - 3 : month + 9;
    int day_of_year = (153 * since_march + 2) / 5 + day - 1;
    int leap_days = shifted / 4 - shifted / 100 + shifted / 400;
    return (int64_t)shifted * 365 + leap_days + day_of_year - 719468;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day >= 1 && day <= days[month - 1] + (leap && month == 2);
}

/* " UTC", as answers write it. */
static bool scan_utc(const char **cursor, const char *end)
{
    const char *at = *cursor;
    while (scan_byte(&at, end, ' '))
        continue;
    if (end - at < 3 || memcmp(at, "UTC", 3) != 0)
        return false;
    *cursor = at + 3;
    return true;
}

static bool scan_zone(const char **cursor, const char *end, caus_civil *civil)
{
    const char *at = *cursor;
    if (scan_byte(&at, end, 'Z') || scan_byte(&at, end, 'z') ||
        scan_utc(&at, end)) {
        civil->has_zone = true;
        *cursor = at;
        return true;
    }
    if (at == end || (*at != '+' && *at != '-'))
        return true;
    int sign = *at++ == '-' ? -1 : 1;
    int hours = 0, minutes = 0;
    if (!scan_digits(&at, end, 2, &hours))
        return false;
    scan_byte(&at, end, ':');
    if (!scan_digits(&at, end, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    civil->zone_minutes = sign * (hours * 60 + minutes);
    civil->has_zone = true;
    *cursor = at;
    return true;
}

static bool scan_fraction(const char **cursor, const char *end,
                          int32_t *nanoseconds)
{
    const char *at = *cursor;
    if (!scan_byte(&at, end, '.') && !scan_byte(&at, end, ','))
        return true;
    if (at == end || !is_digit(*at))
        return false;
    int32_t sum = 0;
    for (int32_t scale = 100000000; at != end && is_digit(*at); at++) {
        sum += (*at - '0') * scale;
        scale /= 10;
    }
    *nanoseconds = sum;
    *cursor = at;
    return true;
}

bool caus_time_scan_clock(const char **cursor, const char *end,
                          caus_civil *civil)
{
    const char *at = *cursor;
    caus_civil made = {0};
    int hours = 0, minutes = 0, seconds = 0;
    if (!scan_digits(&at, end, 2, &hours) || !scan_byte(&at, end, ':') ||
        !scan_digits(&at, end, 2, &minutes))
        return false;
    if (scan_byte(&at, end, ':') &&
        (!scan_digits(&at, end, 2, &seconds) ||
         !scan_fraction(&at, end, &made.nanoseconds)))
        return false;
    if (hours > 23 || minutes > 59 || !scan_zone(&at, end, &made))
        return false;
    made.seconds = hours * hour + minutes * minute + seconds;
    /* A leap second exists only before midnight UTC; unix time counts it as
     * the second after it. */
    int64_t utc = made.seconds - made.zone_minutes * minute;
    if (seconds > 60 || (seconds == 60 && utc % day_seconds != 0))
        return false;
    *civil = made;
    *cursor = at;
    return true;
}

bool caus_time_scan_civil(const char **cursor, const char *end,
                          caus_civil *civil)
{
    const char *at = *cursor;
    int year = 0, month = 0, day = 0;
    if (!scan_digits(&at, end, 4, &year) || !scan_byte(&at, end, '-') ||
        !scan_digits(&at, end, 2, &month) || !scan_byte(&at, end, '-') ||
        !scan_digits(&at, end, 2, &day) || !is_date(year, month, day))
        return false;
    caus_civil made = {0};
    bool has_clock = at != end && (*at == 'T' || *at == 't' || *at == ' ');
    if (has_clock) {
        at++;
        if (!caus_time_scan_clock(&at, end, &made))
            return false;
    } else if (!scan_zone(&at, end, &made)) {
        return false;
    }
    made.seconds += days_of_date(year, month, day) * day_seconds;
    *civil = made;
    *cursor = at;
    return true;
}

int64_t caus_time_of_civil(const caus_civil *civil)
{
    return (civil->seconds - civil->zone_minutes * minute) * CAUS_NS_A_SECOND +
           civil->nanoseconds;
}

bool caus_time_scan_decimal(const char **cursor, const char *end,
                            int64_t unit_ns, int64_t *result_ns)
{
    const char *at = *cursor;
    bool negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+'))
        at++;
    const char *first_digit = at;
    int64_t sum = 0;
    for (; at != end && is_digit(*at); at++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, *at - '0', &sum))
            return false;
    size_t digits = (size_t)(at - first_digit);
    if (__builtin_mul_overflow(sum, unit_ns, &sum))
        return false;
    if (at != end && *at == '.') {
        at++;
        const char *first_decimal = at;
        for (int64_t scale = unit_ns / 10; at != end && is_digit(*at); at++) {
            if (__builtin_add_overflow(sum, (*at - '0') * scale, &sum))
                return false;
            scale /= 10;
        }
        digits += (size_t)(at - first_decimal);
    }
    if (digits == 0)
        return false;
    *result_ns = negative ? -sum : sum;
    *cursor = at;
    return true;
}

typedef struct unit {
    const char *name;
    int64_t ns;
} unit;

static const unit units[] = {{"w", 604800 * CAUS_NS_A_SECOND},
                             {"d", 86400 * CAUS_NS_A_SECOND},
                             {"h", 3600 * CAUS_NS_A_SECOND},
                             {"min", 60 * CAUS_NS_A_SECOND},
                             {"m", 60 * CAUS_NS_A_SECOND},
                             {"s", CAUS_NS_A_SECOND},
                             {"ms", 1000000},
                             {"µs", 1000},
                             {"us", 1000},
                             {"ns", 1}};

static const unit *find_unit(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].name) == length &&
            memcmp(units[i].name, name, length) == 0)
            return &units[i];
    return NULL;
}

static const unit *scan_unit(const char **cursor, const char *end)
{
    const char *at = *cursor;
    while (at != end && (((unsigned char)*at | 0x20) >= 'a' || *at & 0x80) &&
           *at != '_')
        at++;
    const unit *found = find_unit(*cursor, (size_t)(at - *cursor));
    if (found)
        *cursor = at;
    return found;
}

static void skip_blanks(const char **cursor, const char *end)
{
    while (*cursor != end && **cursor == ' ')
        ++*cursor;
}

bool caus_time_scan_duration(const char **cursor, const char *end,
                             int64_t *result_ns)
{
    const char *at = *cursor;
    int64_t sum = 0, last_unit_ns = INT64_MAX;
    while (at != end && is_digit(*at)) {
        const char *number = at;
        int64_t part = 0;
        if (!caus_time_scan_decimal(&at, end, 1, &part))
            return false;
        skip_blanks(&at, end);
        const unit *found = scan_unit(&at, end);
        if (!found || found->ns >= last_unit_ns ||
            !caus_time_scan_decimal(&number, end, found->ns, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
        last_unit_ns = found->ns;
        *cursor = at;
        skip_blanks(&at, end);
    }
    *result_ns = sum;
    return last_unit_ns != INT64_MAX;
}
