/* SPDX-License-Identifier: Apache-2.0 */
/* A graph for every regime or window, and how graphs differ. */
#ifndef CAUS_WINDOWS_H
#define CAUS_WINDOWS_H

#include "discovery.h"

CAUS_API_BEGIN

/* Which regime each row of a series is in. */
typedef struct caus_regime_labels {
    size_t regime_count;
    const double *values; /* [regime_count] of the variable, ascending; NULL */
    const size_t *labels; /* [rows of all segments] below regime_count;
                             SIZE_MAX = in none */
} caus_regime_labels;

/*
 * Takes a variable's values as regimes: rows where it is missing are in none.
 * Leave the variable out of the search, by caus_series_select().
 *
 *   result  lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no such variable), …_INVALID_DATA (no
 * value, or more than 100 different ones), …_OUT_OF_MEMORY.
 * Cost O(rows · log rows).
 */
caus_status caus_regimes_of_variable(const caus_series *series, size_t variable,
                                     caus_arena *out,
                                     caus_regime_labels *result,
                                     caus_error *err);

typedef struct caus_regime {
    size_t row_count; /* labelled so */
    caus_discovery discovery;
} caus_regime;

typedef struct caus_regimes {
    size_t regime_count;
    const caus_regime *regimes; /* [regime_count] */
    bool complete; /* false: time ran out in a regime or before it */
} caus_regimes;

/*
 * Learns a graph for every given regime: PCMCI or another method of
 * caus_discover_pcmci() on the whole series with a mask. A test uses the rows
 * whose target is in the regime; sources and conditions may lie before it. So
 * Runge et al. mask in tigramite ("y").
 *
 *   options  NULL = default; mask_roles 0 = targets only, else the roles in
 *            which a value outside the regime is left out. The masks of the
 *            series are put aside
 *   result   lives in `out`
 *
 * A regime with too few rows for a test has no link by it. One regime that
 * holds all rows gives what no regimes give, to the last digits only: masked
 * rows are summed another way.
 * Fails as caus_discover_pcmci(), with CAUS_ERR_INVALID_ARGUMENT for labels out
 * of range and for the method CAUS_METHOD_JPCMCIPLUS. Cost that of one search a
 * regime, and for each test O(rows outside · conditions²).
 */
caus_status caus_discover_regimes(const caus_series *series,
                                  const caus_regime_labels *labels,
                                  const caus_pcmci_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_regimes *result, caus_error *err);

typedef struct caus_window_options {
    size_t length_rows; /* of a window, more than 2 · max_lag */
    size_t step_rows;   /* from one window's start to the next, ≥ 1 */
    caus_pcmci_options search;
} caus_window_options;

typedef struct caus_window {
    size_t segment;
    size_t first_row; /* within the segment */
    size_t row_count;
    int64_t start_ns; /* grid time of the first row */
    caus_discovery discovery;
} caus_window;

typedef struct caus_windows {
    size_t window_count;
    const caus_window *windows; /* [window_count] in the order of segments and
                                   rows */
    bool complete; /* false: time ran out in a window or before it */
} caus_windows;

/*
 * Learns a graph for every window of a series. A window lies within a segment
 * and is searched as if it were all there is; rows behind the last whole window
 * of a segment are in none.
 *
 *   result  lives in `out`; a window is left out when time ran out before it
 *
 * Fails as caus_discover_pcmci(); CAUS_ERR_INVALID_ARGUMENT also for a step of
 * 0 and the method CAUS_METHOD_JPCMCIPLUS, CAUS_ERR_TOO_FEW_SAMPLES when no
 * segment has length_rows rows. Cost that of one search a window.
 */
caus_status caus_discover_windows(const caus_series *series,
                                  const caus_window_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_windows *result, caus_error *err);

/*
 * What several graphs have in common. Arrays are [N × N × (max_lag + 1)] in the
 * order of graph cells, at lag 0 symmetric.
 */
typedef struct caus_graph_summary {
    caus_graph graph; /* the marks that most graphs have. No edge wins a tie; of
                         tied edges the conservative one is taken: o-o */
    const double *frequency;      /* share of graphs with those very marks */
    const double *link_frequency; /* share of graphs with any edge */
    const double *mean_statistic; /* over all graphs */
} caus_graph_summary;

/*
 * Summarises the graphs of windows, regimes or clusters.
 *
 *   found   [count] pointers, of one size, with statistics
 *   result  lives in `out`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (no graph, other sizes),
 * CAUS_ERR_OUT_OF_MEMORY. Cost O(count · cells).
 */
caus_status caus_graphs_summarise(const caus_discovery *const *found,
                                  size_t count, caus_arena *out,
                                  caus_graph_summary *result, caus_error *err);

typedef enum caus_link_change {
    CAUS_CHANGE_NONE, /* in both, as strong */
    CAUS_CHANGE_ADDED,
    CAUS_CHANGE_LOST,
    CAUS_CHANGE_REORIENTED, /* in both, with other marks */
    CAUS_CHANGE_STRENGTH    /* in both, the test of equal strength fails */
} caus_link_change;

/* "added", "lost", "reoriented", "strength" or "none". */
const char *caus_change_name(caus_link_change change);

/* A link of either graph: source(t − lag), target(t). */
typedef struct caus_link_difference {
    size_t source, target, lag; /* at lag 0 source < target */
    caus_link_change change;
    caus_edge before, after;
    double statistic_before, statistic_after;
    double p_value; /* that both correlations are equal; NaN = cannot tell */
} caus_link_difference;

typedef struct caus_difference {
    size_t link_count;
    const caus_link_difference *links; /* [link_count] by cell */
    size_t added, lost, reoriented, changed;
} caus_difference;

/*
 * Compares two results cell by cell. The strength of a link is its partial
 * correlation; equality is tested on Fisher's z scale, whose variance is
 * 1 / (df − 1) with df = rows − 2 − conditions.
 *
 *   alpha   level of that test, in [0, 1]; of each link, not of all together
 *   result  lives in `out`; links that are in neither graph are not listed
 *
 * The test holds for separate rows: windows that overlap share noise and differ
 * less than it allows for. The conditions are those each search chose, so a
 * link may change because they did. Added and lost mean above and below the
 * search's alpha: look at p_value before calling that a change. No p-value
 * without degrees of freedom, for df < 2, for statistics of ±1, for other
 * statistics than correlations.
 * Fails with CAUS_ERR_INVALID_ARGUMENT (other sizes, alpha),
 * CAUS_ERR_OUT_OF_MEMORY. Cost O(cells).
 * Source: R. A. Fisher, Statistical Methods for Research Workers, on the
 * difference of two correlations.
 */
caus_status caus_graph_difference(const caus_discovery *before,
                                  const caus_discovery *after, double alpha,
                                  caus_arena *out, caus_difference *result,
                                  caus_error *err);

CAUS_API_END
#endif
