/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/knowledge_names.h"

#include <fnmatch.h>
#include <string.h>

#include "base/base.h"
#include "caus/knowledge.h"

static const char service[] = "service:";

bool caus_pattern_matches(const char *pattern, const caus_variable *variable)
{
    size_t length = sizeof service - 1;
    if (strncmp(pattern, service, length) == 0)
        return fnmatch(pattern + length, variable->service, 0) == 0;
    return strcmp(pattern, variable->name) == 0 ||
           fnmatch(pattern, variable->name, 0) == 0;
}

bool caus_pattern_has_match(const char *pattern, const caus_series *series)
{
    for (size_t i = 0; series && i < series->variable_count; i++) {
        if (caus_pattern_matches(pattern, &series->variables[i]))
            return true;
    }
    return false;
}

bool caus_pattern_is_open(const char *pattern)
{
    return strpbrk(pattern, "*?[");
}

/* ---- what has no effect ---- */

typedef struct remarks {
    const caus_series *series;
    const char *path;
    caus_arena *out;
    const char **sentences;
    size_t count;
    bool failed;
} remarks;

static void look_at(remarks *r, const char *pattern, size_t line)
{
    if (caus_pattern_has_match(pattern, r->series))
        return;
    const char *made = caus_arena_format(
        r->out, "%s line %zu: no variable matches %s, so it says nothing",
        r->path, line, pattern);
    r->failed = r->failed || !made;
    r->sentences[r->count++] = made;
}

static bool holds_a_service(const caus_topology *topology,
                            const caus_series *series)
{
    for (size_t i = 0; i < series->variable_count; i++)
        if (caus_topology_find(topology, series->variables[i].service) !=
            SIZE_MAX)
            return true;
    return false;
}

static size_t most_sentences(const caus_knowledge *knowledge)
{
    size_t most = 2 * knowledge->rule_count + 1;
    for (size_t t = 0; t < knowledge->tier_count; t++)
        most += knowledge->tiers[t].count;
    return most;
}

caus_status caus_knowledge_find_idle(const caus_knowledge *knowledge,
                                     const caus_series *series,
                                     const caus_topology *topology,
                                     caus_arena *out,
                                     const char *const **sentences,
                                     size_t *count, caus_error *err)
{
    remarks r = {.series = series, .path = knowledge->path, .out = out};
    r.sentences = CAUS_ARRAY(out, const char *, most_sentences(knowledge));
    if (!r.sentences)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < knowledge->rule_count; k++) {
        look_at(&r, knowledge->rules[k].source, knowledge->rules[k].line);
        look_at(&r, knowledge->rules[k].target, knowledge->rules[k].line);
    }
    for (size_t t = 0; t < knowledge->tier_count; t++)
        for (size_t k = 0; k < knowledge->tiers[t].count; k++)
            look_at(&r, knowledge->tiers[t].patterns[k],
                    knowledge->tiers[t].line);
    if (knowledge->only_calls && topology &&
        !holds_a_service(topology, series)) {
        r.sentences[r.count] = caus_arena_format(
            out,
            "%s line %zu: only_calls says nothing, because the topology holds "
            "no service of a variable",
            r.path, knowledge->only_calls_line);
        r.failed = r.failed || !r.sentences[r.count++];
    }
    if (r.failed)
        return caus_arena_fail(out, err);
    *sentences = r.sentences;
    *count = r.count;
    return CAUS_OK;
}
