/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in order. None may be NaN; of 0 and −0 either comes first. What is
 * sorted or selected does not depend on the order that the values came in.
 */
#ifndef CAUS_SRC_NUMERIC_ORDER_H
#define CAUS_SRC_NUMERIC_ORDER_H

#include "base/base.h"

/* Puts `values` [count] in ascending order. Expected cost O(n log n) for any
 * order and any ties, without memory of its own. */
void caus_sort(double *values, size_t count);

/*
 * The value that has `place` < count others before it in ascending order. It
 * comes to values[place], none that is larger before it and none that is
 * smaller after it. Expected cost O(n).
 */
double caus_select(double *values, size_t count, size_t place);

/* The median of `values` [count], which are put in another order: of an even
 * count the mean of the middle two, NaN of none. */
double caus_median(double *values, size_t count);

/* The value below which lies `share` in [0, 1] of `sorted` [count ≥ 1], between
 * neighbours in proportion (R's type 7). */
double caus_sorted_quantile(const double *sorted, size_t count, double share);

/* The deviation of a normal sample whose middle half is as wide as that of
 * `sorted` [count ≥ 1]. */
double caus_sorted_deviation(const double *sorted, size_t count);

/* Least and largest of two, without a branch: one on what values are is guessed
 * wrong half of the time. */
static inline double caus_median_of_three(double a, double b, double c)
{
    double low = a < b ? a : b, high = b > a ? b : a;
    double most = high < c ? high : c;
    return low > most ? low : most;
}

#endif
