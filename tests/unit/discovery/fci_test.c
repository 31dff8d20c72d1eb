/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/fci.h"
#include "caus/structure.h"
#include "fault.h"
#include "given.h"
#include "oracle/structure/sem.h"
#include "test.h"

static sem world_of(size_t nodes, size_t rows, caus_arena *arena)
{
    sem world;
    sem_options options = {nodes, 3, 3, rows, false};
    assert_int_equal(sem_make(&options, arena, &world, NULL), CAUS_OK);
    return world;
}

static caus_series series_of(const char *const *names, const double *values,
                             size_t rows, size_t columns, caus_arena *arena)
{
    caus_series series;
    assert_int_equal(caus_series_from_values(names, columns, values, rows, 0,
                                             arena, &series, NULL),
                     CAUS_OK);
    return series;
}

static caus_discovery learn(const double *values, size_t rows, size_t columns,
                            const caus_fci_options *options, caus_arena *arena)
{
    caus_discovery found;
    caus_series series = series_of(NULL, values, rows, columns, arena);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    assert_int_equal(
        caus_discover_fci(&series, options, run, arena, &found, NULL), CAUS_OK);
    caus_run_free(run);
    return found;
}

static const char *edge(const caus_discovery *found, size_t a, size_t b)
{
    return caus_edge_text(caus_graph_get(&found->graph, a, b, 0));
}

/* x0 → x1 ← hidden → x2 ← x3; x4 → x6 ← x5, x6 → x7. */
static void a_hidden_cause_is_told_from_a_cause(void **unused)
{
    (void)unused;
    enum { ROWS = 2000, COLUMNS = 8 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    double *hidden = given_noise(31, ROWS + 77, 1, arena);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + r * COLUMNS;
        x[1] += x[0] + hidden[r + 77];
        x[2] += x[3] + hidden[r + 77];
        x[6] += x[4] + x[5];
        x[7] += x[6];
    }
    for (int fast = 0; fast < 2; fast++) {
        caus_fci_options options = caus_fci_options_default();
        options.fast = fast;
        options.alpha = .001;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        assert_string_equal(edge(&found, 0, 1), "o->");
        assert_string_equal(edge(&found, 1, 2), "<->");
        assert_string_equal(edge(&found, 3, 2), "o->");
        assert_string_equal(edge(&found, 4, 6), "o->");
        assert_string_equal(edge(&found, 5, 6), "o->");
        assert_string_equal(edge(&found, 6, 7), "-->");
        assert_int_equal(caus_graph_edge_count(&found.graph), 6);
        assert_true(found.complete);
        assert_int_equal(found.rows_used, ROWS);
        assert_true(found.p_value[0 * COLUMNS + 1] < 1e-10);
        assert_true(isnan(found.p_value[0 * COLUMNS + 2]));
        const caus_separating_set *set =
            &found.separating_sets[4 * COLUMNS + 7];
        assert_int_equal(set->count, 1);
        assert_int_equal(set->nodes[0].variable, 6);
    }
    caus_arena_free(arena);
}

/* A cycle of four edges that an opposite pair of hidden selections makes: no
 * graph without selection has it. */
static void selection_gives_undirected_edges_when_it_is_asked_for(void **unused)
{
    (void)unused;
    enum { DRAWN = 60000, COLUMNS = 4 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, DRAWN, COLUMNS, arena);
    size_t kept = 0;
    for (size_t r = 0; r < DRAWN; r++) {
        double x[COLUMNS];
        bool near = true;
        memcpy(x, values + r * COLUMNS, sizeof x);
        for (size_t k = 0; k < COLUMNS; k++)
            near = near && fabs(x[k] - x[(k + 1) % COLUMNS]) < .8;
        if (near)
            memcpy(values + kept++ * COLUMNS, x, sizeof x);
    }
    caus_fci_options options = caus_fci_options_default();
    options.alpha = 1e-4;
    caus_discovery plain = learn(values, kept, COLUMNS, &options, arena);
    options.selection = true;
    caus_discovery found = learn(values, kept, COLUMNS, &options, arena);
    assert_int_equal(caus_graph_edge_count(&found.graph), 4);
    for (size_t k = 0; k < COLUMNS; k++) {
        assert_string_equal(edge(&plain, k, (k + 1) % COLUMNS), "o-o");
        assert_string_equal(edge(&found, k, (k + 1) % COLUMNS), "---");
    }
    caus_arena_free(arena);
}

