/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of lagged discovery share. */
#ifndef CAUS_SRC_DISCOVERY_DISCOVERY_INTERNAL_H
#define CAUS_SRC_DISCOVERY_DISCOVERY_INTERNAL_H

#include <stdatomic.h>

#include "caus/discovery.h"
#include "independence/independence.h"

/* The candidates for pc_alpha when the caller leaves it open. */
enum { CAUS_PC_ALPHA_COUNT = 6 };

/* The one pc_alpha, or those to choose from. */
const double *caus_pc_alphas(const caus_pcmci_options *options, size_t *count);

typedef struct caus_joint caus_joint; /* of J-PCMCI+ */

/* What is asked: the same for the data and for every resample of it. */
typedef struct caus_question {
    const caus_pcmci_options *options;
    size_t variable_count;
    size_t cell_count; /* variable_count² · (max_lag + 1) */
    size_t first_lag;  /* of a candidate parent: max(1, min_lag) */
    /* [cell_count] caus_assumption, both directions filled in at lag 0; NULL =
     * all unknown */
    const unsigned char *assumptions;
    const caus_run *run;
    caus_joint *joint; /* contexts and dummies of J-PCMCI+; else NULL */
} caus_question;

/* Whether links at lag 0 are conditioned on and oriented. */
static inline bool caus_is_plus(const caus_pcmci_options *options)
{
    return options->method == CAUS_METHOD_PCMCIPLUS ||
           options->method == CAUS_METHOD_PC_LAGGED ||
           options->method == CAUS_METHOD_JPCMCIPLUS;
}

static inline size_t caus_cell(const caus_question *question, size_t source,
                               size_t target, size_t lag)
{
    return (source * question->variable_count + target) *
               (question->options->max_lag + 1) +
           lag;
}

static inline caus_assumption caus_assumed(const caus_question *question,
                                           size_t source, size_t target,
                                           size_t lag)
{
    if (!question->assumptions)
        return CAUS_ASSUME_UNKNOWN;
    return (caus_assumption)
        question->assumptions[caus_cell(question, source, target, lag)];
}

/* Whether a link is taken for granted and never tested. */
static inline bool caus_is_granted(caus_assumption assumption)
{
    return assumption == CAUS_ASSUME_LINK ||
           assumption == CAUS_ASSUME_ADJACENT ||
           assumption == CAUS_ASSUME_LINK_BACK;
}

/* Whether source(t − lag) → target(t) is a hypothesis at all. */
static inline bool caus_is_hypothesis(const caus_question *question,
                                      size_t source, size_t target, size_t lag)
{
    return lag >= question->options->min_lag && (lag > 0 || source != target) &&
           caus_assumed(question, source, target, lag) != CAUS_ASSUME_ABSENT;
}

/* Whether the hypothesis is tested in this direction: one that could only
 * point back is tested from the other end alone. */
static inline bool caus_is_tested(const caus_question *question, size_t source,
                                  size_t target, size_t lag)
{
    return caus_is_hypothesis(question, source, target, lag) &&
           caus_assumed(question, source, target, lag) != CAUS_ASSUME_ONLY_BACK;
}

/* The selected conditions of one target, strongest first. */
typedef struct caus_selection {
    caus_node *nodes; /* [variable_count · max_lag], `count` in use */
    double *strength; /* smallest |statistic| seen */
    size_t count;
    double alpha;
} caus_selection;

typedef struct caus_plus caus_plus; /* of PCMCI+ */

/* What was found. Cells never tested hold statistic 0 and df 0. */
typedef struct caus_findings {
    caus_selection *selections; /* [variable_count]; NULL without selection */
    double *statistic;          /* [cell_count] */
    double *df;                 /* [cell_count]; 0 = p-value 1 */
    double *p_value;            /* [cell_count]; NaN = not evaluated */
    double *q_value;            /* [cell_count]; NULL without FDR */
    unsigned char *linked;      /* [cell_count] */
    /* Of links that are tested again for their intervals; else NULL. */
    const unsigned char *wanted; /* [cell_count] the others are left alone */
    caus_ends *ends;             /* [cell_count] */
    caus_plus *plus;             /* set by a PCMCI+ search; in scratch memory */
} caus_findings;

