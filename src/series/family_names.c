/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that measure one thing, told by how they are called. */
#include <string.h>

#include "base/pods.h"
#include "series/quality_internal.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_word(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* Length of `name[0 … length)` without `suffix`; 0 if it does not end so. */
static size_t without(const char *name, size_t length, const char *suffix)
{
    size_t ending = strlen(suffix);
    if (length <= ending || memcmp(name + length - ending, suffix, ending) != 0)
        return 0;
    return length - ending;
}

static size_t without_any(const char *name, size_t length,
                          const char *const *suffixes)
{
    for (size_t i = 0; suffixes[i]; i++) {
        size_t stem = without(name, length, suffixes[i]);
        if (stem)
            return stem;
    }
    return 0;
}

/* A key is a letter for the kind of family, the common part of the names and
 * their labels. */
static void write_key(caus_text *key, char kind, const char *name, size_t stem)
{
    key->length = 0;
    caus_text_add_char(key, kind);
    caus_text_add_bytes(key, name, stem);
    caus_text_add(key, name + caus_unlabelled_length(name));
}

/* Copies a name with a label's value, wherever it occurs, shown as '*'. */
static void write_without_value(caus_text *key, char kind, const char *name,
                                const char *value)
{
    size_t length = strlen(value);
    key->length = 0;
    caus_text_add_char(key, kind);
    while (*name) {
        const char *found = strstr(name, value);
        if (!found) {
            caus_text_add(key, name);
            return;
        }
        caus_text_add_bytes(key, name, (size_t)(found - name));
        caus_text_add_char(key, '*');
        name = found + length;
    }
}

static const char *label_value(const caus_variable *variable,
                               const char *const *names)
{
    for (size_t i = 0; i < variable->label_count; i++)
        for (size_t k = 0; names[k]; k++)
            if (strcmp(variable->labels[i].name, names[k]) == 0 &&
                variable->labels[i].value[0])
                return variable->labels[i].value;
    return NULL;
}

static bool quantile_key(const caus_variable *variable, caus_text *key)
{
    static const char *const suffixes[] = {
        "_p5",  "_p10", "_p25",  "_p50", "_p75",  "_p80",    "_p90", "_p95",
        "_p98", "_p99", "_p999", "_avg", "_mean", "_median", NULL};
    static const char *const labels[] = {"quantile", "le", NULL};
    const char *name = variable->name;
    const char *value = label_value(variable, labels);
    if (value && strstr(name, value)) {
        write_without_value(key, 'q', name, value);
        return true;
    }
    size_t stem = without_any(name, caus_unlabelled_length(name), suffixes);
    write_key(key, 'q', name, stem);
    return stem > 0;
}

static bool histogram_key(const caus_variable *variable, caus_text *key)
{
    static const char *const suffixes[] = {"_bucket", "_count", "_sum",
                                           "_created", NULL};
    const char *name = variable->name;
    size_t stem = without_any(name, caus_unlabelled_length(name), suffixes);
    write_key(key, 'h', name, stem);
    return stem > 0;
}

/* The last word that says "of how much", shown as '*'. */
static bool resource_key(const caus_variable *variable, caus_text *key)
{
    static const char *const words[] = {"used",      "usage",    "limit",
                                        "limits",    "capacity", "free",
                                        "available", "max",      NULL};
    const char *name = variable->name;
    size_t base = caus_unlabelled_length(name);
    size_t begin = SIZE_MAX, end = 0;
    for (size_t i = 0; i < base; i++) {
        if (!is_word(name[i]) || (i > 0 && is_word(name[i - 1])))
            continue;
        size_t length = 0;
        while (i + length < base && is_word(name[i + length]))
            length++;
        for (size_t k = 0; words[k]; k++) {
            if (strlen(words[k]) == length &&
                memcmp(name + i, words[k], length) == 0) {
                begin = i;
                end = i + length;
            }
        }
    }
    if (begin == SIZE_MAX || (begin == 0 && end == base))
        return false;
    key->length = 0;
    caus_text_add_char(key, 'r');
    caus_text_add_bytes(key, name, begin);
    caus_text_add_char(key, '*');
    caus_text_add(key, name + end);
    return true;
}

static bool pod_key(const caus_variable *variable, caus_text *key)
{
    static const char *const labels[] = {"pod", "pod_name",
                                         "kubernetes_pod_name", NULL};
    const char *name = variable->name;
    const char *pod = label_value(variable, labels);
    size_t workload = pod ? caus_pod_workload_length(pod) : 0;
    if (pod && pod[workload] && strstr(name, pod)) {
        write_without_value(key, 'p', name, pod);
        caus_text_add_char(key, '|');
        caus_text_add_bytes(key, pod, workload);
        return true;
    }
    for (size_t i = 1; name[i]; i++) {
        size_t length = caus_pod_hash_length(name + i);
        if (!length)
            continue;
        key->length = 0;
        caus_text_add_char(key, 'p');
        caus_text_add_bytes(key, name, i);
        caus_text_add_char(key, '*');
        caus_text_add(key, name + i + length);
        return true;
    }
    return false;
}

const caus_name_rule *caus_name_rules(size_t *count)
{
    static const caus_name_rule rules[] = {
        {quantile_key, "quantiles of one histogram"},
        {histogram_key, "count and sum of one histogram"},
        {resource_key, "use and limit of one resource"},
        {pod_key, "pods of one deployment"}};
    *count = sizeof rules / sizeof rules[0];
    return rules;
}

void caus_bare_quantile_key(const char *name, caus_text *key)
{
    write_key(key, 'q', name, caus_unlabelled_length(name));
}
