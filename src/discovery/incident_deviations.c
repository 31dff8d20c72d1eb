/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "discovery/incident_deviations.h"
#include "numeric/order.h"
#include "numeric/sums.h"

enum { BLOCKS = 10, LEAST_BLOCK = 4 };

static const double farthest = 4; /* deviations; what is beyond is as far */
static const double least_effect = .05;

/* The values that stay, and what is known of them. */
typedef struct kept {
    double *values; /* [row_count] NaN = missing */
    size_t row_count, found;
    size_t blocks; /* tenths, of few values larger parts */
    bool is_count;
} kept;

static bool are_counts(const double *values, size_t count)
{
    for (size_t r = 0; r < count; r++)
        if (values[r] < 0 || values[r] != nearbyint(values[r]))
            if (!isnan(values[r]))
                return false;
    return true;
}

static kept keep(const caus_sorted_column *column, double *to)
{
    const double *values = column->values;
    size_t start = column->gap_start, end = column->gap_end;
    size_t after = column->row_count - end;
    kept made = {
        .values = to, .row_count = start + after, .found = column->present};
    memcpy(to, values, start * sizeof *to);
    memcpy(to + start, values + end, after * sizeof *to);
    for (size_t r = start; r < end; r++)
        made.found -= isnan(values[r]) ? 0 : 1;
    made.is_count =
        !(column->least_scale > 0) && are_counts(to, made.row_count);
    made.blocks = caus_smaller(made.found / LEAST_BLOCK, BLOCKS);
    return made;
}

/* Which block of the values present each row is in. */
static void cut_blocks(const kept *made, unsigned char *blocks)
{
    size_t at = 0, row = 0;
    bool is_whole = made->found == made->row_count;
    for (size_t b = 0; b < made->blocks; b++) {
        size_t first = row, end = (b + 1) * made->found / made->blocks;
        if (is_whole)
            row = end;
        else
            for (; at < end; row++)
                at += isnan(made->values[row]) ? 0 : 1;
        memset(blocks + first, (int)b, row - first);
    }
}

/* Median of all, and the median deviation of ten blocks: over all rows an
 * incident of a quarter of them would widen the quartiles. One walk over the
 * rows by value leaves each block in order. */
static double block_spread(const caus_sorted_column *column, const kept *made,
                           const unsigned char *blocks, double *room,
                           double *median)
{
    size_t fill[BLOCKS], seen = 0, found = made->found;
    size_t count = made->blocks;
    size_t gap = column->gap_end - column->gap_start;
    double spreads[BLOCKS], lower = 0, upper = 0;
    for (size_t b = 0; b < count; b++)
        fill[b] = b * found / count;
    for (size_t i = 0; i < column->present; i++) {
        size_t row = column->order[i];
        if (row >= column->gap_start && row < column->gap_end)
            continue;
        row -= row < column->gap_end ? 0 : gap;
        double value = made->values[row];
        room[fill[blocks[row]]++] = value;
        lower = seen == (found - 1) / 2 ? value : lower;
        upper = seen == found / 2 ? value : upper;
        seen++;
    }
    for (size_t b = 0; b < count; b++) {
        size_t first = b * found / count;
        spreads[b] = caus_sorted_deviation(room + first, fill[b] - first);
    }
    *median = found % 2 ? upper : lower / 2 + upper / 2;
    return caus_median(spreads, count);
}

/* Sums over what is near the median. */
typedef struct bulk {
    caus_pair count, sum, squares;
} bulk;

static inline void add_near(bulk *to, caus_pair apart, double most)
{
    const caus_pair one = {1, 1}, limit = {most, most};
    const caus_pair_bits unsigned_bits = {INT64_MAX, INT64_MAX};
    caus_pair size = (caus_pair)((caus_pair_bits)apart & unsigned_bits);
    caus_pair_bits is_near = size <= limit;
    apart = (caus_pair)((caus_pair_bits)apart & is_near);
    to->count += (caus_pair)((caus_pair_bits)one & is_near);
    to->sum += apart;
    to->squares += apart * apart;
}

/* Deviation of what is near the median: noise, without the incident. */
static double bulk_scale(const kept *made, double median, double scale)
{
    bulk near = {.sum = {0}};
    const caus_pair middle = {median, median};
    size_t r = 0;
    for (; r + 2 <= made->row_count; r += 2)
        add_near(&near, caus_load_pair(made->values + r) - middle, 4 * scale);
    if (r < made->row_count)
        add_near(&near, (caus_pair){made->values[r] - median, (double)NAN},
                 4 * scale);
    double count = near.count[0] + near.count[1];
    double mean = (near.sum[0] + near.sum[1]) / count;
    double squares = near.squares[0] + near.squares[1];
    double variance = squares / count - mean * mean;
    return variance > 0 ? sqrt(variance) : 0;
}

static double mean_apart(const kept *made, double median)
{
    double apart = 0;
    for (size_t r = 0; r < made->row_count; r++)
        if (!isnan(made->values[r]))
            apart += fabs(made->values[r] - median);
    return apart / (double)made->found;
}

static double within(double value)
{
    return value > farthest ? farthest : value < -farthest ? -farthest : value;
}

bool caus_deviations_fill(const caus_sorted_column *column, double *room,
                          unsigned char *blocks, double *result)
{
    kept made = keep(column, result);
    double median;
    if (made.found < column->least_values)
        return false;
    for (size_t r = 0; made.is_count && r < made.row_count; r++)
        result[r] = sqrt(result[r] + .375);
    cut_blocks(&made, blocks);
    double spread = block_spread(column, &made, blocks, room, &median);
    /* A count's own noise is half a unit of its root. */
    double floor = made.is_count ? fmax(.5, least_effect / 2 * median)
                                 : least_effect * fabs(median);
    if (column->least_scale > 0)
        floor = column->least_scale;
    double scale = fmax(spread, floor);
    if (!(scale > 0))
        scale = mean_apart(&made, median);
    if (!(scale > 0))
        return false;
    for (int i = 0; i < 2; i++)
        scale = fmax(scale, bulk_scale(&made, median, scale));
    for (size_t r = 0; r < made.row_count; r++) {
        double deviation = (result[r] - median) / scale;
        result[r] = isnan(deviation) ? 0 : within(deviation);
    }
    return true;
}