/* One thread's tools, on cache lines of their own. */
typedef struct caus_hand {
    _Alignas(64) caus_arena *arena;
    caus_ci_work *work;
    caus_decider select[CAUS_PC_ALPHA_COUNT];
    caus_decider report;
    caus_node *candidates; /* [variable_count · max_lag] */
    double *strength;      /* likewise */
    caus_node *conditions; /* likewise, and one more */
    size_t *combination;   /* likewise */
    bool *removed;         /* likewise */
    uint64_t test_count;
    uint64_t last_test; /* test_count at which the present target must stop */
} caus_hand;

/* One search over one sample. */
typedef struct caus_search {
    const caus_question *question;
    const caus_independence *test;
    int first_thread; /* scratch arenas first_thread … + threads − 1 */
    int threads;
    bool quiet;       /* no progress: part of a larger piece of work */
    bool grouped;     /* targets are cut among the processes of the run */
    caus_hand *hands; /* [threads] */
    caus_ci_source *sources; /* [variable_count × (max_lag + 1)] */
    uint64_t *shares;        /* [variable_count] tests a target may make in
                                this step; NULL = no limit */
    atomic_size_t done;
    atomic_bool stopped; /* by cancel, or by the limit of time or tests */
    atomic_bool failed;
    caus_error error; /* of the first failure, when failed */
    size_t failed_at; /* its target */
} caus_search;

/* Arrays of findings in an arena. */
caus_status caus_findings_init(const caus_question *question, caus_arena *arena,
                               caus_findings *findings, caus_error *err);

/* Tools for every thread; they live in the threads' scratch arenas. */
caus_status caus_search_init(caus_search *search, const caus_question *question,
                             const caus_independence *test, int first_thread,
                             int threads, caus_arena *arena, caus_error *err);

/* Everything from condition selection to decided links. When a limit cuts it
 * short, what is missing stays untested and `stopped` is set. */
caus_status caus_search_run(caus_search *search, caus_findings *findings,
                            caus_error *err);

uint64_t caus_search_test_count(const caus_search *search);

/*
 * Shares the tests that are left among the targets that have work in the next
 * step, in their order.
 *
 *   has_work  NULL = all
 */
typedef bool caus_has_work_fn(const caus_findings *findings, size_t target);
void caus_search_share_tests(caus_search *search, const caus_findings *findings,
                             caus_has_work_fn *has_work);

/* Whether the target at work must stop before another test; the search is then
 * `stopped`. */
bool caus_search_is_cut(caus_search *search, const caus_hand *hand);

/* The parts of a run. */
caus_status caus_select_conditions(caus_search *search, caus_findings *findings,
                                   caus_error *err);
caus_status caus_test_links(caus_search *search, caus_findings *findings,
                            caus_error *err);
/* PCMCI+, selection and decisions included. */
caus_status caus_plus_run(caus_search *search, caus_findings *findings,
                          caus_error *err);
/*
 * Makes J-PCMCI+ ready: which variables are contexts, a test that knows the
 * dummies, and what each role rules out.
 *
 *   question  its joint is set
 *   test      lives in `arena`
 */
caus_status caus_joint_init(const caus_series *series, caus_question *question,
                            const caus_sample *sample, int threads,
                            caus_arena *arena, caus_independence *test,
                            caus_error *err);
/* J-PCMCI+, selection and decisions included. */
caus_status caus_joint_run(caus_search *search, caus_findings *findings,
                           caus_error *err);
/* The lag-0 edge between two variables that PCMCI+ linked. */
caus_edge caus_plus_edge(const caus_findings *findings, size_t source,
                         size_t target);
/* Separating sets, ambiguous triples and the numbers of lag 0 that are shown,
 * once p-values are known. */
