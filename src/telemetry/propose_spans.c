/* SPDX-License-Identifier: Apache-2.0 */
/* The last values of span series, fetched as discover fetches them. */
#include <math.h>

#include "telemetry/survey_internal.h"

static const int64_t minute_ns = INT64_C(60000000000);

static double last_value(const caus_track *track)
{
    for (size_t i = track->count; i > 0; i--) {
        if (isfinite(track->value[i - 1]))
            return track->value[i - 1];
    }
    return (double)NAN;
}

static caus_status fetch(const caus_setup_servers *servers,
                         const caus_variable_spec *specs, size_t count,
                         size_t max_queries, const caus_run *run,
                         caus_arena *out, caus_fetch *result, caus_error *err)
{
    int64_t end_ns = servers->spans->newest_ns;
    caus_fetch_options options = {.window = caus_grid_align((caus_grid){
                                      .start_ns = end_ns - 10 * minute_ns,
                                      .end_ns = end_ns + minute_ns,
                                      .step_ns = minute_ns}),
                                  .max_queries = max_queries};
    return caus_clickhouse_fetch(servers->clickhouse, specs, count, &options,
                                 run, out, result, err);
}

caus_status caus_proposals_ask_spans(const caus_setup_servers *servers,
                                     size_t max_queries, caus_proposal *items,
                                     size_t count, const caus_run *run,
                                     caus_arena *out, caus_setup *setup,
                                     caus_error *err)
{
    caus_variable_spec *specs = CAUS_ARRAY(out, caus_variable_spec, count);
    size_t asked = 0, at = 0;
    caus_fetch got;
    if (!specs)
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        if (items[i].spec.origin == CAUS_ORIGIN_TRACE)
            specs[asked++] = items[i].spec;
    }
    if (!asked)
        return CAUS_OK;
    CAUS_TRY(fetch(servers, specs, asked, max_queries, run, out, &got, err));
    for (size_t i = 0; i < count; i++) {
        if (items[i].spec.origin == CAUS_ORIGIN_TRACE)
            items[i].last_value = last_value(&got.samples.tracks[at++]);
    }
    setup->warnings = got.warnings;
    setup->warning_count = got.warning_count;
    setup->queries = got.queries;
    setup->query_count = got.query_count;
    return CAUS_OK;
}
