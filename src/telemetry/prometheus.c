/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables from Prometheus in rounds: which series there are, when they were
 * scraped, their values; and, only when something is amiss, why.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "telemetry/prometheus_internal.h"

enum { MAX_ROWS = 10 * 1000 * 1000, MAX_WARNINGS = 200 };

static const int64_t ms_ns = 1000000;

/* ---- shared tools ---- */

caus_status caus_prom_no_memory(const caus_prom *prom, caus_error *err)
{
    caus_status status = caus_arena_fail(prom->scratch, err);
    return status == CAUS_ERR_LIMIT ? status : caus_arena_fail(prom->out, err);
}

caus_status caus_prom_warn(caus_prom *prom, caus_error *err, const char *format,
                           ...)
{
    char text[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    caus_prom_texts *warnings = &prom->warnings;
    for (size_t i = 0; i < warnings->count; i++) {
        if (strcmp(warnings->items[i], text) == 0)
            return CAUS_OK;
    }
    if (warnings->count == MAX_WARNINGS)
        return CAUS_OK;
    const char *kept = caus_arena_copy(prom->out, text);
    if (!kept || !caus_reserve(&warnings->items, warnings->count,
                               &warnings->capacity, sizeof *warnings->items))
        return caus_prom_no_memory(prom, err);
    warnings->items[warnings->count++] = kept;
    return CAUS_OK;
}

const caus_fetched_query *caus_prom_queries(const caus_prom *prom)
{
    caus_fetched_query *queries =
        CAUS_ARRAY(prom->out, caus_fetched_query, prom->shown.count);
    for (size_t i = 0; queries && i < prom->shown.count; i++)
        queries[i] = (caus_fetched_query){"prometheus", prom->shown.items[i]};
    return queries;
}

/* ---- the grid ---- */

static int64_t floor_to(int64_t time_ns, int64_t step_ns)
{
    int64_t rest = time_ns % step_ns;
    return time_ns - (rest < 0 ? rest + step_ns : rest);
}

static caus_status check_grid(const caus_grid *grid, const char *what,
                              int64_t now_ns, caus_error *err)
{
    if (grid->step_ns <= 0 || grid->step_ns % ms_ns != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a step of %g ms for the %s: Prometheus takes whole "
                         "milliseconds, at least 1",
                         (double)grid->step_ns / (double)ms_ns, what);
    if (grid->end_ns < grid->start_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s ends before it starts: exchange --start and "
                         "--end",
                         what);
    if (grid->start_ns < grid->step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s starts before 1970: check --start", what);
    if (grid->start_ns > now_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s starts in the future: check --start and the "
                         "clock of this machine",
                         what);
    return CAUS_OK;
}

/* Rows up to now: a bin that is not over yet has no value. */
static caus_prom_range range_of(const caus_grid *grid, int64_t now_ns)
{
    int64_t start_ns = floor_to(grid->start_ns, grid->step_ns);
    int64_t end_ns = grid->end_ns < now_ns ? grid->end_ns : now_ns;
    size_t steps = (size_t)((end_ns - start_ns) / grid->step_ns);
    return (caus_prom_range){.start_ns = start_ns, .row_count = steps + 1};
}

static int64_t end_of(const caus_prom_range *range, int64_t step_ns)
{
    return range->start_ns + (int64_t)(range->row_count - 1) * step_ns;
}

/* One range if the two touch or overlap: then each query covers both. */
static void join_ranges(caus_prom *prom, caus_prom_range a, caus_prom_range b)
{
    if (b.start_ns < a.start_ns) {
        caus_prom_range swapped = a;
        a = b;
        b = swapped;
    }
    int64_t a_end = end_of(&a, prom->step_ns),
            b_end = end_of(&b, prom->step_ns);
    prom->range_count = 1;
    prom->ranges[0] = a;
    if (b.start_ns > a_end + prom->step_ns) {
        b.first_row = a.row_count;
        prom->ranges[1] = b;
        prom->range_count = 2;
    } else if (b_end > a_end) {
        prom->ranges[0].row_count =
            (size_t)((b_end - a.start_ns) / prom->step_ns) + 1;
    }
}

static caus_status make_grid(caus_prom *prom, caus_error *err)
{
    const caus_grid *window = &prom->options->window;
    const caus_grid *baseline = &prom->options->baseline;
    int64_t now_ns = caus_clock_wall_ns();
    CAUS_TRY(check_grid(window, "window", now_ns, err));
    prom->step_ns = window->step_ns;
    prom->ranges[0] = range_of(window, now_ns);
    prom->range_count = 1;
    if (baseline->step_ns) {
        CAUS_TRY(check_grid(baseline, "baseline", now_ns, err));
        if (baseline->step_ns != window->step_ns)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the baseline has a step of %g s, the window one "
                             "of %g s: give both the same",
                             (double)baseline->step_ns * 1e-9,
                             (double)window->step_ns * 1e-9);
        join_ranges(prom, prom->ranges[0], range_of(baseline, now_ns));
    }
    for (size_t r = 0; r < prom->range_count; r++)
        prom->row_count += prom->ranges[r].row_count;
    if (prom->row_count > MAX_ROWS)
        return CAUS_FAIL(err, CAUS_ERR_LIMIT,
                         "%zu rows, over %d: use a larger --step or a shorter "
                         "window",
                         prom->row_count, MAX_ROWS);
    prom->times_ns = CAUS_ARRAY(prom->out, int64_t, prom->row_count);
    if (!prom->times_ns)
        return caus_arena_fail(prom->out, err);
    for (size_t r = 0; r < prom->range_count; r++) {
        const caus_prom_range *range = &prom->ranges[r];
        for (size_t i = 0; i < range->row_count; i++)
            prom->times_ns[range->first_row + i] =
                range->start_ns + (int64_t)i * prom->step_ns;
    }
    return CAUS_OK;
}

/* ---- the fetch ---- */

static caus_status check_specs(const caus_variable_spec *specs, size_t count,
                               caus_error *err)
{
    if (!count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "no metric is asked of Prometheus: name some by "
                         "--metrics");
    for (size_t i = 0; i < count; i++) {
        if (specs[i].origin != CAUS_ORIGIN_METRIC)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "'%.200s' is no metric: Prometheus holds metrics "
                             "only; ask ClickHouse for traces",
                             specs[i].name ? specs[i].name : "");
        if (!specs[i].name || !*specs[i].name ||
            (specs[i].query && !*specs[i].query))
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "metric number %zu has no name or an empty query: "
                             "write NAME or NAME=QUERY",
                             i + 1);
    }
    return CAUS_OK;
}

