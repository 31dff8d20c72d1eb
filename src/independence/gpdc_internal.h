/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gaussian-process regression: y is a smooth function of some inputs plus
 * noise, with covariance exp(−d² / 2 l²) + s² [same row]. The length l and the
 * noise s² are those of the largest likelihood.
 */
#ifndef CAUS_SRC_INDEPENDENCE_GPDC_INTERNAL_H
#define CAUS_SRC_INDEPENDENCE_GPDC_INTERNAL_H

#include "independence/gpdc.h"
#include "numeric/cholesky.h"
#include "numeric/decay.h"

/* Rows that serve as pivots are taken so many at a time. */
enum { CAUS_GP_BLOCK = 16 };

/*
 * The smooth part of the covariance at one length, as G'G with few rows of G
 * where that is near enough, else in full. Rows are pivots in the order in
 * which each is farthest from those before: it serves any length.
 */
typedef struct caus_gp {
    const caus_run *run;
    const caus_decay_kernel *decay;
    const caus_gram_kernel *gram;
    size_t capacity; /* most rows */

    const double *inputs; /* [dimension × capacity] mean 0, variance 1 */
    size_t dimension;
    size_t rows;   /* of the regression */
    size_t stride; /* rows, padded */

    size_t pivot_count, pivot_capacity;
    uint32_t *pivots; /* [pivot_capacity] */
    double *squares;  /* [pivot_capacity × stride] d² to all rows */
    double *apart;    /* [stride] d² to the nearest pivot */

    bool is_full;   /* `matrix` is the covariance, else G G' */
    size_t size;    /* of `matrix`: rows, or those of G */
    double *factor; /* [pivot_capacity × stride] G */
    double *turned; /* [stride × size] its transpose */
    double *left;   /* [stride] of the diagonal outside G'G */
    double *matrix; /* [size × padded size] upper triangle */
    double *sum;    /* [size × padded size] of it and the noise; factorised */
    double *target; /* [stride] y, or G y */
    double *vector; /* [stride] */
    double *scratch;
} caus_gp;

/* Makes room. Fails with CAUS_ERR_OUT_OF_MEMORY, CAUS_ERR_LIMIT. */
caus_status caus_gp_init(caus_gp *gp, size_t capacity, const caus_run *run,
                         caus_arena *arena, caus_error *err);

/* Takes other inputs; `inputs` [dimension × gp->capacity] is kept. */
void caus_gp_set_inputs(caus_gp *gp, const double *inputs, size_t rows,
                        size_t dimension);

/* Works out the covariance at a length, to within `tolerance` on the diagonal;
 * then the likelihood can be asked for. */
void caus_gp_set_length(caus_gp *gp, double length, double tolerance,
                        const double *y);

/*
 * −log likelihood of y [rows], mean 0, at the present length and a noise s²,
 * less the constant rows · log(2π) / 2; HUGE_VAL where the matrix is not
 * positive definite to working precision, or on a stop.
 */
double caus_gp_cost(caus_gp *gp, const double *y, double noise);

/* out [rows] := s² (K + s² I)⁻¹ y, which is y less the smooth part; after
 * caus_gp_cost() with this noise. */
void caus_gp_residual(const caus_gp *gp, const double *y, double *out);

/* Logarithms of l and s². */
typedef struct caus_gp_fit {
    double log_length, log_noise;
} caus_gp_fit;

/*
 * The nearest maximum of the likelihood downhill from l = s² = 1, the noise
 * being the best one at every length, by way of that of a part of the rows.
 *
 *   coarse  another place to work in, for at most CAUS_GP_COARSE_ROWS rows
 *
 * Fails with CAUS_ERR_CANCELLED, CAUS_ERR_TIME_LIMIT.
 */
enum { CAUS_GP_COARSE_ROWS = 96 };
caus_status caus_gp_search(caus_gp *gp, caus_gp *coarse, double *coarse_inputs,
                           const double *y, caus_gp_fit *result,
                           caus_error *err);

#endif
