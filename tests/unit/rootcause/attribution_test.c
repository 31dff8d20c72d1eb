/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_case.h"
#include "rootcause/attribution.h"
#include "test.h"

/* Shapley values by their definition: over all coalitions. */
static void enumerate(const double *parts, size_t count, double *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = 0;
    for (size_t set = 0; set < (size_t)1 << count; set++) {
        double sum = 0;
        size_t size = 0;
        for (size_t i = 0; i < count; i++) {
            sum += set >> i & 1 ? parts[i] : 0;
            size += set >> i & 1;
        }
        double weight =
            exp(lgamma((double)size + 1) + lgamma((double)(count - size)) -
                lgamma((double)count + 1));
        for (size_t i = 0; i < count; i++) {
            if (!(set >> i & 1))
                values[i] += weight * (sinh(sum + parts[i]) - sinh(sum));
        }
    }
}

static void shapley_values_are_those_of_all_coalitions(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 11, 0);
    for (size_t count = 1; count <= 12; count++) {
        double parts[12], values[12], expected[12];
        caus_quadrature rule;
        caus_quadrature_init(&rule, (count + 1) / 2);
        for (size_t i = 0; i < count; i++)
            parts[i] = 3 * caus_random_normal(&random);
        caus_shapley_sinh(&rule, parts, count, values);
        enumerate(parts, count, expected);
        double most = 0;
        for (size_t i = 0; i < count; i++)
            most = fmax(most, fabs(expected[i]));
        for (size_t i = 0; i < count; i++)
            assert_true(fabs(values[i] - expected[i]) <= 1e-11 * most);
    }
}

static void shapley_values_add_up_to_the_whole(void **state)
{
    (void)state;
    caus_random random;
    caus_random_init(&random, 12, 0);
    for (size_t count = 1; count <= CAUS_MOST_NODES; count++) {
        double parts[CAUS_MOST_NODES], values[CAUS_MOST_NODES];
        double sum = 0, whole = 0;
        caus_quadrature rule;
        caus_quadrature_init(&rule, (count + 1) / 2);
        for (size_t i = 0; i < count; i++)
            sum += parts[i] = caus_random_uniform(&random);
        caus_shapley_sinh(&rule, parts, count, values);
        for (size_t i = 0; i < count; i++)
            whole += values[i];
        assert_true(fabs(whole - sinh(sum)) <= 1e-12 * sinh(sum));
    }
}

static void players_alike_get_alike_and_idle_ones_nothing(void **state)
{
    (void)state;
    const double parts[] = {1.5, 0, 1.5, .2};
    double values[4];
    caus_quadrature rule;
    caus_quadrature_init(&rule, 2);
    caus_shapley_sinh(&rule, parts, 4, values);
    assert_true(values[1] == 0);
    assert_true(fabs(values[0] - values[2]) < 1e-14);
    assert_true(values[3] < values[0]);
}

static caus_share share_of(const caus_explanation *told, const char *name)
{
    caus_share found = made_suspect_of(told, name)->share;
    assert_true(found.known);
    return found;
}

static void check_shares(const caus_explanation *told)
{
    double sum = 0;
    for (size_t i = 0; i < told->suspect_count; i++) {
        const caus_share *share = &told->suspects[i].share;
        assert_true(share->known || share->value == 0);
        assert_true(share->value >= 0 && share->value <= 1);
        assert_true(share->low <= share->value);
        assert_true(share->high >= share->value && share->high <= 1 + 1e-12);
        sum += share->value;
    }
    assert_true(fabs(sum - 1) < 1e-12);
}

static void shares_add_up_and_the_root_has_the_largest(void **state)
{
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, made_incident, &options);
    check_shares(&told);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_true(told.suspects[i].share.value <=
                    share_of(&told, "root").value);
    assert_true(share_of(&told, "side").value == 0);
}

