/* SPDX-License-Identifier: Apache-2.0 */
/* PromQL as it is sent: limited to the step and completed by zeros. */
#include <inttypes.h>
#include <string.h>

#include "telemetry/prometheus_promql.h"

void caus_promql_duration(int64_t duration_ns, char text[32])
{
    int64_t ms = duration_ns / 1000000;
    if (ms % 1000 == 0)
        snprintf(text, 32, "%" PRId64 "s", ms / 1000);
    else
        snprintf(text, 32, "%" PRId64 "ms", ms);
}

static void add_escaped(caus_text *to, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\n') {
            caus_text_add(to, "\\n");
            continue;
        }
        if (strchr(special, *text))
            caus_text_add_char(to, '\\');
        caus_text_add_char(to, *text);
    }
}

void caus_promql_quote(caus_text *to, const char *text)
{
    caus_text_add_char(to, '"');
    add_escaped(to, text, "\"\\");
    caus_text_add_char(to, '"');
}

void caus_promql_escape_regex(caus_text *to, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\.+*?()|[]{}^$", *text))
            caus_text_add_char(to, '\\');
        caus_text_add_char(to, *text);
    }
}

static bool contains_slice(caus_slice in, caus_slice part)
{
    for (size_t i = 0; i + part.length <= in.length; i++) {
        if (memcmp(in.at + i, part.at, part.length) == 0)
            return true;
    }
    return false;
}

static bool contains(caus_slice in, const char *text)
{
    return contains_slice(in, (caus_slice){text, strlen(text)});
}

static bool ends_with(caus_slice name, const char *text)
{
    size_t length = strlen(text);
    return name.length >= length &&
           memcmp(name.at + name.length - length, text, length) == 0;
}

/* Whether a label tells how an event went: its series come into being with the
 * first such event. */
static bool is_outcome(const caus_promql_matcher *matcher)
{
    caus_slice name = matcher->name;
    return contains(name, "status") || contains(name, "error") ||
           contains(name, "exception") || contains(name, "outcome") ||
           contains(name, "result") || ends_with(name, "_code") ||
           (name.length == 4 && memcmp(name.at, "code", 4) == 0);
}

/* Whether a sum counts events of some outcome, so that no series means none:
 * by labels that are not the outcome itself. */
static bool may_complete(const caus_promql *query,
                         const caus_promql_selector *selector)
{
    if (!selector->sum.length || !selector->name.length || query->asks_presence)
        return false;
    caus_slice rate = selector->rate, sum = selector->sum;
    size_t before = (size_t)(rate.at - sum.at);
    caus_slice list = {sum.at, before};
    if (!contains(list, "by"))
        list = (caus_slice){rate.at + rate.length,
                            sum.length - before - rate.length};
    bool any = false;
    for (size_t m = 0; m < selector->matcher_count; m++) {
        const caus_promql_matcher *matcher = &selector->matchers[m];
        if (!is_outcome(matcher))
            continue;
        if (contains_slice(list, matcher->name))
            return false;
        any = true;
    }
    return any;
}

static void add_slice(caus_text *to, caus_slice slice)
{
    caus_text_add_bytes(to, slice.at, slice.length);
}

static void add_selector(caus_text *to, const caus_promql_selector *selector,
                         bool with_outcomes)
{
    if (with_outcomes || !selector->matcher_count) {
        add_slice(to, selector->whole);
        return;
    }
    const char *separator = "{";
    if (selector->whole.at == selector->name.at)
        add_slice(to, selector->name);
    for (size_t m = 0; m < selector->matcher_count; m++) {
        if (is_outcome(&selector->matchers[m]))
            continue;
        caus_text_add(to, separator);
        add_slice(to, selector->matchers[m].whole);
        separator = ",";
    }
    if (*separator == ',')
        caus_text_add_char(to, '}');
}

/* The sum around a selector, with that selector as chosen. */
static void add_sum(caus_text *to, const caus_promql_selector *selector,
                    bool with_outcomes)
{
    const char *from = selector->sum.at, *at = selector->whole.at;
    const char *behind = at + selector->whole.length;
    caus_text_add_bytes(to, from, (size_t)(at - from));
    add_selector(to, selector, with_outcomes);
    caus_text_add_bytes(to, behind,
                        (size_t)(from + selector->sum.length - behind));
}

/* Returns where the text goes on behind what was added. */
static const char *add_limited(caus_text *to,
                               const caus_promql_selector *selector,
                               int64_t step_ns)
{
    /* Prometheus 2 takes a range as closed on both sides: one millisecond less
     * leaves out the sample of the step before. */
    char window[32];
    caus_promql_duration(step_ns - 1000000, window);
    caus_text_add(to, "last_over_time(");
    add_slice(to, selector->whole);
    caus_text_format(to, "[%s]", window);
    add_slice(to, selector->modifiers);
    caus_text_add_char(to, ')');
    const caus_slice *last =
        selector->modifiers.length ? &selector->modifiers : &selector->whole;
    return last->at + last->length;
}

char *caus_promql_limit(const caus_promql *query, int64_t step_ns,
                        caus_arena *out)
{
    caus_text text = {0};
    const char *at = query->text;
    for (size_t i = 0; i < query->selector_count; i++) {
        const caus_promql_selector *selector = &query->selectors[i];
        bool completes = may_complete(query, selector);
        if (!completes && selector->form != CAUS_PROMQL_INSTANT)
            continue;
        const char *next = completes ? selector->sum.at : selector->whole.at;
        caus_text_add_bytes(&text, at, (size_t)(next - at));
        if (completes) {
            caus_text_add_char(&text, '(');
            add_sum(&text, selector, true);
            caus_text_add(&text, " or 0 * ");
            add_sum(&text, selector, false);
            caus_text_add_char(&text, ')');
            at = selector->sum.at + selector->sum.length;
        } else {
            at = add_limited(&text, selector, step_ns);
        }
    }
    caus_text_add(&text, at);
    char *kept =
        text.failed ? NULL : caus_arena_copy_text(out, text.bytes, text.length);
    caus_text_deinit(&text);
    return kept;
}
