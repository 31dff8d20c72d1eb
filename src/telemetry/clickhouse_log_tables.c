// SPDX-License-Identifier: Apache-2.0
/* Which tables hold log lines, told from their columns. */
#include <string.h>

#include "telemetry/clickhouse_logs.h"

/*
 * Sources: otel_logs as OpenTelemetry's collector (contrib, clickhouseexporter)
 * creates it, and signoz_logs.logs_v2 as SigNoz's schema migrator does. The
 * exporter's table name is a setting, so names only rank; columns decide.
 */
static const caus_line_profile profiles[] = {
    {
        .name = "OpenTelemetry exporter",
        .tables = {"otel_logs_distributed", "distributed_otel_logs",
                   "otel_logs"},
        .service = "ServiceName",
        .number = "SeverityNumber",
        .level = "SeverityText",
        .text = "Body",
        .trace = "TraceId",
        .time = "Timestamp",
        .time_ns = "TimestampNs",
        .coarse = "TimestampTime",
    },
    {
        .name = "SigNoz logs v2",
        .tables = {"distributed_logs_v2", "logs_v2"},
        .service = "resources_string",
        .service_key = "service.name",
        .number = "severity_number",
        .level = "severity_text",
        .text = "body",
        .trace = "trace_id",
        .time_ns = "timestamp",
        .bucket = "ts_bucket_start",
    },
};

enum { PROFILES = sizeof profiles / sizeof *profiles };

static bool starts_with(const char *text, const char *start)
{
    return text && caus_starts_with(text, start);
}

static const char *type_of(const caus_clickhouse_column *columns, size_t count,
                           const char *name)
{
    return name ? caus_column_type(columns, count, name) : NULL;
}

/* A time in whole seconds would put lines into wrong steps. */
static bool fit(const caus_line_profile *profile,
                const caus_clickhouse_column *columns, size_t count,
                caus_line_table *table)
{
    const char *needed[] = {profile->service, profile->number, profile->level,
                            profile->text, profile->trace};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!type_of(columns, count, needed[i]))
            return false;
    }
    const char *service_type = type_of(columns, count, profile->service);
    const char *ns_type = type_of(columns, count, profile->time_ns);
    const char *time_type = type_of(columns, count, profile->time);
    bool has_time_ns =
        starts_with(ns_type, "UInt64") || starts_with(ns_type, "Int64");
    if (profile->service_key && !starts_with(service_type, "Map("))
        return false;
    if ((profile->time && !starts_with(time_type, "DateTime")) ||
        (!has_time_ns && !starts_with(time_type, "DateTime64")))
        return false;
    *table = (caus_line_table){
        .profile = profile,
        .database = columns->database,
        .name = columns->table,
        .has_time_ns = has_time_ns,
        .has_coarse = type_of(columns, count, profile->coarse),
        .has_bucket = type_of(columns, count, profile->bucket)};
    return true;
}

static caus_line_table chosen(const caus_table_choice *choice,
                              const caus_clickhouse_column *columns,
                              size_t count)
{
    caus_line_table table = {0};
    if (!choice->name)
        return table;
    columns += choice->first_column;
    count -= choice->first_column;
    (void)fit(&profiles[choice->layout], columns,
              caus_columns_of_table(columns, count), &table);
    return table;
}

bool caus_line_table_find(const caus_clickhouse_column *columns, size_t count,
                          const caus_clickhouse_place *place,
                          caus_line_table *result, caus_line_table *other)
{
    caus_table_pair pair = {0};
    for (size_t i = 0, own; i < count; i += own) {
        own = caus_columns_of_table(columns + i, count - i);
        caus_line_table table;
        if (!caus_table_is_wanted(columns + i, place->database,
                                  place->log_table))
            continue;
        for (size_t p = 0; p < PROFILES; p++) {
            if (!fit(&profiles[p], columns + i, own, &table))
                continue;
            caus_table_offer(&pair,
                             (caus_table_choice){.database = table.database,
                                                 .name = table.name,
                                                 .layout = p,
                                                 .first_column = i},
                             profiles[p].tables);
            break;
        }
    }
    if (!pair.best.name)
        return false;
    *result = chosen(&pair.best, columns, count);
    *other = chosen(&pair.second, columns, count);
    return true;
}
