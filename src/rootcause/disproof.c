/* SPDX-License-Identifier: Apache-2.0 */
/* Queries that could refute a hop: what is due if it were false. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "events/events.h"
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

/* A statement of our own: what it reads, and how that is laid out. */
typedef struct span_query {
    const caus_span_names *names;
    bool by_bucket; /* it asks for the layout's, so the table has it */
    caus_slice table;
    caus_slice filters; /* " AND ..." of operations, kinds and attributes */
} span_query;

/* What stands between two words of a text; false = they are not there. */
static bool cut(const char **text, const char *before, const char *after,
                caus_slice *result)
{
    const char *first = strstr(*text, before);
    const char *end = first ? strstr(first + strlen(before), after) : NULL;
    if (!end)
        return false;
    first += strlen(before);
    *result = (caus_slice){first, (size_t)(end - first)};
    *text = end;
    return true;
}

static bool read_span_query(const char *query, span_query *read)
{
    const char *whole = query;
    caus_slice service, longest;
    if (!cut(&query, " FROM ", " WHERE ", &read->table) ||
        !cut(&query, "`", "` = '", &service) ||
        !cut(&query, " BETWEEN 0 AND ", " ", &longest) ||
        !cut(&query, "", " GROUP BY caus_", &read->filters))
        return false;
    for (size_t i = 0; i < CAUS_SPAN_LAYOUTS; i++) {
        const char *name = caus_span_layouts[i].service;
        const char *bucket = caus_span_layouts[i].bucket;
        read->names = &caus_span_layouts[i];
        read->by_bucket = bucket && strstr(whole, bucket);
        if (strlen(name) == service.length &&
            memcmp(name, service.bytes, service.length) == 0)
            return true;
    }
    return false;
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

/* Spans of a service that began in the incident, or so much around it. */
static void add_spans(const caus_case *about, const span_query *of,
                      const char *service, int64_t around_s, caus_text *text)
{
    const caus_timeline *timeline = &about->timeline;
    int64_t last_ns = timeline->time_ns[timeline->row_count - 1];
    int64_t from_s = about->onset.time_ns / 1000000000 - around_s;
    int64_t to_s = last_ns / 1000000000 + around_s;
    caus_text_add(text, " FROM ");
    caus_text_add_bytes(text, of->table.bytes, of->table.length);
    caus_text_format(text, " WHERE `%s` = ", of->names->service);
    add_sql_text(text, service);
    caus_text_add(text, " AND ");
    caus_span_add_started(text, of->names, of->by_bucket, from_s, to_s);
}

/* What makes a call of the effect's service bad. */
static void add_badness(const caus_case *about, size_t effect,
                        const caus_span_names *names, caus_text *text)
{
    if (about->scene.aspects[effect] == CAUS_ASPECT_ERRORS)
        caus_text_format(text, "`%s`%s", names->error_column,
                         names->error_test);
    else
        caus_text_format(text, "`%s` > %.0f", names->duration,
                         1e9 * midway(&about->shifts[effect]));
}

/* How many bad calls of the effect's service there are, and how many of them
 * without the cause's in their trace. Those are held against all bad ones, not
 * against all without the cause: what fails early gets nowhere, so that of
 * calls which never came to the cause most are bad, be it to blame or not.
 * Calls to the cause begin later than their callers', also behind the last row.
 * A cause that has no spans is in no trace, to blame or not.
 */
static bool write_sql(const caus_case *about, const char *cause, size_t effect,
                      caus_text *text)
{
    enum { AROUND_S = 3600 };
    const caus_variable *variables = about->series->variables;
    span_query of;
    if ((about->spans && !caus_has_spans(about->spans, cause)) ||
        !read_span_query(variables[effect].query, &of))
        return false;
    caus_text_add(text, "SELECT countIf(");
    add_badness(about, effect, of.names, text);
    caus_text_add(text, ") AS bad, countIf(");
    add_badness(about, effect, of.names, text);
    caus_text_format(text, " AND `%s` GLOBAL NOT IN (SELECT `%s`",
                     of.names->trace, of.names->trace);
    add_spans(about, &of, cause, AROUND_S, text);
    caus_text_add(text, ")) AS bad_without_cause");
    add_spans(about, &of, variables[effect].service, 0, text);
    caus_text_add_bytes(text, of.filters.bytes, of.filters.length);
    return true;
}

caus_status caus_disproof_query(const caus_case *about, size_t cause,
                                caus_hop *hop, caus_error *err)
{
    size_t effect = hop->variable;
    if (effect == SIZE_MAX)
        return CAUS_OK;
    const caus_variable *variables = about->series->variables;
    const char *service = about->suspects[hop->from].service;
    bool in_metrics =
        cause != SIZE_MAX && is_from(&variables[cause], "prometheus");
    caus_text text = {0};
    const char *source = NULL;
    if (in_metrics && is_from(&variables[effect], "prometheus")) {
        source = "prometheus";
        write_promql(about, cause, effect, &text);
    } else if (is_from(&variables[effect], "clickhouse") &&
               write_sql(about, service, effect, &text)) {
        source = "clickhouse";
    } else if (in_metrics) {
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
