// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "events/events.h"
#include "telemetry/clickhouse_logs.h"

static void add_text_of(caus_text *sql, const char *column)
{
    caus_text_add(sql, "toString(");
    caus_sql_add_column(sql, column);
    caus_text_add_char(sql, ')');
}

static void add_service(caus_text *sql, const caus_line_profile *profile)
{
    caus_text_add(sql, "toString(");
    caus_sql_add_column(sql, profile->service);
    if (profile->service_key) {
        caus_text_add_char(sql, '[');
        caus_sql_add_text(sql, profile->service_key,
                          strlen(profile->service_key));
        caus_text_add_char(sql, ']');
    }
    caus_text_add_char(sql, ')');
}

static void add_time_ns(caus_text *sql, const caus_line_table *table)
{
    bool is_ns = table->has_time_ns;
    caus_text_add(sql, is_ns ? "toInt64(" : "toInt64(toUnixTimestamp64Nano(");
    caus_sql_add_column(sql,
                        is_ns ? table->profile->time_ns : table->profile->time);
    caus_text_add(sql, is_ns ? ")" : "))");
}

/* ---- which lines ---- */

static void add_between(caus_text *sql, const char *column,
                        const caus_stretch *stretch)
{
    caus_sql_add_column(sql, column);
    caus_text_format(sql, " >= toDateTime(%" PRId64 ") AND ", stretch->from_s);
    caus_sql_add_column(sql, column);
    caus_text_format(sql, " <= toDateTime(%" PRId64 ")", stretch->to_s);
}

static void add_stretch(caus_text *sql, const caus_line_table *table,
                        const caus_stretch *stretch)
{
    enum { HALF_HOUR_S = 1800 };
    const caus_line_profile *profile = table->profile;
    caus_text_add_char(sql, '(');
    if (table->has_bucket) {
        caus_sql_add_column(sql, profile->bucket);
        caus_text_format(sql, " BETWEEN %" PRId64 " AND %" PRId64 " AND ",
                         stretch->from_s - HALF_HOUR_S, stretch->to_s);
    }
    if (table->has_coarse) {
        add_between(sql, profile->coarse, stretch);
        caus_text_add(sql, " AND ");
    }
    if (profile->time) {
        add_between(sql, profile->time, stretch);
    } else {
        caus_sql_add_column(sql, profile->time_ns);
        caus_text_format(
            sql, " BETWEEN %" PRId64 "000000000 AND %" PRId64 "000000000",
            stretch->from_s, stretch->to_s);
    }
    caus_text_add_char(sql, ')');
}

static void add_stretches(caus_text *sql, const caus_line_table *table,
                          const caus_line_draw *draw)
{
    for (size_t i = 0; i < draw->stretch_count; i++) {
        caus_text_add(sql, i ? " OR " : "");
        add_stretch(sql, table, &draw->stretches[i]);
    }
}

/* The number decides; where none is told, the word. */
static void add_loud(caus_text *sql, const caus_line_profile *profile)
{
    const char *separator = "", *word;
    caus_severity severity;
    caus_text_add_char(sql, '(');
    caus_sql_add_column(sql, profile->number);
    caus_text_format(sql, " >= %d OR (", CAUS_LINE_WARN);
    caus_sql_add_column(sql, profile->number);
    caus_text_add(sql, " = 0 AND lower(");
    add_text_of(sql, profile->level);
    caus_text_add(sql, ") IN (");
    for (size_t i = 0; (word = caus_severity_word(i, &severity)) != NULL; i++) {
        if (severity < CAUS_SEVERITY_WARN)
            continue;
        caus_text_add(sql, separator);
        caus_sql_add_text(sql, word, strlen(word));
        separator = ", ";
    }
    caus_text_add(sql, ")))");
}

static void add_class(caus_text *sql, const caus_line_profile *profile,
                      caus_line_class class)
{
    caus_text_add(sql, class == CAUS_LINE_LOUD ? "" : "NOT ");
    add_loud(sql, profile);
}

/* Lines of one time and service stay together: a stack told line by line. */
static void add_drawn(caus_text *sql, const caus_line_table *table,
                      caus_line_class class, uint64_t one_in)
{
    caus_text_add_char(sql, '(');
    add_class(sql, table->profile, class);
    if (one_in > 1) {
        caus_text_add(sql, " AND cityHash64(");
        add_time_ns(sql, table);
        caus_text_add(sql, ", ");
        add_service(sql, table->profile);
        caus_text_format(sql, ") %% %" PRIu64 " = 0", one_in);
    }
    caus_text_add_char(sql, ')');
}

/* ---- statements ---- */

