/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an answer and what each is earned by (docs/design/0010). */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "render/render_internal.h"

static const double stable_share = 0.9;

const char *caus_orientation_name(caus_orientation orientation)
{
    static const char *const names[] = {"none", "lag", "knowledge", "topology",
                                        "rules"};
    return names[orientation];
}

const char *caus_environments_name(caus_edge_environments environments)
{
    static const char *const names[] = {"pooled", "replicated", "baseline only",
                                        "incident only", "changed"};
    return environments <= CAUS_EDGE_CHANGED ? names[environments] : "";
}

const char *caus_fdr_name(caus_fdr fdr)
{
    static const char *const names[] = {"none", "bh", "by"};
    return fdr <= CAUS_FDR_BY ? names[fdr] : "";
}

const char *caus_confidence_name(caus_confidence confidence)
{
    static const char *const names[] = {"none", "low", "medium", "high"};
    return names[confidence];
}

static caus_check_result passed(bool condition)
{
    return condition ? CAUS_CHECK_PASSED : CAUS_CHECK_FAILED;
}

/* p × tests, Bonferroni's bound on one false link among all tests. */
static double family_p(const caus_view *view, const caus_link *link)
{
    uint64_t tests = view->answer->discovery->test_count;
    return link->p_value * (double)(tests ? tests : 1);
}

bool caus_link_is_ordered(const caus_link *link)
{
    return link->orientation == CAUS_ORIENTED_LAG ||
           link->orientation == CAUS_ORIENTED_TOPOLOGY;
}

bool caus_link_is_at_rest(const caus_link *link)
{
    return link->lag > 0 && link->marks.target != CAUS_MARK_ARROW;
}

static caus_link_checks check_link(const caus_view *view, const caus_link *link)
{
    caus_link_checks checks = {.order = passed(caus_link_is_ordered(link))};
    double alpha = view->answer->options.alpha;
    if (!isnan(link->q_value))
        checks.multiplicity = passed(link->q_value <= alpha);
    else if (!isnan(link->p_value) && !isnan(alpha))
        checks.multiplicity = passed(family_p(view, link) <= alpha);
    if (link->environments != CAUS_EDGE_POOLED)
        checks.replicated = passed(link->environments == CAUS_EDGE_REPLICATED);
    if (!isnan(link->stability))
        checks.stable = passed(link->stability >= stable_share);
    return checks;
}

/* Two services under one load move together without touching each other: no
 * link "drives" before that load is removed, nor where no call explains it.
 * What drives "caused" where the service it comes from, and no other, was
 * changed just before. */
const char *caus_link_word(const caus_view *view, const caus_link *link)
{
    if (link->is_granted)
        return "assumed";
    if (caus_link_is_ordered(link) && view->answer->workload &&
        !view->answer->workload_guess &&
        link->environments == CAUS_EDGE_REPLICATED && !link->off_calls &&
        !link->by_load &&
        check_link(view, link).multiplicity != CAUS_CHECK_FAILED)
        return link->changed == CAUS_CHECK_PASSED ? "caused" : "drives";
    return link->orientation == CAUS_ORIENTED_LAG ? "preceded" : "moved with";
}

typedef void add_sentence(void *data, const char *sentence);

static const char *result_word(caus_check_result result)
{
    return result == CAUS_CHECK_PASSED ? "passed" : "failed";
}

static void list_order(const caus_view *view, const caus_link *link,
                       add_sentence *add, void *data)
{
    char lag[48], blur[40], sentence[200];
    caus_view_format_lag(view, link->lag, lag);
    if (link->orientation == CAUS_ORIENTED_LAG)
        snprintf(sentence, sizeof sentence, "lag order: passed (%s)", lag);
    else if (link->orientation == CAUS_ORIENTED_TOPOLOGY)
        snprintf(sentence, sizeof sentence,
                 "order: by who calls whom (lag 0 alone tells none)");
    else if (caus_link_is_at_rest(link))
        snprintf(sentence, sizeof sentence,
                 "order: failed (seen in normal operation alone, and the "
                 "first kept its level in the incident)");
    else if (link->lag > 0) {
        caus_duration_format(llround(link->blur_s * 1e3) * 1000000, blur);
        snprintf(sentence, sizeof sentence,
                 "lag order: failed (%s is not beyond the %s that scrapes and "
                 "rate windows blur)",
                 lag, blur);
    } else
        snprintf(sentence, sizeof sentence, "lag order: failed (lag 0%s)",
                 link->orientation == CAUS_ORIENTED_NONE
                     ? ""
                     : ", direction from elsewhere");
    add(data, sentence);
}

