/* SPDX-License-Identifier: Apache-2.0 */
/* What was drawn against what was found. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/comparison.h"
#include "numeric/distributions.h"

/* A correlation that rows must be able to show before its absence counts. */
static const double least_effect = .3;
/* Normal quantile of a power of four in five. */
static const double power_quantile = .8416212335729143;

const char *caus_support_name(caus_support support)
{
    static const char *const names[] = {"supported", "contradicted",
                                        "not testable"};
    return names[support];
}

typedef struct comparing {
    const caus_graph_file *drawn;
    const caus_series *series;
    const caus_discovery *found;
    const caus_comparison_options *options;
    const size_t *variable; /* [drawn nodes] or SIZE_MAX */
    caus_arena *out;
} comparing;

/* ---- marks ---- */

typedef enum fit {
    FIT_NONE, /* no edge */
    FIT_OPPOSED,
    FIT_OPEN, /* what was drawn is possible */
    FIT_SAME
} fit;

/* --- says nothing about directions. */
static caus_edge opened(caus_edge marks)
{
    if (marks.source == CAUS_MARK_TAIL && marks.target == CAUS_MARK_TAIL)
        return (caus_edge){CAUS_MARK_CIRCLE, CAUS_MARK_CIRCLE};
    return marks;
}

static bool is_definite(unsigned char mark)
{
    return mark == CAUS_MARK_TAIL || mark == CAUS_MARK_ARROW;
}

static fit fit_marks(caus_edge drawn, caus_edge found)
{
    if (found.source == CAUS_MARK_NONE)
        return FIT_NONE;
    drawn = opened(drawn);
    found = opened(found);
    const unsigned char pairs[2][2] = {{drawn.source, found.source},
                                       {drawn.target, found.target}};
    fit result = FIT_SAME;
    for (size_t end = 0; end < 2; end++) {
        if (!is_definite(pairs[end][0]))
            continue;
        if (!is_definite(pairs[end][1]))
            result = FIT_OPEN;
        else if (pairs[end][0] != pairs[end][1])
            return FIT_OPPOSED;
    }
    return result;
}

/* ---- one drawn edge ---- */

static size_t lags_of(const comparing *c)
{
    return c->found->graph.max_lag + 1;
}

static double strength(const comparing *c, size_t source, size_t target,
                       size_t lag)
{
    size_t cell = caus_graph_cell(&c->found->graph, source, target, lag);
    double value = c->found->statistic ? c->found->statistic[cell] : 0;
    return isnan(value) ? 0 : fabs(value);
}

/* The lag in [first, last] whose edge fits best, the strongest of equals. */
static size_t best_lag(const comparing *c, const caus_named_edge *edge,
                       size_t first, size_t last, fit *best)
{
    size_t source = c->variable[edge->source];
    size_t target = c->variable[edge->target], chosen = first;
    double most = -1;
    *best = FIT_NONE;
    for (size_t lag = first; lag <= last; lag++) {
        if (source == target && lag == 0)
            continue;
        fit here = fit_marks(
            edge->marks, caus_graph_get(&c->found->graph, source, target, lag));
        double now = strength(c, source, target, lag);
        if (here < *best || (here == *best && now <= most))
            continue;
        *best = here;
        most = now;
        chosen = lag;
    }
    return chosen;
}

static void take_numbers(const comparing *c, caus_drawn_edge *v, size_t lag)
{
    size_t source = c->variable[v->drawn->source];
    size_t target = c->variable[v->drawn->target];
    size_t cell = caus_graph_cell(&c->found->graph, source, target, lag);
    v->lag = lag;
    v->found = caus_graph_get(&c->found->graph, source, target, lag);
    v->statistic =
        c->found->statistic ? c->found->statistic[cell] : (double)NAN;
    v->p_value = c->found->p_value ? c->found->p_value[cell] : (double)NAN;
}

static caus_status settle(const comparing *c, caus_drawn_edge *v,
                          caus_support support, const char *reason,
                          caus_error *err)
{
    v->support = support;
    v->reason = reason;
    return reason ? CAUS_OK : caus_arena_fail(c->out, err);
}

/* What knowledge said of the edge before the search. */
static caus_assumption assumed(const comparing *c, const caus_named_edge *edge,
                               size_t lag)
{
    const unsigned char *cells = c->options->assumptions;
    if (!cells)
        return CAUS_ASSUME_UNKNOWN;
    return (caus_assumption)
        cells[caus_graph_cell(&c->found->graph, c->variable[edge->source],
                              c->variable[edge->target], lag)];
}