caus_status caus_sql_log_counts(const caus_line_table *table,
                                const caus_line_draw *draw, caus_text *sql,
                                caus_error *err)
{
    caus_text_add(sql, "SELECT ");
    for (size_t i = 0; i < (size_t)CAUS_STRETCHES * CAUS_LINE_CLASSES; i++) {
        size_t stretch = i / CAUS_LINE_CLASSES;
        caus_text_add(sql, i ? ", toUInt64(" : "toUInt64(");
        if (stretch < draw->stretch_count) {
            caus_text_add(sql, "countIf(");
            add_stretch(sql, table, &draw->stretches[stretch]);
            caus_text_add(sql, " AND ");
            add_class(sql, table->profile,
                      (caus_line_class)(i % CAUS_LINE_CLASSES));
            caus_text_add_char(sql, ')');
        } else {
            caus_text_add_char(sql, '0');
        }
        caus_text_add_char(sql, ')');
    }
    caus_sql_add_from(sql, table->database, table->name);
    caus_text_add(sql, " WHERE ");
    add_stretches(sql, table, draw);
    return caus_sql_finish(sql, err);
}

caus_status caus_sql_logs(const caus_line_table *table,
                          const caus_line_draw *draw, caus_text *sql,
                          caus_error *err)
{
    const caus_line_profile *profile = table->profile;
    caus_text_add(sql, "SELECT ");
    add_time_ns(sql, table);
    caus_text_add(sql, " AS caus_time, toUInt8(");
    caus_sql_add_column(sql, profile->number);
    caus_text_add(sql, ") AS caus_number, ");
    add_text_of(sql, profile->level);
    caus_text_add(sql, " AS caus_level, ");
    add_service(sql, profile);
    caus_text_add(sql, " AS caus_service, ");
    add_text_of(sql, profile->trace);
    caus_text_add(sql, " AS caus_trace, substring(");
    add_text_of(sql, profile->text);
    caus_text_format(sql, ", 1, %d) AS caus_line", CAUS_LINE_BYTES);
    caus_sql_add_from(sql, table->database, table->name);
    caus_text_add(sql, " WHERE (");
    add_stretches(sql, table, draw);
    caus_text_add_char(sql, ')');
    if (draw->loud_one_in > 1 || draw->other_one_in > 1) {
        caus_text_add(sql, " AND (");
        add_drawn(sql, table, CAUS_LINE_LOUD, draw->loud_one_in);
        caus_text_add(sql, " OR ");
        add_drawn(sql, table, CAUS_LINE_OTHER, draw->other_one_in);
        caus_text_add_char(sql, ')');
    }
    caus_text_add(sql, " ORDER BY caus_time, caus_service, caus_number, "
                       "caus_level, caus_line, caus_trace");
    return caus_sql_finish(sql, err);
}

/* Bounds that Grafana fills in: whoever looks may widen them. */
static void add_shown_between(caus_text *sql, const char *column,
                              const char *before, const char *after)
{
    caus_sql_add_column(sql, column);
    caus_text_format(sql, " >= %s$__fromTime%s AND ", before, after);
    caus_sql_add_column(sql, column);
    caus_text_format(sql, " <= %s$__toTime%s AND ", before, after);
}

static void add_shown_time(caus_text *sql, const caus_line_table *table)
{
    const caus_line_profile *profile = table->profile;
    if (table->has_bucket) {
        caus_sql_add_column(sql, profile->bucket);
        caus_text_add(sql, " BETWEEN toUInt32($__fromTime) - 1800 AND "
                           "toUInt32($__toTime) AND ");
    }
    if (table->has_coarse)
        add_shown_between(sql, profile->coarse, "", "");
    if (profile->time)
        add_shown_between(sql, profile->time, "", "");
    else
        add_shown_between(sql, profile->time_ns, "toUInt64(", ") * 1000000000");
}

/* Columns go by other names within, as a table may have those of Grafana with
 * other contents. */
caus_status caus_sql_shown_lines(const caus_line_table *table, caus_text *sql,
                                 caus_error *err)
{
    enum { MOST_LINES = 1000 };
    const caus_line_profile *profile = table->profile;
    caus_text_add(sql, "SELECT caus_time AS timestamp, caus_line AS body, "
                       "caus_level AS level FROM (SELECT ");
    if (profile->time) {
        caus_sql_add_column(sql, profile->time);
    } else {
        caus_text_add(sql, "fromUnixTimestamp64Nano(toInt64(");
        caus_sql_add_column(sql, profile->time_ns);
        caus_text_add(sql, "))");
    }
    caus_text_add(sql, " AS caus_time, ");
    add_text_of(sql, profile->text);
    caus_text_add(sql, " AS caus_line, ");
    add_text_of(sql, profile->level);
    caus_text_add(sql, " AS caus_level");
    caus_sql_add_from(sql, table->database, table->name);
    caus_text_add(sql, " WHERE ");
    add_shown_time(sql, table);
    add_service(sql, profile);
    caus_text_format(sql, " = ?) ORDER BY timestamp DESC LIMIT %d", MOST_LINES);
    return caus_sql_finish(sql, err);
}
