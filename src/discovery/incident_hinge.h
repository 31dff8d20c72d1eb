/* SPDX-License-Identifier: Apache-2.0 */
/* Where variables began to leave their level, at once or along a line.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_HINGE_H
#define CAUS_SRC_DISCOVERY_INCIDENT_HINGE_H

#include "discovery/incident_stretch.h"

/* Variables that stood at another level together. */
typedef struct caus_hinge_group {
    const caus_stretch *members;
    size_t count;
    size_t start, end; /* of the group */
} caus_hinge_group;

/* The row from which each of them followed a line to its other level. */
typedef struct caus_hinge {
    bool found;    /* lines fit clearly better than steps */
    bool possible; /* steps do not fit clearly better */
    size_t start;
    size_t first, last; /* the likelihood of rows between is near its best */
} caus_hinge;

/*
 * Compares lines that begin in a row all members share, at the group's start or
 * before, each as long as fits, with steps, each where it fits.
 *
 *   group   start < end
 *   result  set on success
 *
 * False when memory is out. Uses the deviations' room. Cost O(members · (rows +
 * rows looked at · logarithm of them)).
 */
bool caus_hinge_find(const caus_deviations *deviations,
                     const caus_hinge_group *group, caus_arena *scratch,
                     caus_hinge *result);

#endif
