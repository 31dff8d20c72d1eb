// SPDX-License-Identifier: Apache-2.0
/*
 * SQL texts, in the subset that ClickHouse 18.16 and today's releases read the
 * same way. Everything a user or a server named goes through
 * caus_sql_add_text() or caus_sql_add_name().
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "telemetry/clickhouse_internal.h"

static bool add_quoted(caus_text *sql, const char *bytes, size_t length,
                       char quote)
{
    caus_text_add_char(sql, quote);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\0')
            return false;
        if (byte == (unsigned char)quote || byte == '\\') {
            caus_text_add_char(sql, '\\');
            caus_text_add_char(sql, (char)byte);
        } else if (byte < 32 || byte == 127) {
            caus_text_format(sql, "\\x%02X", byte);
        } else {
            caus_text_add_char(sql, (char)byte);
        }
    }
    caus_text_add_char(sql, quote);
    return true;
}

bool caus_sql_add_text(caus_text *sql, const char *bytes, size_t length)
{
    return add_quoted(sql, bytes, length, '\'');
}

bool caus_sql_add_name(caus_text *sql, const char *bytes, size_t length)
{
    return add_quoted(sql, bytes, length, '`');
}

static void add_text(caus_text *sql, const char *text)
{
    caus_sql_add_text(sql, text, strlen(text));
}

void caus_sql_add_column(caus_text *sql, const char *name)
{
    caus_sql_add_name(sql, name, strlen(name));
}

void caus_sql_add_from(caus_text *sql, const char *database, const char *table)
{
    caus_text_add(sql, " FROM ");
    caus_sql_add_column(sql, database);
    caus_text_add_char(sql, '.');
    caus_sql_add_column(sql, table);
}

caus_status caus_sql_finish(const caus_text *sql, caus_error *err)
{
    if (sql->failed)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to write a ClickHouse statement");
    return CAUS_OK;
}

/* Only tables with one of the marks: there may be thousands. */
static caus_status add_columns(const char *database, const char *table,
                               const char *marks, caus_text *sql,
                               caus_error *err)
{
    caus_text_add(sql, "SELECT toString(database), toString(table), "
                       "toString(name), toString(type) FROM system.columns "
                       "WHERE ");
    if (database) {
        caus_text_add(sql, "database = ");
        add_text(sql, database);
    } else {
        caus_text_add(sql, "database NOT IN ('system', 'information_schema', "
                           "'INFORMATION_SCHEMA')");
    }
    if (table) {
        caus_text_add(sql, " AND table = ");
        add_text(sql, table);
    }
    caus_text_format(sql,
                     " AND (database, table) IN (SELECT database, table FROM "
                     "system.columns WHERE name IN (%s)) "
                     "ORDER BY database, table LIMIT 200000",
                     marks);
    return caus_sql_finish(sql, err);
}

caus_status caus_sql_columns(const caus_clickhouse_place *place, caus_text *sql,
                             caus_error *err)
{
    return add_columns(place->database, place->table,
                       "'Duration', 'duration_nano', 'duration'", sql, err);
}

caus_status caus_sql_log_columns(const caus_clickhouse_place *place,
                                 caus_text *sql, caus_error *err)
{
    return add_columns(place->database, place->log_table,
                       "'SeverityNumber', 'severity_number'", sql, err);
}

/* ---- conditions ---- */

void caus_sql_add_table(caus_text *sql, const caus_span_table *table)
{
    caus_sql_add_from(sql, table->database, table->name);
}

/* A time without fractions stands for its whole second: its middle is the best
 * guess. */
