/* SPDX-License-Identifier: Apache-2.0 */
#include <omp.h>
#include <string.h>

#include "series/quality_internal.h"

/* Who belongs together: a forest whose roots are the smallest members. */
typedef struct kinship {
    size_t count;
    size_t *parent;
    const char **reason; /* of a root: the first that was found */
} kinship;

static size_t root_of(kinship *k, size_t i)
{
    while (k->parent[i] != i) {
        k->parent[i] = k->parent[k->parent[i]];
        i = k->parent[i];
    }
    return i;
}

static const char by_values[] = "|r| > 0.99";

/* The first reason; a name alone does not tell of who joined by values. */
static const char *reason_with(const char *known, const char *reason)
{
    if (!known)
        return reason;
    return reason == by_values && known != by_values
               ? "named alike or |r| > 0.99"
               : known;
}

static void join(kinship *k, size_t a, size_t b, const char *reason)
{
    size_t low = root_of(k, a), high = root_of(k, b);
    if (low == high)
        return;
    if (low > high) {
        size_t swapped = low;
        low = high;
        high = swapped;
    }
    const char *known = k->reason[low];
    if (!known || (known == by_values && k->reason[high]))
        known = k->reason[high];
    k->parent[high] = low;
    k->reason[low] = reason_with(known, reason);
}

/* Joins a variable with the first of the same key. */
static bool join_by_key(kinship *k, caus_map *map, const caus_text *key,
                        size_t variable, const char *reason,
                        caus_arena *scratch)
{
    const char *kept = caus_arena_copy_text(scratch, key->bytes, key->length);
    size_t first = 0;
    if (key->failed || !kept)
        return false;
    int added = caus_map_insert(map, kept, key->length, variable, &first);
    if (added == 0)
        join(k, first, variable, reason);
    return added >= 0;
}

static bool join_by_name(const caus_series *series, kinship *k, caus_map *map,
                         caus_text *key, caus_arena *scratch)
{
    size_t rule_count = 0;
    const caus_name_rule *rules = caus_name_rules(&rule_count);
    for (size_t r = 0; r < rule_count; r++)
        for (size_t i = 0; i < series->variable_count; i++)
            if (rules[r].make_key(&series->variables[i], key) &&
                !join_by_key(k, map, key, i, rules[r].reason, scratch))
                return false;
    for (size_t i = 0; i < series->variable_count; i++) {
        size_t first = 0;
        caus_bare_quantile_key(series->variables[i].name, key);
        if (key->failed)
            return false;
        if (caus_map_find(map, key->bytes, key->length, &first) && first != i)
            join(k, first, i, rules[0].reason);
    }
    return !key->failed;
}

static caus_status join_names(const caus_series *series, kinship *k,
                              caus_arena *scratch, caus_error *err)
{
    caus_map *map = caus_map_new();
    caus_text key = {0};
    bool done = map && join_by_name(series, k, map, &key, scratch);
    caus_text_deinit(&key);
    caus_map_free(map);
    return done ? CAUS_OK : caus_arena_fail(scratch, err);
}

static caus_status join_correlated(const caus_columns *columns, kinship *k,
                                   const caus_run *run, caus_arena *scratch,
                                   caus_error *err)
{
    size_t count = columns->variable_count;
    bool *as_one = CAUS_ARRAY(scratch, bool, count *count);
    if (!as_one)
        return caus_arena_fail(scratch, err);
    const double product_ns = 1;
    int threads =
        caus_run_threads_for(run, (double)(columns->row_count * count) *
                                      (double)count * product_ns / 2);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count && !caus_run_should_stop(run); b++)
            as_one[a * count + b] = caus_columns_move_as_one(columns, a, b);
    CAUS_TRY(caus_run_check(run, err));
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++)
            if (as_one[a * count + b])
                join(k, a, b, by_values);
    return CAUS_OK;
}

static caus_status write_families(kinship *k, caus_arena *scratch,
                                  caus_arena *out, caus_quality *result,
                                  caus_error *err)
{
    size_t *size = CAUS_ARRAY(scratch, size_t, k->count);
    size_t *family_of = CAUS_ARRAY(scratch, size_t, k->count);
    if (!size || !family_of)
        return caus_arena_fail(scratch, err);
    size_t families = 0;
    for (size_t i = 0; i < k->count; i++)
        if (++size[root_of(k, i)] == 2)
            families++;
    caus_family *made = CAUS_ARRAY(out, caus_family, families);
    size_t *members = CAUS_ARRAY(out, size_t, k->count);
    if (!made || !members)
        return caus_arena_fail(out, err);
    size_t next = 0, used = 0;
    for (size_t i = 0; i < k->count; i++) {
        if (k->parent[i] != i || size[i] < 2)
            continue;
        family_of[i] = next;
        made[next++] =
            (caus_family){.members = members + used, .reason = k->reason[i]};
        used += size[i];
    }
    for (size_t i = 0; i < k->count; i++) {
        size_t root = root_of(k, i);
        if (size[root] < 2)
            continue;
        caus_family *family = &made[family_of[root]];
        members[(size_t)(family->members - members) + family->member_count++] =
            i;
    }
    result->families = made;
    result->family_count = families;
    return CAUS_OK;
}

caus_status caus_find_families(const caus_series *series,
                               const caus_columns *columns, const caus_run *run,
                               caus_arena *scratch, caus_arena *out,
                               caus_quality *result, caus_error *err)
{
    kinship k = {.count = series->variable_count,
                 .parent = CAUS_ARRAY(scratch, size_t, series->variable_count),
                 .reason =
                     CAUS_ARRAY(scratch, const char *, series->variable_count)};
    if (!k.parent || !k.reason)
        return caus_arena_fail(scratch, err);
    for (size_t i = 0; i < k.count; i++)
        k.parent[i] = i;
    /* By name first: a name is the better reason. */
    CAUS_TRY(join_names(series, &k, scratch, err));
    CAUS_TRY(join_correlated(columns, &k, run, scratch, err));
    return write_families(&k, scratch, out, result, err);
}
