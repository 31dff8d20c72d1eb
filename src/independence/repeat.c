/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/independence.h"

/* Pooled rows of the old sample, each as often as it is drawn. */
typedef struct drawing {
    const caus_sample *sample;
    size_t *from; /* [row_count] old row of a new one */
    size_t row_count;
    size_t word_count;
} drawing;

static caus_status repeat_bits(const drawing *d, const uint64_t *old,
                               caus_arena *arena, const uint64_t **result,
                               caus_error *err)
{
    uint64_t *bits = CAUS_ARRAY(arena, uint64_t, d->word_count);
    if (!bits)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < d->row_count; r++) {
        size_t from = d->from[r];
        bits[r / 64] |= (old[from / 64] >> (from % 64) & 1) << (r % 64);
    }
    *result = bits;
    return CAUS_OK;
}

static caus_status repeat_marks(const drawing *d, const uint64_t *const *old,
                                caus_arena *arena,
                                const uint64_t *const **result, caus_error *err)
{
    size_t nodes = d->sample->node_count;
    const uint64_t **marks = CAUS_ARRAY(arena, const uint64_t *, nodes);
    if (!marks)
        return caus_arena_fail(arena, err);
    for (size_t node = 0; node < nodes; node++)
        if (old[node])
            CAUS_TRY(repeat_bits(d, old[node], arena, &marks[node], err));
    *result = marks;
    return CAUS_OK;
}

static caus_status repeat_rows(drawing *d, const double *counts,
                               caus_arena *arena, caus_sample *made,
                               caus_error *err)
{
    const caus_sample *sample = d->sample;
    for (size_t r = 0; r < sample->row_count; r++)
        d->row_count += (size_t)counts[r];
    d->word_count = (d->row_count + 63) / 64;
    d->from = CAUS_ARRAY(arena, size_t, d->row_count);
    const double **rows = CAUS_ARRAY(arena, const double *, d->row_count);
    if (!d->from || !rows)
        return caus_arena_fail(arena, err);
    size_t next = 0;
    for (size_t r = 0; r < sample->row_count; r++) {
        for (size_t k = 0; k < (size_t)counts[r]; k++) {
            d->from[next] = r;
            rows[next++] = sample->rows[r];
        }
    }
    *made = *sample;
    made->rows = rows;
    made->row_count = d->row_count;
    made->word_count = d->word_count;
    made->stretches = NULL;
    made->stretch_count = 0;
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++) {
        size_t same = 0;
        while (sample->invalid[same] != sample->invalid[role])
            same++;
        if (same < role)
            made->invalid[role] = made->invalid[same];
        else if (sample->invalid[role])
            CAUS_TRY(repeat_marks(d, sample->invalid[role], arena,
                                  &made->invalid[role], err));
    }
    return CAUS_OK;
}

caus_status caus_sample_repeat(const caus_sample *sample, const double *counts,
                               caus_arena *arena, caus_sample *result,
                               caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    drawing d = {.sample = sample};
    caus_sample made;
    caus_status status = repeat_rows(&d, counts, arena, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
