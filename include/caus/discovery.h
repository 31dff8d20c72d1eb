/* SPDX-License-Identifier: Apache-2.0 */
/* Causal discovery: options, algorithms, result. */
#ifndef CAUS_DISCOVERY_H
#define CAUS_DISCOVERY_H

#include "graph.h"
#include "independence.h"
#include "quality.h"
#include "series.h"

CAUS_API_BEGIN

/* Which test of the PCMCI family is run over all pairs. */
typedef enum caus_method {
    CAUS_METHOD_PCMCI,
    CAUS_METHOD_BIVCI,     /* conditions: the target's own past */
    CAUS_METHOD_FULLCI,    /* conditions: the whole past */
    CAUS_METHOD_LAGGED,    /* no conditions: lagged dependencies */
    CAUS_METHOD_PCMCIPLUS, /* lag 0 conditioned on and oriented too */
    CAUS_METHOD_PC_LAGGED, /* the same, conditions being any linked variables at
                              any lag, without a selection before */
    CAUS_METHOD_JPCMCIPLUS /* of several environments, with contexts; asked for
                              by caus_discover_jpcmciplus() */
} caus_method;

typedef enum caus_fdr { CAUS_FDR_NONE, CAUS_FDR_BH, CAUS_FDR_BY } caus_fdr;

/* In which roles of a test an unselected value is left out (bits). */
typedef enum caus_mask_role {
    CAUS_MASK_SOURCE = 1,    /* X */
    CAUS_MASK_TARGET = 2,    /* Y */
    CAUS_MASK_CONDITIONS = 4 /* Z */
} caus_mask_role;

/* What the user says about source(t − lag) → target(t). */
typedef enum caus_assumption {
    CAUS_ASSUME_UNKNOWN,   /* "-?>" at lag > 0, "o?o" at lag 0: test it */
    CAUS_ASSUME_ABSENT,    /* no such link */
    CAUS_ASSUME_LINK,      /* "-->" */
    CAUS_ASSUME_ADJACENT,  /* "o-o" at lag 0 */
    CAUS_ASSUME_NOT_BACK,  /* "-?>" at lag 0: if linked, then this way */
    CAUS_ASSUME_LINK_BACK, /* "<--" at lag 0 */
    CAUS_ASSUME_ONLY_BACK  /* "<?-" at lag 0; at lag > 0 the source is no cause,
                              so there is no link unless a hidden common cause
                              makes one */
} caus_assumption;

/* When an unshielded triple a – b – c is a collider a → b ← c (PCMCI+). */
typedef enum caus_collider_rule {
    CAUS_COLLIDERS_MAJORITY,     /* b is in fewer than half of the sets that
                                    separate a and c; half: ambiguous */
    CAUS_COLLIDERS_CONSERVATIVE, /* in none of them; in some: ambiguous */
    CAUS_COLLIDERS_NONE          /* not in the first separating set found */
} caus_collider_rule;

