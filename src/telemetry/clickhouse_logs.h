/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of log lines, and the statements that read them. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_LOGS_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_LOGS_H

#include "telemetry/clickhouse_internal.h"

/* A way to lay out log lines in columns; texts are column names. */
typedef struct caus_line_profile {
    const char *name;                     /* for people */
    const char *tables[CAUS_TABLE_NAMES]; /* usual names, best first */
    const char *service;
    const char *service_key; /* of the map that `service` is; NULL = none */
    const char *number;      /* OpenTelemetry's severity, 0 = not told */
    const char *level;       /* its word */
    const char *text;
    const char *trace;
    const char *time;    /* DateTime or DateTime64; NULL */
    const char *time_ns; /* unix nanoseconds, used if the table has it */
    const char *coarse;  /* the time once more, in seconds: index; NULL */
    const char *bucket;  /* start of the half hour in seconds: index; NULL */
} caus_line_profile;

/* A table that holds log lines. */
typedef struct caus_line_table {
    const caus_line_profile *profile;
    const char *database;
    const char *name;
    bool has_time_ns;
    bool has_coarse;
    bool has_bucket;
} caus_line_table;

/*
 * The best of all tables among the columns: usual names first, then known
 * layouts, then the alphabet.
 *
 *   columns  [count], those of one table side by side
 *   other    set to the second best that holds other lines, or {0}
 *
 * Returns false if no table holds log lines.
 */
bool caus_line_table_find(const caus_clickhouse_column *columns, size_t count,
                          const caus_clickhouse_place *place,
                          caus_line_table *result, caus_line_table *other);

/* Which lines. "Loud" are warnings and errors, as the columns tell. */
typedef struct caus_line_draw {
    caus_stretch stretches[CAUS_STRETCHES];
    size_t stretch_count;
    uint64_t loud_one_in; /* of so many one is read; > 0 */
    uint64_t other_one_in;
} caus_line_draw;

typedef enum caus_line_class {
    CAUS_LINE_LOUD,
    CAUS_LINE_OTHER,
    CAUS_LINE_CLASSES
} caus_line_class;

/* Lines of each class in each stretch, 0 in the second of one: U64 each. */
caus_status caus_sql_log_counts(const caus_line_table *table,
                                const caus_line_draw *draw, caus_text *sql,
                                caus_error *err);

typedef enum caus_line_column {
    CAUS_LINE_TIME,    /* U64: the bits of unix nanoseconds, signed */
    CAUS_LINE_NUMBER,  /* U8: 1 to 24, 0 = not told */
    CAUS_LINE_LEVEL,   /* TEXT */
    CAUS_LINE_SERVICE, /* TEXT */
    CAUS_LINE_TRACE,   /* TEXT */
    CAUS_LINE_TEXT,    /* TEXT: at most CAUS_LINE_BYTES */
    CAUS_LINE_COLUMNS
} caus_line_column;

enum { CAUS_LINE_BYTES = 1 << 16 };

/* From this number on a line is loud: OpenTelemetry's WARN. */
enum { CAUS_LINE_WARN = 13, CAUS_LINE_ERROR = 17, CAUS_LINE_INFO = 9 };

/* The lines drawn, in the order of time, service, severity and text. */
caus_status caus_sql_logs(const caus_line_table *table,
                          const caus_line_draw *draw, caus_text *sql,
                          caus_error *err);

/* The statement of caus_logs. */
caus_status caus_sql_shown_lines(const caus_line_table *table, caus_text *sql,
                                 caus_error *err);

#endif
