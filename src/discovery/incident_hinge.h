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
    size_t start, end;  /* of the group */
    size_t first_start; /* no beginning is before this row; at most `start` */
    double price;       /* the gain that chance alone can have */
} caus_hinge_group;

/* The row in which their trouble began. */
typedef struct caus_hinge {
    size_t start;       /* as likely before as after */
    size_t first, last; /* 95 % of the likelihood is between */
} caus_hinge;

/*
 * Weighs every row around the group's start as the common beginning. Each
 * member began there, or some rows later (how often falls with the third power
 * of their number), or, with the probability price / gain, is a swing that only
 * looks like the others. All began with a step, or, one time in five, all
 * followed lines up to levels of their own, long and short ones alike. What
 * members say is divided by how much of their noise they share.
 *
 *   group   start < end
 *   result  set on success
 *
 * False when memory is out. Uses the deviations' room. Cost O(members · (rows +
 * rows looked at squared) + members squared · rows).
 */
bool caus_hinge_find(const caus_deviations *deviations,
                     const caus_hinge_group *group, caus_arena *scratch,
                     caus_hinge *result);

#endif
