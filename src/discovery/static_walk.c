/* SPDX-License-Identifier: Apache-2.0 */
#include <omp.h>
#include <stdatomic.h>

#include "discovery/static_internal.h"

/* Calls of an engine between two looks at the clock. */
enum { CALLS_PER_LOOK = 64 };

static caus_status walk_init(caus_walk *walk, size_t nodes, caus_error *err)
{
    walk->targets = CAUS_ARRAY(walk->arena, uint32_t, nodes);
    walk->labels = CAUS_ARRAY(walk->arena, uint32_t, nodes);
    walk->squared = CAUS_ARRAY(walk->arena, double, nodes);
    walk->chosen = CAUS_ARRAY(walk->arena, uint32_t, nodes);
    walk->allowed = CAUS_ARRAY(walk->arena, uint32_t, nodes);
    walk->is_chosen = CAUS_ARRAY(walk->arena, bool, nodes);
    walk->is_target = CAUS_ARRAY(walk->arena, bool, nodes);
    walk->singular = CAUS_ARRAY(walk->arena, uint32_t, nodes + 2);
    if (!walk->targets || !walk->labels || !walk->squared || !walk->chosen ||
        !walk->allowed || !walk->is_chosen || !walk->is_target ||
        !walk->singular)
        return caus_arena_fail(walk->arena, err);
    return CAUS_OK;
}

caus_status caus_walks_init(const caus_engine *engine, const caus_run *run,
                            caus_walk **walks, caus_error *err)
{
    int threads = caus_run_threads(run);
    caus_arena *arena = caus_run_scratch(run, 0);
    caus_walk *made = CAUS_ARRAY(arena, caus_walk, (size_t)threads);
    if (!made)
        return caus_arena_fail(arena, err);
    for (int k = 0; k < threads; k++) {
        made[k].engine = engine;
        made[k].run = run;
        made[k].arena = caus_run_scratch(run, k);
        CAUS_TRY(walk_init(&made[k], engine->node_count, err));
    }
    *walks = made;
    return CAUS_OK;
}

void caus_walk_drop(caus_walk *walk, size_t place)
{
    size_t last = --walk->target_count;
    walk->is_target[walk->targets[place]] = false;
    walk->targets[place] = walk->targets[last];
    walk->labels[place] = walk->labels[last];
    walk->squared[place] = walk->squared[last];
}

/* Pending targets that are no conditions. */
static size_t count_tests(const caus_walk *walk)
{
    size_t count = walk->target_count;
    for (size_t k = 0; k < walk->size; k++)
        count -= walk->is_target[walk->chosen[k]];
    return count;
}

/* Whether the tests given the chosen set may be made. */
static bool may_test(caus_walk *walk)
{
    size_t count = count_tests(walk);
    if (walk->calls++ % CALLS_PER_LOOK == 0 && caus_run_should_stop(walk->run))
        walk->stopped = true;
    if (count > walk->quota)
        walk->exhausted = true;
    if (walk->stopped || walk->exhausted)
        return false;
    walk->quota -= count;
    walk->test_count += count;
    return true;
}

static void test_last(caus_walk *walk, size_t depth, size_t candidate)
{
    uint32_t node = walk->candidates[candidate];
    walk->chosen[depth] = node;
    walk->size = depth + 1;
    if (!may_test(walk))
        return;
    walk->is_chosen[node] = true;
    walk->engine->test(walk, depth, candidate);
    walk->look(walk);
    walk->is_chosen[node] = false;
}

/* Sets that begin with the `depth` chosen and go on with later candidates.
 * Depth is bounded by walk->most. */
static void walk_from(caus_walk *walk, size_t depth, size_t first)
{
    size_t count = walk->candidate_count, end = depth ? count : walk->leading;
    for (size_t q = first; q < end; q++) {
        size_t size = depth + 1;
        /* not enough candidates left for a set that is large enough */
        if (size + (count - q - 1) < walk->fewest)
            return;
        if (size >= walk->fewest)
            test_last(walk, depth, q);
        if (walk->stopped || walk->exhausted || !walk->target_count)
            return;
        if (size == walk->most || q + 1 == count)
            continue;
        uint32_t node = walk->candidates[q];
        walk->engine->descend(walk, depth, q);
        walk->chosen[depth] = node;
        walk->is_chosen[node] = true;
        walk_from(walk, depth + 1, q + 1);
        walk->is_chosen[node] = false;
        if (walk->stopped || walk->exhausted || !walk->target_count)
            return;
    }
}

static void test_empty(caus_walk *walk, double *all)
{
    walk->size = 0;
    if (!may_test(walk))
        return;
    walk->engine->marginal(walk, walk->node, all);
    for (size_t t = 0; t < walk->target_count; t++)
        walk->squared[t] = all[walk->targets[t]];
    walk->look(walk);
}

void caus_walk_start(caus_walk *walk, size_t node, const uint32_t *candidates,
                     size_t candidate_count)
{
    while (walk->target_count)
        caus_walk_drop(walk, walk->target_count - 1);
    walk->node = node;
    walk->candidates = candidates;
    walk->candidate_count = candidate_count;
    walk->leading = candidate_count;
    walk->exhausted = false;
    walk->singular_count = 0;
}

void caus_walk_start_without(caus_walk *walk, size_t node,
                             const uint32_t *candidates, size_t candidate_count,
                             const uint64_t *excluded)
{
    size_t kept = 0;
    for (size_t k = 0; excluded && k < candidate_count; k++)
        if (!caus_bit_get(excluded, candidates[k]))
            walk->allowed[kept++] = candidates[k];
    if (excluded)
        caus_walk_start(walk, node, walk->allowed, kept);
    else
        caus_walk_start(walk, node, candidates, candidate_count);
}

void caus_walk_add_target(caus_walk *walk, uint32_t target, uint32_t label)
{
    walk->is_target[target] = true;
    walk->targets[walk->target_count] = target;
    walk->labels[walk->target_count++] = label;
}

caus_status caus_walk_run(caus_walk *walk, caus_error *err)
{
    if (walk->fewest == 0) {
        caus_arena_mark mark = caus_arena_get_mark(walk->arena);
        double *all = CAUS_ARRAY(walk->arena, double, walk->engine->node_count);
        if (!all)
            return caus_arena_fail(walk->arena, err);
        test_empty(walk, all);
        caus_arena_rewind(walk->arena, mark);
    }
    if (!walk->most || walk->stopped || walk->exhausted || !walk->target_count)
        return CAUS_OK;
    CAUS_TRY(walk->engine->begin(walk, err));
    walk_from(walk, 0, 0);
    return CAUS_OK;
}

caus_status caus_each_node(const caus_run *run, caus_walk *walks,
                           size_t node_count, caus_node_fn *work, void *data,
                           caus_error *err)
{
    int threads = caus_run_threads(run);
    atomic_int failed = CAUS_OK;
    caus_error first = {0};
#pragma omp parallel for num_threads(threads) \
    schedule(dynamic, 1) if (threads > 1)
    for (size_t v = 0; v < node_count; v++) {
        caus_walk *walk = &walks[omp_get_thread_num()];
        caus_error mine = {0};
        if (atomic_load(&failed) != CAUS_OK)
            continue;
        caus_status status = work(data, walk, v, &mine);
        if (status == CAUS_OK)
            continue;
#pragma omp critical(caus_each_node)
        if (atomic_exchange(&failed, (int)status) == CAUS_OK)
            first = mine;
    }
    caus_status status = (caus_status)atomic_load(&failed);
    return status == CAUS_OK ? CAUS_OK
                             : caus_fail(err, status, "%s", first.message);
}
