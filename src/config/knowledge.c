/* SPDX-License-Identifier: Apache-2.0 */
/* Reads knowledge.yml: rules, tiers and whether links follow calls. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/excerpt.h"
#include "caus/knowledge.h"
#include "config/config.h"

typedef struct knowledge_reader {
    caus_config_file file;
    caus_arena *out;
    caus_rule *rules;
    size_t count;
} knowledge_reader;

static caus_status fail_rule(const knowledge_reader *r,
                             const caus_config_node *node, caus_error *err)
{
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: '%s' is no rule: write 'a -> b', 'a -> b "
                     "lag 1' or 'a -> b lags 1-3', and 'a - b' to forbid both "
                     "directions",
                     r->file.path, node->line,
                     caus_excerpt_of(node->text, strlen(node->text)).text);
}

/* Digits up to a byte that is none; false without any or beyond 10000. */
static bool take_lag(const char **at, size_t *lag)
{
    enum { MOST_LAGS = 10000 };
    size_t value = 0, digits = strspn(*at, "0123456789");
    for (size_t i = 0; i < digits && value <= MOST_LAGS; i++)
        value = value * 10 + (size_t)((*at)[i] - '0');
    *at += digits;
    *lag = value;
    return digits > 0 && value <= MOST_LAGS;
}

/* Takes " lag 1" or " lags 1-3" off the end of a text; false if it is torn. */
static bool take_lags(char *text, caus_rule *rule)
{
    char *found = NULL;
    for (char *next = strstr(text, " lag"); next;
         next = strstr(next + 1, " lag"))
        found = next;
    if (!found || strlen(found) < 6)
        return true;
    const char *at = found + (strncmp(found, " lags ", 6) == 0 ? 6 : 5);
    if (at[-1] != ' ' || *at < '0' || *at > '9')
        return true; /* part of a name */
    if (!take_lag(&at, &rule->first_lag))
        return false;
    rule->last_lag = rule->first_lag;
    if (*at == '-') {
        at++;
        if (!take_lag(&at, &rule->last_lag))
            return false;
    }
    *found = '\0';
    return *at == '\0';
}

static char *trimmed(char *text)
{
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

static caus_status read_rule(knowledge_reader *r, const caus_config_node *node,
                             caus_rule_kind kind, caus_error *err)
{
    caus_rule rule = {.kind = kind, .last_lag = SIZE_MAX, .line = node->line};
    char *text = caus_arena_copy(r->out, node->text);
    if (!text)
        return caus_arena_fail(r->out, err);
    char *arrow = strstr(text, " -> "), *dash = strstr(text, " - ");
    if (node->type != CAUS_CONFIG_TEXT || (!arrow && !dash) ||
        !take_lags(text, &rule))
        return fail_rule(r, node, err);
    if (rule.last_lag < rule.first_lag)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: lags %zu-%zu run backwards: write the "
                         "smaller one first",
                         r->file.path, node->line, rule.first_lag,
                         rule.last_lag);
    if (!arrow && kind != CAUS_RULE_FORBIDDEN)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' has no direction: write it with ->",
                         r->file.path, node->line,
                         caus_excerpt_of(node->text, strlen(node->text)).text);
    if (!arrow)
        rule.kind = CAUS_RULE_APART;
    char *middle = arrow ? arrow : dash;
    *middle = '\0';
    rule.source = trimmed(text);
    rule.target = trimmed(middle + (arrow ? 4 : 3));
    if (!*rule.source || !*rule.target)
        return fail_rule(r, node, err);
    if (kind == CAUS_RULE_LAGS && rule.last_lag == SIZE_MAX)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: '%s' names no lag: end it with lag 2 or "
                         "lags 1-3",
                         r->file.path, node->line,
                         caus_excerpt_of(node->text, strlen(node->text)).text);
    r->rules[r->count++] = rule;
    return CAUS_OK;
}

static caus_status check_list(const knowledge_reader *r,
                              const caus_config_node *list, caus_error *err)
{
    if (list->type == CAUS_CONFIG_LIST)
        return CAUS_OK;
    return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                     "%s line %zu: %s is no list: write one item a line, each "
                     "after '- '",
                     r->file.path, list->line, list->key ? list->key : "this");
}