static void list_significance(const caus_view *view, const caus_link *link,
                              add_sentence *add, void *data)
{
    double alpha = view->answer->options.alpha;
    char value[32], sentence[200];
    if (!isnan(link->q_value)) {
        caus_format_p(link->q_value, value);
        snprintf(sentence, sizeof sentence, "q %s <= %g: %s", value, alpha,
                 result_word(passed(link->q_value <= alpha)));
        add(data, sentence);
    } else if (!isnan(link->p_value) && !isnan(alpha)) {
        caus_format_p(link->p_value, value);
        snprintf(sentence, sizeof sentence,
                 "p %s times %" PRIu64 " tests <= %g: %s", value,
                 view->answer->discovery->test_count, alpha,
                 result_word(passed(family_p(view, link) <= alpha)));
        add(data, sentence);
    }
}

/* "baseline and incident", or the halves of a window without an incident. */
static void list_replication(const caus_view *view, const caus_link *link,
                             caus_check_result result, add_sentence *add,
                             void *data)
{
    const caus_series *series = view->answer->series;
    const char *first = "baseline", *second = "incident";
    char sentence[200];
    if (series->environment_count == 2) {
        first = series->environments[0].name;
        second = series->environments[1].name;
    }
    int used = snprintf(sentence, sizeof sentence,
                        "replicated in %.50s and %.50s: %s", first, second,
                        result == CAUS_CHECK_UNTESTED ? "not tested"
                                                      : result_word(result));
    const char *seen = NULL;
    if (link->environments == CAUS_EDGE_BASELINE_ONLY)
        seen = first;
    else if (link->environments == CAUS_EDGE_INCIDENT_ONLY)
        seen = second;
    if (seen)
        snprintf(sentence + used, sizeof sentence - (size_t)used,
                 " (%.50s only)", seen);
    else if (link->environments == CAUS_EDGE_CHANGED)
        snprintf(sentence + used, sizeof sentence - (size_t)used,
                 " (its sign changed)");
    add(data, sentence);
}

static void list_load_and_calls(const caus_view *view, const caus_link *link,
                                add_sentence *add, void *data)
{
    const char *load = view->answer->workload;
    char sentence[200];
    if (!load)
        snprintf(sentence, sizeof sentence, "shared load removed: not done");
    else if (view->answer->workload_guess)
        snprintf(sentence, sizeof sentence,
                 "shared load removed: not proven (%.100s is a guess)", load);
    else if (link->of_load)
        snprintf(sentence, sizeof sentence,
                 "shared load removed: not asked of requests (%.100s)", load);
    else
        snprintf(sentence, sizeof sentence, "shared load removed: %s (%.100s)",
                 result_word(passed(!link->by_load)), load);
    add(data, sentence);
    if (link->off_calls)
        add(data, "call graph: failed (no call between the two explains it)");
}

void caus_link_list_checks(const caus_view *view, const caus_link *link,
                           add_sentence *add, void *data)
{
    caus_link_checks checks = check_link(view, link);
    char sentence[200];
    if (link->is_granted) {
        add(data, "required by the knowledge given: not tested");
        return;
    }
    list_order(view, link, add, data);
    list_significance(view, link, add, data);
    list_replication(view, link, checks.replicated, add, data);
    if (view->answer->preset)
        list_load_and_calls(view, link, add, data);
    if (link->change)
        add(data, link->change);
    if (checks.stable != CAUS_CHECK_UNTESTED) {
        snprintf(sentence, sizeof sentence, "stability %.2f >= %g: %s",
                 link->stability, stable_share, result_word(checks.stable));
        add(data, sentence);
    }
}

static void join_sentence(void *data, const char *sentence)
{
    caus_text *text = data;
    caus_text_format(text, "%s%s", text->length ? "; " : "", sentence);
}