static void constant_and_determined_columns_are_named_not_fatal(void **unused)
{
    (void)unused;
    enum { ROWS = 200, COLUMNS = 7 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r++) {
        double *x = values + r * COLUMNS;
        x[1] += x[0];
        x[2] = 42;
        x[3] = 3 * x[0] - 1;
        x[6] = x[4] + x[5];
    }
    for (int fast = 0; fast < 2; fast++) {
        caus_fci_options options = caus_fci_options_default();
        options.fast = fast;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        for (size_t v = 0; v < COLUMNS; v++)
            if (v != 2)
                assert_string_equal(edge(&found, 2, v), "");
        assert_string_not_equal(edge(&found, 0, 3), "");
        assert_true(found.singular_count >= 2);
        for (size_t cell = 0; cell < COLUMNS * COLUMNS; cell++)
            assert_true(fabs(found.statistic[cell]) <= 1);
    }
    caus_arena_free(arena);
}

/* Few rows contradict themselves: marks asked for and against are shown, and
 * whatever comes out are edges with two marks. */
static void contradictions_of_few_rows_are_shown(void **unused)
{
    (void)unused;
    size_t conflicts = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        caus_arena *arena = caus_arena_new(0);
        caus_run *run = given_run(&(caus_run_options){.threads = 1});
        sem world;
        sem_options data = {12, 4, seed, 60, false};
        assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
        for (int kind = 0; kind < 4; kind++) {
            caus_discovery found;
            caus_fci_options options = caus_fci_options_default();
            options.alpha = .1;
            options.colliders = CAUS_COLLIDERS_NONE;
            options.fast = kind & 1;
            options.selection = kind & 2;
            assert_int_equal(caus_discover_fci(&world.series, &options, run,
                                               arena, &found, NULL),
                             CAUS_OK);
            assert_true(found.complete);
            for (size_t a = 0; a < 12; a++)
                for (size_t b = a + 1; b < 12; b++) {
                    caus_edge e = caus_graph_get(&found.graph, a, b, 0);
                    assert_int_equal(!e.source, !e.target);
                    conflicts += e.source == CAUS_MARK_CONFLICT ||
                                 e.target == CAUS_MARK_CONFLICT;
                }
        }
        caus_run_free(run);
        caus_arena_free(arena);
    }
    assert_true(conflicts > 0);
}

static void more_variables_than_rows_are_searched(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, 12, 30, arena);
    for (int fast = 0; fast < 2; fast++) {
        caus_fci_options options = caus_fci_options_default();
        options.fast = fast;
        options.max_conditions = 3;
        options.alpha = .05;
        caus_discovery found = learn(values, 12, 30, &options, arena);
        assert_true(found.complete);
    }
    caus_arena_free(arena);
}

/* ---- what is known beforehand ---- */

static void an_absent_pair_is_not_tested_and_a_required_one_stays(void **unused)
{
    (void)unused;
    enum { ROWS = 300, COLUMNS = 3 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r++)
        values[r * COLUMNS + 1] += values[r * COLUMNS];
    unsigned char cells[COLUMNS * COLUMNS] = {0};
    cells[0 * COLUMNS + 1] = CAUS_ASSUME_ABSENT;
    cells[2 * COLUMNS + 1] = CAUS_ASSUME_LINK;
    for (int fast = 0; fast < 2; fast++) {
        caus_fci_options options = caus_fci_options_default();
        options.fast = fast;
        options.assumptions = cells;
        options.max_conditions = 0;
        options.colliders = CAUS_COLLIDERS_NONE;
        caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
        assert_string_equal(edge(&found, 0, 1), "");
        assert_string_equal(edge(&found, 2, 1), "-->");
        assert_string_equal(edge(&found, 0, 2), "");
        assert_int_equal(found.test_count, 2);
        assert_true(found.p_value[2 * COLUMNS + 1] > .01);
        assert_true(isnan(found.p_value[1]));
    }
    caus_arena_free(arena);
}