/* The smallest correlation that would have been found four times in five. */
static double detectable(const comparing *c, size_t cell)
{
    double alpha = isnan(c->options->alpha) ? .05 : c->options->alpha;
    double df = (double)c->found->rows_used - 3;
    if (c->found->df && c->found->df[cell] > 0)
        df = c->found->df[cell] - 1;
    if (!c->options->is_correlation)
        return 0;
    if (!(df >= 1) || !(alpha < 1))
        return alpha < 1 ? 1 : 0;
    return tanh((caus_normal_quantile(1 - alpha / 2) + power_quantile) /
                sqrt(df));
}

/* No edge was found in the direction and at the lags that were drawn. */
static caus_status judge_absence(const comparing *c, caus_drawn_edge *v,
                                 caus_error *err)
{
    const caus_named_edge *edge = v->drawn;
    fit other;
    size_t elsewhere = best_lag(c, edge, 0, lags_of(c) - 1, &other);
    if (other >= FIT_OPEN) {
        take_numbers(c, v, elsewhere);
        return settle(
            c, v, CAUS_EDGE_CONTRADICTED,
            caus_arena_format(c->out, "found at lag %zu instead", elsewhere),
            err);
    }
    caus_named_edge turned = *edge;
    turned.source = edge->target;
    turned.target = edge->source;
    size_t back = best_lag(c, &turned, 0, lags_of(c) - 1, &other);
    if (other != FIT_NONE && back > 0)
        return settle(c, v, CAUS_EDGE_CONTRADICTED,
                      caus_arena_format(c->out,
                                        "found the other way round, at lag %zu",
                                        back),
                      err);
    double needed = detectable(
        c, caus_graph_cell(&c->found->graph, c->variable[edge->source],
                           c->variable[edge->target], v->lag));
    if (needed > least_effect)
        return settle(c, v, CAUS_EDGE_UNTESTABLE,
                      caus_arena_format(c->out,
                                        "%zu rows only show links of %.2f or "
                                        "more",
                                        c->found->rows_used, needed),
                      err);
    return settle(c, v, CAUS_EDGE_CONTRADICTED, "no link was found", err);
}

static caus_status judge_found(const comparing *c, caus_drawn_edge *v, fit how,
                               caus_error *err)
{
    if (how == FIT_SAME)
        return settle(c, v, CAUS_EDGE_SUPPORTED, "found", err);
    if (how == FIT_OPEN)
        return settle(c, v, CAUS_EDGE_SUPPORTED, "found, direction open", err);
    if (v->found.source == CAUS_MARK_ARROW &&
        v->found.target == CAUS_MARK_ARROW)
        return settle(c, v, CAUS_EDGE_CONTRADICTED,
                      "found as a hidden common cause", err);
    bool was_hidden = v->drawn->marks.source == CAUS_MARK_ARROW;
    return settle(c, v, CAUS_EDGE_CONTRADICTED,
                  was_hidden ? "found as a cause, not as a hidden common one"
                             : "found the other way round",
                  err);
}

/* Whether the edge could not be looked for at all. */
static caus_status judge_outside(const comparing *c, caus_drawn_edge *v,
                                 bool *is_outside, caus_error *err)
{
    const caus_named_edge *edge = v->drawn;
    bool has_source = c->variable[edge->source] != SIZE_MAX;
    *is_outside = true;
    if (!has_source || c->variable[edge->target] == SIZE_MAX)
        return settle(c, v, CAUS_EDGE_UNTESTABLE,
                      caus_arena_format(c->out, "%s is not among the variables",
                                        has_source ? v->target : v->source),
                      err);
    if (edge->lag != SIZE_MAX && edge->lag >= lags_of(c))
        return settle(c, v, CAUS_EDGE_UNTESTABLE,
                      caus_arena_format(c->out, "lags up to %zu were searched",
                                        lags_of(c) - 1),
                      err);
    if (edge->source == edge->target && lags_of(c) == 1)
        return settle(c, v, CAUS_EDGE_UNTESTABLE, "no lags were searched", err);
    *is_outside = false;
    return CAUS_OK;
}

static caus_status judge(const comparing *c, caus_drawn_edge *v,
                         caus_error *err)
{
    const caus_named_edge *edge = v->drawn;
    bool is_outside;
    CAUS_TRY(judge_outside(c, v, &is_outside, err));
    if (is_outside)
        return CAUS_OK;
    bool any = edge->lag == SIZE_MAX;
    fit how;
    size_t lag = best_lag(c, edge, any ? 0 : edge->lag,
                          any ? lags_of(c) - 1 : edge->lag, &how);
    take_numbers(c, v, lag);
    caus_assumption known = assumed(c, edge, lag);
    if (known == CAUS_ASSUME_LINK || known == CAUS_ASSUME_LINK_BACK ||
        known == CAUS_ASSUME_ADJACENT) {
        v->statistic = v->p_value = (double)NAN;
        return settle(c, v, CAUS_EDGE_UNTESTABLE, "required, not tested", err);
    }
    if (known == CAUS_ASSUME_ABSENT && !any)
        return settle(c, v, CAUS_EDGE_UNTESTABLE,
                      "ruled out by knowledge, not tested", err);
    return how == FIT_NONE ? judge_absence(c, v, err)
                           : judge_found(c, v, how, err);
}