void caus_sql_add_start_ns(caus_text *sql, const caus_span_table *table)
{
    const caus_span_profile *profile = table->profile;
    caus_text_add(sql, "toInt64(");
    switch (table->clock) {
    case CAUS_SPAN_CLOCK_NS:
        caus_sql_add_column(sql, profile->time_ns);
        caus_text_add_char(sql, ')');
        break;
    case CAUS_SPAN_CLOCK_64:
        caus_text_add(sql, "toUnixTimestamp64Nano(");
        caus_sql_add_column(sql, profile->names->time);
        caus_text_add(sql, "))");
        break;
    case CAUS_SPAN_CLOCK_SECOND:
        caus_text_add(sql, "toUInt32(");
        caus_sql_add_column(sql, profile->names->time);
        caus_text_add(sql, ")) * 1000000000 + 500000000");
        break;
    }
}

static void add_end_ns(caus_text *sql, const caus_span_table *table)
{
    caus_sql_add_start_ns(sql, table);
    caus_text_add(sql, " + toInt64(");
    caus_sql_add_column(sql, table->profile->names->duration);
    caus_text_add_char(sql, ')');
}

/* The number of the step that a span ends in: ceil(end / step). */
static void add_step(caus_text *sql, const caus_span_table *table,
                     int64_t step_ns)
{
    caus_text_add(sql, "toUInt32(intDiv(");
    add_end_ns(sql, table);
    caus_text_format(sql, " - 1, %" PRId64 ") + 1) AS caus_step", step_ns);
}

/* Unix seconds around the starts of spans that end in the range. */
static void start_bounds(const caus_step_ranges *ranges, size_t i,
                         int64_t *from_s, int64_t *to_s)
{
    const int64_t second = 1000000000;
    int64_t first_ns = ((int64_t)ranges->range[i].first - 1) * ranges->step_ns;
    int64_t last_ns = (int64_t)ranges->range[i].last * ranges->step_ns;
    *from_s = (first_ns - CAUS_SPAN_LONGEST_NS) / second - 1;
    *to_s = last_ns / second + 1;
}

void caus_sql_add_started(caus_text *sql, const caus_span_table *table,
                          int64_t from_s, int64_t to_s)
{
    caus_span_add_started(sql, table->profile->names, table->has_bucket, from_s,
                          to_s);
}

static void add_range(caus_text *sql, const caus_span_table *table,
                      const caus_step_ranges *ranges, size_t i)
{
    int64_t from_s, to_s;
    start_bounds(ranges, i, &from_s, &to_s);
    caus_sql_add_started(sql, table, from_s, to_s);
    caus_text_format(sql, " AND caus_step BETWEEN %u AND %u",
                     (unsigned)ranges->range[i].first,
                     (unsigned)ranges->range[i].last);
}

static void add_ranges(caus_text *sql, const caus_span_table *table,
                       const caus_step_ranges *ranges)
{
    if (ranges->count == 1) {
        add_range(sql, table, ranges, 0);
    } else {
        caus_text_add(sql, "((");
        add_range(sql, table, ranges, 0);
        caus_text_add(sql, ") OR (");
        add_range(sql, table, ranges, 1);
        caus_text_add(sql, "))");
    }
    caus_text_add(sql, " AND ");
    caus_sql_add_column(sql, table->profile->names->duration);
    caus_text_format(sql, " BETWEEN 0 AND %" PRId64, CAUS_SPAN_LONGEST_NS);
}

/* ---- attributes ---- */

static void add_source_has(caus_text *sql, const caus_attribute_source *source,
                           const char *key)
{
    static const char *const functions[] = {"mapContains", "mapContains",
                                            "isNotNull(getSubcolumn", "has"};
    caus_text_format(sql, "%s(", functions[source->store]);
    caus_sql_add_column(sql, source->column);
    caus_text_add(sql, ", ");
    add_text(sql, key);
    caus_text_add(sql, source->store == CAUS_STORE_JSON ? "))" : ")");
}

static void add_source_value(caus_text *sql,
                             const caus_attribute_source *source,
                             const char *key)
{
    static const char *const before[] = {"", "toString(",
                                         "ifNull(toString(getSubcolumn(", ""};
    static const char *const between[] = {"[", "[", ", ", "[indexOf("};
    static const char *const after[] = {"]", "])", ")), '')", ")]"};
    caus_text_add(sql, before[source->store]);
    caus_sql_add_column(sql, source->store == CAUS_STORE_ARRAYS
                                 ? source->values
                                 : source->column);
    caus_text_add(sql, between[source->store]);
    if (source->store == CAUS_STORE_ARRAYS) {
        caus_sql_add_column(sql, source->column);
        caus_text_add(sql, ", ");
    }
    add_text(sql, key);
    caus_text_add(sql, after[source->store]);
}

