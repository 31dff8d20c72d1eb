/* SPDX-License-Identifier: Apache-2.0 */
/* What one failure makes of all rows, by what else fails seldom. */
#include <math.h>
#include <string.h>

#include "fault.h"
#include "rootcause/few_failures.h"
#include "rootcause/measures.h"
#include "test.h"

enum { ROWS = 100 };
enum { SURE, OTHER, SHARE, REQUESTS, VARIABLES };

static const double one = .0125;

/* Two services that count failures, one of which failed but once, a share of
 * failures, and requests. */
typedef struct made {
    double values[VARIABLES * ROWS], whole[VARIABLES], least[VARIABLES];
    bool adds_up[VARIABLES];
    size_t filled[ROWS], present[VARIABLES];
    caus_variable variables[VARIABLES];
    caus_timeline timeline;
    caus_scene scene;
} made;

static void make(made *m)
{
    static const char *const names[VARIABLES] = {
        "a_errors_rate", "b_errors_rate", "b_error_ratio", "b_requests_rate"};
    static const char *const services[VARIABLES] = {"a", "b", "b", "b"};
    *m = (made){.whole = {[SHARE] = 1},
                .present = {ROWS, ROWS, ROWS, ROWS},
                .adds_up = {[SURE] = true, [OTHER] = true, [SHARE] = true}};
    for (size_t v = 0; v < VARIABLES; v++) {
        m->variables[v] = caus_variable_default();
        m->variables[v].name = names[v];
        m->variables[v].service = services[v];
        for (size_t r = 0; r < ROWS; r++)
            m->values[v * ROWS + r] = v == REQUESTS ? 40 : 0;
    }
    for (size_t r = 0; r < ROWS; r++)
        m->filled[r] = r;
    m->values[OTHER * ROWS + 7] = one;
    m->values[OTHER * ROWS + 20] = 3 * one;
    m->values[SHARE * ROWS + 20] = .05;
    m->timeline = (caus_timeline){.row_count = ROWS,
                                  .variable_count = VARIABLES,
                                  .filled = m->filled,
                                  .filled_count = ROWS,
                                  .values = m->values,
                                  .present = m->present,
                                  .whole = m->whole,
                                  .least = m->least,
                                  .adds_up = m->adds_up};
}

/* Tells what measures the same, as the scene does. */
static void number(made *m, caus_arena *arena)
{
    assert_int_equal(caus_measures_number(m->variables, VARIABLES, arena,
                                          &m->scene.measures, NULL),
                     CAUS_OK);
}

static void find(made *m, caus_arena *arena)
{
    number(m, arena);
    assert_int_equal(
        caus_few_failures_find(&m->scene, arena, &m->timeline, NULL), CAUS_OK);
    assert_true(m->least[SHARE] == 0 && m->least[REQUESTS] == 0);
}

/* Twice the deviation of one failure that is told in so many of 100 rows. */
static double told_in(size_t rows)
{
    return 2 * one * sqrt((double)rows / ROWS);
}

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

static void the_least_of_all_that_measure_the_same_is_one(void **state)
{
    made m;
    make(&m);
    find(&m, *state);
    assert_true(is_near(m.least[SURE], told_in(1)));
    assert_true(is_near(m.least[OTHER], told_in(1)));
    /* What is known to be more stays; of fewer rows it is more. */
    m.least[SURE] = 2 * one;
    m.present[OTHER] = 25;
    find(&m, *state);
    assert_true(m.least[SURE] == 2 * one);
    assert_true(is_near(m.least[OTHER], 2 * told_in(1)));
}

/* Four rows are told of each of the two, or nearly all of the healthy ones. */
static void one_may_be_told_in_many_rows(void **state)
{
    made m;
    make(&m);
    for (size_t r = 0; r < 4; r++) {
        m.values[OTHER * ROWS + 7 + r] = one;
        m.values[OTHER * ROWS + 20 + r] = 3 * one;
    }
    find(&m, *state);
    assert_true(is_near(m.least[SURE], told_in(4)));
    for (size_t r = 0; r < 25; r++)
        m.values[OTHER * ROWS + 7 + r] = one;
    find(&m, *state);
    assert_true(is_near(m.least[SURE], one));
}

static void an_outage_is_not_one_failure(void **state)
{
    made m;
    make(&m);
    memset(m.values + OTHER * ROWS, 0, ROWS * sizeof *m.values);
    static const size_t begins[] = {ROWS / 2, 40, 26};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        for (size_t r = begins[i]; r < ROWS; r++)
            m.values[SURE * ROWS + r] = 400 * one;
        find(&m, *state);
        /* It is half the root of all rows over what one of them makes. */
        assert_true(m.least[SURE] <= 400 * told_in(1) + 1e-9);
    }
}

/* Nobody ever failed before: what one is, and how long it is told, tells the
 * row in which one does; not if it does so again and again. */
static void what_never_failed_before_may_fail_once(void **state)
{
    for (size_t times = 1; times <= 3; times++) {
        made m;
        make(&m);
        memset(m.values + OTHER * ROWS, 0, ROWS * sizeof *m.values);
        for (size_t r = 0; r < 4 * times; r++)
            m.values[SURE * ROWS + 60 + r / 4 * 10 + r % 4] = one;
        find(&m, *state);
        double told = times < 3 ? told_in(4) : 0;
        assert_true(is_near(m.least[SURE], told));
    }
}

static void what_fails_all_the_time_does_not_tell(void **state)
{
    made m;
    make(&m);
    memset(m.values + OTHER * ROWS, 0, ROWS * sizeof *m.values);
    for (size_t r = 0; r < ROWS; r++)
        m.values[SURE * ROWS + r] = r % 5 < 2 ? 0 : (double)(20 + r % 3) * one;
    find(&m, *state);
    assert_true(m.least[SURE] == 0);
    for (size_t r = 0; r < ROWS; r++)
        m.values[SURE * ROWS + r] = r % 5 < 3 ? 0 : (double)(1 + r % 3) * one;
    find(&m, *state);
    assert_true(is_near(m.least[SURE], told_in(2)));
}

static void other_measures_have_their_own(void **state)
{
    made m;
    make(&m);
    m.variables[SURE].name = "a_timeouts_rate";
    find(&m, *state);
    assert_true(m.least[SURE] == 0);
    assert_true(is_near(m.least[OTHER], told_in(1)));
}

static void without_memory_it_says_so(void **state)
{
    made m;
    make(&m);
    number(&m, *state);
    for (long successes = 0;; successes++) {
        caus_arena *arena = caus_arena_new(0);
        fault_fail_after(successes);
        caus_status status =
            caus_few_failures_find(&m.scene, arena, &m.timeline, NULL);
        bool failed = fault_stop();
        assert_int_equal(status, failed ? CAUS_ERR_OUT_OF_MEMORY : CAUS_OK);
        caus_arena_free(arena);
        if (!failed)
            break;
    }
}

static int set_up(void **state)
{
    *state = caus_arena_new(0);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    caus_arena_free(*state);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_least_of_all_that_measure_the_same_is_one),
        TEST(one_may_be_told_in_many_rows),
        TEST(an_outage_is_not_one_failure),
        TEST(what_never_failed_before_may_fail_once),
        TEST(what_fails_all_the_time_does_not_tell),
        TEST(other_measures_have_their_own),
        TEST(without_memory_it_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
