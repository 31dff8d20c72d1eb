/* SPDX-License-Identifier: Apache-2.0 */
#include "cmiknn_ask.h"

#include "test.h"

caus_test_options cmiknn_options(caus_test test)
{
    caus_test_options options = caus_test_options_default();
    options.test = test;
    return options;
}

cmiknn_asker cmiknn_asker_new(const caus_series *series, size_t longest_lag,
                              const caus_test_options *options, uint64_t seed,
                              const double *weights)
{
    cmiknn_asker asker = {.arena = caus_arena_new(0)};
    caus_run_options run = caus_run_options_default();
    caus_sample_options sampling = {.longest_lag = longest_lag};
    caus_error err;
    run.threads = 1;
    run.seed = seed;
    assert_non_null(asker.arena);
    assert_int_equal(caus_run_new(&run, &asker.run, &err), CAUS_OK);
    caus_sample *sample = caus_arena_array(asker.arena, 1, sizeof *sample);
    assert_non_null(sample);
    if (caus_sample_init(series, &sampling, asker.run, asker.arena, sample,
                         &err) != CAUS_OK ||
        caus_cmiknn_init(options, sample, weights, asker.run, asker.arena,
                         &asker.test, &err) != CAUS_OK ||
        asker.test.start(asker.test.state, asker.arena, &asker.work, &err) !=
            CAUS_OK)
        fail_msg("%s", err.message);
    asker.sample = *sample;
    return asker;
}

void cmiknn_asker_free(cmiknn_asker *asker)
{
    caus_run_free(asker->run);
    caus_arena_free(asker->arena);
}

caus_ci_result cmiknn_ask(cmiknn_asker *asker, const cmiknn_question *question)
{
    caus_node nodes[6];
    const caus_sample *sample = &asker->sample;
    for (size_t i = 0; i < question->given_count; i++)
        nodes[i] = caus_node_of(sample, question->given[i].variable,
                                question->given[i].lag);
    caus_ci_source source = {
        .node = caus_node_of(sample, question->source.variable,
                             question->source.lag),
        .extra = nodes + question->shared,
        .extra_count = question->given_count - question->shared};
    caus_node target =
        caus_node_of(sample, question->target.variable, question->target.lag);
    caus_ci_result result = {0};
    caus_error err;
    if (asker->test.condition(asker->work, target, nodes, question->shared,
                              &err) != CAUS_OK ||
        asker->test.test(asker->work, &source, &result, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return result;
}
