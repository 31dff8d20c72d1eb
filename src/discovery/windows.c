/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "discovery/pack.h"
#include "discovery/windows_internal.h"

caus_status caus_windows_check(const caus_pcmci_options *options,
                               caus_error *err)
{
    if (options->method == CAUS_METHOD_JPCMCIPLUS)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "J-PCMCI+ joins environments into one graph and does "
                         "not search windows or regimes: take pcmci+");
    return CAUS_OK;
}

static size_t windows_in(const caus_segment *segment,
                         const caus_window_options *options)
{
    if (segment->row_count < options->length_rows)
        return 0;
    return (segment->row_count - options->length_rows) / options->step_rows + 1;
}

/* `count` bits from bit `first` on. */
static void copy_bits(const uint64_t *from, size_t first, size_t count,
                      uint64_t *to)
{
    for (size_t r = 0; r < count; r++) {
        uint64_t bit = from[(first + r) / 64] >> ((first + r) % 64) & 1;
        to[r / 64] |= bit << (r % 64);
    }
}

/* The bits of every variable in the rows of a window. */
static caus_status cut_bits(const caus_segment *segment, size_t variables,
                            size_t first, size_t rows, caus_arena *arena,
                            const uint64_t **bits, caus_error *err)
{
    size_t words = (rows + 63) / 64;
    if (!*bits)
        return CAUS_OK;
    uint64_t *made = CAUS_ARRAY(arena, uint64_t, variables * words);
    if (!made)
        return caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables; v++)
        copy_bits(*bits + v * segment->word_count, first, rows,
                  made + v * words);
    *bits = made;
    return CAUS_OK;
}

/* The rows of a window as a segment of their own. */
static caus_status cut(const caus_series *series, const caus_window *window,
                       caus_arena *arena, caus_segment *result, caus_error *err)
{
    const caus_segment *from = &series->segments[window->segment];
    size_t variables = series->variable_count, first = window->first_row;
    caus_segment made = *from;
    made.row_count = window->row_count;
    made.start_ns = window->start_ns;
    made.offset_steps += (int64_t)first;
    made.values += first * variables;
    if (made.support)
        made.support += first * variables;
    CAUS_TRY(cut_bits(from, variables, first, window->row_count, arena,
                      &made.missing, err));
    CAUS_TRY(cut_bits(from, variables, first, window->row_count, arena,
                      &made.selected, err));
    made.word_count = (window->row_count + 63) / 64;
    *result = made;
    return CAUS_OK;
}

/* All windows of a series. */
typedef struct windowing {
    const caus_series *series;
    const caus_window_options *options;
    const caus_run *run;
    caus_window *windows;
} windowing;

static caus_status search_window(void *data, size_t index, caus_arena *out,
                                 caus_discovery *result, caus_error *err)
{
    const windowing *w = data;
    caus_arena *scratch = caus_run_scratch(w->run, 0);
    caus_arena_mark mark = caus_arena_get_mark(scratch);
    caus_segment segment;
    caus_status status =
        cut(w->series, &w->windows[index], scratch, &segment, err);
    if (status == CAUS_OK) {
        caus_series part = *w->series;
        part.segments = &segment;
        part.segment_count = 1;
        status = caus_discover_pcmci(&part, &w->options->search, w->run, out,
                                     result, err);
    }
    caus_arena_rewind(scratch, mark);
    return status;
}

static caus_status check(const caus_series *series,
                         const caus_window_options *options, size_t *count,
                         caus_error *err)
{
    CAUS_TRY(caus_windows_check(&options->search, err));
    if (!options->step_rows)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "windows that advance by 0 rows never end: give a "
                         "step of 1 or more");
    size_t longest = 0;
    *count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        size_t rows = series->segments[s].row_count;
        *count += windows_in(&series->segments[s], options);
        longest = rows > longest ? rows : longest;
    }
    if (!*count)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "a window of %zu rows does not fit: the longest "
                         "stretch of rows has %zu; give a shorter window or a "
                         "longer range",
                         options->length_rows, longest);
    return CAUS_OK;
}

static void place_windows(const windowing *w)
{
    caus_window *window = w->windows;
    for (size_t s = 0; s < w->series->segment_count; s++) {
        const caus_segment *segment = &w->series->segments[s];
        size_t count = windows_in(segment, w->options);
        for (size_t k = 0; k < count; k++) {
            size_t first = k * w->options->step_rows;
            *window++ =
                (caus_window){.segment = s,
                              .first_row = first,
                              .row_count = w->options->length_rows,
                              .start_ns = segment->start_ns +
                                          (int64_t)first * w->series->step_ns};
        }
    }
}

static caus_status search_all(windowing *w, size_t count, caus_arena *out,
                              caus_windows *made, caus_error *err)
{
    caus_discovery *found = CAUS_ARRAY(out, caus_discovery, count);
    if (!w->windows || !found)
        return caus_arena_fail(out, err);
    place_windows(w);
    CAUS_TRY(caus_share_units(w->run, count, search_window, w, out, found,
                              &made->window_count, err));
    made->complete = made->window_count == count;
    for (size_t k = 0; k < made->window_count; k++) {
        w->windows[k].discovery = found[k];
        made->complete = made->complete && found[k].complete;
    }
    return CAUS_OK;
}

caus_status caus_discover_windows(const caus_series *series,
                                  const caus_window_options *options,
                                  const caus_run *run, caus_arena *out,
                                  caus_windows *result, caus_error *err)
{
    size_t count;
    CAUS_TRY(check(series, options, &count, err));
    caus_arena_mark mark = caus_arena_get_mark(out);
    windowing w = {series, options, run, CAUS_ARRAY(out, caus_window, count)};
    caus_windows made = {.windows = w.windows};
    caus_status status = search_all(&w, count, out, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
