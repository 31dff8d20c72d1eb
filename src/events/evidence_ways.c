/* SPDX-License-Identifier: Apache-2.0 */
/* Slow ways to one of several callees, which look like work of the caller. */
#include <math.h>

#include "events/evidence_internal.h"

static const double surely_p = 0.01;
/* Elsewhere a caller has to take so much of what the shorter side of a call
 * takes: less does not show whether it became slow. */
static const double least_share = 0.25;

/* What an operation takes itself once it has called somebody, by phase. What it
 * takes before holds its wait for a worker, and workers are few when any call
 * is slow. */
typedef struct own_sums {
    double self_ns[CAUS_PHASE_COUNT];
    double count[CAUS_PHASE_COUNT]; /* spans */
} own_sums;

/* Calls of a service by an operation. */
typedef struct way {
    double beside_ns[CAUS_PHASE_COUNT]; /* of its own sums, what lies beside */
    double slowness; /* nanoseconds by which either side grew; 0 = not slow */
} way;

typedef struct ways {
    caus_evidence_work *work;
    uint32_t *way_of;     /* [span_count] of a child; CAUS_NO_PAIR */
    own_sums *operations; /* [operation_count] */
    way *items;           /* [pairs.count] */
    caus_groups groups;   /* before and behind: 2 a way */
} ways;

/* Whether a child is a call of another service by work of its caller's own: a
 * client span has none. */
static bool is_call(const caus_evidence_work *work, size_t child)
{
    const caus_spans *spans = work->spans;
    uint32_t parent = spans->parent[child];
    return parent != CAUS_NO_SPAN && work->self_ns[parent] >= 0 &&
           spans->duration_ns[child] > 0 &&
           work->waits[child] == CAUS_WAIT_CALLER &&
           !work->is_client[spans->operation[parent]] &&
           caus_span_service(spans, child) != caus_span_service(spans, parent);
}

static caus_status number_ways(ways *all, size_t *count, caus_error *err)
{
    const caus_spans *spans = all->work->spans;
    for (size_t i = 0; i < spans->span_count; i++) {
        all->way_of[i] = CAUS_NO_PAIR;
        if (!is_call(all->work, i))
            continue;
        all->way_of[i] = caus_pairs_add(&all->work->pairs,
                                        spans->operation[spans->parent[i]],
                                        (uint32_t)caus_span_service(spans, i));
        if (all->way_of[i] == CAUS_NO_PAIR)
            return caus_evidence_fail_memory(all->work, err);
        *count += !all->work->sides.is_moved[spans->parent[i]];
    }
    return CAUS_OK;
}

/* Sides that a clock hides are left out, and so is all of their callers. */
static caus_status add_up(ways *all, size_t count, caus_error *err)
{
    const caus_evidence_work *work = all->work;
    const caus_spans *spans = work->spans;
    caus_observation *seen =
        CAUS_ARRAY(work->scratch, caus_observation, 2 * count);
    size_t at = 0;
    if (!seen)
        return caus_arena_fail(work->scratch, err);
    for (size_t i = 0; i < spans->span_count; i++) {
        caus_phase phase = caus_span_phase(spans, i);
        own_sums *own = &all->operations[spans->operation[i]];
        uint32_t opener = work->self_ns[i] < 0 || work->sides.is_moved[i]
                              ? CAUS_NO_SPAN
                              : work->sides.opener[i];
        if (opener != CAUS_NO_SPAN) {
            own->self_ns[phase] +=
                (double)(work->self_ns[i] - work->sides.before_ns[opener]);
            own->count[phase]++;
        }
        uint32_t number = all->way_of[i];
        if (number == CAUS_NO_PAIR || work->sides.is_moved[spans->parent[i]])
            continue;
        double before = (double)work->sides.before_ns[i];
        double behind = (double)work->sides.behind_ns[i];
        bool is_opener = work->sides.opener[spans->parent[i]] == i;
        all->items[number].beside_ns[phase] +=
            behind + (is_opener ? 0 : before);
        seen[at++] = (caus_observation){before, 2 * number, (uint32_t)i};
        seen[at++] = (caus_observation){behind, 2 * number + 1, (uint32_t)i};
    }
    return caus_group_values(spans, seen, at, 2 * work->pairs.count, work->run,
                             work->scratch, &all->groups, err);
}

/* How a side grew, in nanoseconds. */
typedef struct growth {
    double usual;
    double beyond; /* by what no caller explains that is so many times as slow
                      as it was; 0 where that is less than half, or chance */
} growth;

