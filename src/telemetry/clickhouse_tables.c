// SPDX-License-Identifier: Apache-2.0
/* Which tables hold spans, told from their columns. */
#include <stdint.h>
#include <string.h>

#include "telemetry/clickhouse_internal.h"

/*
 * Sources: the exporter's own CREATE TABLE templates (OpenTelemetry collector
 * contrib, clickhouseexporter), SigNoz's schema migrator (signoz_index_v3) and
 * Uptrace's migrations (spans_index, events_index). The exporter's table name
 * is a setting, so names only rank; columns decide.
 */
static const caus_span_profile profiles[] = {
    {
        .name = "OpenTelemetry exporter",
        .tables = {"otel_traces_distributed", "distributed_otel_traces",
                   "otel_traces"},
        .names = &caus_span_layouts[CAUS_SPANS_OTEL],
        .span_name = "SpanName",
        .kind = "SpanKind",
        .time_ns = "TimestampNs",
        .span = "SpanId",
        .parent = "ParentSpanId",
        .kinds = {"'Internal', 'SPAN_KIND_INTERNAL'",
                  "'Server', 'SPAN_KIND_SERVER'",
                  "'Client', 'SPAN_KIND_CLIENT'",
                  "'Producer', 'SPAN_KIND_PRODUCER'",
                  "'Consumer', 'SPAN_KIND_CONSUMER'"},
        .attributes = {"SpanAttributes", "ResourceAttributes"},
    },
    {
        .name = "SigNoz v3",
        .tables = {"distributed_signoz_index_v3", "signoz_index_v3"},
        .names = &caus_span_layouts[CAUS_SPANS_SIGNOZ],
        .span_name = "name",
        .kind = "kind",
        .span = "span_id",
        .parent = "parent_span_id",
        .kinds = {"1", "2", "3", "4", "5"},
        .attributes = {"attributes_string", "attributes_number",
                       "attributes_bool", "resources_string"},
    },
    {
        .name = "Uptrace",
        .tables = {"spans_index", "events_index"},
        .names = &caus_span_layouts[CAUS_SPANS_UPTRACE],
        .span_name = "name",
        .kind = "kind",
        .span = "id",
        .parent = "parent_id",
        .kinds = {"'internal'", "'server'", "'client'", "'producer'",
                  "'consumer'"},
        .attributes = {"string", "attrs"},
        .promotes = true,
    },
};

enum { PROFILES = sizeof profiles / sizeof *profiles };

const char *caus_column_type(const caus_clickhouse_column *columns,
                             size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i].name, name) == 0)
            return columns[i].type;
    }
    return NULL;
}

size_t caus_columns_of_table(const caus_clickhouse_column *columns,
                             size_t count)
{
    size_t own = 1;
    while (own < count && strcmp(columns[0].table, columns[own].table) == 0 &&
           strcmp(columns[0].database, columns[own].database) == 0)
        own++;
    return own;
}

