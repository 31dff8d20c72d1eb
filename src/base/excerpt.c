/* SPDX-License-Identifier: Apache-2.0 */
#include "base/excerpt.h"

#include <string.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

size_t caus_utf8_character(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return 1;
    size_t wanted = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || length < wanted)
        return 0;
    for (size_t i = 1; i < wanted; i++)
        if (!is_continuation(byte[i]))
            return 0;
    bool overlong = (byte[0] == 0xe0 && byte[1] < 0xa0) ||
                    (byte[0] == 0xf0 && byte[1] < 0x90);
    bool outside = (byte[0] == 0xed && byte[1] > 0x9f) ||
                   (byte[0] == 0xf4 && byte[1] > 0x8f);
    return overlong || outside ? 0 : wanted;
}

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

caus_excerpt caus_excerpt_of(const char *text, size_t length)
{
    caus_excerpt made = {""};
    enum { DOTS = 3 };
    size_t used = 0, at = 0;
    while (at < length) {
        size_t bytes = caus_utf8_character(text + at, length - at);
        bool shown = bytes > 0 && !is_control(text[at]);
        if (used + (shown ? bytes : 1) > sizeof made.text - DOTS - 1) {
            memcpy(made.text + used, "...", DOTS);
            break;
        }
        if (shown)
            memcpy(made.text + used, text + at, bytes);
        else
            made.text[used] = '?';
        used += shown ? bytes : 1;
        at += bytes ? bytes : 1;
    }
    return made;
}

bool caus_utf8_is_valid(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t bytes = caus_utf8_character(text + at, length - at);
        if (!bytes)
            return false;
        at += bytes;
    }
    return true;
}

bool caus_text_has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_control(text[i]))
            return true;
    return false;
}
