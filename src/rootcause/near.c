/* SPDX-License-Identifier: Apache-2.0 */
/* Where an incident is looked for: near the time that people tell, if they do,
 * and elsewhere only when nothing is found there. */
#include <math.h>

#include "rootcause/rootcause_internal.h"

enum { LEAST_NEAR = 6, LEAST_REFERENCE = 20 };

/* The rows near a time, of a series that ends with them. */
typedef struct near_rows {
    caus_series series;
    size_t row_count;
    size_t first; /* the onset is looked for from here on */
} near_rows;

static size_t rows_until(const caus_segment *segment, int64_t step_ns,
                         int64_t last_ns)
{
    if (segment->start_ns > last_ns)
        return 0;
    uint64_t steps =
        (uint64_t)(last_ns - segment->start_ns) / (uint64_t)step_ns;
    return steps < segment->row_count ? (size_t)steps + 1 : segment->row_count;
}

static caus_status find_rows(const caus_case *fresh, int64_t last_ns,
                             near_rows *result, caus_error *err)
{
    const caus_series *series = fresh->series;
    const caus_explain_options *options = fresh->options;
    int64_t first_ns = options->near_ns - options->near_before_ns;
    caus_segment *segments =
        CAUS_ARRAY(fresh->out, caus_segment, series->segment_count);
    if (!segments)
        return caus_arena_fail(fresh->out, err);
    near_rows made = {.series = *series};
    made.series.segments = segments;
    made.series.segment_count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        caus_segment kept = series->segments[s];
        made.first += rows_until(&kept, series->step_ns, first_ns - 1);
        kept.row_count = rows_until(&kept, series->step_ns, last_ns);
        made.row_count += kept.row_count;
        if (kept.row_count)
            segments[made.series.segment_count++] = kept;
    }
    if (made.first < made.row_count / 2)
        made.first = made.row_count / 2;
    *result = made;
    return CAUS_OK;
}

/* What explaining the rows near the time made. */
typedef struct attempt {
    bool done; /* there were rows enough */
    size_t searched_rows;
    caus_explanation told;
} attempt;

/* Explains the rows that stand out or, where nothing is found from there on,
 * what leaves its habit: medians hide what was over soon, and of two incidents
 * the lesser may be the one that lasts. */
static caus_status explain_rows(caus_case *about, caus_explanation *result,
                                caus_error *err)
{
    caus_extent extent;
    CAUS_TRY(caus_case_open(about, err));
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    CAUS_TRY(caus_case_find_extent(about, &extent, err));
    if (extent.found) {
        caus_case placed = *about;
        placed.extent = &extent;
        CAUS_TRY(caus_case_explain(&placed, result, err));
        if (result->verdict != CAUS_VERDICT_NO_ANOMALY)
            return CAUS_OK;
        caus_arena_rewind(about->out, mark);
    }
    return caus_case_explain(about, result, err);
}

static caus_status try_rows(const caus_case *fresh, int64_t last_ns,
                            attempt *result, caus_error *err)
{
    near_rows *near = CAUS_ARRAY(fresh->out, near_rows, 1);
    caus_explain_options *options =
        CAUS_ARRAY(fresh->out, caus_explain_options, 1);
    caus_error reason;
    if (!near || !options)
        return caus_arena_fail(fresh->out, err);
    CAUS_TRY(find_rows(fresh, last_ns, near, err));
    *result = (attempt){.searched_rows = near->row_count - near->first};
    if (near->first < LEAST_REFERENCE || result->searched_rows < LEAST_NEAR)
        return CAUS_OK;
    *options = *fresh->options;
    if (options->spans)
        CAUS_TRY(caus_spans_until(options->spans, last_ns, fresh->out,
                                  &options->spans, err));
    caus_case about = *fresh;
    about.series = &near->series;
    about.options = options;
    about.near_row = near->first;
    caus_status status = explain_rows(&about, &result->told, &reason);
    result->done = status == CAUS_OK;
    if (status == CAUS_OK || status == CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_OK;
    return CAUS_FAIL(err, status, "%s", reason.message);
}

/* Rows behind the time may be of what came after the incident: as many as lie
 * between its onset and that time leave it at least half of all. */
static caus_status explain_near(const caus_case *fresh, attempt *result,
                                caus_error *err)
{
    const caus_explain_options *options = fresh->options;
    int64_t near_ns = options->near_ns;
    int64_t last_ns = near_ns + options->near_after_ns;
    CAUS_TRY(try_rows(fresh, last_ns, result, err));
    if (!result->done)
        return CAUS_OK;
    int64_t onset_ns = result->told.onset.time_ns;
    int64_t least_ns = LEAST_NEAR * fresh->series->step_ns;
    int64_t seen_ns = near_ns - onset_ns;
    int64_t half_ns = near_ns + (seen_ns > least_ns ? seen_ns : least_ns);
    return half_ns < last_ns ? try_rows(fresh, half_ns, result, err) : CAUS_OK;
}

static caus_status explain(const caus_case *fresh, caus_explanation *result,
                           caus_error *err)
{
    const caus_explain_options *options = fresh->options;
    caus_case about = *fresh;
    attempt near;
    if (options->has_onset) {
        CAUS_TRY(caus_case_open(&about, err));
        return caus_case_explain(&about, result, err);
    }
    if (!options->has_near)
        return explain_rows(&about, result, err);
    caus_arena_mark mark = caus_arena_get_mark(fresh->out);
    CAUS_TRY(explain_near(fresh, &near, err));
    if (near.done && near.told.verdict != CAUS_VERDICT_NO_ANOMALY) {
        *result = near.told;
        result->sought = CAUS_SOUGHT_NEAR;
        return CAUS_OK;
    }
    caus_arena_rewind(fresh->out, mark);
    if (near.done)
        about.searched_rows = near.searched_rows;
    CAUS_TRY(explain_rows(&about, result, err));
    result->sought = CAUS_SOUGHT_ELSEWHERE;
    return CAUS_OK;
}

static caus_status check_series(const caus_series *series, caus_error *err)
{
    if (!series->variable_count || !caus_series_row_count(series))
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "there are no rows to explain: widen the window");
    if (series->step_ns <= 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "a table without times has no before and after: give "
                         "a source with times");
    return CAUS_OK;
}

caus_status caus_explain(const caus_series *series,
                         const caus_explain_options *options,
                         const caus_run *run, caus_arena *out,
                         caus_explanation *result, caus_error *err)
{
    caus_explain_options chosen =
        options ? *options : caus_explain_options_default();
    CAUS_TRY(check_series(series, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    const caus_case fresh = {.alarm = (double)NAN,
                             .alone = (double)NAN,
                             .series = series,
                             .whole = series,
                             .options = &chosen,
                             .run = run,
                             .out = out};
    caus_explanation made = {0};
    caus_status status = explain(&fresh, &made, err);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
