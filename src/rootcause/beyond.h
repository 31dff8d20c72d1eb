/* SPDX-License-Identifier: Apache-2.0 */
/* Deviates: how far an incident is beyond healthy windows. */
#ifndef CAUS_SRC_ROOTCAUSE_BEYOND_H
#define CAUS_SRC_ROOTCAUSE_BEYOND_H

#include <stddef.h>

/* The normal deviate with such a tail; beyond 30 all are alike. */
double caus_deviate_of(double tail);

/* What is taken to be known of the largest clues of healthy windows. */
typedef struct caus_windows_prior {
    double deviation;
    double windows; /* how many of them that is worth */
} caus_windows_prior;

/*
 * How far the largest clue of the incident is beyond the largest of each of
 * `count` healthy windows: t with their deviation, drawn towards what is known.
 * NaN without windows.
 */
double caus_deviate_beyond(const double *windows, size_t count, double largest,
                           const caus_windows_prior *known);

/*
 * How often windows that all go on to the last row pass a deviate by chance,
 * those of the first length not counted, if every length from `shortest` to
 * `longest` rows is tried.
 */
double caus_deviate_crossings(double deviate, double shortest, double longest);

/* A deviate as rare as this one is after so many further crossings. */
double caus_deviate_sought(double deviate, double crossings);

/*
 * Of several kinds of evidence together: Fisher's sum of logarithms of tails.
 * What is quiet hardly lessens what is loud. NaN are left out; NaN of none.
 */
double caus_deviate_together(const double *deviates, size_t count);

#endif
