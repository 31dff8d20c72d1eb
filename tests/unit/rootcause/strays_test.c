/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that moved where nobody feels it: what it takes of others' memory. */
#include <math.h>
#include <string.h>

#include "made_case.h"
#include "rootcause/weighing.h"
#include "test.h"

typedef made_measure measure;

static double inside(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_INTERNAL];
}

/* Without a call graph: what fills in root is told by it where the memory of
 * nobody else moved but with its latency. */
static caus_explanation explain_filled(made_fixture *with, double of_mid,
                                       double of_side)
{
    measure filled[MADE_VARIABLES];
    memcpy(filled, made_incident, sizeof filled);
    filled[3].shift = 0;
    filled[4] = (measure){"mid_memory", "mid", 200, 2, of_mid};
    filled[5] = (measure){"side_memory", "side", 200, 2, of_side};
    filled[7] = (measure){"root_memory", "root", 200, 2, 120};
    caus_explain_options options = made_options();
    options.topology = NULL;
    return made_explain(with, filled, &options);
}

static bool is_warned_of_memory(const caus_explanation *told)
{
    for (size_t i = 0; i < told->warning_count; i++) {
        if (strstr(told->warnings[i], "memory of other services"))
            return true;
    }
    return false;
}

static void memory_that_moves_elsewhere_for_nothing_tells_less(void **state)
{
    static const double moves[][2] = {{90, 0}, {-90, 0}, {90, -90}};
    static const double others[] = {1, 1, 2}, exact = 1e-9;
    caus_explanation calm = explain_filled(*state, 0, 0);
    assert_string_equal(calm.suspects[0].service, "root");
    assert_false(is_warned_of_memory(&calm));
    for (size_t i = 0; i < 3; i++) {
        caus_explanation told =
            explain_filled(*state, moves[i][0], moves[i][1]);
        assert_true(fabs(inside(&told, "root") * (1 + others[i]) -
                         inside(&calm, "root")) < exact);
        assert_true(told.suspects[0].confidence < calm.suspects[0].confidence);
        assert_true(is_warned_of_memory(&told));
    }
}

/* What fills where it is felt, while another part of it is emptied, was started
 * anew. */
static void memory_that_falls_is_a_stray_whatever_rises(void **state)
{
    static const double exact = 1e-9;
    double told[2];
    for (int falls = 0; falls < 2; falls++) {
        measure felt[MADE_VARIABLES];
        memcpy(felt, made_incident, sizeof felt);
        felt[4] = (measure){"mid_memory", "mid", 200, 2, falls ? -90 : 0};
        felt[5] = (measure){"mid_heap_used", "mid", 200, 2, 90};
        felt[7] = (measure){"root_memory", "root", 200, 2, 120};
        caus_explain_options options = made_options();
        options.topology = NULL;
        caus_explanation explained = made_explain(*state, felt, &options);
        told[falls] = inside(&explained, "root");
    }
    assert_true(told[0] > 0 && fabs(told[1] * 2 - told[0]) < exact);
}

/* What all requests of an incident fill at once is its own. */
static void memory_that_fills_where_it_is_felt_is_no_stray(void **state)
{
    measure felt[MADE_VARIABLES];
    memcpy(felt, made_incident, sizeof felt);
    felt[5] = (measure){"mid_memory", "mid", 200, 2, 90};
    felt[7] = (measure){"root_memory", "root", 200, 2, 120};
    caus_explain_options options = made_options();
    options.topology = NULL;
    caus_explanation both = made_explain(*state, felt, &options);
    felt[5].shift = 0;
    caus_explanation alone = made_explain(*state, felt, &options);
    assert_true(inside(&both, "root") >= inside(&alone, "root"));
}

/* What is known of the first by the rules that its confidence goes by. */
static caus_case explain_by(made_fixture *with, const measure *measures,
                            caus_explanation *told)
{
    caus_series *series = caus_arena_array(with->arena, 1, sizeof *series);
    caus_explain_options *options =
        caus_arena_array(with->arena, 1, sizeof *options);
    *series = made_series(with->arena, measures, NULL, 1);
    *options = made_options();
    options->topology = NULL;
    caus_case about = {.series = series,
                       .whole = series,
                       .options = options,
                       .run = with->run,
                       .out = with->arena};
    assert_int_equal(caus_case_open(&about, &with->err), CAUS_OK);
    assert_int_equal(caus_case_explain(&about, told, &with->err), CAUS_OK);
    assert_string_equal(made_first_of(told), "root");
    return about;
}

/* Root shows little but what it holds, and memory of mid moved for nothing. */
static void as_much_as_the_first_has_of_memory_is_in_doubt(void **state)
{
    static const double exact = 1e-9;
    measure filled[MADE_VARIABLES];
    caus_explanation told;
    made_quiet(filled);
    filled[6].shift = .02; /* root_latency */
    filled[4] = (measure){"mid_memory", "mid", 200, 2, 90};
    filled[5] = (measure){"root_cpu", "root", 30, 1, 0};
    filled[7] = (measure){"root_memory", "root", 200, 2, 120};
    caus_case about = explain_by(*state, filled, &told);
    const caus_suspect *root = &told.suspects[0];
    double of_memory = root->terms[CAUS_TERM_INTERNAL] / root->score;
    assert_true(of_memory > .3 && of_memory < .9);
    assert_true(fabs(caus_strays_share(&about) - .5 * of_memory) < exact);
    assert_true(root->confidence <= 1 - .5 * of_memory);
    double doubted = root->confidence;
    filled[4].shift = 0;
    about = explain_by(*state, filled, &told);
    assert_true(caus_strays_share(&about) < exact);
    assert_true(told.suspects[0].confidence > 1 - .5 * of_memory);
    filled[4].shift = 90;
    filled[5].shift = 400; /* root_cpu: memory is none of what tells of it */
    about = explain_by(*state, filled, &told);
    assert_true(caus_strays_share(&about) < exact);
    assert_true(told.suspects[0].confidence > 1.2 * doubted);
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(memory_that_moves_elsewhere_for_nothing_tells_less),
        MADE(memory_that_falls_is_a_stray_whatever_rises),
        MADE(memory_that_fills_where_it_is_felt_is_no_stray),
        MADE(as_much_as_the_first_has_of_memory_is_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
