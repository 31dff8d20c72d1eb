/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/comparison.h"
#include "fault.h"
#include "test.h"

enum { N = 4, LAGS = 3, CELLS = N * N * LAGS };

/* a → b at lag 1, b → c and c o-o d at lag 0, a on its own past; 500 rows. */
typedef struct answer {
    caus_arena *arena;
    caus_series series;
    caus_discovery found;
    double statistic[CELLS];
    double p_value[CELLS];
} answer;

static void put(answer *a, size_t source, size_t target, size_t lag,
                const char *marks)
{
    size_t cell = caus_graph_cell(&a->found.graph, source, target, lag);
    caus_mark at_source = marks[0] == 'o' ? CAUS_MARK_CIRCLE : CAUS_MARK_TAIL;
    if (marks[0] == '<')
        at_source = CAUS_MARK_ARROW;
    caus_graph_set(&a->found.graph, source, target, lag, at_source,
                   marks[2] == 'o' ? CAUS_MARK_CIRCLE : CAUS_MARK_ARROW);
    a->statistic[cell] = .5 + (double)lag / 100;
    a->p_value[cell] = 1e-9;
    if (!lag) {
        cell = caus_graph_cell(&a->found.graph, target, source, 0);
        a->statistic[cell] = .5;
        a->p_value[cell] = 1e-9;
    }
}

static void init(answer *a, size_t rows)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static const double values[N * 8] = {0};
    memset(a, 0, sizeof *a);
    a->arena = caus_arena_new(0);
    assert_int_equal(caus_series_from_values(names, N, values, 8, 1000000000,
                                             a->arena, &a->series, NULL),
                     CAUS_OK);
    a->found = (caus_discovery){.statistic = a->statistic,
                                .p_value = a->p_value,
                                .rows_used = rows,
                                .complete = true};
    assert_int_equal(
        caus_graph_init(&a->found.graph, N, LAGS - 1, a->arena, NULL), CAUS_OK);
    for (size_t k = 0; k < CELLS; k++)
        a->p_value[k] = .7;
    put(a, 0, 1, 1, "-->");
    put(a, 1, 2, 0, "-->");
    put(a, 2, 3, 0, "o-o");
    put(a, 0, 0, 1, "-->");
}

static caus_comparison compare(answer *a, const char *text,
                               const unsigned char *assumptions)
{
    caus_graph_file drawn;
    caus_comparison made = {0};
    caus_error err;
    caus_comparison_options options = {
        .alpha = .05, .is_correlation = true, .assumptions = assumptions};
    if (caus_graph_file_parse(text, strlen(text), CAUS_GRAPH_CSV, "drawn",
                              a->arena, &drawn, &err) != CAUS_OK ||
        caus_graph_compare(&drawn, &a->series, &a->found, &options, a->arena,
                           &made, &err) != CAUS_OK)
        fail_msg("%s", err.message);
    return made;
}

static void assert_said(const caus_comparison *made, size_t k,
                        caus_support support, const char *reason)
{
    assert_true(k < made->edge_count);
    assert_string_equal(made->edges[k].reason, reason);
    assert_int_equal(made->edges[k].support, support);
}

