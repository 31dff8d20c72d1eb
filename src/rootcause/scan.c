/* SPDX-License-Identifier: Apache-2.0 */
/* The split of the rows with the clearest change, for want of an onset. */
#include <math.h>

#include "rootcause/rootcause_internal.h"

enum { COARSE_SPLITS = 32, LEAST_AFTER = 3, LOUDEST = 3, ENOUGH = 16 };

/* The sum of the largest clues when the rows are split here. Few rows are off
 * by chance: until there are enough, sizes count by the root of their number.
 */
static double contrast_at(const caus_case *about, size_t row,
                          caus_shift_space *space)
{
    double loudest[LOUDEST] = {0}, sum = 0;
    const caus_timeline *timeline = &about->timeline;
    for (size_t v = 0; v < timeline->variable_count; v++) {
        caus_shift shift =
            caus_timeline_shift(timeline, v, row, timeline->row_count, space);
        shift.size *=
            sqrt(fmin((double)(timeline->row_count - row), ENOUGH) / ENOUGH);
        double clue =
            caus_clue_of(&shift, about->scene.aspects[v], about->scene.bad[v]);
        for (size_t i = 0; i < LOUDEST; i++) {
            if (clue > loudest[i]) {
                double moved = loudest[i];
                loudest[i] = clue;
                clue = moved;
            }
        }
    }
    for (size_t i = 0; i < LOUDEST; i++)
        sum += loudest[i];
    return sum;
}

caus_status caus_case_scan(caus_case *about, size_t least_before,
                           size_t *result, caus_error *err)
{
    const caus_timeline *timeline = &about->timeline;
    size_t rows = timeline->row_count;
    if (least_before < rows / 4)
        least_before = rows / 4;
    if (rows < least_before + LEAST_AFTER)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "%zu rows are too few to find an onset: %zu are "
                         "needed; widen --start or name the onset by --at",
                         rows, least_before + LEAST_AFTER);
    caus_shift_space space;
    CAUS_TRY(caus_shift_space_init(timeline, about->out, &space, err));
    size_t low = least_before, high = rows - LEAST_AFTER, best = low;
    size_t apart = (high - low) / COARSE_SPLITS + 1;
    double most = -1;
    for (;;) {
        for (size_t row = low; row <= high; row += apart) {
            CAUS_TRY(caus_run_check(about->run, err));
            double contrast = contrast_at(about, row, &space);
            if (contrast > most) {
                most = contrast;
                best = row;
            }
        }
        if (apart == 1)
            break;
        low = best > least_before + apart ? best - apart : least_before;
        high = best + apart < rows - LEAST_AFTER ? best + apart
                                                 : rows - LEAST_AFTER;
        apart = apart / 8 > 1 ? apart / 8 : 1;
    }
    *result = best;
    return CAUS_OK;
}
