/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Categories: values as one-byte codes, and what contingency tables of them
 * tell. Sums over cells are kept in fixed point, so that neither the order of
 * strata nor which side comes first changes a bit of a statistic.
 */
#ifndef CAUS_SRC_INDEPENDENCE_DISCRETE_H
#define CAUS_SRC_INDEPENDENCE_DISCRETE_H

#include "independence/independence.h"

/* ---- codes ---- */

/* Distinct values that a variable may have, and the code of a missing one. */
enum { CAUS_MOST_CATEGORIES = 255, CAUS_CODE_MISSING = 255 };

/* The rows of all segments, one behind the other, as codes 0 … levels − 1. */
typedef struct caus_codes {
    size_t variable_count;
    size_t row_count;
    size_t column_bytes;    /* from one column to the next */
    const uint8_t *columns; /* [variable_count × column_bytes] */
    const uint16_t *levels; /* [variable_count] ≥ 1 */
    const size_t *missing;  /* [variable_count] rows without a value */
} caus_codes;

static inline const uint8_t *caus_codes_column(const caus_codes *codes,
                                               size_t variable)
{
    return codes->columns + variable * codes->column_bytes;
}

/*
 * Gives every distinct value of a variable a code, in the order of first
 * appearance.
 *
 *   longest_lag  segments that are no longer are left out; SIZE_MAX = none is
 *   result       lives in `arena`
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT (a variable has more than
 * CAUS_MOST_CATEGORIES values; it is named), …_CANCELLED, …_TIME_LIMIT,
 * …_OUT_OF_MEMORY, …_LIMIT. Cost O(rows × variables).
 */
caus_status caus_codes_init(const caus_series *series, size_t longest_lag,
                            const caus_run *run, caus_arena *arena,
                            caus_codes *result, caus_error *err);

/*
 * The sample without lags of codes, for tests that look at codes alone: it has
 * no rows of values.
 *
 *   result  lives in `arena`, keeps `series`; has one stretch of all rows
 */
caus_status caus_codes_sample(const caus_codes *codes,
                              const caus_series *series, caus_arena *arena,
                              caus_sample *result, caus_error *err);

/* ---- tables ---- */

typedef enum caus_table_kind {
    CAUS_TABLE_G_SQUARED,
    CAUS_TABLE_CHI_SQUARED
} caus_table_kind;

/* How sums over cells of up to so many rows are represented. */
typedef struct caus_table_scale {
    caus_table_kind kind;
    int shift;             /* a sum counts units of 2^−shift */
    double unit;           /* 2^shift */
    const int64_t *n_logs; /* [known] n · log n of small n */
    size_t known;
} caus_table_scale;

/* What the strata looked at so far add up to. */
typedef struct caus_table_sum {
    int64_t units;
    uint64_t rows;
    uint64_t df; /* (rows − 1)(columns − 1) of the strata, empty ones left
                    out */
} caus_table_sum;

/* Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. */
caus_status caus_table_scale_init(caus_table_kind kind, size_t row_count,
                                  caus_arena *arena, caus_table_scale *result,
                                  caus_error *err);

/*
 * n · log n in units of a scale.
 */
int64_t caus_table_n_log(const caus_table_scale *scale, uint64_t n);

/*
 * Adds one stratum.
 *
 *   cells    [height × width] counts
 *   height   ≤ CAUS_MOST_CATEGORIES, as is width
 */
void caus_table_add(const caus_table_scale *scale, const uint32_t *cells,
                    size_t height, size_t width, caus_table_sum *sum);

/* Adds a stratum of one row, which tells nothing. */
void caus_table_add_row(const caus_table_scale *scale, caus_table_sum *sum);

/* The statistic of all strata together, ≥ 0. */
double caus_table_statistic(const caus_table_scale *scale,
                            const caus_table_sum *sum);

/* ---- strata ---- */

/* Rows sorted into strata: those of stratum g are rows[bounds[g]] …
 * rows[bounds[g + 1] − 1]. */
typedef struct caus_strata {
    uint32_t *rows;   /* [row_count] */
    uint32_t *bounds; /* [row_count + 2] */
    size_t count;
    uint32_t *next_rows;
    uint32_t *next_bounds;
} caus_strata;

/* Memory for so many rows. */
caus_status caus_strata_init(size_t row_count, caus_arena *arena,
                             caus_strata *result, caus_error *err);

/* Makes the first `count` of strata->rows, which the caller fills, one
 * stratum; none when there are none. */
void caus_strata_start(caus_strata *strata, size_t count);

/*
 * Parts every stratum by one condition more.
 *
 *   codes      of the condition
 *   positions  where the code of a row is; NULL = at the row's number
 */
void caus_strata_part(caus_strata *strata, const uint8_t *codes,
                      const uint32_t *positions);

/* ---- tests ---- */

/*
 * G² (log-likelihood ratio) or Pearson's χ² of the table of source and target
 * in every stratum of the conditions; df = the sum over strata of (rows − 1)
 * (columns − 1), rows and columns without a count left out, and at least 1.
 * Rows with a missing value of any variable of a test are left out of it.
 *
 *   weights  [row_count] how often each row counts, whole numbers; NULL = once
 *   result   lives in `arena`; keeps `sample` and its series
 *
 * A test whose rows run out is undetermined; one side constant in every
 * stratum has statistic 0, p-value 1. Fails as caus_codes_init(). Cost O(rows ·
 * conditions) a test, memory 1 byte a value.
 */
caus_status caus_gsquared_init(caus_table_kind kind, const caus_sample *sample,
                               const double *weights, const caus_run *run,
                               caus_arena *arena, caus_independence *result,
                               caus_error *err);

/* The same on codes that are known: they start with row 0 of the sample's first
 * stretch. Without a run tests do not stop. */
caus_status caus_gsquared_on_codes(caus_table_kind kind,
                                   const caus_sample *sample,
                                   const caus_codes *codes,
                                   const double *weights, const caus_run *run,
                                   caus_arena *arena, caus_independence *result,
                                   caus_error *err);

/* Makes tests of up to so many conditions free of allocation, so that nothing
 * but a cancelled or late run can make them fail. */
caus_status caus_gsquared_reserve(caus_ci_work *work, size_t condition_count,
                                  caus_error *err);

#endif