static void a_service_that_breaks_alone_has_all(void **state)
{
    made_measure alone[MADE_VARIABLES];
    memcpy(alone, made_incident, sizeof alone);
    for (size_t i = 3; i < MADE_VARIABLES; i++)
        alone[i].shift = 0;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, alone, &options);
    check_shares(&told);
    assert_true(share_of(&told, "front").value == 1);
}

static void what_the_symptom_does_not_reach_has_no_share(void **state)
{
    static const size_t apart[][2] = {{0, 1}, {2, 3}};
    const caus_topology split = {4, made_topology.services, 2, apart};
    caus_explain_options options = made_options();
    options.topology = &split;
    caus_explanation told = made_explain(*state, made_incident, &options);
    check_shares(&told);
    assert_true(share_of(&told, "root").value == 0);
}

/* ---- planted mechanisms ---- */

enum { ROWS = 300, ONSET = 200, CHAIN = 3 };

/* root → mid → front by a slope; those of `own` move by themselves besides. */
static caus_explanation plant(made_fixture *with, double slope,
                              const bool own[CHAIN], uint64_t seed)
{
    static const caus_environment environment = {0, "window"};
    static const char *const names[CHAIN] = {"root_latency", "mid_latency",
                                             "front_latency"};
    static const char *const owners[CHAIN] = {"root", "mid", "front"};
    caus_variable *variables =
        caus_arena_array(with->arena, CHAIN, sizeof *variables);
    double *values =
        caus_arena_array(with->arena, ROWS * CHAIN, sizeof *values);
    caus_random random;
    caus_random_init(&random, seed, 0);
    for (size_t v = 0; v < CHAIN; v++) {
        variables[v] = caus_variable_default();
        variables[v].name = names[v];
        variables[v].service = owners[v];
    }
    for (size_t r = 0; r < ROWS; r++) {
        double *row = values + r * CHAIN;
        for (size_t v = 0; v < CHAIN; v++) {
            row[v] = 1 + (v ? .03 : .1) * caus_random_normal(&random);
            row[v] += v ? slope * (row[v - 1] - 1) : 0;
            row[v] += r >= ONSET && own[v] ? 2 : 0;
        }
    }
    caus_segment segment = {.row_count = ROWS,
                            .word_count = (ROWS + 63) / 64,
                            .start_ns = made_start_ns,
                            .values = values};
    caus_series series = {.variable_count = CHAIN,
                          .variables = variables,
                          .segment_count = 1,
                          .segments = &segment,
                          .environment_count = 1,
                          .environments = &environment,
                          .step_ns = made_step_ns};
    caus_explain_options options = made_options();
    options.onset_ns = made_start_ns + ONSET * made_step_ns;
    caus_explanation told = made_explain_series(with, &series, &options);
    check_shares(&told);
    return told;
}

/* Shares of root, mid and front. */
static void read_shares(const caus_explanation *told, caus_share shares[CHAIN])
{
    shares[0] = share_of(told, "root");
    shares[1] = share_of(told, "mid");
    shares[2] = share_of(told, "front");
}

static void who_moves_alone_has_most_of_the_change(void **state)
{
    static const double slopes[] = {.8, .5};
    for (uint64_t seed = 0; seed < 5; seed++) {
        for (size_t s = 0; s < 2; s++) {
            for (size_t root = 0; root < CHAIN; root++) {
                bool own[CHAIN] = {root == 0, root == 1, root == 2};
                caus_share shares[CHAIN];
                caus_explanation told = plant(*state, slopes[s], own, seed);
                read_shares(&told, shares);
                assert_true(shares[root].value > .5);
                assert_true(shares[root].high > .95);
            }
        }
    }
}

static void who_moves_besides_has_more_than_who_follows(void **state)
{
    static const bool own[CHAIN] = {true, false, true};
    for (uint64_t seed = 0; seed < 5; seed++) {
        caus_share shares[CHAIN];
        caus_explanation told = plant(*state, .5, own, seed);
        read_shares(&told, shares);
        assert_true(shares[1].value < shares[0].value);
        assert_true(shares[1].value < shares[2].value);
    }
}

