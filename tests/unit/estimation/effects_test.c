/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "caus/effects.h"
#include "caus/gram.h"
#include "fault.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { VARIABLES = 3, LAGS = 2, ROWS = 80 };

/* 0 → 1 → 2 at lag 1, every one its own past, 0 → 2 at lag 2: as
 * planted_chain(). */
typedef struct chain {
    planted world;
    caus_series series;
    caus_graph graph;
    caus_run *run;
    caus_effect_question question; /* 0 at lag 2 on 2 */
} chain;

static void add(chain *c, size_t source, size_t target, size_t lag)
{
    caus_graph_set(&c->graph, source, target, lag, CAUS_MARK_TAIL,
                   CAUS_MARK_ARROW);
}

static void open_chain(chain *c, size_t segments)
{
    *c = (chain){.world = planted_chain(5, segments, ROWS, VARIABLES),
                 .run = planted_run(1)};
    c->series = c->world.series;
    c->series.segments = c->world.segments;
    assert_int_equal(
        caus_graph_init(&c->graph, VARIABLES, LAGS, c->world.arena, NULL),
        CAUS_OK);
    for (size_t v = 0; v < VARIABLES; v++)
        add(c, v, v, 1);
    add(c, 0, 1, 1);
    add(c, 1, 2, 1);
    add(c, 0, 2, 2);
    c->question = (caus_effect_question){&c->graph, {0, 2}, 2};
}

static void close_chain(chain *c)
{
    planted_free(&c->world);
    caus_run_free(c->run);
}

static caus_linear_effect effect_of(chain *c)
{
    caus_linear_effect found;
    caus_error err = {0};
    if (caus_effect_linear(&c->series, &c->question, c->run, c->world.arena,
                           &found, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return found;
}

/* Effect, adjustment and mediation all refuse with these words. */
static void refuses(chain *c, caus_status status, const char *words)
{
    caus_linear_effect effect = {.total = 7};
    caus_error err = {0};
    size_t before = caus_arena_used_bytes(c->world.arena);
    assert_int_equal(caus_effect_linear(&c->series, &c->question, c->run,
                                        c->world.arena, &effect, &err),
                     status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_true(effect.total > 6);
    assert_int_equal(caus_arena_used_bytes(c->world.arena), before);
}

static void mediation_refuses(chain *c, caus_status status, const char *words)
{
    caus_mediation found = {.graph = NULL};
    caus_error err = {0};
    size_t before = caus_arena_used_bytes(c->world.arena);
    assert_int_equal(caus_mediation_linear(&c->series, &c->graph, c->run,
                                           c->world.arena, &found, &err),
                     status);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_null(found.graph);
    assert_int_equal(caus_arena_used_bytes(c->world.arena), before);
}

static void what_is_no_cause_has_no_effect(void **unused)
{
    (void)unused;
    chain c;
    open_chain(&c, 1);
    c.question = (caus_effect_question){&c.graph, {2, 1}, 0};
    caus_linear_effect found = effect_of(&c);
    assert_true(found.total <= 0 && found.total >= 0);
    assert_true(found.by_paths <= 0 && found.by_paths >= 0);
    assert_int_equal(found.row_count, 0);
    assert_int_equal(found.adjustment.set_count, 0);
    close_chain(&c);
}

static void rows_before_the_window_and_unknown_ones_do_not_count(void **unused)
{
    (void)unused;
    chain c;
    open_chain(&c, 2);
    assert_int_equal(effect_of(&c).row_count, 2 * (ROWS - 4));
    planted_miss(&c.world, 1, ROWS - 1, 2); /* the outcome of one row */
    assert_int_equal(effect_of(&c).row_count, 2 * (ROWS - 4) - 1);
    planted_miss(&c.world, 0, 0, 1); /* before what any row looks at */
    assert_int_equal(effect_of(&c).row_count, 2 * (ROWS - 4) - 1);
    close_chain(&c);
}

static void units_scale_effects_and_not_mediation(void **unused)
{
    (void)unused;
    chain c;
    caus_mediation before, after;
    open_chain(&c, 1);
    double total = effect_of(&c).total, by_paths = effect_of(&c).by_paths;
    assert_int_equal(caus_mediation_linear(&c.series, &c.graph, c.run,
                                           c.world.arena, &before, NULL),
                     CAUS_OK);
    for (size_t r = 0; r < ROWS; r++)
        c.world.values[0][r * VARIABLES] =
            c.world.values[0][r * VARIABLES] * 4 + 1e3;
    caus_linear_effect found = effect_of(&c);
    assert_true(fabs(4 * found.total - total) < 1e-12);
    assert_true(fabs(4 * found.by_paths - by_paths) < 1e-12);
    assert_int_equal(caus_mediation_linear(&c.series, &c.graph, c.run,
                                           c.world.arena, &after, NULL),
                     CAUS_OK);
    for (size_t k = 0; k < (size_t)VARIABLES * VARIABLES * (LAGS + 1); k++)
        assert_true(fabs(before.total[k] - after.total[k]) < 1e-11);
    close_chain(&c);
}

static void wrong_graphs_and_questions_are_named(void **unused)
{
    (void)unused;
    chain c;
    open_chain(&c, 1);
    c.question.outcome = 3;
    refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "outcome is variable 3");
    c.question = (caus_effect_question){&c.graph, {0, 0}, 0};
    refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "both variable 0 at lag 0");
    c.question = (caus_effect_question){&c.graph, {0, SIZE_MAX}, 1};
    refuses(&c, CAUS_ERR_LIMIT, "smaller");
    c.question = (caus_effect_question){&c.graph, {0, 1}, 1};
    caus_graph_set(&c.graph, 2, 0, 1, CAUS_MARK_CIRCLE, CAUS_MARK_ARROW);
    refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "2 and 0 are joined by o-> at lag");
    mediation_refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "joined by o->");
    caus_graph_set(&c.graph, 2, 0, 1, CAUS_MARK_NONE, CAUS_MARK_NONE);
    add(&c, 0, 1, 0);
    add(&c, 1, 2, 0);
    add(&c, 2, 0, 0);
    refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "cycle");
    mediation_refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "cycle");
    close_chain(&c);
}

