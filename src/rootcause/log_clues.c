/* SPDX-License-Identifier: Apache-2.0 */
/* From counts of log templates to clues of services. */
#include <math.h>
#include <string.h>

#include "rootcause/beyond.h"
#include "rootcause/logs.h"
#include "rootcause/placebo.h"
#include "rootcause/weights.h"

enum { PARTS = 8 };

/* A rise of this size counts as a service saying it. */
static const double saying_size = 1;

/* Lines in equal parts of a window. */
typedef struct parts {
    double lines[PARTS];
    double sum;
} parts;

static parts count_parts(const caus_log_table *table, size_t kind, size_t from,
                         size_t to)
{
    parts found = {.sum = 0};
    for (size_t i = table->start[kind]; i < table->start[kind + 1]; i++) {
        size_t row = table->counts[i].row;
        if (row < from || row >= to)
            continue;
        found.lines[(row - from) * PARTS / (to - from)] +=
            table->counts[i].lines;
        found.sum += table->counts[i].lines;
    }
    return found;
}

/* The variance from part to part beyond what chance makes of counts. */
static double wander(const parts *of)
{
    double mean = of->sum / PARTS, squares = 0;
    for (size_t i = 0; i < PARTS; i++)
        squares += (of->lines[i] - mean) * (of->lines[i] - mean);
    return fmax(0, squares / (PARTS - 1) - mean);
}

double caus_log_expect(double before, size_t reference, size_t rows,
                       double *variance)
{
    double length = (double)rows / (double)reference;
    double expected = (before + .5) * length;
    *variance = 1 + expected + expected * length;
    return expected;
}

/*
 * The rise in all of the rows, with its size: lines beyond those expected, in
 * deviations of a count whose rate is told by the rows before, wanders as it
 * did there, and comes in bursts as it does now. A single burst is one
 * deviation, however many lines it has.
 */
static caus_log_rise rise_of(const caus_log_table *table, size_t kind,
                             size_t from, size_t to)
{
    parts before = count_parts(table, kind, table->first_row, from);
    parts after = count_parts(table, kind, from, to);
    caus_log_rise rise = {.before = before.sum, .after = after.sum};
    double mean = before.sum / PARTS, variance;
    rise.expected = caus_log_expect(before.sum, from - table->first_row,
                                    to - from, &variance);
    double share = mean > 0 ? wander(&before) / (mean * mean) : 0;
    variance += share * rise.expected * rise.expected + PARTS * wander(&after);
    rise.size = fmax(0, rise.after - rise.expected) / sqrt(variance);
    return rise;
}

caus_log_rise caus_log_rise_of(const caus_log_table *table, size_t kind,
                               size_t from, size_t to)
{
    caus_log_rise rise = rise_of(table, kind, from, to);
    size_t half = from + (to - from + 1) / 2;
    if (rise.after > 0)
        rise.size = fmax(rise.size, rise_of(table, kind, from, half).size);
    return rise;
}

static double severity_weight(caus_severity severity)
{
    switch (severity) {
    case CAUS_SEVERITY_ERROR:
        return caus_weight_error_line;
    case CAUS_SEVERITY_WARN:
        return caus_weight_warning_line;
    case CAUS_SEVERITY_UNKNOWN:
        return caus_weight_untold_line;
    default:
        return caus_weight_info_line;
    }
}

/* ln((1 + services) / those that say it), 1 where one does: what all say is
 * nobody's own. */
static double rarity(size_t services, size_t saying)
{
    double all = log(1 + (double)services);
    return saying ? log((1 + (double)services) / (double)saying) / all : 0;
}

/* Rises of all templates [template_count] in the rows [from, to), against the
 * rows before `from`. */
static caus_status find_rises(const caus_log_table *table,
                              const caus_scene *scene, size_t from, size_t to,
                              caus_arena *scratch, caus_log_rise *rises,
                              caus_error *err)
{
    const caus_logs *logs = table->logs;
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    size_t *saying = CAUS_ARRAY(scratch, size_t, table->text_count + 1);
    if (!saying)
        return caus_arena_fail(scratch, err);
    for (size_t k = 0; k < logs->template_count; k++) {
        rises[k] = (caus_log_rise){0};
        if (table->service_of[k] == SIZE_MAX)
            continue;
        rises[k] = caus_log_rise_of(table, k, from, to);
        saying[table->text_of[k]] += rises[k].size > saying_size;
    }
    for (size_t k = 0; k < logs->template_count; k++) {
        size_t others = saying[table->text_of[k]];
        rises[k].clue = severity_weight(logs->templates[k].severity) *
                        rarity(scene->service_count, others ? others : 1) *
                        log1p(rises[k].size);
    }
    caus_arena_rewind(scratch, mark);
    return CAUS_OK;
}

