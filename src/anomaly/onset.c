/* SPDX-License-Identifier: Apache-2.0 */
/* When an incident began, from when its variables did. */
#include <math.h>
#include <stdlib.h>

#include "anomaly/anomaly_internal.h"

/* The evidence that makes the earliest cluster, as a share of all. */
static const double earliest_share = .2;

static int compare_rows(const void *a, const void *b)
{
    const caus_onset_vote *left = a, *right = b;
    if (left->row != right->row)
        return left->row < right->row ? -1 : 1;
    return (left->column > right->column) - (left->column < right->column);
}

static bool is_of_cluster(const caus_onset_vote *vote, size_t row)
{
    return vote->row <= row || vote->first_row <= row;
}

/* The row up to which votes of the cluster have half of its weight. */
static size_t middle_of(const caus_onset_vote *votes, size_t count, size_t row,
                        bool of_first)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += is_of_cluster(&votes[i], row) ? votes[i].weight : 0;
    size_t best = row;
    double nearest = (double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!is_of_cluster(&votes[i], row))
            continue;
        size_t at = of_first ? votes[i].first_row : votes[i].last_row;
        double below = 0;
        for (size_t j = 0; j < count; j++)
            if (is_of_cluster(&votes[j], row) &&
                (of_first ? votes[j].first_row : votes[j].last_row) <= at)
                below += votes[j].weight;
        if (below * 2 >= total && below < nearest) {
            nearest = below;
            best = at;
        }
    }
    return best;
}

caus_onset caus_onset_given(size_t row, int64_t time_ns)
{
    return (caus_onset){.found = true,
                        .row = row,
                        .first_row = row,
                        .last_row = row,
                        .time_ns = time_ns,
                        .first_ns = time_ns,
                        .last_ns = time_ns};
}

caus_onset caus_onset_at(const caus_panel *panel, size_t row, size_t first,
                         size_t last)
{
    size_t rows[3] = {panel->row[row], panel->row[first], panel->row[last]};
    return (caus_onset){true,
                        rows[0],
                        rows[1],
                        rows[2],
                        panel->time_ns[rows[0]],
                        panel->time_ns[rows[1]],
                        panel->time_ns[rows[2]]};
}

caus_onset caus_onset_join(caus_onset_vote *votes, size_t count,
                           const caus_panel *panel)
{
    if (!count)
        return (caus_onset){0};
    qsort(votes, count, sizeof *votes, compare_rows);
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += votes[i].weight;
    size_t at = 0;
    for (; at + 1 < count; at++) {
        sum += votes[at].weight;
        if (sum >= earliest_share * total)
            break;
    }
    size_t row = votes[at].row;
    size_t first = middle_of(votes, count, row, true);
    size_t last = middle_of(votes, count, row, false);
    return caus_onset_at(panel, row, first < row ? first : row,
                         last > row ? last : row);
}
