/* SPDX-License-Identifier: Apache-2.0 */
/* Turns rules about names into assumptions about links. */
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "caus/knowledge.h"
#include "discovery/knowledge_names.h"

/* Who said so about one directed link, 1 and up; 0 = nobody. */
typedef struct verdict {
    uint32_t required;
    uint32_t forbidden;
    bool is_apart; /* forbidden, a common cause included */
} verdict;

/* The rules that leave a link its lags, by the least and the largest. */
typedef struct span {
    uint32_t from, to; /* rules, 1 and up; 0 = none */
} span;

typedef struct ledger {
    const caus_knowledge *knowledge;
    const caus_series *series;
    const caus_topology *topology;
    const caus_series *others;
    size_t lags;       /* max_lag + 1 */
    verdict *verdicts; /* [N × N × lags], both directions at lag 0 */
    span *spans;       /* [N × N] */
} ledger;

static verdict *verdict_at(const ledger *l, size_t source, size_t target,
                           size_t lag)
{
    size_t cell = source * l->series->variable_count + target;
    return &l->verdicts[cell * l->lags + lag];
}

static const char *name_of(const ledger *l, size_t variable)
{
    return l->series->variables[variable].name;
}

/* The line that said something, with its file where that is another one. */
typedef struct place {
    char text[200];
} place;

static const char *path_of(const ledger *l, const caus_rule *rule)
{
    return rule->path ? rule->path : l->knowledge->path;
}

/* Rules come first in the ledger, then tiers, then only_calls. */
static place place_of(const ledger *l, size_t origin)
{
    const caus_knowledge *knowledge = l->knowledge;
    place made;
    size_t line = knowledge->only_calls_line;
    const char *path = NULL;
    if (origin <= knowledge->rule_count) {
        path = knowledge->rules[origin - 1].path;
        line = knowledge->rules[origin - 1].line;
    } else if (origin <= knowledge->rule_count + knowledge->tier_count) {
        line = knowledge->tiers[origin - 1 - knowledge->rule_count].line;
    }
    snprintf(made.text, sizeof made.text, "%.150s%sline %zu", path ? path : "",
             path ? " " : "", line);
    return made;
}

static caus_status fail_contradiction(const ledger *l, size_t source,
                                      size_t target, size_t lag,
                                      size_t required, size_t forbidden,
                                      caus_error *err)
{
    place one = place_of(l, required), other = place_of(l, forbidden);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %s requires %s -> %s at lag %zu, %s forbids it: take "
                     "one of them out",
                     l->knowledge->path, one.text, name_of(l, source),
                     name_of(l, target), lag, other.text);
}

static caus_status fail_both_ways(const ledger *l, size_t source, size_t target,
                                  caus_error *err)
{
    place one = place_of(l, verdict_at(l, source, target, 0)->required);
    place other = place_of(l, verdict_at(l, target, source, 0)->required);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %s requires %s -> %s at lag 0, %s the reverse: take "
                     "one of them out",
                     l->knowledge->path, one.text, name_of(l, source),
                     name_of(l, target), other.text);
}

static verdict *forbid(const ledger *l, size_t source, size_t target,
                       size_t lag, size_t origin)
{
    verdict *said = verdict_at(l, source, target, lag);
    if (!said->forbidden)
        said->forbidden = (uint32_t)origin;
    return said;
}

/* Who leaves a link some lags takes it for possible: with another who leaves it
 * others there is a mistake. */
