/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery/lag_prior.h"

#include <string.h>

#include "discovery/static_internal.h"

static caus_status check_lagged(const caus_series *series, size_t lags,
                                const unsigned char *given, caus_error *err)
{
    size_t nodes = series->variable_count;
    for (size_t cell = 0; cell < nodes * nodes * lags; cell++) {
        size_t source = cell / lags / nodes, target = cell / lags % nodes;
        if (given[cell] > CAUS_ASSUME_ONLY_BACK)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the assumption about variable %zu at lag %zu to "
                             "variable %zu is %d, which means nothing",
                             source, cell % lags, target, given[cell]);
        if (cell % lags > 0 && given[cell] > CAUS_ASSUME_LINK &&
            given[cell] != CAUS_ASSUME_ONLY_BACK)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "the assumption about variable %zu at lag %zu to "
                             "variable %zu: the past cannot be an effect; say "
                             "link, absent, no cause or unknown",
                             source, cell % lags, target);
    }
    return CAUS_OK;
}

/* Row (lag, v): what required links make a cause of v so many steps later. */
static void find_required_causes(const caus_lag_prior *prior, uint64_t *causes)
{
    size_t nodes = prior->variable_count, words = caus_bit_words(nodes);
    for (size_t v = 0; v < nodes; v++)
        caus_bit_set(causes + v * words, v);
    for (size_t lag = 0; lag < prior->lags; lag++)
        for (bool grew = true; grew;) {
            grew = false;
            for (size_t k = 0; k < nodes * nodes * (lag + 1); k++) {
                size_t m = k % nodes, v = k / nodes % nodes;
                size_t step = k / nodes / nodes;
                if (!caus_lag_prior_requires(prior, m, v, step))
                    continue;
                uint64_t *to = causes + (lag * nodes + v) * words;
                const uint64_t *from =
                    causes + ((lag - step) * nodes + m) * words;
                for (size_t w = 0; w < words; w++) {
                    grew = grew || (from[w] & ~to[w]);
                    to[w] |= from[w];
                }
            }
        }
}

static const char *name_of(const caus_series *series, size_t variable)
{
    return series->variables ? series->variables[variable].name : "a variable";
}

/* With hidden causes "no cause" speaks of mediators, too. */
static caus_status check_mediated(const caus_series *series,
                                  const caus_lag_prior *prior,
                                  caus_arena *arena, caus_error *err)
{
    size_t nodes = prior->variable_count, words = caus_bit_words(nodes);
    caus_arena_mark mark = caus_arena_get_mark(arena);
    uint64_t *causes = CAUS_ARRAY(arena, uint64_t, prior->lags * nodes * words);
    if (!causes)
        return caus_arena_fail(arena, err);
    find_required_causes(prior, causes);
    for (size_t k = nodes * nodes; k < prior->lags * nodes * nodes; k++) {
        size_t u = k % nodes, v = k / nodes % nodes, lag = k / nodes / nodes;
        if (!caus_bit_get(causes + (lag * nodes + v) * words, u) ||
            caus_lag_prior_get(prior, u, v, lag) != CAUS_ASSUME_ONLY_BACK)
            continue;
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "%s is said to be no cause of %s, but required links "
                         "lead from it there in %zu steps, and where hidden "
                         "causes are possible a cause by others is one: take "
                         "one of them away",
                         name_of(series, u), name_of(series, v), lag);
    }
    caus_arena_rewind(arena, mark);
    return CAUS_OK;
}

caus_status caus_lag_prior_read(const caus_series *series, size_t max_lag,
                                const unsigned char *given, bool latent,
                                caus_arena *arena, caus_lag_prior *result,
                                caus_error *err)
{
    size_t nodes = series->variable_count, lags = max_lag + 1;
    *result = (caus_lag_prior){.variable_count = nodes, .lags = lags};
    if (!given)
        return CAUS_OK;
    CAUS_TRY(check_lagged(series, lags, given, err));
    unsigned char *cells = CAUS_ARRAY(arena, unsigned char, nodes *nodes *lags);
    unsigned char *now = CAUS_ARRAY(arena, unsigned char, nodes *nodes);
    if (!cells || !now)
        return caus_arena_fail(arena, err);
    for (size_t pair = 0; pair < nodes * nodes; pair++)
        now[pair] = given[pair * lags];
    const caus_prior *prior;
    caus_engine names = {.node_count = nodes, .variables = series->variables};
    CAUS_TRY(caus_prior_read(&names, now, latent, arena, &prior, err));
    memcpy(cells, given, nodes * nodes * lags);
    for (size_t pair = 0; pair < nodes * nodes; pair++)
        cells[pair * lags] = prior->cells[pair];
    result->cells = cells;
    return latent ? check_mediated(series, result, arena, err) : CAUS_OK;
}

size_t caus_lag_prior_longest(const caus_lag_prior *prior)
{
    size_t pairs = prior->variable_count * prior->variable_count, longest = 0;
    for (size_t k = 0; prior->cells && k < pairs * prior->lags; k++)
        if (prior->cells[k] == CAUS_ASSUME_LINK && k % prior->lags > longest)
            longest = k % prior->lags;
    return longest;
}

caus_status caus_lag_prior_check_ends(const caus_lag_prior *prior,
                                      const caus_series *series,
                                      const char *method, caus_error *err)
{
    size_t nodes = prior->variable_count;
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (caus_lag_prior_get(prior, a, b, 0) == CAUS_ASSUME_ADJACENT)
                return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                                 "%s and %s are to be linked one way or the "
                                 "other, which %s cannot keep: say which way",
                                 series->variables[a].name,
                                 series->variables[b].name, method);
    return CAUS_OK;
}
