/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/discovery_internal.h"
#include "discovery/lag_prior.h"

caus_status caus_assumptions_complete(const caus_question *question,
                                      const unsigned char *given,
                                      caus_arena *arena,
                                      const unsigned char **result,
                                      caus_error *err)
{
    caus_series unnamed = {.variable_count = question->variable_count};
    caus_lag_prior prior;
    *result = NULL;
    if (!given)
        return CAUS_OK;
    CAUS_TRY(caus_lag_prior_read(&unnamed, question->options->max_lag, given,
                                 false, arena, &prior, err));
    unsigned char *cells =
        CAUS_ARRAY(arena, unsigned char, question->cell_count);
    if (!cells)
        return caus_arena_fail(arena, err);
    /* without hidden causes what is no cause has no link over time */
    for (size_t cell = 0; cell < question->cell_count; cell++) {
        bool is_no_cause =
            cell % prior.lags > 0 && prior.cells[cell] == CAUS_ASSUME_ONLY_BACK;
        cells[cell] = is_no_cause ? CAUS_ASSUME_ABSENT : prior.cells[cell];
    }
    *result = cells;
    return CAUS_OK;
}

caus_edge caus_link_marks(const caus_question *question, bool forward,
                          bool backward, size_t source, size_t target,
                          size_t lag)
{
    caus_assumption assumption = caus_assumed(question, source, target, lag);
    bool points_back = assumption == CAUS_ASSUME_LINK_BACK ||
                       assumption == CAUS_ASSUME_ONLY_BACK ||
                       (backward && !forward);
    bool points_forward = lag > 0 || assumption == CAUS_ASSUME_LINK ||
                          assumption == CAUS_ASSUME_NOT_BACK ||
                          (forward && !backward);
    if (points_forward)
        return (caus_edge){CAUS_MARK_TAIL, CAUS_MARK_ARROW};
    if (points_back)
        return (caus_edge){CAUS_MARK_ARROW, CAUS_MARK_TAIL};
    return (caus_edge){CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE};
}
