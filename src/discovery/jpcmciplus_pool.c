/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/base.h"
#include "caus/jpcmciplus.h"

static caus_status check_part(const caus_series *first, const caus_series *part,
                              const char *name, caus_error *err)
{
    if (part->variable_count != first->variable_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "environment %s has %zu variables, the first one %zu: "
                         "give the same ones",
                         name, part->variable_count, first->variable_count);
    for (size_t v = 0; v < first->variable_count; v++)
        if (strcmp(part->variables[v].name, first->variables[v].name) != 0)
            return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                             "variable %zu of environment %s is %s, that of "
                             "the first one %s: give the same in one order",
                             v, name, part->variables[v].name,
                             first->variables[v].name);
    if (part->step_ns != first->step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "environment %s has another step than the first one "
                         "(%g s and %g s): resample it",
                         name, (double)part->step_ns / 1e9,
                         (double)first->step_ns / 1e9);
    return CAUS_OK;
}

/* The steps from one grid time to another, rounded down. */
static int64_t steps_between(int64_t from_ns, int64_t to_ns, int64_t step_ns)
{
    int64_t distance = to_ns - from_ns, steps = distance / step_ns;
    return steps - (distance % step_ns < 0);
}

/* The segments of a part as an environment of their own. */
static void add_part(const caus_series *part, int environment, bool same_clock,
                     int64_t origin_ns, int64_t step_ns, caus_segment *segments)
{
    for (size_t s = 0; s < part->segment_count; s++) {
        segments[s] = part->segments[s];
        segments[s].environment = environment;
        if (same_clock)
            segments[s].offset_steps =
                steps_between(origin_ns, part->segments[s].start_ns, step_ns);
        else
            segments[s].offset_steps -= part->segments[0].offset_steps;
    }
}

static caus_status check_parts(const caus_series *parts,
                               const char *const *names, size_t part_count,
                               bool same_clock, caus_error *err)
{
    if (!part_count)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "there are no series to put together: give one or "
                         "more");
    if (same_clock && !parts[0].step_ns)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "tables without time share no clock: let every part "
                         "start at 0");
    for (size_t p = 0; p < part_count; p++)
        CAUS_TRY(check_part(&parts[0], &parts[p], names[p], err));
    return CAUS_OK;
}

caus_status caus_series_pool(const caus_series *parts, const char *const *names,
                             size_t part_count, bool same_clock,
                             caus_arena *out, caus_series *result,
                             caus_error *err)
{
    CAUS_TRY(check_parts(parts, names, part_count, same_clock, err));
    size_t count = 0;
    for (size_t p = 0; p < part_count; p++)
        count += parts[p].segment_count;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_segment *segments = CAUS_ARRAY(out, caus_segment, count);
    caus_environment *environments =
        CAUS_ARRAY(out, caus_environment, part_count);
    if (!segments || !environments) {
        caus_status status = caus_arena_fail(out, err);
        caus_arena_rewind(out, mark);
        return status;
    }
    int64_t origin_ns =
        parts[0].segment_count ? parts[0].segments[0].start_ns : 0;
    count = 0;
    for (size_t p = 0; p < part_count; p++) {
        environments[p] = (caus_environment){(int)p, names[p]};
        add_part(&parts[p], (int)p, same_clock, origin_ns, parts[0].step_ns,
                 segments + count);
        count += parts[p].segment_count;
    }
    *result = (caus_series){.variable_count = parts[0].variable_count,
                            .variables = parts[0].variables,
                            .segment_count = count,
                            .segments = segments,
                            .environment_count = part_count,
                            .environments = environments,
                            .step_ns = parts[0].step_ns};
    return CAUS_OK;
}
