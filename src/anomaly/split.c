/* SPDX-License-Identifier: Apache-2.0 */
/* A series cut in two at an onset. */
#include <string.h>

#include "anomaly/anomaly_internal.h"

/* Bits `first` … `first + count` of every variable. */
static caus_status cut_bits(const caus_segment *from, size_t variables,
                            size_t first, size_t count, caus_arena *out,
                            const uint64_t **bits, caus_error *err)
{
    size_t words = (count + 63) / 64;
    if (!*bits)
        return CAUS_OK;
    uint64_t *made = CAUS_ARRAY(out, uint64_t, variables * words);
    if (!made)
        return caus_arena_fail(out, err);
    for (size_t v = 0; v < variables; v++) {
        const uint64_t *column = *bits + v * from->word_count;
        for (size_t r = 0; r < count; r++) {
            size_t at = first + r;
            made[v * words + r / 64] |= (column[at / 64] >> (at % 64) & 1)
                                        << (r % 64);
        }
    }
    *bits = made;
    return CAUS_OK;
}

static caus_status cut(const caus_series *series, const caus_segment *from,
                       size_t first, size_t count, caus_arena *out,
                       caus_segment *to, caus_error *err)
{
    size_t variables = series->variable_count;
    caus_segment made = *from;
    made.row_count = count;
    made.word_count = (count + 63) / 64;
    made.start_ns += (int64_t)first * series->step_ns;
    made.offset_steps += (int64_t)first;
    made.values += first * variables;
    if (made.support)
        made.support += first * variables;
    CAUS_TRY(cut_bits(from, variables, first, count, out, &made.missing, err));
    CAUS_TRY(cut_bits(from, variables, first, count, out, &made.selected, err));
    *to = made;
    return CAUS_OK;
}

/* The rows of the series in [first, end), counted over all segments. */
static caus_status take(const caus_series *series, const size_t *order,
                        size_t first, size_t end, int environment,
                        caus_arena *out, caus_segment *to, size_t *made,
                        caus_error *err)
{
    size_t passed = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *from = &series->segments[order[s]];
        size_t low = first > passed ? first - passed : 0;
        size_t high = end > passed ? end - passed : 0;
        if (high > from->row_count)
            high = from->row_count;
        passed += from->row_count;
        if (low >= high)
            continue;
        CAUS_TRY(cut(series, from, low, high - low, out, &to[*made], err));
        to[(*made)++].environment = environment;
    }
    return CAUS_OK;
}

static caus_status split(const caus_series *series, size_t before, size_t after,
                         caus_arena *out, caus_series *made, caus_error *err)
{
    size_t *order = caus_segments_by_time(series, out);
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, 2 * series->segment_count);
    caus_environment *environments = CAUS_ARRAY(out, caus_environment, 2);
    if (!order || !segments || !environments)
        return caus_arena_fail(out, err);
    *made = *series;
    made->segments = segments;
    made->segment_count = 0;
    environments[0] = (caus_environment){0, "baseline"};
    environments[1] = (caus_environment){1, "incident"};
    made->environments = environments;
    made->environment_count = 2;
    CAUS_TRY(take(series, order, 0, before, 0, out, segments,
                  &made->segment_count, err));
    return take(series, order, after, caus_series_row_count(series), 1, out,
                segments, &made->segment_count, err);
}

caus_status caus_onset_split(const caus_series *series, const caus_onset *onset,
                             size_t margin_rows, caus_arena *out,
                             caus_series *result, caus_error *err)
{
    size_t rows = caus_series_row_count(series);
    if (!onset->found || onset->last_row >= rows ||
        onset->first_row > onset->last_row)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no onset within the %zu rows to cut at: "
                         "find one first or name the time",
                         rows);
    size_t before =
        onset->first_row > margin_rows ? onset->first_row - margin_rows : 0;
    size_t room = rows - 1 - onset->last_row;
    if (!before || room <= margin_rows)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "an onset in rows %zu to %zu of %zu with a margin of "
                         "%zu leaves no row on one side: take a smaller "
                         "margin or a longer window",
                         onset->first_row, onset->last_row, rows, margin_rows);
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_series made;
    caus_status status = split(
        series, before, onset->last_row + 1 + margin_rows, out, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
