/* SPDX-License-Identifier: Apache-2.0 */
/* What proposed variables are called. */
#include <string.h>

#include "telemetry/survey_internal.h"

/* The metric's words without service and what every such metric ends in. */
static const char *own_words(const caus_offer *made, caus_arena *out)
{
    static const char *const endings[] = {"_total", "_seconds", "_average",
                                          "_duration", "_latency"};
    size_t ending_count = made->signal == CAUS_SIGNAL_DURATION ? 5 : 2;
    const char *base = made->candidate->base;
    size_t length = strlen(made->service), end;
    if (strncmp(base, made->service, length) == 0 && base[length] == '_')
        base += length + 1;
    else if (strncasecmp(base, made->service, length) == 0)
        base = caus_metric_own_name(base);
    end = strlen(base);
    for (size_t i = 0; i < ending_count; i++) {
        size_t more = strlen(endings[i]);
        if (end > more && memcmp(base + end - more, endings[i], more) == 0)
            end -= more;
    }
    return caus_arena_copy_text(out, base, end);
}

static bool is_free(const caus_map *taken, const char *name)
{
    return !caus_map_find(taken, name, strlen(name), NULL);
}

/* <service>_latency_avg beside _latency_p95 would look like one thing twice. */
static bool has_other_latency(const caus_map *taken, const caus_offer *made,
                              caus_arena *out)
{
    static const char *const words[] = {"latency_p95", "latency_avg",
                                        "latency_max"};
    const char *end = *made->service ? "_" : "";
    for (size_t i = 0; made->signal == CAUS_SIGNAL_DURATION && i < 3; i++) {
        const char *name =
            caus_arena_format(out, "%s%s%s", made->service, end, words[i]);
        if (name && !is_free(taken, name))
            return true;
    }
    return false;
}

static bool says_already(const char *words, const char *word)
{
    size_t length = strlen(words), ending = strlen(word);
    return length > ending && strcmp(words + length - ending, word) == 0;
}

const char *caus_offer_name(const caus_offer *made, const caus_map *taken,
                            caus_arena *out)
{
    const char *words = made->candidate ? own_words(made, out) : "spans";
    const char *word = made->candidate ? made->candidate->word : "";
    const char *end = *made->service ? "_" : "";
    const char *name = NULL;
    if (!words)
        return NULL;
    if (!made->candidate)
        word = made->trace_value == CAUS_TRACE_LATENCY  ? "latency"
               : made->trace_value == CAUS_TRACE_ERRORS ? "errors"
                                                        : "calls";
    if (*word)
        name = caus_arena_format(out, "%s%s%s", made->service, end, word);
    if (name && is_free(taken, name) && !has_other_latency(taken, made, out))
        return name;
    bool is_said = !*word || says_already(words, word);
    name = caus_arena_format(out, "%s%s%s%s%s", made->service, end, words,
                             is_said ? "" : "_", is_said ? "" : word);
    for (size_t n = 2; name && !is_free(taken, name); n++)
        name = caus_arena_format(out, "%s%s%s_%zu", made->service, end,
                                 *words ? words : word, n);
    return name;
}
