/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics of contingency tables.
 *
 * With f(n) = n · log n, G² of a stratum is
 *   2 · [Σ f(cells) − Σ f(row sums) − Σ f(column sums) + f(rows)],
 * and χ² is Σ cell² · rows / (row sum · column sum) − rows. Each term is
 * rounded once to a unit that is far below a double's own rounding of the
 * whole; whole numbers then add up in any order.
 */
#include <math.h>
#include <string.h>

#include "independence/discrete.h"

/* Terms that are kept; larger ones are worth their logarithm. */
enum { MOST_KNOWN = 16384 };

static int64_t n_log(int shift, uint64_t n)
{
    long double value = (long double)n;
    return n < 2 ? 0 : (int64_t)llrintl(ldexpl(value * logl(value), shift));
}

int64_t caus_table_n_log(const caus_table_scale *scale, uint64_t n)
{
    return n < scale->known ? scale->n_logs[n] : n_log(scale->shift, n);
}

caus_status caus_table_scale_init(caus_table_kind kind, size_t row_count,
                                  caus_arena *arena, caus_table_scale *result,
                                  caus_error *err)
{
    double rows = (double)row_count + 2;
    bool is_g = kind == CAUS_TABLE_G_SQUARED;
    /* the largest sum on the way */
    double most = is_g ? 2 * rows * log(rows) : rows * CAUS_MOST_CATEGORIES;
    size_t known = row_count < MOST_KNOWN ? row_count + 1 : MOST_KNOWN;
    caus_table_scale scale = {.kind = kind, .shift = 61 - ilogb(most)};
    int64_t *n_logs = is_g ? CAUS_ARRAY(arena, int64_t, known) : NULL;
    if (is_g && !n_logs)
        return caus_arena_fail(arena, err);
    for (size_t n = 0; is_g && n < known; n++)
        n_logs[n] = n_log(scale.shift, n);
    scale.unit = ldexp(1, scale.shift);
    scale.n_logs = n_logs;
    scale.known = is_g ? known : 0;
    *result = scale;
    return CAUS_OK;
}

static void add_g_squared(const caus_table_scale *scale, const uint32_t *cells,
                          size_t height, size_t width, caus_table_sum *sum)
{
    uint32_t columns[CAUS_MOST_CATEGORIES], total = 0;
    size_t used_rows = 0, used_columns = 0;
    int64_t units = 0;
    memset(columns, 0, width * sizeof *columns);
    for (size_t i = 0; i < height; i++, cells += width) {
        uint32_t row = 0;
        for (size_t j = 0; j < width; j++) {
            row += cells[j];
            columns[j] += cells[j];
            units += caus_table_n_log(scale, cells[j]);
        }
        used_rows += row > 0;
        total += row;
        units -= caus_table_n_log(scale, row);
    }
    if (!total)
        return;
    for (size_t j = 0; j < width; j++) {
        used_columns += columns[j] > 0;
        units -= caus_table_n_log(scale, columns[j]);
    }
    sum->units += units + caus_table_n_log(scale, total);
    sum->rows += total;
    sum->df += (used_rows - 1) * (used_columns - 1);
}

static void add_chi_squared(const caus_table_scale *scale,
                            const uint32_t *cells, size_t height, size_t width,
                            caus_table_sum *sum)
{
    uint32_t columns[CAUS_MOST_CATEGORIES];
    uint32_t rows[CAUS_MOST_CATEGORIES], total = 0;
    size_t used_rows = 0, used_columns = 0;
    memset(columns, 0, width * sizeof *columns);
    memset(rows, 0, height * sizeof *rows);
    for (size_t i = 0; i < height; i++) {
        for (size_t j = 0; j < width; j++) {
            rows[i] += cells[i * width + j];
            columns[j] += cells[i * width + j];
        }
        used_rows += rows[i] > 0;
        total += rows[i];
    }
    if (!total)
        return;
    for (size_t j = 0; j < width; j++)
        used_columns += columns[j] > 0;
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            double cell = (double)cells[i * width + j];
            if (!(cell > 0))
                continue;
            double term = cell * cell * (double)total /
                          ((double)rows[i] * (double)columns[j]);
            sum->units += llrint(term * scale->unit);
        }
    sum->rows += total;
    sum->df += (used_rows - 1) * (used_columns - 1);
}

void caus_table_add(const caus_table_scale *scale, const uint32_t *cells,
                    size_t height, size_t width, caus_table_sum *sum)
{
    if (scale->kind == CAUS_TABLE_G_SQUARED)
        add_g_squared(scale, cells, height, width, sum);
    else
        add_chi_squared(scale, cells, height, width, sum);
}

void caus_table_add_row(const caus_table_scale *scale, caus_table_sum *sum)
{
    sum->rows++;
    if (scale->kind == CAUS_TABLE_CHI_SQUARED)
        sum->units += (int64_t)1 << scale->shift;
}

double caus_table_statistic(const caus_table_scale *scale,
                            const caus_table_sum *sum)
{
    double value = ldexp((double)sum->units, -scale->shift);
    if (scale->kind == CAUS_TABLE_G_SQUARED)
        return fmax(0, 2 * value);
    int64_t rows = (int64_t)ldexp((double)sum->rows, scale->shift);
    return fmax(0, ldexp((double)(sum->units - rows), -scale->shift));
}