typedef struct caus_pcmci_options {
    caus_method method;
    caus_test_options test; /* of conditional independence */
    size_t min_lag;         /* ≤ max_lag; 0 tests contemporaneous links too */
    size_t max_lag;         /* ≥ 1 for PCMCI */
    double alpha;           /* a reported link has p (or q) ≤ alpha */
    double pc_alpha;        /* condition selection; NaN = chosen per target from
                               {.05 .1 .2 .3 .4 .5} by the Akaike score, where the
                               test has one */
    caus_fdr fdr;
    bool fdr_contemporaneous; /* count lag-0 tests among the hypotheses */
    bool fdr_skip_own_past;   /* leave out tests of a variable's own past, which
                                 are seldom in doubt: each one found lets more
                                 false links through */
    bool fdr_ordered_apart;   /* correct lag-0 tests between variables of which
                                 the assumptions leave one direction among
                                 themselves: few, and likelier than the rest */
    size_t max_combinations;  /* of conditions per size, ≥ 1 */
    size_t max_conditions;    /* in selection; SIZE_MAX = no limit */
    size_t max_parents; /* of a variable, each lag one; 0 = any number. The
                           links of the largest |statistic| into it are
                           reported, undirected ones aside; where links of
                           lag 0 are directed by tests it says what is true:
                           no larger separating set is tried, and more
                           parents in the result contradict it */
    size_t max_conditions_target; /* parents of the target; SIZE_MAX */
    size_t max_conditions_source; /* parents of the source; SIZE_MAX */
    uint64_t max_tests;  /* 0 = no limit; shared evenly among the targets of a
                            step, so that the result does not depend on threads;
                            where a share is used up the result is partial */
    unsigned mask_roles; /* caus_mask_role bits; 0 = ignore masks */
    bool drop_up_to_max_lag; /* a missing value drops all rows that any lag
                                up to 2·max_lag would touch */
    double level;            /* of intervals, e.g. .95; 0 = none, as for
                                tests that have none */
    size_t bootstrap;        /* replicates for stability; 0 = none */
    size_t block_rows;       /* bootstrap block; 0 = from autocorrelation */
    bool all_links;          /* p for every tested link, not only reported */
    caus_collider_rule colliders; /* PCMCI+ */
    bool keep_first_orientation;  /* PCMCI+: no x-x where a lag-0 edge is to
                                     point both ways */
    bool reset_lagged_links;      /* PCMCI+: test lagged links that selection
                                     removed as well */
    bool uneven_rows; /* PCMCI+: variables that move in bursts meet in few
                         rows; correlations have the degrees of freedom that
                         White's variance of their innovations leaves, where
                         those are fewer. Not with sums in place of rows */
    const unsigned char *assumptions; /* caus_assumption per graph cell
                                [N × N × (max_lag+1)]; NULL = all unknown */
} caus_pcmci_options;

/* PCMCI, partial correlation, lags 0 … 5, alpha .05, pc_alpha .05, no FDR, one
 * combination, no limits, no masks, level .95, no bootstrap. */
caus_pcmci_options caus_pcmci_options_default(void);

/* variable(t − lag) */
typedef struct caus_lagged {
    size_t variable;
    size_t lag;
} caus_lagged;

/* The conditions selected for one target, strongest first. */
typedef struct caus_parents {
    size_t count;
    const caus_lagged *parents;
    const double *min_statistic; /* [count] smallest |statistic| seen */
    double alpha;                /* the pc_alpha that was used */
} caus_parents;

/* The lag-0 variables given which a pair was found independent, besides the
 * lagged parents of both. */
typedef struct caus_separating_set {
    size_t count;
    const caus_lagged *nodes;
} caus_separating_set;

/* Variables that determine each other, to about ten digits. */
typedef struct caus_singular_block {
    size_t count;
    const size_t *variables; /* [count] ascending */
} caus_singular_block;

/* How an edge fared in each environment. */
typedef enum caus_edge_environments {
    CAUS_EDGE_POOLED, /* one environment, or not compared */
    CAUS_EDGE_REPLICATED,
    CAUS_EDGE_BASELINE_ONLY,
    CAUS_EDGE_INCIDENT_ONLY,
    CAUS_EDGE_CHANGED
} caus_edge_environments;

/*
 * A graph with its numbers. Arrays are [N × N × (max_lag+1)] in the order of
 * caus_graph cells, but hold both directions at lag 0. Untested cells hold
 * statistic 0 and p 1.
 */
