/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include <string.h>

#include "base/base.h"
#include "base/excerpt.h"

void caus_json_init(caus_json *json, caus_text *text, int indent)
{
    *json = (caus_json){.text = text, .indent = indent, .first = true};
}

static void break_line(caus_json *json)
{
    if (json->indent <= 0)
        return;
    caus_text_add_char(json->text, '\n');
    for (int i = 0; i < json->depth * json->indent; i++)
        caus_text_add_char(json->text, ' ');
}

static void before_value(caus_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (!json->first)
        caus_text_add_char(json->text, ',');
    if (json->depth > 0)
        break_line(json);
    json->first = false;
}

static void begin(caus_json *json, char bracket)
{
    before_value(json);
    caus_text_add_char(json->text, bracket);
    json->depth++;
    json->first = true;
}

static void end(caus_json *json, char bracket)
{
    bool empty = json->first;
    json->depth--;
    if (!empty)
        break_line(json);
    caus_text_add_char(json->text, bracket);
    json->first = false;
}

void caus_json_begin_object(caus_json *json)
{
    begin(json, '{');
}

void caus_json_end_object(caus_json *json)
{
    end(json, '}');
}

void caus_json_begin_array(caus_json *json)
{
    begin(json, '[');
}

void caus_json_end_array(caus_json *json)
{
    end(json, ']');
}

/* A character beyond ASCII as it is; a byte that is not UTF-8 as U+FFFD, so
 * that what is written is JSON whatever was read. Returns the bytes used. */
static size_t add_wide(caus_text *text, const char *at, size_t left)
{
    size_t bytes = caus_utf8_character(at, left);
    if (bytes == 0) {
        caus_text_add(text, "\xef\xbf\xbd");
        return 1;
    }
    caus_text_add_bytes(text, at, bytes);
    return bytes;
}

static void add_quoted(caus_text *text, const char *value)
{
    caus_text_add_char(text, '"');
    const char *end = value + strlen(value);
    for (const char *at = value; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x80)
            at += add_wide(text, at, (size_t)(end - at)) - 1;
        else if (byte == '"' || byte == '\\')
            caus_text_format(text, "\\%c", byte);
        else if (byte == '\n')
            caus_text_add(text, "\\n");
        else if (byte == '\t')
            caus_text_add(text, "\\t");
        else if (byte < 0x20 || byte == 0x7f)
            caus_text_format(text, "\\u%04x", byte);
        else
            caus_text_add_char(text, *at);
    }
    caus_text_add_char(text, '"');
}

void caus_json_key(caus_json *json, const char *key)
{
    before_value(json);
    add_quoted(json->text, key);
    caus_text_add(json->text, json->indent > 0 ? ": " : ":");
    json->after_key = true;
}

void caus_json_text(caus_json *json, const char *value)
{
    before_value(json);
    add_quoted(json->text, value);
}

void caus_json_double(caus_json *json, double value)
{
    if (!isfinite(value)) {
        caus_json_null(json);
        return;
    }
    before_value(json);
    caus_text_add_double(json->text, value);
}

void caus_json_integer(caus_json *json, int64_t value)
{
    before_value(json);
    caus_text_format(json->text, "%" PRId64, value);
}

void caus_json_unsigned(caus_json *json, uint64_t value)
{
    before_value(json);
    caus_text_format(json->text, "%" PRIu64, value);
}

void caus_json_bool(caus_json *json, bool value)
{
    before_value(json);
    caus_text_add(json->text, value ? "true" : "false");
}

void caus_json_null(caus_json *json)
{
    before_value(json);
    caus_text_add(json->text, "null");
}

void caus_json_put_text(caus_json *json, const char *key, const char *value)
{
    caus_json_key(json, key);
    caus_json_text(json, value);
}

void caus_json_put_double(caus_json *json, const char *key, double value)
{
    caus_json_key(json, key);
    caus_json_double(json, value);
}

void caus_json_put_integer(caus_json *json, const char *key, int64_t value)
{
    caus_json_key(json, key);
    caus_json_integer(json, value);
}

void caus_json_put_unsigned(caus_json *json, const char *key, uint64_t value)
{
    caus_json_key(json, key);
    caus_json_unsigned(json, value);
}

void caus_json_put_bool(caus_json *json, const char *key, bool value)
{
    caus_json_key(json, key);
    caus_json_bool(json, value);
}
