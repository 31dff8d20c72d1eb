/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the order before it is sought. */
#include <string.h>

#include "discovery/lingam_internal.h"

caus_status caus_lingam_know(const caus_lag_prior *prior,
                             const caus_lag_table *table, caus_arena *arena,
                             const caus_lingam_known **result, caus_error *err)
{
    size_t nodes = table->variable_count, words = caus_bit_words(nodes);
    *result = NULL;
    if (!prior->cells)
        return CAUS_OK;
    caus_lingam_known *made = CAUS_ARRAY(arena, caus_lingam_known, 1);
    uint64_t *rows = CAUS_ARRAY(arena, uint64_t, 2 * nodes * words);
    uint64_t *scratch = CAUS_ARRAY(arena, uint64_t, 3 * words);
    if (!made || !rows || !scratch)
        return caus_arena_fail(arena, err);
    *made = (caus_lingam_known){words, rows, rows + nodes * words, scratch};
    for (size_t v = 0; v < nodes; v++)
        for (size_t u = 0; u < nodes; u++) {
            size_t source = table->order[u], target = table->order[v];
            if (u != v && caus_lag_prior_allows(prior, source, target, 0))
                caus_bit_set(made->allowed + v * words, u);
            if (caus_lag_prior_requires(prior, source, target, 0))
                caus_bit_set(made->required + v * words, u);
        }
    *result = made;
    return CAUS_OK;
}

static bool meets(const uint64_t *row, const uint64_t *left, size_t words)
{
    for (size_t w = 0; w < words; w++)
        if (row[w] & left[w])
            return true;
    return false;
}

/* Candidates are those that nothing left can cause. */
static size_t find_sources(const caus_lingam_known *known, const size_t *left,
                           size_t left_count, const uint64_t *is_left,
                           bool *is_candidate)
{
    size_t count = 0;
    for (size_t k = 0; k < left_count; k++) {
        const uint64_t *row = known->allowed + left[k] * known->words;
        is_candidate[left[k]] = !meets(row, is_left, known->words);
        count += is_candidate[left[k]];
    }
    return count;
}

/* Otherwise those that nothing left must cause and that can cause something
 * left. */
static size_t drop_effects(const caus_lingam_known *known, const size_t *left,
                           size_t left_count, const uint64_t *is_left,
                           bool *is_candidate)
{
    size_t count = 0, words = known->words;
    uint64_t *causes = known->scratch + words;
    memset(causes, 0, words * sizeof *causes);
    for (size_t k = 0; k < left_count; k++)
        for (size_t w = 0; w < words; w++)
            causes[w] |= known->allowed[left[k] * words + w];
    for (size_t k = 0; k < left_count; k++) {
        size_t v = left[k];
        is_candidate[v] = caus_bit_get(causes, v) &&
                          !meets(known->required + v * words, is_left, words);
        count += is_candidate[v];
    }
    return count;
}

/* What the candidates reach, as bits. */
static void reach(const caus_lingam_known *known, const size_t *left,
                  size_t left_count, const bool *is_candidate,
                  uint64_t *reached)
{
    memset(reached, 0, known->words * sizeof *reached);
    for (size_t k = 0; k < left_count; k++)
        if (is_candidate[left[k]])
            caus_bit_set(reached, left[k]);
    for (bool grows = true; grows;) {
        grows = false;
        for (size_t k = 0; k < left_count; k++) {
            size_t v = left[k];
            if (caus_bit_get(reached, v) ||
                !meets(known->allowed + v * known->words, reached,
                       known->words))
                continue;
            caus_bit_set(reached, v);
            grows = true;
        }
    }
}

size_t caus_lingam_candidates(const caus_lingam_known *known,
                              const size_t *left, size_t left_count,
                              bool *is_candidate, bool *stays)
{
    for (size_t k = 0; k < left_count; k++) {
        is_candidate[left[k]] = true;
        stays[left[k]] = false;
    }
    if (!known)
        return left_count;
    uint64_t *is_left = known->scratch;
    uint64_t *reached = known->scratch + 2 * known->words;
    memset(is_left, 0, known->words * sizeof *is_left);
    for (size_t k = 0; k < left_count; k++)
        caus_bit_set(is_left, left[k]);
    size_t count = find_sources(known, left, left_count, is_left, is_candidate);
    if (!count)
        count = drop_effects(known, left, left_count, is_left, is_candidate);
    reach(known, left, left_count, is_candidate, reached);
    for (size_t k = 0; k < left_count; k++)
        stays[left[k]] = !caus_bit_get(reached, left[k]);
    return count;
}
