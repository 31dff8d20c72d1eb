/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of LPCMCI share. Nodes are numbered lag · variable_count +
 * variable, the variables in the order of their names; sets of nodes are rows
 * of bits over the window of lags 0 … max_lag.
 *
 * A pair of nodes stands for all its shifts in time. It is looked at where its
 * later node is at lag 0, the base of the pair being the lag taken off.
 *
 * Middle marks ('?', 'L', 'R', '!', none) are two bits and a flag: a link is
 * done at an end when the parents of that end are known not to separate it,
 * unless the end is no descendant of the other; 'L' and 'R' tell which end is
 * done, '!' that both are. It is sure when the ends are adjacent.
 */
#ifndef CAUS_SRC_DISCOVERY_LPCMCI_INTERNAL_H
#define CAUS_SRC_DISCOVERY_LPCMCI_INTERNAL_H

#include "caus/lpcmci.h"
#include "discovery/lag_prior.h"
#include "graph/dag.h"
#include "independence/independence.h"

enum { CAUS_LP_SOURCE, CAUS_LP_TARGET, CAUS_LP_ENDS };

typedef struct caus_lp_link {
    unsigned char mark[CAUS_LP_ENDS]; /* caus_mark; NONE: no link */
    bool done[CAUS_LP_ENDS];
    bool is_sure;
    bool is_known[CAUS_LP_ENDS];        /* the mark was given */
    bool is_unwanted;                   /* to be removed */
    unsigned char wanted[CAUS_LP_ENDS]; /* bits 1 << caus_mark */
} caus_lp_link;

/* Sets of nodes in the frame of a pair. */
typedef struct caus_lp_sets {
    uint64_t *bits; /* [capacity × words] */
    size_t count;
    size_t capacity;
} caus_lp_sets;

/* A kept answer of the test. */
typedef struct caus_lp_answer {
    uint32_t source, target; /* nodes; target ≥ SIZE: empty place */
    caus_ci_result result;
} caus_lp_answer;

typedef struct caus_lp_memo {
    caus_lp_answer *answers; /* [capacity] */
    uint64_t *given;         /* [capacity × words] */
    size_t count;
    size_t capacity; /* a power of two */
} caus_lp_memo;

/* Rows of bits over the window, one row a node. */
typedef struct caus_lp_view {
    uint64_t *adjacent;
    uint64_t *here[CAUS_MARK_CONFLICT + 1];  /* the mark at the row's node */
    uint64_t *there[CAUS_MARK_CONFLICT + 1]; /* the mark at the other node */
    uint64_t *sure;
} caus_lp_view;

typedef struct caus_lp {
    const caus_lpcmci_options *options;
    const caus_run *run;
    const caus_independence *test;
    caus_ci_work *work;
    caus_decider decider;
    caus_arena *arena;
    size_t variable_count;
    size_t max_lag;
    size_t node_count; /* variable_count · (max_lag + 1) */
    size_t words;
    const size_t *column;  /* [variable_count] of the sample, by rank of name */
    caus_lag_prior prior;  /* of columns */
    uint32_t *lag_of;      /* [node_count] */
    uint32_t *variable_of; /* [node_count] */
    caus_lp_link *links;   /* [cell_count], at lag 0 both directions alike */
    caus_lp_link *kept;    /* [cell_count] of the iteration before */
    size_t cell_count;
    double *least;     /* [cell_count] smallest |statistic| of this iteration */
    double *statistic; /* [cell_count] of the weakest test */
    double *df;        /* [cell_count] its df; 0 = undetermined; −1 = none */
    /* [cell_count × ends] the last mark but circles of this iteration, be the
     * link there or not: a tail says ancestor, an arrow none */
    unsigned char *told;
    caus_lp_sets *sets;  /* [cell_count] that separate a pair */
    caus_lp_sets *found; /* [cell_count] that a rule found */
    caus_lp_sets votes;  /* scratch of one vote */
    caus_lp_memo memo;
    caus_lp_view view;
    uint64_t *scratch;      /* [CAUS_LP_SCRATCH × words] */
    double *keys;           /* [node_count] to sort the list by */
    uint32_t *list;         /* [node_count] of candidates */
    uint32_t *more;         /* [node_count] */
    uint32_t *queue;        /* [(node_count + 1)² + 1] of steps */
    uint64_t *steps;        /* [node_count × words] of paths */
    size_t *combination;    /* [node_count] */
    caus_node *given_nodes; /* [node_count] */
    uint64_t test_count;
    bool skip_lag_0;   /* rules leave marks at lag 0 alone */
    bool has_settled;  /* a rule changed a middle mark */
    bool is_unsettled; /* a mark or a removal is asked for */
} caus_lp;

