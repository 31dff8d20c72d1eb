/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCMCI+ told the truth: the independence test is separation in a known graph,
 * unrolled far into the past. Then the result must be the completed graph,
 * found here by trying all orientations of the lag-0 edges.
 */
#include <stdlib.h>
#include <string.h>

#include "discovery/discovery_internal.h"
#include "graph/dag.h"
#include "test.h"

enum { GRAPHS = 1200, MOST_VARIABLES = 6, MOST_LAGS = 3, ROWS = 100 };

/* A true graph: links [source][target][lag], lag-0 ones from earlier to later
 * in `order`. */
typedef struct truth {
    size_t variables, max_lag;
    bool link[MOST_VARIABLES][MOST_VARIABLES][MOST_LAGS + 1];
} truth;

static truth random_truth(uint64_t seed)
{
    caus_random random;
    caus_random_init(&random, 7, seed);
    truth t = {.variables = 3 + caus_random_below(&random, 3),
               .max_lag = 1 + caus_random_below(&random, 2)};
    double density = .15 + .5 * caus_random_uniform(&random);
    size_t order[MOST_VARIABLES] = {0, 1, 2, 3, 4, 5};
    for (size_t k = t.variables; k-- > 1;) {
        size_t other = caus_random_below(&random, k + 1), kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
    for (size_t a = 0; a < t.variables; a++)
        for (size_t b = 0; b < t.variables; b++) {
            t.link[order[a]][order[b]][0] =
                a < b && caus_random_uniform(&random) < density;
            for (size_t lag = 1; lag <= t.max_lag; lag++)
                t.link[a][b][lag] =
                    caus_random_uniform(&random) < (a == b ? .4 : .12);
        }
    return t;
}

/* ---- separation as an independence test ---- */

struct caus_ci_work {
    const caus_separation *separation;
    caus_node target;
    caus_node given[64];
    size_t given_count;
};

/* How far back the unrolled graph goes; nodes as in a sample. */
static size_t unrolled_lags(const truth *t)
{
    return 2 * t->max_lag + 2 * t->variables * t->max_lag;
}

static void unroll(const truth *t, caus_arena *arena, caus_separation *result)
{
    size_t lags = unrolled_lags(t), n = t->variables;
    caus_graph graph;
    assert_int_equal(caus_graph_init(&graph, n * (lags + 1), 0, arena, NULL),
                     CAUS_OK);
    for (size_t back = 0; back <= lags; back++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                for (size_t lag = 0; lag <= t->max_lag; lag++)
                    if (t->link[i][j][lag] && back + lag <= lags)
                        caus_graph_set(&graph, (back + lag) * n + i,
                                       back * n + j, 0, CAUS_MARK_TAIL,
                                       CAUS_MARK_ARROW);
    assert_int_equal(caus_separation_init(result, &graph, arena, NULL),
                     CAUS_OK);
}

static caus_status start(const void *state, caus_arena *arena,
                         caus_ci_work **result, caus_error *err)
{
    *result = CAUS_ARRAY(arena, caus_ci_work, 1);
    if (!*result)
        return caus_arena_fail(arena, err);
    (*result)->separation = state;
    return CAUS_OK;
}

static caus_status condition(caus_ci_work *work, caus_node target,
                             const caus_node *given, size_t count,
                             caus_error *err)
{
    (void)err;
    assert_true(count <= 64);
    work->target = target;
    work->given_count = count;
    if (count)
        memcpy(work->given, given, count * sizeof *given);
    return CAUS_OK;
}

static caus_status test_separation(caus_ci_work *work,
                                   const caus_ci_source *source,
                                   caus_ci_result *result, caus_error *err)
{
    uint64_t given[8] = {0}, reached[8];
    (void)err;
    assert_true(work->separation->word_count <= 8);
    for (size_t k = 0; k < work->given_count; k++)
        if (work->given[k] != source->node)
            caus_bit_set(given, work->given[k]);
    for (size_t k = 0; k < source->extra_count; k++)
        if (source->extra[k] != work->target)
            caus_bit_set(given, source->extra[k]);
    caus_separation_reach(work->separation, source->node, given, reached);
    *result = (caus_ci_result){
        .statistic = caus_bit_get(reached, work->target) ? .5 : 0, .df = 10};
    return CAUS_OK;
}

static double p_value(double statistic, double df)
{
    (void)df;
    return statistic > .1 ? 0 : 1;
}

static double critical(double alpha, double df)
{
    (void)alpha;
    (void)df;
    return .25;
}

/* ---- the completed graph by trying all orientations ---- */

typedef struct lag_0_edges {
    size_t ends[MOST_VARIABLES * MOST_VARIABLES][2];
    size_t count;
} lag_0_edges;

static bool is_acyclic(const truth *t)
{
    bool gone[MOST_VARIABLES] = {false};
    for (size_t round = 0; round < t->variables; round++)
        for (size_t j = 0; j < t->variables; j++) {
            bool is_root = true;
            for (size_t i = 0; i < t->variables; i++)
                is_root = is_root && (gone[i] || !t->link[i][j][0]);
            gone[j] = gone[j] || is_root;
        }
    for (size_t j = 0; j < t->variables; j++)
        if (!gone[j])
            return false;
    return true;
}

static bool is_adjacent(const truth *t, size_t i, size_t j, size_t lag)
{
    return t->link[i][j][lag] || (lag == 0 && t->link[j][i][0]);
}

/* Whether two graphs of one skeleton have the same unshielded colliders. */
static bool same_colliders(const truth *a, const truth *b)
{
    size_t n = a->variables;
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < n; i++)
                for (size_t lag = 0; lag <= a->max_lag; lag++) {
                    if (k == j || !is_adjacent(a, k, j, 0) ||
                        (lag == 0 && (i == j || i == k)) ||
                        !is_adjacent(a, i, k, lag) || is_adjacent(a, i, j, lag))
                        continue;
                    bool first = a->link[i][k][lag] && a->link[j][k][0];
                    bool second = b->link[i][k][lag] && b->link[j][k][0];
                    if (first != second)
                        return false;
                }
    return true;
}

/* ---- true knowledge ---- */

static size_t cell_of(const truth *t, size_t i, size_t j, size_t lag)
{
    return (i * t->variables + j) * (t->max_lag + 1) + lag;
}

static void know_now(const truth *t, caus_random *random, size_t i, size_t j,
                     unsigned char *cells)
{
    unsigned char *forward = &cells[cell_of(t, i, j, 0)];
    unsigned char *back = &cells[cell_of(t, j, i, 0)];
    bool required = caus_random_uniform(random) < .4;
    if (caus_random_uniform(random) < .7)
        return;
    if (t->link[i][j][0]) {
        *forward = required ? CAUS_ASSUME_LINK : CAUS_ASSUME_NOT_BACK;
        *back = required ? CAUS_ASSUME_LINK_BACK : CAUS_ASSUME_ONLY_BACK;
    } else if (!t->link[j][i][0]) {
        *forward = *back = CAUS_ASSUME_ABSENT;
    }
}

/* About a third of the pairs, and a sixth of the links over time. */
static void know(const truth *t, uint64_t seed, unsigned char *cells)
{
    caus_random random;
    caus_random_init(&random, 8, seed);
    memset(cells, CAUS_ASSUME_UNKNOWN,
           t->variables * t->variables * (t->max_lag + 1));
    for (size_t i = 0; i < t->variables; i++)
        for (size_t j = 0; j < t->variables; j++) {
            if (i != j)
                know_now(t, &random, i, j, cells);
            for (size_t lag = 1; lag <= t->max_lag; lag++)
                if (caus_random_uniform(&random) < .15)
                    cells[cell_of(t, i, j, lag)] = t->link[i][j][lag]
                                                       ? CAUS_ASSUME_LINK
                                                       : CAUS_ASSUME_ABSENT;
        }
}

/* Whether knowledge lets a lag-0 edge point from i to j. */
static bool is_allowed(const truth *t, const unsigned char *cells, size_t i,
                       size_t j)
{
    unsigned char known = cells ? cells[cell_of(t, i, j, 0)] : 0;
    return known != CAUS_ASSUME_ONLY_BACK && known != CAUS_ASSUME_LINK_BACK;
}

/* Which lag-0 edges point which way in some graph of the class that knowledge
 * allows; NULL = nothing is known. */
static truth complete(const truth *t, const unsigned char *cells)
{
    lag_0_edges edges = {.count = 0};
    truth possible = *t;
    for (size_t i = 0; i < t->variables; i++)
        for (size_t j = 0; j < t->variables; j++)
            possible.link[i][j][0] = false;
    for (size_t i = 0; i < t->variables; i++)
        for (size_t j = i + 1; j < t->variables; j++)
            if (is_adjacent(t, i, j, 0)) {
                edges.ends[edges.count][0] = i;
                edges.ends[edges.count++][1] = j;
            }
    for (size_t bits = 0; bits < (size_t)1 << edges.count; bits++) {
        truth other = *t;
        bool allowed = true;
        for (size_t e = 0; e < edges.count; e++) {
            size_t i = edges.ends[e][0], j = edges.ends[e][1];
            other.link[i][j][0] = bits >> e & 1;
            other.link[j][i][0] = !(bits >> e & 1);
            allowed =
                allowed && (other.link[i][j][0] ? is_allowed(t, cells, i, j)
                                                : is_allowed(t, cells, j, i));
        }
        if (!allowed || !is_acyclic(&other) || !same_colliders(t, &other))
            continue;
        for (size_t e = 0; e < edges.count; e++) {
            size_t i = edges.ends[e][0], j = edges.ends[e][1];
            possible.link[i][j][0] |= other.link[i][j][0];
            possible.link[j][i][0] |= other.link[j][i][0];
        }
    }
    return possible;
}

/* ---- the claim ---- */

static size_t check_result(const truth *expected, const caus_question *question,
                           const caus_findings *found)
{
    size_t bad = 0, n = expected->variables;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t lag = 0; lag <= expected->max_lag; lag++) {
                bool linked = found->linked[caus_cell(question, i, j, lag)];
                bad += linked != is_adjacent(expected, i, j, lag);
                if (lag > 0 || !linked || i == j)
                    continue;
                caus_edge edge = caus_plus_edge(found, i, j);
                bool both = expected->link[i][j][0] && expected->link[j][i][0];
                caus_mark mark = both                      ? CAUS_MARK_CIRCLE
                                 : expected->link[i][j][0] ? CAUS_MARK_ARROW
                                                           : CAUS_MARK_TAIL;
                bad += edge.target != mark;
            }
    return bad;
}

