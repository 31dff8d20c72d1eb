/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAUS_SRC_SERIES_ORDER_H
#define CAUS_SRC_SERIES_ORDER_H

#include "caus/series.h"

/*
 * Seconds below which two times of these variables have no order: the scrape
 * offsets differ, a change waits up to one interval for its scrape, and a value
 * over a range wider than the step holds what belongs to earlier rows. (A range
 * of one step is what every row summarises: it blurs nothing.) Nothing is
 * assumed where no scrape is known: 0.
 */
double caus_variable_blur_s(const caus_variable *a, const caus_variable *b,
                            double step_s);

#endif
