/* SPDX-License-Identifier: Apache-2.0 */
/* Failures of rows in which nobody counted any. */
#include "rootcause/uncounted.h"

#include <string.h>

#include "series/time_columns.h"

/* The rows of a series, oldest first. */
typedef struct grid {
    const caus_series *series;
    const size_t *order; /* of its segments */
    caus_segment *made;  /* [segment_count] with values of their own; NULL =
                            nothing has been filled */
    double **values;     /* [segment_count] those of `made` */
    uint64_t **missing;  /* [segment_count] likewise */
    bool *answered; /* [rows] whether a service counted requests, or timed them
                     */
} grid;

static bool is_missing(const grid *g, size_t segment, size_t row, size_t v)
{
    return caus_segment_is_missing(&g->series->segments[segment], row, v);
}

/* Whether it has no value in a tenth of the rows: fewer hardly move what is
 * usual. */
static bool has_gaps(const caus_series *series, size_t variable)
{
    enum { LEAST_SHARE = 10 };
    size_t gaps = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        const uint64_t *words = segment->missing;
        for (size_t w = 0; words && w < segment->word_count; w++)
            gaps += (size_t)__builtin_popcountll(
                words[variable * segment->word_count + w]);
    }
    return gaps && gaps * LEAST_SHARE >= caus_series_row_count(series);
}

/* Marks the rows in which the service of a failure counted or timed requests.
 */
static void mark_answered(const grid *g, size_t failures)
{
    const caus_series *series = g->series;
    const char *service = series->variables[failures].service;
    memset(g->answered, 0, caus_series_row_count(series));
    for (size_t v = 0; v < series->variable_count; v++) {
        if (strcmp(series->variables[v].service, service) != 0)
            continue;
        caus_aspect aspect = caus_aspect_of(&series->variables[v]);
        if (aspect != CAUS_ASPECT_LOAD && aspect != CAUS_ASPECT_LATENCY)
            continue;
        size_t at = 0;
        for (size_t i = 0; i < series->segment_count; i++) {
            size_t s = g->order[i], rows = series->segments[s].row_count;
            for (size_t r = 0; r < rows; r++, at++)
                g->answered[at] |= !is_missing(g, s, r, v);
        }
    }
}

/* Whether what is counted is told only where there is some. */
static bool is_told_where_some(const grid *g, size_t variable)
{
    bool follows = false;
    for (size_t s = 0; s < g->series->segment_count; s++) {
        const caus_segment *segment = &g->series->segments[s];
        bool was = false;
        for (size_t r = 0; r < segment->row_count; r++) {
            bool is = !is_missing(g, s, r, variable);
            size_t at = r * g->series->variable_count + variable;
            if (is && !(segment->values[at] > 0))
                return false;
            follows = follows || (is && was);
            was = is;
        }
    }
    return follows;
}

static caus_status copy_segments(grid *g, caus_arena *out, caus_error *err)
{
    size_t count = g->series->variable_count;
    caus_segment *made =
        CAUS_ARRAY(out, caus_segment, g->series->segment_count);
    g->values = CAUS_ARRAY(out, double *, g->series->segment_count);
    g->missing = CAUS_ARRAY(out, uint64_t *, g->series->segment_count);
    if (!made || !g->values || !g->missing)
        return caus_arena_fail(out, err);
    for (size_t s = 0; s < g->series->segment_count; s++) {
        made[s] = g->series->segments[s];
        size_t cells = made[s].row_count * count;
        size_t words = made[s].word_count * count;
        double *values = CAUS_ARRAY(out, double, cells);
        uint64_t *missing = CAUS_ARRAY(out, uint64_t, words);
        if (!values || !missing)
            return caus_arena_fail(out, err);
        memcpy(values, made[s].values, cells * sizeof *values);
        if (made[s].missing)
            memcpy(missing, made[s].missing, words * sizeof *missing);
        made[s].values = g->values[s] = values;
        made[s].missing = g->missing[s] = missing;
    }
    g->made = made;
    return CAUS_OK;
}

static void fill_cell(const grid *g, size_t s, size_t row, size_t variable)
{
    size_t words = g->made[s].word_count;
    g->values[s][row * g->series->variable_count + variable] = 0;
    g->missing[s][variable * words + row / 64] &= ~(UINT64_C(1) << (row % 64));
}

/* Its rows up to the first value, or all where there is 0 in every gap. */
static caus_status fill(grid *g, size_t variable, caus_arena *out,
                        caus_error *err)
{
    bool everywhere = is_told_where_some(g, variable);
    size_t at = 0;
    mark_answered(g, variable);
    for (size_t i = 0; i < g->series->segment_count; i++) {
        size_t s = g->order[i], rows = g->series->segments[s].row_count;
        for (size_t r = 0; r < rows; r++, at++) {
            bool missing = is_missing(g, s, r, variable);
            if (!missing && !everywhere)
                return CAUS_OK;
            if (!missing || !g->answered[at])
                continue;
            if (!g->made)
                CAUS_TRY(copy_segments(g, out, err));
            fill_cell(g, s, r, variable);
        }
    }
    return CAUS_OK;
}

static caus_status fill_all(caus_case *about, caus_arena *scratch,
                            caus_error *err)
{
    const caus_series *series = about->series;
    grid g = {.series = series,
              .order = caus_segments_by_time(series, scratch),
              .answered =
                  CAUS_ARRAY(scratch, bool, caus_series_row_count(series))};
    if (!g.order || !g.answered)
        return caus_arena_fail(scratch, err);
    for (size_t v = 0; v < series->variable_count; v++) {
        if (!has_gaps(series, v) ||
            !caus_aspect_counts_failures(&series->variables[v]))
            continue;
        CAUS_TRY(caus_run_check(about->run, err));
        CAUS_TRY(fill(&g, v, about->out, err));
    }
    if (!g.made)
        return CAUS_OK;
    caus_series *made = CAUS_ARRAY(about->out, caus_series, 1);
    if (!made)
        return caus_arena_fail(about->out, err);
    *made = *series;
    made->segments = g.made;
    about->series = made;
    return CAUS_OK;
}

caus_status caus_uncounted_fill(caus_case *about, caus_error *err)
{
    caus_arena *scratch = caus_run_scratch(about->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_status status = fill_all(about, scratch, err);
    caus_arena_rewind(scratch, mark);
    return status;
}