enum {
    CAUS_LP_DEFINITE, /* parents that every test is given */
    CAUS_LP_GIVEN,
    CAUS_LP_BASE,
    CAUS_LP_SEARCH,
    CAUS_LP_RULE,
    CAUS_LP_PATH,
    CAUS_LP_MINIMAL,
    CAUS_LP_SCRATCH
};

static inline uint64_t *caus_lp_scratch(const caus_lp *lp, int which)
{
    return lp->scratch + (size_t)which * lp->words;
}

static inline size_t caus_lp_lag(const caus_lp *lp, size_t node)
{
    return lp->lag_of[node];
}

static inline uint64_t *caus_lp_row(const caus_lp *lp, uint64_t *rows,
                                    size_t node)
{
    return rows + node * lp->words;
}

static inline bool caus_lp_has(const caus_lp *lp, const uint64_t *rows,
                               size_t node, size_t other)
{
    return caus_bit_get(rows + node * lp->words, other);
}

/* A step of a walk between two nodes, of which there are at most 60000. */
static inline uint32_t caus_lp_step(size_t from, size_t to)
{
    return (uint32_t)from << 16 | (uint32_t)to;
}

static inline size_t caus_lp_step_from(uint32_t step)
{
    return step >> 16;
}

static inline size_t caus_lp_step_to(uint32_t step)
{
    return step & 0xffff;
}

/* A link seen from one of its nodes. */
typedef struct caus_lp_seen {
    caus_lp_link *link;
    int near; /* which end of it the node is */
} caus_lp_seen;

/* ---- the graph ---- */

static inline size_t caus_lp_cell(const caus_lp *lp, size_t a, size_t b)
{
    size_t later = lp->lag_of[a] < lp->lag_of[b] ? a : b;
    size_t earlier = later == a ? b : a;
    size_t pair =
        lp->variable_of[earlier] * lp->variable_count + lp->variable_of[later];
    return pair * (lp->max_lag + 1) + lp->lag_of[earlier] - lp->lag_of[later];
}

static inline caus_lp_seen caus_lp_see(const caus_lp *lp, size_t a, size_t b)
{
    int near = caus_lp_lag(lp, a) < caus_lp_lag(lp, b) ? CAUS_LP_TARGET
                                                       : CAUS_LP_SOURCE;
    return (caus_lp_seen){&lp->links[caus_lp_cell(lp, a, b)], near};
}

/* Asks for the link of two nodes to be removed. */
void caus_lp_refuse(caus_lp *lp, size_t a, size_t b);
/* Copies a cell at lag 0 into its mirror. */
void caus_lp_mirror(caus_lp *lp, size_t cell);
/* Everything linked that may be: o-L-> over time, o-?-o at lag 0, or the marks
 * that are known. */
void caus_lp_fill(caus_lp *lp);
/* The same, with the parents known before. */
void caus_lp_refill(caus_lp *lp);
/* Builds the view from the links. */
void caus_lp_look(caus_lp *lp);
/* Asks for a mark at the end of a, of the link to b. */
void caus_lp_want(caus_lp *lp, size_t a, size_t b, caus_mark mark);
/* Removes and marks what was asked for; whether anything changed. */
bool caus_lp_settle(caus_lp *lp);
/* The middle marks that arrows imply. */
void caus_lp_update_middle(caus_lp *lp);
void caus_lp_make_sure(caus_lp *lp);
/* What was found out about a node while it was linked with another: TAIL when
 * it is an ancestor of that one, ARROW when it is none. */
