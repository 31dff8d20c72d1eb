/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/discovery_internal.h"

/* The same assumption seen from the other end of a lag-0 link. */
static caus_assumption reversed(caus_assumption assumption)
{
    switch (assumption) {
    case CAUS_ASSUME_LINK:
        return CAUS_ASSUME_LINK_BACK;
    case CAUS_ASSUME_LINK_BACK:
        return CAUS_ASSUME_LINK;
    case CAUS_ASSUME_NOT_BACK:
        return CAUS_ASSUME_ONLY_BACK;
    case CAUS_ASSUME_ONLY_BACK:
        return CAUS_ASSUME_NOT_BACK;
    default:
        return assumption;
    }
}

static caus_status check_lagged(const caus_question *question,
                                const unsigned char *given, caus_error *err)
{
    size_t lags = question->options->max_lag + 1;
    for (size_t cell = 0; cell < question->cell_count; cell++) {
        size_t lag = cell % lags, pair = cell / lags;
        size_t source = pair / question->variable_count;
        size_t target = pair % question->variable_count;
        if (given[cell] > CAUS_ASSUME_ONLY_BACK)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the assumption about variable %zu at lag %zu to "
                             "variable %zu is %d, which means nothing",
                             source, lag, target, given[cell]);
        if (lag > 0 && given[cell] > CAUS_ASSUME_LINK &&
            given[cell] != CAUS_ASSUME_ONLY_BACK)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the assumption about variable %zu at lag %zu to "
                             "variable %zu: the past cannot be an effect; say "
                             "link, absent or unknown",
                             source, lag, target);
    }
    return CAUS_OK;
}

static caus_status complete_pair(const caus_question *question, size_t i,
                                 size_t j, unsigned char *cells,
                                 caus_error *err)
{
    unsigned char *forward = &cells[caus_cell(question, i, j, 0)];
    unsigned char *back = &cells[caus_cell(question, j, i, 0)];
    if (*back == CAUS_ASSUME_UNKNOWN)
        *back = (unsigned char)reversed((caus_assumption)*forward);
    if (*forward == CAUS_ASSUME_UNKNOWN)
        *forward = (unsigned char)reversed((caus_assumption)*back);
    if (*forward != (unsigned char)reversed((caus_assumption)*back))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the assumptions about variables %zu and %zu at lag 0 "
                         "contradict each other: give one direction only, or "
                         "the same from both ends",
                         i, j);
    return CAUS_OK;
}

caus_status caus_assumptions_complete(const caus_question *question,
                                      const unsigned char *given,
                                      caus_arena *arena,
                                      const unsigned char **result,
                                      caus_error *err)
{
    *result = NULL;
    if (!given)
        return CAUS_OK;
    CAUS_TRY(check_lagged(question, given, err));
    unsigned char *cells =
        CAUS_ARRAY(arena, unsigned char, question->cell_count);
    if (!cells)
        return caus_arena_fail(arena, err);
    for (size_t cell = 0; cell < question->cell_count; cell++) {
        bool is_lagged = cell % (question->options->max_lag + 1) > 0;
        bool is_no_cause = given[cell] == CAUS_ASSUME_ONLY_BACK;
        cells[cell] =
            is_lagged && is_no_cause ? CAUS_ASSUME_ABSENT : given[cell];
    }
    for (size_t i = 0; i < question->variable_count; i++) {
        for (size_t j = i + 1; j < question->variable_count; j++)
            CAUS_TRY(complete_pair(question, i, j, cells, err));
        /* a variable is never its own cause at the same time */
        cells[caus_cell(question, i, i, 0)] = CAUS_ASSUME_ABSENT;
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
