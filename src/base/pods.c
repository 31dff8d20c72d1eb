/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "base/pods.h"

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
    return second == 5 && !is_word(text[length]) ? length : 0;
}

size_t caus_pod_workload_length(const char *pod)
{
    size_t length = strlen(pod);
    for (size_t i = 1; i < length; i++)
        if (caus_pod_hash_length(pod + i) == length - i)
            return i;
    size_t digits = length;
    while (digits > 0 && is_digit(pod[digits - 1]))
        digits--;
    bool is_numbered = digits < length && digits > 1 && pod[digits - 1] == '-';
    return is_numbered ? digits - 1 : 0;
}
