/* SPDX-License-Identifier: Apache-2.0 */
/* The search for an incident's rows, for who has them in columns and in order.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_EXTENT_H
#define CAUS_SRC_DISCOVERY_INCIDENT_EXTENT_H

#include "base/base.h"
#include "caus/incident.h"

/* Whether a variable tells of an incident: calls follow the day. */
bool caus_extent_looks_at(const caus_variable *variable);

/* Rows of all segments by time, one column after another. */
typedef struct caus_extent_rows {
    const caus_variable *variables; /* [variable_count] */
    size_t variable_count, row_count;
    size_t first_end;       /* a stretch ends at this row or later */
    const int64_t *time_ns; /* [row_count] */
    const double *values;   /* [variable_count × row_count]; NaN = missing */
    const uint32_t *order;  /* [variable_count × row_count] of each that is
                               looked at its rows with a value, by it */
    const size_t *present;  /* [variable_count] how many these are */
} caus_extent_rows;

/* caus_incident_find() of such rows; result is set on success. */
caus_status caus_extent_find(const caus_extent_rows *rows, const caus_run *run,
                             caus_extent *result, caus_error *err);

/* Rows of a series in which an incident is looked for. */
typedef struct caus_extent_part {
    size_t first_row; /* of all: a stretch ends behind it */
    int64_t after_ns; /* rows up to here are left out */
} caus_extent_part;

/* caus_incident_find() of a part of a series; rows are those of all. */
caus_status caus_extent_find_part(const caus_series *series,
                                  const caus_extent_part *part,
                                  const caus_run *run, caus_extent *result,
                                  caus_error *err);

#endif
