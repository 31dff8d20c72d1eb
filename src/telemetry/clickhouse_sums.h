/* SPDX-License-Identifier: Apache-2.0 */
/* Statements that sum up lagged products on the server. Why: docs/design/0031.
 */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_SUMS_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_SUMS_H

#include "series/gram.h"
#include "telemetry/clickhouse_internal.h"

/* A series of a group, CAUS_TRACE_LATENCY never: it is p50 or p95. */
typedef struct caus_sums_value {
    caus_trace_value value;
    size_t place; /* what its rows are numbered by */
    int exponent; /* |value| < 2^exponent */
    bool counts;  /* its rows tell that a step has a value */
} caus_sums_value;

enum { CAUS_TRACE_VALUES = CAUS_TRACE_LATENCY_P99 + 1 };

/* The series of one group. */
typedef struct caus_sums_arm {
    const caus_span_group *group;
    bool entry; /* entry spans are counted, else the others */
    const caus_sums_value *values;
    size_t value_count; /* > 0 */
} caus_sums_arm;

/* What one statement sums up. */
typedef struct caus_sums_plan {
    const caus_span_table *table;
    int64_t step_ns;
    const caus_sums_arm *arms; /* [arm_count] */
    size_t arm_count;
    bool has_presence; /* steps with any span: where counts are 0 */
    size_t needed;     /* rows that tell of a step in which all have values
                        */
    size_t variable_count;
    const size_t *slices; /* [variable_count] the first slices of values, 1 to
                             CAUS_SLICES: all others are 0 */
    size_t reach;
    caus_step_range grid;  /* steps that there are */
    caus_step_range piece; /* steps of reference rows and of edges */
} caus_sums_plan;

/* How often a group's series have values, and how large they get: entry U8,
 * value U32, steps U64, median of spans U64, steps with too few spans for a
 * latency U64, largest value F64. */
enum { CAUS_SURVEY_COLUMNS = 6 };
caus_status caus_sql_survey(const caus_span_table *table,
                            const caus_span_group *group,
                            const caus_step_ranges *ranges, caus_text *sql,
                            caus_error *err);

/* What stands before the sums. */
typedef enum caus_sums_head {
    CAUS_SUMS_ROWS,     /* reference rows */
    CAUS_SUMS_COMPLETE, /* steps in which all have values */
    CAUS_SUMS_FIRST,    /* place of the first reference row in the piece, from
                           1 on; 0 = none */
    CAUS_SUMS_LAST,
    CAUS_SUMS_EDGES, /* how many there are */
    CAUS_SUMS_CHECK, /* lists of shifted values: slices · variables · reach */
    CAUS_SUMS_HEADS
} caus_sums_head;

/* Heads, sums, products and edges, as in a caus_gram_piece, without those that
 * are 0: place U32 from 1 on, words U64. */
enum { CAUS_SUMS_COLUMNS = 1 + CAUS_WEIGHTS };
caus_status caus_sql_sums(const caus_sums_plan *plan, caus_text *sql,
                          caus_error *err);
/* Places of caus_sql_sums(). */
size_t caus_sums_places(size_t variable_count, size_t reach);

#endif
