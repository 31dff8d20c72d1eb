/* SPDX-License-Identifier: Apache-2.0 */
/* A graph that somebody drew beside the one that data gave. */
#ifndef CAUS_COMPARISON_H
#define CAUS_COMPARISON_H

#include "discovery.h"
#include "graph_file.h"
#include "knowledge.h"

CAUS_API_BEGIN

typedef enum caus_support {
    CAUS_EDGE_SUPPORTED,
    CAUS_EDGE_CONTRADICTED,
    CAUS_EDGE_UNTESTABLE
} caus_support;

/* "supported", "contradicted", "not testable". */
const char *caus_support_name(caus_support support);

/* What the data say of one edge that was drawn. */
typedef struct caus_drawn_edge {
    const caus_named_edge *drawn;
    const char *source, *target; /* names */
    caus_support support;
    const char *reason; /* "found, direction open", … */
    size_t lag;         /* that the numbers are of; SIZE_MAX = none */
    caus_edge found;    /* marks from source to target there, or NONE */
    double statistic;   /* NaN = none */
    double p_value;     /* NaN = none */
} caus_drawn_edge;

/* How an edge that was found stands to the drawn ones. */
typedef enum caus_agreement {
    CAUS_AGREEMENT_NONE,    /* no edge was found there */
    CAUS_AGREEMENT_SAME,    /* it was drawn, or fits what was */
    CAUS_AGREEMENT_OTHER,   /* the pair was drawn, but the other way round or
                               at another lag */
    CAUS_AGREEMENT_LACKING, /* nothing was drawn between the two */
    CAUS_AGREEMENT_OWN_PAST /* of a variable on itself, drawn or not */
} caus_agreement;

typedef struct caus_comparison {
    const char *path;
    const caus_drawn_edge *edges; /* [edge_count] in the order of the file */
    size_t edge_count;
    size_t supported, contradicted, untestable;
    const unsigned char *agreement; /* by graph cell: caus_agreement, at lag 0
                                       in both directions */
    size_t lacking;                 /* edges that were not drawn */
} caus_comparison;

typedef struct caus_comparison_options {
    double alpha;        /* level of the search; NaN = .05 */
    bool is_correlation; /* the statistic is a correlation or a partial one */
    const unsigned char *assumptions; /* of the search, by cell; NULL */
} caus_comparison_options;

/*
 * Compares a drawn graph with a found one.
 *
 *   series   whose variables are the nodes that were found; names tie them to
 *            the drawn ones
 *   result   lives in `out` and shares texts of `drawn`
 *
 * A drawn edge is supported when an edge was found there (at any lag where none
 * was drawn) whose marks do not exclude it; contradicted when the marks do,
 * when it was found at another lag, or when none was found although rows were
 * enough to find a correlation of 0.3 four times in five (Cohen 1988,
 * "Statistical Power Analysis for the Behavioral Sciences", chapter 3: an
 * effect of medium size). It is not testable when an end is no variable of the
 * series, its lag was not searched, knowledge required it or ruled it out, or
 * rows were too few. Fails with CAUS_ERR_OUT_OF_MEMORY. Cost O(N² · lags +
 * drawn · lags).
 */
caus_status caus_graph_compare(const caus_graph_file *drawn,
                               const caus_series *series,
                               const caus_discovery *found,
                               const caus_comparison_options *options,
                               caus_arena *out, caus_comparison *result,
                               caus_error *err);

/* What a drawn graph is worth to a search. */
typedef enum caus_graph_trust {
    CAUS_TRUST_COMPARE, /* nothing: it is compared afterwards */
    CAUS_TRUST_PRIOR,   /* where a link of lag 0 is found, its direction is that
                           of the drawn edge */
    CAUS_TRUST_REQUIRED /* its edges are there */
} caus_graph_trust;

/*
 * The rules that a drawn graph stands for, behind those of `known`.
 *
 *   known    what else is known; NULL = nothing
 *   max_lag  of the search
 *   result   lives in `out`. Edges with an end that the series lacks say
 * nothing
 *
 * Fails with CAUS_ERR_INVALID_DATA when an edge to be required has no direction
 * or, with lags, no lag (line named); CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_knowledge_add_graph(const caus_knowledge *known,
                                     const caus_graph_file *drawn,
                                     caus_graph_trust trust,
                                     const caus_series *series, size_t max_lag,
                                     caus_arena *out, caus_knowledge *result,
                                     caus_error *err);

CAUS_API_END
#endif
