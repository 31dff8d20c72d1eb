/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "telemetry/events_internal.h"
#include "telemetry/prometheus_scan.h"

typedef enum json_kind {
    JSON_TEXT, /* between the quotes, escapes as written */
    JSON_WORD, /* a number, true, false */
    JSON_NULL,
    JSON_NESTED
} json_kind;

typedef struct json_field {
    caus_slice key;
    caus_slice value;
    json_kind kind;
} json_field;

static void skip_blanks(const char **at, const char *end)
{
    while (*at != end && (**at == ' ' || **at == '\t' || **at == '\r'))
        ++*at;
}

static bool take(const char **at, const char *end, char byte)
{
    skip_blanks(at, end);
    if (*at == end || **at != byte)
        return false;
    ++*at;
    return true;
}

/* The bytes between quotes; `at` is behind the opening one. */
static bool take_string(const char **at, const char *end, caus_slice *text)
{
    const char *from = *at;
    for (const char *byte = from; byte != end; byte++) {
        if (*byte == '\\') {
            if (++byte == end)
                return false;
        } else if (*byte == '"') {
            *text = (caus_slice){from, (size_t)(byte - from)};
            *at = byte + 1;
            return true;
        }
    }
    return false;
}

/* Passes over an object or array; brackets are counted, not matched. */
static bool skip_nested(const char **at, const char *end)
{
    size_t depth = 0;
    while (*at != end) {
        char byte = *(*at)++;
        caus_slice ignored;
        if (byte == '"' && !take_string(at, end, &ignored))
            return false;
        depth += byte == '{' || byte == '[';
        if (byte == '}' || byte == ']')
            depth--;
        if (depth == 0)
            return true;
    }
    return false;
}

static bool take_value(const char **at, const char *end, json_field *field)
{
    skip_blanks(at, end);
    if (*at == end)
        return false;
    const char *from = *at;
    if (*from == '"') {
        ++*at;
        field->kind = JSON_TEXT;
        return take_string(at, end, &field->value);
    }
    if (*from == '{' || *from == '[') {
        field->kind = JSON_NESTED;
        field->value = (caus_slice){from, 0};
        return skip_nested(at, end);
    }
    while (*at != end && !strchr(",} \t\r", **at))
        ++*at;
    field->value = (caus_slice){from, (size_t)(*at - from)};
    field->kind = field->value.length == 4 && memcmp(from, "null", 4) == 0
                      ? JSON_NULL
                      : JSON_WORD;
    return field->value.length > 0;
}

/* Reads the next field: 1 = read, 0 = the object is closed and the line with
 * it, −1 = malformed. */
static int next_field(const char **at, const char *end, bool *is_first,
                      json_field *field)
{
    if (take(at, end, '}')) {
        skip_blanks(at, end);
        return *at == end ? 0 : -1;
    }
    if (!*is_first && !take(at, end, ','))
        return -1;
    *is_first = false;
    if (!take(at, end, '"') || !take_string(at, end, &field->key) ||
        !take(at, end, ':') || !take_value(at, end, field))
        return -1;
    return 1;
}

static bool is_named(caus_slice key, const char *const *names)
{
    for (; *names; names++)
        if (key.length && **names == *key.bytes &&
            strlen(*names) == key.length &&
            memcmp(*names, key.bytes, key.length) == 0)
            return true;
    return false;
}

static int take_wanted(const json_field *field, caus_json_wanted *wanted)
{
    if (wanted->is_present || !is_named(field->key, wanted->names) ||
        field->kind == JSON_NESTED || field->kind == JSON_NULL)
        return 1;
    wanted->is_present = true;
    caus_text_add_bytes(&wanted->text, field->value.bytes, field->value.length);
    if (wanted->text.failed)
        return 0;
    return field->kind != JSON_TEXT || caus_scan_unescape(&wanted->text) ? 1
                                                                         : -1;
}

int caus_json_line_read(const char *at, const char *end,
                        caus_json_wanted *wanted, size_t count)
{
    if (!caus_wanted_clear(wanted, count))
        return 0;
    if (!take(&at, end, '{'))
        return -1;
    bool is_first = true;
    for (;;) {
        json_field field;
        int read = next_field(&at, end, &is_first, &field);
        if (read <= 0)
            return read < 0 ? -1 : 1;
        for (size_t i = 0; i < count; i++) {
            int taken = take_wanted(&field, &wanted[i]);
            if (taken <= 0)
                return taken;
        }
    }
}