typedef struct asked_question {
    caus_collider_rule rule;
    const unsigned char *cells; /* what is known; NULL = nothing */
    size_t max_parents;         /* 0 = not told */
    uint64_t test_count;        /* taken */
} asked_question;

static size_t search_by(const truth *t, asked_question *asked)
{
    caus_arena *arena = caus_arena_new(0);
    caus_run_options run_options = {.threads = 1};
    caus_run *run;
    caus_separation separation;
    assert_int_equal(caus_run_new(&run_options, &run, NULL), CAUS_OK);
    unroll(t, arena, &separation);
    size_t n = t->variables;
    caus_sample sample = {.variable_count = n,
                          .stride = n,
                          .longest_lag = 2 * t->max_lag,
                          .node_count = n * (2 * t->max_lag + 1),
                          .row_count = ROWS};
    caus_independence test = {.state = &separation,
                              .sample = &sample,
                              .start = start,
                              .condition = condition,
                              .test = test_separation,
                              .p_value = p_value,
                              .critical = critical,
                              .critical_near = critical};
    caus_pcmci_options options = caus_pcmci_options_default();
    options.method = CAUS_METHOD_PCMCIPLUS;
    options.max_lag = t->max_lag;
    options.colliders = asked->rule;
    options.max_parents = asked->max_parents;
    caus_question question = {.options = &options,
                              .variable_count = n,
                              .cell_count = n * n * (t->max_lag + 1),
                              .first_lag = 1,
                              .assumptions = asked->cells,
                              .run = run};
    caus_search work;
    caus_findings found;
    assert_int_equal(
        caus_search_init(&work, &question, &test, 0, 1, arena, NULL), CAUS_OK);
    assert_int_equal(caus_findings_init(&question, arena, &found, NULL),
                     CAUS_OK);
    assert_int_equal(caus_search_run(&work, &found, NULL), CAUS_OK);
    truth expected = complete(t, asked->cells);
    size_t bad = check_result(&expected, &question, &found);
    asked->test_count += caus_search_test_count(&work);
    caus_run_free(run);
    caus_arena_free(arena);
    return bad;
}

