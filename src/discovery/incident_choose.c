/* SPDX-License-Identifier: Apache-2.0 */
/* Which variables of an incident can carry evidence. */
#include <math.h>
#include <string.h>

#include "discovery/incident_internal.h"

enum { FEWEST_NONZERO_ROWS = 20, FEWEST_EFFECTIVE_ROWS = 30 };

/* A screening in the making. */
typedef struct choice {
    size_t *kept;
    size_t kept_count;
    caus_dropped *dropped;
    size_t dropped_count;
} choice;

/* Why an unfit variable cannot carry evidence; NULL = no memory. */
static const char *unfit_reason(const caus_series *series,
                                const caus_variable_quality *quality,
                                caus_arena *out)
{
    if (quality->constant)
        return "constant";
    if (quality->duplicate_of != SIZE_MAX)
        return caus_arena_format(out, "the same values as %s",
                                 series->variables[quality->duplicate_of].name);
    if (quality->nonzero_rows < FEWEST_NONZERO_ROWS)
        return caus_arena_format(out, "only %zu non-zero rows",
                                 quality->nonzero_rows);
    if (quality->single_row_steps)
        return "changes in one or two rows only";
    return caus_arena_format(
        out,
        "moves too slowly (its rows tell no more than %.0f unrelated ones)",
        quality->effective_rows);
}

static bool is_unfit(const caus_variable_quality *quality)
{
    return quality->constant || quality->duplicate_of != SIZE_MAX ||
           quality->nonzero_rows < FEWEST_NONZERO_ROWS ||
           quality->single_row_steps ||
           quality->effective_rows < FEWEST_EFFECTIVE_ROWS;
}

static bool drop_unfit(const caus_series *series, const caus_quality *quality,
                       bool *out_of_play, choice *chosen, caus_arena *out)
{
    for (size_t i = 0; i < series->variable_count; i++) {
        const caus_variable_quality *facts = &quality->variables[i];
        if (!is_unfit(facts))
            continue;
        const char *reason = unfit_reason(series, facts, out);
        if (!reason)
            return false;
        out_of_play[i] = true;
        chosen->dropped[chosen->dropped_count++] =
            (caus_dropped){series->variables[i].name, reason};
    }
    return true;
}

/* Of each family the first fit member stays. */
static bool drop_relatives(const caus_series *series,
                           const caus_quality *quality, bool *out_of_play,
                           choice *chosen, caus_arena *out)
{
    for (size_t f = 0; f < quality->family_count; f++) {
        const caus_family *family = &quality->families[f];
        size_t head = SIZE_MAX;
        for (size_t m = 0; m < family->member_count; m++) {
            size_t member = family->members[m];
            if (out_of_play[member])
                continue;
            if (head == SIZE_MAX) {
                head = member;
                continue;
            }
            const char *reason =
                caus_arena_format(out, "one family with %s (%s)",
                                  series->variables[head].name, family->reason);
            if (!reason)
                return false;
            out_of_play[member] = true;
            chosen->dropped[chosen->dropped_count++] =
                (caus_dropped){series->variables[member].name, reason};
        }
    }
    return true;
}

caus_status caus_incident_screen(const caus_series *series,
                                 const caus_quality *quality, caus_arena *out,
                                 caus_screening *result, caus_error *err)
{
    size_t count = series->variable_count;
    bool *out_of_play = CAUS_ARRAY(out, bool, count);
    choice chosen = {.kept = CAUS_ARRAY(out, size_t, count),
                     .dropped = CAUS_ARRAY(out, caus_dropped, count)};
    if (!out_of_play || !chosen.kept || !chosen.dropped ||
        !drop_unfit(series, quality, out_of_play, &chosen, out) ||
        !drop_relatives(series, quality, out_of_play, &chosen, out))
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        if (!out_of_play[i])
            chosen.kept[chosen.kept_count++] = i;
    }
    *result = (caus_screening){chosen.kept, chosen.kept_count, chosen.dropped,
                               chosen.dropped_count};
    return CAUS_OK;
}

caus_status caus_incident_check_choice(const caus_screening *screened,
                                       caus_error *err)
{
    if (screened->kept_count >= 2)
        return CAUS_OK;
    if (!screened->dropped_count)
        return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                         "one variable has no other to be linked with: name "
                         "two or more");
    return CAUS_FAIL(err, CAUS_ERR_TOO_FEW_SAMPLES,
                     "of %zu variables %zu can carry evidence and two are "
                     "needed: %s is left out (%s); widen the window or name "
                     "other variables",
                     screened->kept_count + screened->dropped_count,
                     screened->kept_count, screened->dropped[0].label,
                     screened->dropped[0].reason);
}
