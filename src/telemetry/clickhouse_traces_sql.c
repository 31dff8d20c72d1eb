// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "telemetry/clickhouse_traces.h"

static void add_text_of(caus_text *sql, const char *column)
{
    caus_text_add(sql, "toString(");
    caus_sql_add_column(sql, column);
    caus_text_add_char(sql, ')');
}

static void add_stretch(caus_text *sql, const caus_span_table *table,
                        const caus_trace_stretch *stretch)
{
    caus_sql_add_started(sql, table, stretch->time.from_s, stretch->time.to_s);
    if (stretch->one_in > 1) {
        caus_text_add(sql, " AND cityHash64(");
        add_text_of(sql, table->profile->names->trace);
        caus_text_format(sql, ") %% %" PRIu64 " = 0", stretch->one_in);
    }
}

static void add_stretches(caus_text *sql, const caus_span_table *table,
                          const caus_trace_stretch *stretches, size_t count)
{
    caus_text_add(sql, " WHERE ");
    for (size_t i = 0; i < count; i++) {
        caus_text_add(sql, i ? " OR (" : "(");
        add_stretch(sql, table, &stretches[i]);
        caus_text_add_char(sql, ')');
    }
}

caus_status caus_sql_trace_counts(const caus_span_table *table,
                                  const caus_trace_stretch *stretches,
                                  size_t count, caus_text *sql, caus_error *err)
{
    caus_text_add(sql, "SELECT ");
    for (size_t i = 0; i < CAUS_STRETCHES; i++) {
        caus_text_add(sql, i ? ", toUInt64(" : "toUInt64(");
        if (i < count) {
            caus_text_add(sql, "countIf(");
            caus_sql_add_started(sql, table, stretches[i].time.from_s,
                                 stretches[i].time.to_s);
            caus_text_add_char(sql, ')');
        } else {
            caus_text_add_char(sql, '0');
        }
        caus_text_add_char(sql, ')');
    }
    caus_sql_add_table(sql, table);
    add_stretches(sql, table, stretches, count);
    return caus_sql_finish(sql, err);
}

/* An id that is a number is 0 where there is none, a text is empty or all
 * zeros. */
static void add_parent(caus_text *sql, const caus_span_profile *profile)
{
    caus_text_add(sql, ", if(");
    add_text_of(sql, profile->parent);
    caus_text_add(sql, " IN ('', '0', '0000000000000000'), toUInt64(0), "
                       "cityHash64(");
    add_text_of(sql, profile->parent);
    caus_text_add(sql, ")) AS caus_parent");
}

caus_status caus_sql_traces(const caus_span_table *table,
                            const caus_trace_stretch *stretches, size_t count,
                            caus_text *sql, caus_error *err)
{
    const caus_span_profile *profile = table->profile;
    caus_text_add(sql, "SELECT ");
    add_text_of(sql, profile->names->trace);
    caus_text_add(sql, " AS caus_trace, ");
    add_text_of(sql, profile->names->service);
    caus_text_add(sql, " AS caus_service, ");
    add_text_of(sql, profile->span_name);
    caus_text_add(sql, " AS caus_operation, cityHash64(");
    add_text_of(sql, profile->span);
    caus_text_add(sql, ") AS caus_span");
    add_parent(sql, profile);
    caus_text_add(sql, ", ");
    caus_sql_add_start_ns(sql, table);
    caus_text_add(sql, " AS caus_start, toInt64(");
    caus_sql_add_column(sql, profile->names->duration);
    caus_text_add(sql, ") AS caus_duration, toUInt8(");
    caus_sql_add_failed(sql, profile);
    caus_text_add(sql, ") AS caus_failed");
    caus_sql_add_table(sql, table);
    add_stretches(sql, table, stretches, count);
    caus_text_add(sql, " ORDER BY caus_trace, caus_start, caus_span");
    return caus_sql_finish(sql, err);
}

/* Names of columns, units and codes are those that Grafana draws a trace by. */
caus_status caus_sql_shown_trace(const caus_span_table *table,
                                 const caus_trace_stretch *stretches,
                                 size_t count, caus_text *sql, caus_error *err)
{
    const caus_span_profile *profile = table->profile;
    const char *const texts[][2] = {{profile->names->trace, "traceID"},
                                    {profile->span, "spanID"},
                                    {profile->parent, "parentSpanID"},
                                    {profile->names->service, "serviceName"},
                                    {profile->span_name, "operationName"}};
    caus_text_add(sql, "SELECT ");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        add_text_of(sql, texts[i][0]);
        caus_text_format(sql, " AS %s, ", texts[i][1]);
    }
    caus_text_add_char(sql, '(');
    caus_sql_add_start_ns(sql, table);
    caus_text_add(sql, ") / 1000000 AS startTime, toInt64(");
    caus_sql_add_column(sql, profile->names->duration);
    caus_text_add(sql, ") / 1000000 AS duration, if(");
    caus_sql_add_failed(sql, profile);
    caus_text_add(sql, ", 2, 0) AS statusCode");
    caus_sql_add_table(sql, table);
    caus_text_add(sql, " WHERE (");
    for (size_t i = 0; i < count; i++) {
        caus_text_add(sql, i ? " OR " : "");
        caus_sql_add_started(sql, table, stretches[i].time.from_s,
                             stretches[i].time.to_s);
    }
    caus_text_add(sql, ") AND ");
    add_text_of(sql, profile->names->trace);
    caus_text_add(sql, " = ?");
    return caus_sql_finish(sql, err);
}
