/* SPDX-License-Identifier: Apache-2.0 */
#include "caus/single_test.h"

#include <math.h>
#include <stdlib.h>

#include "independence/independence.h"

struct caus_ci_tester {
    caus_arena *arena;
    caus_sample sample;
    caus_independence test, placed;
    caus_ci_work *work;
    caus_ci_work *placed_work; /* NULL = the test's own interval() says all */
    double level;
    caus_node *nodes; /* [node_capacity] */
    size_t node_capacity;
};

caus_ci_options caus_ci_options_default(void)
{
    return (caus_ci_options){.test = caus_test_options_default(), .level = .95};
}

static caus_status check_options(const caus_series *series,
                                 const caus_ci_options *options,
                                 caus_error *err)
{
    if (!series->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no variables to test");
    if ((unsigned)options->test.test >= CAUS_TEST_COUNT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there is no test number %d: the last is %d",
                         (int)options->test.test, CAUS_TEST_COUNT - 1);
    if (!(options->level > 0 && options->level < 1))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the level of the interval is %g: give a number above "
                         "0 and below 1",
                         options->level);
    return CAUS_OK;
}

static caus_status prepare(caus_ci_tester *tester, const caus_series *series,
                           const caus_ci_options *options, const caus_run *run,
                           caus_error *err)
{
    caus_sample_options sampling = {
        .longest_lag = options->longest_lag,
        .leave_out = {options->mask_roles & CAUS_MASK_SOURCE,
                      options->mask_roles & CAUS_MASK_TARGET,
                      options->mask_roles & CAUS_MASK_CONDITIONS},
        .drop_up_to_longest = options->drop_up_to_longest,
    };
    CAUS_TRY(caus_sample_init(series, &sampling, run, tester->arena,
                              &tester->sample, err));
    CAUS_TRY(caus_independence_init(&options->test, &tester->sample, NULL,
                                    caus_run_threads(run), run, tester->arena,
                                    &tester->test, err));
    const caus_independence *test = &tester->test;
    CAUS_TRY(test->start(test->state, tester->arena, &tester->work, err));
    if (!test->place)
        return CAUS_OK;
    CAUS_TRY(test->place(test->place_state, options->level, tester->arena,
                         &tester->placed, err));
    return tester->placed.start(tester->placed.state, tester->arena,
                                &tester->placed_work, err);
}

caus_status caus_ci_tester_new(const caus_series *series,
                               const caus_ci_options *options,
                               const caus_run *run, caus_ci_tester **result,
                               caus_error *err)
{
    caus_ci_options defaults = caus_ci_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(check_options(series, options, err));
    caus_arena *arena = caus_arena_new(caus_run_memory_limit_bytes(run));
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory is left to prepare a test");
    caus_ci_tester *tester = CAUS_ARRAY(arena, caus_ci_tester, 1);
    caus_status status;
    if (tester) {
        *tester = (caus_ci_tester){.arena = arena, .level = options->level};
        status = prepare(tester, series, options, run, err);
    } else {
        status = caus_arena_fail(arena, err);
    }
    if (status == CAUS_OK)
        *result = tester;
    else
        caus_arena_free(arena);
    return status;
}

void caus_ci_tester_free(caus_ci_tester *tester)
{
    if (tester)
        caus_arena_free(tester->arena);
}

static caus_status find_node(const caus_ci_tester *tester, const char *part,
                             caus_lagged asked, caus_node *node,
                             caus_error *err)
{
    const caus_sample *sample = &tester->sample;
    if (asked.variable >= sample->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s is variable %zu, but the last one is %zu",
                         part, asked.variable, sample->variable_count - 1);
    if (asked.lag > sample->longest_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "the %s has lag %zu, but the test was prepared for "
                         "lags up to %zu: raise longest_lag",
                         part, asked.lag, sample->longest_lag);
    *node = caus_node_of(sample, asked.variable, asked.lag);
    return CAUS_OK;
}

/* The nodes of a question: conditions, source, target. */
static caus_status find_nodes(caus_ci_tester *tester,
                              const caus_ci_question *question, caus_error *err)
{
    size_t count = question->condition_count;
    if (count + 2 > tester->node_capacity) {
        size_t capacity = 2 * (count + 2);
        caus_node *nodes = CAUS_ARRAY(tester->arena, caus_node, capacity);
        if (!nodes)
            return caus_arena_fail(tester->arena, err);
        tester->nodes = nodes;
        tester->node_capacity = capacity;
    }
    caus_node *nodes = tester->nodes;
    for (size_t k = 0; k < count; k++)
        CAUS_TRY(find_node(tester, "condition", question->conditions[k],
                           &nodes[k], err));
    CAUS_TRY(find_node(tester, "source", question->source, &nodes[count], err));
    CAUS_TRY(
        find_node(tester, "target", question->target, &nodes[count + 1], err));
    if (nodes[count] == nodes[count + 1])
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "source and target are both variable %zu at lag %zu",
                         question->source.variable, question->source.lag);
    return CAUS_OK;
}

static caus_ci_answer answer_of(const caus_ci_tester *tester,
                                const caus_ci_result *found)
{
    const caus_independence *test = &tester->test;
    return (caus_ci_answer){.statistic = found->statistic,
                            .df = test->degrees && !found->undetermined
                                      ? test->degrees(found->df)
                                      : found->df,
                            .p_value = caus_ci_p_value(test, found),
                            .lower = (double)NAN,
                            .upper = (double)NAN,
                            .undetermined = found->undetermined};
}

/* The question whose nodes are listed, asked of a test. */
static caus_status ask(const caus_ci_tester *tester,
                       const caus_independence *test, caus_ci_work *work,
                       size_t count, caus_ci_result *found, caus_error *err)
{
    caus_ci_source source = {.node = tester->nodes[count]};
    CAUS_TRY(test->condition(work, tester->nodes[count + 1], tester->nodes,
                             count, err));
    return test->test(work, &source, found, err);
}

static caus_status give_interval(const caus_ci_tester *tester, size_t count,
                                 const caus_ci_result *found,
                                 caus_ci_answer *answer, caus_error *err)
{
    const caus_independence *test = &tester->test;
    caus_ci_result placed = {.undetermined = true};
    if (tester->placed_work)
        CAUS_TRY(ask(tester, &tester->placed, tester->placed_work, count,
                     &placed, err));
    caus_ends ends =
        placed.undetermined
            ? test->interval(test, found->statistic, found->df,
                             test->critical(1 - tester->level, found->df))
            : placed.ends;
    answer->lower = ends.lower;
    answer->upper = ends.upper;
    return CAUS_OK;
}

caus_status caus_ci_tester_ask(caus_ci_tester *tester,
                               const caus_ci_question *question,
                               caus_ci_answer *result, caus_error *err)
{
    size_t count = question->condition_count;
    caus_ci_result found;
    CAUS_TRY(find_nodes(tester, question, err));
    CAUS_TRY(ask(tester, &tester->test, tester->work, count, &found, err));
    caus_ci_answer answer = answer_of(tester, &found);
    if (tester->test.interval && !found.undetermined)
        CAUS_TRY(give_interval(tester, count, &found, &answer, err));
    *result = answer;
    return CAUS_OK;
}

caus_status caus_ci_test(const caus_series *series,
                         const caus_ci_options *options,
                         const caus_ci_question *question, const caus_run *run,
                         caus_ci_answer *result, caus_error *err)
{
    caus_ci_tester *tester;
    CAUS_TRY(caus_ci_tester_new(series, options, run, &tester, err));
    caus_status status = caus_ci_tester_ask(tester, question, result, err);
    caus_ci_tester_free(tester);
    return status;
}
