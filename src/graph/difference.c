/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/base.h"
#include "caus/windows.h"

const char *caus_change_name(caus_link_change change)
{
    static const char *const names[] = {
        [CAUS_CHANGE_NONE] = "none",
        [CAUS_CHANGE_ADDED] = "added",
        [CAUS_CHANGE_LOST] = "lost",
        [CAUS_CHANGE_REORIENTED] = "reoriented",
        [CAUS_CHANGE_STRENGTH] = "strength",
    };
    return names[change];
}

static double p_of_equality(const caus_discovery *before,
                            const caus_discovery *after, size_t cell)
{
    if (!before->df || !after->df)
        return (double)NAN;
    double r = before->statistic[cell], s = after->statistic[cell];
    double df = before->df[cell], other_df = after->df[cell];
    if (!(fabs(r) < 1) || !(fabs(s) < 1) || !(df >= 2) || !(other_df >= 2))
        return (double)NAN;
    double deviation = sqrt(1 / (df - 1) + 1 / (other_df - 1));
    return erfc(fabs(atanh(r) - atanh(s)) / deviation * .70710678118654752);
}

static caus_link_change change_of(const caus_link_difference *link,
                                  double alpha)
{
    if (link->before.source == CAUS_MARK_NONE)
        return CAUS_CHANGE_ADDED;
    if (link->after.source == CAUS_MARK_NONE)
        return CAUS_CHANGE_LOST;
    if (link->before.source != link->after.source ||
        link->before.target != link->after.target)
        return CAUS_CHANGE_REORIENTED;
    return link->p_value <= alpha ? CAUS_CHANGE_STRENGTH : CAUS_CHANGE_NONE;
}

static void count_change(caus_difference *made, caus_link_change change)
{
    made->added += change == CAUS_CHANGE_ADDED;
    made->lost += change == CAUS_CHANGE_LOST;
    made->reoriented += change == CAUS_CHANGE_REORIENTED;
    made->changed += change == CAUS_CHANGE_STRENGTH;
}

static caus_status check(const caus_discovery *before,
                         const caus_discovery *after, double alpha,
                         caus_error *err)
{
    if (before->graph.node_count != after->graph.node_count ||
        before->graph.max_lag != after->graph.max_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "graphs of %zu nodes with lags up to %zu and of %zu "
                         "nodes with lags up to %zu cannot be compared",
                         before->graph.node_count, before->graph.max_lag,
                         after->graph.node_count, after->graph.max_lag);
    if (!(alpha >= 0 && alpha <= 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the level of the test of equal strength is %g: give "
                         "a number from 0 to 1",
                         alpha);
    return CAUS_OK;
}

caus_status caus_graph_difference(const caus_discovery *before,
                                  const caus_discovery *after, double alpha,
                                  caus_arena *out, caus_difference *result,
                                  caus_error *err)
{
    CAUS_TRY(check(before, after, alpha, err));
    const caus_graph *old = &before->graph, *new = &after->graph;
    size_t nodes = old->node_count, lags = old->max_lag + 1;
    size_t most = caus_graph_edge_count(old) + caus_graph_edge_count(new);
    caus_link_difference *links = CAUS_ARRAY(out, caus_link_difference, most);
    caus_difference made = {.links = links};
    if (!links)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < nodes * nodes * lags; cell++) {
        if (old->cells[cell].source == CAUS_MARK_NONE &&
            new->cells[cell].source == CAUS_MARK_NONE)
            continue;
        caus_link_difference *link = &links[made.link_count++];
        *link = (caus_link_difference){
            .source = cell / lags / nodes,
            .target = cell / lags % nodes,
            .lag = cell % lags,
            .before = old->cells[cell],
            .after = new->cells[cell],
            .statistic_before = before->statistic[cell],
            .statistic_after = after->statistic[cell],
            .p_value = p_of_equality(before, after, cell),
        };
        link->change = change_of(link, alpha);
        count_change(&made, link->change);
    }
    *result = made;
    return CAUS_OK;
}
