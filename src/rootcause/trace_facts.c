/* SPDX-License-Identifier: Apache-2.0 */
/* What traces tell of a service, in words: the strongest of every kind. */
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "rootcause/chain.h"
#include "rootcause/telling.h"
#include "rootcause/weights.h"

static const double most_q = .01;
static const double least_sureness = .5;
static const double least_of_extra = .1;
static const double least_extra_s = .001; /* a trace; below it nobody waits */

static const caus_operation *operation_of(const caus_spans *spans,
                                          size_t operation)
{
    return &spans->operations[operation];
}

static size_t service_of(const caus_spans *spans,
                         const caus_trace_finding *found)
{
    return operation_of(spans, caus_trace_finding_blamed(found))->service;
}

/* How much a finding matters among its kind; 0 = not at all. */
static double weight_of(const caus_trace_finding *found)
{
    if (found->evidence == CAUS_EVIDENCE_PATH)
        return found->sureness >= least_sureness
                   ? found->sureness * fabs(found->effect)
                   : 0;
    if (!(found->q_value <= most_q))
        return 0;
    switch (found->evidence) {
    case CAUS_EVIDENCE_SELF_TIME:
    case CAUS_EVIDENCE_GAP:
        return found->extra_s >= least_extra_s ? found->extra_s : 0;
    case CAUS_EVIDENCE_ERRORS:
        return fmax(found->effect, 0);
    default:
        return fabs(found->effect);
    }
}

void caus_trace_time_add(caus_text *text, double seconds)
{
    /* What three digits would tell as 1,000 ms is a second. */
    bool is_short = fabs(seconds) < .9995;
    char number[48];
    caus_amount_format(is_short ? 1e3 : 1, seconds, number);
    caus_text_format(text, "%s %s", number, is_short ? "ms" : "s");
}

/* Where few requests wait long the median tells little of what is lost. */
static void add_times(caus_text *text, const caus_trace_finding *found)
{
    double now = found->values[CAUS_PHASE_INCIDENT];
    double before = found->values[CAUS_PHASE_NORMAL];
    caus_trace_time_add(text, now);
    caus_text_add(text, " instead of ");
    caus_trace_time_add(text, before);
    if (now - before >= least_of_extra * found->extra_s)
        return;
    caus_text_add(text, " in the median, but ");
    caus_trace_time_add(text, found->extra_s);
    caus_text_add(text, " more a trace on average: few take long");
}

static void add_shares(caus_text *text, const caus_trace_finding *found)
{
    caus_text_format(text, "%.3g %% instead of %.3g %%",
                     100 * found->values[CAUS_PHASE_INCIDENT],
                     100 * found->values[CAUS_PHASE_NORMAL]);
}

/* "front checkout" */
static void add_operation(const caus_spans *spans, size_t operation,
                          caus_text *text)
{
    const caus_operation *named = operation_of(spans, operation);
    caus_text_format(text, "%s %s", spans->services[named->service],
                     named->name);
}

/* "0 % of front checkout go on to mid pay": whose steps both are is told once.
 */
static void add_way_on(const caus_spans *spans, const caus_trace_finding *found,
                       caus_text *text)
{
    const caus_operation *to = operation_of(spans, found->callee);
    caus_text_format(text, "%.3g %% of ",
                     100 * found->values[CAUS_PHASE_INCIDENT]);
    add_operation(spans, found->operation, text);
    caus_text_add(text, " go on to ");
    if (to->service == operation_of(spans, found->operation)->service)
        caus_text_add(text, to->name);
    else
        add_operation(spans, found->callee, text);
    caus_text_format(text, " instead of %.3g %%",
                     100 * found->values[CAUS_PHASE_NORMAL]);
    if (found->stopped_after == CAUS_NO_OPERATION)
        return;
    caus_text_add(text, "; callers stop after ");
    add_operation(spans, found->stopped_after, text);
}

static void say(const caus_spans *spans, const caus_trace_finding *found,
                caus_text *text)
{
    switch (found->evidence) {
    case CAUS_EVIDENCE_SELF_TIME:
        caus_text_add(text, "own work of ");
        add_operation(spans, found->operation, text);
        caus_text_add(text, " takes ");
        add_times(text, found);
        break;
    case CAUS_EVIDENCE_GAP:
        caus_text_add(text, "the way from ");
        add_operation(spans, found->operation, text);
        caus_text_add(text, " to it takes ");
        add_times(text, found);
        break;
    case CAUS_EVIDENCE_ERRORS:
        caus_text_add(text, found->callee == CAUS_NO_OPERATION
                                ? "failures begin in "
                                : "calls of it fail in ");
        add_operation(spans, found->operation, text);
        caus_text_add(text, ": ");
        add_shares(text, found);
        break;
    case CAUS_EVIDENCE_CALLS:
        add_operation(spans, found->operation, text);
        caus_text_add(text, " calls ");
        add_operation(spans, found->callee, text);
        caus_text_format(text, " %.3g times instead of %.3g",
                         found->values[CAUS_PHASE_INCIDENT],
                         found->values[CAUS_PHASE_NORMAL]);
        break;
    default:
        add_way_on(spans, found, text);
    }
}

