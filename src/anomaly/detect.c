/* SPDX-License-Identifier: Apache-2.0 */
/* From a series to anomalies. docs/design/0023-anomaly.md */
#include <math.h>
#include <string.h>

#include "anomaly/anomaly_internal.h"
#include "numeric/order.h"

enum { MOST_TREES = 1000, MOST_SAMPLE = 4096, MOST_LAG = 10 };

caus_anomaly_options caus_anomaly_options_default(void)
{
    return (caus_anomaly_options){.false_alarm = .02,
                                  .min_effect = .10,
                                  .min_size = 4,
                                  .tree_count = 100,
                                  .tree_sample = 256,
                                  .max_lag = 2};
}

static caus_status check(const caus_anomaly_options *options, caus_error *err)
{
    if ((size_t)options->detector >= CAUS_DETECTOR_COUNT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no detector %d: take 0 to %d",
                         (int)options->detector, CAUS_DETECTOR_COUNT - 1);
    if (!(options->false_alarm > 0 && options->false_alarm <= .5) ||
        !(options->min_effect >= 0 && options->min_effect <= 10) ||
        !(options->min_size > 0 && options->min_size <= 100))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "false alarm %g must be in (0, .5], least effect %g "
                         "in [0, 10] and least size %g in (0, 100]",
                         options->false_alarm, options->min_effect,
                         options->min_size);
    if (!options->tree_count || options->tree_count > MOST_TREES ||
        options->tree_sample < 2 || options->tree_sample > MOST_SAMPLE ||
        !options->max_lag || options->max_lag > MOST_LAG)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%zu trees must be 1 to %d, of %zu rows 2 to %d, and "
                         "lag %zu 1 to %d",
                         options->tree_count, MOST_TREES, options->tree_sample,
                         MOST_SAMPLE, options->max_lag, MOST_LAG);
    return CAUS_OK;
}

typedef struct findings {
    const caus_detect_job *job;
    const caus_departures *departures;
    const caus_alarm *alarm;
    caus_arena *out;
    double *ratios;      /* [variable_count × row_count]; NULL = `later` */
    caus_anomaly *found; /* [variable_count] */
    caus_onset_vote *votes;
    size_t vote_count;
    double *sizes, *values, *room; /* [row_count] of one column after the
                                      other */
} findings;

/* The median of a column's values in [from, to); `missing` without any. */
static double median_between(const caus_panel *panel, size_t column,
                             size_t from, size_t to, double *room,
                             double missing)
{
    const double *values = panel->columns[column];
    size_t count = 0;
    for (size_t r = from; r < to; r++)
        if (!isnan(values[r]))
            room[count++] = values[r];
    return count ? caus_median(room, count) : missing;
}

/* The first window in which an onset may show: one before the alarm. */
static size_t first_block(const findings *f)
{
    size_t from = f->job->layout->placebo_count;
    return f->alarm->found && f->alarm->block > from ? f->alarm->block - 1
                                                     : from;
}

/* The first window in which a column departs that does. */
static size_t block_of(const findings *f, const double *ratios)
{
    const caus_layout *layout = f->job->layout;
    size_t b = first_block(f);
    for (; b + 1 < layout->block_count; b++) {
        const caus_block *block = &layout->blocks[b];
        for (size_t r = block->start; r < block->start + block->length; r++)
            if (fabs(ratios[r]) > 1)
                return b;
    }
    return b;
}

/* Rows around a window in which its onset may lie. */
static void rows_around(const caus_detect_job *job, size_t block, size_t *from,
                        size_t *to)
{
    const caus_layout *layout = job->layout;
    const caus_block *b = &layout->blocks[block];
    *from = b->start > layout->base_rows ? b->start - layout->base_rows : 0;
    *to = b->start + b->length + layout->base_rows;
    if (*to > job->panel->row_count)
        *to = job->panel->row_count;
}

static bool moves_badly(const caus_variable *variable, int direction)
{
    switch (variable->bad_direction) {
    case CAUS_BAD_UP:
        return direction > 0;
    case CAUS_BAD_DOWN:
        return direction < 0;
    case CAUS_BAD_UNKNOWN:
    case CAUS_BAD_EITHER:
        break;
    }
    if (variable->bad_direction == CAUS_BAD_UNKNOWN &&
        variable->kind == CAUS_KIND_LATENCY_QUANTILE)
        return direction > 0;
    return true;
}

static void set_effect(const findings *f, size_t column, size_t from,
                       const caus_profile *profile, caus_anomaly *anomaly)
{
    const caus_panel *panel = f->job->panel;
    double level = panel->level[column];
    double before =
        median_between(panel, column, from, profile->row, f->room, level);
    double after = median_between(panel, column, profile->row, profile->end_row,
                                  f->room, before);
    anomaly->effect = after - before;
    anomaly->size = anomaly->effect / panel->scale[column];
    anomaly->direction = (anomaly->effect > 0) - (anomaly->effect < 0);
}

