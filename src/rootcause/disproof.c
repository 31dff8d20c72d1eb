/* SPDX-License-Identifier: Apache-2.0 */
/* Queries that could refute a hop: what is due if it were false. */
#include <math.h>
#include <string.h>

#include "rootcause/chain.h"

static bool is_from(const caus_variable *variable, const char *source)
{
    return variable->query[0] && strcmp(variable->source, source) == 0;
}

/* Half way from the habit to the incident: beyond it a value is of the
 * incident. */
static double midway(const caus_shift *shift)
{
    return .5 * shift->before + .5 * shift->after;
}

static void add_condition(const caus_case *about, size_t variable,
                          caus_text *text)
{
    const caus_shift *shift = &about->shifts[variable];
    caus_text_format(text, "(%s) %c %.6g",
                     about->series->variables[variable].query,
                     shift->after > shift->before ? '>' : '<', midway(shift));
}

/* Steps in which the effect is of the incident and the cause is not. */
static void write_promql(const caus_case *about, size_t cause, size_t effect,
                         caus_text *text)
{
    add_condition(about, effect, text);
    caus_text_add(text, " unless on() ");
    add_condition(about, cause, text);
}

/* The table that a statement of our own reads: the word after FROM. */
static bool find_table(const char *query, const char **table, int *length)
{
    const char *from = strstr(query, " FROM ");
    if (!from)
        return false;
    *table = from + strlen(" FROM ");
    const char *end = strstr(*table, " WHERE ");
    *length = end ? (int)(end - *table) : 0;
    return *length > 0;
}

static void add_sql_text(caus_text *text, const char *value)
{
    caus_text_add_char(text, '\'');
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            caus_text_add_char(text, '\\');
        caus_text_add_char(text, *value);
    }
    caus_text_add_char(text, '\'');
}

static void add_window(const caus_case *about, caus_text *text)
{
    const caus_timeline *timeline = &about->timeline;
    int64_t last_ns = timeline->time_ns[timeline->row_count - 1];
    caus_text_format(text,
                     " AND `Timestamp` >= toDateTime(%lld) AND `Timestamp` <= "
                     "toDateTime(%lld)",
                     (long long)(about->onset.time_ns / 1000000000),
                     (long long)(last_ns / 1000000000));
}

/* What makes a call of the effect's service bad. */
static void add_badness(const caus_case *about, size_t effect, caus_text *text)
{
    if (about->scene.aspects[effect] == CAUS_ASPECT_ERRORS)
        caus_text_add(text, "`StatusCode` IN ('Error', 'STATUS_CODE_ERROR')");
    else
        caus_text_format(text, "`Duration` > %.0f",
                         1e9 * midway(&about->shifts[effect]));
}

/* How many calls of the effect's service there are without the cause's in their
 * trace, and which share of them is as bad: a count alone grows with the load.
 */
static bool write_sql(const caus_case *about, size_t cause, size_t effect,
                      caus_text *text)
{
    const caus_variable *variables = about->series->variables;
    const char *table;
    int length;
    if (!find_table(variables[effect].query, &table, &length))
        return false;
    caus_text_add(text, "SELECT count() AS calls, countIf(");
    add_badness(about, effect, text);
    caus_text_format(
        text,
        ") / count() AS bad_share FROM %.*s WHERE `ServiceName` = ", length,
        table);
    add_sql_text(text, variables[effect].service);
    add_window(about, text);
    caus_text_format(text,
                     " AND `TraceId` NOT IN (SELECT `TraceId` FROM %.*s WHERE "
                     "`ServiceName` = ",
                     length, table);
    add_sql_text(text, variables[cause].service);
    add_window(about, text);
    caus_text_add_char(text, ')');
    return true;
}

caus_status caus_disproof_query(const caus_case *about, size_t cause,
                                size_t effect, caus_hop *hop, caus_error *err)
{
    if (cause == SIZE_MAX || effect == SIZE_MAX)
        return CAUS_OK;
    const caus_variable *variables = about->series->variables;
    caus_text text = {0};
    const char *source = NULL;
    if (is_from(&variables[cause], "prometheus") &&
        is_from(&variables[effect], "prometheus")) {
        source = "prometheus";
        write_promql(about, cause, effect, &text);
    } else if (is_from(&variables[effect], "clickhouse") &&
               write_sql(about, cause, effect, &text)) {
        source = "clickhouse";
    } else if (is_from(&variables[cause], "prometheus")) {
        /* Steps of the incident in which the cause is as usual. */
        const caus_shift *shift = &about->shifts[cause];
        source = "prometheus";
        caus_text_format(
            &text, "(%s) %s %.6g", variables[cause].query,
            shift->after > shift->before ? "<=" : ">=", midway(shift));
    }
    if (!source)
        return CAUS_OK;
    CAUS_TRY(caus_text_finish(&text, about->out, &hop->query, NULL, err));
    hop->query_source = source;
    return CAUS_OK;
}
