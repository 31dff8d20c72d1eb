/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random tokens, told from names by how often neighbouring characters change
 * their class. In random base62 about 62 % do; in camel-case identifiers with
 * digits about 30 %. docs/design/0009 has the counts behind the limits.
 */
#include <string.h>

#include "recording_internal.h"

enum {
    SHORTEST_HEX = 24,
    SHORTEST_MIXED = 20, /* upper case, lower case and digits */
    SHORTEST_PLAIN = 24, /* one case and digits */
    MIXED_PERCENT = 40,  /* of neighbours change their class */
    PLAIN_PERCENT = 20,
    PLAIN_DIGITS = 4,
    SEPARATOR_EVERY = 10
};

static bool is_separator(unsigned char byte)
{
    return byte == '+' || byte == '/' || byte == '-' || byte == '_';
}

static bool is_run(unsigned char byte)
{
    return caus_is_alnum(byte) || is_separator(byte);
}

static size_t skip_padding(caus_span text, size_t at)
{
    size_t end = at;
    while (end < at + 2 && caus_span_at(text, end) == '=')
        end++;
    /* `name="…` is a matcher, not padding. */
    unsigned char next = caus_span_at(text, end);
    return next == '"' || next == '~' || next == '=' ? at : end;
}

static int class_of(unsigned char byte)
{
    return caus_is_digit(byte) ? 1 : caus_is_upper(byte) ? 2 : 3;
}

typedef struct census {
    size_t digits, uppers, lowers, separators;
    size_t pairs;   /* of letters or digits side by side */
    size_t changes; /* pairs of two classes */
} census;

static census take_census(caus_span text, size_t start, size_t end)
{
    census seen = {0};
    for (size_t i = start; i < end; i++) {
        unsigned char byte = caus_span_at(text, i);
        seen.digits += caus_is_digit(byte);
        seen.uppers += caus_is_upper(byte);
        seen.lowers += caus_is_lower(byte);
        if (is_separator(byte)) {
            seen.separators++;
        } else if (i > start && !is_separator(caus_span_at(text, i - 1))) {
            seen.pairs++;
            seen.changes +=
                class_of(byte) != class_of(caus_span_at(text, i - 1));
        }
    }
    return seen;
}

static bool is_random(caus_span text, size_t start, size_t end)
{
    size_t length = end - start;
    if (length < SHORTEST_MIXED)
        return false;
    census seen = take_census(text, start, end);
    if (!seen.digits || seen.separators * SEPARATOR_EVERY > length)
        return false;
    if (seen.uppers && seen.lowers)
        return seen.changes * 100 >= seen.pairs * MIXED_PERCENT;
    return length >= SHORTEST_PLAIN && seen.uppers + seen.lowers > 0 &&
           !seen.separators && seen.digits >= PLAIN_DIGITS &&
           seen.changes * 100 >= seen.pairs * PLAIN_PERCENT;
}

static bool match_uuid(caus_span text, size_t at, caus_secret *found)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    if (caus_span_before(text, at) == '-')
        return false;
    size_t end = at;
    for (size_t g = 0; g < 5; g++) {
        if (g && caus_span_at(text, end++) != '-')
            return false;
        for (size_t i = 0; i < groups[g]; i++)
            if (!caus_is_hex(caus_span_at(text, end++)))
                return false;
    }
    unsigned char next = caus_span_at(text, end);
    if (caus_is_alnum(next) || next == '-')
        return false;
    *found = (caus_secret){CAUS_SECRET_TOKEN, at, end - at};
    return true;
}

static bool match_hex(caus_span text, size_t at, caus_secret *found)
{
    bool prefixed = caus_span_at(text, at) == '0' &&
                    (caus_span_at(text, at + 1) | 0x20) == 'x';
    size_t end = prefixed ? at + 2 : at;
    while (caus_is_hex(caus_span_at(text, end)))
        end++;
    if (end - at < SHORTEST_HEX || caus_is_alnum(caus_span_at(text, end)))
        return false;
    *found = (caus_secret){CAUS_SECRET_TOKEN, at, end - at};
    return true;
}

/* Beginnings that issuers give their tokens, and how much follows at least. */
static bool match_known(caus_span text, size_t at, caus_secret *found)
{
    static const struct {
        const char *start;
        size_t rest;
    } known[] = {{"eyJ", 17},    {"AKIA", 12},  {"ASIA", 12},
                 {"ghp_", 16},   {"gho_", 16},  {"ghs_", 16},
                 {"ghu_", 16},   {"ghr_", 16},  {"github_pat_", 16},
                 {"glpat-", 16}, {"glsa_", 16}, {"sk_live_", 10},
                 {"xoxb-", 10},  {"xoxp-", 10}, {"AIza", 30}};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        size_t length = strlen(known[k].start);
        if (text.length - at < length ||
            memcmp(text.bytes + at, known[k].start, length) != 0)
            continue;
        size_t end = at + length;
        for (;; end++) {
            unsigned char byte = caus_span_at(text, end);
            bool inner_dot =
                byte == '.' && caus_is_alnum(caus_span_at(text, end + 1));
            if (!caus_is_alnum(byte) && byte != '_' && byte != '-' &&
                !inner_dot)
                break;
        }
        if (end - at < length + known[k].rest)
            continue;
        *found = (caus_secret){CAUS_SECRET_TOKEN, at, end - at};
        return true;
    }
    return false;
}

static bool match_run(caus_span text, size_t at, size_t end, caus_secret *found)
{
    if (!is_random(text, at, end))
        return false;
    end = skip_padding(text, end);
    *found = (caus_secret){CAUS_SECRET_TOKEN, at, end - at};
    return true;
}

/* A whole run of base64 characters, or one stretch of letters and digits. */
static bool match_base64(caus_span text, size_t at, caus_secret *found)
{
    size_t word_end = at;
    while (caus_is_alnum(caus_span_at(text, word_end)))
        word_end++;
    size_t run_end = word_end;
    unsigned char before = caus_span_before(text, at);
    bool in_path = before == '/';
    /* Once for each run, so that the cost stays linear. A separator before it
     * may be its first character; in a path each part stands alone. */
    bool run_start = !is_separator(before) || in_path || at < 2 ||
                     !is_run(caus_span_at(text, at - 2));
    while (run_start && is_run(caus_span_at(text, run_end)) &&
           !(in_path && caus_span_at(text, run_end) == '/'))
        run_end++;
    return match_run(text, at, run_end, found) ||
           match_run(text, at, word_end, found);
}

bool caus_secret_match_token(caus_span text, size_t at, caus_secret *found)
{
    if (!caus_is_alnum(caus_span_at(text, at)) ||
        caus_is_alnum(caus_span_before(text, at)))
        return false;
    return match_known(text, at, found) || match_uuid(text, at, found) ||
           match_hex(text, at, found) || match_base64(text, at, found);
}
