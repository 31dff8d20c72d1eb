/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known before any data: which links there must be, which there cannot
 * be, and in which order things stand. Searches honour it before testing.
 */
#ifndef CAUS_KNOWLEDGE_H
#define CAUS_KNOWLEDGE_H

#include "graph.h"
#include "series.h"

CAUS_API_BEGIN

typedef enum caus_rule_kind {
    CAUS_RULE_REQUIRED,  /* source → target is there at these lags */
    CAUS_RULE_FORBIDDEN, /* source → target is not there at these lags */
    CAUS_RULE_APART,     /* no link in either direction at these lags */
    CAUS_RULE_LAGS       /* source → target at these lags or not at all */
} caus_rule_kind;

/*
 * A rule about every pair of variables that two patterns match: names with *
 * and ? as in a shell, or "service:" and such a pattern for a service.
 */
typedef struct caus_rule {
    caus_rule_kind kind;
    const char *source;
    const char *target;
    size_t first_lag;
    size_t last_lag;  /* SIZE_MAX = up to the largest */
    size_t line;      /* of the file */
    const char *path; /* of another file than the others; NULL = the same */
} caus_rule;

/* Variables of a tier cannot be caused by those of later tiers. */
typedef struct caus_tier {
    const char *const *patterns; /* [count] */
    size_t count;
    size_t line;
} caus_tier;

typedef struct caus_knowledge {
    const char *path; /* for sentences */
    const caus_rule *rules;
    size_t rule_count;
    const caus_tier *tiers; /* [tier_count] causes first */
    size_t tier_count;
    bool only_calls;        /* variables of two services are linked only if one
                               service calls the other */
    size_t only_calls_line; /* of the file */
    size_t max_parents;     /* that a variable may have: more required ones
                               contradict it; 0 = any number */
} caus_knowledge;

/*
 * Reads a knowledge file: YAML with the lists required, forbidden and lags
 * (rules such as "a -> b lag 1", "a -> b lags 2-4", "a - b"), the list of lists
 * tiers, and only_calls: true.
 *
 *   result  lives in `out`
 *
 * Fails with CAUS_ERR_NOT_FOUND, …_IO, …_INVALID_DATA (line named), …_LIMIT,
 * …_OUT_OF_MEMORY.
 */
caus_status caus_knowledge_read(const char *path, caus_arena *out,
                                caus_knowledge *result, caus_error *err);

/*
 * What knowledge says about every link of a series, as searches take it
 * (caus_pcmci_options.assumptions).
 *
 *   topology  who calls whom; NULL = not known, then only_calls fails
 *   others    names that a rule may speak of although the series lacks them;
 *             NULL = a name without a match is an error. Patterns need none
 *   result    [N × N × (max_lag + 1)] caus_assumption in `out`
 *
 * Fails with CAUS_ERR_INVALID_DATA when rules contradict each other, naming
 * their lines, leave no lag, or require a cycle at lag 0 or more causes than
 * max_parents; with CAUS_ERR_NOT_FOUND for a name that matches nothing, naming
 * the nearest. Cost O(rules · N² · max_lag).
 */
caus_status caus_knowledge_apply(const caus_knowledge *knowledge,
                                 const caus_series *series,
                                 const caus_topology *topology,
                                 const caus_series *others, size_t max_lag,
                                 caus_arena *out, const unsigned char **result,
                                 caus_error *err);

/*
 * What of the knowledge has no effect on a series, a sentence each: patterns
 * that match no variable, and only_calls where the topology holds no service of
 * a variable.
 *
 *   topology   NULL = not known
 *   sentences  [count] in `out`
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_knowledge_find_idle(const caus_knowledge *knowledge,
                                     const caus_series *series,
                                     const caus_topology *topology,
                                     caus_arena *out,
                                     const char *const **sentences,
                                     size_t *count, caus_error *err);

CAUS_API_END
#endif
