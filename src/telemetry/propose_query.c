/* SPDX-License-Identifier: Apache-2.0 */
/* The PromQL of a proposal, and what it gives at present. */
#include <math.h>
#include <string.h>

#include "telemetry/survey_internal.h"

/* `job="x"`, and with failures `,code=~"5.."`, without braces. */
static void add_matchers(caus_text *to, const caus_group *group, bool is_bad)
{
    if (*group->label) {
        caus_text_format(to, "%s=", group->label);
        caus_promql_quote(to, group->value);
    }
    if (*group->matcher)
        caus_text_format(to, "%s%s", *group->label ? "," : "", group->matcher);
    if (!is_bad || !*group->code_label)
        return;
    caus_text_format(to, "%s%s=~", *group->label ? "," : "", group->code_label);
    caus_promql_quote(to, group->code_regex);
}

/* `sum by (job) (` */
static void add_aggregate(caus_text *to, const char *function,
                          const caus_group *group, const char *more)
{
    bool has_both = *group->label && *more;
    caus_text_add(to, function);
    if (*group->label || *more)
        caus_text_format(to, " by (%s%s%s)", group->label, has_both ? "," : "",
                         more);
    caus_text_add(to, " (");
}

/* `sum by (job) (increase(x{job="y"}[$__rate_interval]))` */
static void add_rate(caus_text *to, const char *aggregate, const char *function,
                     const char *metric, const caus_group *group)
{
    add_aggregate(to, aggregate, group, "");
    caus_text_format(to, "%s(%s{", function, metric);
    add_matchers(to, group, false);
    caus_text_add(to, "}[$__rate_interval]))");
}

static void add_bad_codes(caus_text *to, const char *metric,
                          const caus_group *group)
{
    add_aggregate(to, "sum", group, "");
    caus_text_format(to, "increase(%s{", metric);
    add_matchers(to, group, true);
    caus_text_add(to, "}[$__rate_interval]))");
}

static void add_histogram(caus_text *to, const char *base,
                          const caus_group *group)
{
    caus_text_add(to, "histogram_quantile(0.95, ");
    add_aggregate(to, "sum", group, "le");
    caus_text_format(to, "rate(%s_bucket{", base);
    add_matchers(to, group, false);
    caus_text_add(to, "}[$__rate_interval])))");
}

/* What something took in all over how often it was. */
static void add_mean(caus_text *to, const char *base, const char *took,
                     const char *number, const caus_group *group)
{
    char name[320];
    snprintf(name, sizeof name, "%s%s", base, took);
    add_rate(to, "sum", "rate", name, group);
    snprintf(name, sizeof name, "%s%s", base, number);
    caus_text_add(to, " / ");
    add_rate(to, "sum", "rate", name, group);
}

static void add_idle(caus_text *to, const char *metric, const caus_group *group)
{
    caus_text_add(to, "1 - ");
    add_aggregate(to, "avg", group, "");
    caus_text_format(to, "rate(%s{", metric);
    add_matchers(to, group, false);
    caus_text_format(to, "%smode=\"idle\"}[$__rate_interval]))",
                     *group->label ? "," : "");
}

/* File systems in memory, or that are made full, say nothing of a disk. */
static void add_fullest(caus_text *to, const char *base,
                        const caus_group *group)
{
    static const char *const sides[] = {"_avail_bytes", "_size_bytes"};
    caus_text_add(to, "1 - ");
    add_aggregate(to, "min", group, "");
    for (int i = 0; i < 2; i++) {
        caus_text_format(to, "%s%s%s{", i ? " / " : "", base, sides[i]);
        add_matchers(to, group, false);
        caus_text_format(to,
                         "%sfstype!~\"tmpfs|ramfs|overlay|squashfs|iso9660\"}",
                         *group->label ? "," : "");
    }
    caus_text_add(to, ")");
}

static void add_gauge(caus_text *to, const char *function, const char *metric,
                      const caus_group *group)
{
    add_aggregate(to, function, group, "");
    caus_text_format(to, "%s{", metric);
    add_matchers(to, group, false);
    caus_text_add(to, "})");
}

