/* SPDX-License-Identifier: Apache-2.0 */
/* Error rates on data whose truth is known, in bands of five deviations. */
#include <math.h>

#include "base/base.h"
#include "caus/jpcmciplus.h"
#include "caus/windows.h"
#include "test.h"
#include "unit/contexts/world.h"

static void assert_rate(double count, double trials, double rate)
{
    double deviation = sqrt(rate * (1 - rate) / trials);
    print_message("%.4f of %.0f, expected %.3f\n", count / trials, trials,
                  rate);
    assert_true(fabs(count / trials - rate) < 5 * deviation);
}

/* Three variables without links, all moved by hidden contexts, some values
 * missing in every second world. */
static void plant_contexts(world *w, uint64_t seed, bool has_gaps)
{
    for (size_t m = 0; m < w->series.segment_count; m++)
        for (size_t t = 0; t < w->segments[m].row_count; t++) {
            caus_random place, clock;
            caus_random_init(&place, seed, 500 + m);
            caus_random_init(&clock, seed, 5000 + t);
            double kept = 3 * caus_random_normal(&place);
            double shared = 3 * caus_random_normal(&clock);
            for (size_t v = 0; v < 3; v++)
                w->values[m][3 * t + v] += kept + shared;
            if (has_gaps && (t * 5 + m) % 9 == 0) {
                w->missing[m][0] |= (uint64_t)1 << t;
                w->values[m][3 * t] = (double)NAN;
            }
        }
}

static bool has_all_dummies(const caus_jpcmciplus *found)
{
    for (size_t d = 3; d < 5; d++)
        for (size_t i = 0; i < 3; i++)
            if (caus_graph_get(&found->discovery.graph, d, i, 0).target !=
                CAUS_MARK_ARROW)
                return false;
    return true;
}

static double count_significant(const caus_jpcmciplus *found)
{
    double count = 0;
    const caus_graph *graph = &found->discovery.graph;
    for (size_t i = 0; i < 3; i++)
        for (size_t j = i + 1; j < 3; j++)
            count +=
                found->discovery.p_value[caus_graph_cell(graph, i, j, 0)] <=
                .05;
    return count;
}

/* Where both dummies were found everywhere, pairs are tested given both. */
static void links_given_dummies_are_wrong_at_the_level(void **unused)
{
    (void)unused;
    enum { WORLDS = 100 };
    double wrong = 0, worlds = 0;
    caus_run *run = world_run(2);
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world w;
        world_noise(&w, seed, 12, 20, 3);
        plant_contexts(&w, seed, seed % 2);
        caus_jpcmciplus_options options = caus_jpcmciplus_options_default();
        options.search.max_lag = 0;
        options.search.pc_alpha = .05;
        options.search.alpha = 1;
        options.search.all_links = true;
        options.search.max_conditions = 0; /* no sets of neighbours */
        caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
        if (has_all_dummies(&found)) {
            worlds++;
            wrong += count_significant(&found);
        }
        world_free(&w);
    }
    caus_run_free(run);
    assert_true(worlds > .7 * WORLDS);
    assert_rate(wrong, 3 * worlds, .05);
}

static void noise_is_linked_to_dummies_no_more_than_the_level(void **unused)
{
    (void)unused;
    enum { WORLDS = 100 };
    double wrong = 0;
    caus_run *run = world_run(2);
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world w;
        world_noise(&w, 1000 + seed, 6, 24, 2);
        caus_jpcmciplus_options options = caus_jpcmciplus_options_default();
        options.search.max_lag = 1;
        options.search.pc_alpha = .1;
        options.search.alpha = 1;
        caus_jpcmciplus found = world_discover(&w, &options, run, w.arena);
        for (size_t d = 2; d < 4; d++)
            for (size_t i = 0; i < 2; i++)
                wrong +=
                    caus_graph_get(&found.discovery.graph, d, i, 0).target ==
                    CAUS_MARK_ARROW;
        world_free(&w);
    }
    caus_run_free(run);
    double trials = 4 * WORLDS, deviation = sqrt(.1 * .9 / trials);
    print_message("%.4f of %.0f, at most .1\n", wrong / trials, trials);
    assert_true(wrong / trials < .1 + 5 * deviation);
    assert_true(wrong > 0);
}

static void equal_strengths_are_rejected_at_the_level(void **unused)
{
    (void)unused;
    enum { WORLDS = 250 };
    double rejected = 0, trials = 0;
    caus_run *run = world_run(2);
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        world w;
        world_noise(&w, 2000 + seed, 1, 240, 2);
        for (size_t t = 1; t < 240; t++) {
            double *x = w.values[0] + 2 * t;
            x[0] += .5 * x[-2];
            x[1] += .4 * x[-1] + .5 * x[-2];
        }
        caus_window_options options = {120, 120, caus_pcmci_options_default()};
        options.search.max_lag = 1;
        options.search.alpha = 1;
        options.search.pc_alpha = 1; /* the same conditions in both */
        options.search.min_lag = 1;
        caus_windows windows;
        caus_difference found;
        assert_int_equal(caus_discover_windows(&w.series, &options, run,
                                               w.arena, &windows, NULL),
                         CAUS_OK);
        assert_int_equal(caus_graph_difference(&windows.windows[0].discovery,
                                               &windows.windows[1].discovery,
                                               .05, w.arena, &found, NULL),
                         CAUS_OK);
        rejected += (double)found.changed;
        trials += (double)found.link_count;
        world_free(&w);
    }
    caus_run_free(run);
    assert_int_equal((int)trials, 4 * WORLDS);
    assert_rate(rejected, trials, .05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_given_dummies_are_wrong_at_the_level),
        cmocka_unit_test(noise_is_linked_to_dummies_no_more_than_the_level),
        cmocka_unit_test(equal_strengths_are_rejected_at_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
