/* SPDX-License-Identifier: Apache-2.0 */
#include "independence/discrete.h"

caus_status caus_strata_init(size_t row_count, caus_arena *arena,
                             caus_strata *result, caus_error *err)
{
    caus_strata strata = {.rows = CAUS_ARRAY(arena, uint32_t, row_count),
                          .bounds = CAUS_ARRAY(arena, uint32_t, row_count + 2),
                          .next_rows = CAUS_ARRAY(arena, uint32_t, row_count),
                          .next_bounds =
                              CAUS_ARRAY(arena, uint32_t, row_count + 2)};
    if (!strata.rows || !strata.bounds || !strata.next_rows ||
        !strata.next_bounds)
        return caus_arena_fail(arena, err);
    *result = strata;
    return CAUS_OK;
}

void caus_strata_start(caus_strata *strata, size_t count)
{
    strata->count = count > 0;
    strata->bounds[0] = 0;
    strata->bounds[1] = (uint32_t)count;
}

static uint8_t code_of(const caus_strata *strata, const uint8_t *codes,
                       const uint32_t *positions, uint32_t k)
{
    uint32_t row = strata->rows[k];
    return codes[positions ? positions[row] : row];
}

void caus_strata_part(caus_strata *strata, const uint8_t *codes,
                      const uint32_t *positions)
{
    enum { CODES = 256 };
    uint32_t place[CODES] = {0};
    uint8_t met[CODES];
    size_t made = 0;
    for (size_t g = 0; g < strata->count; g++) {
        uint32_t first = strata->bounds[g], end = strata->bounds[g + 1];
        size_t met_count = 0;
        for (uint32_t k = first; k < end; k++) {
            uint8_t code = code_of(strata, codes, positions, k);
            if (!place[code]++)
                met[met_count++] = code;
        }
        for (size_t m = 0, next = first; m < met_count; m++) {
            uint32_t size = place[met[m]];
            strata->next_bounds[made++] = place[met[m]] = (uint32_t)next;
            next += size;
        }
        for (uint32_t k = first; k < end; k++)
            strata->next_rows[place[code_of(strata, codes, positions, k)]++] =
                strata->rows[k];
        for (size_t m = 0; m < met_count; m++)
            place[met[m]] = 0;
    }
    strata->next_bounds[made] = strata->bounds[strata->count];
    uint32_t *rows = strata->rows, *bounds = strata->bounds;
    strata->rows = strata->next_rows;
    strata->bounds = strata->next_bounds;
    strata->next_rows = rows;
    strata->next_bounds = bounds;
    strata->count = made;
}
