/* SPDX-License-Identifier: Apache-2.0 */
/* Changes as one JSON document: caus's own, or annotations of a dashboard. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/changes_internal.h"

/* The list in a document: it, or what one of its keys holds. */
static const json_t *find_list(const json_t *root)
{
    if (json_is_array(root))
        return root;
    const json_t *list = json_object_get(root, "changes");
    if (!json_is_array(list))
        list = json_object_get(root, "annotations");
    return json_is_array(list) ? list : NULL;
}

/* The text of a string or number; nothing for other values. */
static void take_value(caus_text *text, const json_t *value)
{
    if (json_is_string(value))
        caus_text_add_bytes(text, json_string_value(value),
                            json_string_length(value));
    else if (json_is_integer(value))
        caus_text_format(text, "%" JSON_INTEGER_FORMAT,
                         json_integer_value(value));
    else if (json_is_real(value))
        caus_text_add_double(text, json_real_value(value));
}

static bool is_empty(const caus_change_reader *r, caus_change_field field)
{
    return r->wanted[field].text.length == 0;
}

/* "service:checkout" and "service=checkout" name the service. */
static const char *service_of(const char *tag)
{
    static const char *const starts[] = {
        "service:", "service=", "app:", "app="};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t length = strlen(starts[i]);
        if (strncmp(tag, starts[i], length) == 0)
            return tag + length;
    }
    return NULL;
}

static void take_tags(caus_change_reader *r, const json_t *tags)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        const char *service = tag ? service_of(tag) : NULL;
        if (service && is_empty(r, CAUS_CHANGE_SERVICE))
            caus_text_add(&r->wanted[CAUS_CHANGE_SERVICE].text, service);
        else if (tag && is_empty(r, CAUS_CHANGE_KIND) &&
                 caus_change_kind_of(tag) != CAUS_CHANGE_OTHER)
            caus_text_add(&r->wanted[CAUS_CHANGE_KIND].text, tag);
    }
}

/* Release notes go on; what was changed stands first. */
static void shorten(caus_text *text)
{
    size_t length = CAUS_CHANGE_TEXT_BYTES;
    if (text->failed || text->length <= length)
        return;
    while (length && ((unsigned char)text->bytes[length] & 0xc0) == 0x80)
        length--;
    text->bytes[length] = '\0';
    text->length = length;
}

static caus_status read_entry(caus_change_reader *r, const json_t *entry,
                              caus_error *err)
{
    if (!json_is_object(entry))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s entry %zu is no JSON object: give one with time, "
                         "service, kind, ref and text",
                         r->path, r->line);
    caus_wanted_clear(r->wanted, CAUS_CHANGE_FIELDS);
    for (int i = 0; i < CAUS_CHANGE_FIELDS; i++)
        take_value(&r->wanted[i].text,
                   json_object_get(entry, caus_change_fields[i]));
    if (is_empty(r, CAUS_CHANGE_KIND)) {
        take_tags(r, json_object_get(entry, "tags"));
        shorten(&r->wanted[CAUS_CHANGE_TEXT].text);
        if (is_empty(r, CAUS_CHANGE_KIND))
            caus_text_add(&r->wanted[CAUS_CHANGE_KIND].text, "annotation");
        if (is_empty(r, CAUS_CHANGE_REF))
            take_value(&r->wanted[CAUS_CHANGE_REF].text,
                       json_object_get(entry, "id"));
    }
    for (int i = 0; i < CAUS_CHANGE_FIELDS; i++) {
        if (r->wanted[i].text.failed)
            return caus_change_reader_fail(r, err);
    }
    if (is_empty(r, CAUS_CHANGE_TIME))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s entry %zu has no time: give one to every change",
                         r->path, r->line);
    return caus_change_reader_add(r, err);
}

static caus_status read_list(caus_change_reader *r, const json_t *list,
                             caus_error *err)
{
    if (!list)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s holds no list of changes: give an array of "
                         "objects with time and kind, alone or under the key "
                         "changes or annotations",
                         r->path);
    r->unit = "entry";
    for (size_t i = 0; i < json_array_size(list); i++) {
        r->line = i + 1;
        CAUS_TRY(read_entry(r, json_array_get(list, i), err));
    }
    return CAUS_OK;
}

caus_status caus_change_reader_document(caus_change_reader *r, const char *text,
                                        size_t length, caus_error *err)
{
    json_error_t where;
    json_t *root = json_loadb(text, length, 0, &where);
    if (!root)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %d is no JSON (%s): give one object a line "
                         "with time, service, kind, ref and text, or one "
                         "document",
                         r->path, where.line, where.text);
    caus_status status = read_list(r, find_list(root), err);
    json_decref(root);
    return status;
}

/* ---- writing, and joining ---- */

static void put_known(caus_json *json, const char *key, const char *value)
{
    if (value && *value)
        caus_json_put_text(json, key, value);
}

caus_status caus_changes_write(const caus_changes *changes, caus_arena *out,
                               const char **result, caus_error *err)
{
    caus_text text = {0};
    caus_json json;
    caus_json_init(&json, &text, 0);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "changes");
    caus_json_key(&json, "changes");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < changes->change_count; i++) {
        const caus_change *change = &changes->changes[i];
        char time[40];
        caus_time_format(change->time_ns, time);
        caus_json_begin_object(&json);
        caus_json_put_text(&json, "time", time);
        put_known(&json, "service", change->service);
        caus_json_put_text(&json, "kind", change->kind_name);
        put_known(&json, "ref", change->ref);
        put_known(&json, "text", change->text);
        put_known(&json, "source", change->source);
        put_known(&json, "query", change->query);
        caus_json_end_object(&json);
    }
    caus_json_end_array(&json);
    caus_json_end_object(&json);
    return caus_text_finish(&text, out, result, NULL, err);
}

caus_status caus_changes_join(const caus_changes *a, const caus_changes *b,
                              caus_arena *out, caus_changes *result,
                              caus_error *err)
{
    size_t count = a->change_count + b->change_count;
    caus_change *all = CAUS_ARRAY(out, caus_change, count);
    if (!all)
        return caus_arena_fail(out, err);
    if (a->change_count)
        memcpy(all, a->changes, a->change_count * sizeof *all);
    if (b->change_count)
        memcpy(all + a->change_count, b->changes,
               b->change_count * sizeof *all);
    *result = (caus_changes){caus_changes_sort(all, count), all};
    return CAUS_OK;
}
