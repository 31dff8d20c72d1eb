/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a log line, what varies in them being masked. */
#include "events/events_internal.h"

static const char wildcard[] = "<*>";
const caus_slice caus_log_wildcard = {wildcard, sizeof wildcard - 1};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alphanumeric(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool ends_with_wildcard(const char *from, const char *to)
{
    size_t length = sizeof wildcard - 1;
    return (size_t)(to - from) >= length &&
           memcmp(to - length, wildcard, length) == 0;
}

/* Whether the mask at the end goes on after this byte: "<*>.<*>" is one. */
static bool joins_masks(const char *from, const char *to)
{
    return to - from >= 4 && strchr(".:-/_", to[-1]) &&
           ends_with_wildcard(from, to - 1);
}

/* Writes a word with masks for all that holds digits; returns its end. A run
 * of n letters and digits takes at most n + 2 bytes. */
static char *mask_word(const char *at, const char *end, char *to)
{
    char *from = to;
    while (at != end) {
        if (!is_alphanumeric(*at)) {
            *to++ = *at++;
            continue;
        }
        const char *run = at;
        bool has_digit = false;
        for (; at != end && is_alphanumeric(*at); at++)
            has_digit = has_digit || is_digit(*at);
        if (!has_digit) {
            memcpy(to, run, (size_t)(at - run));
            to += at - run;
        } else if (joins_masks(from, to)) {
            to--;
        } else {
            memcpy(to, wildcard, sizeof wildcard - 1);
            to += sizeof wildcard - 1;
        }
    }
    return to;
}

size_t caus_log_split(caus_slice text, caus_slice *words, char *masked)
{
    const char *at = text.bytes, *end = text.bytes + text.length;
    char *to = masked;
    size_t count = 0;
    /* a word of n bytes is masked into at most 2 n + 1 of them */
    const char *last = masked + (size_t)2 * CAUS_LOG_TEXT_BYTES;
    while (count < CAUS_LOG_WORDS) {
        while (at != end && is_blank(*at))
            at++;
        const char *from = at;
        while (at != end && !is_blank(*at))
            at++;
        if (from == at || last - to < 2 * (at - from) + 1)
            break;
        char *word = to;
        to = mask_word(from, at, to);
        words[count++] = (caus_slice){word, (size_t)(to - word)};
    }
    return count;
}