static void lift(double *largest, size_t service, double clue)
{
    largest[service] = fmax(largest[service], clue);
}

/* The clues of services from those of templates. */
static void fill_clues(const caus_log_table *table, const caus_scene *scene,
                       const caus_log_rise *rises, caus_log_clues *clues)
{
    for (size_t kind = 0; kind < CAUS_LOG_KINDS; kind++)
        memset(clues->largest[kind], 0,
               scene->service_count * sizeof *clues->largest[kind]);
    for (size_t k = 0; k < table->logs->template_count; k++) {
        size_t s = table->service_of[k], callee = table->callee_of[k];
        if (s == SIZE_MAX || rises[k].clue <= 0)
            continue;
        if (callee == SIZE_MAX) {
            lift(clues->largest[CAUS_LOG_OWN], s, rises[k].clue);
            continue;
        }
        lift(clues->largest[CAUS_LOG_NAMING], s, rises[k].clue);
        lift(clues->largest[CAUS_LOG_NAMED], callee, rises[k].clue);
    }
}

caus_status caus_log_clues_init(const caus_scene *scene, caus_arena *out,
                                caus_log_clues *result, caus_error *err)
{
    caus_log_clues made;
    for (size_t kind = 0; kind < CAUS_LOG_KINDS; kind++) {
        made.largest[kind] = CAUS_ARRAY(out, double, scene->service_count + 1);
        if (!made.largest[kind])
            return caus_arena_fail(out, err);
    }
    *result = made;
    return CAUS_OK;
}

static caus_status find_window(const caus_case *about, size_t from, size_t to,
                               caus_log_rise *rises, caus_log_clues *clues,
                               caus_error *err)
{
    CAUS_TRY(caus_log_clues_init(&about->scene, about->out, clues, err));
    if (!caus_log_table_covers(about->log_table, from))
        return CAUS_OK;
    CAUS_TRY(find_rises(about->log_table, &about->scene, from, to, about->out,
                        rises, err));
    fill_clues(about->log_table, &about->scene, rises, clues);
    return CAUS_OK;
}

static double loudest(const caus_scene *scene, const caus_log_clues *clues)
{
    double most = 0;
    for (size_t s = 0; s < scene->service_count; s++)
        most = fmax(most, fmax(clues->largest[CAUS_LOG_OWN][s],
                               clues->largest[CAUS_LOG_NAMING][s]));
    return most;
}

/* Holds the loudest lines against the loudest of every placebo window, as the
 * loudest variable is held against its own. */
static void stand_out(caus_case *about, const caus_placebo *placebo)
{
    double windows[CAUS_MOST_WINDOWS];
    double most = loudest(&about->scene, &about->logs);
    for (size_t i = 0; i < placebo->count; i++)
        windows[i] = loudest(&about->scene, &placebo->logs[i]);
    about->logs_over = caus_deviate_beyond(
        windows, placebo->count, most,
        &(caus_windows_prior){caus_chance_clue, caus_prior_windows});
    caus_case_stand_alone(about, windows, placebo->count, most);
}

caus_status caus_log_clues_find(caus_case *about, caus_placebo *placebo,
                                caus_error *err)
{
    const caus_log_table *table = about->log_table;
    about->logs_over = (double)NAN;
    if (!table || !caus_log_table_covers(table, about->onset_row))
        return CAUS_OK;
    size_t templates = table->logs->template_count;
    placebo->logs = CAUS_ARRAY(about->out, caus_log_clues, placebo->count + 1);
    about->log_rises = CAUS_ARRAY(about->out, caus_log_rise, templates + 1);
    if (!placebo->logs || !about->log_rises)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < placebo->count; i++) {
        CAUS_TRY(caus_run_check(about->run, err));
        CAUS_TRY(find_window(about, placebo->starts[i], placebo->ends[i],
                             about->log_rises, &placebo->logs[i], err));
    }
    CAUS_TRY(find_window(about, about->onset_row, about->timeline.row_count,
                         about->log_rises, &about->logs, err));
    about->context.logs = &about->logs;
    stand_out(about, placebo);
    return CAUS_OK;
}