static void every_drawn_edge_has_a_verdict(void **unused)
{
    (void)unused;
    answer a;
    init(&a, 500);
    caus_comparison made = compare(&a,
                                   "source,target,lag,mark\n"
                                   "a,b,1,-->\n"
                                   "a,b,,-->\n"
                                   "c,b,0,-->\n"
                                   "a,b,2,-->\n"
                                   "b,a,,-->\n"
                                   "c,d,0,-->\n"
                                   "d,c,,---\n"
                                   "b,c,0,<->\n"
                                   "a,d,,-->\n"
                                   "q,a,,-->\n"
                                   "a,b,7,-->\n"
                                   "a,a,1,-->\n",
                                   NULL);
    assert_said(&made, 0, CAUS_EDGE_SUPPORTED, "found");
    assert_true(fabs(made.edges[0].statistic - .51) < 1e-12);
    assert_true(made.edges[0].p_value < 1e-8 && made.edges[0].lag == 1);
    assert_said(&made, 1, CAUS_EDGE_SUPPORTED, "found");
    assert_said(&made, 2, CAUS_EDGE_CONTRADICTED, "found the other way round");
    assert_said(&made, 3, CAUS_EDGE_CONTRADICTED, "found at lag 1 instead");
    assert_said(&made, 4, CAUS_EDGE_CONTRADICTED,
                "found the other way round, at lag 1");
    assert_said(&made, 5, CAUS_EDGE_SUPPORTED, "found, direction open");
    assert_said(&made, 6, CAUS_EDGE_SUPPORTED, "found");
    assert_said(&made, 7, CAUS_EDGE_CONTRADICTED,
                "found as a cause, not as a hidden common one");
    assert_said(&made, 8, CAUS_EDGE_CONTRADICTED, "no link was found");
    assert_said(&made, 9, CAUS_EDGE_UNTESTABLE, "q is not among the variables");
    assert_said(&made, 10, CAUS_EDGE_UNTESTABLE, "lags up to 2 were searched");
    assert_said(&made, 11, CAUS_EDGE_SUPPORTED, "found");
    assert_int_equal(made.supported, 5);
    assert_int_equal(made.contradicted, 5);
    assert_int_equal(made.untestable, 2);
    assert_int_equal(made.lacking, 0);
    caus_arena_free(a.arena);
}

static void what_was_found_says_whether_it_was_drawn(void **unused)
{
    (void)unused;
    answer a;
    init(&a, 500);
    caus_comparison made =
        compare(&a, "source,target,lag\na,b,1\nc,b,\n", NULL);
    const caus_graph *graph = &a.found.graph;
    assert_int_equal(made.agreement[caus_graph_cell(graph, 0, 1, 1)],
                     CAUS_AGREEMENT_SAME);
    assert_int_equal(made.agreement[caus_graph_cell(graph, 1, 2, 0)],
                     CAUS_AGREEMENT_OTHER);
    assert_int_equal(made.agreement[caus_graph_cell(graph, 2, 1, 0)],
                     CAUS_AGREEMENT_OTHER);
    assert_int_equal(made.agreement[caus_graph_cell(graph, 3, 2, 0)],
                     CAUS_AGREEMENT_LACKING);
    assert_int_equal(made.agreement[caus_graph_cell(graph, 0, 0, 1)],
                     CAUS_AGREEMENT_OWN_PAST);
    assert_int_equal(made.agreement[caus_graph_cell(graph, 0, 1, 2)],
                     CAUS_AGREEMENT_NONE);
    assert_int_equal(made.lacking, 1);
    caus_arena_free(a.arena);
}

/* 60 rows show a correlation of .35 four times in five, 100 one of .28. */
static void few_rows_contradict_nothing(void **unused)
{
    (void)unused;
    answer a;
    init(&a, 60);
    caus_comparison made = compare(&a, "source,target\na,d\nc,b\n", NULL);
    assert_said(&made, 0, CAUS_EDGE_UNTESTABLE,
                "60 rows only show links of 0.35 or more");
    assert_said(&made, 1, CAUS_EDGE_CONTRADICTED, "found the other way round");
    caus_arena_free(a.arena);
    init(&a, 100);
    made = compare(&a, "source,target\na,d\n", NULL);
    assert_said(&made, 0, CAUS_EDGE_CONTRADICTED, "no link was found");
    caus_arena_free(a.arena);
}

static void what_was_known_is_no_finding(void **unused)
{
    (void)unused;
    answer a;
    unsigned char cells[CELLS] = {0};
    init(&a, 500);
    cells[caus_graph_cell(&a.found.graph, 0, 1, 1)] = CAUS_ASSUME_LINK;
    cells[caus_graph_cell(&a.found.graph, 3, 0, 2)] = CAUS_ASSUME_ABSENT;
    caus_comparison made =
        compare(&a, "source,target,lag\na,b,1\nd,a,2\n", cells);
    assert_said(&made, 0, CAUS_EDGE_UNTESTABLE, "required, not tested");
    assert_true(isnan(made.edges[0].statistic));
    assert_said(&made, 1, CAUS_EDGE_UNTESTABLE,
                "ruled out by knowledge, not tested");
    caus_arena_free(a.arena);
}

