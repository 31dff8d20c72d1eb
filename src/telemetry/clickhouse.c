// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/clickhouse_session.h"

/* ---- spans ---- */

static caus_status plan_group(caus_clickhouse *at, size_t index,
                              caus_row_reader *reader,
                              caus_row_type types[CAUS_ROW_COLUMNS],
                              caus_http_request *request, caus_error *err)
{
    const caus_span_group *group = &at->groups[index];
    caus_text sql = {0};
    CAUS_TRY(caus_sql_kept(
        caus_sql_spans(&at->table, group, &at->ranges, &sql, err), &sql));
    const char *text = "";
    CAUS_TRY(caus_clickhouse_plan(at, &sql, &text, err));
    const char *what = caus_arena_format(
        at->scratch, "the span query of %.100s", group->filter->service);
    if (!what)
        return caus_arena_fail(at->scratch, err);
    at->bins[index] = (caus_span_bins){.group = group, .ranges = &at->ranges};
    *reader = (caus_row_reader){
        .types = types,
        .type_count = caus_sql_span_types(group, types),
        .row = caus_span_bins_take,
        .forget = caus_span_bins_forget,
        .data = &at->bins[index],
    };
    *request = caus_clickhouse_request(at, reader, text, what);
    return CAUS_OK;
}

/* All groups at once, as many in parallel as the endpoint allows. */
static caus_status fetch_groups(caus_clickhouse *at, caus_error *err)
{
    size_t count = at->group_count;
    caus_row_reader *readers = CAUS_ARRAY(at->scratch, caus_row_reader, count);
    caus_row_type(*types)[CAUS_ROW_COLUMNS] =
        caus_arena_array(at->scratch, count, sizeof *types);
    caus_http_request *requests =
        CAUS_ARRAY(at->scratch, caus_http_request, count);
    if (!readers || !types || !requests)
        return caus_arena_fail(at->scratch, err);
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(plan_group(at, i, &readers[i], types[i], &requests[i], err));
    caus_status status = caus_clickhouse_perform(at, requests, count, err);
    for (size_t i = 0; i < count; i++) {
        caus_row_reader_deinit(&readers[i]);
        caus_span_bins_settle(&at->bins[i]);
    }
    return status;
}

/* ---- steps without rows ---- */

static caus_status fetch_presence(caus_clickhouse *at, caus_error *err)
{
    static const caus_row_type type = CAUS_ROW_U32;
    caus_step_range all = {UINT32_MAX, 0};
    for (size_t i = 0; i < at->count; i++) {
        caus_step_range gap;
        if (at->specs[i].trace_value <= CAUS_TRACE_ERRORS &&
            caus_span_bins_gap(&at->bins[at->group_of[i]], at->options, &gap)) {
            all.first = gap.first < all.first ? gap.first : all.first;
            all.last = gap.last > all.last ? gap.last : all.last;
        }
    }
    if (all.first > all.last)
        return CAUS_OK;
    caus_step_ranges ranges = {at->ranges.step_ns, 0, {{0}}};
    for (size_t i = 0; i < at->ranges.count; i++) {
        caus_step_range range = at->ranges.range[i];
        range.first = range.first > all.first ? range.first : all.first;
        range.last = range.last < all.last ? range.last : all.last;
        if (range.first <= range.last)
            ranges.range[ranges.count++] = range;
    }
    caus_text sql = {0};
    CAUS_TRY(
        caus_sql_kept(caus_sql_presence(&at->table, &ranges, &sql, err), &sql));
    at->presence.ranges = &ranges;
    caus_row_reader reader = {.types = &type,
                              .type_count = 1,
                              .row = caus_span_presence_take,
                              .forget = caus_span_presence_forget,
                              .data = &at->presence};
    caus_status status = caus_clickhouse_ask(at, &sql, &reader,
                                             "the search for empty steps", err);
    at->presence.ranges = NULL; /* leaves with this function */
    CAUS_TRY(status);
    at->has_presence = true;
    return CAUS_OK;
}

/* ---- the result ---- */

/* The statement of a group: the table was found by the first one. */
static const char *query_of_group(const caus_clickhouse *at, size_t group)
{
    return at->queries[1 + group].text;
}

static caus_status assemble(caus_clickhouse *at, caus_fetch *result,
                            caus_error *err)
{
    caus_track *tracks = CAUS_ARRAY(at->out, caus_track, at->count);
    if (!tracks)
        return caus_arena_fail(at->out, err);
    for (size_t i = 0; i < at->count; i++) {
        CAUS_TRY(caus_run_check(at->run, err));
        size_t group = at->group_of[i];
        CAUS_TRY(caus_span_track(&at->bins[group], &at->specs[i], at->options,
                                 at->has_presence ? &at->presence : NULL,
                                 query_of_group(at, group), at->out, &tracks[i],
                                 &at->warnings, err));
    }
    *result = (caus_fetch){.samples = {at->count, tracks},
                           .queries = at->queries,
                           .query_count = at->query_count,
                           .warnings = at->warnings.texts,
                           .warning_count = at->warnings.count,
                           .clock_skew_s = caus_clickhouse_skew(at)};
    return CAUS_OK;
}

static caus_status fetch_all(caus_clickhouse *at, caus_fetch *result,
                             caus_error *err)
{
    size_t stages = at->group_count + 2, done = 0;
    caus_run_progress(at->run, CAUS_STAGE_FETCH, done, stages);
    CAUS_TRY(caus_clickhouse_find_table(at, err));
    caus_run_progress(at->run, CAUS_STAGE_FETCH, ++done, stages);
    CAUS_TRY(fetch_groups(at, err));
    done += at->group_count;
    caus_run_progress(at->run, CAUS_STAGE_FETCH, done, stages);
    for (size_t i = 0; i < at->group_count; i++) {
        if (!at->bins[i].count)
            return caus_clickhouse_fail_no_spans(at, at->groups[i].filter, err);
    }
    CAUS_TRY(fetch_presence(at, err));
    caus_run_progress(at->run, CAUS_STAGE_FETCH, stages, stages);
    return assemble(at, result, err);
}

caus_status caus_clickhouse_fetch(const caus_endpoint *endpoint,
                                  const caus_variable_spec *specs, size_t count,
                                  const caus_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_fetch *result, caus_error *err)
{
    caus_clickhouse at = caus_clickhouse_begin(run, out);
    at.specs = specs;
    at.count = count;
    at.options = options;
    at.query_capacity = count + 3;
    caus_fetch made;
    caus_status status = caus_clickhouse_open(&at, endpoint, err);
    if (status == CAUS_OK)
        status = fetch_all(&at, &made, err);
    for (size_t i = 0; i < at.group_count; i++)
        caus_span_bins_deinit(&at.bins[i]);
    free(at.presence.steps);
    if (status == CAUS_OK)
        *result = made;
    return caus_clickhouse_end(&at, status);
}
