/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "graph/service.h"
#include "rootcause/measure_words.h"

const char *const caus_call_words[CAUS_CALL_WORDS] = {
    "client", "clat", "outbound", "outgoing", "egress"};

static bool in_word(char byte)
{
    byte = caus_lower(byte);
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
           (unsigned char)byte >= 0x80;
}

/* Length of the name of a label at this '{' or ',' with what parts it from its
 * value; 0 = there is none, or it stands for what is measured, as in
 * {error="true"}. */
static size_t label_length(const char *text)
{
    size_t length = 1;
    if (*text != '{' && *text != ',')
        return 0;
    while (in_word(text[length]) ||
           (text[length] && strchr("_. ", text[length])))
        length++;
    if (text[length] != '=')
        return 0;
    length += text[length + 1] == '"' ? 2 : 1;
    return strncmp(text + length, "true", 4) == 0 ? 0 : length;
}

const char *caus_measure_word(const char **text, size_t *length)
{
    const char *word = *text;
    while (*word && !in_word(*word)) {
        size_t place = caus_place_length(word);
        place = place ? place : label_length(word);
        word += place ? place : 1;
    }
    *length = 0;
    while (in_word(word[*length]) &&
           (!*length || !caus_is_camel(word, *length)))
        (*length)++;
    *text = word + *length;
    return *length ? word : NULL;
}

bool caus_word_is_any(const char *word, size_t length,
                      const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (caus_word_matches(word, length, patterns[i]))
            return true;
    }
    return false;
}

bool caus_measure_has(const char *name, const char *const *patterns,
                      size_t count)
{
    size_t length;
    for (const char *word; (word = caus_measure_word(&name, &length));) {
        if (caus_word_is_any(word, length, patterns, count))
            return true;
    }
    return false;
}

bool caus_measure_has_behind(const char *name, const char *const *patterns,
                             size_t count, const char *const *before,
                             size_t before_count)
{
    size_t length;
    bool follows = false;
    for (const char *word; (word = caus_measure_word(&name, &length));) {
        if (follows && caus_word_is_any(word, length, patterns, count))
            return true;
        follows = caus_word_is_any(word, length, before, before_count);
    }
    return false;
}

bool caus_measure_ends_in(const char *name, const char *const *words,
                          size_t count)
{
    size_t length, last_length = 0;
    const char *last = NULL;
    const char *labels = name + caus_unlabelled_length(name);
    for (const char *word;
         (word = caus_measure_word(&name, &length)) && word < labels;) {
        last = word;
        last_length = length;
    }
    return last && caus_word_is_any(last, last_length, words, count);
}

bool caus_measure_is_only(const char *name, const char *const *patterns,
                          size_t count)
{
    size_t length, other;
    const char *word = caus_measure_word(&name, &length);
    return word && caus_word_is_any(word, length, patterns, count) &&
           !caus_measure_word(&name, &other);
}

bool caus_measure_is_failed_code(const char *name)
{
    static const char *const codes[] = {"code", "status", "class"};
    static const char *const grpc[] = {"grpc"};
    for (const char *at = strchr(name, '{'); at && *at; at++) {
        size_t length = label_length(at), number = 0;
        char key[64];
        if (length < 3 || length >= sizeof key)
            continue;
        memcpy(key, at + 1, length - 1);
        key[strcspn(key, "=")] = '\0';
        const char *value = at + length;
        while (value[number] >= '0' && value[number] <= '9')
            number++;
        bool rpc = CAUS_HAS_WORD(key, grpc);
        bool failed = rpc ? value[0] != '0' : value[0] == '5' && number != 2;
        if (number && failed && CAUS_HAS_WORD(key, codes))
            return true;
    }
    return false;
}
