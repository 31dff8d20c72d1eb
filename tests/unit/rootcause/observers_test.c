/* SPDX-License-Identifier: Apache-2.0 */
/* Who only looks at others, though it counts requests as they do. */
#include "caus/rootcause.h"
#include "caus/run.h"
#include "test.h"

enum { ROWS = 60, MOST = 12, OF_EACH = 2, OF_USERS = 2 };

/* So many services in a row, of which the first `known` call one another; and
 * what users get of them. */
static bool is_observer(caus_arena *arena, size_t known)
{
    enum { COLUMNS = MOST * OF_EACH + OF_USERS };
    static double values[ROWS * COLUMNS];
    const char *names[COLUMNS], *services[MOST];
    size_t calls[MOST][2], columns = known * OF_EACH;
    for (size_t s = 0; s < known; s++) {
        services[s] = caus_arena_format(arena, "s%zu", s);
        names[2 * s] = caus_arena_format(arena, "s%zu_cpu", s);
        names[2 * s + 1] = caus_arena_format(arena, "s%zu_requests", s);
        calls[s][0] = s;
        calls[s][1] = s + 1;
    }
    names[columns++] = "users_latency_p95";
    names[columns++] = "users_requests";
    for (size_t i = 0; i < ROWS * columns; i++)
        values[i] = 100 + (double)((i * 7919) % 101) / 50;
    const caus_topology topology = {known, services, known - 1,
                                    (const size_t(*)[2])calls};
    caus_series series;
    caus_error err;
    assert_int_equal(caus_series_from_values(names, columns, values, ROWS,
                                             INT64_C(15000000000), arena,
                                             &series, &err),
                     CAUS_OK);
    caus_variable variables[COLUMNS];
    for (size_t c = 0; c < columns; c++) {
        variables[c] = series.variables[c];
        variables[c].service =
            c < OF_EACH * known ? services[c / OF_EACH] : "users";
    }
    series.variables = variables;
    caus_explain_options options = caus_explain_options_default();
    options.topology = &topology;
    options.has_onset = true;
    options.onset_ns = series.segments[0].start_ns + 45 * series.step_ns;
    caus_explanation told;
    caus_run *run;
    assert_int_equal(caus_run_new(NULL, &run, &err), CAUS_OK);
    assert_int_equal(caus_explain(&series, &options, run, arena, &told, &err),
                     CAUS_OK);
    caus_run_free(run);
    for (size_t i = 0; i < told.suspect_count; i++) {
        if (told.suspects[i].service[0] == 'u')
            return told.suspects[i].observer;
    }
    fail_msg("nobody asked users");
    return false;
}

/* Of ten services whose calls are known hardly one is missing. */
static void whom_no_call_of_many_reaches_only_looks(void **state)
{
    assert_false(is_observer(*state, 9));
    assert_true(is_observer(*state, 10));
    assert_true(is_observer(*state, MOST));
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
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        whom_no_call_of_many_reaches_only_looks, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