static caus_status leave_lags(const ledger *l, size_t origin, size_t source,
                              size_t target, caus_error *err)
{
    const caus_rule *rules = l->knowledge->rules;
    span *left = &l->spans[source * l->series->variable_count + target];
    if (!left->from ||
        rules[origin - 1].first_lag > rules[left->from - 1].first_lag)
        left->from = (uint32_t)origin;
    if (!left->to || rules[origin - 1].last_lag < rules[left->to - 1].last_lag)
        left->to = (uint32_t)origin;
    const caus_rule *late = &rules[left->from - 1];
    const caus_rule *early = &rules[left->to - 1];
    if (late->first_lag <= early->last_lag)
        return CAUS_OK;
    place one = place_of(l, left->to), other = place_of(l, left->from);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %s leaves %s -> %s the lags %zu-%zu only, %s the "
                     "lags %zu-%zu: take one of them out, or forbid the link",
                     l->knowledge->path, one.text, name_of(l, source),
                     name_of(l, target), early->first_lag, early->last_lag,
                     other.text, late->first_lag, late->last_lag);
}

static void apply_rule_to(const ledger *l, size_t origin, size_t source,
                          size_t target)
{
    const caus_rule *rule = &l->knowledge->rules[origin - 1];
    for (size_t lag = 0; lag < l->lags; lag++) {
        bool inside = lag >= rule->first_lag && lag <= rule->last_lag;
        if (rule->kind == CAUS_RULE_LAGS ? inside : !inside)
            continue;
        if (rule->kind == CAUS_RULE_REQUIRED) {
            verdict_at(l, source, target, lag)->required = (uint32_t)origin;
            continue;
        }
        verdict *said = forbid(l, source, target, lag, origin);
        said->is_apart = said->is_apart || rule->kind != CAUS_RULE_FORBIDDEN;
        if (rule->kind == CAUS_RULE_APART)
            forbid(l, target, source, lag, origin)->is_apart = true;
    }
}

/* A plain name that matches nothing is a typing error. */
static caus_status check_name(const ledger *l, const char *pattern, size_t line,
                              caus_error *err)
{
    if (caus_pattern_has_match(pattern, l->series) ||
        caus_pattern_has_match(pattern, l->others) ||
        caus_pattern_is_open(pattern))
        return CAUS_OK;
    if (strncmp(pattern, "service:", 8) == 0)
        return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                         "%s line %zu: no variable is of %s",
                         l->knowledge->path, line, pattern);
    const char *nearest = name_of(l, 0);
    for (size_t i = 1; i < l->series->variable_count; i++) {
        if (caus_edit_distance(name_of(l, i), pattern) <
            caus_edit_distance(nearest, pattern))
            nearest = name_of(l, i);
    }
    return CAUS_FAIL(err, CAUS_ERR_NOT_FOUND,
                     "%s line %zu: there is no variable %s; the nearest is %s",
                     l->knowledge->path, line, pattern, nearest);
}

static caus_status check_rule(const ledger *l, const caus_rule *rule,
                              caus_error *err)
{
    CAUS_TRY(check_name(l, rule->source, rule->line, err));
    CAUS_TRY(check_name(l, rule->target, rule->line, err));
    if (strcmp(rule->source, rule->target) == 0 &&
        caus_series_find(l->series, rule->source) != SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu speaks of %s alone: rules are about two "
                         "variables, and what one does to itself is left to "
                         "the data",
                         path_of(l, rule), rule->line, rule->source);
    if (rule->kind == CAUS_RULE_LAGS && l->lags > 1 &&
        rule->first_lag >= l->lags)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu leaves %s -> %s the lags %zu-%zu only, "
                         "but lags up to %zu are searched: raise --max-lag, or "
                         "forbid the link",
                         path_of(l, rule), rule->line, rule->source,
                         rule->target, rule->first_lag, rule->last_lag,
                         l->lags - 1);
    if (rule->kind != CAUS_RULE_REQUIRED)
        return CAUS_OK;
    if (rule->last_lag == SIZE_MAX && l->lags > 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu requires %s -> %s but not at which lag: "
                         "end it with lag 0 or lag 1, up to lag %zu",
                         path_of(l, rule), rule->line, rule->source,
                         rule->target, l->lags - 1);
    if (rule->last_lag != SIZE_MAX && rule->last_lag >= l->lags)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu requires lag %zu, but lags up to %zu are "
                         "searched: %s",
                         path_of(l, rule), rule->line, rule->last_lag,
                         l->lags - 1,
                         l->lags > 1 ? "raise --max-lag"
                                     : "take a method with lags, such as "
                                       "pcmci+, and --max-lag");
    return CAUS_OK;
}

