/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that LPCMCI makes, each once, and the sets that separate. */
#include <math.h>
#include <string.h>

#include "discovery/lpcmci_internal.h"

enum { FIRST_CAPACITY = 1024, FIRST_SETS = 4 };

static caus_status grow_memo(caus_lp *lp, caus_error *err);

caus_status caus_lp_tests_init(caus_lp *lp, caus_error *err)
{
    return grow_memo(lp, err);
}

/* Where an answer is, or is to be put. */
static size_t place_of(const caus_lp *lp, const caus_lp_memo *memo,
                       uint32_t source, uint32_t target, const uint64_t *given)
{
    uint64_t hash = ((uint64_t)source << 32 | target) * 0x9e3779b97f4a7c15u;
    for (size_t w = 0; w < lp->words; w++) {
        hash = (hash ^ given[w]) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    size_t mask = memo->capacity - 1, place = (size_t)hash & mask;
    for (;; place = (place + 1) & mask) {
        const caus_lp_answer *answer = &memo->answers[place];
        if (answer->source == answer->target)
            return place;
        if (answer->source == source && answer->target == target &&
            !memcmp(memo->given + place * lp->words, given,
                    lp->words * sizeof *given))
            return place;
    }
}

static void put(const caus_lp *lp, caus_lp_memo *memo, size_t place,
                const caus_lp_answer *answer, const uint64_t *given)
{
    memo->answers[place] = *answer;
    memcpy(memo->given + place * lp->words, given, lp->words * sizeof *given);
    memo->count++;
}

static caus_status grow_memo(caus_lp *lp, caus_error *err)
{
    const caus_lp_memo *old = &lp->memo;
    caus_lp_memo grown = {.capacity = old->capacity ? 4 * old->capacity
                                                    : (size_t)FIRST_CAPACITY};
    grown.answers = CAUS_ARRAY(lp->arena, caus_lp_answer, grown.capacity);
    grown.given = CAUS_ARRAY(lp->arena, uint64_t, grown.capacity * lp->words);
    if (!grown.answers || !grown.given)
        return caus_arena_fail(lp->arena, err);
    for (size_t k = 0; k < old->capacity; k++) {
        const caus_lp_answer *answer = &old->answers[k];
        const uint64_t *given = old->given + k * lp->words;
        if (answer->source != answer->target)
            put(lp, &grown,
                place_of(lp, &grown, answer->source, answer->target, given),
                answer, given);
    }
    lp->memo = grown;
    return CAUS_OK;
}

static caus_node node_of(const caus_lp *lp, size_t node)
{
    return caus_node_of(lp->test->sample, lp->column[lp->variable_of[node]],
                        caus_lp_lag(lp, node));
}

static caus_status make_test(caus_lp *lp, size_t source, size_t target,
                             const uint64_t *given, caus_ci_result *result,
                             caus_error *err)
{
    size_t count = 0;
    caus_status status = caus_run_check(lp->run, err);
    if (status == CAUS_OK && lp->options->max_tests &&
        lp->test_count >= lp->options->max_tests)
        status = CAUS_ERR_TIME_LIMIT;
    if (status != CAUS_OK)
        return status;
    for (size_t node = caus_bit_next(given, lp->words, 0);
         node < lp->node_count;
         node = caus_bit_next(given, lp->words, node + 1))
        lp->given_nodes[count++] = node_of(lp, node);
    lp->test_count++;
    CAUS_TRY(lp->test->condition(lp->work, node_of(lp, target), lp->given_nodes,
                                 count, err));
    caus_ci_source tested = {.node = node_of(lp, source)};
    return lp->test->test(lp->work, &tested, result, err);
}

static caus_status answer_of(caus_lp *lp, size_t source, size_t target,
                             const uint64_t *given, caus_ci_result *result,
                             caus_error *err)
{
    size_t place =
        place_of(lp, &lp->memo, (uint32_t)source, (uint32_t)target, given);
    caus_lp_answer *known = &lp->memo.answers[place];
    if (known->source != known->target) {
        *result = known->result;
        return CAUS_OK;
    }
    CAUS_TRY(make_test(lp, source, target, given, result, err));
    caus_lp_answer answer = {(uint32_t)source, (uint32_t)target, *result};
    put(lp, &lp->memo, place, &answer, given);
    return 2 * lp->memo.count > lp->memo.capacity ? grow_memo(lp, err)
                                                  : CAUS_OK;
}

static void note(caus_lp *lp, size_t cell, const caus_ci_result *result)
{
    double df = result->undetermined ? 0 : result->df;
    if (lp->df[cell] < 0 || caus_is_weaker(lp->test, result->statistic, df,
                                           lp->statistic[cell], lp->df[cell])) {
        lp->statistic[cell] = result->statistic;
        lp->df[cell] = df;
    }
    lp->least[cell] = fmin(lp->least[cell], fabs(result->statistic));
}

caus_status caus_lp_ask_for(caus_lp *lp, size_t a, size_t b,
                            const uint64_t *given, caus_ci_result *result,
                            bool *dependent, caus_error *err)
{
    size_t source = a > b ? a : b, target = a > b ? b : a;
    if (source < lp->variable_count) { /* at lag 0 the smaller comes first */
        source = a < b ? a : b;
        target = a < b ? b : a;
    }
    CAUS_TRY(answer_of(lp, source, target, given, result, err));
    *dependent = caus_is_dependent(&lp->decider, result);
    note(lp, caus_lp_cell(lp, source, target), result);
    if (source < lp->variable_count)
        note(lp, caus_lp_cell(lp, target, source), result);
    return CAUS_OK;
}

caus_status caus_lp_ask(caus_lp *lp, size_t a, size_t b, const uint64_t *given,
                        bool *dependent, caus_error *err)
{
    caus_ci_result result;
    return caus_lp_ask_for(lp, a, b, given, &result, dependent, err);
}

caus_status caus_lp_add_set(caus_lp *lp, caus_lp_sets *sets,
                            const uint64_t *bits, caus_error *err)
{
    for (size_t k = 0; k < sets->count; k++)
        if (!memcmp(sets->bits + k * lp->words, bits, lp->words * sizeof *bits))
            return CAUS_OK;
    if (sets->count == sets->capacity) {
        size_t capacity =
            sets->capacity ? 2 * sets->capacity : (size_t)FIRST_SETS;
        uint64_t *grown = CAUS_ARRAY(lp->arena, uint64_t, capacity * lp->words);
        if (!grown)
            return caus_arena_fail(lp->arena, err);
        if (sets->count)
            memcpy(grown, sets->bits, sets->count * lp->words * sizeof *grown);
        sets->bits = grown;
        sets->capacity = capacity;
    }
    memcpy(sets->bits + sets->count * lp->words, bits,
           lp->words * sizeof *bits);
    sets->count++;
    return CAUS_OK;
}

void caus_lp_forget_sets(caus_lp *lp)
{
    for (size_t cell = 0; cell < lp->cell_count; cell++)
        lp->sets[cell].count = 0;
}

caus_lp_sets *caus_lp_sets_of(const caus_lp *lp, size_t a, size_t b)
{
    return &lp->sets[caus_lp_cell(lp, a < b ? a : b, a < b ? b : a)];
}
