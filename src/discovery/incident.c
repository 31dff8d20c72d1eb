/* SPDX-License-Identifier: Apache-2.0 */
/* The incident preset. docs/design/0004-incident-preset.md */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "caus/discovery.h"

enum { FEWEST_NONZERO_ROWS = 20, FEWEST_EFFECTIVE_ROWS = 30 };

/* Why a variable cannot carry evidence; NULL if it can. */
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
    if (quality->effective_rows < FEWEST_EFFECTIVE_ROWS)
        return caus_arena_format(
            out, "an effective sample size of %.0f (moves too slowly)",
            quality->effective_rows);
    return NULL;
}

/* Which variables stay, and why the others do not. */
typedef struct choice {
    size_t *kept;
    size_t kept_count;
    caus_dropped *dropped;
    size_t dropped_count;
} choice;

static bool drop_unfit(const caus_series *series, const caus_quality *quality,
                       bool *out_of_play, choice *chosen, caus_arena *out)
{
    for (size_t i = 0; i < series->variable_count; i++) {
        const caus_variable_quality *facts = &quality->variables[i];
        const char *reason = unfit_reason(series, facts, out);
        bool is_unfit = facts->constant || facts->duplicate_of != SIZE_MAX ||
                        facts->nonzero_rows < FEWEST_NONZERO_ROWS ||
                        facts->single_row_steps ||
                        facts->effective_rows < FEWEST_EFFECTIVE_ROWS;
        if (!is_unfit)
            continue;
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

static caus_status choose(const caus_series *series,
                          const caus_quality *quality, caus_arena *out,
                          choice *chosen, caus_error *err)
{
    size_t count = series->variable_count;
    bool *out_of_play = CAUS_ARRAY(out, bool, count);
    *chosen = (choice){.kept = CAUS_ARRAY(out, size_t, count),
                       .dropped = CAUS_ARRAY(out, caus_dropped, count)};
    if (!out_of_play || !chosen->kept || !chosen->dropped ||
        !drop_unfit(series, quality, out_of_play, chosen, out) ||
        !drop_relatives(series, quality, out_of_play, chosen, out))
        return caus_arena_fail(out, err);
    for (size_t i = 0; i < count; i++) {
        if (!out_of_play[i])
            chosen->kept[chosen->kept_count++] = i;
    }
    if (chosen->kept_count >= 2)
        return CAUS_OK;
    return CAUS_FAIL(
        err, CAUS_ERR_TOO_FEW_SAMPLES,
        "of %zu variables %zu can carry evidence, two are needed; %s is left "
        "out: %s. Widen the window or name other variables",
        count, chosen->kept_count,
        chosen->dropped_count ? chosen->dropped[0].label : "none",
        chosen->dropped_count ? chosen->dropped[0].reason : "none given");
}

/* The segments of one environment, as a series of their own. */
static bool environment_view(const caus_series *series, size_t environment,
                             caus_arena *out, caus_series *view)
{
    caus_segment *segments =
        CAUS_ARRAY(out, caus_segment, series->segment_count);
    if (!segments)
        return false;
    *view = *series;
    view->segments = segments;
    view->segment_count = 0;
    for (size_t s = 0; s < series->segment_count; s++) {
        if (series->segments[s].environment ==
            series->environments[environment].id)
            segments[view->segment_count++] = series->segments[s];
    }
    return true;
}

static caus_edge_environments compare(const caus_discovery *baseline,
                                      const caus_discovery *incident,
                                      size_t cell)
{
    bool before = baseline->graph.cells[cell].target != CAUS_MARK_NONE;
    bool after = incident->graph.cells[cell].target != CAUS_MARK_NONE;
    if (before && after)
        return signbit(baseline->statistic[cell]) ==
                       signbit(incident->statistic[cell])
                   ? CAUS_EDGE_REPLICATED
                   : CAUS_EDGE_CHANGED;
    if (before)
        return CAUS_EDGE_BASELINE_ONLY;
    if (after)
        return CAUS_EDGE_INCIDENT_ONLY;
    return CAUS_EDGE_POOLED;
}

/* Runs each environment alone and labels the links of the pooled graph. */
static caus_status label_environments(const caus_series *series,
                                      const caus_pcmci_options *options,
                                      const caus_run *run, caus_arena *out,
                                      caus_discovery *pooled, caus_error *err)
{
    caus_pcmci_options alone = *options;
    alone.bootstrap = 0;
    alone.all_links = false;
    alone.level = 0;
    caus_discovery found[2];
    for (size_t e = 0; e < 2; e++) {
        caus_series view;
        if (!environment_view(series, e, out, &view))
            return caus_arena_fail(out, err);
        caus_status status =
            caus_discover_pcmci(&view, &alone, run, out, &found[e], err);
        if (status == CAUS_ERR_TOO_FEW_SAMPLES)
            return CAUS_OK; /* not comparable: links stay "pooled" */
        CAUS_TRY(status);
    }
    size_t nodes = pooled->graph.node_count;
    size_t cells = nodes * nodes * (pooled->graph.max_lag + 1);
    unsigned char *labels = CAUS_ARRAY(out, unsigned char, cells);
    if (!labels)
        return caus_arena_fail(out, err);
    for (size_t cell = 0; cell < cells; cell++) {
        if (pooled->graph.cells[cell].target != CAUS_MARK_NONE)
            labels[cell] = (unsigned char)compare(&found[0], &found[1], cell);
    }
    pooled->environments = labels;
    return CAUS_OK;
}

static caus_status discover(const caus_series *series,
                            const caus_pcmci_options *options,
                            const caus_run *run, caus_arena *out,
                            caus_incident *result, caus_error *err)
{
    CAUS_TRY(caus_quality_examine(series, run, out, &result->quality, err));
    choice chosen;
    CAUS_TRY(choose(series, &result->quality, out, &chosen, err));
    result->dropped = chosen.dropped;
    result->dropped_count = chosen.dropped_count;
    caus_series kept;
    CAUS_TRY(caus_series_select(series, chosen.kept, chosen.kept_count, out,
                                &kept, err));
    CAUS_TRY(caus_series_transform(&kept, CAUS_TRANSFORM_NORMAL_SCORES, run,
                                   out, &result->series, err));
    CAUS_TRY(caus_discover_pcmci(&result->series, options, run, out,
                                 &result->discovery, err));
    if (series->environment_count == 2 && result->discovery.complete)
        CAUS_TRY(label_environments(&result->series, options, run, out,
                                    &result->discovery, err));
    return CAUS_OK;
}

caus_status caus_discover_incident(const caus_series *series,
                                   const caus_pcmci_options *options,
                                   const caus_run *run, caus_arena *out,
                                   caus_incident *result, caus_error *err)
{
    caus_pcmci_options wanted = caus_pcmci_options_default();
    wanted.fdr = CAUS_FDR_BH;
    caus_arena_mark mark = caus_arena_get_mark(out);
    caus_incident found = {0};
    caus_status status =
        discover(series, options ? options : &wanted, run, out, &found, err);
    if (status != CAUS_OK) {
        caus_arena_rewind(out, mark);
        return status;
    }
    *result = found;
    return CAUS_OK;
}
