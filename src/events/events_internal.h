/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CAUS_SRC_EVENTS_EVENTS_INTERNAL_H
#define CAUS_SRC_EVENTS_EVENTS_INTERNAL_H

#include "events/events.h"

/* ---- builder.c ---- */

/* A span as kept until its trace is known whole. */
typedef struct caus_raw_span {
    uint64_t id;
    uint64_t parent;
    int64_t start_ns;
    int64_t duration_ns;
    uint32_t trace;
    uint32_t operation;
    bool has_parent;
    bool failed;
} caus_raw_span;

/* ---- trees.c ---- */

/* Columns of the result, as they are written. */
typedef struct caus_span_columns {
    int64_t *start_ns;
    int64_t *duration_ns;
    uint32_t *parent;
    uint32_t *operation;
    uint32_t *trace;
    unsigned char *failed;
} caus_span_columns;

typedef struct caus_span_node {
    uint64_t id;
    const caus_raw_span *raw;
    uint32_t operation; /* sorted number */
    uint32_t parent;
    uint32_t first_child;
    uint32_t next;
    uint32_t place; /* in the result */
    uint32_t walk;  /* which walk upwards came here first */
} caus_span_node;

typedef struct caus_span_id {
    uint64_t id;
    uint32_t node;
} caus_span_id;

/*
 * Makes a tree (or several) of the spans of one trace and writes it from `at`.
 *
 *   nodes  [count] with id, raw and operation set
 *   ids    [count] scratch
 */
void caus_span_tree(caus_span_node *nodes, caus_span_id *ids, uint32_t count,
                    uint32_t trace, uint32_t at,
                    const caus_span_columns *columns, caus_span_faults *faults);

/* ---- self_time.c ---- */

/* The children of span i are child[first[i]] … child[first[i + 1] − 1], by
 * start. */
typedef struct caus_span_children {
    const uint32_t *first;
    const uint32_t *child;
} caus_span_children;

caus_status caus_span_children_find(const caus_spans *spans,
                                    caus_arena *scratch,
                                    caus_span_children *result,
                                    caus_error *err);

/*
 * Self times: the duration less the time in which any child ran.
 *
 *   result       [span_count]; −1 where the duration is not known
 *   moved_count  children that a skewed clock had put outside their parents
 */
caus_status caus_span_self_times(const caus_spans *spans,
                                 const caus_span_children *children,
                                 const caus_run *run, caus_arena *scratch,
                                 int64_t **result, size_t *moved_count,
                                 caus_error *err);

#endif