static void what_is_earlier_gets_no_arrow_from_what_is_later(void **unused)
{
    (void)unused;
    enum { ROWS = 400, COLUMNS = 2 };
    caus_arena *arena = caus_arena_new(0);
    double *values = given_noise(31, ROWS, COLUMNS, arena);
    for (size_t r = 0; r < ROWS; r++)
        values[r * COLUMNS + 1] += values[r * COLUMNS];
    unsigned char cells[COLUMNS * COLUMNS] = {0};
    cells[1 * COLUMNS + 0] = CAUS_ASSUME_ONLY_BACK;
    caus_fci_options options = caus_fci_options_default();
    options.assumptions = cells;
    caus_discovery found = learn(values, ROWS, COLUMNS, &options, arena);
    /* a hidden cause may still link the two */
    assert_string_equal(edge(&found, 0, 1), "o->");
    caus_pc_options plain = caus_pc_options_default();
    caus_series series = series_of(NULL, values, ROWS, COLUMNS, arena);
    caus_run *run = given_run(NULL);
    plain.assumptions = cells;
    assert_int_equal(
        caus_discover_pc(&series, &plain, run, arena, &found, NULL), CAUS_OK);
    assert_string_equal(edge(&found, 0, 1), "-->");
    caus_run_free(run);
    caus_arena_free(arena);
}

static void expect_refusal(const unsigned char *cells, bool plain_too,
                           const char *first, const char *second)
{
    static const char *const names[] = {"auth_latency", "db_latency",
                                        "web_errors"};
    caus_arena *arena = caus_arena_new(0), *out = caus_arena_new(0);
    caus_series series =
        series_of(names, given_noise(31, 50, 3, arena), 50, 3, arena);
    caus_run *run = given_run(NULL);
    caus_discovery found = {.test_count = 99};
    caus_fci_options options = caus_fci_options_default();
    caus_pc_options plain = caus_pc_options_default();
    options.assumptions = plain.assumptions = cells;
    for (int method = 0; method < 1 + plain_too; method++) {
        caus_error err = {0};
        caus_status status =
            method
                ? caus_discover_pc(&series, &plain, run, out, &found, &err)
                : caus_discover_fci(&series, &options, run, out, &found, &err);
        assert_int_equal(status, CAUS_ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, first));
        assert_non_null(strstr(err.message, second));
        assert_int_equal(found.test_count, 99);
        assert_int_equal(caus_arena_used_bytes(out), 0);
    }
    caus_run_free(run);
    caus_arena_free(out);
    caus_arena_free(arena);
}

static void expect_contradiction(const unsigned char *cells, const char *first,
                                 const char *second)
{
    expect_refusal(cells, true, first, second);
}

static void contradicting_assumptions_are_named(void **unused)
{
    (void)unused;
    enum { LINK = CAUS_ASSUME_LINK };
    expect_contradiction((unsigned char[9]){[1] = LINK, [3] = LINK},
                         "auth_latency", "db_latency");
    expect_contradiction(
        (unsigned char[9]){[2] = LINK, [6] = CAUS_ASSUME_ABSENT},
        "auth_latency", "web_errors");
    expect_contradiction((unsigned char[9]){[1] = LINK, [5] = LINK, [6] = LINK},
                         "required links lead", "auth_latency");
    /* of a link alone it says that there is none, of causes that they are in a
     * circle */
    expect_refusal(
        (unsigned char[9]){[1] = LINK, [5] = LINK, [6] = CAUS_ASSUME_NOT_BACK},
        false, "web_errors is assumed to come before auth_latency",
        "required links lead");
    expect_contradiction((unsigned char[9]){[1] = 77}, "auth_latency",
                         "means nothing");
}

/* ---- limits and errors ---- */

