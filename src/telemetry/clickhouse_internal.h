/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the ClickHouse source share. Why: docs/design/0008. */
#ifndef CAUS_SRC_TELEMETRY_CLICKHOUSE_INTERNAL_H
#define CAUS_SRC_TELEMETRY_CLICKHOUSE_INTERNAL_H

#include "base/base.h"
#include "caus/telemetry.h"
#include "events/events.h"
#include "telemetry/clickhouse_rows.h"

/* ---- tables: where spans are ---- */

enum { CAUS_ATTRIBUTE_SOURCES = 4, CAUS_TABLE_NAMES = 3 };

typedef enum caus_attribute_store {
    CAUS_STORE_MAP,       /* c['key'] */
    CAUS_STORE_MAP_OTHER, /* toString(c['key']): numbers, booleans */
    CAUS_STORE_JSON,      /* getSubcolumn(c, 'key') */
    CAUS_STORE_ARRAYS     /* parallel arrays: values[indexOf(keys, 'key')] */
} caus_attribute_store;

typedef struct caus_attribute_source {
    caus_attribute_store store;
    const char *column; /* arrays: of the keys */
    const char *values; /* arrays only */
} caus_attribute_source;

typedef enum caus_span_clock {
    CAUS_SPAN_CLOCK_NS,    /* an integer column of nanoseconds */
    CAUS_SPAN_CLOCK_64,    /* DateTime64 */
    CAUS_SPAN_CLOCK_SECOND /* DateTime: fractions were cut off */
} caus_span_clock;

/* A way to lay out spans in columns; texts are column names. */
typedef struct caus_span_profile {
    const char *name;                     /* for people */
    const char *tables[CAUS_TABLE_NAMES]; /* usual names, best first */
    const caus_span_names *names;
    const char *span_name;
    const char *kind;
    const char *time_ns; /* exact start, used if the table has it; NULL */
    const char *span;
    const char *parent; /* empty or 0 = none */
    /* spellings for internal, server, client, producer, consumer */
    const char *kinds[5];
    const char *attributes[CAUS_ATTRIBUTE_SOURCES + 1]; /* NULL-terminated */
    bool promotes; /* an attribute a.b is stored as a_b, maybe as a column */
} caus_span_profile;

typedef struct caus_clickhouse_column {
    const char *database;
    const char *table;
    const char *name;
    const char *type;
} caus_clickhouse_column;

/* How many of the first columns, one or more, are of one table. */
size_t caus_columns_of_table(const caus_clickhouse_column *columns,
                             size_t count);
/* The type of a column among those of a table; NULL = it has none. */
const char *caus_column_type(const caus_clickhouse_column *columns,
                             size_t count, const char *name);

/* Whether the user asks for the table of a column; NULL = for any. */
bool caus_table_is_wanted(const caus_clickhouse_column *column,
                          const char *database, const char *table);

/* A table that fits; without a name there is none. */
typedef struct caus_table_choice {
    const char *database;
    const char *name;
    size_t layout;       /* which of those known, in their order */
    size_t rank;         /* set by caus_table_offer(): the smallest is best */
    size_t first_column; /* where its columns begin among all */
} caus_table_choice;

/* The best table and the best of those that hold other rows than it. */
typedef struct caus_table_pair {
    caus_table_choice best;
    caus_table_choice second;
} caus_table_pair;

/*
 * Puts a table where it belongs in the pair: usual names come before others,
 * then layouts in their order, then tables in the order of the calls. A table,
 * its distributed twin and the buffer in front of it hold the same rows.
 *
 *   pair   {0} at first
 *   names  [CAUS_TABLE_NAMES] the usual ones of the layout; NULL = no more
 */
void caus_table_offer(caus_table_pair *pair, caus_table_choice offered,
                      const char *const *names);

/* A table that holds spans. */
typedef struct caus_span_table {
    const caus_span_profile *profile;
    const char *database;
    const char *name;
    caus_span_clock clock;
    bool has_bucket;
    bool has_ids; /* of traces, spans and parents */
    caus_attribute_source sources[CAUS_ATTRIBUTE_SOURCES];
    size_t source_count;
    const caus_clickhouse_column *columns; /* its own */
    size_t column_count;
} caus_span_table;

/* Which tables to look at; NULL = any. */
typedef struct caus_clickhouse_place {
    const char *database;
    const char *table;     /* of spans */
    const char *log_table; /* of log lines */
} caus_clickhouse_place;

/*
 * The best of all tables among the columns: known layouts first, then usual
 * names, then the alphabet.
 *
 *   columns  [count], those of one table side by side
 *   others   set to the second best table of another name, or {0}
 *
 * Returns false if no table holds spans.
 */
bool caus_span_table_find(const caus_clickhouse_column *columns, size_t count,
                          const caus_clickhouse_place *place,
                          caus_span_table *result, caus_span_table *other);