static void add_comparison_before(caus_text *sql,
                                  const caus_attribute_filter *filter)
{
    if (filter->op == CAUS_ATTRIBUTE_CONTAINS)
        caus_text_add(sql, "position(");
}

static void add_comparison_after(caus_text *sql,
                                 const caus_attribute_filter *filter)
{
    caus_text_add(sql, filter->op == CAUS_ATTRIBUTE_CONTAINS ? ", " : " = ");
    add_text(sql, filter->value);
    if (filter->op == CAUS_ATTRIBUTE_CONTAINS)
        caus_text_add(sql, ") > 0");
}

static void add_in_source(caus_text *sql, const caus_attribute_source *source,
                          const char *key, const caus_attribute_filter *filter)
{
    add_source_has(sql, source, key);
    if (filter->op == CAUS_ATTRIBUTE_IS_NOT_NULL)
        return;
    caus_text_add(sql, " AND ");
    add_comparison_before(sql, filter);
    add_source_value(sql, source, key);
    add_comparison_after(sql, filter);
}

/* The column that an attribute was promoted to: its name with dots as
 * underscores. */
static const char *promoted(const caus_span_table *table, const char *key)
{
    for (size_t i = 0; table->profile->promotes && i < table->column_count;
         i++) {
        const char *name = table->columns[i].name;
        size_t at = 0;
        while (key[at] && name[at] == (key[at] == '.' ? '_' : key[at]))
            at++;
        if (!key[at] && !name[at])
            return name;
    }
    return NULL;
}

static void add_in_column(caus_text *sql, const char *column,
                          const caus_attribute_filter *filter)
{
    if (filter->op == CAUS_ATTRIBUTE_IS_NOT_NULL) {
        caus_text_add(sql, "toString(");
        caus_sql_add_column(sql, column);
        caus_text_add(sql, ") != ''");
        return;
    }
    add_comparison_before(sql, filter);
    caus_text_add(sql, "toString(");
    caus_sql_add_column(sql, column);
    caus_text_add_char(sql, ')');
    add_comparison_after(sql, filter);
}

void caus_sql_add_failed(caus_text *sql, const caus_span_profile *profile)
{
    caus_sql_add_column(sql, profile->names->error_column);
    caus_text_add(sql, profile->names->error_test);
}

/* In the original tool error=true also means the status of the span. */
static bool means_failed(const caus_attribute_filter *filter)
{
    return filter->op == CAUS_ATTRIBUTE_EQUALS &&
           strcmp(filter->key, "error") == 0 &&
           strcmp(filter->value, "true") == 0;
}

/* The key in every attribute column; `separator` moves from " AND (" on. */
static void add_in_sources(caus_text *sql, const caus_span_table *table,
                           const char *key, const caus_attribute_filter *filter,
                           const char **separator)
{
    for (size_t i = 0; i < table->source_count; i++) {
        caus_text_add(sql, *separator);
        add_in_source(sql, &table->sources[i], key, filter);
        *separator = " OR ";
    }
}

/* Layouts that promote attributes write a.b as a_b everywhere. */
static void add_respelled(caus_text *sql, const caus_span_table *table,
                          const caus_attribute_filter *filter,
                          const char **separator)
{
    if (!table->profile->promotes || !strchr(filter->key, '.'))
        return;
    caus_text key = {0};
    caus_text_add(&key, filter->key);
    for (size_t i = 0; i < key.length && !key.failed; i++) {
        if (key.bytes[i] == '.')
            key.bytes[i] = '_';
    }
    if (key.failed)
        sql->failed = true;
    else
        add_in_sources(sql, table, key.bytes, filter, separator);
    caus_text_deinit(&key);
}

