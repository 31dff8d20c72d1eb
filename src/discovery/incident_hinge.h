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

/* The row from which their trouble shows. */
typedef struct caus_hinge {
    size_t start; /* as likely before as after */
    size_t first; /* began before it with a probability of 2.5 % */
    size_t last;  /* shows only after it with as much */
} caus_hinge;

/*
 * Weighs every row around the group's start as the common beginning, and as the
 * row from which it shows: where the first member is .7 deviations off its
 * level. Each member came there, or some rows later (how often falls with the
 * third power of their number), or, with the probability price / gain, is a
 * swing that only looks like the others. It stepped, or followed a line up to a
 * level of its own, long or short, each as often. What members say is divided
 * by how much of their noise they share; noise is that of the rows before the
 * group's start and after its end.
 *
 *   group   start < end
 *   result  set on success; first <= start <= last
 *
 * False when memory is out. Uses the deviations' room. Cost O(members · (rows +
 * rows looked at squared) + members squared · rows).
 */
bool caus_hinge_find(const caus_deviations *deviations,
                     const caus_hinge_group *group, caus_arena *scratch,
                     caus_hinge *result);

#endif