caus_status caus_prom_open(caus_prom *prom, const caus_endpoint *endpoint,
                           caus_error *err)
{
    prom->scratch = caus_arena_new(caus_run_memory_limit_bytes(prom->run));
    prom->metric_names = caus_map_new();
    prom->entry_keys = caus_map_new();
    prom->target_keys = caus_map_new();
    if (!prom->scratch || !prom->metric_names || !prom->entry_keys ||
        !prom->target_keys)
        return caus_arena_fail(prom->out, err);
    return caus_http_new(endpoint, "Prometheus", &prom->http, err);
}

void caus_prom_close(caus_prom *prom)
{
    for (size_t i = 0; i < prom->query_count; i++) {
        caus_map_free(prom->queries[i].keys);
        free(prom->queries[i].columns);
    }
    for (size_t i = 0; i < prom->target_count; i++) {
        free(prom->targets[i].scrapes);
        free(prom->targets[i].outages);
    }
    free(prom->queries);
    free(prom->targets);
    free(prom->entries);
    free(prom->metrics);
    free(prom->shown.items);
    free(prom->warnings.items);
    caus_map_free(prom->metric_names);
    caus_map_free(prom->entry_keys);
    caus_map_free(prom->target_keys);
    caus_http_free(prom->http);
    caus_arena_free(prom->scratch);
}

static caus_status warn_of_skew(caus_prom *prom, caus_error *err)
{
    double skew_s = prom->skew_count
                        ? prom->skew_sum_s / (double)prom->skew_count
                        : (double)NAN;
    if (!(fabs(skew_s) > 2))
        return CAUS_OK;
    return caus_prom_warn(prom, err,
                          "the clock of Prometheus is %.0f s %s ours: mind "
                          "that when you name times by this machine's clock",
                          fabs(skew_s), skew_s > 0 ? "ahead of" : "behind");
}

static caus_status fill_result(caus_prom *prom, caus_fetch *result,
                               caus_error *err)
{
    caus_fetch made = {.clock_skew_s = (double)NAN};
    CAUS_TRY(caus_prom_make_tracks(prom, &made.samples, err));
    CAUS_TRY(warn_of_skew(prom, err));
    if (prom->skew_count)
        made.clock_skew_s = prom->skew_sum_s / (double)prom->skew_count;
    for (size_t i = 0; i < made.samples.track_count; i++)
        made.scrape_interval_s =
            fmax(made.scrape_interval_s,
                 made.samples.tracks[i].variable.scrape_interval_s);
    const caus_fetched_query *queries = caus_prom_queries(prom);
    const char **warnings =
        CAUS_ARRAY(prom->out, const char *, prom->warnings.count);
    if (!queries || !warnings)
        return caus_arena_fail(prom->out, err);
    for (size_t i = 0; i < prom->warnings.count; i++)
        warnings[i] = prom->warnings.items[i];
    made.queries = queries;
    made.query_count = prom->shown.count;
    made.warnings = warnings;
    made.warning_count = prom->warnings.count;
    made.refused_count = prom->refused_count;
    *result = made;
    return CAUS_OK;
}

static caus_status fetch(caus_prom *prom, const caus_endpoint *endpoint,
                         caus_fetch *result, caus_error *err)
{
    CAUS_TRY(check_specs(prom->specs, prom->spec_count, err));
    CAUS_TRY(make_grid(prom, err));
    CAUS_TRY(caus_prom_open(prom, endpoint, err));
    CAUS_TRY(caus_prom_read_catalog(prom, err));
    CAUS_TRY(caus_prom_plan(prom, err));
    CAUS_TRY(caus_prom_read_timing(prom, err));
    CAUS_TRY(caus_prom_word_queries(prom, err));
    CAUS_TRY(caus_prom_read_values(prom, err));
    return fill_result(prom, result, err);
}

caus_status caus_prometheus_fetch(const caus_endpoint *endpoint,
                                  const caus_variable_spec *specs, size_t count,
                                  const caus_fetch_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_fetch *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_prom prom = {.run = run,
                      .options = options,
                      .specs = specs,
                      .spec_count = count,
                      .out = out};
    caus_status status = fetch(&prom, endpoint, result, err);
    caus_prom_close(&prom);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    return status;
}
