/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of a log line tells by itself: its first line, its severity,
 * and whether it is a part of a stack. */
#include <strings.h>

#include "events/events_internal.h"

enum { MOST_LEVEL_WORDS = 6, KLOG_DIGITS = 4 };

static const char blanks[] = " \t\r\n\v\f";

const char *caus_severity_name(caus_severity severity)
{
    static const char *const names[] = {"unknown", "debug", "info", "warning",
                                        "error"};
    return (unsigned)severity < CAUS_SEVERITY_COUNT ? names[severity] : "";
}

static bool is_blank(char byte)
{
    return byte && strchr(blanks, byte);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static caus_slice without_blanks(caus_slice text)
{
    while (text.length && is_blank(*text.bytes))
        text.bytes++, text.length--;
    while (text.length && is_blank(text.bytes[text.length - 1]))
        text.length--;
    return text;
}

static bool starts_with(caus_slice text, const char *start)
{
    size_t length = strlen(start);
    return text.length >= length && memcmp(text.bytes, start, length) == 0;
}

static bool holds(caus_slice text, const char *part)
{
    return memmem(text.bytes, text.length, part, strlen(part));
}

/* ---- lines of a stack ---- */

static const char traceback[] = "Traceback (most recent call last):";

caus_slice caus_log_headline(caus_slice text)
{
    text = without_blanks(text);
    const char *line = memchr(text.bytes, '\n', text.length);
    if (!line)
        return text;
    const char *end = text.bytes + text.length;
    if (!starts_with(text, traceback))
        return without_blanks(
            (caus_slice){text.bytes, (size_t)(line - text.bytes)});
    const char *last = memrchr(text.bytes, '\n', text.length);
    return without_blanks((caus_slice){last, (size_t)(end - last)});
}

bool caus_log_continues(caus_slice text)
{
    if (starts_with(text, "\t") || starts_with(text, "  "))
        return true;
    text = without_blanks(text);
    return (starts_with(text, "at ") && holds(text, "(")) ||
           (starts_with(text, "File \"") && holds(text, ", line ")) ||
           (starts_with(text, "... ") && holds(text, " more")) ||
           (starts_with(text, "goroutine ") && holds(text, "[")) ||
           (starts_with(text, "/") && holds(text, ".go:")) ||
           starts_with(text, "Caused by: ") || starts_with(text, traceback);
}

/* ---- severity ---- */

static const struct {
    const char *word;
    caus_severity severity;
} words[] = {
    {"error", CAUS_SEVERITY_ERROR},      {"info", CAUS_SEVERITY_INFO},
    {"warn", CAUS_SEVERITY_WARN},        {"warning", CAUS_SEVERITY_WARN},
    {"debug", CAUS_SEVERITY_DEBUG},      {"trace", CAUS_SEVERITY_DEBUG},
    {"fatal", CAUS_SEVERITY_ERROR},      {"err", CAUS_SEVERITY_ERROR},
    {"critical", CAUS_SEVERITY_ERROR},   {"crit", CAUS_SEVERITY_ERROR},
    {"severe", CAUS_SEVERITY_ERROR},     {"panic", CAUS_SEVERITY_ERROR},
    {"dpanic", CAUS_SEVERITY_ERROR},     {"alert", CAUS_SEVERITY_ERROR},
    {"emerg", CAUS_SEVERITY_ERROR},      {"emergency", CAUS_SEVERITY_ERROR},
    {"exception", CAUS_SEVERITY_ERROR},  {"notice", CAUS_SEVERITY_INFO},
    {"information", CAUS_SEVERITY_INFO}, {"dbg", CAUS_SEVERITY_DEBUG},
    {"verbose", CAUS_SEVERITY_DEBUG},    {"fine", CAUS_SEVERITY_DEBUG},
    {"finer", CAUS_SEVERITY_DEBUG},      {"finest", CAUS_SEVERITY_DEBUG}};

const char *caus_severity_word(size_t number, caus_severity *severity)
{
    if (number >= sizeof words / sizeof *words)
        return NULL;
    *severity = words[number].severity;
    return words[number].word;
}

caus_severity caus_severity_of_word(caus_slice word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word.length == strlen(words[i].word) &&
            strncasecmp(word.bytes, words[i].word, word.length) == 0)
            return words[i].severity;
    return CAUS_SEVERITY_UNKNOWN;
}

/* The next word, without the marks around it. */
static caus_slice next_word(caus_slice *text, bool *is_marked)
{
    *text = without_blanks(*text);
    size_t length = 0;
    while (length < text->length && !is_blank(text->bytes[length]))
        length++;
    caus_slice word = {text->bytes, length};
    *text = (caus_slice){text->bytes + length, text->length - length};
    *is_marked = false;
    while (word.length && strchr("[(<|\"'", *word.bytes))
        word.bytes++, word.length--, *is_marked = true;
    while (word.length && strchr("])>|:,\"'", word.bytes[word.length - 1]))
        word.length--;
    return word;
}

/* The value of level=warn. */
static bool take_key(caus_slice *word)
{
    static const char *const keys[] = {
        "level=", "lvl=", "severity=", "loglevel="};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t length = strlen(keys[i]);
        if (word->length <= length ||
            strncasecmp(word->bytes, keys[i], length) != 0)
            continue;
        *word = (caus_slice){word->bytes + length, word->length - length};
        while (word->length && strchr("\"'", *word->bytes))
            word->bytes++, word->length--;
        return true;
    }
    return false;
}

static bool is_upper(caus_slice word)
{
    for (size_t i = 0; i < word.length; i++)
        if (word.bytes[i] < 'A' || word.bytes[i] > 'Z')
            return false;
    return word.length > 0;
}

/* "E1029 …", as Kubernetes' components write it. */
static caus_severity severity_of_klog(caus_slice word)
{
    static const char letters[] = "DIWEF";
    static const caus_severity severities[] = {
        CAUS_SEVERITY_DEBUG, CAUS_SEVERITY_INFO, CAUS_SEVERITY_WARN,
        CAUS_SEVERITY_ERROR, CAUS_SEVERITY_ERROR};
    if (word.length != 1 + KLOG_DIGITS)
        return CAUS_SEVERITY_UNKNOWN;
    for (size_t i = 1; i < word.length; i++)
        if (!is_digit(word.bytes[i]))
            return CAUS_SEVERITY_UNKNOWN;
    const char *found = strchr(letters, *word.bytes);
    return found ? severities[found - letters] : CAUS_SEVERITY_UNKNOWN;
}

caus_severity caus_log_severity(caus_slice text)
{
    caus_slice rest = text;
    for (size_t i = 0; i < MOST_LEVEL_WORDS && rest.length; i++) {
        bool is_marked;
        caus_slice word = next_word(&rest, &is_marked);
        bool is_value = take_key(&word);
        caus_severity found = caus_severity_of_word(word);
        /* "no error" is none: a level stands first, alone or in capitals */
        if (found && (i == 0 || is_marked || is_value || is_upper(word)))
            return found;
        if (i == 0 && (found = severity_of_klog(word)))
            return found;
    }
    return holds(text, "Exception") || starts_with(text, "panic:")
               ? CAUS_SEVERITY_ERROR
               : CAUS_SEVERITY_UNKNOWN;
}
