/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "independence/kernel_internal.h"
#include "numeric/order.h"

static const double ridge = 1e-10;

caus_status caus_rcot_room_init(caus_rcot_room *room, size_t rows,
                                const caus_kernel_options *options,
                                caus_arena *arena, caus_error *err)
{
    size_t stride = caus_pad_lanes(rows), given = options->features;
    size_t padded = caus_pad_lanes(given), sides = options->side_features;
    size_t both = caus_pad_lanes(2 * sides);
    size_t products = caus_pad_lanes(sides * sides);
    *room = (caus_rcot_room){
        .cosine = caus_decay_best(),
        .gram = caus_gram_best(),
        .given_capacity = given,
        .side_count = sides,
        .sides_padded = both,
        .products_padded = products,
        .given = CAUS_ARRAY(arena, double, padded *stride),
        .sides = CAUS_ARRAY(arena, double, both *stride),
        .turned = CAUS_ARRAY(arena, double, stride *(padded + both)),
        .moments = CAUS_ARRAY(arena, double, padded *padded),
        .cross = CAUS_ARRAY(arena, double, padded *both),
        .column = CAUS_ARRAY(arena, double, padded),
        .scratch = CAUS_ARRAY(arena, double, caus_cholesky_scratch(padded)),
        .products = CAUS_ARRAY(arena, double, stride *products),
        .covariance = CAUS_ARRAY(arena, double, products *products),
        .square = CAUS_ARRAY(arena, double, products *products),
        .distances = CAUS_ARRAY(
            arena, double, CAUS_RCOT_MEDIAN_ROWS *CAUS_RCOT_MEDIAN_ROWS / 2),
    };
    if (!room->given || !room->sides || !room->turned || !room->moments ||
        !room->cross || !room->column || !room->scratch || !room->products ||
        !room->covariance || !room->square || !room->distances)
        return caus_arena_fail(arena, err);
    return CAUS_OK;
}

/* The median distance between different rows, of some of them; 0 = all are
 * the same. */
static double median_distance(caus_rcot_room *room,
                              const caus_rcot_columns *columns)
{
    size_t rows = room->row_count, count = 0;
    size_t used = rows < CAUS_RCOT_MEDIAN_ROWS ? rows : CAUS_RCOT_MEDIAN_ROWS;
    for (size_t i = 1; i < used; i++) {
        for (size_t j = 0; j < i; j++) {
            size_t a = i * rows / used, b = j * rows / used;
            double square = 0;
            for (size_t k = 0; k < columns->count; k++) {
                const double *column = columns->values + k * columns->step;
                square += (column[a] - column[b]) * (column[a] - column[b]);
            }
            room->distances[count] = square;
            count += square > 0;
        }
    }
    return count ? sqrt(caus_select(room->distances, count, count / 2)) : 0;
}

/* Mean 0 and variance 1; a feature that does not vary becomes 0. */
static void standardise(double *feature, size_t rows)
{
    static const double least = 1e-12;
    caus_linear_centre(feature, rows);
    double spread = sqrt(caus_dot(feature, feature, rows) / (double)rows);
    double scale = spread > least ? 1 / spread : 0;
    for (size_t r = 0; r < rows; r++)
        feature[r] *= scale;
}

bool caus_rcot_features(caus_rcot_room *room, const caus_rcot_columns *columns,
                        caus_random *random, size_t count, double *out)
{
    static const double turn = 6.283185307179586;
    double width = median_distance(room, columns);
    if (!(width > 0))
        return false;
    for (size_t f = 0; f < count; f++) {
        double *feature = out + f * room->stride;
        double phase = turn * caus_random_uniform(random);
        for (size_t r = 0; r < room->row_count; r++)
            feature[r] = phase;
        for (size_t k = 0; k < columns->count; k++) {
            const double *column = columns->values + k * columns->step;
            double frequency = caus_random_normal(random) / width;
            for (size_t r = 0; r < room->row_count; r++)
                feature[r] += frequency * column[r];
        }
        room->cosine->cosine(feature, room->row_count);
        standardise(feature, room->row_count);
        memset(feature + room->row_count, 0,
               (room->stride - room->row_count) * sizeof *feature);
    }
    return true;
}

/* Features as columns: those of the conditions, then those of the sides. */
static void turn_features(caus_rcot_room *room)
{
    size_t width = room->given_padded + room->sides_padded;
    for (size_t r = 0; r < room->row_count; r++) {
        double *row = room->turned + r * width;
        for (size_t f = 0; f < room->given_padded; f++)
            row[f] = room->given[f * room->stride + r];
        for (size_t f = 0; f < room->sides_padded; f++)
            row[room->given_padded + f] = room->sides[f * room->stride + r];
    }
}

/* Sums of products of the features of the conditions with each other and with
 * those of the sides, over rows. */