static caus_status apply_rules(const ledger *l, caus_error *err)
{
    size_t count = l->series->variable_count;
    const caus_variable *variables = l->series->variables;
    for (size_t r = 0; r < l->knowledge->rule_count; r++) {
        const caus_rule *rule = &l->knowledge->rules[r];
        CAUS_TRY(check_rule(l, rule, err));
        for (size_t i = 0; i < count; i++) {
            if (!caus_pattern_matches(rule->source, &variables[i]))
                continue;
            for (size_t j = 0; j < count; j++) {
                if (i == j ||
                    !caus_pattern_matches(rule->target, &variables[j]))
                    continue;
                if (rule->kind == CAUS_RULE_LAGS)
                    CAUS_TRY(leave_lags(l, r + 1, i, j, err));
                apply_rule_to(l, r + 1, i, j);
            }
        }
    }
    return CAUS_OK;
}

/* The tier of every variable, SIZE_MAX for none. */
static caus_status find_tiers(const ledger *l, size_t *tiers, caus_error *err)
{
    for (size_t i = 0; i < l->series->variable_count; i++)
        tiers[i] = SIZE_MAX;
    for (size_t t = 0; t < l->knowledge->tier_count; t++) {
        const caus_tier *tier = &l->knowledge->tiers[t];
        for (size_t k = 0; k < tier->count; k++) {
            CAUS_TRY(check_name(l, tier->patterns[k], tier->line, err));
            for (size_t i = 0; i < l->series->variable_count; i++) {
                if (!caus_pattern_matches(tier->patterns[k],
                                          &l->series->variables[i]))
                    continue;
                if (tiers[i] != SIZE_MAX && tiers[i] != t)
                    return CAUS_FAIL(
                        err, CAUS_ERR_INVALID_DATA,
                        "%s: %s is in the tiers of line %zu and line %zu: "
                        "leave it in one",
                        l->knowledge->path, name_of(l, i),
                        l->knowledge->tiers[tiers[i]].line, tier->line);
                tiers[i] = t;
            }
        }
    }
    return CAUS_OK;
}

static caus_status apply_tiers(const ledger *l, caus_arena *scratch,
                               caus_error *err)
{
    size_t count = l->series->variable_count;
    size_t *tiers = CAUS_ARRAY(scratch, size_t, count);
    if (!tiers)
        return caus_arena_fail(scratch, err);
    CAUS_TRY(find_tiers(l, tiers, err));
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (tiers[i] == SIZE_MAX || tiers[j] == SIZE_MAX ||
                tiers[i] <= tiers[j])
                continue;
            for (size_t lag = 0; lag < l->lags; lag++)
                forbid(l, i, j, lag, l->knowledge->rule_count + 1 + tiers[i]);
        }
    }
    return CAUS_OK;
}

static bool calls(const caus_topology *topology, size_t a, size_t b)
{
    for (size_t c = 0; c < topology->call_count; c++) {
        const size_t *call = topology->calls[c];
        if ((call[0] == a && call[1] == b) || (call[0] == b && call[1] == a))
            return true;
    }
    return false;
}

