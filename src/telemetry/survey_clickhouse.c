/* SPDX-License-Identifier: Apache-2.0 */
/* What a ClickHouse holds: where spans are, since when, of which services. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "caus/survey.h"
#include "telemetry/clickhouse_session.h"

enum { STATEMENTS = 8, WARNINGS = 4, HOUR_STEPS = 60 };

static const int64_t second_ns = 1000000000;
static const int64_t step_ns = INT64_C(60000000000);

/* Seconds since 1970 as a text; 0 for an empty table. */
static void add_bound(caus_text *sql, const caus_span_table *table,
                      const char *which)
{
    const char *time = table->profile->names->time;
    caus_text_format(sql, ", toString(toUInt32(toDateTime(%s(", which);
    caus_sql_add_name(sql, time, strlen(time));
    caus_text_add(sql, "))))");
}

static caus_status read_bounds(caus_clickhouse *at, caus_span_survey *made,
                               caus_error *err)
{
    static const caus_row_type types[] = {CAUS_ROW_TEXT, CAUS_ROW_TEXT,
                                          CAUS_ROW_TEXT};
    caus_text sql = {0};
    caus_text_list list;
    caus_text_add(&sql, "SELECT toString(version())");
    add_bound(&sql, &at->table, "min");
    add_bound(&sql, &at->table, "max");
    caus_text_add(&sql, " FROM ");
    caus_sql_add_name(&sql, at->table.database, strlen(at->table.database));
    caus_text_add_char(&sql, '.');
    caus_sql_add_name(&sql, at->table.name, strlen(at->table.name));
    CAUS_TRY(caus_clickhouse_ask_texts(at, &sql, types, 3, 3,
                                       "the age of its spans", &list, err));
    if (!list.count)
        return CAUS_OK;
    int64_t oldest_s = strtoll(list.texts[1], NULL, 10);
    int64_t newest_s = strtoll(list.texts[2], NULL, 10);
    made->version = caus_arena_copy(at->out, list.texts[0]);
    if (!made->version)
        return caus_arena_fail(at->out, err);
    if (newest_s > 0) {
        made->oldest_ns = oldest_s * second_ns;
        made->newest_ns = newest_s * second_ns;
    }
    return CAUS_OK;
}

static caus_status read_services(caus_clickhouse *at, caus_span_survey *made,
                                 caus_error *err)
{
    static const caus_row_type types[] = {CAUS_ROW_TEXT, CAUS_ROW_U64};
    if (made->oldest_ns == INT64_MAX)
        return CAUS_OK;
    uint32_t last = (uint32_t)(made->newest_ns / step_ns + 1);
    caus_step_ranges ranges = {step_ns, 1, {{last - HOUR_STEPS, last}}};
    caus_text sql = {0};
    caus_text_list list;
    CAUS_TRY(
        caus_sql_kept(caus_sql_services(&at->table, &ranges, &sql, err), &sql));
    CAUS_TRY(caus_clickhouse_ask_texts(at, &sql, types, 2, 1,
                                       "the list of services", &list, err));
    caus_offered_service *services =
        CAUS_ARRAY(at->out, caus_offered_service, list.count);
    if (!services)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < list.count; i++) {
        services[i] = (caus_offered_service){
            caus_arena_copy(at->out, list.texts[i]), list.numbers[i]};
        if (!services[i].name)
            return caus_arena_fail(at->out, err);
    }
    made->services = services;
    made->service_count = list.count;
    return CAUS_OK;
}

static caus_status keep(caus_clickhouse *at, caus_span_survey *made,
                        caus_error *err)
{
    made->table =
        caus_arena_format(at->out, "%s.%s", at->table.database, at->table.name);
    made->profile = at->table.profile->name;
    made->url = caus_arena_copy(at->out, at->host);
    if (!made->table || !made->url)
        return caus_arena_fail(at->out, err);
    made->clock_skew_s = at->skew_count ? at->skews[0] : (double)NAN;
    made->queries = at->queries;
    made->query_count = at->query_count;
    made->warnings = at->warnings.texts;
    made->warning_count = at->warnings.count;
    return CAUS_OK;
}

static caus_status look(caus_clickhouse *at, const caus_endpoint *endpoint,
                        caus_span_survey *made, caus_error *err)
{
    at->query_capacity = STATEMENTS;
    at->warnings.capacity = WARNINGS;
    at->queries = CAUS_ARRAY(at->out, caus_fetched_query, STATEMENTS);
    at->warnings.texts = CAUS_ARRAY(at->out, const char *, WARNINGS);
    at->skews = CAUS_ARRAY(at->scratch, double, STATEMENTS);
    if (!at->queries || !at->warnings.texts)
        return caus_arena_fail(at->out, err);
    if (!at->skews)
        return caus_arena_fail(at->scratch, err);
    CAUS_TRY(caus_clickhouse_connect(at, endpoint, err));
    CAUS_TRY(caus_clickhouse_find_table(at, err));
    CAUS_TRY(read_bounds(at, made, err));
    CAUS_TRY(read_services(at, made, err));
    return keep(at, made, err);
}

caus_status caus_clickhouse_survey(const caus_endpoint *endpoint,
                                   const caus_survey_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_span_survey *result, caus_error *err)
{
    caus_clickhouse at = caus_clickhouse_begin(run, out);
    at.query_limit = options ? options->max_queries : 0;
    caus_span_survey made = {.version = "",
                             .now_ns = caus_clock_wall_ns(),
                             .oldest_ns = INT64_MAX,
                             .newest_ns = INT64_MAX};
    caus_status status = look(&at, endpoint, &made, err);
    if (status == CAUS_OK)
        *result = made;
    return caus_clickhouse_end(&at, status);
}