caus_status caus_plus_give(caus_findings *findings, caus_arena *out,
                           caus_discovery *result, caus_error *err);
/* Full conditional independence through the inverse of one matrix. Sets
 * *handled to false, leaving the findings alone, when that would be wrong. */
caus_status caus_test_links_full(caus_search *search, caus_findings *findings,
                                 bool *handled, caus_error *err);
/* Makes lag 0 symmetric, corrects for multiple tests, decides. */
caus_status caus_decide_links(caus_search *search, caus_findings *findings,
                              caus_error *err);

/*
 * The intervals that the test of a search finds in the rows, given the same
 * conditions; of links alone unless all are reported.
 *
 *   ends  [cell_count] in scratch memory of the search, NaN where there is
 *         none; NULL when the test finds none, or there is no room
 *   fit   false when the rows of a test may take a quarter of the memory limit
 */
caus_status caus_row_intervals(caus_search *search,
                               const caus_findings *findings,
                               const caus_ends **ends, bool *fit,
                               caus_error *err);

/* Runs `work` for every target on the threads of a search and collects what
 * went wrong. No progress is told for the stage CAUS_STAGE_COUNT. */
typedef caus_status caus_target_fn(caus_search *search, caus_hand *hand,
                                   caus_findings *findings, size_t target,
                                   caus_error *err);
caus_status caus_search_each(caus_search *search, caus_findings *findings,
                             caus_stage stage, caus_target_fn *work,
                             caus_error *err);

/* Adjusted p-values of `count` hypotheses: Benjamini and Hochberg (1995),
 * Benjamini and Yekutieli (2001). `order` [count] is scratch. */
void caus_fdr_adjust(const double *p_values, size_t count, caus_fdr method,
                     size_t *order, double *q_values);

/*
 * Checks assumptions and fills in the other direction at lag 0.
 *
 *   result  [cell_count] in `arena`; NULL when nothing is assumed
 */
caus_status caus_assumptions_complete(const caus_question *question,
                                      const unsigned char *given,
                                      caus_arena *arena,
                                      const unsigned char **result,
                                      caus_error *err);

/*
 * The variables in the order of their names, numbers within them by value.
 *
 *   order  [variable_count] in `arena`; NULL when they are in that order, or
 *          have no names
 */
caus_status caus_order_by_name(const caus_series *series, caus_arena *arena,
                               const size_t **order, caus_error *err);

/* The bytes of all cells with variables in another order. */
caus_status caus_order_cells(const caus_question *question, const size_t *order,
                             const unsigned char *cells, caus_arena *arena,
                             const unsigned char **result, caus_error *err);

/*
 * What was found for variables in that order, in the order they have in the
 * series. Takes graph, numbers, parents and separating sets.
 *
 *   result  lives in `out`
 */
caus_status caus_order_restore(const caus_discovery *found, const size_t *order,
                               caus_arena *out, caus_discovery *result,
                               caus_error *err);

/*
 * Leaves of every vector group one variable to be searched, the first by name:
 * the test of vectors lets it stand for all. `assumptions` goes in and out in
 * the order of graph cells; NULL = all unknown.
 */
caus_status caus_vectors_assume(const caus_series *series, size_t max_lag,
                                caus_arena *arena,
                                const unsigned char **assumptions,
                                caus_error *err);

/* The marks of a link in the graph. */
caus_edge caus_link_marks(const caus_question *question, bool forward,
                          bool backward, size_t source, size_t target,
                          size_t lag);

/*
 * Rows a bootstrap block should have, from the decay of the autocorrelation of
 * the most persistent column; at most a tenth of the rows.
 */
size_t caus_block_rows(const caus_sample *sample);

/*
 * Share of replicates that have each link, [cell_count].
 *
 *   done  replicates behind it: those that no limit cut short
 */
caus_status caus_bootstrap_stability(const caus_question *question,
                                     const caus_sample *sample, double *share,
                                     caus_arena *arena, size_t *done,
                                     caus_error *err);

#endif