const char *caus_candidate_query(const caus_candidate *candidate,
                                 const caus_group *group, caus_arena *out)
{
    caus_text text = {0};
    switch (candidate->measure) {
    case CAUS_MEASURE_COUNTER:
        add_rate(&text, "sum", "increase", candidate->metric, group);
        break;
    case CAUS_MEASURE_BAD_CODES:
        add_bad_codes(&text, candidate->metric, group);
        break;
    case CAUS_MEASURE_HISTOGRAM:
        add_histogram(&text, candidate->base, group);
        break;
    case CAUS_MEASURE_SUMMARY:
        add_mean(&text, candidate->base, "_sum", "_count", group);
        break;
    case CAUS_MEASURE_MEAN_TIME:
        add_mean(&text, candidate->base, "_duration_seconds_total", "_total",
                 group);
        break;
    case CAUS_MEASURE_RATE:
        add_rate(&text, "sum", "rate", candidate->metric, group);
        break;
    case CAUS_MEASURE_IDLE:
        add_idle(&text, candidate->metric, group);
        break;
    case CAUS_MEASURE_BUSIEST:
        add_rate(&text, "max", "rate", candidate->metric, group);
        break;
    case CAUS_MEASURE_FULLEST:
        add_fullest(&text, candidate->base, group);
        break;
    case CAUS_MEASURE_GAUGE:
        add_gauge(&text, "avg", candidate->metric, group);
        break;
    case CAUS_MEASURE_GAUGE_MAX:
        add_gauge(&text, "max", candidate->metric, group);
        break;
    case CAUS_MEASURE_GAUGE_SUM:
        add_gauge(&text, "sum", candidate->metric, group);
        break;
    }
    if (candidate->divisor > 1)
        caus_text_format(&text, " / %.0f", candidate->divisor);
    const char *kept = text.failed ? NULL : caus_arena_copy(out, text.bytes);
    caus_text_deinit(&text);
    return kept;
}

/* ---- present values, or the last of half an hour ---- */

static caus_status take_value(void *data, int64_t time_ms, double value,
                              caus_error *err)
{
    caus_proposal *proposal = data;
    (void)time_ms;
    (void)err;
    proposal->last_value = value;
    return CAUS_OK;
}

static caus_status plan_call(caus_prom *prom, caus_proposal *proposal,
                             int64_t window_ns, caus_prom_call *call,
                             caus_error *err)
{
    const char *now =
        caus_promql_fill(proposal->spec.query, window_ns, prom->scratch);
    const char *query =
        now ? caus_arena_format(prom->scratch,
                                "%s or last_over_time((%s)[5m:15s]) or "
                                "last_over_time((%s)[30m:5m])",
                                now, now, now)
            : NULL;
    if (!query)
        return caus_arena_fail(prom->scratch, err);
    const char *body = caus_prom_instant_body(prom, query);
    const char *what = caus_arena_format(
        prom->scratch, "the present value of %.100s", proposal->spec.name);
    if (!body || !what)
        return caus_prom_no_memory(prom, err);
    proposal->last_value = (double)NAN;
    *call = (caus_prom_call){.path = "/api/v1/query",
                             .body = body,
                             .what = what,
                             .shown = query,
                             .sent = query,
                             .is_optional = true,
                             .events = {.point = take_value, .data = proposal}};
    return CAUS_OK;
}

caus_status caus_proposals_ask(caus_prom *prom, caus_proposal *proposals,
                               size_t count, int64_t window_ns, caus_error *err)
{
    caus_prom_call *calls = CAUS_ARRAY(prom->scratch, caus_prom_call, count);
    size_t planned = 0;
    if (!calls)
        return caus_arena_fail(prom->scratch, err);
    for (size_t i = 0; i < count; i++) {
        if (proposals[i].spec.origin == CAUS_ORIGIN_METRIC)
            CAUS_TRY(plan_call(prom, &proposals[i], window_ns,
                               &calls[planned++], err));
    }
    return planned ? caus_prom_perform(prom, calls, planned, err) : CAUS_OK;
}
