/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

void caus_text_deinit(caus_text *text)
{
    free(text->bytes);
    *text = (caus_text){0};
}

static bool reserve(caus_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    if (capacity < needed)
        capacity = needed;
    char *grown = caus_realloc(text->bytes, capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->bytes = grown;
    text->capacity = capacity;
    return true;
}

void caus_text_add_bytes(caus_text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    if (count)
        memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    text->bytes[text->length] = '\0';
}

void caus_text_add(caus_text *text, const char *bytes)
{
    caus_text_add_bytes(text, bytes, strlen(bytes));
}

void caus_text_add_char(caus_text *text, char byte)
{
    caus_text_add_bytes(text, &byte, 1);
}

void caus_text_format(caus_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(text, (size_t)length)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format,
              arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

/* A host program may have set a locale: whatever parts the digits, a point
 * does. */
static void write_point(char *text)
{
    const char *from = text;
    while (*from) {
        size_t plain = strspn(from, "0123456789+-einfa");
        memmove(text, from, plain);
        text += plain;
        from += plain;
        if (!*from)
            break;
        *text++ = '.';
        from += strcspn(from, "0123456789");
    }
    *text = '\0';
}

void caus_format_double(double value, char text[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (!isfinite(value) || strtod(text, NULL) == value)
            break;
    }
    write_point(text);
}

void caus_text_add_double(caus_text *text, double value)
{
    char digits[32];
    caus_format_double(value, digits);
    caus_text_add(text, digits);
}

void caus_text_add_name(caus_text *text, size_t *count, const char *name)
{
    if ((*count)++ < CAUS_NAMED)
        caus_text_format(text, "%s%s", *count > 1 ? ", " : "", name);
}

void caus_text_end_names(caus_text *text, size_t count)
{
    if (count > CAUS_NAMED)
        caus_text_format(text, " and %zu more", count - CAUS_NAMED);
}

caus_status caus_text_finish(caus_text *text, caus_arena *out,
                             const char **result, size_t *length,
                             caus_error *err)
{
    if (text->failed) {
        caus_text_deinit(text);
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to build a text");
    }
    char *copy = caus_arena_copy_text(out, text->bytes, text->length);
    size_t copied = text->length;
    caus_text_deinit(text);
    if (!copy)
        return caus_arena_fail(out, err);
    *result = copy;
    if (length)
        *length = copied;
    return CAUS_OK;
}

bool caus_is_url(const char *text)
{
    return strncmp(text, "http://", 7) == 0 ||
           strncmp(text, "https://", 8) == 0;
}

size_t caus_edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t a_length = strnlen(a, LONGEST), b_length = strnlen(b, LONGEST);
    size_t row[LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            row[j] = changed < shorter + 1 ? changed : shorter + 1;
        }
    }
    return row[b_length];
}

static bool is_small(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_capital(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

bool caus_is_camel(const char *text, size_t i)
{
    char before = text[i - 1], next = text[i + 1];
    return is_capital(text[i]) &&
           (is_small(before) || (is_capital(before) && is_small(next)));
}