static void fill_moments(caus_rcot_room *room)
{
    size_t padded = room->given_padded, sides = room->sides_padded;
    size_t width = padded + sides;
    memset(room->moments, 0, padded * padded * sizeof *room->moments);
    memset(room->cross, 0, padded * sides * sizeof *room->cross);
    for (size_t i = 0; i < padded; i += CAUS_CHOLESKY_BLOCK) {
        size_t rows = padded - i;
        if (rows > CAUS_CHOLESKY_BLOCK)
            rows = CAUS_CHOLESKY_BLOCK;
        room->gram->add(&(caus_gram_task){.left = room->turned + i,
                                          .right = room->turned + i,
                                          .out = room->moments + i * padded + i,
                                          .left_stride = width,
                                          .right_stride = width,
                                          .out_stride = padded,
                                          .left_count = rows,
                                          .right_count = padded - i,
                                          .row_count = room->row_count});
    }
    room->gram->add(&(caus_gram_task){.left = room->turned,
                                      .right = room->turned + padded,
                                      .out = room->cross,
                                      .left_stride = width,
                                      .right_stride = width,
                                      .out_stride = sides,
                                      .left_count = padded,
                                      .right_count = sides,
                                      .row_count = room->row_count});
}

/* count − ridge · trace of the inverse of the factorised moments. */
static double count_freedom(caus_rcot_room *room, double added)
{
    size_t count = room->given_count;
    double trace = 0;
    for (size_t k = 0; k < count; k++) {
        size_t left = count - k;
        memset(room->column, 0, left * sizeof *room->column);
        room->column[0] = 1;
        caus_cholesky_forward(room->moments + k * room->given_padded + k, left,
                              room->given_padded, room->column);
        trace += caus_dot(room->column, room->column, left);
    }
    return (double)count - added * trace;
}

double caus_rcot_regress(caus_rcot_room *room)
{
    size_t count = room->given_count, padded = caus_pad_lanes(count);
    double rows = (double)room->row_count;
    room->given_padded = padded;
    memset(room->given + count * room->stride, 0,
           (padded - count) * room->stride * sizeof *room->given);
    turn_features(room);
    fill_moments(room);
    for (size_t f = 0; f < count; f++)
        room->moments[f * padded + f] += ridge * rows;
    if (!(caus_cholesky(room->moments, count, padded, room->scratch, NULL) > 0))
        return rows;
    double freedom = count_freedom(room, ridge * rows);
    for (size_t s = 0; s < 2 * room->side_count; s++) {
        for (size_t f = 0; f < count; f++)
            room->column[f] = room->cross[f * room->sides_padded + s];
        caus_cholesky_forward(room->moments, count, padded, room->column);
        caus_cholesky_backward(room->moments, count, padded, room->column);
        for (size_t f = 0; f < count; f++)
            room->cross[f * room->sides_padded + s] = -room->column[f];
    }
    room->gram->add(&(caus_gram_task){.left = room->cross,
                                      .right = room->given,
                                      .out = room->sides,
                                      .left_stride = room->sides_padded,
                                      .right_stride = room->stride,
                                      .out_stride = room->stride,
                                      .left_count = room->sides_padded,
                                      .right_count = room->stride,
                                      .row_count = count});
    return freedom;
}

/* Sums of products of the residuals of the sides, and their second moments. */
static void fill_products(caus_rcot_room *room, double *mean)
{
    size_t sides = room->side_count, padded = room->products_padded;
    const double *target = room->sides + sides * room->stride;
    memset(mean, 0, padded * sizeof *mean);
    for (size_t r = 0; r < room->row_count; r++) {
        double *row = room->products + r * padded;
        for (size_t i = 0; i < sides; i++)
            for (size_t j = 0; j < sides; j++)
                row[i * sides + j] = room->sides[i * room->stride + r] *
                                     target[j * room->stride + r];
        for (size_t k = 0; k < sides * sides; k++)
            mean[k] += row[k];
    }
    memset(room->covariance, 0, padded * padded * sizeof *room->covariance);
    room->gram->add(&(caus_gram_task){.left = room->products,
                                      .right = room->products,
                                      .out = room->covariance,
                                      .left_stride = padded,
                                      .right_stride = padded,
                                      .out_stride = padded,
                                      .left_count = padded,
                                      .right_count = padded,
                                      .row_count = room->row_count});
}

caus_rcot_sum caus_rcot_compare(caus_rcot_room *room, double lost)
{
    size_t padded = room->products_padded;
    double rows = (double)room->row_count, trace = 0, cube = 0;
    double *mean = room->square; /* before the square is made */
    caus_rcot_sum sum = {0};
    fill_products(room, mean);
    sum.value = caus_dot(mean, mean, padded) / rows;
    /* residuals are smaller than the noise by what the regression took: their
     * squares fall with its square, the covariance's variance falls once */
    double scale = 1 / (rows - lost);
    for (size_t k = 0; k < padded * padded; k++)
        room->covariance[k] *= scale;
    memset(room->square, 0, padded * padded * sizeof *room->square);
    room->gram->add(&(caus_gram_task){.left = room->covariance,
                                      .right = room->covariance,
                                      .out = room->square,
                                      .left_stride = padded,
                                      .right_stride = padded,
                                      .out_stride = padded,
                                      .left_count = padded,
                                      .right_count = padded,
                                      .row_count = padded});
    for (size_t k = 0; k < padded; k++) {
        sum.mean += room->covariance[k * padded + k];
        trace += room->square[k * padded + k];
    }
    cube = caus_dot(room->square, room->covariance, padded * padded);
    sum.variance = 2 * trace;
    sum.third = 8 * cube;
    return sum;
}
