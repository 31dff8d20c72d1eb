/* SPDX-License-Identifier: Apache-2.0 */
/* What a latency is off by chance where few requests come in a row. */
#include <math.h>

#include "rootcause/few_requests.h"
#include "test.h"

enum { ROWS = 400, LATENCY = 0, LOAD = 1, OTHER_LOAD = 2, VARIABLES = 3 };

static const double exact = 1e-12;

/* A service of two kinds of calls, of which those to nobody in particular are
 * measured by a latency and a load. */
typedef struct made {
    double values[VARIABLES * ROWS], chance[VARIABLES];
    size_t filled[ROWS], toward[VARIABLES], callee_start[2];
    size_t service_of[VARIABLES];
    caus_aspect aspects[VARIABLES];
    caus_timeline timeline;
    caus_scene scene;
} made;

static void make(made *m)
{
    static const caus_aspect aspects[] = {CAUS_ASPECT_LATENCY, CAUS_ASPECT_LOAD,
                                          CAUS_ASPECT_LOAD};
    *m = (made){.callee_start = {0, 1}};
    for (size_t v = 0; v < VARIABLES; v++) {
        m->aspects[v] = aspects[v];
        m->toward[v] = v == OTHER_LOAD ? 0 : SIZE_MAX;
        for (size_t r = 0; r < ROWS; r++)
            m->values[v * ROWS + r] = v == OTHER_LOAD ? (double)(r % 2) : 1;
    }
    for (size_t r = 0; r < ROWS; r++)
        m->filled[r] = r;
    m->timeline = (caus_timeline){.row_count = ROWS,
                                  .variable_count = VARIABLES,
                                  .filled = m->filled,
                                  .filled_count = ROWS,
                                  .values = m->values,
                                  .chance = m->chance};
    m->scene = (caus_scene){.service_count = 1,
                            .service_of = m->service_of,
                            .aspects = m->aspects,
                            .toward = m->toward,
                            .callee_start = m->callee_start};
}

static double chance_of(made *m, caus_arena *arena)
{
    caus_error err = {0};
    assert_int_equal(
        caus_few_requests_find(&m->scene, arena, &m->timeline, &err), CAUS_OK);
    assert_true(m->chance[LOAD] == 0 && m->chance[OTHER_LOAD] == 0);
    return m->chance[LATENCY];
}

/* Of so many rows in turn the last has no request. */
static void leave_out(made *m, size_t from, size_t to, size_t turn)
{
    for (size_t r = from; r < to; r++)
        m->values[LOAD * ROWS + r] = r % turn == turn - 1 ? 0 : 1;
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

static void many_requests_leave_no_chance(void **state)
{
    made m;
    make(&m);
    assert_true(chance_of(&m, *state) == 0);
}

/* Where e^-n of the rows have none, n come in each. */
static void few_requests_leave_the_root_of_their_number(void **state)
{
    static const size_t turns[] = {2, 4, 10, 20};
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        made m;
        make(&m);
        leave_out(&m, 0, ROWS, turns[i]);
        double requests = log((double)turns[i]);
        assert_true(fabs(chance_of(&m, *state) - 1 / sqrt(requests)) < exact);
    }
}

static void hardly_any_request_tells_something(void **state)
{
    made m;
    make(&m);
    leave_out(&m, 0, ROWS, 1);
    m.values[LOAD * ROWS] = 1;
    assert_true(chance_of(&m, *state) == 2);
}

/* The latency says that some came: the load is of others. */
static void no_request_at_all_tells_nothing(void **state)
{
    made m;
    make(&m);
    leave_out(&m, 0, ROWS, 1);
    assert_true(chance_of(&m, *state) == 0);
}

static void what_is_counted_most_often_tells(void **state)
{
    made m;
    make(&m);
    leave_out(&m, 0, ROWS, 4);
    m.toward[OTHER_LOAD] = SIZE_MAX;
    double chance = chance_of(&m, *state);
    assert_true(fabs(chance - 1 / sqrt(log(4))) < exact);
}

/* Nobody comes through in an incident. */
static void an_outage_is_no_lack_of_requests(void **state)
{
    made m;
    make(&m);
    leave_out(&m, ROWS / 2, ROWS, 2);
    assert_true(chance_of(&m, *state) == 0);
}

static void what_is_not_measured_is_not_none(void **state)
{
    made m;
    make(&m);
    for (size_t r = 0; r < ROWS; r += 2)
        m.values[LOAD * ROWS + r] = (double)NAN;
    assert_true(chance_of(&m, *state) == 0);
}

static void
calls_to_somebody_are_not_those_to_nobody_in_particular(void **state)
{
    made m;
    make(&m);
    m.toward[LATENCY] = 0; /* as the other load, of which every second is 0 */
    assert_true(fabs(chance_of(&m, *state) - 1 / sqrt(log(2))) < exact);
}

static void other_aspects_and_no_service_have_none(void **state)
{
    made m;
    make(&m);
    leave_out(&m, 0, ROWS, 2);
    m.service_of[LATENCY] = SIZE_MAX;
    assert_true(chance_of(&m, *state) == 0);
    m.service_of[LATENCY] = 0;
    m.aspects[LATENCY] = CAUS_ASPECT_CPU;
    assert_true(chance_of(&m, *state) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_requests_leave_no_chance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            few_requests_leave_the_root_of_their_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hardly_any_request_tells_something,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_request_at_all_tells_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_counted_most_often_tells,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_outage_is_no_lack_of_requests,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_measured_is_not_none,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            calls_to_somebody_are_not_those_to_nobody_in_particular, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(other_aspects_and_no_service_have_none,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