/* Whether the ratios of a column are told. */
static bool are_told(const findings *f, size_t column)
{
    const caus_detect_job *job = f->job;
    return !job->later || caus_ratios_most(job, f->departures, f->alarm, column,
                                           job->layout->placebo_count) > 1;
}

static caus_status tell_ratios(const findings *f, size_t column,
                               caus_error *err)
{
    const caus_panel *panel = f->job->panel;
    size_t variable = panel->variable[column], rows = panel->source_count;
    size_t first = caus_told_from(f->job);
    size_t first_row = f->job->later ? panel->row[first] : 0;
    double *told = f->job->later ? CAUS_ARRAY(f->out, double, rows - first_row)
                                 : f->ratios + variable * rows;
    if (!told)
        return caus_arena_fail(f->out, err);
    for (size_t r = first; r < panel->row_count; r++)
        told[panel->row[r] - first_row] = f->sizes[r];
    if (f->job->later)
        f->job->later[variable] = told;
    return CAUS_OK;
}

/* When a column changed, and by how much. */
static caus_status describe_change(findings *f, size_t column,
                                   caus_arena *scratch, caus_error *err)
{
    const caus_panel *panel = f->job->panel;
    const caus_detect_job *job = f->job;
    size_t from, to, variable = panel->variable[column];
    caus_anomaly *anomaly = &f->found[variable];
    bool failed = false;
    rows_around(job, block_of(f, f->sizes), &from, &to);
    if (!caus_detector_find(job->options->detector)
             ->fill(job, column, scratch, f->values))
        return caus_arena_fail(scratch, err);
    caus_profile profile =
        caus_profile_find(f->values, from, to, scratch, &failed);
    if (failed)
        return caus_arena_fail(scratch, err);
    if (!profile.found)
        return CAUS_OK;
    anomaly->onset =
        caus_onset_at(panel, profile.row, profile.first_row, profile.last_row);
    set_effect(f, column, from, &profile, anomaly);
    anomaly->bad = moves_badly(&job->names[variable], anomaly->direction);
    f->votes[f->vote_count++] = (caus_onset_vote){
        profile.row, profile.first_row, profile.last_row,
        fmin(log(anomaly->ratio), log(CAUS_ANOMALY_RATIO_CAP)), column};
    return CAUS_OK;
}

/* Everything about one column. */
static caus_status describe(findings *f, size_t column, caus_arena *scratch,
                            caus_error *err)
{
    const caus_panel *panel = f->job->panel;
    caus_anomaly *anomaly = &f->found[panel->variable[column]];
    anomaly->scored = true;
    anomaly->level = panel->level[column];
    anomaly->scale = panel->scale[column];
    anomaly->effect = anomaly->size = 0;
    anomaly->ratio = caus_ratios_most(f->job, f->departures, f->alarm, column,
                                      first_block(f));
    anomaly->exceeds = anomaly->ratio > f->alarm->variable_threshold;
    if (!are_told(f, column))
        return CAUS_OK;
    caus_ratios_fill(f->job, f->departures, f->alarm, column, f->sizes);
    CAUS_TRY(tell_ratios(f, column, err));
    return anomaly->ratio > 1 ? describe_change(f, column, scratch, err)
                              : CAUS_OK;
}

static bool list_disturbances(const caus_detect_job *job,
                              const caus_alarm *alarm, caus_arena *out,
                              caus_anomalies *made)
{
    const caus_layout *layout = job->layout;
    caus_disturbance *list =
        CAUS_ARRAY(out, caus_disturbance, layout->placebo_count);
    if (!list)
        return false;
    for (size_t b = 0; b < layout->placebo_count; b++)
        if (alarm->is_left_out[b]) {
            const caus_block *block = &layout->blocks[b];
            const size_t *row = &job->panel->row[block->start];
            list[made->disturbance_count++] =
                (caus_disturbance){row[0], row[block->length - 1] + 1 - row[0]};
        }
    made->disturbances = list;
    return true;
}

