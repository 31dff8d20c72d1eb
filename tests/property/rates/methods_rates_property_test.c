/* SPDX-License-Identifier: Apache-2.0 */
/* Error rates of the methods besides the PCMCI family, in noise and where
 * links are known. */
#include <math.h>

#include "caus/correlation.h"
#include "caus/fci.h"
#include "caus/granger.h"
#include "caus/lpcmci.h"
#include "caus/structure.h"
#include "test.h"
#include "unit/discovery/planted.h"

enum { VARIABLES = 6, ROWS = 300, LAGS = 2 };

/* What a method found: its edges in an arena. */
typedef caus_status learn_fn(const caus_series *series, double alpha,
                             caus_fdr fdr, const caus_run *run,
                             caus_arena *arena, caus_discovery *found);

static caus_status run_granger(const caus_series *series,
                               const caus_granger_options *options,
                               const caus_run *run, caus_arena *arena,
                               caus_discovery *found)
{
    caus_granger made;
    CAUS_TRY(caus_discover_granger(series, options, run, arena, &made, NULL));
    *found = made.found;
    return CAUS_OK;
}

static caus_status learn_granger(const caus_series *series, double alpha,
                                 caus_fdr fdr, const caus_run *run,
                                 caus_arena *arena, caus_discovery *found)
{
    caus_granger_options options = caus_granger_options_default();
    options.alpha = alpha;
    options.fdr = fdr;
    return run_granger(series, &options, run, arena, found);
}

static caus_status learn_pairs(const caus_series *series, double alpha,
                               caus_fdr fdr, const caus_run *run,
                               caus_arena *arena, caus_discovery *found)
{
    caus_granger_options options = caus_granger_options_default();
    options.max_lag = LAGS;
    options.alpha = alpha;
    options.fdr = fdr;
    options.pairwise = true;
    return run_granger(series, &options, run, arena, found);
}

static caus_status learn_correlation(const caus_series *series, double alpha,
                                     caus_fdr fdr, const caus_run *run,
                                     caus_arena *arena, caus_discovery *found)
{
    caus_correlation_options options = caus_correlation_options_default();
    options.max_lag = LAGS;
    options.alpha = alpha;
    options.fdr = fdr;
    return caus_discover_correlation(series, &options, run, arena, found, NULL);
}

static caus_status learn_ranks(const caus_series *series, double alpha,
                               caus_fdr fdr, const caus_run *run,
                               caus_arena *arena, caus_discovery *found)
{
    caus_correlation_options options = caus_correlation_options_default();
    options.kind = CAUS_CORRELATION_SPEARMAN;
    options.max_lag = LAGS;
    options.alpha = alpha;
    options.fdr = fdr;
    return caus_discover_correlation(series, &options, run, arena, found, NULL);
}

static caus_status learn_pc(const caus_series *series, double alpha,
                            caus_fdr fdr, const caus_run *run,
                            caus_arena *arena, caus_discovery *found)
{
    caus_pc_options options = caus_pc_options_default();
    (void)fdr;
    options.alpha = alpha;
    return caus_discover_pc(series, &options, run, arena, found, NULL);
}

static caus_status learn_fci(const caus_series *series, double alpha,
                             caus_fdr fdr, const caus_run *run,
                             caus_arena *arena, caus_discovery *found)
{
    caus_fci_options options = caus_fci_options_default();
    (void)fdr;
    options.alpha = alpha;
    return caus_discover_fci(series, &options, run, arena, found, NULL);
}

static caus_status learn_lpcmci(const caus_series *series, double alpha,
                                caus_fdr fdr, const caus_run *run,
                                caus_arena *arena, caus_discovery *found)
{
    caus_lpcmci_options options = caus_lpcmci_options_default();
    (void)fdr;
    options.max_lag = LAGS;
    options.alpha = alpha;
    return caus_discover_lpcmci(series, &options, run, arena, found, NULL);
}

static caus_discovery learn(learn_fn *method, planted *world, double alpha,
                            caus_fdr fdr, const caus_run *run)
{
    caus_discovery found;
    caus_series series = world->series;
    series.segments = world->segments;
    assert_int_equal(method(&series, alpha, fdr, run, world->arena, &found),
                     CAUS_OK);
    return found;
}

