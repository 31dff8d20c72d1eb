/* SPDX-License-Identifier: Apache-2.0 */
/* Turns rules about names into assumptions about links. */
#include <fnmatch.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"
#include "caus/knowledge.h"

/* The line of the rule that said so about one directed link; 0 = none. */
typedef struct verdict {
    uint32_t required;
    uint32_t forbidden;
    bool is_apart; /* forbidden, a common cause included */
} verdict;

typedef struct ledger {
    const caus_knowledge *knowledge;
    const caus_series *series;
    const caus_topology *topology;
    const caus_series *others;
    size_t lags;       /* max_lag + 1 */
    verdict *verdicts; /* [N × N × lags], both directions at lag 0 */
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

static bool is_match(const char *pattern, const caus_variable *variable)
{
    static const char service[] = "service:";
    size_t length = sizeof service - 1;
    if (strncmp(pattern, service, length) == 0)
        return fnmatch(pattern + length, variable->service, 0) == 0;
    return strcmp(pattern, variable->name) == 0 ||
           fnmatch(pattern, variable->name, 0) == 0;
}

static bool has_match(const char *pattern, const caus_series *series)
{
    for (size_t i = 0; series && i < series->variable_count; i++) {
        if (is_match(pattern, &series->variables[i]))
            return true;
    }
    return false;
}

/* A plain name that matches nothing is a typing error. */
static caus_status check_pattern(const ledger *l, const char *pattern,
                                 size_t line, caus_error *err)
{
    if (has_match(pattern, l->series) || has_match(pattern, l->others) ||
        strpbrk(pattern, "*?["))
        return CAUS_OK;
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

static caus_status fail_contradiction(const ledger *l, size_t source,
                                      size_t target, size_t lag,
                                      size_t required, size_t forbidden,
                                      caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s: line %zu requires %s -> %s at lag %zu, line %zu "
                     "forbids it: take one of them out",
                     l->knowledge->path, required, name_of(l, source),
                     name_of(l, target), lag, forbidden);
}

static verdict *forbid(const ledger *l, size_t source, size_t target,
                       size_t lag, size_t line)
{
    verdict *said = verdict_at(l, source, target, lag);
    if (!said->forbidden)
        said->forbidden = (uint32_t)line;
    return said;
}

static void apply_rule_to(const ledger *l, const caus_rule *rule, size_t source,
                          size_t target)
{
    for (size_t lag = 0; lag < l->lags; lag++) {
        bool inside = lag >= rule->first_lag && lag <= rule->last_lag;
        if (rule->kind == CAUS_RULE_LAGS ? inside : !inside)
            continue;
        if (rule->kind == CAUS_RULE_REQUIRED) {
            verdict_at(l, source, target, lag)->required = (uint32_t)rule->line;
            continue;
        }
        verdict *said = forbid(l, source, target, lag, rule->line);
        said->is_apart = said->is_apart || rule->kind != CAUS_RULE_FORBIDDEN;
        if (rule->kind == CAUS_RULE_APART)
            forbid(l, target, source, lag, rule->line)->is_apart = true;
    }
}

static caus_status check_rule(const ledger *l, const caus_rule *rule,
                              caus_error *err)
{
    CAUS_TRY(check_pattern(l, rule->source, rule->line, err));
    CAUS_TRY(check_pattern(l, rule->target, rule->line, err));
    if (rule->kind == CAUS_RULE_LAGS && l->lags > 1 &&
        rule->first_lag >= l->lags)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu leaves %s -> %s the lags %zu-%zu only, "
                         "but lags up to %zu are searched: raise --max-lag, or "
                         "forbid the link",
                         l->knowledge->path, rule->line, rule->source,
                         rule->target, rule->first_lag, rule->last_lag,
                         l->lags - 1);
    if (rule->kind != CAUS_RULE_REQUIRED)
        return CAUS_OK;
    if (rule->last_lag == SIZE_MAX && l->lags > 1)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu requires %s -> %s but not at which lag: "
                         "end it with lag 0 or lag 1, up to lag %zu",
                         l->knowledge->path, rule->line, rule->source,
                         rule->target, l->lags - 1);
    if (rule->last_lag != SIZE_MAX && rule->last_lag >= l->lags)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu requires lag %zu, but lags up to %zu are "
                         "searched: raise --max-lag",
                         l->knowledge->path, rule->line, rule->last_lag,
                         l->lags - 1);
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
            if (!is_match(rule->source, &variables[i]))
                continue;
            for (size_t j = 0; j < count; j++)
                if (i != j && is_match(rule->target, &variables[j]))
                    apply_rule_to(l, rule, i, j);
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
            CAUS_TRY(check_pattern(l, tier->patterns[k], tier->line, err));
            for (size_t i = 0; i < l->series->variable_count; i++) {
                if (!is_match(tier->patterns[k], &l->series->variables[i]))
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
                forbid(l, i, j, lag, l->knowledge->tiers[tiers[i]].line);
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
    for (size_t i = 0; i < l->series->variable_count; i++) {
        size_t from = caus_topology_find(l->topology, variables[i].service);
        for (size_t j = 0; j < l->series->variable_count; j++) {
            size_t to = caus_topology_find(l->topology, variables[j].service);
            if (from == SIZE_MAX || to == SIZE_MAX || from == to ||
                calls(l->topology, from, to))
                continue;
            for (size_t lag = 0; lag < l->lags; lag++)
                forbid(l, i, j, lag, l->knowledge->only_calls_line)->is_apart =
                    true;
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
                    return CAUS_FAIL(
                        err, CAUS_ERR_INVALID_DATA,
                        "%s: line %zu requires %s -> %s at lag 0, line %zu the "
                        "reverse: take one of them out",
                        l->knowledge->path, (size_t)said->required,
                        name_of(l, i), name_of(l, j), (size_t)back->required);
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
    for (size_t j = 0; left > 0 && j < count; j++) {
        for (size_t i = 0; !gone[j] && i < count; i++) {
            size_t line = verdict_at(l, i, j, 0)->required;
            if (!gone[i] && line)
                return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                                 "%s: the required links of lag 0 form a "
                                 "cycle through %s -> %s (line %zu): take one "
                                 "out or give it a lag",
                                 l->knowledge->path, name_of(l, i),
                                 name_of(l, j), line);
        }
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
    return check_cycle(l, scratch, err);
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
    caus_status status;
    if (!made || !l.verdicts)
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