static growth growth_of(const ways *all, size_t side, double slower)
{
    caus_sample normal =
        caus_group_sample(&all->groups, side, CAUS_PHASE_NORMAL);
    caus_sample incident =
        caus_group_sample(&all->groups, side, CAUS_PHASE_INCIDENT);
    if (!caus_evidence_is_enough(all->work, normal.count, incident.count))
        return (growth){0};
    growth made = {.usual = caus_sample_trimmed_mean(&normal)};
    double grown = caus_sample_trimmed_mean(&incident) - made.usual;
    double beyond = grown - (slower - 1) * made.usual, superiority;
    double p = caus_mann_whitney(&normal, &incident, &superiority);
    if (superiority > 0.5 && p <= surely_p && 2 * beyond > grown)
        made.beyond = beyond;
    return made;
}

/*
 * A way that is slow there and back keeps the caller idle on both sides of its
 * callee, and nowhere else. Work of a caller that got slow does so on one side,
 * or wherever it works: what it does elsewhere, behind its first call, has to
 * be enough to show that.
 * Returns by how much both sides grew; 0 = the way is not told to be slow.
 */
static double slowness_of(const ways *all, size_t number)
{
    const caus_pairs *pairs = &all->work->pairs;
    const own_sums *own = &all->operations[caus_pair_first(pairs, number)];
    double rest[CAUS_PHASE_COUNT];
    for (int i = 0; i < CAUS_PHASE_COUNT; i++)
        rest[i] = (own->self_ns[i] - all->items[number].beside_ns[i]) /
                  fmax(own->count[i], 1);
    double before = rest[CAUS_PHASE_NORMAL], after = rest[CAUS_PHASE_INCIDENT];
    if (before <= 0)
        return 0;
    double slower = fmax(1, after / before);
    growth there = growth_of(all, 2 * number, slower);
    growth back = growth_of(all, 2 * number + 1, slower);
    double grown = fmin(there.beyond, back.beyond);
    bool is_enough = before >= least_share * fmin(there.usual, back.usual);
    return is_enough && grown > 2 * (after - before) ? grown : 0;
}

/* Of the ways from an operation only the slowest counts: what several have in
 * common is the caller. */
static void choose(const ways *all, uint32_t *slowest)
{
    const caus_evidence_work *work = all->work;
    for (size_t i = 0; i < work->spans->operation_count; i++)
        slowest[i] = CAUS_NO_PAIR;
    for (size_t i = 0; i < work->pairs.count; i++) {
        uint32_t *best = &slowest[caus_pair_first(&work->pairs, i)];
        all->items[i].slowness = slowness_of(all, i);
        if (all->items[i].slowness > 0 &&
            (*best == CAUS_NO_PAIR ||
             all->items[i].slowness > all->items[*best].slowness))
            *best = (uint32_t)i;
    }
}

caus_status caus_evidence_ways(caus_evidence_work *work, caus_error *err)
{
    const caus_spans *spans = work->spans;
    unsigned char *slow_way =
        CAUS_ARRAY(work->scratch, unsigned char, spans->span_count);
    caus_arena_mark mark = caus_arena_get_mark(work->scratch);
    uint32_t *slowest =
        CAUS_ARRAY(work->scratch, uint32_t, spans->operation_count);
    ways all = {
        .work = work,
        .way_of = CAUS_ARRAY(work->scratch, uint32_t, spans->span_count),
        .operations =
            CAUS_ARRAY(work->scratch, own_sums, spans->operation_count)};
    size_t count = 0;
    if (!slow_way || !slowest || !all.way_of || !all.operations)
        return caus_arena_fail(work->scratch, err);
    CAUS_TRY(number_ways(&all, &count, err));
    all.items = CAUS_ARRAY(work->scratch, way, work->pairs.count);
    if (!all.items)
        return caus_arena_fail(work->scratch, err);
    CAUS_TRY(add_up(&all, count, err));
    choose(&all, slowest);
    for (size_t i = 0; i < spans->span_count; i++) {
        uint32_t number = all.way_of[i], parent = spans->parent[i];
        if (number == CAUS_NO_PAIR ||
            slowest[spans->operation[parent]] != number)
            continue;
        slow_way[i] = 1;
        work->self_ns[parent] -=
            work->sides.before_ns[i] + work->sides.behind_ns[i];
    }
    work->slow_way = slow_way;
    caus_arena_rewind(work->scratch, mark);
    return CAUS_OK;
}