/* A variable of a service that the topology lacks is not restricted. */
static caus_status apply_calls(const ledger *l, caus_error *err)
{
    if (!l->knowledge->only_calls)
        return CAUS_OK;
    if (!l->topology)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: only_calls needs to know who calls "
                         "whom: give --topology",
                         l->knowledge->path, l->knowledge->only_calls_line);
    const caus_variable *variables = l->series->variables;
    size_t origin = l->knowledge->rule_count + l->knowledge->tier_count + 1;
    for (size_t i = 0; i < l->series->variable_count; i++) {
        size_t from = caus_topology_find(l->topology, variables[i].service);
        for (size_t j = 0; j < l->series->variable_count; j++) {
            size_t to = caus_topology_find(l->topology, variables[j].service);
            if (from == SIZE_MAX || to == SIZE_MAX || from == to ||
                calls(l->topology, from, to))
                continue;
            for (size_t lag = 0; lag < l->lags; lag++)
                forbid(l, i, j, lag, origin)->is_apart = true;
        }
    }
    return CAUS_OK;
}

static caus_assumption assume_now(const verdict *forward, const verdict *back)
{
    if (forward->required)
        return CAUS_ASSUME_LINK;
    if (back->required)
        return CAUS_ASSUME_LINK_BACK;
    if (forward->forbidden && back->forbidden)
        return CAUS_ASSUME_ABSENT;
    if (forward->forbidden)
        return CAUS_ASSUME_ONLY_BACK;
    return back->forbidden ? CAUS_ASSUME_NOT_BACK : CAUS_ASSUME_UNKNOWN;
}

/* Whether one is no cause of another at any lag: then a link over time could
 * only be a common cause. */
static bool is_no_cause(const ledger *l, size_t source, size_t target)
{
    for (size_t lag = 0; lag < l->lags; lag++) {
        const verdict *said = verdict_at(l, source, target, lag);
        if (!said->forbidden || (lag && said->is_apart))
            return false;
    }
    return true;
}

static caus_status conclude(const ledger *l, unsigned char *cells,
                            caus_error *err)
{
    size_t count = l->series->variable_count;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (size_t lag = 0; lag < l->lags; lag++) {
                const verdict *said = verdict_at(l, i, j, lag);
                const verdict *back = verdict_at(l, j, i, 0);
                unsigned char *cell = &cells[(i * count + j) * l->lags + lag];
                if (said->required && said->forbidden)
                    return fail_contradiction(l, i, j, lag, said->required,
                                              said->forbidden, err);
                if (lag == 0 && said->required && back->required)
                    return fail_both_ways(l, i, j, err);
                if (lag == 0)
                    *cell = i == j ? CAUS_ASSUME_ABSENT
                                   : (unsigned char)assume_now(said, back);
                else if (said->required)
                    *cell = CAUS_ASSUME_LINK;
                else if (said->forbidden)
                    *cell = is_no_cause(l, i, j) ? CAUS_ASSUME_ONLY_BACK
                                                 : CAUS_ASSUME_ABSENT;
            }
    return CAUS_OK;
}

/* A required cause at lag 0 among those that are left, all of which have one.
 */
static size_t cause_left(const ledger *l, const bool *gone, size_t target)
{
    for (size_t i = 0; i < l->series->variable_count; i++)
        if (!gone[i] && verdict_at(l, i, target, 0)->required)
            return i;
    return target;
}

/* Going back from cause to cause often enough ends in a circle. */
static caus_status fail_cycle(const ledger *l, const bool *gone,
                              caus_error *err)
{
    char links[400] = "";
    size_t count = l->series->variable_count, first = 0, used = 0;
    while (gone[first])
        first++;
    for (size_t k = 0; k < count; k++)
        first = cause_left(l, gone, first);
    size_t to = first;
    do {
        size_t from = cause_left(l, gone, to);
        place where = place_of(l, verdict_at(l, from, to, 0)->required);
        if (used < sizeof links)
            used += (size_t)snprintf(
                links + used, sizeof links - used, "%s%s -> %s (%s)",
                used ? ", " : "", name_of(l, from), name_of(l, to), where.text);
        to = from;
    } while (to != first);
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: the required links of lag 0 form a cycle, %s%s: take "
                     "one out or give it a lag",
                     l->knowledge->path, links,
                     used < sizeof links ? "" : " …");
}

