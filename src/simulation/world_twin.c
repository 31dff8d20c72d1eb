/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fault did: the world beside itself without the fault. Both use the
 * same random numbers for the same requests, so they differ by the fault alone.
 */
#include <math.h>

#include "simulation/world_internal.h"

enum { KINDS = 3, BIN_S = 5, BINS_IN_A_ROW = 3 };

/* Sums over seconds [from, to) of one service. */
static world_second sum_over(const world_sim *sim, size_t service, size_t from,
                             size_t to)
{
    world_second sum = {0};
    for (size_t t = from; t < to && t < sim->second_count; t++) {
        const world_second *second =
            &sim->seconds[t * sim->plan->service_count + service];
        sum.calls += second->calls;
        sum.errors += second->errors;
        sum.duration_s += second->duration_s;
    }
    return sum;
}

/* Calls a second, errors a second, or the mean duration. */
static double value_of(const world_second *sum, size_t kind, double seconds)
{
    switch (kind) {
    case 0:
        return (double)sum->calls / seconds;
    case 1:
        return (double)sum->errors / seconds;
    default:
        return sum->calls > 0 ? (double)sum->duration_s / (double)sum->calls
                              : (double)NAN;
    }
}

/* From where on a difference is one that people would call a change. */
static double least_change(const world_second *healthy, size_t kind,
                           double seconds)
{
    switch (kind) {
    case 0:
        return 0.05 * (double)healthy->calls / seconds;
    case 1:
        return 0.01 * (double)healthy->calls / seconds;
    default:
        return 0.1 * value_of(healthy, kind, seconds);
    }
}

static bool differs(const world_sim *with, const world_sim *without,
                    size_t column, size_t at, double sign)
{
    size_t service = column / KINDS, kind = column % KINDS;
    world_second changed = sum_over(with, service, at, at + BIN_S);
    world_second healthy = sum_over(without, service, at, at + BIN_S);
    double difference =
        value_of(&changed, kind, BIN_S) - value_of(&healthy, kind, BIN_S);
    return sign * difference > least_change(&healthy, kind, BIN_S);
}

/* The first of some bins in a row that all differ, in seconds after `from`. */
static double find_onset(const world_sim *with, const world_sim *without,
                         size_t column, size_t from, size_t to, double sign)
{
    size_t row = 0;
    for (size_t at = from; at + BIN_S <= to; at += BIN_S) {
        row = differs(with, without, column, at, sign) ? row + 1 : 0;
        if (row == BINS_IN_A_ROW)
            return (double)(at - (size_t)(BINS_IN_A_ROW - 1) * BIN_S - from);
    }
    return (double)NAN;
}

caus_status caus_world_compare(const world_sim *with, const world_sim *without,
                               caus_world *world, caus_arena *out,
                               caus_error *err)
{
    const world_plan *plan = with->plan;
    size_t columns = plan->service_count * KINDS;
    size_t from = (size_t)(plan->fault_at_us / WORLD_SECOND_US);
    size_t to = (size_t)(plan->fault_end_us / WORLD_SECOND_US);
    caus_world_effect *effects = CAUS_ARRAY(out, caus_world_effect, columns);
    if (!effects)
        return caus_arena_fail(out, err);
    double seconds = to > from ? (double)(to - from) : 1;
    for (size_t c = 0; c < columns; c++) {
        size_t kind = c % KINDS;
        world_second changed = sum_over(with, c / KINDS, from, to);
        world_second healthy = sum_over(without, c / KINDS, from, to);
        double value = value_of(&healthy, kind, seconds);
        double change = value_of(&changed, kind, seconds) - value;
        double sign = change < 0 ? -1 : 1;
        effects[c] = (caus_world_effect){
            .column = c,
            .change = change,
            .healthy = value,
            .affected = fabs(change) > least_change(&healthy, kind, seconds),
            .onset_s = find_onset(with, without, c, from, to, sign),
        };
        if (!effects[c].affected)
            effects[c].onset_s = (double)NAN;
    }
    world->effects = effects;
    world->effect_count = columns;
    return CAUS_OK;
}
