/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "discovery/fci_internal.h"
#include "numeric/distributions.h"

enum { LEAST_ROWS = 5 };

caus_fci_options caus_fci_options_default(void)
{
    return (caus_fci_options){.alpha = .01,
                              .max_conditions = SIZE_MAX,
                              .colliders = CAUS_COLLIDERS_CONSERVATIVE};
}

/* What a search has so far. */
typedef struct search {
    const caus_engine *engine;
    const caus_fci_options *options;
    const caus_run *run;
    caus_arena *scratch;
    caus_walk *walks;
    caus_skeleton_options limits;
    caus_skeleton skeleton;
    caus_colliders colliders;
    caus_pag pag;
    caus_rfci rfci;
    bool stopped; /* while marks were found */
} search;

static uint64_t used_tests(const search *s)
{
    uint64_t used = 0;
    for (int k = 0; k < caus_run_threads(s->run); k++)
        used += s->walks[k].test_count;
    return used;
}

/* ---- marks ---- */

static bool may_go_on(search *s)
{
    s->stopped = s->stopped || caus_run_should_stop(s->run);
    return !s->stopped;
}

/* Whether an edge on a path was refuted: then marks are to begin anew. */
static bool is_refuted(const search *s)
{
    if (!s->options->fast)
        return false;
    for (size_t v = 0; v < s->skeleton.node_count; v++)
        if (s->rfci.refuted[v])
            return true;
    return s->rfci.status != CAUS_OK;
}

static bool close_arrows(search *s)
{
    bool changed = false, again = true;
    while (again && may_go_on(s)) {
        caus_pag_ask_arrows(&s->pag);
        caus_pag_ask_discriminating(
            &s->pag, s->options->fast ? caus_rfci_trusts : NULL, &s->rfci);
        if (is_refuted(s))
            return false;
        again = caus_pag_draw(&s->pag);
        changed = changed || again;
    }
    return changed;
}

static bool close_one(search *s, void (*ask)(caus_pag *pag))
{
    bool changed = false, again = true;
    while (again && may_go_on(s)) {
        ask(&s->pag);
        again = caus_pag_draw(&s->pag);
        changed = changed || again;
    }
    return changed;
}

/* Arrows before tails. With true separations one pass finds all. */
static void close_marks(search *s)
{
    bool again = true;
    while (again && may_go_on(s)) {
        again = close_arrows(s);
        if (is_refuted(s))
            return;
        if (s->options->selection) {
            again |= close_one(s, caus_pag_ask_undirected);
            again |= close_one(s, caus_pag_ask_selected);
        }
        again |= close_one(s, caus_pag_ask_tails);
    }
}

static caus_status find_marks(search *s, caus_error *err)
{
    s->skeleton.test_count = used_tests(s);
    s->colliders = (caus_colliders){0};
    if (s->skeleton.complete)
        CAUS_TRY(caus_colliders_find(s->engine, &s->skeleton,
                                     s->options->colliders, &s->limits, s->run,
                                     s->walks, s->scratch, &s->colliders, err));
    CAUS_TRY(caus_pag_init(&s->pag, &s->skeleton, s->limits.prior,
                           &s->colliders, s->scratch, err));
    s->pag.selection = s->options->selection;
    if (s->colliders.complete)
        close_marks(s);
    return CAUS_OK;
}

/* ---- the two searches ---- */

static caus_status search_plain(search *s, caus_error *err)
{
    if (s->skeleton.complete)
        CAUS_TRY(caus_fci_refine(s->engine, &s->limits, s->run, s->walks,
                                 s->scratch, &s->skeleton, err));
    return find_marks(s, err);
}

