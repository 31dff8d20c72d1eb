/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "base/pods.h"

enum { WORD = 5 }; /* letters that tell the pods of one set apart */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_word(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* The alphabet of Kubernetes' generated names: no vowels, no 0, 1, 3. */
static size_t hash_length(const char *text)
{
    return strspn(text, "bcdfghjklmnpqrstvwxz2456789");
}

size_t caus_pod_hash_length(const char *text)
{
    if (text[0] != '-')
        return 0;
    size_t first = hash_length(text + 1);
    if (first < 6 || first > 10 || text[1 + first] != '-')
        return 0;
    size_t second = hash_length(text + first + 2);
    size_t length = first + second + 2;
    return second == WORD && !is_word(text[length]) ? length : 0;
}

size_t caus_pod_without_hash(const char *name, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if (caus_pod_hash_length(name + i) == length - i)
            return i;
    return length;
}

size_t caus_pod_without_ordinal(const char *name, size_t length)
{
    size_t base = length;
    while (base > 0 && is_digit(name[base - 1]))
        base--;
    bool is_numbered = base < length && base > 1 && name[base - 1] == '-';
    return is_numbered ? base - 1 : length;
}

size_t caus_pod_workload_length(const char *pod)
{
    size_t length = strlen(pod), without = caus_pod_without_hash(pod, length);
    return without < length ? without : caus_pod_without_ordinal(pod, length);
}

size_t caus_pod_owner_length(const char *pod)
{
    size_t length = strlen(pod), known = caus_pod_workload_length(pod);
    bool has_word = length > WORD + 1 && pod[length - WORD - 1] == '-' &&
                    hash_length(pod + length - WORD) == WORD;
    return known == length && has_word ? length - WORD - 1 : known;
}