static size_t search(const truth *t, caus_collider_rule rule,
                     const unsigned char *cells)
{
    return search_by(t, &(asked_question){.rule = rule, .cells = cells});
}

static void with_separation_the_completed_graph_comes_back(void **unused)
{
    (void)unused;
    size_t wrong = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        truth t = random_truth(seed);
        for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
            size_t bad = search(&t, (caus_collider_rule)rule, NULL);
            if (bad)
                print_error("graph %zu, rule %d: %zu marks differ\n",
                            (size_t)seed, rule, bad);
            wrong += bad > 0;
        }
    }
    assert_int_equal(wrong, 0);
}

/* The rule that takes one separating set has none of pairs known to be apart.
 */
static void with_true_knowledge_what_it_allows_comes_back(void **unused)
{
    (void)unused;
    size_t wrong = 0, helped = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        unsigned char cells[MOST_VARIABLES * MOST_VARIABLES * (MOST_LAGS + 1)];
        truth t = random_truth(seed);
        /* a past directs most edges: without one more is left to be known */
        for (size_t cell = 0; seed % 4 && cell < t.variables * t.variables;
             cell++)
            for (size_t lag = 1; lag <= t.max_lag; lag++)
                t.link[cell / t.variables][cell % t.variables][lag] = false;
        know(&t, seed, cells);
        truth plain = complete(&t, NULL), known = complete(&t, cells);
        helped += memcmp(&plain, &known, sizeof plain) != 0;
        for (int rule = 0; rule < CAUS_COLLIDERS_NONE; rule++) {
            size_t bad = search(&t, (caus_collider_rule)rule, cells);
            if (bad)
                print_error("graph %zu, rule %d: %zu marks differ\n",
                            (size_t)seed, rule, bad);
            wrong += bad > 0;
        }
    }
    assert_true(helped >= GRAPHS / 5);
    assert_int_equal(wrong, 0);
}

