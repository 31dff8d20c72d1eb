/* SPDX-License-Identifier: Apache-2.0 */
/* Where an incident is looked for: near the time that people tell, or that the
 * symptom which they name does, and elsewhere only when nothing is found there.
 */
#include <math.h>

#include "caus/incident.h"
#include "rootcause/columns.h"
#include "rootcause/rows.h"
#include "rootcause/season.h"
#include "rootcause/trace_windows.h"
#include "rootcause/uncounted.h"
#include "series/blank.h"

enum { LEAST_NEAR = 6, LEAST_REFERENCE = 20 };

/* What explaining the rows near the time made. */
typedef struct attempt {
    bool done; /* there were rows enough */
    size_t searched_rows;
    caus_explanation told;
} attempt;

/* Explains rows of which the incident begins in `near->first_row` or later. */
static caus_status explain_part(const caus_case *fresh,
                                const caus_near_rows *near, int64_t until_ns,
                                attempt *result, caus_error *err)
{
    caus_explain_options *options =
        CAUS_ARRAY(fresh->out, caus_explain_options, 1);
    caus_error reason;
    if (!options)
        return caus_arena_fail(fresh->out, err);
    *options = *fresh->options;
    if (options->spans)
        CAUS_TRY(caus_spans_until(options->spans, until_ns, fresh->out,
                                  &options->spans, err));
    caus_case about = *fresh;
    about.series = &near->series;
    about.options = options;
    about.near_row = near->first_row;
    caus_status status = caus_case_search(&about, &result->told, &reason);
    result->done = status == CAUS_OK;
    if (status == CAUS_OK || status == CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_OK;
    return CAUS_FAIL(err, status, "%s", reason.message);
}

static caus_status try_rows(const caus_case *fresh, const caus_noticed *seen,
                            attempt *result, caus_error *err)
{
    caus_near_rows *near = CAUS_ARRAY(fresh->out, caus_near_rows, 1);
    if (!near)
        return caus_arena_fail(fresh->out, err);
    CAUS_TRY(
        caus_incident_rows_near(fresh->series, seen, fresh->out, near, err));
    *result = (attempt){.searched_rows = near->row_count - near->first_row};
    if (near->first_row < LEAST_REFERENCE || result->searched_rows < LEAST_NEAR)
        return CAUS_OK;
    return explain_part(fresh, near, seen->time_ns + seen->after_ns, result,
                        err);
}

/* Rows behind the time may be of what came after the incident: as many as lie
 * between its onset and that time leave it at least half of all. */
static caus_status try_halved(const caus_case *fresh, const caus_noticed *seen,
                              attempt *result, caus_error *err)
{
    CAUS_TRY(try_rows(fresh, seen, result, err));
    if (!result->done)
        return CAUS_OK;
    int64_t least_ns = LEAST_NEAR * fresh->series->step_ns;
    int64_t lasted_ns = seen->time_ns - result->told.onset.time_ns;
    caus_noticed halved = *seen;
    halved.after_ns = lasted_ns > least_ns ? lasted_ns : least_ns;
    if (halved.after_ns >= seen->after_ns)
        return CAUS_OK;
    attempt half;
    CAUS_TRY(try_rows(fresh, &halved, &half, err));
    if (half.done)
        *result = half;
    return CAUS_OK;
}

static bool is_found(const attempt *tried)
{
    return tried->done && tried->told.verdict != CAUS_VERDICT_NO_ANOMALY;
}

/* What was over when somebody saw it is not what they saw, if anything came
 * after it; nor are its rows healthy ones. */
static caus_status explain_near(const caus_case *fresh, attempt *result,
                                caus_error *err)
{
    const caus_explain_options *options = fresh->options;
    caus_noticed seen = {options->near_ns, options->near_before_ns,
                         options->near_after_ns};
    CAUS_TRY(try_halved(fresh, &seen, result, err));
    const caus_ending *ending = &result->told.ending;
    if (!is_found(result) || !ending->known || !ending->is_over ||
        ending->time_ns >= seen.time_ns)
        return CAUS_OK;
    attempt later;
    caus_series *cleared = CAUS_ARRAY(fresh->out, caus_series, 1);
    if (!cleared)
        return caus_arena_fail(fresh->out, err);
    CAUS_TRY(caus_series_blank(fresh->series, result->told.onset.first_ns,
                               ending->time_ns, fresh->out, cleared, err));
    caus_case behind = *fresh;
    behind.series = cleared;
    seen.before_ns = seen.time_ns - ending->time_ns - 1;
    CAUS_TRY(try_halved(&behind, &seen, &later, err));
    bool is_surer = later.told.verdict == CAUS_VERDICT_CAUSE ||
                    result->told.verdict != CAUS_VERDICT_CAUSE;
    if (is_found(&later) && is_surer)
        *result = later;
    return CAUS_OK;
}

/* From when on an incident may have begun that the symptom tells of, and when
 * that last stood out. */
typedef struct stretch {
    int64_t first_ns, last_ns;
} stretch;

/* The case of the symptom alone; false = there is no such variable. */
static caus_status open_symptom(const caus_case *fresh, caus_case *result,
                                bool *found, caus_error *err)
{
    const caus_explain_options *options = fresh->options;
    caus_series *alone = CAUS_ARRAY(fresh->out, caus_series, 1);
    size_t symptom = caus_series_find(fresh->series, options->symptom);
    const caus_explain_options no_calls = {.symptom = options->symptom};
    *found = symptom != SIZE_MAX;
    if (!alone)
        return caus_arena_fail(fresh->out, err);
    if (!*found)
        return CAUS_OK;
    CAUS_TRY(caus_columns_select(fresh, &symptom, 1, alone, err));
    *result = *fresh;
    result->series = alone;
    result->columns = NULL;
    result->options = &no_calls;
    CAUS_TRY(caus_case_open(result, err));
    result->options = options;
    return CAUS_OK;
}

/* The rows in which the symptom stands out tell of what it is: the incident
 * began in them or near before them. */
static caus_status explain_breach(const caus_case *fresh, stretch *of,
                                  attempt *result, caus_error *err)
{
    caus_case about;
    caus_breach breach;
    bool found;
    caus_near_rows *near = CAUS_ARRAY(fresh->out, caus_near_rows, 1);
    *result = (attempt){.done = false};
    if (!near)
        return caus_arena_fail(fresh->out, err);
    CAUS_TRY(open_symptom(fresh, &about, &found, err));
    if (!found)
        return CAUS_OK;
    CAUS_TRY(caus_breach_find(&about, &breach, err));
    if (!breach.found || breach.last_row < caus_case_row_behind_normal(&about))
        return CAUS_OK;
    const int64_t *time_ns = about.timeline.time_ns;
    *of = (stretch){time_ns[breach.near_row], time_ns[breach.last_row]};
    const caus_noticed until = {.time_ns = time_ns[breach.until_row]};
    CAUS_TRY(
        caus_incident_rows_near(fresh->series, &until, fresh->out, near, err));
    near->first_row = caus_larger(breach.near_row, 1);
    return explain_part(fresh, near, until.time_ns, result, err);
}

/* Whether an incident lies in rows in which the symptom stood out, or near
 * before them. */
static bool concerns(const caus_explanation *told, const stretch *of)
{
    const caus_ending *ending = &told->ending;
    return told->verdict != CAUS_VERDICT_NO_ANOMALY &&
           told->onset.first_ns <= of->last_ns &&
           !(ending->known && ending->time_ns < of->first_ns);
}

/* Where somebody named a symptom that stands out by itself, what stands out of
 * all at another time is another incident. */
static caus_status explain_named(const caus_case *fresh,
                                 caus_explanation *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(fresh->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(fresh->out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_case about = *fresh;
    stretch of = {0};
    attempt seen;
    CAUS_TRY(explain_breach(fresh, &of, &seen, err));
    caus_arena_rewind(scratch, scratch_mark);
    if (!seen.done)
        caus_arena_rewind(fresh->out, mark);
    if (!is_found(&seen))
        CAUS_TRY(caus_case_search(&about, result, err));
    if (seen.done && (is_found(&seen) || !concerns(result, &of)))
        *result = seen.told;
    return CAUS_OK;
}

/* Where nobody told a time. */
static caus_status explain_all(const caus_case *fresh, caus_explanation *result,
                               caus_error *err)
{
    caus_case about = *fresh;
    return fresh->options->symptom ? explain_named(fresh, result, err)
                                   : caus_case_search(&about, result, err);
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
        return explain_all(fresh, result, err);
    caus_arena *scratch = caus_run_scratch(fresh->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(fresh->out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    CAUS_TRY(explain_near(fresh, &near, err));
    if (is_found(&near)) {
        *result = near.told;
        result->sought = CAUS_SOUGHT_NEAR;
        return CAUS_OK;
    }
    caus_arena_rewind(fresh->out, mark);
    caus_arena_rewind(scratch, scratch_mark);
    if (near.done)
        about.searched_rows = near.searched_rows;
    CAUS_TRY(explain_all(&about, result, err));
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
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_case fresh = {.alarm = (double)NAN,
                       .alone = (double)NAN,
                       .series = series,
                       .options = &chosen,
                       .run = run,
                       .out = out};
    caus_explanation made = {0};
    caus_status status = caus_uncounted_fill(&fresh, err);
    if (status == CAUS_OK)
        status = caus_season_take_out(&fresh, err);
    if (status == CAUS_OK)
        status = caus_columns_sort(&fresh, err);
    fresh.whole = fresh.series;
    if (status == CAUS_OK)
        status = explain(&fresh, &made, err);
    if (status == CAUS_OK && fresh.columns)
        status = caus_columns_restore(fresh.columns, out, &made, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status == CAUS_OK)
        *result = made;
    else
        caus_arena_rewind(out, mark);
    return status;
}