static void data_that_tell_nothing_are_named(void **unused)
{
    (void)unused;
    chain c;
    open_chain(&c, 1);
    for (size_t r = 0; r < ROWS; r++)
        c.world.values[0][r * VARIABLES] = 3;
    refuses(&c, CAUS_ERR_INVALID_DATA, "constant or determined");
    mediation_refuses(&c, CAUS_ERR_INVALID_DATA, "constant or determined");
    c.series.variable_count = 2;
    refuses(&c, CAUS_ERR_INVALID_ARGUMENT, "2 variables and the graph 3");
    c.series.variable_count = VARIABLES;
    c.world.segments[0].row_count = 8;
    refuses(&c, CAUS_ERR_TOO_FEW_SAMPLES, "rows cannot tell");
    close_chain(&c);
}

static void a_gram_has_no_rows(void **unused)
{
    (void)unused;
    chain c;
    caus_gram gram = {0};
    open_chain(&c, 1);
    c.series.gram = &gram;
    refuses(&c, CAUS_ERR_UNSUPPORTED, "gram");
    mediation_refuses(&c, CAUS_ERR_UNSUPPORTED, "gram");
    close_chain(&c);
}

static void out_of_memory_is_an_error(void **unused)
{
    (void)unused;
    chain c;
    open_chain(&c, 1);
    bool failed = true;
    for (long allowed = 0; failed; allowed++) {
        caus_run *run = planted_run(1); /* with no scratch memory yet */
        caus_arena *out = caus_arena_new(0);
        caus_linear_effect effect;
        caus_mediation mediation;
        const bool without[VARIABLES] = {true};
        const double *less;
        fault_fail_after(allowed);
        caus_status status =
            caus_effect_linear(&c.series, &c.question, run, out, &effect, NULL);
        if (status == CAUS_OK)
            status = caus_mediation_linear(&c.series, &c.graph, run, out,
                                           &mediation, NULL);
        if (status == CAUS_OK)
            status =
                caus_mediation_without(&mediation, without, out, &less, NULL);
        failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(out);
        caus_run_free(run);
    }
    close_chain(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_cause_has_no_effect),
        cmocka_unit_test(rows_before_the_window_and_unknown_ones_do_not_count),
        cmocka_unit_test(units_scale_effects_and_not_mediation),
        cmocka_unit_test(wrong_graphs_and_questions_are_named),
        cmocka_unit_test(data_that_tell_nothing_are_named),
        cmocka_unit_test(a_gram_has_no_rows),
        cmocka_unit_test(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