void caus_link_add_checks(const caus_view *view, const caus_link *link,
                          caus_text *text)
{
    caus_text joined = {0};
    caus_link_list_checks(view, link, join_sentence, &joined);
    const char *clean =
        joined.bytes && !joined.failed
            ? caus_clean_text(view->arena, joined.bytes, view->clean)
            : NULL;
    if (clean)
        caus_text_add(text, clean);
    else
        text->failed = true;
    caus_text_deinit(&joined);
}

void caus_view_format_lag(const caus_view *view, size_t lag, char text[48])
{
    int64_t step_ns = view->answer->series->step_ns;
    if (step_ns > 0)
        caus_duration_format((int64_t)lag * step_ns, text);
    else
        snprintf(text, 48, "%zu step%s", lag, lag == 1 ? "" : "s");
}

/* One hop: order and multiplicity earn "medium"; besides, replication or
 * stability earns "high", and the failure of either takes one away. */
static caus_confidence link_confidence(const caus_view *view,
                                       const caus_link *link)
{
    caus_link_checks checks = check_link(view, link);
    if (checks.order != CAUS_CHECK_PASSED ||
        checks.multiplicity != CAUS_CHECK_PASSED ||
        checks.replicated == CAUS_CHECK_FAILED ||
        checks.stable == CAUS_CHECK_FAILED)
        return CAUS_CONFIDENCE_LOW;
    if (!view->answer->discovery->complete)
        return CAUS_CONFIDENCE_MEDIUM;
    if (checks.replicated == CAUS_CHECK_PASSED ||
        checks.stable == CAUS_CHECK_PASSED)
        return CAUS_CONFIDENCE_HIGH;
    return CAUS_CONFIDENCE_MEDIUM;
}

caus_confidence caus_view_confidence(const caus_view *view)
{
    if (!view->chain.count)
        return CAUS_CONFIDENCE_NONE;
    caus_confidence worst = CAUS_CONFIDENCE_HIGH;
    for (size_t i = 0; i < view->chain.count; i++) {
        caus_confidence hop = link_confidence(view, view->chain.hops[i]);
        worst = hop < worst ? hop : worst;
    }
    return worst;
}

static caus_check_result weaker(caus_check_result a, caus_check_result b)
{
    static const int rank[] = {[CAUS_CHECK_FAILED] = 0,
                               [CAUS_CHECK_UNTESTED] = 1,
                               [CAUS_CHECK_PASSED] = 2};
    return rank[b] < rank[a] ? b : a;
}

static caus_link_checks weakest_checks(const caus_view *view)
{
    caus_link_checks all = {CAUS_CHECK_PASSED, CAUS_CHECK_PASSED,
                            CAUS_CHECK_PASSED, CAUS_CHECK_PASSED};
    for (size_t i = 0; i < view->chain.count; i++) {
        caus_link_checks hop = check_link(view, view->chain.hops[i]);
        all.order = weaker(all.order, hop.order);
        all.multiplicity = weaker(all.multiplicity, hop.multiplicity);
        all.replicated = weaker(all.replicated, hop.replicated);
        all.stable = weaker(all.stable, hop.stable);
    }
    return all;
}

void caus_view_add_confidence_reason(const caus_view *view, caus_text *text)
{
    if (!view->chain.count) {
        caus_text_add(text, "no link to judge");
        return;
    }
    caus_link_checks all = weakest_checks(view);
    const struct {
        const char *name;
        caus_check_result result;
    } checks[] = {{"order", all.order},
                  {"correction for many tests", all.multiplicity},
                  {"replication", all.replicated},
                  {"stability", all.stable}};
    static const char *const titles[] = {"untested", "failed", "held"};
    const char *separator = "";
    for (int result = CAUS_CHECK_PASSED; result >= CAUS_CHECK_UNTESTED;
         result--) {
        bool titled = false;
        for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
            if ((int)checks[i].result != result)
                continue;
            if (titled)
                caus_text_format(text, ", %s", checks[i].name);
            else
                caus_text_format(text, "%s%s: %s", separator, titles[result],
                                 checks[i].name);
            titled = true;
            separator = "; ";
        }
    }
    if (!view->answer->discovery->complete)
        caus_text_add(text, "; cut short by the limit of time or tests");
}
