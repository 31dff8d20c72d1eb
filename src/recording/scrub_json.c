/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in the JSON of a result. Only string literals that hold one are
 * written anew: numbers and the rest of the text keep their bytes.
 */
#include <jansson.h>
#include <string.h>

#include "recording_internal.h"

/* Hashes of data look like tokens and tell nothing. */
static bool is_hash_key(caus_span key)
{
    static const char end[] = "sha256";
    size_t length = sizeof end - 1;
    return key.length >= length &&
           memcmp(key.bytes + key.length - length, end, length) == 0;
}

/* The length of the literal that starts at a quote of valid JSON. */
static size_t literal_length(const char *json)
{
    size_t length = 1;
    while (json[length] != '"')
        length += json[length] == '\\' ? 2 : 1;
    return length + 1;
}

/* What a literal says. */
static caus_status read_literal(caus_span literal, caus_arena *out,
                                const char **result, caus_error *err)
{
    const char *inside = literal.bytes + 1;
    size_t length = literal.length - 2;
    if (!memchr(inside, '\\', length)) {
        *result = caus_arena_copy_text(out, inside, length);
        return *result ? CAUS_OK : caus_arena_fail(out, err);
    }
    json_t *value =
        json_loadb(literal.bytes, literal.length, JSON_DECODE_ANY, NULL);
    if (!value)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to scrub a result");
    *result = caus_arena_copy_text(out, json_string_value(value),
                                   json_string_length(value));
    json_decref(value);
    return *result ? CAUS_OK : caus_arena_fail(out, err);
}

/* Adds a literal to `clean`; `key` is the one it stands under, or "". */
static caus_status scrub_literal(caus_scrub *scrub, caus_span literal,
                                 const char *key, caus_arena *out,
                                 caus_text *clean, caus_error *err)
{
    caus_label label = {.name = key};
    const char *scrubbed;
    CAUS_TRY(read_literal(literal, out, &label.value, err));
    CAUS_TRY(caus_scrub_label(scrub, &label, out, &scrubbed, err));
    if (strcmp(scrubbed, label.value) == 0) {
        caus_text_add_bytes(clean, literal.bytes, literal.length);
        return CAUS_OK;
    }
    caus_json json;
    caus_json_init(&json, clean, 0);
    caus_json_text(&json, scrubbed);
    return CAUS_OK;
}

static caus_status scrub_literals(caus_scrub *scrub, const char *json,
                                  caus_arena *out, caus_text *clean,
                                  caus_error *err)
{
    const char *key = "";
    for (const char *at = json; *at;) {
        if (*at != '"') {
            if (!strchr(": \t\r\n", *at))
                key = "";
            caus_text_add_char(clean, *at++);
            continue;
        }
        caus_span literal = {at, literal_length(at)};
        at += literal.length;
        caus_span under = {key, strlen(key)};
        if (is_hash_key(under))
            caus_text_add_bytes(clean, literal.bytes, literal.length);
        else
            CAUS_TRY(scrub_literal(scrub, literal, key, out, clean, err));
        const char *next = at + strspn(at, " \t\r\n");
        key = "";
        if (*next == ':')
            CAUS_TRY(read_literal(literal, out, &key, err));
    }
    return CAUS_OK;
}

/* The placeholders of the file's own texts. Those of other results do not
 * count: the same result added again stays the same. */
static void reserve(caus_scrub *scrub, const caus_recording_info *info,
                    const char *json)
{
    caus_scrub_reserve(scrub, json);
    caus_scrub_reserve(scrub, info->hint);
    for (size_t i = 0; i < info->variable_count; i++)
        caus_scrub_reserve_variable(scrub, &info->variables[i]);
    for (size_t i = 0; i < info->query_count; i++)
        caus_scrub_reserve(scrub, info->queries[i].text);
    for (size_t i = 0; i < info->warning_count; i++)
        caus_scrub_reserve(scrub, info->warnings[i]);
}

caus_status caus_scrub_result(const caus_recording_info *info, const char *json,
                              caus_arena *out, const char **clean,
                              caus_error *err)
{
    caus_scrub *scrub = caus_scrub_new();
    if (!scrub)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to scrub a result");
    reserve(scrub, info, json);
    caus_text text = {0};
    caus_status status = scrub_literals(scrub, json, out, &text, err);
    caus_scrub_free(scrub);
    if (status == CAUS_OK)
        return caus_text_finish(&text, out, clean, NULL, err);
    caus_text_deinit(&text);
    return status;
}