static void expect_error(const caus_series *series,
                         const caus_fci_options *options, caus_status status,
                         const char *words)
{
    caus_error err = {0};
    caus_arena *out = caus_arena_new(0);
    caus_run *run = given_run(NULL);
    caus_discovery found = {.test_count = 99};
    assert_int_equal(caus_discover_fci(series, options, run, out, &found, &err),
                     status);
    assert_non_null(strstr(err.message, words));
    assert_int_equal(found.test_count, 99);
    assert_int_equal(caus_arena_used_bytes(out), 0);
    caus_run_free(run);
    caus_arena_free(out);
}

static void what_cannot_be_done_is_said(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(4, 4, arena);
    expect_error(&world.series, NULL, CAUS_ERR_TOO_FEW_SAMPLES, "4 of 4 rows");
    world = world_of(4, 50, arena);
    caus_fci_options options = caus_fci_options_default();
    options.alpha = 1;
    expect_error(&world.series, &options, CAUS_ERR_INVALID_ARGUMENT,
                 "alpha is 1");
    expect_error(&(caus_series){0}, NULL, CAUS_ERR_INVALID_ARGUMENT,
                 "no variables");
    caus_arena_free(arena);
}

static void a_test_limit_gives_the_same_part_on_any_thread_count(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(20, 300, arena);
    caus_run *run = given_run(&(caus_run_options){.threads = 1});
    caus_run *two = given_run(&(caus_run_options){.threads = 3});
    for (int fast = 0; fast < 2; fast++) {
        caus_fci_options options = caus_fci_options_default();
        caus_discovery whole, part, again;
        options.alpha = .1;
        options.fast = fast;
        assert_int_equal(caus_discover_fci(&world.series, &options, run, arena,
                                           &whole, NULL),
                         CAUS_OK);
        assert_true(whole.complete);
        for (uint64_t limit = 1; limit < whole.test_count; limit = limit * 3) {
            options.max_tests = limit + 190;
            assert_int_equal(caus_discover_fci(&world.series, &options, run,
                                               arena, &part, NULL),
                             CAUS_OK);
            assert_true(part.test_count <= limit + 190);
            assert_int_equal(caus_discover_fci(&world.series, &options, two,
                                               arena, &again, NULL),
                             CAUS_OK);
            assert_int_equal(part.test_count, again.test_count);
            assert_int_equal(part.complete, again.complete);
            assert_memory_equal(part.statistic, again.statistic,
                                400 * sizeof(double));
            assert_memory_equal(part.graph.cells, again.graph.cells,
                                400 * sizeof(caus_edge));
        }
        options.max_tests = 191;
        assert_int_equal(
            caus_discover_fci(&world.series, &options, run, arena, &part, NULL),
            CAUS_OK);
        assert_false(part.complete);
    }
    caus_run_free(two);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void a_time_limit_gives_a_part_and_a_cancel_an_error(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(30, 300, arena);
    caus_run *run = given_run(&(caus_run_options){.time_limit_s = 1e-9});
    caus_discovery found;
    assert_int_equal(
        caus_discover_fci(&world.series, NULL, run, arena, &found, NULL),
        CAUS_OK);
    assert_false(found.complete);
    caus_run_free(run);
    volatile sig_atomic_t cancel = 1;
    run = given_run(&(caus_run_options){.cancel = &cancel});
    assert_int_equal(
        caus_discover_fci(&world.series, NULL, run, arena, &found, NULL),
        CAUS_ERR_CANCELLED);
    caus_run_free(run);
    caus_arena_free(arena);
}

static void every_failed_allocation_is_reported(void **unused)
{
    (void)unused;
    caus_arena *arena = caus_arena_new(0);
    sem world = world_of(10, 60, arena);
    unsigned char cells[100] = {
        [1] = CAUS_ASSUME_ABSENT, [23] = CAUS_ASSUME_NOT_BACK};
    for (int kind = 0; kind < 4; kind++) {
        caus_fci_options options = caus_fci_options_default();
        options.alpha = .2;
        options.fast = kind & 1;
        options.assumptions = kind & 2 ? cells : NULL;
        bool failed = true;
        for (long allowed = 0; failed; allowed++) {
            caus_run *run = given_run(&(caus_run_options){.threads = 1});
            caus_arena *out = caus_arena_new(0);
            caus_discovery found;
            fault_fail_after(allowed);
            caus_status status = caus_discover_fci(&world.series, &options, run,
                                                   out, &found, NULL);
            failed = fault_stop();
            assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
            if (failed)
                assert_int_equal(caus_arena_used_bytes(out), 0);
            caus_arena_free(out);
            caus_run_free(run);
        }
    }
    caus_arena_free(arena);
}

/* ---- what holds whatever the data ---- */

enum { NODES = 24, ROWS = 250 };

static void expect_same_bytes(const caus_discovery *a, const caus_discovery *b,
                              const size_t *place)
{
    for (size_t i = 0; i < NODES; i++)
        for (size_t j = 0; j < NODES; j++) {
            if (i == j)
                continue;
            caus_edge old = caus_graph_get(&a->graph, i, j, 0);
            caus_edge new = caus_graph_get(&b->graph, place[i], place[j], 0);
            assert_memory_equal(&old, &new, sizeof old);
            assert_memory_equal(&a->statistic[i * NODES + j],
                                &b->statistic[place[i] * NODES + place[j]],
                                sizeof(double));
        }
    assert_int_equal(a->test_count, b->test_count);
}

static void columns_scale_and_threads_do_not_change_a_byte(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        caus_arena *arena = caus_arena_new(0);
        sem world;
        sem_options data = {NODES, 3, seed, ROWS, false};
        assert_int_equal(sem_make(&data, arena, &world, NULL), CAUS_OK);
        const double *values = world.series.segments[0].values;
        double *moved = CAUS_ARRAY(arena, double, ROWS *NODES);
        assert_non_null(moved);
        caus_random random;
        caus_random_init(&random, seed, 1);
        size_t place[NODES];
        for (size_t k = 0; k < NODES; k++) {
            size_t at = (size_t)caus_random_below(&random, k + 1);
            place[k] = place[at];
            place[at] = k;
        }
        for (size_t r = 0; r < ROWS; r++)
            for (size_t v = 0; v < NODES; v++)
                moved[r * NODES + place[v]] =
                    ldexp(values[r * NODES + v], (int)v - 9);
        caus_series series = series_of(NULL, moved, ROWS, NODES, arena);
        caus_run *one = given_run(&(caus_run_options){.threads = 1});
        caus_run *more = given_run(&(caus_run_options){.threads = 3});
        for (int kind = 0; kind < 4; kind++) {
            caus_discovery before, after;
            caus_fci_options options = caus_fci_options_default();
            options.alpha = .1;
            options.fast = kind & 1;
            options.colliders =
                kind & 2 ? CAUS_COLLIDERS_NONE : CAUS_COLLIDERS_MAJORITY;
            assert_int_equal(caus_discover_fci(&world.series, &options, one,
                                               arena, &before, NULL),
                             CAUS_OK);
            assert_int_equal(
                caus_discover_fci(&series, &options, more, arena, &after, NULL),
                CAUS_OK);
            expect_same_bytes(&before, &after, place);
        }
        caus_run_free(one);
        caus_run_free(more);
        caus_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hidden_cause_is_told_from_a_cause),
        cmocka_unit_test(selection_gives_undirected_edges_when_it_is_asked_for),
        cmocka_unit_test(constant_and_determined_columns_are_named_not_fatal),
        cmocka_unit_test(contradictions_of_few_rows_are_shown),
        cmocka_unit_test(more_variables_than_rows_are_searched),
        cmocka_unit_test(an_absent_pair_is_not_tested_and_a_required_one_stays),
        cmocka_unit_test(what_is_earlier_gets_no_arrow_from_what_is_later),
        cmocka_unit_test(contradicting_assumptions_are_named),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(a_test_limit_gives_the_same_part_on_any_thread_count),
        cmocka_unit_test(a_time_limit_gives_a_part_and_a_cancel_an_error),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(columns_scale_and_threads_do_not_change_a_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
