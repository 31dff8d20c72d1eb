// SPDX-License-Identifier: Apache-2.0
/* The beginning of a fetch, and what is said when there is nothing to fetch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/clickhouse_session.h"

enum { DEFAULT_MAX_VARIABLES = 500 };

/* ---- a service without spans ---- */

static void format_window(const caus_clickhouse *at, char from[40], char to[40])
{
    const caus_step_ranges *ranges = &at->ranges;
    int64_t first = ranges->range[0].first,
            last = ranges->range[ranges->count - 1].last;
    caus_time_format((first - 1) * ranges->step_ns, from);
    caus_time_format(last * ranges->step_ns, to);
}

caus_status caus_clickhouse_fail_no_spans(caus_clickhouse *at,
                                          const caus_variable_spec *spec,
                                          caus_error *err)
{
    static const caus_row_type types[] = {CAUS_ROW_TEXT, CAUS_ROW_U64};
    caus_text sql = {0};
    caus_text_list list;
    CAUS_TRY(caus_sql_kept(
        caus_sql_services(&at->table, &at->ranges, &sql, err), &sql));
    CAUS_TRY(caus_clickhouse_ask_texts(at, &sql, types, 2, 1,
                                       "the list of services", &list, err));
    char from[40], to[40];
    format_window(at, from, to);
    const char *database = at->table.database, *name = at->table.name;
    if (!list.count)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "%s.%s at %s holds no span at all between %s and %s: "
                         "check --start, --end and how long spans are kept",
                         database, name, at->host, from, to);
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.texts[i], spec->service) == 0)
            return CAUS_FAIL(
                err, CAUS_ERR_NOT_FOUND,
                "%s: the service %s has about %llu spans between %s and %s, "
                "but none under 1 h long that fits its span name, kind and "
                "attributes: check its trace_query",
                spec->name, spec->service, (unsigned long long)list.numbers[i],
                from, to);
    }
    caus_text names = {0};
    caus_text_list_add_nearest(&list, spec->service, &names);
    caus_status status =
        CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                  "%s: %s.%s at %s has no service \"%s\" between %s and "
                  "%s; the nearest of %zu names: %s",
                  spec->name, database, name, at->host, spec->service, from, to,
                  list.count, names.failed ? "" : names.bytes);
    caus_text_deinit(&names);
    return status;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double caus_clickhouse_skew(caus_clickhouse *at)
{
    if (!at->skew_count)
        return (double)NAN;
    qsort(at->skews, at->skew_count, sizeof *at->skews, compare_doubles);
    return at->skews[at->skew_count / 2];
}

/* ---- preparation ---- */

static caus_status make_room(caus_clickhouse *at, caus_error *err)
{
    size_t count = at->count;
    at->groups = CAUS_ARRAY(at->scratch, caus_span_group, count);
    at->group_of = CAUS_ARRAY(at->scratch, size_t, count);
    at->bins = CAUS_ARRAY(at->scratch, caus_span_bins, count);
    at->skews = CAUS_ARRAY(at->scratch, double, at->query_capacity);
    if (!at->groups || !at->group_of || !at->bins || !at->skews)
        return caus_arena_fail(at->scratch, err);
    at->queries = CAUS_ARRAY(at->out, caus_fetched_query, at->query_capacity);
    at->warnings.capacity = 2 * count + 1;
    at->warnings.texts =
        CAUS_ARRAY(at->out, const char *, at->warnings.capacity);
    if (!at->queries || !at->warnings.texts)
        return caus_arena_fail(at->out, err);
    return CAUS_OK;
}

caus_status caus_clickhouse_open(caus_clickhouse *at,
                                 const caus_endpoint *endpoint, caus_error *err)
{
    size_t most = at->options->max_variables ? at->options->max_variables
                                             : DEFAULT_MAX_VARIABLES;
    if (at->count == 0 || at->count > most)
        return CAUS_FAIL(err,
                         at->count ? CAUS_ERR_LIMIT : CAUS_ERR_INVALID_ARGUMENT,
                         "%zu trace variables: give 1 to %zu, or raise "
                         "--max-variables",
                         at->count, most);
    CAUS_TRY(caus_step_ranges_of(at->options, &at->ranges, err));
    CAUS_TRY(make_room(at, err));
    CAUS_TRY(caus_span_groups(at->specs, at->count, at->groups, at->group_of,
                              &at->group_count, err));
    at->query_limit = at->options->max_queries;
    return caus_clickhouse_connect(at, endpoint, err);
}
