/* SPDX-License-Identifier: Apache-2.0 */
/* The answer in one sentence: which chain it tells and how. */
#include <math.h>

#include "render/render_internal.h"

/* How strong a hop must be to be told, as a share of those it stands beside. */
static const double least_share = 1.0 / 3;

static bool is_hop(const caus_view *view, const caus_link *link)
{
    return caus_link_is_ordered(link) && caus_link_is_telling(view, link);
}

static bool is_on_chain(const caus_chain *chain, size_t variable)
{
    for (size_t i = 0; i < chain->count; i++)
        if (chain->hops[i]->source == variable ||
            chain->hops[i]->target == variable)
            return true;
    return false;
}

/* The strongest hop into (or out of) a variable that adds a new one and is
 * strong enough beside the chain's strongest. */
static const caus_link *find_extension(const caus_view *view, size_t variable,
                                       bool into, double strongest)
{
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        if (!is_hop(view, link) ||
            fabs(link->statistic) < strongest * least_share)
            continue;
        size_t end = into ? link->target : link->source;
        size_t added = into ? link->source : link->target;
        if (end == variable && !is_on_chain(&view->chain, added))
            return link;
    }
    return NULL;
}

static void prepend(caus_chain *chain, const caus_link *link)
{
    for (size_t i = chain->count; i > 0; i--)
        chain->hops[i] = chain->hops[i - 1];
    chain->hops[0] = link;
    chain->count++;
}

/* Links are sorted, so the first that fits is the strongest. */
static const caus_link *find_first(const caus_view *view, bool hop)
{
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        if (!caus_link_is_telling(view, link) || (hop && !is_hop(view, link)))
            continue;
        bool touches = view->target == SIZE_MAX ||
                       link->target == view->target ||
                       (!hop && link->source == view->target);
        if (touches)
            return link;
    }
    return NULL;
}

/* The strongest hop from one variable to another; NULL if there is none. */
static const caus_link *find_hop(const caus_view *view, size_t source,
                                 size_t target)
{
    for (size_t i = 0; i < view->link_count; i++) {
        const caus_link *link = &view->links[i];
        if (link->source == source && link->target == target &&
            is_hop(view, link))
            return link;
    }
    return NULL;
}

/* A station between the ends of a hop: the one whose weaker leg is strongest,
 * if that leg is strong enough beside the hop itself. */
static bool find_station(const caus_view *view, const caus_link *hop,
                         const caus_link *legs[2])
{
    double best = fabs(hop->statistic) * least_share;
    bool found = false;
    for (size_t i = 0; i < view->variable_count; i++) {
        if (is_on_chain(&view->chain, i))
            continue;
        const caus_link *first = find_hop(view, hop->source, i);
        const caus_link *second = find_hop(view, i, hop->target);
        if (!first || !second)
            continue;
        double weaker = fmin(fabs(first->statistic), fabs(second->statistic));
        if (weaker < best)
            continue;
        best = weaker;
        legs[0] = first;
        legs[1] = second;
        found = true;
    }
    return found;
}

/* A cause that reaches its effect also through a third variable is told with
 * that station: it is where to look next. */
static void add_stations(caus_view *view)
{
    caus_chain *chain = &view->chain;
    for (size_t at = 0; at < chain->count && chain->count < CAUS_CHAIN_HOPS;) {
        const caus_link *legs[2];
        if (!find_station(view, chain->hops[at], legs)) {
            at++;
            continue;
        }
        for (size_t i = chain->count; i > at + 1; i--)
            chain->hops[i] = chain->hops[i - 1];
        chain->hops[at] = legs[0];
        chain->hops[at + 1] = legs[1];
        chain->count++;
    }
}

void caus_view_find_chain(caus_view *view)
{
    caus_chain *chain = &view->chain;
    *chain = (caus_chain){0};
    const caus_link *start = find_first(view, true);
    if (!start) {
        start = find_first(view, false);
        if (start)
            prepend(chain, start);
        return;
    }
    prepend(chain, start);
    double strongest = fabs(start->statistic);
    const caus_link *next = start;
    while (next && chain->count < CAUS_CHAIN_HOPS) {
        next = find_extension(view, chain->hops[0]->source, true, strongest);
        if (next)
            prepend(chain, next);
    }
    next = view->target == SIZE_MAX ? start : NULL;
    while (next && chain->count < CAUS_CHAIN_HOPS) {
        next = find_extension(view, chain->hops[chain->count - 1]->target,
                              false, strongest);
        if (next)
            chain->hops[chain->count++] = next;
    }
    add_stations(view);
}

typedef void add_name(caus_text *text, const char *name);

static void tell_hop(const caus_view *view, const caus_link *hop,
                     caus_text *text, add_name *add)
{
    const char *word = caus_link_word(view, hop);
    char lag[48];
    caus_view_format_lag(view, hop->lag ? hop->lag : 1, lag);
    caus_text_format(text, " %s ", word);
    add(text, view->names[hop->target]);
    if (hop->lag == 0)
        caus_text_format(text, " within %s", lag);
    else
        caus_text_format(text, word[0] == 'p' ? " by %s" : " %s later", lag);
    if (hop->statistic < 0)
        caus_text_add(text, " (opposite sign)");
}

