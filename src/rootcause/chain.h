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

/* What traces tell of the first suspects. */
caus_status caus_trace_facts_find(caus_case *about, caus_error *err);
/* Whether they tell anything of a service. */
bool caus_trace_tells(const caus_case *about, size_t service);
/* The share of all time that traces lose which is lost in a service, where that
 * is worth telling; else 0. */
double caus_trace_lost_share(const caus_case *about, size_t service);
/* What is broken in the traces of one of the first suspects, once its facts are
 * found: failures that begin in it, or steps that are missing or new, whichever
 * is more; NULL = nothing. */
const caus_trace_fact *caus_trace_broken(const caus_case *about,
                                         size_t service);
/* "9.12 ms" or "1.5 s" */
void caus_trace_time_add(caus_text *text, double seconds);
/* Whether anything of a service is measured inside (processor, memory, disk).
 */
bool caus_measures_inside(const caus_case *about, size_t service);
/* Whether a variable of a service has values enough on both sides of the onset:
 * any, or of those outside it (latency, errors). */
bool caus_measured_around(const caus_case *about, size_t service, bool outside);

/* Of what the first has more than a suspect behind it, the part of the score
 * that sets it apart most. */
caus_term caus_suspect_widest(const caus_case *about, size_t rank);
/* "what moved inside it": what a part of the score is made of. */
const char *caus_term_reason(const caus_case *about, caus_term term);
/* Sets `runner_up`, where a second suspect has a score and the verdict is
 * known. */
caus_status caus_runner_up_say(const caus_case *about, caus_explanation *result,
                               caus_error *err);
/* What is checked of a suspect or of a hop. */
typedef struct caus_findings {
    caus_finding *items; /* [room] */
    size_t count, room;
    bool out_of_memory; /* for a sentence of one of them */
} caus_findings;

caus_status caus_findings_begin(caus_arena *out, size_t room,
                                caus_findings *list, caus_error *err);
/* found: what is so where the check failed, else not looked at. Sentences are
 * NULL for want of memory. */
void caus_findings_add(caus_findings *list, caus_check_state state,
                       const char *text, const char *found);

static inline caus_check_state caus_state_if(bool passed)
{
    return passed ? CAUS_STATE_PASSED : CAUS_STATE_FAILED;
}

/* What speaks for a suspect and against it. */
caus_status caus_suspect_check(caus_case *about, size_t rank,
                               const caus_placebo *placebo, caus_error *err);
/* Whether no series has two values. */
bool caus_case_is_constant(const caus_case *about);

/* What is missing, and the warnings. */
caus_status caus_notes_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err);

#endif
