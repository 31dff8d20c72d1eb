/* SPDX-License-Identifier: Apache-2.0 */
/* What samples of one row come to. */
#include <math.h>

#include "series/series_internal.h"

void caus_bin_add(caus_bin *b, double value, double support)
{
    bool weighs = support > 0 && isfinite(support);
    if (weighs)
        b->support += support;
    if (!isfinite(value))
        return;
    b->largest = b->count == 0 ? value : fmax(b->largest, value);
    b->last = value;
    b->count++;
    b->sum += value;
    if (weighs) {
        b->weight += support;
        b->weighted_sum += support * value;
    }
}

double caus_bin_value(const caus_bin *b, caus_kind kind)
{
    if (b->count == 0)
        return (double)NAN;
    if (b->count == 1)
        return b->last;
    switch (kind) {
    case CAUS_KIND_COUNT:
        return b->sum;
    case CAUS_KIND_EVENT:
        return b->largest;
    case CAUS_KIND_CATEGORY:
        return b->last;
    default:
        return b->weight > 0 ? b->weighted_sum / b->weight
                             : b->sum / (double)b->count;
    }
}