static void strangers_that_move_at_once_share_it(void **state)
{
    static const bool own[CHAIN] = {true, true, true};
    for (uint64_t seed = 0; seed < 5; seed++) {
        caus_share shares[CHAIN];
        caus_explanation told = plant(*state, 0, own, seed);
        read_shares(&told, shares);
        for (size_t i = 0; i < CHAIN; i++)
            assert_true(shares[i].value > .15 && shares[i].value < .6);
    }
}

/* slo only looks at what front does; nobody measures mid. */
static void
an_observer_has_no_share_and_the_unmeasured_lets_through(void **state)
{
    made_measure watched[MADE_VARIABLES];
    memcpy(watched, made_incident, sizeof watched);
    watched[3] = (made_measure){"slo_p99", "slo", .3, .01, 9};
    watched[4] = (made_measure){"slo_errors", "slo", 0, 0, 0};
    watched[5] = (made_measure){"slo_p50", "slo", .2, .01, 0};
    caus_explain_options options = made_options();
    options.symptom = "slo_p99";
    caus_explanation told = made_explain(*state, watched, &options);
    check_shares(&told);
    assert_true(share_of(&told, "slo").value == 0);
    assert_false(made_suspect_of(&told, "mid")->share.known);
    assert_true(share_of(&told, "root").value > share_of(&told, "front").value);
}

/* side contains the latency of mid and is as much slower: a balancer. */
static void who_only_stands_before_another_has_no_share_of_its_own(void **state)
{
    made_measure balanced[MADE_VARIABLES];
    memcpy(balanced, made_incident, sizeof balanced);
    balanced[8].level = .12;
    balanced[8].shift = made_incident[3].shift;
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(*state, balanced, &options);
    check_shares(&told);
    assert_true(share_of(&told, "side").value <
                .5 * share_of(&told, "root").value);
}

static void without_calls_shares_are_not_known(void **state)
{
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation told = made_explain(*state, made_incident, &options);
    for (size_t i = 0; i < told.suspect_count; i++)
        assert_false(told.suspects[i].share.known);
}

static void a_ring_of_calls_has_shares(void **state)
{
    static const size_t ring[][2] = {{0, 1}, {1, 2}, {2, 0}, {0, 3}};
    const caus_topology circle = {4, made_topology.services, 4, ring};
    caus_explain_options options = made_options();
    options.topology = &circle;
    caus_explanation told = made_explain(*state, made_incident, &options);
    check_shares(&told);
}

static void shares_are_the_same_in_other_units_and_orders(void **state)
{
    made_fixture *with = *state;
    static const size_t order[MADE_VARIABLES] = {9, 3, 7, 1, 0, 8, 2, 6, 5, 4};
    caus_explain_options options = made_options();
    caus_explanation told = made_explain(with, made_incident, &options);
    caus_series other = made_series(with->arena, made_incident, order, 1024);
    caus_explanation again = made_explain_series(with, &other, &options);
    for (size_t i = 0; i < told.suspect_count; i++) {
        const caus_share *a = &told.suspects[i].share;
        const caus_share *b = &again.suspects[i].share;
        assert_true(a->value == b->value && a->low == b->low &&
                    a->high == b->high);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapley_values_are_those_of_all_coalitions),
        cmocka_unit_test(shapley_values_add_up_to_the_whole),
        cmocka_unit_test(players_alike_get_alike_and_idle_ones_nothing),
        TEST(shares_add_up_and_the_root_has_the_largest),
        TEST(a_service_that_breaks_alone_has_all),
        TEST(what_the_symptom_does_not_reach_has_no_share),
        TEST(who_moves_alone_has_most_of_the_change),
        TEST(who_moves_besides_has_more_than_who_follows),
        TEST(strangers_that_move_at_once_share_it),
        TEST(an_observer_has_no_share_and_the_unmeasured_lets_through),
        TEST(who_only_stands_before_another_has_no_share_of_its_own),
        TEST(without_calls_shares_are_not_known),
        TEST(a_ring_of_calls_has_shares),
        TEST(shares_are_the_same_in_other_units_and_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