static size_t most_parents(const truth *t)
{
    size_t most = 0;
    for (size_t j = 0; j < t->variables; j++) {
        size_t count = 0;
        for (size_t i = 0; i < t->variables; i++)
            for (size_t lag = 0; lag <= t->max_lag; lag++)
                count += t->link[i][j][lag];
        most = count > most ? count : most;
    }
    return most;
}

/* Required links of the past leave fewer parents at lag 0. */
static void a_true_bound_on_parents_changes_nothing_but_the_tests(void **unused)
{
    (void)unused;
    size_t wrong = 0;
    asked_question bound = {0}, free_of_it = {0};
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        unsigned char cells[MOST_VARIABLES * MOST_VARIABLES * (MOST_LAGS + 1)];
        truth t = random_truth(seed);
        know(&t, seed, cells);
        bound.cells = free_of_it.cells = seed % 2 ? cells : NULL;
        bound.max_parents = most_parents(&t);
        int rules = seed % 2 ? CAUS_COLLIDERS_NONE : CAUS_COLLIDERS_NONE + 1;
        for (int rule = 0; rule < rules; rule++) {
            bound.rule = free_of_it.rule = (caus_collider_rule)rule;
            size_t bad = search_by(&t, &bound);
            search_by(&t, &free_of_it);
            if (bad)
                print_error("graph %zu, rule %d: %zu marks differ\n",
                            (size_t)seed, rule, bad);
            wrong += bad > 0;
        }
    }
    assert_int_equal(wrong, 0);
    assert_true(bound.test_count < free_of_it.test_count);
}

/* 0 → 1 → 2 → 3 and 0 → 2, 0 → 3 without a past: nothing is directed until
 * 1 → 2 is known; then 2 → 3 follows by the first rule, 0 → 3 by the fourth. */
static void the_fourth_rule_follows_from_knowledge(void **unused)
{
    (void)unused;
    unsigned char cells[4 * 4 * 2] = {0};
    truth t = {.variables = 4, .max_lag = 1};
    t.link[0][1][0] = t.link[1][2][0] = t.link[2][3][0] = true;
    t.link[0][2][0] = t.link[0][3][0] = true;
    cells[cell_of(&t, 1, 2, 0)] = CAUS_ASSUME_NOT_BACK;
    cells[cell_of(&t, 2, 1, 0)] = CAUS_ASSUME_ONLY_BACK;
    truth expected = complete(&t, cells);
    assert_true(!expected.link[3][0][0] && expected.link[1][0][0]);
    for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++)
        assert_int_equal(search(&t, (caus_collider_rule)rule, cells), 0);
}

/* tigramite 5.2.10.1 with its OracleCI and tau_max 3 gives these edges for
 * these links. */
static void graphs_that_tigramite_was_told_come_back(void **unused)
{
    (void)unused;
    truth lagged = {.variables = 5, .max_lag = 3};
    for (size_t v = 0; v < 5; v++)
        lagged.link[v][v][1] = true;
    lagged.link[1][0][1] = lagged.link[2][1][2] = true;
    lagged.link[2][3][3] = lagged.link[0][3][1] = true;
    truth t = {.variables = 6, .max_lag = 3};
    for (size_t v = 0; v < 6; v++)
        t.link[v][v][1] = true;
    t.link[0][1][0] = t.link[1][2][0] = t.link[3][2][1] = true;
    t.link[4][3][0] = t.link[2][5][0] = t.link[4][5][2] = true;
    truth expected = complete(&t, NULL);
    assert_memory_equal(&expected, &t, sizeof t); /* all are directed */
    for (int rule = 0; rule <= CAUS_COLLIDERS_NONE; rule++) {
        assert_int_equal(search(&lagged, (caus_collider_rule)rule, NULL), 0);
        assert_int_equal(search(&t, (caus_collider_rule)rule, NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_separation_the_completed_graph_comes_back),
        cmocka_unit_test(with_true_knowledge_what_it_allows_comes_back),
        cmocka_unit_test(a_true_bound_on_parents_changes_nothing_but_the_tests),
        cmocka_unit_test(the_fourth_rule_follows_from_knowledge),
        cmocka_unit_test(graphs_that_tigramite_was_told_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