/*
 * Parts the url of an endpoint: `database`, `table` and `log_table` of its
 * parameters go to the place, everything else stays in the url.
 *
 *   host  "host:port" for sentences
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT for a password among the parameters.
 */
caus_status caus_clickhouse_url(const char *url, caus_arena *out,
                                const char **plain_url, const char **host,
                                caus_clickhouse_place *place, caus_error *err);

/* ---- statements ---- */

/* Consecutive steps, by number: step n ends at n × step_ns. */
typedef struct caus_step_range {
    uint32_t first;
    uint32_t last;
} caus_step_range;

typedef struct caus_step_ranges {
    int64_t step_ns;
    size_t count; /* 1 or 2, ascending, not touching */
    caus_step_range range[2];
} caus_step_ranges;

enum { CAUS_QUANTILES = 3 }; /* p50, p95, p99 */

/* All values of one service under one filter. */
typedef struct caus_span_group {
    const caus_variable_spec *filter; /* the first of its specs */
    bool errors;
    bool mean;
    bool quantile[CAUS_QUANTILES];
} caus_span_group;

/*
 * The steps of window and baseline. Fails with CAUS_ERR_INVALID_ARGUMENT for a
 * step under 1 s, a grid that is not aligned, an end before its start, times
 * before 1970 or after step number 2^32.
 */
caus_status caus_step_ranges_of(const caus_fetch_options *options,
                                caus_step_ranges *ranges, caus_error *err);

/*
 * Parts the specs into groups that one statement answers.
 *
 *   groups    [count], set for the first *group_count
 *   group_of  [count], the group of each spec
 *
 * Fails with CAUS_ERR_INVALID_ARGUMENT for a spec that is no trace variable.
 */
caus_status caus_span_groups(const caus_variable_spec *specs, size_t count,
                             caus_span_group *groups, size_t *group_of,
                             size_t *group_count, caus_error *err);

/* Unix seconds, both ends included, that hold the steps of a grid. */
typedef struct caus_stretch {
    int64_t from_s;
    int64_t to_s;
} caus_stretch;

enum { CAUS_STRETCHES = 2 }; /* window and baseline */

/*
 * The stretches of a window and, where its step_ns is not 0, a baseline.
 *
 * Returns how many.
 */
size_t caus_stretches_of(const caus_grid *window, const caus_grid *baseline,
                         caus_stretch result[CAUS_STRETCHES]);

/* Spans longer than this are not counted: 1 h. */
#define CAUS_SPAN_LONGEST_NS INT64_C(3600000000000)

/* 'text' with everything escaped that could end it; false for a NUL byte. */
bool caus_sql_add_text(caus_text *sql, const char *bytes, size_t length);
/* `name`, likewise. */
bool caus_sql_add_name(caus_text *sql, const char *bytes, size_t length);

/* The name of a column, and " FROM `database`.`table`". */
void caus_sql_add_column(caus_text *sql, const char *name);
void caus_sql_add_from(caus_text *sql, const char *database, const char *table);

/* Parts of statements: the table; the start of a span in unix nanoseconds;
 * whether it failed; whether it started within unix seconds. */
void caus_sql_add_table(caus_text *sql, const caus_span_table *table);
void caus_sql_add_start_ns(caus_text *sql, const caus_span_table *table);
void caus_sql_add_failed(caus_text *sql, const caus_span_profile *profile);
void caus_sql_add_started(caus_text *sql, const caus_span_table *table,
                          int64_t from_s, int64_t to_s);
/* Fails when memory was out while a statement was written. */
caus_status caus_sql_finish(const caus_text *sql, caus_error *err);
/* Frees a statement that could not be written; gives back `written`. */
static inline caus_status caus_sql_kept(caus_status written, caus_text *sql)
{
    if (written != CAUS_OK)
        caus_text_deinit(sql);
    return written;
}

/* Columns of every table that may hold spans, or log lines: four texts a row.
 */
caus_status caus_sql_columns(const caus_clickhouse_place *place, caus_text *sql,
                             caus_error *err);
caus_status caus_sql_log_columns(const caus_clickhouse_place *place,
                                 caus_text *sql, caus_error *err);
/* The columns that caus_sql_spans() asks for; returns how many. */
size_t caus_sql_span_types(const caus_span_group *group,
                           caus_row_type types[CAUS_ROW_COLUMNS]);
/* Aggregates by step and by "is an entry span" (server or consumer). */
caus_status caus_sql_spans(const caus_span_table *table,
                           const caus_span_group *group,
                           const caus_step_ranges *ranges, caus_text *sql,
                           caus_error *err);
/* Steps in which any span of any service ended: U32. */
caus_status caus_sql_presence(const caus_span_table *table,
                              const caus_step_ranges *ranges, caus_text *sql,
                              caus_error *err);
/* Services with spans in the ranges, most spans first: TEXT, U64. */
caus_status caus_sql_services(const caus_span_table *table,
                              const caus_step_ranges *ranges, caus_text *sql,
                              caus_error *err);

#endif
