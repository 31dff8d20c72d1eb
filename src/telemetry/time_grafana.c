/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/excerpt.h"
#include "caus/telemetry.h"

enum { LONGEST_URL = 16 * 1024, LONGEST_TIME = 64 };

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Undoes %XX; bytes that stand for a NUL are left as they are. */
static void decode(const char *url, char decoded[LONGEST_URL])
{
    size_t length = 0;
    for (const char *at = url; *at; at++) {
        char byte = *at;
        if (byte == '%' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
            byte = (char)(hex_digit(at[1]) * 16 + hex_digit(at[2]));
            if (byte != '\0')
                at += 2;
            else
                byte = '%';
        }
        decoded[length++] = byte;
    }
    decoded[length] = '\0';
}

/*
 * The value of "?from=" or "&from=", or of "from":"…" in the range of an
 * Explore address.
 */
static bool find_value(const char *decoded, const char *name,
                       char value[LONGEST_TIME])
{
    size_t name_length = strlen(name);
    const char *found = NULL, *ends = NULL;
    for (const char *at = strstr(decoded, name); at && !found;
         at = strstr(at + 1, name)) {
        const char *after = at + name_length;
        if (at == decoded)
            continue;
        if ((at[-1] == '?' || at[-1] == '&') && *after == '=') {
            found = after + 1;
            ends = "&#";
        } else if (at[-1] == '"' && strncmp(after, "\":\"", 3) == 0) {
            found = after + 3;
            ends = "\"";
        }
    }
    size_t length = found ? strcspn(found, ends) : 0;
    if (length == 0 || length >= LONGEST_TIME)
        return false;
    memcpy(value, found, length);
    value[length] = '\0';
    return true;
}

/* Grafana counts milliseconds; everything else is a time as we know it. */
static caus_status parse_value(char value[LONGEST_TIME], int64_t now_ns,
                               int64_t *result_ns, caus_error *err)
{
    const int64_t ns_a_ms = 1000000;
    if (strspn(value, "0123456789") != strlen(value))
        return caus_time_parse(value, now_ns, INT32_MIN, result_ns, err);
    int64_t sum = 0;
    for (const char *at = value; *at; at++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, *at - '0', &sum))
            sum = INT64_MAX;
    if (__builtin_mul_overflow(sum, ns_a_ms, &sum))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' ms in the Grafana address are after the year "
                         "2262: copy the address again",
                         value);
    *result_ns = sum;
    return CAUS_OK;
}

caus_status caus_time_parse_grafana(const char *url, int64_t now_ns,
                                    int64_t *start_ns, int64_t *end_ns,
                                    caus_error *err)
{
    char decoded[LONGEST_URL], from[LONGEST_TIME], to[LONGEST_TIME];
    if (strnlen(url, LONGEST_URL) >= LONGEST_URL)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the Grafana address is over %d bytes: give --start "
                         "and --end",
                         LONGEST_URL);
    decode(url, decoded);
    if (!find_value(decoded, "from", from) || !find_value(decoded, "to", to))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "'%s' has no from=… and to=…: copy the address of the "
                         "dashboard with its time range, or give --start and "
                         "--end",
                         caus_excerpt_of(url, strlen(url)).text);
    int64_t start = 0, end = 0;
    CAUS_TRY(parse_value(from, now_ns, &start, err));
    CAUS_TRY(parse_value(to, now_ns, &end, err));
    if (start >= end)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the Grafana range from %s to %s does not end after "
                         "its start: copy the address again",
                         from, to);
    *start_ns = start;
    *end_ns = end;
    return CAUS_OK;
}
