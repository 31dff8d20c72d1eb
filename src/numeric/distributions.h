/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distribution functions, by Boost.Math behind C linkage. Nothing here throws,
 * allocates or sets errno; an argument outside the domain gives NaN.
 */
#ifndef CAUS_SRC_NUMERIC_DISTRIBUTIONS_H
#define CAUS_SRC_NUMERIC_DISTRIBUTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * P(T > t) of Student's t with df degrees of freedom: the upper tail, so that
 * p-values near 1e-300 keep their digits. Evaluated in long double and rounded
 * once; for values that people read.
 *
 *   t   any; ±infinity gives 0 or 1
 *   df  > 0, need not be whole
 */
double caus_student_t_sf(double t, double df);

/* The same in plain double, for bulk work: relative error below 1e-12 where
 * the result is above 1e-280, several times faster. */
double caus_student_t_sf_fast(double t, double df);

/*
 * The t with P(T > t) = p.
 *
 *   p   in [0, 1]; 0 gives +infinity, 1 gives −infinity
 *   df  > 0
 */
double caus_student_t_quantile_sf(double p, double df);

/*
 * P(X > x) of χ² with df degrees of freedom.
 *
 *   x   ≥ 0
 *   df  > 0
 */
double caus_chi_squared_sf(double x, double df);

/* The x with P(X > x) = p; p in [0, 1], p 0 gives +infinity. */
double caus_chi_squared_quantile_sf(double p, double df);

/* P(F > x) of Fisher's F; x ≥ 0 or infinite, both degrees of freedom > 0. */
double caus_fisher_f_sf(double x, double df, double other_df);

/* log Γ(x), x > 0. */
double caus_log_gamma(double x);

/* P(Z ≤ z) and P(Z > z) of the standard normal. */
double caus_normal_cdf(double z);
double caus_normal_sf(double z);

/* The z with P(Z ≤ z) = p; p 0 gives −infinity, 1 gives +infinity. */
double caus_normal_quantile(double p);

#ifdef __cplusplus
}
#endif
#endif
