/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of PCMCI+ share. */
#ifndef CAUS_SRC_DISCOVERY_PCMCIPLUS_INTERNAL_H
#define CAUS_SRC_DISCOVERY_PCMCIPLUS_INTERNAL_H

#include "discovery/discovery_internal.h"

typedef enum caus_verdict {
    CAUS_VERDICT_NONE, /* not examined */
    CAUS_VERDICT_COLLIDER,
    CAUS_VERDICT_AMBIGUOUS,
    CAUS_VERDICT_NO_COLLIDER
} caus_verdict;

/* source(t − lag) – middle(t) – target(t), the ends not adjacent. */
typedef struct caus_plus_triple {
    size_t source, lag, middle, target;
    size_t next; /* triple with the same ends + 1; 0 = none */
    caus_verdict verdict;
} caus_plus_triple;

/* Lag-0 conditions of a test beside the parents of its ends. */
typedef struct caus_given {
    caus_node *nodes; /* [capacity] */
    size_t count, capacity;
} caus_given;

/* A thread's place to list variables and conditions. */
typedef struct caus_plus_hand {
    size_t *list;        /* [candidate_stride] nodes */
    size_t *back_list;   /* likewise */
    size_t *given;       /* likewise */
    size_t *combination; /* likewise, places in a list */
    size_t *counts;      /* likewise, of separating sets by member */
    caus_node *extra;    /* [variable_count · (max_lag + 1)] */
    size_t target;       /* fixed by caus_plus_condition() */
} caus_plus_hand;

/* The state of one PCMCI+ search; findings->linked is its skeleton. */
struct caus_plus {
    const caus_question *question;
    caus_search *search;
    caus_findings *findings;
    double *strength; /* [cell_count] smallest |statistic| given neighbours */
    caus_separating_set *separating_sets; /* [cell_count] */
    /* For intervals of a test with place(): what the result that is kept was
     * given, [cell_count] in nodes and [variable_count²] from which cell the
     * numbers shown at lag 0 are; NULL = not wanted. Of the targets of this
     * process. */
    caus_given *given;
    size_t *shown_cell;
    size_t *neighbours;      /* [variable_count²] at lag 0, of each target */
    size_t *neighbour_count; /* [variable_count] */
    /* The nodes that conditions on a target are drawn from, the strongest
     * first: its lag-0 neighbours (a node at lag 0 has the number of its
     * variable), or what it is linked to at any lag. */
    size_t *candidates;      /* [variable_count × candidate_stride] */
    size_t *candidate_count; /* [variable_count] */
    size_t candidate_stride; /* above every node in it */
    size_t *most_given;      /* [variable_count] candidates in one set */
    caus_plus_hand *hands;   /* [threads] */
    caus_plus_triple *triples;
    size_t triple_count;
    size_t *chains; /* [cell_count] first triple with these ends + 1 */
    /* [variable_count²] caus_mark at the second of two variables */
    unsigned char *marks;
    /* [cell_count] by how much the variance of a correlation differs from that
     * of even rows; 0 = not looked at; NULL = rows are taken to be even */
    double *unevenness;
    size_t size;   /* of the separating sets being tried */
    bool backward; /* from larger to smaller variables at lag 0 */
    /* [variable_count] variables that nothing observed causes: their edges
     * need no triple; NULL = none */
    const bool *is_exogenous;
    /* [variable_count²] the numbers shown at lag 0 */
    double *shown_statistic;
    double *shown_df;
    caus_triple *ambiguous;
    size_t ambiguous_count;
};

static inline caus_plus_hand *caus_plus_hand_of(const caus_plus *plus,
                                                const caus_hand *hand)
{
    return &plus->hands[hand - plus->search->hands];
}

static inline bool caus_plus_is_linked(const caus_plus *plus, size_t source,
                                       size_t target, size_t lag)
{
    return plus->findings
        ->linked[caus_cell(plus->question, source, target, lag)];
}

/* The mark at `target` of the lag-0 edge between two variables. */
static inline unsigned char *caus_plus_mark(const caus_plus *plus,
                                            size_t source, size_t target)
{
    return &plus->marks[source * plus->question->variable_count + target];
}

static inline bool caus_plus_is_plain_pc(const caus_plus *plus)
{
    return plus->question->options->method == CAUS_METHOD_PC_LAGGED;
}

/* Whether the search is out of time or has failed. */
static inline bool caus_plus_is_over(const caus_plus *plus)
{
    return atomic_load_explicit(&plus->search->stopped, memory_order_relaxed);
}

/* Lists neighbours and candidates of every target. */
void caus_plus_list_neighbours(caus_plus *plus);

/* Fixes the target and its lagged parents as shared conditions. */
caus_status caus_plus_condition(caus_plus *plus, caus_hand *hand, size_t target,
                                caus_error *err);

/* Tests source(t − lag) against the fixed target given `count` nodes, the
 * lagged parents of the target and those of the source. */
caus_status caus_plus_test(caus_plus *plus, caus_hand *hand, size_t source,
                           size_t lag, const size_t *given, size_t count,
                           caus_ci_result *result, caus_error *err);

/* The next `size` of `count` places in lexicographic order; false at the end.
 */
bool caus_next_combination(size_t *places, size_t size, size_t count);

/* A search without results yet, in the scratch arenas of the search. */
caus_status caus_plus_init(caus_search *search, caus_findings *findings,
                           caus_plus *plus, caus_error *err);

/* Forgets all that was found. */
void caus_plus_clear(caus_plus *plus);

/* From selected conditions to a skeleton with its numbers. */
caus_status caus_plus_find_links(caus_plus *plus, caus_error *err);

/* From the skeleton to marks and ambiguous triples. */
caus_status caus_plus_find_marks(caus_plus *plus, caus_error *err);

/* Takes links out of the report whose p-value is above alpha. */
void caus_plus_drop_weak(caus_search *search, caus_findings *findings);

/* Notes how uneven the rows of every linked cell are. */
caus_status caus_plus_weigh_rows(caus_plus *plus, caus_error *err);

/* Removes links that some set of lag-0 neighbours separates. */
caus_status caus_plus_skeleton(caus_plus *plus, caus_error *err);

/* Finds the unshielded triples and which of them are colliders. */
caus_status caus_plus_find_colliders(caus_plus *plus, caus_error *err);

/* Orients lag-0 edges by colliders and the rules that follow from them. */
caus_status caus_plus_orient(caus_plus *plus, caus_error *err);

/* How well the graph fits, the smaller the better; to choose pc_alpha by. */
caus_status caus_plus_score(const caus_plus *plus, double *result,
                            caus_error *err);

#endif