static caus_status report(const caus_detect_job *job,
                          const caus_departures *departures,
                          const caus_alarm *alarm, size_t variables,
                          caus_arena *scratch, caus_arena *out,
                          caus_anomalies *made, caus_error *err)
{
    const caus_panel *panel = job->panel;
    size_t rows = panel->source_count;
    findings f = {
        .job = job, .departures = departures, .alarm = alarm, .out = out};
    int64_t *times = CAUS_ARRAY(out, int64_t, rows);
    f.ratios = job->later ? NULL : CAUS_ARRAY(out, double, variables *rows);
    f.found = CAUS_ARRAY(out, caus_anomaly, variables);
    f.votes = CAUS_ARRAY(scratch, caus_onset_vote, panel->column_count);
    if (!times || !(f.ratios || job->later) || !f.found ||
        !list_disturbances(job, alarm, out, made))
        return caus_arena_fail(out, err);
    f.sizes = CAUS_ARRAY(scratch, double, panel->row_count);
    f.values = CAUS_ARRAY(scratch, double, panel->row_count);
    f.room = CAUS_ARRAY(scratch, double, panel->row_count);
    if (!f.votes || !f.sizes || !f.values || !f.room)
        return caus_arena_fail(scratch, err);
    memcpy(times, panel->time_ns, rows * sizeof *times);
    for (size_t v = 0; v < variables; v++)
        f.found[v].level = f.found[v].scale = f.found[v].effect =
            f.found[v].size = (double)NAN;
    for (size_t c = 0; c < panel->column_count; c++) {
        CAUS_TRY(caus_run_check(job->run, err));
        caus_arena_mark mark = caus_arena_get_mark(scratch);
        caus_status status = describe(&f, c, scratch, err);
        caus_arena_rewind(scratch, mark);
        CAUS_TRY(status);
    }
    made->row_count = rows;
    made->variable_count = variables;
    made->time_ns = times;
    made->ratios = f.ratios;
    made->variables = f.found;
    if (alarm->found)
        made->onset = caus_onset_join(f.votes, f.vote_count, panel);
    return CAUS_OK;
}

static caus_status detect(const caus_detect_rows *rows,
                          const caus_anomaly_options *options,
                          const caus_run *run, caus_arena *scratch,
                          caus_arena *out, caus_anomalies *made,
                          caus_error *err)
{
    const caus_series *series = rows->series;
    caus_panel panel;
    caus_layout layout;
    caus_departures departures;
    caus_alarm alarm;
    CAUS_TRY(
        caus_panel_init(series, rows->columns, options, scratch, &panel, err));
    CAUS_TRY(caus_layout_init(&panel, scratch, &layout, err));
    caus_detect_job job = {.panel = &panel,
                           .layout = &layout,
                           .options = options,
                           .run = run,
                           .step_ns = series->step_ns,
                           .names = series->variables,
                           .later = rows->later};
    CAUS_TRY(caus_departures_measure(&job, scratch, &departures, err));
    CAUS_TRY(caus_alarm_find(&job, &departures, scratch, &alarm, err));
    *made = (caus_anomalies){.reference_rows = panel.row[panel.reference_count],
                             .window_rows = layout.window_rows,
                             .placebo_count = alarm.placebo_used,
                             .score = alarm.score,
                             .threshold = alarm.threshold,
                             .variable_threshold = alarm.variable_threshold};
    return report(&job, &departures, &alarm, series->variable_count, scratch,
                  out, made, err);
}

caus_status caus_anomaly_detect_columns(const caus_detect_rows *rows,
                                        const caus_anomaly_options *options,
                                        const caus_run *run, caus_arena *out,
                                        caus_anomalies *result, caus_error *err)
{
    caus_anomaly_options mine =
        options ? *options : caus_anomaly_options_default();
    CAUS_TRY(check(&mine, err));
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark scratch_mark = caus_arena_get_mark(scratch);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_anomalies made;
    caus_status status = detect(rows, &mine, run, scratch, out, &made, err);
    caus_arena_rewind(scratch, scratch_mark);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}

static caus_status list_columns(const caus_series *series, const caus_run *run,
                                caus_time_columns *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    CAUS_TRY(caus_time_columns_init(series, NULL, scratch, result, err));
    return caus_time_columns_sort(result, NULL, run, scratch, err);
}

caus_status caus_anomaly_detect(const caus_series *series,
                                const caus_anomaly_options *options,
                                const caus_run *run, caus_arena *out,
                                caus_anomalies *result, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_time_columns columns;
    const caus_detect_rows rows = {.series = series, .columns = &columns};
    caus_status status = list_columns(series, run, &columns, err);
    if (status == CAUS_OK)
        status =
            caus_anomaly_detect_columns(&rows, options, run, out, result, err);
    caus_arena_rewind(scratch, mark);
    return status;
}

caus_status caus_onset_find(const caus_series *series,
                            const caus_anomaly_options *options,
                            const caus_run *run, caus_onset *result,
                            caus_error *err)
{
    caus_arena *out = caus_arena_new(0);
    if (!out)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to look for an onset");
    caus_anomalies found;
    caus_status status =
        caus_anomaly_detect(series, options, run, out, &found, err);
    if (status == CAUS_OK)
        *result = found.onset;
    caus_arena_free(out);
    return status;
}
