/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that are explained where nobody told an onset. */
#include <math.h>

#include "caus/incident.h"
#include "rootcause/columns.h"
#include "rootcause/rows.h"

/* Puts what keeps an incident from being one before the other warnings. */
static caus_status tell_repeat(const caus_extent *extent, caus_arena *out,
                               caus_explanation *result, caus_error *err)
{
    const char **items =
        CAUS_ARRAY(out, const char *, result->warning_count + 1);
    if (!items)
        return caus_arena_fail(out, err);
    CAUS_TRY(caus_incident_say_repeat(extent, out, &items[0], err));
    for (size_t i = 0; i < result->warning_count; i++)
        items[i + 1] = result->warnings[i];
    result->warnings = items;
    result->warning_count++;
    return CAUS_OK;
}

/* Explains the rows from an onset on; what is not found leaves no trace. */
static caus_status explain_from(const caus_case *opened,
                                const caus_extent *extent,
                                caus_explanation *result, bool *found,
                                caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(opened->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(opened->out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_case placed = *opened;
    placed.extent = extent;
    CAUS_TRY(caus_case_explain(&placed, result, err));
    *found = result->verdict != CAUS_VERDICT_NO_ANOMALY;
    if (!*found) {
        caus_arena_rewind(opened->out, mark);
        caus_arena_rewind(scratch, scratch_mark);
    }
    return CAUS_OK;
}

/* Explains the rows that stand out or, where nothing is found from there on,
 * what leaves its habit: medians hide what was over soon, and of two incidents
 * the lesser may be the one that lasts. */
static caus_status explain_opened(caus_case *about, caus_explanation *result,
                                  caus_error *err)
{
    caus_extent extent;
    bool found = false;
    CAUS_TRY(caus_case_find_extent(about, &extent, err));
    if (extent.found)
        CAUS_TRY(explain_from(about, &extent, result, &found, err));
    if (found)
        return CAUS_OK;
    CAUS_TRY(caus_case_explain(about, result, err));
    return extent.repeats && result->verdict == CAUS_VERDICT_NO_ANOMALY
               ? tell_repeat(&extent, about->out, result, err)
               : CAUS_OK;
}

/* The variables of what the symptom's service calls, also through others, and
 * of what stands in no call: nobody told whether that is waited for. All of
 * them where nothing is known of its calls. */
static caus_status list_reached(const caus_case *opened, size_t *kept,
                                size_t *count, caus_error *err)
{
    const caus_scene *scene = &opened->scene;
    size_t own = opened->symptom == SIZE_MAX
                     ? SIZE_MAX
                     : scene->service_of[opened->symptom];
    size_t variables = opened->series->variable_count;
    caus_walk to;
    *count = variables;
    if (own == SIZE_MAX || !caus_scene_is_in_calls(scene, own))
        return CAUS_OK;
    CAUS_TRY(caus_scene_walk_to_callees(scene, own, opened->out, &to, err));
    *count = 0;
    for (size_t v = 0; v < variables; v++) {
        size_t s = scene->service_of[v];
        if (s == SIZE_MAX || caus_walk_reaches(&to, s) ||
            !caus_scene_is_in_calls(scene, s))
            kept[(*count)++] = v;
    }
    return CAUS_OK;
}

/*
 * When an incident began, by what the symptom's service can wait for alone, in
 * metrics: in a large system something else is always louder.
 *
 *   result  found is false where that is all there is, too
 */
static caus_status search_reached(const caus_case *opened, caus_extent *result,
                                  caus_error *err)
{
    size_t count, variables = opened->series->variable_count;
    size_t *kept = CAUS_ARRAY(opened->out, size_t, variables);
    caus_explain_options options = *opened->options;
    caus_explanation told;
    caus_series series;
    *result = (caus_extent){.found = false};
    if (!kept)
        return caus_arena_fail(opened->out, err);
    CAUS_TRY(list_reached(opened, kept, &count, err));
    if (count == variables)
        return CAUS_OK;
    CAUS_TRY(caus_columns_select(opened, kept, count, &series, err));
    options.topology = opened->calls;
    options.spans = NULL;
    options.logs = NULL;
    options.changes = NULL;
    caus_case part = {.alarm = (double)NAN,
                      .alone = (double)NAN,
                      .series = &series,
                      .whole = &series,
                      .near_row = opened->near_row,
                      .searched_rows = opened->searched_rows,
                      .options = &options,
                      .run = opened->run,
                      .out = opened->out};
    CAUS_TRY(caus_case_open(&part, err));
    CAUS_TRY(explain_opened(&part, &told, err));
    /* A detector has to date it: rows can be split wherever nothing is. */
    result->found = told.verdict != CAUS_VERDICT_NO_ANOMALY &&
                    (told.alarm > 1 || told.alone > 1);
    result->onset = told.onset;
    return CAUS_OK;
}

caus_status caus_case_search(caus_case *about, caus_explanation *result,
                             caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_extent reached;
    caus_error reason;
    bool found = false;
    CAUS_TRY(caus_case_open(about, err));
    if (!about->options->has_near)
        about->near_row =
            caus_larger(about->near_row, caus_case_row_behind_normal(about));
    caus_arena_mark mark = caus_arena_get_mark(about->out);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_status status = search_reached(about, &reached, &reason);
    if (status != CAUS_OK && status != CAUS_ERR_TOO_FEW_SAMPLES)
        return CAUS_FAIL(err, status, "%s", reason.message);
    caus_arena_rewind(about->out, mark);
    caus_arena_rewind(scratch, scratch_mark);
    if (reached.found)
        CAUS_TRY(explain_from(about, &reached, result, &found, err));
    return found ? CAUS_OK : explain_opened(about, result, err);
}
