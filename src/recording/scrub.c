/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders for secrets, the same everywhere in one recording. */
#include <stdlib.h>
#include <string.h>

#include "recording_internal.h"

static const char *const kind_words[CAUS_SECRET_KINDS] = {
    "email", "token", "credentials", "ip", "mac"};

struct caus_scrub {
    caus_arena *keys; /* texts that `numbers` views */
    caus_map *numbers;
    size_t highest[CAUS_SECRET_KINDS];
};

caus_scrub *caus_scrub_new(void)
{
    caus_scrub *scrub = caus_alloc(sizeof *scrub);
    if (!scrub)
        return NULL;
    scrub->keys = caus_arena_new(0);
    scrub->numbers = caus_map_new();
    if (!scrub->keys || !scrub->numbers) {
        caus_scrub_free(scrub);
        return NULL;
    }
    return scrub;
}

void caus_scrub_free(caus_scrub *scrub)
{
    if (!scrub)
        return;
    caus_map_free(scrub->numbers);
    caus_arena_free(scrub->keys);
    free(scrub);
}

void caus_scrub_reserve(caus_scrub *scrub, const char *text)
{
    enum { MOST_DIGITS = 9 };
    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        for (size_t kind = 0; kind < CAUS_SECRET_KINDS; kind++) {
            size_t length = strlen(kind_words[kind]);
            if (strncmp(at + 1, kind_words[kind], length) != 0 ||
                at[1 + length] != '-')
                continue;
            const char *digits = at + 2 + length;
            size_t count = strspn(digits, "0123456789");
            if (!count || count > MOST_DIGITS || digits[count] != '>')
                continue;
            size_t number = strtoul(digits, NULL, 10);
            if (number > scrub->highest[kind])
                scrub->highest[kind] = number;
        }
    }
}

/* One address, however it was quoted: 10\.0\.0\.1, ip-10-0-0-1, a%40b.org. */
static bool normalise(const caus_secret *secret, const char *text,
                      caus_text *key)
{
    caus_text_add_char(key, (char)('a' + (int)secret->kind));
    bool address =
        secret->kind == CAUS_SECRET_IP || secret->kind == CAUS_SECRET_EMAIL;
    for (size_t i = 0; i < secret->length; i++) {
        char byte = text[secret->start + i];
        if (address && byte == '\\')
            continue;
        if (secret->kind == CAUS_SECRET_IP && byte == '-')
            byte = '.';
        if (secret->kind == CAUS_SECRET_EMAIL && byte == '%' &&
            strncmp(text + secret->start + i, "%40", 3) == 0) {
            byte = '@';
            i += 2;
        }
        caus_text_add_char(key, byte);
    }
    return !key->failed;
}

static caus_status number_of(caus_scrub *scrub, const caus_secret *secret,
                             const char *text, size_t *number, caus_error *err)
{
    caus_text key = {0};
    if (!normalise(secret, text, &key)) {
        caus_text_deinit(&key);
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to scrub a text");
    }
    bool known = caus_map_find(scrub->numbers, key.bytes, key.length, number);
    char *copy =
        known ? NULL : caus_arena_copy_text(scrub->keys, key.bytes, key.length);
    size_t length = key.length;
    caus_text_deinit(&key);
    if (known)
        return CAUS_OK;
    size_t next = scrub->highest[secret->kind] + 1;
    if (!copy || caus_map_insert(scrub->numbers, copy, length, next, NULL) < 0)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to scrub a text");
    scrub->highest[secret->kind] = next;
    *number = next;
    return CAUS_OK;
}

static caus_status replace(caus_scrub *scrub, const caus_secret *secret,
                           const char *text, caus_text *clean, caus_error *err)
{
    size_t number = 0;
    CAUS_TRY(number_of(scrub, secret, text, &number, err));
    caus_text_format(clean, "<%s-%zu>", kind_words[secret->kind], number);
    return CAUS_OK;
}

caus_status caus_scrub_text(caus_scrub *scrub, const char *text,
                            caus_arena *out, const char **result,
                            caus_error *err)
{
    caus_span span = {text, strlen(text)};
    caus_text clean = {0};
    caus_secret secret;
    size_t at = 0;
    while (caus_secret_find(span, at, &secret)) {
        caus_text_add_bytes(&clean, text + at, secret.start - at);
        caus_status status = replace(scrub, &secret, text, &clean, err);
        if (status != CAUS_OK) {
            caus_text_deinit(&clean);
            return status;
        }
        at = secret.start + secret.length;
    }
    caus_text_add_bytes(&clean, text + at, span.length - at);
    return caus_text_finish(&clean, out, result, NULL, err);
}