static caus_status add_attribute(caus_text *sql, const caus_span_table *table,
                                 const caus_attribute_filter *filter,
                                 caus_error *err)
{
    const char *column = promoted(table, filter->key);
    if (!table->source_count && !column && !means_failed(filter))
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "the attribute %s cannot be looked up: %s.%s has no "
                         "attribute columns that caus reads; take "
                         "attribute_queries out",
                         filter->key, table->database, table->name);
    const char *separator = " AND (";
    add_in_sources(sql, table, filter->key, filter, &separator);
    add_respelled(sql, table, filter, &separator);
    if (column) {
        caus_text_add(sql, separator);
        add_in_column(sql, column, filter);
        separator = " OR ";
    }
    if (means_failed(filter)) {
        caus_text_add(sql, separator);
        caus_sql_add_failed(sql, table->profile);
    }
    caus_text_add_char(sql, ')');
    return CAUS_OK;
}

/* ---- kinds ---- */

static caus_status find_kind(const char *word, size_t *kind, caus_error *err)
{
    static const char *const words[] = {"internal", "server", "client",
                                        "producer", "consumer"};
    static const char prefix[] = "SPAN_KIND_";
    const char *rest = word;
    if (strncasecmp(word, prefix, sizeof prefix - 1) == 0)
        rest += sizeof prefix - 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(rest, words[i]) == 0) {
            *kind = i;
            return CAUS_OK;
        }
    }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "the span kind \"%s\" is not known: give internal, "
                     "server, client, producer or consumer",
                     word);
}

static void add_kinds(caus_text *sql, const caus_span_profile *profile,
                      size_t first, size_t second)
{
    caus_sql_add_column(sql, profile->kind);
    caus_text_format(sql, " IN (%s", profile->kinds[first]);
    if (second != first)
        caus_text_format(sql, ", %s", profile->kinds[second]);
    caus_text_add_char(sql, ')');
}

/* ---- statements ---- */

static const char *const quantile_levels[CAUS_QUANTILES] = {"0.5", "0.95",
                                                            "0.99"};

static const char *const quantile_names[CAUS_QUANTILES] = {
    "caus_p50", "caus_p95", "caus_p99"};

size_t caus_sql_span_types(const caus_span_group *group,
                           caus_row_type types[CAUS_ROW_COLUMNS])
{
    size_t count = 0;
    types[count++] = CAUS_ROW_U32; /* step */
    types[count++] = CAUS_ROW_U8;  /* entry */
    types[count++] = CAUS_ROW_U64; /* spans */
    if (group->errors)
        types[count++] = CAUS_ROW_U64;
    if (group->mean)
        types[count++] = CAUS_ROW_F64;
    for (size_t i = 0; i < CAUS_QUANTILES; i++) {
        if (group->quantile[i])
            types[count++] = CAUS_ROW_F64;
    }
    return count;
}

/* One aggregate of all levels: the server keeps one sample of durations. */
static void add_quantiles(caus_text *sql, const caus_span_table *table,
                          const caus_span_group *group)
{
    size_t place = 0;
    for (size_t i = 0; i < CAUS_QUANTILES; i++) {
        if (!group->quantile[i])
            continue;
        const char *separator = "";
        caus_text_add(sql, ", quantiles(");
        for (size_t k = 0; k < CAUS_QUANTILES; k++) {
            if (!group->quantile[k])
                continue;
            caus_text_format(sql, "%s%s", separator, quantile_levels[k]);
            separator = ", ";
        }
        caus_text_add(sql, ")(");
        caus_sql_add_column(sql, table->profile->names->duration);
        caus_text_format(sql, ")[%zu] AS %s", ++place, quantile_names[i]);
    }
}

