/* SPDX-License-Identifier: Apache-2.0 */
/* The search for an incident's rows, for who has them in columns and in order.
 * docs/design/0026-preset-measures.md */
#ifndef CAUS_SRC_DISCOVERY_INCIDENT_EXTENT_H
#define CAUS_SRC_DISCOVERY_INCIDENT_EXTENT_H

#include "base/base.h"
#include "caus/incident.h"
#include "series/time_columns.h"

/* Whether a variable tells of an incident: calls follow the day. */
bool caus_extent_looks_at(const caus_variable *variable);

/* Rows of all segments as columns, of which those that are looked at are
 * sorted. */
typedef struct caus_extent_rows {
    const caus_variable *variables; /* [column_count] */
    caus_time_columns columns;
    size_t first_end; /* a stretch ends at this row or later */
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
