/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds what must not leave the house in a recording: e-mail addresses,
 * credentials, network addresses and tokens. Each matcher looks at one place;
 * the first that fits wins. docs/design/0009 lists what is and is not found.
 */
#include <string.h>
#include <strings.h>

#include "recording_internal.h"

static bool is_space(unsigned char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_word(unsigned char byte)
{
    return caus_is_alnum(byte) || byte == '_' || byte == '-';
}

/* Between parts of an address, also as regular expressions write it: . \. \\.
 * Returns its length. */
static size_t dot_length(caus_span text, size_t at)
{
    size_t end = at;
    while (end < at + 2 && caus_span_at(text, end) == '\\')
        end++;
    return caus_span_at(text, end) == '.' ? end + 1 - at : 0;
}

/* ---- user and password of a URL ---- */

static bool match_credentials(caus_span text, size_t at, caus_secret *found)
{
    if (text.length - at < 4 || memcmp(text.bytes + at, "://", 3) != 0)
        return false;
    size_t start = at + 3, last = 0;
    for (size_t i = start; i < text.length; i++) {
        unsigned char byte = caus_span_at(text, i);
        if (is_space(byte) || strchr("/?#\"'<>`", byte))
            break;
        if (byte == '@')
            last = i;
    }
    if (last <= start)
        return false;
    *found = (caus_secret){CAUS_SECRET_CREDENTIALS, start, last - start};
    return true;
}

/* ---- values that a word before them makes secret ---- */

static bool ends_with(caus_span word, const char *end)
{
    size_t length = strlen(end);
    return word.length >= length &&
           strncasecmp(word.bytes + word.length - length, end, length) == 0;
}

bool caus_secret_is_key(caus_span name)
{
    static const char *const ends[] = {
        "password",    "passwd",      "passphrase",   "secret",
        "token",       "apikey",      "api_key",      "api-key",
        "access_key",  "access-key",  "secret_key",   "secret-key",
        "private_key", "private-key", "authorization"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

static bool is_scheme(caus_span word)
{
    static const char *const schemes[] = {"bearer", "basic"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (word.length == strlen(schemes[i]) && ends_with(word, schemes[i]))
            return true;
    return false;
}

static caus_span word_at(caus_span text, size_t at)
{
    size_t end = at;
    while (is_word(caus_span_at(text, end)))
        end++;
    return (caus_span){text.bytes + at, end - at};
}

static size_t skip_spaces(caus_span text, size_t at)
{
    while (is_space(caus_span_at(text, at)))
        at++;
    return at;
}

/* Digits, or case that changes inside: not a word of a sentence. */
static bool looks_secret(caus_span value)
{
    size_t changes = 0;
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = caus_span_at(value, i);
        if (caus_is_digit(byte))
            return true;
        changes += i > 1 && caus_is_upper(byte) !=
                                caus_is_upper(caus_span_at(value, i - 1));
    }
    return changes >= 3;
}

static size_t value_end(caus_span text, size_t at)
{
    while (at < text.length && !is_space(caus_span_at(text, at)) &&
           !strchr("\"'`,;&<>(){}[]\\", caus_span_at(text, at)))
        at++;
    return at;
}

/* "Bearer …": what follows the name of a scheme. */
static bool match_scheme(caus_span text, size_t at, bool certain,
                         caus_secret *found)
{
    enum { SHORTEST = 8 };
    caus_span word = word_at(text, at);
    if (!is_scheme(word))
        return false;
    size_t start = at + word.length;
    if (text.length - start > 3 && memcmp(text.bytes + start, "%20", 3) == 0)
        start += 3;
    else if (is_space(caus_span_at(text, start)))
        start = skip_spaces(text, start);
    else
        return false;
    caus_span value = {text.bytes + start, value_end(text, start) - start};
    if (!value.length ||
        (!certain && (value.length < SHORTEST || !looks_secret(value))))
        return false;
    *found = (caus_secret){CAUS_SECRET_TOKEN, start, value.length};
    return true;
}

/* After a key: = : =~ != with spaces and quotes around. 0 if there is none. */
static size_t skip_assignment(caus_span text, size_t at, bool *spaced)
{
    while (strchr("\"'\\", caus_span_at(text, at)) && caus_span_at(text, at))
        at++;
    size_t sign = skip_spaces(text, at), end = sign;
    while (end < sign + 2 && caus_span_at(text, end) &&
           strchr("=:~!", caus_span_at(text, end)))
        end++;
    if (end == sign)
        return 0;
    size_t quote = skip_spaces(text, end);
    size_t start = quote;
    while (caus_span_at(text, start) &&
           strchr("\"'`\\", caus_span_at(text, start)))
        start++;
    *spaced = quote > end && start == quote;
    return start;
}

/* password=…, "api_key": "…", Authorization: Basic … */
static bool match_key(caus_span text, size_t at, caus_secret *found)
{
    enum { SHORTEST = 4 };
    caus_span word = word_at(text, at);
    if (!caus_secret_is_key(word))
        return false;
    bool spaced = false;
    size_t start = skip_assignment(text, at + word.length, &spaced);
    if (!start)
        return false;
    if (match_scheme(text, start, true, found))
        return true;
    caus_span value = {text.bytes + start, value_end(text, start) - start};
    /* In "unexpected token: identifier" the value is a word. */
    if (value.length < SHORTEST || (spaced && !looks_secret(value)))
        return false;
    *found = (caus_secret){CAUS_SECRET_TOKEN, start, value.length};
    return true;
}

/* ---- e-mail ---- */

static bool is_local(unsigned char byte)
{
    return caus_is_alnum(byte) || byte >= 0x80 ||
           (byte && strchr("._%+-", byte));
}

static bool is_domain(unsigned char byte)
{
    return caus_is_alnum(byte) || byte >= 0x80 || byte == '-';
}

/* Where the domain ends; 0 unless it has a dot and a last part of letters. */
static size_t domain_end(caus_span text, size_t at)
{
    size_t end = 0, start = at;
    for (size_t parts = 1;; parts++) {
        size_t i = start;
        bool letters = true;
        for (; is_domain(caus_span_at(text, i)); i++)
            letters = letters && !caus_is_digit(caus_span_at(text, i)) &&
                      caus_span_at(text, i) != '-';
        if (i == start)
            return end;
        if (parts > 1 && letters && i - start >= 2)
            end = i;
        size_t dot = dot_length(text, i);
        if (!dot)
            return end == i ? end : 0;
        start = i + dot;
    }
}

/* One try for each run of local characters, so the cost stays linear. */
static bool match_email(caus_span text, size_t at, caus_secret *found)
{
    if (!is_local(caus_span_at(text, at)) ||
        is_local(caus_span_before(text, at)))
        return false;
    size_t sign = at, after = 0;
    for (; is_local(caus_span_at(text, sign)); sign++) {
        if (sign > at && caus_span_at(text, sign) == '%' &&
            caus_span_at(text, sign + 1) == '4' &&
            caus_span_at(text, sign + 2) == '0') {
            after = sign + 3;
            break;
        }
    }
    if (!after && sign > at && caus_span_at(text, sign) == '@')
        after = sign + 1;
    size_t end = after ? domain_end(text, after) : 0;
    if (!end)
        return false;
    *found = (caus_secret){CAUS_SECRET_EMAIL, at, end - at};
    return true;
}

/* ---- network addresses ---- */

/* Four numbers up to 255 between dots (or, in host names, dashes). Returns
 * where they end, 0 if they are none. */
static size_t quad_end(caus_span text, size_t at, bool dashes)
{
    size_t end = at;
    for (int part = 0; part < 4; part++) {
        if (part) {
            size_t dot =
                dashes ? caus_span_at(text, end) == '-' : dot_length(text, end);
            if (!dot)
                return 0;
            end += dot;
        }
        unsigned value = 0;
        size_t digits = 0;
        for (; caus_is_digit(caus_span_at(text, end)) && digits < 4; digits++)
            value = value * 10 + (caus_span_at(text, end++) - '0');
        if (!digits || digits > 3 || value > 255)
            return 0;
    }
    size_t dot =
        dashes ? caus_span_at(text, end) == '-' : dot_length(text, end);
    bool goes_on = caus_is_alnum(caus_span_at(text, end)) ||
                   (dot && caus_is_digit(caus_span_at(text, end + dot)));
    return goes_on ? 0 : end;
}

static bool match_ipv4(caus_span text, size_t at, caus_secret *found)
{
    unsigned char before = caus_span_before(text, at);
    if (caus_is_alnum(before))
        return false;
    size_t start = at, end = 0;
    if (text.length - at > 3 && strncasecmp(text.bytes + at, "ip-", 3) == 0) {
        start = at + 3;
        end = quad_end(text, start, true);
    } else if (before != '.') {
        end = quad_end(text, at, false);
    }
    if (!end)
        return false;
    *found = (caus_secret){CAUS_SECRET_IP, start, end - start};
    return true;
}

static bool match_mac(caus_span text, size_t at, caus_secret *found)
{
    unsigned char sign = caus_span_at(text, at + 2);
    unsigned char before = caus_span_before(text, at);
    if ((sign != ':' && sign != '-') || caus_is_alnum(before) || before == sign)
        return false;
    for (size_t part = 0; part < 6; part++) {
        size_t start = at + 3 * part;
        if (!caus_is_hex(caus_span_at(text, start)) ||
            !caus_is_hex(caus_span_at(text, start + 1)) ||
            (part < 5 && caus_span_at(text, start + 2) != sign))
            return false;
    }
    unsigned char next = caus_span_at(text, at + 17);
    if (caus_is_alnum(next) ||
        (next == sign && caus_is_alnum(caus_span_at(text, at + 18))))
        return false;
    *found = (caus_secret){CAUS_SECRET_MAC, at, 17};
    return true;
}

/* Eight groups, or fewer around one "::", with a digit among them: names such
 * as std::begin and recording rules such as job:errors:rate5m stay. */
static bool match_ipv6(caus_span text, size_t at, caus_secret *found)
{
    unsigned char before = caus_span_before(text, at);
    if (caus_is_alnum(before) || before == '_' || before == ':')
        return false;
    size_t end = at, groups = 0, gaps = 0;
    bool digit = false;
    if (caus_span_at(text, end) == ':' && caus_span_at(text, end + 1) != ':')
        return false;
    for (;;) {
        if (caus_span_at(text, end) == ':' &&
            caus_span_at(text, end + 1) == ':') {
            gaps++;
            end += 2;
        } else if (groups && caus_span_at(text, end) == ':' &&
                   caus_is_hex(caus_span_at(text, end + 1))) {
            end++;
        } else if (groups || gaps) {
            break;
        }
        size_t quad = groups || gaps ? quad_end(text, end, false) : 0;
        if (quad) {
            groups += 2;
            digit = true;
            end = quad;
            break;
        }
        size_t start = end;
        for (; caus_is_hex(caus_span_at(text, end)); end++)
            digit = digit || caus_is_digit(caus_span_at(text, end));
        if (end - start > 4)
            return false;
        if (end == start)
            break;
        groups++;
    }
    unsigned char next = caus_span_at(text, end);
    if (caus_is_alnum(next) || next == '_' || !digit || groups < 1 ||
        !(gaps ? gaps == 1 && groups <= 7 : groups == 8))
        return false;
    if (next == '%' && caus_is_alnum(caus_span_at(text, end + 1)))
        for (end++; caus_is_alnum(caus_span_at(text, end));)
            end++;
    *found = (caus_secret){CAUS_SECRET_IP, at, end - at};
    return true;
}

bool caus_secret_find(caus_span text, size_t from, caus_secret *found)
{
    for (size_t at = from; at < text.length; at++) {
        unsigned char byte = caus_span_at(text, at);
        if (byte == ':' && match_credentials(text, at, found))
            return true;
        bool word_start = is_word(byte) && !is_word(caus_span_before(text, at));
        if (word_start && (match_key(text, at, found) ||
                           match_scheme(text, at, false, found)))
            return true;
        if (match_email(text, at, found) || match_mac(text, at, found) ||
            match_ipv6(text, at, found) || match_ipv4(text, at, found) ||
            caus_secret_match_token(text, at, found))
            return true;
    }
    return false;
}