static caus_status search_fast(search *s, caus_error *err)
{
    s->limits.first_set_binds = true;
    s->rfci = (caus_rfci){.engine = s->engine,
                          .options = &s->limits,
                          .run = s->run,
                          .walks = s->walks,
                          .skeleton = &s->skeleton,
                          .arena = s->scratch,
                          .err = err};
    CAUS_TRY(caus_rfci_init(&s->rfci, err));
    do {
        if (s->skeleton.complete)
            CAUS_TRY(caus_rfci_check_triples(&s->rfci, err));
        CAUS_TRY(find_marks(s, err));
        if (s->rfci.status != CAUS_OK)
            return s->rfci.status;
    } while (caus_rfci_take_away(&s->rfci));
    s->stopped = s->stopped || s->rfci.exhausted[0] || s->walks->stopped;
    return CAUS_OK;
}

static caus_status give_graph(const search *s, caus_arena *out,
                              caus_graph *graph, caus_error *err)
{
    size_t nodes = s->skeleton.node_count, count = s->colliders.ambiguous_count;
    CAUS_TRY(caus_graph_init(graph, nodes, 0, out, err));
    for (size_t a = 0; a < nodes; a++)
        for (size_t b = a + 1; b < nodes; b++)
            if (caus_pag_joins(&s->pag, a, b))
                caus_graph_set(graph, a, b, 0, caus_pag_mark(&s->pag, b, a),
                               caus_pag_mark(&s->pag, a, b));
    if (!count)
        return CAUS_OK;
    caus_triple *ambiguous = CAUS_ARRAY(out, caus_triple, count);
    if (!ambiguous)
        return caus_arena_fail(out, err);
    memcpy(ambiguous, s->colliders.ambiguous, count * sizeof *ambiguous);
    graph->ambiguous = ambiguous;
    graph->ambiguous_count = count;
    return CAUS_OK;
}

caus_status caus_fci_learn(const caus_engine *engine,
                           const caus_fci_options *options, const caus_run *run,
                           caus_arena *out, caus_discovery *result,
                           caus_error *err)
{
    search s = {.engine = engine,
                .options = options,
                .run = run,
                .scratch = caus_run_scratch(run, 0),
                .limits = {.max_conditions = options->max_conditions,
                           .max_tests = options->max_tests}};
    CAUS_TRY(caus_prior_read(engine, options->assumptions, true, s.scratch,
                             &s.limits.prior, err));
    CAUS_TRY(caus_walks_init(engine, run, &s.walks, err));
    CAUS_TRY(caus_skeleton_learn(engine, &s.limits, run, s.walks, s.scratch,
                                 &s.skeleton, err));
    CAUS_TRY(options->fast ? search_fast(&s, err) : search_plain(&s, err));
    caus_status status = caus_run_check(run, err);
    if (status == CAUS_ERR_CANCELLED)
        return status;
    CAUS_TRY(give_graph(&s, out, &result->graph, err));
    CAUS_TRY(caus_give_numbers(&s.skeleton, out, result, err));
    CAUS_TRY(caus_give_sets(&s.skeleton, out, result, err));
    CAUS_TRY(caus_give_singular(&s.skeleton, out, result, err));
    result->test_count = used_tests(&s);
    result->complete = s.colliders.complete && !s.stopped;
    return CAUS_OK;
}

static caus_status learn(const void *data, const caus_correlation *correlation,
                         const caus_run *run, caus_arena *out,
                         caus_discovery *result, caus_error *err)
{
    const caus_fci_options *options = data;
    caus_fisher fisher = {correlation,
                          caus_normal_quantile(1 - options->alpha / 2)};
    caus_engine engine = caus_fisher_engine(&fisher);
    return caus_fci_learn(&engine, options, run, out, result, err);
}

caus_status caus_discover_fci(const caus_series *series,
                              const caus_fci_options *options,
                              const caus_run *run, caus_arena *out,
                              caus_discovery *result, caus_error *err)
{
    caus_fci_options defaults = caus_fci_options_default();
    if (!options)
        options = &defaults;
    CAUS_TRY(caus_check_alpha(options->alpha, err));
    return caus_static_call(series, LEAST_ROWS, run, out, learn, options,
                            result, err);
}