caus_status caus_scrub_label(caus_scrub *scrub, const caus_label *label,
                             caus_arena *out, const char **result,
                             caus_error *err)
{
    caus_span name = {label->name, strlen(label->name)};
    size_t length = strlen(label->value);
    if (!caus_secret_is_key(name) || !length || label->value[0] == '<')
        return caus_scrub_text(scrub, label->value, out, result, err);
    caus_secret whole = {CAUS_SECRET_TOKEN, 0, length};
    caus_text clean = {0};
    caus_status status = replace(scrub, &whole, label->value, &clean, err);
    if (status != CAUS_OK) {
        caus_text_deinit(&clean);
        return status;
    }
    return caus_text_finish(&clean, out, result, NULL, err);
}

void caus_scrub_reserve_variable(caus_scrub *scrub,
                                 const caus_variable *variable)
{
    caus_scrub_reserve(scrub, variable->name);
    caus_scrub_reserve(scrub, variable->service);
    caus_scrub_reserve(scrub, variable->query);
    for (size_t k = 0; k < variable->label_count; k++)
        caus_scrub_reserve(scrub, variable->labels[k].value);
}

static void reserve_all(caus_scrub *scrub, const caus_fetch *fetch,
                        const char *hint)
{
    caus_scrub_reserve(scrub, hint);
    for (size_t i = 0; i < fetch->samples.track_count; i++)
        caus_scrub_reserve_variable(scrub, &fetch->samples.tracks[i].variable);
    for (size_t i = 0; i < fetch->query_count; i++)
        caus_scrub_reserve(scrub, fetch->queries[i].text);
    for (size_t i = 0; i < fetch->warning_count; i++)
        caus_scrub_reserve(scrub, fetch->warnings[i]);
}

static caus_status scrub_variable(caus_scrub *scrub, caus_variable *variable,
                                  caus_arena *out, caus_error *err)
{
    CAUS_TRY(caus_scrub_text(scrub, variable->name, out, &variable->name, err));
    CAUS_TRY(caus_scrub_text(scrub, variable->service, out, &variable->service,
                             err));
    CAUS_TRY(
        caus_scrub_text(scrub, variable->query, out, &variable->query, err));
    caus_label *labels = CAUS_ARRAY(out, caus_label, variable->label_count);
    if (!labels)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < variable->label_count; k++) {
        labels[k] = variable->labels[k];
        CAUS_TRY(
            caus_scrub_label(scrub, &labels[k], out, &labels[k].value, err));
    }
    variable->labels = labels;
    return CAUS_OK;
}

static caus_status scrub_all(caus_scrub *scrub, caus_arena *out,
                             caus_fetch *fetch, const char **hint,
                             caus_error *err)
{
    size_t track_count = fetch->samples.track_count;
    caus_track *tracks = CAUS_ARRAY(out, caus_track, track_count);
    caus_fetched_query *queries =
        CAUS_ARRAY(out, caus_fetched_query, fetch->query_count);
    const char **warnings = CAUS_ARRAY(out, const char *, fetch->warning_count);
    if (!tracks || !queries || !warnings)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < track_count; i++) {
        tracks[i] = fetch->samples.tracks[i];
        CAUS_TRY(scrub_variable(scrub, &tracks[i].variable, out, err));
    }
    for (size_t i = 0; i < fetch->query_count; i++) {
        queries[i] = fetch->queries[i];
        CAUS_TRY(caus_scrub_text(scrub, queries[i].text, out, &queries[i].text,
                                 err));
    }
    for (size_t i = 0; i < fetch->warning_count; i++)
        CAUS_TRY(
            caus_scrub_text(scrub, fetch->warnings[i], out, &warnings[i], err));
    fetch->samples.tracks = tracks;
    fetch->queries = queries;
    fetch->warnings = warnings;
    return caus_scrub_text(scrub, *hint, out, hint, err);
}

caus_status caus_scrub_fetch(const caus_fetch *fetch, const char *hint,
                             caus_arena *out, caus_fetch *clean,
                             const char **clean_hint, caus_error *err)
{
    caus_scrub *scrub = caus_scrub_new();
    if (!scrub)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to scrub a recording");
    reserve_all(scrub, fetch, hint);
    caus_fetch copy = *fetch;
    const char *text = hint;
    caus_status status = scrub_all(scrub, out, &copy, &text, err);
    caus_scrub_free(scrub);
    if (status != CAUS_OK)
        return status;
    *clean = copy;
    *clean_hint = text;
    return CAUS_OK;
}