/* ---- the edges that were found ---- */

/* How the found edge of a cell stands to those that join its ends. */
static caus_agreement agree(const comparing *c, size_t source, size_t target,
                            size_t lag)
{
    caus_edge found = caus_graph_get(&c->found->graph, source, target, lag);
    caus_agreement best = CAUS_AGREEMENT_LACKING;
    if (found.source == CAUS_MARK_NONE)
        return CAUS_AGREEMENT_NONE;
    if (source == target)
        return CAUS_AGREEMENT_OWN_PAST;
    for (size_t k = 0; k < c->drawn->edge_count; k++) {
        const caus_named_edge *edge = &c->drawn->edges[k];
        size_t from = c->variable[edge->source];
        size_t to = c->variable[edge->target];
        bool forward = from == source && to == target;
        bool back = from == target && to == source;
        if (!forward && !back)
            continue;
        best = CAUS_AGREEMENT_OTHER;
        bool is_lag = edge->lag == SIZE_MAX || edge->lag == lag;
        caus_edge marks = edge->marks;
        if (back)
            marks = (caus_edge){edge->marks.target, edge->marks.source};
        bool has_direction =
            forward || lag == 0 || opened(marks).source == CAUS_MARK_CIRCLE;
        if (is_lag && has_direction && fit_marks(marks, found) >= FIT_OPEN)
            return CAUS_AGREEMENT_SAME;
    }
    return best;
}

static caus_status fill_agreement(const comparing *c, caus_comparison *made,
                                  caus_error *err)
{
    size_t nodes = c->found->graph.node_count, lags = lags_of(c);
    unsigned char *agreement =
        CAUS_ARRAY(c->out, unsigned char, nodes *nodes *lags);
    if (!agreement)
        return caus_arena_fail(c->out, err);
    for (size_t cell = 0; cell < nodes * nodes * lags; cell++) {
        size_t source = cell / lags / nodes, target = cell / lags % nodes;
        size_t lag = cell % lags;
        if (source == target && lag == 0)
            continue;
        caus_agreement here = agree(c, source, target, lag);
        agreement[cell] = (unsigned char)here;
        made->lacking +=
            here == CAUS_AGREEMENT_LACKING && (lag > 0 || source < target);
    }
    made->agreement = agreement;
    return CAUS_OK;
}

static caus_status find_variables(comparing *c, caus_error *err)
{
    size_t *variable = CAUS_ARRAY(c->out, size_t, c->drawn->node_count);
    if (!variable)
        return caus_arena_fail(c->out, err);
    for (size_t k = 0; k < c->drawn->node_count; k++)
        variable[k] = caus_series_find(c->series, c->drawn->names[k]);
    c->variable = variable;
    return CAUS_OK;
}

caus_status caus_graph_compare(const caus_graph_file *drawn,
                               const caus_series *series,
                               const caus_discovery *found,
                               const caus_comparison_options *options,
                               caus_arena *out, caus_comparison *result,
                               caus_error *err)
{
    comparing c = {.drawn = drawn,
                   .series = series,
                   .found = found,
                   .options = options,
                   .out = out};
    caus_drawn_edge *edges =
        CAUS_ARRAY(out, caus_drawn_edge, drawn->edge_count);
    if (!edges)
        return caus_arena_fail(out, err);
    caus_comparison made = {
        .path = drawn->path, .edges = edges, .edge_count = drawn->edge_count};
    CAUS_TRY(find_variables(&c, err));
    for (size_t k = 0; k < drawn->edge_count; k++) {
        edges[k] =
            (caus_drawn_edge){.drawn = &drawn->edges[k],
                              .source = drawn->names[drawn->edges[k].source],
                              .target = drawn->names[drawn->edges[k].target],
                              .lag = SIZE_MAX,
                              .statistic = (double)NAN,
                              .p_value = (double)NAN};
        CAUS_TRY(judge(&c, &edges[k], err));
        made.supported += edges[k].support == CAUS_EDGE_SUPPORTED;
        made.contradicted += edges[k].support == CAUS_EDGE_CONTRADICTED;
        made.untestable += edges[k].support == CAUS_EDGE_UNTESTABLE;
    }
    CAUS_TRY(fill_agreement(&c, &made, err));
    *result = made;
    return CAUS_OK;
}