/* A share that was found so far from another that chance is no excuse. */
static double deviations(double found, double count, double rate)
{
    return (found - rate * count) / sqrt(rate * (1 - rate) * count);
}

/* A search that tests a link once links alpha of them; one that drops what any
 * test allows, no more. */
static void noise_is_linked_at_the_rate_of_alpha(void **unused)
{
    (void)unused;
    enum { TRIALS = 200, PAIRS = VARIABLES * (VARIABLES - 1) / 2 };
    static const struct {
        learn_fn *method;
        size_t hypotheses;
        bool drops;
    } cases[] = {
        {learn_granger, 2 * PAIRS, false},
        {learn_pairs, 2 * PAIRS, false},
        {learn_correlation, PAIRS + LAGS * VARIABLES * VARIABLES, false},
        {learn_ranks, PAIRS + LAGS * VARIABLES * VARIABLES, false},
        {learn_pc, PAIRS, true},
        {learn_fci, PAIRS, true},
        {learn_lpcmci, PAIRS + LAGS * VARIABLES * VARIABLES, true},
    };
    const double alpha = .05;
    caus_run *run = planted_run(1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        size_t links = 0;
        for (size_t trial = 0; trial < TRIALS; trial++) {
            planted world = planted_noise(70 + trial, 1, ROWS, VARIABLES);
            caus_discovery found =
                learn(cases[k].method, &world, alpha, CAUS_FDR_NONE, run);
            links += caus_graph_edge_count(&found.graph);
            planted_free(&world);
        }
        double off = deviations((double)links,
                                (double)(TRIALS * cases[k].hypotheses), alpha);
        if (off > 4.3 || (off < -4.3 && !cases[k].drops) || !links)
            fail_msg("method %zu: %zu links, %.1f deviations", k, links, off);
    }
    caus_run_free(run);
}

/* What planted_chain() draws between two variables, at any lag. */
static bool is_true(size_t source, size_t target)
{
    return source + 1 == target || (source == 0 && target > 1);
}

static double false_share(const caus_graph *graph, bool nothing_is_true)
{
    size_t links = 0, wrong = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        for (size_t j = 0; j < graph->node_count; j++)
            for (size_t lag = 0; lag <= graph->max_lag; lag++) {
                caus_edge edge = caus_graph_get(graph, i, j, lag);
                if (edge.source == CAUS_MARK_NONE || (lag == 0 && i >= j))
                    continue;
                links++;
                wrong += nothing_is_true || !is_true(i, j);
            }
    return links ? (double)wrong / (double)links : 0;
}

static void false_links_are_no_more_than_the_rate_asked_for(void **unused)
{
    (void)unused;
    enum { TRIALS = 300 };
    static const struct {
        learn_fn *method;
        bool in_noise;
    } cases[] = {{learn_granger, true},
                 {learn_granger, false},
                 {learn_pairs, true},
                 {learn_correlation, true},
                 {learn_ranks, true}};
    const double level = .1;
    caus_run *run = planted_run(1);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int fdr = CAUS_FDR_BH; fdr <= CAUS_FDR_BY; fdr++) {
            double sum = 0, squares = 0;
            for (size_t trial = 0; trial < TRIALS; trial++) {
                planted world =
                    cases[k].in_noise
                        ? planted_noise(500 + trial, 1, ROWS, VARIABLES)
                        : planted_chain(500 + trial, 1, ROWS, VARIABLES);
                caus_discovery found =
                    learn(cases[k].method, &world, level, (caus_fdr)fdr, run);
                double share = false_share(&found.graph, cases[k].in_noise);
                sum += share;
                squares += share * share;
                planted_free(&world);
            }
            double mean = sum / TRIALS;
            double deviation = sqrt((squares / TRIALS - mean * mean) / TRIALS);
            if (mean > level + 4 * deviation)
                fail_msg("case %zu, FDR %d: %.3f of the links are false", k,
                         fdr, mean);
        }
    caus_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_linked_at_the_rate_of_alpha),
        cmocka_unit_test(false_links_are_no_more_than_the_rate_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
