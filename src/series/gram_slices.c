/* SPDX-License-Identifier: Apache-2.0 */
/* From sums of slices to wide integers. */
#include <math.h>

#include "series/gram.h"

enum {
    EXPONENT_UNIT = 8,
    LEAST_EXPONENT = -1000 /* 2^CAUS_SLICE_BITS over it is still a double */
};

caus_status caus_gram_fail_no_rows(const caus_gram *gram, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "%llu rows, %llu of them with missing values, hold no run "
                     "of more than %zu complete ones, twice the largest lag: "
                     "widen the window, leave out variables with gaps or lower "
                     "--max-lag",
                     (unsigned long long)gram->rows_read,
                     (unsigned long long)gram->rows_in_gap, gram->reach);
}

int caus_gram_exponent(double largest)
{
    int exponent = 0;
    frexp(largest, &exponent);
    exponent = (int)ceil((double)exponent / EXPONENT_UNIT) * EXPONENT_UNIT;
    return exponent < LEAST_EXPONENT ? LEAST_EXPONENT : exponent;
}

void caus_wide_add_slices(caus_wide *wide, const caus_slice_sum *sum)
{
    caus_int128 low = 0, high = 0;
    const caus_int128 unit = (caus_int128)1 << CAUS_SLICE_BITS;
    for (size_t w = CAUS_SLICES; w-- > 0;)
        low = low * unit + sum->word[w];
    for (size_t w = CAUS_WEIGHTS; w-- > CAUS_SLICES;)
        high = high * unit + sum->word[w];
    caus_wide_add_shifted(wide, low, 0);
    caus_wide_add_shifted(wide, high, CAUS_SLICES * CAUS_SLICE_BITS);
}

/*
 * With r(t) = 1 for reference rows, Σ r(t) x(t − a) y(t − b) differs from the
 * same with a − 1 and b − 1 by Σ (r(p) − r(p − 1)) x(p − a) y(p − b): edges.
 */
static void add_products(const caus_gram *gram, const caus_gram_piece *piece,
                         size_t x, size_t y, size_t distance,
                         caus_wide *products)
{
    size_t variables = gram->variable_count, reach = gram->reach;
    caus_wide sum = {{0}};
    caus_wide_add_slices(
        &sum, &piece->products[(x * variables + y) * (reach + 1) + distance]);
    for (size_t a = 0;; a++) {
        size_t b = a + distance;
        caus_wide *to = &products[caus_gram_place(
            gram->node_count, a * variables + x, b * variables + y)];
        *to = caus_wide_add(to, &sum);
        if (b == reach)
            return;
        size_t row = (x * reach + a) * variables + y;
        caus_wide_add_slices(&sum, &piece->edges[row * reach + b]);
    }
}

void caus_gram_add_piece(const caus_gram *gram, const caus_gram_piece *piece,
                         caus_wide *sums, caus_wide *products)
{
    size_t variables = gram->variable_count, reach = gram->reach;
    for (size_t x = 0; x < variables; x++) {
        for (size_t lag = 0; lag <= reach; lag++)
            caus_wide_add_slices(&sums[lag * variables + x],
                                 &piece->sums[x * (reach + 1) + lag]);
        for (size_t y = 0; y < variables; y++)
            for (size_t lag = y < x; lag <= reach; lag++)
                add_products(gram, piece, x, y, lag, products);
    }
}