static caus_status tell(const caus_case *about, const caus_trace_finding *found,
                        caus_trace_fact *fact, caus_error *err)
{
    const caus_spans *spans = about->spans;
    caus_text text = {0};
    say(spans, found, &text);
    const char **ids = CAUS_ARRAY(about->out, const char *, CAUS_EXEMPLARS);
    CAUS_TRY(caus_text_finish(&text, about->out, &fact->sentence, NULL, err));
    if (!ids)
        return caus_arena_fail(about->out, err);
    for (size_t k = 0; k < found->exemplar_count; k++)
        ids[k] = spans->trace_ids[found->exemplars[k]];
    fact->evidence = found->evidence;
    fact->before = found->values[CAUS_PHASE_NORMAL];
    fact->after = found->values[CAUS_PHASE_INCIDENT];
    fact->q_value = found->q_value;
    fact->exemplars = ids;
    fact->exemplar_count = found->exemplar_count;
    return CAUS_OK;
}

double caus_trace_lost_share(const caus_case *about, size_t service)
{
    const double least_share = .1;
    const caus_trace_clues *traces = &about->traces;
    double total = 0, lost = traces->lost_s[service];
    /* Every service is asked for; hardly any lost something. */
    if (!traces->known || traces->clue[service] < caus_chance_clue)
        return 0;
    for (size_t s = 0; s < about->scene.service_count; s++)
        total += traces->lost_s[s];
    return lost >= least_share * total ? lost / total : 0;
}

bool caus_trace_tells(const caus_case *about, size_t service)
{
    const caus_trace_evidence *evidence = about->traces.evidence;
    const char *name = about->scene.services[service];
    for (size_t i = 0; evidence && i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        const char *of =
            about->spans->services[service_of(about->spans, found)];
        if (weight_of(found) > 0 && strcmp(of, name) == 0)
            return true;
    }
    return caus_trace_lost_share(about, service) > 0;
}

/* The strongest finding of each kind: [suspects × kinds]. */
static void choose(const caus_case *about, size_t suspects,
                   const caus_trace_finding **best)
{
    const caus_spans *spans = about->spans;
    const caus_trace_evidence *evidence = about->traces.evidence;
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const caus_trace_finding *found = &evidence->findings[i];
        double weight = weight_of(found);
        size_t s = caus_scene_find(&about->scene,
                                   spans->services[service_of(spans, found)]);
        if (weight <= 0 || s == SIZE_MAX || about->rank_of[s] >= suspects)
            continue;
        const caus_trace_finding **slot =
            &best[about->rank_of[s] * CAUS_EVIDENCE_COUNT + found->evidence];
        if (!*slot || weight > weight_of(*slot))
            *slot = found;
    }
}

static const caus_trace_fact *find_fact(const caus_suspect *suspect,
                                        caus_evidence evidence)
{
    for (size_t i = 0; i < suspect->trace_fact_count; i++) {
        if (suspect->trace_facts[i].evidence == evidence)
            return &suspect->trace_facts[i];
    }
    return NULL;
}

const caus_trace_fact *caus_trace_broken(const caus_case *about, size_t service)
{
    const caus_suspect *suspect = &about->suspects[about->rank_of[service]];
    const caus_trace_fact *failures = find_fact(suspect, CAUS_EVIDENCE_ERRORS);
    const caus_trace_fact *way = find_fact(suspect, CAUS_EVIDENCE_PATH);
    if (!failures || !way)
        return failures ? failures : way;
    size_t own = caus_find_in_spans(about->spans, suspect->service);
    const caus_trace_service *told = &about->traces.evidence->services[own];
    return told->error_h >= told->shape_h ? failures : way;
}

caus_status caus_trace_facts_find(caus_case *about, caus_error *err)
{
    if (!about->traces.evidence)
        return CAUS_OK;
    size_t suspects = about->scene.service_count;
    if (suspects > CAUS_MOST_CHAINS)
        suspects = CAUS_MOST_CHAINS;
    size_t count = suspects * CAUS_EVIDENCE_COUNT;
    const caus_trace_finding **best =
        CAUS_ARRAY(about->out, const caus_trace_finding *, count + 1);
    caus_trace_fact *facts = CAUS_ARRAY(about->out, caus_trace_fact, count + 1);
    if (!best || !facts)
        return caus_arena_fail(about->out, err);
    choose(about, suspects, best);
    for (size_t i = 0; i < suspects; i++) {
        about->suspects[i].trace_facts = facts;
        for (size_t kind = 0; kind < CAUS_EVIDENCE_COUNT; kind++) {
            const caus_trace_finding *found =
                best[i * CAUS_EVIDENCE_COUNT + kind];
            if (!found)
                continue;
            CAUS_TRY(tell(about, found, facts++, err));
            about->suspects[i].trace_fact_count++;
        }
    }
    return CAUS_OK;
}
