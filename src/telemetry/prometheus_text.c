/* SPDX-License-Identifier: Apache-2.0 */
/* The escapes of JSON texts. */
#include <ctype.h>
#include <string.h>

#include "telemetry/prometheus_scan.h"

static bool read_hex4(const char *at, const char *end, uint32_t *value)
{
    if (end - at < 4)
        return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        char byte = at[i];
        if (!isxdigit((unsigned char)byte))
            return false;
        uint32_t digit = byte <= '9' ? (uint32_t)(byte - '0')
                                     : (uint32_t)((byte | 32) - 'a' + 10);
        *value = *value << 4 | digit;
    }
    return true;
}

static char *put_utf8(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    } else {
        *to++ = (char)(0xf0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3f));
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
        *to++ = (char)(0x80 | (point & 0x3f));
    }
    return to;
}

/* Reads \uXXXX, with its second half where there is one; NUL and lone halves
 * become U+FFFD. Returns what follows, NULL if malformed. */
static const char *read_unicode(const char *at, const char *end,
                                uint32_t *point)
{
    if (!read_hex4(at, end, point))
        return NULL;
    at += 4;
    uint32_t low;
    if (*point >= 0xd800 && *point < 0xdc00 && end - at >= 6 && at[0] == '\\' &&
        at[1] == 'u' && read_hex4(at + 2, end, &low) && low >= 0xdc00 &&
        low < 0xe000) {
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
        return at + 6;
    }
    if (*point == 0 || (*point >= 0xd800 && *point < 0xe000))
        *point = 0xfffd;
    return at;
}

/* In place: no escape is shorter than what it stands for. */
bool caus_scan_unescape(caus_text *text)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *at = text->bytes, *end = text->bytes + text->length;
    char *to = text->bytes;
    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        if (end - at < 2)
            return false;
        char kind = at[1];
        at += 2;
        const char *found = kind ? strchr(names, kind) : NULL;
        if (found) {
            *to++ = meant[found - names];
        } else {
            uint32_t point;
            at = kind == 'u' ? read_unicode(at, end, &point) : NULL;
            if (!at)
                return false;
            to = put_utf8(to, point);
        }
    }
    *to = '\0';
    text->length = (size_t)(to - text->bytes);
    return true;
}