caus_mark caus_lp_told(const caus_lp *lp, size_t node, size_t other);
/* The parents of both nodes, without the two. */
void caus_lp_parents(const caus_lp *lp, size_t a, size_t b, uint64_t *result);

/* ---- tests and separating sets ---- */

caus_status caus_lp_tests_init(caus_lp *lp, caus_error *err);
/*
 * Tests a against b, one of them at lag 0, given a set, and notes the outcome.
 */
caus_status caus_lp_ask(caus_lp *lp, size_t a, size_t b, const uint64_t *given,
                        bool *dependent, caus_error *err);
/* The same, with the numbers. */
caus_status caus_lp_ask_for(caus_lp *lp, size_t a, size_t b,
                            const uint64_t *given, caus_ci_result *result,
                            bool *dependent, caus_error *err);
caus_status caus_lp_add_set(caus_lp *lp, caus_lp_sets *sets,
                            const uint64_t *bits, caus_error *err);
void caus_lp_forget_sets(caus_lp *lp);
/* The sets known to separate two nodes that are not linked. */
caus_lp_sets *caus_lp_sets_of(const caus_lp *lp, size_t a, size_t b);
/* The same; of a pair that is known to be apart they are looked for. */
caus_status caus_lp_know_sets(caus_lp *lp, size_t a, size_t c,
                              const caus_lp_sets **result, caus_error *err);
/* The next `size` of `count` places in lexicographic order; false at the end.
 */
bool caus_next_combination(size_t *places, size_t size, size_t count);

typedef enum caus_lp_vote {
    CAUS_LP_VOTE_OPEN,
    CAUS_LP_VOTE_IN,
    CAUS_LP_VOTE_OUT
} caus_lp_vote;

/* Whether b is in the sets that separate a and c; `ask` looks for more of them
 * first. */
caus_status caus_lp_decide(caus_lp *lp, size_t a, size_t b, size_t c, bool ask,
                           caus_lp_vote *result, caus_error *err);

/* ---- search ---- */

/* Where the second removal phase draws conditions from. */
void caus_lp_possible_separators(const caus_lp *lp, size_t node, size_t partner,
                                 uint64_t *result);

caus_status caus_lp_search(caus_lp *lp, caus_error *err);

/* ---- rules ---- */

typedef enum caus_lp_rules {
    CAUS_LP_RULES_LAGGED, /* between removals, without colliders */
    CAUS_LP_RULES_ALL
} caus_lp_rules;

/* Applies rules until nothing changes; sets *changed if anything did. */
caus_status caus_lp_orient(caus_lp *lp, caus_lp_rules rules, bool *changed,
                           caus_error *err);

typedef caus_status caus_lp_rule(caus_lp *lp, caus_error *err);

caus_lp_rule caus_lp_rule_collider_sure, caus_lp_rule_collider_half,
    caus_lp_rule_collider_arrow, caus_lp_rule_collider_both;
caus_lp_rule caus_lp_rule_discriminate, caus_lp_rule_path,
    caus_lp_rule_two_paths;

/* ---- the call ---- */

/* What is common to a search in data and in a known graph. */
typedef struct caus_lp_question {
    const caus_lpcmci_options *options;
    const caus_run *run;
    size_t variable_count;
    const size_t *column;           /* [variable_count] by rank of name */
    const caus_variable *variables; /* for messages; NULL = without names */
} caus_lp_question;

caus_status caus_lp_init(caus_lp *lp, const caus_lp_question *question,
                         const caus_independence *test, caus_arena *arena,
                         caus_error *err);
/* The graph found, in the numbering of columns. */
caus_status caus_lp_give_graph(const caus_lp *lp, caus_arena *out,
                               caus_graph *result, caus_error *err);
caus_status caus_lp_check_options(const caus_lpcmci_options *options,
                                  caus_error *err);

/* ---- separation as a test ---- */

#endif
