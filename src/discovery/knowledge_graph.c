/* SPDX-License-Identifier: Apache-2.0 */
/* A drawn graph as rules. */
#include <string.h>

#include "base/base.h"
#include "caus/comparison.h"

static bool is_directed(const caus_named_edge *edge)
{
    return edge->marks.source == CAUS_MARK_TAIL &&
           edge->marks.target == CAUS_MARK_ARROW;
}

/* Whether the same file has an arrow the other way: feedback. */
static bool has_reverse(const caus_graph_file *drawn,
                        const caus_named_edge *edge)
{
    for (size_t k = 0; k < drawn->edge_count; k++) {
        const caus_named_edge *other = &drawn->edges[k];
        if (is_directed(other) && other->source == edge->target &&
            other->target == edge->source)
            return true;
    }
    return false;
}

/* The rule of one edge; false when it stands for none. */
static bool prior_rule(const caus_graph_file *drawn,
                       const caus_named_edge *edge, caus_rule *rule)
{
    if (!is_directed(edge) || edge->source == edge->target ||
        (edge->lag > 0 && edge->lag != SIZE_MAX) || has_reverse(drawn, edge))
        return false;
    *rule = (caus_rule){.kind = CAUS_RULE_FORBIDDEN,
                        .source = drawn->names[edge->target],
                        .target = drawn->names[edge->source],
                        .line = edge->line};
    return true;
}

static caus_status required_rule(const caus_graph_file *drawn,
                                 const caus_named_edge *edge, size_t max_lag,
                                 caus_rule *rule, caus_error *err)
{
    const char *source = drawn->names[edge->source];
    const char *target = drawn->names[edge->target];
    if (!is_directed(edge))
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: %s %s %s has no direction, so it cannot "
                         "be required: draw it as --> or trust the graph less",
                         drawn->path, edge->line, source,
                         caus_edge_text(edge->marks), target);
    if (edge->lag == SIZE_MAX && max_lag > 0)
        return CAUS_FAIL(
            err, CAUS_ERR_INVALID_DATA,
            "%s line %zu: %s --> %s has no lag, and a link that is "
            "required over time needs one: give it a lag, 0 to "
            "%zu, or trust the graph less",
            drawn->path, edge->line, source, target, max_lag);
    size_t lag = edge->lag == SIZE_MAX ? 0 : edge->lag;
    *rule = (caus_rule){.kind = CAUS_RULE_REQUIRED,
                        .source = source,
                        .target = target,
                        .first_lag = lag,
                        .last_lag = lag,
                        .line = edge->line};
    return CAUS_OK;
}

static bool is_among(const caus_series *series, const caus_graph_file *drawn,
                     const caus_named_edge *edge)
{
    return caus_series_find(series, drawn->names[edge->source]) != SIZE_MAX &&
           caus_series_find(series, drawn->names[edge->target]) != SIZE_MAX;
}

caus_status caus_knowledge_add_graph(const caus_knowledge *known,
                                     const caus_graph_file *drawn,
                                     caus_graph_trust trust,
                                     const caus_series *series, size_t max_lag,
                                     caus_arena *out, caus_knowledge *result,
                                     caus_error *err)
{
    caus_knowledge made = known ? *known : (caus_knowledge){0};
    caus_rule *rules =
        CAUS_ARRAY(out, caus_rule, made.rule_count + drawn->edge_count);
    if (!rules)
        return caus_arena_fail(out, err);
    for (size_t k = 0; k < made.rule_count; k++)
        rules[k] = made.rules[k];
    for (size_t k = 0; k < drawn->edge_count; k++) {
        const caus_named_edge *edge = &drawn->edges[k];
        caus_rule *rule = &rules[made.rule_count];
        if (!is_among(series, drawn, edge))
            continue;
        if (trust == CAUS_TRUST_PRIOR)
            made.rule_count += prior_rule(drawn, edge, rule);
        if (trust != CAUS_TRUST_REQUIRED || edge->source == edge->target)
            continue;
        CAUS_TRY(required_rule(drawn, edge, max_lag, rule, err));
        made.rule_count++;
    }
    for (size_t k = known ? known->rule_count : 0; k < made.rule_count; k++)
        rules[k].path = known ? drawn->path : NULL;
    made.rules = rules;
    made.path = known ? known->path : drawn->path;
    *result = made;
    return CAUS_OK;
}