static void add_selection(caus_text *sql, const caus_span_table *table,
                          const caus_span_group *group, int64_t step_ns)
{
    const caus_span_profile *profile = table->profile;
    enum { SERVER = 1, CONSUMER = 4 };
    caus_text_add(sql, "SELECT ");
    add_step(sql, table, step_ns);
    caus_text_add(sql, ", toUInt8(");
    if (group->filter->span_kind)
        caus_text_add(sql, "1");
    else
        add_kinds(sql, profile, SERVER, CONSUMER);
    caus_text_add(sql, ") AS caus_entry, toUInt64(count()) AS caus_spans");
    if (group->errors) {
        caus_text_add(sql, ", toUInt64(countIf(");
        caus_sql_add_failed(sql, profile);
        caus_text_add(sql, ")) AS caus_errors");
    }
    if (group->mean) {
        caus_text_add(sql, ", avg(");
        caus_sql_add_column(sql, profile->names->duration);
        caus_text_add(sql, ") AS caus_mean");
    }
    add_quantiles(sql, table, group);
}

caus_status caus_sql_spans(const caus_span_table *table,
                           const caus_span_group *group,
                           const caus_step_ranges *ranges, caus_text *sql,
                           caus_error *err)
{
    const caus_span_profile *profile = table->profile;
    const caus_variable_spec *filter = group->filter;
    add_selection(sql, table, group, ranges->step_ns);
    caus_sql_add_table(sql, table);
    caus_text_add(sql, " WHERE ");
    caus_sql_add_column(sql, profile->names->service);
    caus_text_add(sql, " = ");
    add_text(sql, filter->service);
    caus_text_add(sql, " AND ");
    add_ranges(sql, table, ranges);
    if (filter->span_name) {
        caus_text_add(sql, " AND ");
        caus_sql_add_column(sql, profile->span_name);
        caus_text_add(sql, " = ");
        add_text(sql, filter->span_name);
    }
    if (filter->span_kind) {
        size_t kind = 0;
        CAUS_TRY(find_kind(filter->span_kind, &kind, err));
        caus_text_add(sql, " AND ");
        add_kinds(sql, profile, kind, kind);
    }
    for (size_t i = 0; i < filter->attribute_count; i++)
        CAUS_TRY(add_attribute(sql, table, &filter->attributes[i], err));
    caus_text_add(sql, " GROUP BY caus_step, caus_entry "
                       "ORDER BY caus_step, caus_entry");
    return caus_sql_finish(sql, err);
}

caus_status caus_sql_presence(const caus_span_table *table,
                              const caus_step_ranges *ranges, caus_text *sql,
                              caus_error *err)
{
    caus_text_add(sql, "SELECT ");
    add_step(sql, table, ranges->step_ns);
    caus_sql_add_table(sql, table);
    caus_text_add(sql, " WHERE ");
    add_ranges(sql, table, ranges);
    caus_text_add(sql, " GROUP BY caus_step ORDER BY caus_step");
    return caus_sql_finish(sql, err);
}

caus_status caus_sql_services(const caus_span_table *table,
                              const caus_step_ranges *ranges, caus_text *sql,
                              caus_error *err)
{
    caus_text_add(sql, "SELECT toString(");
    caus_sql_add_column(sql, table->profile->names->service);
    caus_text_add(sql, ") AS caus_service, toUInt64(count()) AS caus_spans");
    caus_sql_add_table(sql, table);
    caus_text_add(sql, " WHERE ");
    for (size_t i = 0; i < ranges->count; i++) {
        int64_t from_s, to_s;
        start_bounds(ranges, i, &from_s, &to_s);
        caus_text_add(sql, i ? " OR (" : "(");
        caus_sql_add_column(sql, table->profile->names->time);
        caus_text_format(sql, " >= toDateTime(%" PRId64 ") AND ", from_s);
        caus_sql_add_column(sql, table->profile->names->time);
        caus_text_format(sql, " <= toDateTime(%" PRId64 "))", to_s);
    }
    caus_text_add(sql, " GROUP BY caus_service "
                       "ORDER BY caus_spans DESC, caus_service LIMIT 1000");
    return caus_sql_finish(sql, err);
}
