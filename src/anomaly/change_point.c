/* SPDX-License-Identifier: Apache-2.0 */
/* Cumulative sums: lasting shifts too small for a short window. */
#include <math.h>

#include "anomaly/anomaly_internal.h"

enum { LEAST_BASE = 4 };

/* The best span from each row to any row of its window, as the likelihood ratio
 * statistic of two normal means with variance 1. */
void caus_measure_shifts(const caus_layout *layout, const caus_column *column,
                         size_t first, size_t end, size_t c,
                         caus_departures *departures)
{
    if (first < LEAST_BASE)
        return;
    size_t base_first =
        first > layout->base_rows ? first - layout->base_rows : 0;
    double rows = (double)(first - base_first);
    double base = (column->sums[first] - column->sums[base_first]) / rows;
    for (size_t i = first; i + CAUS_ANOMALY_LEAST_ROWS <= end; i++) {
        double best = 0;
        for (size_t j = i + CAUS_ANOMALY_LEAST_ROWS; j <= end; j++) {
            double span = (double)(j - i);
            double shift = (column->sums[j] - column->sums[i]) / span - base;
            double found =
                shift * sqrt(span * rows / (span + rows)) / column->memory;
            if (fabs(found) > fabs(best))
                best = found;
        }
        caus_departures_of(departures, c, 0)[column->rows[i]] = best;
    }
}