/* Takes away variables without required causes at lag 0 until none is left. */
static caus_status check_cycle(const ledger *l, caus_arena *scratch,
                               caus_error *err)
{
    size_t count = l->series->variable_count, left = count;
    bool *gone = CAUS_ARRAY(scratch, bool, count);
    if (!gone)
        return caus_arena_fail(scratch, err);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t j = 0; j < count; j++) {
            bool is_free = !gone[j];
            for (size_t i = 0; is_free && i < count; i++)
                is_free = gone[i] || !verdict_at(l, i, j, 0)->required;
            if (is_free) {
                gone[j] = moved = true;
                left--;
            }
        }
    }
    return left ? fail_cycle(l, gone, err) : CAUS_OK;
}

static caus_status fail_parents(const ledger *l, size_t target, size_t count,
                                caus_error *err)
{
    char places[400] = "";
    size_t used = 0, last = 0;
    for (size_t origin = 1; origin <= l->knowledge->rule_count; origin++)
        for (size_t k = 0; k < l->series->variable_count * l->lags; k++) {
            verdict *said = verdict_at(l, k / l->lags, target, k % l->lags);
            if (said->required != origin || last == origin)
                continue;
            last = origin;
            place where = place_of(l, origin);
            if (used < sizeof places)
                used += (size_t)snprintf(places + used, sizeof places - used,
                                         "%s%s", used ? ", " : "", where.text);
        }
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: %zu causes of %s are required (%s%s), and at most "
                     "%zu are allowed: raise --max-parents or require fewer",
                     l->knowledge->path, count, name_of(l, target), places,
                     used < sizeof places ? "" : " …",
                     l->knowledge->max_parents);
}

static caus_status check_parents(const ledger *l, caus_error *err)
{
    size_t most = l->knowledge->max_parents;
    for (size_t j = 0; most && j < l->series->variable_count; j++) {
        size_t count = 0;
        for (size_t k = 0; k < l->series->variable_count * l->lags; k++)
            count += verdict_at(l, k / l->lags, j, k % l->lags)->required > 0;
        if (count > most)
            return fail_parents(l, j, count, err);
    }
    return CAUS_OK;
}

static caus_status apply(const ledger *l, caus_arena *scratch,
                         unsigned char *cells, caus_error *err)
{
    CAUS_TRY(apply_rules(l, err));
    CAUS_TRY(apply_tiers(l, scratch, err));
    CAUS_TRY(apply_calls(l, err));
    CAUS_TRY(conclude(l, cells, err));
    CAUS_TRY(check_cycle(l, scratch, err));
    return check_parents(l, err);
}

caus_status caus_knowledge_apply(const caus_knowledge *knowledge,
                                 const caus_series *series,
                                 const caus_topology *topology,
                                 const caus_series *others, size_t max_lag,
                                 caus_arena *out, const unsigned char **result,
                                 caus_error *err)
{
    caus_arena *scratch = caus_arena_new(0);
    if (!scratch)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY, "no memory to apply %s",
                         knowledge->path);
    caus_arena_mark mark = caus_arena_get_mark(out);
    size_t count = series->variable_count;
    ledger l = {.knowledge = knowledge,
                .series = series,
                .topology = topology,
                .others = others,
                .lags = max_lag + 1};
    size_t cells = count * count * l.lags;
    unsigned char *made = CAUS_ARRAY(out, unsigned char, cells);
    l.verdicts = CAUS_ARRAY(scratch, verdict, cells);
    l.spans = CAUS_ARRAY(scratch, span, count * count);
    caus_status status;
    if (!made || !l.verdicts || !l.spans)
        status = caus_arena_fail(made ? scratch : out, err);
    else
        status = apply(&l, scratch, made, err);
    caus_arena_free(scratch);
    if (status != CAUS_OK)
        caus_arena_rewind(out, mark);
    else
        *result = made;
    return status;
}