static const char *type_of(const caus_span_table *table, const char *name)
{
    return caus_column_type(table->columns, table->column_count, name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The column name made of two parts, if the table has it. */
static const char *joined(const caus_span_table *table, const char *first,
                          const char *second)
{
    size_t length = strlen(first);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (strncmp(name, first, length) == 0 &&
            strcmp(name + length, second) == 0)
            return name;
    }
    return NULL;
}

static bool find_source(const caus_span_table *table, const char *name,
                        caus_attribute_source *source)
{
    static const char *const pairs[][2] = {{".k", ".v"}, {"_keys", "_values"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *keys = joined(table, name, pairs[i][0]);
        const char *values = joined(table, name, pairs[i][1]);
        if (keys && values) {
            *source = (caus_attribute_source){CAUS_STORE_ARRAYS, keys, values};
            return true;
        }
    }
    const char *type = type_of(table, name);
    if (type && caus_starts_with(type, "Map(")) {
        bool is_text = ends_with(type, " String)");
        *source = (caus_attribute_source){
            is_text ? CAUS_STORE_MAP : CAUS_STORE_MAP_OTHER, name, NULL};
        return true;
    }
    if (type && caus_starts_with(type, "JSON")) {
        *source = (caus_attribute_source){CAUS_STORE_JSON, name, NULL};
        return true;
    }
    return false;
}

static bool fit(const caus_span_profile *profile, caus_span_table *table)
{
    const char *needed[] = {
        profile->names->service, profile->span_name,
        profile->kind,           profile->names->duration,
        profile->names->time,    profile->names->error_column};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!type_of(table, needed[i]))
            return false;
    }
    const char *time_type = type_of(table, profile->names->time);
    if (profile->time_ns && type_of(table, profile->time_ns))
        table->clock = CAUS_SPAN_CLOCK_NS;
    else if (caus_starts_with(time_type, "DateTime64"))
        table->clock = CAUS_SPAN_CLOCK_64;
    else if (caus_starts_with(time_type, "DateTime"))
        table->clock = CAUS_SPAN_CLOCK_SECOND;
    else
        return false;
    table->profile = profile;
    table->has_bucket =
        profile->names->bucket && type_of(table, profile->names->bucket);
    table->has_ids = type_of(table, profile->names->trace) &&
                     type_of(table, profile->span) &&
                     type_of(table, profile->parent);
    table->source_count = 0;
    for (size_t i = 0; profile->attributes[i]; i++) {
        if (find_source(table, profile->attributes[i],
                        &table->sources[table->source_count]))
            table->source_count++;
    }
    return true;
}

static bool are_twins(const caus_table_choice *a, const caus_table_choice *b)
{
    return strcmp(a->database, b->database) == 0 && a->layout == b->layout &&
           (strstr(a->name, b->name) || strstr(b->name, a->name));
}

static size_t rank_of(const caus_table_choice *table, const char *const *names)
{
    size_t place = 0;
    while (place < CAUS_TABLE_NAMES &&
           (!names[place] || strcmp(names[place], table->name) != 0))
        place++;
    bool is_usual = place < CAUS_TABLE_NAMES;
    return (is_usual ? 0 : SIZE_MAX / 2) + table->layout * CAUS_TABLE_NAMES +
           place;
}

void caus_table_offer(caus_table_pair *pair, caus_table_choice offered,
                      const char *const *names)
{
    offered.rank = rank_of(&offered, names);
    bool wins = !pair->best.name || offered.rank < pair->best.rank;
    caus_table_choice other = wins ? pair->best : offered;
    if (wins)
        pair->best = offered;
    caus_table_choice *second = &pair->second;
    if (second->name && are_twins(&pair->best, second))
        *second = (caus_table_choice){0};
    if (other.name && !are_twins(&pair->best, &other) &&
        (wins || !second->name || other.rank < second->rank))
        *second = other;
}

bool caus_table_is_wanted(const caus_clickhouse_column *column,
                          const char *database, const char *table)
{
    return (!database || !strcmp(database, column->database)) &&
           (!table || !strcmp(table, column->table));
}

static caus_span_table columns_at(const caus_clickhouse_column *columns,
                                  size_t count)
{
    return (caus_span_table){.database = columns->database,
                             .name = columns->table,
                             .columns = columns,
                             .column_count =
                                 caus_columns_of_table(columns, count)};
}

static caus_span_table chosen(const caus_table_choice *choice,
                              const caus_clickhouse_column *columns,
                              size_t count)
{
    if (!choice->name)
        return (caus_span_table){0};
    caus_span_table table = columns_at(columns + choice->first_column,
                                       count - choice->first_column);
    (void)fit(&profiles[choice->layout], &table);
    return table;
}

bool caus_span_table_find(const caus_clickhouse_column *columns, size_t count,
                          const caus_clickhouse_place *place,
                          caus_span_table *result, caus_span_table *other)
{
    caus_table_pair pair = {0};
    caus_span_table table;
    for (size_t i = 0; i < count; i += table.column_count) {
        table = columns_at(columns + i, count - i);
        if (!caus_table_is_wanted(columns + i, place->database, place->table))
            continue;
        for (size_t p = 0; p < PROFILES; p++) {
            if (!fit(&profiles[p], &table))
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