static caus_knowledge rules_of(const answer *a, const char *text,
                               caus_graph_trust trust, size_t max_lag,
                               caus_status expected, caus_error *err)
{
    caus_graph_file drawn;
    caus_knowledge made = {0};
    assert_int_equal(caus_graph_file_parse(text, strlen(text), CAUS_GRAPH_CSV,
                                           "drawn.csv", a->arena, &drawn, err),
                     CAUS_OK);
    assert_int_equal(caus_knowledge_add_graph(NULL, &drawn, trust, &a->series,
                                              max_lag, a->arena, &made, err),
                     expected);
    return made;
}

static void a_drawn_graph_stands_for_rules(void **unused)
{
    (void)unused;
    answer a;
    caus_error err;
    init(&a, 500);
    caus_knowledge made =
        rules_of(&a, "source,target,lag\na,b,1\nb,c,0\nq,a,0\n",
                 CAUS_TRUST_REQUIRED, 2, CAUS_OK, &err);
    assert_int_equal(made.rule_count, 2);
    assert_int_equal(made.rules[0].kind, CAUS_RULE_REQUIRED);
    assert_string_equal(made.rules[0].target, "b");
    assert_int_equal(made.rules[0].first_lag, 1);
    assert_int_equal(made.rules[1].line, 3);
    /* feedback has no direction within a step; links over time have one */
    made = rules_of(&a, "source,target,lag\na,b,\nb,c,\nc,b,\nc,d,2\n",
                    CAUS_TRUST_PRIOR, 2, CAUS_OK, &err);
    assert_int_equal(made.rule_count, 1);
    assert_int_equal(made.rules[0].kind, CAUS_RULE_FORBIDDEN);
    assert_string_equal(made.rules[0].source, "b");
    assert_string_equal(made.rules[0].target, "a");
    assert_int_equal(made.rules[0].last_lag, 0);
    rules_of(&a, "source,target\na,b\n", CAUS_TRUST_REQUIRED, 2,
             CAUS_ERR_INVALID_DATA, &err);
    assert_non_null(strstr(err.message, "drawn.csv line 2"));
    made = rules_of(&a, "source,target\na,b\n", CAUS_TRUST_REQUIRED, 0, CAUS_OK,
                    &err);
    assert_int_equal(made.rule_count, 1);
    rules_of(&a, "source,target,mark\na,b,o-o\n", CAUS_TRUST_REQUIRED, 0,
             CAUS_ERR_INVALID_DATA, &err);
    assert_non_null(strstr(err.message, "no direction"));
    caus_arena_free(a.arena);
}

static void every_failed_allocation_is_told(void **unused)
{
    (void)unused;
    static const char text[] = "source,target,lag\na,b,1\nq,d,\na,d,\n";
    for (long n = 0;; n++) {
        answer a;
        caus_graph_file drawn;
        caus_comparison made = {.edge_count = 77};
        caus_error err;
        caus_comparison_options options = {.alpha = .05};
        init(&a, 500);
        assert_int_equal(caus_graph_file_parse(text, sizeof text - 1,
                                               CAUS_GRAPH_CSV, "drawn", a.arena,
                                               &drawn, NULL),
                         CAUS_OK);
        caus_arena *out = caus_arena_new(0);
        fault_fail_after(n);
        caus_status status = caus_graph_compare(&drawn, &a.series, &a.found,
                                                &options, out, &made, &err);
        bool refused = fault_stop();
        caus_arena_free(out);
        caus_arena_free(a.arena);
        if (!refused)
            break;
        assert_int_equal(status, CAUS_ERR_OUT_OF_MEMORY);
        assert_int_equal(made.edge_count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_drawn_edge_has_a_verdict),
        cmocka_unit_test(what_was_found_says_whether_it_was_drawn),
        cmocka_unit_test(few_rows_contradict_nothing),
        cmocka_unit_test(what_was_known_is_no_finding),
        cmocka_unit_test(a_drawn_graph_stands_for_rules),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