static caus_status read_rules(knowledge_reader *r, const char *key,
                              caus_rule_kind kind, caus_error *err)
{
    const caus_config_node *list = caus_config_get(r->file.root, key);
    if (!list)
        return CAUS_OK;
    CAUS_TRY(check_list(r, list, err));
    for (const caus_config_node *at = list->first; at; at = at->next)
        CAUS_TRY(read_rule(r, at, kind, err));
    return CAUS_OK;
}

static caus_status read_tier(knowledge_reader *r, const caus_config_node *node,
                             caus_tier *tier, caus_error *err)
{
    CAUS_TRY(check_list(r, node, err));
    const char **patterns = CAUS_ARRAY(r->out, const char *, node->count);
    if (!patterns)
        return caus_arena_fail(r->out, err);
    size_t count = 0;
    for (const caus_config_node *at = node->first; at; at = at->next) {
        if (at->type != CAUS_CONFIG_TEXT || !*at->text)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                             "%s line %zu: a tier lists names: write [a, b]",
                             r->file.path, at->line);
        patterns[count++] = at->text;
    }
    *tier = (caus_tier){patterns, count, node->line};
    return CAUS_OK;
}

static caus_status read_tiers(knowledge_reader *r, caus_knowledge *result,
                              caus_error *err)
{
    const caus_config_node *list = caus_config_get(r->file.root, "tiers");
    if (!list)
        return CAUS_OK;
    CAUS_TRY(check_list(r, list, err));
    caus_tier *tiers = CAUS_ARRAY(r->out, caus_tier, list->count);
    if (!tiers)
        return caus_arena_fail(r->out, err);
    size_t count = 0;
    for (const caus_config_node *at = list->first; at; at = at->next)
        CAUS_TRY(read_tier(r, at, &tiers[count++], err));
    result->tiers = tiers;
    result->tier_count = count;
    return CAUS_OK;
}

static caus_status read_only_calls(const knowledge_reader *r,
                                   caus_knowledge *result, caus_error *err)
{
    const char *word = NULL;
    CAUS_TRY(
        caus_config_get_text(&r->file, r->file.root, "only_calls", &word, err));
    if (!word || strcmp(word, "false") == 0)
        return CAUS_OK;
    size_t line = caus_config_get(r->file.root, "only_calls")->line;
    if (strcmp(word, "true") != 0)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_DATA,
                         "%s line %zu: only_calls is '%s': write true or false",
                         r->file.path, line,
                         caus_excerpt_of(word, strlen(word)).text);
    result->only_calls = true;
    result->only_calls_line = line;
    return CAUS_OK;
}

static caus_status read_all(knowledge_reader *r, caus_knowledge *result,
                            caus_error *err)
{
    static const struct {
        const char *key;
        caus_rule_kind kind;
    } lists[] = {{"required", CAUS_RULE_REQUIRED},
                 {"forbidden", CAUS_RULE_FORBIDDEN},
                 {"lags", CAUS_RULE_LAGS}};
    static const char *const keys[] = {"required", "forbidden",  "lags",
                                       "tiers",    "only_calls", NULL};
    enum { LIST_COUNT = sizeof lists / sizeof *lists };
    CAUS_TRY(caus_config_check_keys(&r->file, r->file.root, keys, err));
    size_t most = 0;
    for (size_t k = 0; k < LIST_COUNT; k++) {
        const caus_config_node *list =
            caus_config_get(r->file.root, lists[k].key);
        most += list ? list->count : 0;
    }
    r->rules = CAUS_ARRAY(r->out, caus_rule, most);
    if (!r->rules)
        return caus_arena_fail(r->out, err);
    for (size_t k = 0; k < LIST_COUNT; k++)
        CAUS_TRY(read_rules(r, lists[k].key, lists[k].kind, err));
    CAUS_TRY(read_tiers(r, result, err));
    CAUS_TRY(read_only_calls(r, result, err));
    result->path = r->file.path;
    result->rules = r->rules;
    result->rule_count = r->count;
    return CAUS_OK;
}

caus_status caus_knowledge_read(const char *path, caus_arena *out,
                                caus_knowledge *result, caus_error *err)
{
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_knowledge made = {0};
    knowledge_reader reader = {.out = out};
    const char *kept = caus_arena_copy(out, path);
    caus_status status = kept ? caus_config_read(kept, out, &reader.file, err)
                              : caus_arena_fail(out, err);
    if (status == CAUS_OK)
        status = read_all(&reader, &made, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = made;
    return CAUS_OK;
}
