/* SPDX-License-Identifier: Apache-2.0 */
/* Who began first. */
#include <math.h>

#include "made_case.h"
#include "rootcause/weights.h"
#include "test.h"

enum {
    LATER = 12, /* rows */
    FRONT_LATENCY = 0,
    MID_LATENCY = 3,
    MID_CPU,
    ROOT_LATENCY = 6
};

static const double exact = 1e-12;

/* Mid, which calls root, is slow, or busy, some rows before front is slow; root
 * is measured by `of_root`, which is as ever. */
static caus_explanation explain_late(made_fixture *with, const char *of_root,
                                     bool is_slow)
{
    made_measure measures[MADE_VARIABLES];
    made_quiet(measures);
    measures[FRONT_LATENCY].shift = .5;
    measures[MID_LATENCY].shift = is_slow ? .5 : 0;
    measures[MID_CPU].shift = is_slow ? 0 : 20;
    measures[ROOT_LATENCY].name = of_root;
    caus_series series = made_series(with->arena, measures, NULL, 1);
    double *values = (double *)(uintptr_t)series.segments[0].values;
    for (size_t r = MADE_ONSET; r < MADE_ONSET + LATER; r++)
        values[r * MADE_VARIABLES + FRONT_LATENCY] -= .5;
    caus_explain_options options = made_options();
    return made_explain_series(with, &series, &options);
}

static double order_of(const caus_explanation *told, const char *service)
{
    return made_suspect_of(told, service)->terms[CAUS_TERM_ORDER];
}

static void whom_only_its_callers_show_began_no_later_than_these(void **state)
{
    static const char *const seen = "root_latency", *const unseen = "root_jobs";
    caus_explanation told = explain_late(*state, unseen, true);
    double of_mid = order_of(&told, "mid");
    assert_true(of_mid > 0);
    assert_true(fabs(order_of(&told, "root") - caus_weight_unseen * of_mid) <
                exact);
    told = explain_late(*state, seen, true);
    assert_true(order_of(&told, "mid") > 0);
    assert_true(order_of(&told, "root") < exact);
    /* What mid does shows nothing of whom it waits for. */
    told = explain_late(*state, unseen, false);
    assert_true(order_of(&told, "mid") > 0);
    assert_true(order_of(&told, "root") < exact);
}

#define MADE(name) \
    cmocka_unit_test_setup_teardown(name, made_set_up, made_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(whom_only_its_callers_show_began_no_later_than_these),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