static void tell_chain(const caus_view *view, caus_text *text, add_name *add)
{
    const caus_chain *chain = &view->chain;
    add(text, view->names[chain->hops[0]->source]);
    for (size_t i = 0; i < chain->count; i++) {
        if (i > 0)
            caus_text_add(text, ", which");
        tell_hop(view, chain->hops[i], text, add);
    }
    caus_text_add_char(text, '.');
}

static void tell_orderless(const caus_view *view, caus_text *text,
                           add_name *add)
{
    const caus_link *link = view->chain.hops[0];
    char lag[48];
    caus_view_format_lag(view, link->lag ? link->lag : 1, lag);
    add(text, view->names[link->source]);
    caus_text_add(text, " moved with ");
    add(text, view->names[link->target]);
    if (link->statistic < 0)
        caus_text_add(text, " (opposite sign)");
    if (caus_link_is_at_rest(link))
        caus_text_format(text,
                         "; they lie %s apart in normal operation, and the "
                         "first kept its level in the incident.",
                         lag);
    else if (link->lag > 0)
        caus_text_format(text,
                         "; they lie %s apart, too close for the scrapes to "
                         "order.",
                         lag);
    else if (view->answer->series->step_ns > 0)
        caus_text_format(text,
                         " within one step of %s; which came first is not "
                         "measurable.",
                         lag);
    else
        caus_text_add(text, "; which came first is not measurable.");
}

/* The node that left its level by most; SIZE_MAX = none did. */
static size_t find_loudest(const caus_view *view)
{
    const double *departures = view->answer->departures;
    size_t loudest = SIZE_MAX;
    for (size_t i = 0; i < view->variable_count; i++) {
        if (caus_view_has_moved(view, i) && view->shown[i] &&
            (loudest == SIZE_MAX || departures[i] > departures[loudest]))
            loudest = i;
    }
    return loudest;
}

/* There are links, and none tells of the incident. */
static void tell_uninvolved(const caus_view *view, caus_text *text,
                            add_name *add)
{
    size_t loudest = find_loudest(view);
    if (loudest == SIZE_MAX) {
        caus_text_add(text, "No variable left its level in the incident: the "
                            "links found are those of normal operation.");
        return;
    }
    caus_text_add(text, "No link joins two variables that moved in the "
                        "incident; ");
    add(text, view->names[loudest]);
    caus_text_add(text, " moved most.");
}

static void tell_nothing(const caus_view *view, caus_text *text, add_name *add)
{
    const caus_graph_answer *answer = view->answer;
    double alpha = answer->options.alpha;
    bool fdr = answer->options.fdr != CAUS_FDR_NONE;
    if (answer->insufficient) {
        caus_text_add(text, "Nothing could be tested.");
        return;
    }
    if (view->variable_count == 1) {
        caus_text_add(text, "There is one variable only, ");
        add(text, view->names[0]);
        caus_text_add(text, ", so there is no link to find.");
        return;
    }
    caus_text_add(text, "No link ");
    if (view->target != SIZE_MAX) {
        caus_text_add(text, "to ");
        add(text, view->names[view->target]);
        caus_text_add_char(text, ' ');
    } else if (view->link_count)
        caus_text_add(text, "between two variables ");
    if (isnan(alpha))
        caus_text_add(text, "was worth its price");
    else
        caus_text_add(text, "stands out from chance");
    if (!answer->discovery->complete)
        caus_text_add(text, " before the limit of time or tests");
    else if (answer->discovery->test_count) {
        caus_text_add(text, " in ");
        caus_text_add_count(text, answer->discovery->test_count);
        caus_text_add(text, " tests");
    }
    if (!isnan(alpha))
        caus_text_format(text, " (alpha %g%s)", alpha,
                         fdr ? ", corrected for their number" : "");
    caus_text_add_char(text, '.');
}

void caus_view_add_sentence(const caus_view *view, caus_text *text,
                            add_name *add)
{
    const caus_extent *extent = view->answer->extent;
    if (extent && !extent->found && view->chain.count)
        caus_text_add(text, "No incident was found; as usual, ");
    if (!view->chain.count && view->answer->departures && view->cross_count)
        tell_uninvolved(view, text, add);
    else if (!view->chain.count)
        tell_nothing(view, text, add);
    else if (is_hop(view, view->chain.hops[0]))
        tell_chain(view, text, add);
    else
        tell_orderless(view, text, add);
}

caus_status caus_render_sentence(const caus_graph_answer *answer,
                                 caus_arena *out, const char **text,
                                 caus_error *err)
{
    caus_view view;
    caus_text sentence = {0};
    caus_status status =
        caus_view_init(&view, answer, CAUS_CLEAN_PRINTABLE, err);
    if (status == CAUS_OK) {
        caus_view_add_sentence(&view, &sentence, caus_text_add);
        status = caus_text_finish(&sentence, out, text, NULL, err);
    }
    caus_view_deinit(&view);
    return status;
}