typedef struct caus_discovery {
    caus_graph graph;
    const double *statistic;
    const double *p_value; /* of reported links; NaN where not evaluated */
    const double *q_value; /* NULL without FDR */
    const double *lower;   /* interval of what it estimates; NULL without */
    const double *upper;
    const double *df; /* degrees of freedom of a partial correlation, 0 where
                         there is no test; NULL for other statistics */
    const double *stability; /* share of replicates with the link; NULL */
    /* Share of those that give it the same marks; NULL. */
    const double *orientation_stability;
    const double *sensitivity; /* share of other settings with it; NULL */
    const unsigned char *environments; /* caus_edge_environments; NULL */
    const bool *by_topology; /* lag-0 edges that a call graph orients; NULL */
    const bool *off_calls;   /* links that no call between the two services
                                explains; NULL = no call graph */
    const double *effect;    /* units of the target per unit of the source, NaN
                                without an arrow; NULL = not measured */
    const bool *by_load; /* links that do not hold given the workload; NULL =
                            not asked */
    const bool *is_load; /* [N] requests, whose links are not held against the
                            workload; NULL = not asked */
    const caus_parents *parents; /* [N]; NULL where not selected */
    const caus_separating_set *separating_sets; /* by cell; NULL */
    size_t rows_used; /* rows behind a test with no missing value */
    uint64_t test_count;
    bool complete;             /* false: the time limit cut the work short */
    bool intervals_by_formula; /* those from the rows, which were asked for,
                                  would not fit the memory limit */
    const caus_singular_block *singular; /* met by static searches; NULL */
    size_t singular_count;
} caus_discovery;

/*
 * Learns lagged links by PCMCI with partial correlation (Runge et al. 2019,
 * Science Advances 5:eaau4996), with windows, degrees of freedom, order of
 * ties and decisions as in tigramite 5.2.
 *
 *   series   one or more segments; they are pooled, no lagged row crosses one
 *   options  NULL = default
 *   result   lives in `out`
 *
 * Columns are worked on in the order of their names, numbers within names by
 * value, so that their order in the series leaves no trace in the numbers; a
 * series without variables is taken as it is, ties in tigramite's order.
 * Constant, duplicate and collinear columns are results: a constant column has
 * statistic 0 and p 1; a test whose conditions determine one side has
 * statistic 0 and p 1 in selection and removes the candidate.
 * Fails with CAUS_ERR_TOO_FEW_SAMPLES (rows − 2·max_lag too few), …_LIMIT,
 * …_CANCELLED, …_OUT_OF_MEMORY, CAUS_ERR_INVALID_ARGUMENT (contradicting
 * assumptions, lags out of range). With a time limit the result may be partial
 * (complete = false).
 * Cost about N²·max_lag tests of a few microseconds each, O(T·N²·max_lag) for
 * the Gram matrices; memory O((N·(2·max_lag+1))²).
 */
caus_status caus_discover_pcmci(const caus_series *series,
                                const caus_pcmci_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_discovery *result, caus_error *err);

/*
 * Learns links at lag 0 as well as lagged ones, and orients them: PCMCI+ (Runge
 * 2020, Proceedings of UAI, PMLR 124:1388), with the tests, their order and the
 * decisions of tigramite 5.2. The same as caus_discover_pcmci() with the method
 * CAUS_METHOD_PCMCIPLUS.
 *
 *   options  NULL = default; pc_alpha decides every test (NaN = chosen from
 *            {.001 .005 .01 .025 .05} by the Akaike score of the graph); a link
 *            with p (or q) above alpha is not reported afterwards: 1 reports
 *            all. max_lag may be 0, and the series may then be a table
 *   result   graph: lag-0 edges are directed, o-o (cannot be oriented, or
 *            ambiguous) or x-x (evidence for both directions); ambiguous
 *            triples are listed in it. Separating sets of pairs without a link.
 *            Statistic and p-value are those of the weakest test; at lag 0 the
 *            statistic is that of the direction from the variable that comes
 *            first by name, the p-value the larger of both directions
 *
 * Assumes no hidden common cause. Fails as caus_discover_pcmci(). When the time
 * limit passes, links that held in every test so far are reported, at lag 0
 * without orientation. Cost as PCMCI, and tests exponential in the largest
 * number of lag-0 neighbours.
 */
caus_status caus_discover_pcmciplus(const caus_series *series,
                                    const caus_pcmci_options *options,
                                    const caus_run *run, caus_arena *out,
                                    caus_discovery *result, caus_error *err);

CAUS_API_END
#endif
