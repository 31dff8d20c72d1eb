/* SPDX-License-Identifier: Apache-2.0 */
/* Values as codes. */
#include "independence/discrete.h"

#include <math.h>
#include <string.h>

/* Places in the hash table of one variable's values, a power of two. */
enum { PLACES = 1024, CHECK_EVERY_ROWS = 4096 };

typedef struct coding {
    const caus_series *series;
    size_t longest_lag;
    const caus_run *run;
    caus_codes *codes;
    uint64_t *keys; /* [PLACES] the bits of a value */
    uint8_t *known; /* [PLACES] CAUS_CODE_MISSING = a free place */
} coding;

static bool is_used(const coding *c, const caus_segment *segment)
{
    return c->longest_lag == SIZE_MAX || segment->row_count > c->longest_lag;
}

static caus_status refuse(const caus_series *series, size_t variable,
                          caus_error *err)
{
    const char *name =
        series->variables ? series->variables[variable].name : "";
    return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                     "variable %zu (%s) has more than %d distinct values: "
                     "counting needs categories; put its values into classes, "
                     "leave it out, or take a test for numbers such as "
                     "parcorr",
                     variable + 1, name, CAUS_MOST_CATEGORIES);
}

/* The code of a value, a new one where it is met first; CAUS_CODE_MISSING when
 * there are no codes left. */
static uint8_t code_of(coding *c, double value, uint16_t *levels)
{
    uint64_t bits;
    value = value + 0.; /* −0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    size_t place = (size_t)((bits * 0x9e3779b97f4a7c15u) >> 54);
    while (c->known[place] != CAUS_CODE_MISSING) {
        if (c->keys[place] == bits)
            return c->known[place];
        place = (place + 1) % PLACES;
    }
    if (*levels == CAUS_MOST_CATEGORIES)
        return CAUS_CODE_MISSING;
    c->keys[place] = bits;
    c->known[place] = (uint8_t)*levels;
    return (uint8_t)(*levels)++;
}

static caus_status code_column(coding *c, size_t variable, uint8_t *column,
                               uint16_t *levels, size_t *missing,
                               caus_error *err)
{
    const caus_series *series = c->series;
    size_t stride = series->variable_count;
    memset(c->known, CAUS_CODE_MISSING, PLACES);
    for (size_t s = 0; s < series->segment_count; s++) {
        const caus_segment *segment = &series->segments[s];
        if (!is_used(c, segment))
            continue;
        for (size_t r = 0; r < segment->row_count; r++) {
            if (r % CHECK_EVERY_ROWS == 0)
                CAUS_TRY(caus_run_check(c->run, err));
            *column = CAUS_CODE_MISSING;
            if (caus_segment_is_missing(segment, r, variable))
                ++*missing;
            else
                *column =
                    code_of(c, segment->values[r * stride + variable], levels);
            if (*column++ == CAUS_CODE_MISSING &&
                !caus_segment_is_missing(segment, r, variable))
                return refuse(series, variable, err);
        }
    }
    *levels = *levels ? *levels : 1;
    return CAUS_OK;
}

caus_status caus_codes_init(const caus_series *series, size_t longest_lag,
                            const caus_run *run, caus_arena *arena,
                            caus_codes *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(arena);
    size_t variables = series->variable_count;
    caus_codes codes = {.variable_count = variables};
    coding c = {.series = series, .longest_lag = longest_lag, .run = run};
    for (size_t s = 0; s < series->segment_count; s++)
        if (is_used(&c, &series->segments[s]))
            codes.row_count += series->segments[s].row_count;
    codes.column_bytes = (codes.row_count + 63) / 64 * 64;
    uint8_t *columns =
        CAUS_ARRAY(arena, uint8_t, variables * codes.column_bytes);
    uint16_t *levels = CAUS_ARRAY(arena, uint16_t, variables);
    size_t *missing = CAUS_ARRAY(arena, size_t, variables);
    c.keys = CAUS_ARRAY(arena, uint64_t, PLACES);
    c.known = CAUS_ARRAY(arena, uint8_t, PLACES);
    caus_status status = CAUS_OK;
    if (!columns || !levels || !missing || !c.keys || !c.known)
        status = caus_arena_fail(arena, err);
    for (size_t v = 0; v < variables && status == CAUS_OK; v++)
        status = code_column(&c, v, columns + v * codes.column_bytes,
                             &levels[v], &missing[v], err);
    if (status != CAUS_OK) {
        caus_arena_rewind(arena, mark);
        return status;
    }
    codes.columns = columns;
    codes.levels = levels;
    codes.missing = missing;
    *result = codes;
    return CAUS_OK;
}

/* The rows without a value as bits; NULL when every row has one. */
static caus_status mark_missing(const caus_codes *codes, size_t variable,
                                size_t word_count, caus_arena *arena,
                                const uint64_t **result, caus_error *err)
{
    *result = NULL;
    if (!codes->missing[variable])
        return CAUS_OK;
    const uint8_t *column = caus_codes_column(codes, variable);
    uint64_t *bits = CAUS_ARRAY(arena, uint64_t, word_count);
    if (!bits)
        return caus_arena_fail(arena, err);
    for (size_t r = 0; r < codes->row_count; r++)
        if (column[r] == CAUS_CODE_MISSING)
            bits[r / 64] |= (uint64_t)1 << (r % 64);
    *result = bits;
    return CAUS_OK;
}

caus_status caus_codes_sample(const caus_codes *codes,
                              const caus_series *series, caus_arena *arena,
                              caus_sample *result, caus_error *err)
{
    size_t variables = codes->variable_count, rows = codes->row_count;
    caus_sample sample = {.series = series,
                          .variables = series->variables,
                          .variable_count = variables,
                          .stride = variables,
                          .node_count = variables,
                          .row_count = rows,
                          .stretch_count = 1,
                          .word_count = (rows + 63) / 64};
    caus_stretch *stretch = CAUS_ARRAY(arena, caus_stretch, 1);
    const uint64_t **marks = CAUS_ARRAY(arena, const uint64_t *, variables);
    if (!stretch || !marks)
        return caus_arena_fail(arena, err);
    *stretch = (caus_stretch){.row_count = rows, .count = rows};
    sample.stretches = stretch;
    for (size_t v = 0; v < variables; v++)
        CAUS_TRY(
            mark_missing(codes, v, sample.word_count, arena, &marks[v], err));
    for (size_t role = 0; role < CAUS_TEST_ROLE_COUNT; role++)
        sample.invalid[role] = marks;
    *result = sample;
    return CAUS_OK;
}
