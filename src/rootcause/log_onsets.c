/* SPDX-License-Identifier: Apache-2.0 */
/* When lines came that had not been there. */
#include <math.h>

#include "rootcause/logs.h"
#include "rootcause/weights.h"

/* ---- of the incident ---- */

/* The row from which on a template has most lines beyond its rate before, by
 * chance alone; SIZE_MAX = it never rises. */
static size_t best_split(const caus_log_table *table, size_t kind, size_t rows)
{
    size_t best = SIZE_MAX;
    double all = 0, before = 0, most = 0;
    for (size_t i = table->start[kind]; i < table->start[kind + 1]; i++)
        all += table->counts[i].lines;
    for (size_t i = table->start[kind]; i < table->start[kind + 1]; i++) {
        size_t row = table->counts[i].row;
        if (caus_log_table_covers(table, row) && row + 1 < rows) {
            double variance;
            double expected = caus_log_expect(before, row - table->first_row,
                                              rows - row, &variance);
            double size = (all - before - expected) / sqrt(variance);
            if (size > most) {
                most = size;
                best = row;
            }
        }
        before += table->counts[i].lines;
    }
    return best;
}

static caus_onset onset_at(const caus_case *about, size_t first, size_t last)
{
    const int64_t *time_ns = about->timeline.time_ns;
    return (caus_onset){.found = true,
                        .row = last,
                        .first_row = first,
                        .last_row = last,
                        .time_ns = time_ns[last],
                        .first_ns = time_ns[first],
                        .last_ns = time_ns[last]};
}

/* Whether a template is one of errors of a service. */
static bool tells(const caus_log_table *table, size_t kind)
{
    return table->logs->templates[kind].severity == CAUS_SEVERITY_ERROR &&
           table->service_of[kind] != SIZE_MAX;
}

static double clue_at(const caus_log_table *table, size_t kind, size_t row,
                      size_t rows)
{
    return log1p(caus_log_rise_of(table, kind, row, rows).size);
}

size_t caus_log_find_split(const caus_case *about)
{
    const caus_log_table *table = about->log_table;
    size_t rows = about->timeline.row_count, best = SIZE_MAX;
    double most = caus_explained_clue;
    if (!table || table->first_row == SIZE_MAX)
        return SIZE_MAX;
    for (size_t k = 0; k < table->logs->template_count; k++) {
        size_t row = tells(table, k) ? best_split(table, k, rows) : SIZE_MAX;
        double clue = row == SIZE_MAX ? 0 : clue_at(table, k, row, rows);
        if (clue > most) {
            most = clue;
            best = row;
        }
    }
    return best;
}

double caus_log_contrast(const caus_case *about, size_t row)
{
    const caus_log_table *table = about->log_table;
    double most = 0;
    if (!caus_log_table_covers(table, row))
        return 0;
    for (size_t k = 0; k < table->logs->template_count; k++) {
        if (tells(table, k))
            most =
                fmax(most, clue_at(table, k, row, about->timeline.row_count));
    }
    return most;
}

/* ---- of services ---- */

/* From the row in which one line more could have been expected, at the rate
 * since, to that of the first line. */
static caus_onset first_lines(const caus_case *about, size_t kind)
{
    const caus_log_table *table = about->log_table;
    size_t at = table->start[kind];
    while (table->counts[at].row < about->onset_row)
        at++;
    size_t first = table->counts[at].row;
    double since = (double)(about->timeline.row_count - first);
    size_t gap = (size_t)(since / about->log_rises[kind].after);
    return onset_at(about, first > gap ? first - gap : 0, first);
}

void caus_log_use_onsets(caus_case *about)
{
    const caus_log_table *table = about->log_table;
    if (!about->context.logs)
        return;
    for (size_t k = 0; k < table->logs->template_count; k++) {
        const caus_log_rise *rise = &about->log_rises[k];
        size_t s = table->service_of[k];
        if (s == SIZE_MAX || rise->before > 0 ||
            rise->clue < caus_explained_clue)
            continue;
        caus_onset *own = &about->service_onsets[s];
        caus_onset seen = first_lines(about, k);
        if (!own->found || seen.last_row < own->first_row)
            *own = seen;
    }
}
