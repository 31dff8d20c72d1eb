/* SPDX-License-Identifier: Apache-2.0 */
/* The way from a suspect to the symptom. docs/design/0029-chain-words.md */
#ifndef CAUS_SRC_ROOTCAUSE_CHAIN_H
#define CAUS_SRC_ROOTCAUSE_CHAIN_H

#include "rootcause/rootcause_internal.h"

enum { CAUS_MOST_CHAINS = 10 };

/* Of the first score: quieter services are no candidates, and may move by
 * chance. */
static const double caus_candidate_share = .25;

/* The services on the way from a suspect. */
caus_status caus_chain_find(caus_case *about, size_t rank, caus_error *err);
/* Whom the first suspect can reach. */
caus_status caus_reach_find(caus_case *about, caus_error *err);

/* A link from one service to the next. */
typedef struct caus_learned_link {
    bool found;
    const char *cause, *effect; /* the variables that it joins */
    double statistic;
    double delay_s; /* lag of the strongest */
    bool by_lag;    /* beyond what scrapes blur */
    bool by_load;   /* it does not hold given the shared load */
    caus_edge_environments environments;
} caus_learned_link;

/* Learns links between the services on the way; nothing is known where rows
 * are too few. Chains and reach come first. */
caus_status caus_learned_find(caus_case *about, caus_error *err);
/* The longest delay that was looked for; NaN = nothing was learned. */
double caus_learned_reach_s(const caus_case *about);
caus_learned_link caus_learned_link_between(const caus_case *about, size_t from,
                                            size_t to);
/* Whether anything measured of a suspect moved: a variable, what traces tell of
 * it, its log. */
bool caus_suspect_moved(const caus_case *about, size_t rank);

/* Three services or more that broke at once and do not call one another. */
caus_status caus_hidden_find(const caus_case *about, const char **result,
                             caus_error *err);
/* What a hop may earn, the weakest first; docs/design/0029-chain-words.md. */
typedef enum caus_word {
    CAUS_WORD_NONE,
    CAUS_WORD_MOVED_WITH,
    CAUS_WORD_PRECEDED,
    CAUS_WORD_DRIVES,
    CAUS_WORD_CAUSED
} caus_word;

/* The word that caus_hops_tell() gave a hop. */
caus_word caus_word_of(const caus_hop *hop);
/* Words, checks, queries, traces and delays of hops and reach. */
caus_status caus_hops_tell(caus_case *about, caus_error *err);
/* The query that could refute a hop. cause: the variable that tells of its
 * beginning; SIZE_MAX = none does. */
caus_status caus_disproof_query(const caus_case *about, size_t cause,
                                caus_hop *hop, caus_error *err);
/* The slowest traces over the calls of hops. */
caus_status caus_exemplars_fill(const caus_case *about, caus_hop *const *hops,
                                size_t count, caus_error *err);

#endif
