/* SPDX-License-Identifier: Apache-2.0 */
/* The slowest traces of the incident over every hop of the chains. */
#include <string.h>

#include "caus/trace_evidence.h"
#include "rootcause/chain.h"

enum { MOST_CALLS = 128 };

/* A call of some hops and its slowest traces so far, slowest first. */
typedef struct hop_call {
    size_t caller, callee; /* services of the spans */
    size_t next;           /* call of the same caller; SIZE_MAX = none */
    size_t count;
    int64_t duration_ns[CAUS_EXEMPLARS];
    uint32_t trace[CAUS_EXEMPLARS];
} hop_call;

typedef struct call_list {
    size_t count;
    size_t *first; /* [spans' services] call of a caller; SIZE_MAX = none */
    hop_call items[MOST_CALLS];
} call_list;

/* The call between two services, begun where it is not there. NULL = no room.
 */
static hop_call *call_between(call_list *list, size_t caller, size_t callee,
                              bool begin)
{
    size_t at = list->first[caller];
    while (at != SIZE_MAX && list->items[at].callee != callee)
        at = list->items[at].next;
    if (at != SIZE_MAX)
        return &list->items[at];
    if (!begin || list->count == MOST_CALLS)
        return NULL;
    hop_call *made = &list->items[list->count];
    *made = (hop_call){
        .caller = caller, .callee = callee, .next = list->first[caller]};
    list->first[caller] = list->count++;
    return made;
}

/* A trace counts once, with its slowest span. */
static void keep(hop_call *call, int64_t duration_ns, uint32_t trace)
{
    size_t at = 0;
    while (at < call->count && call->duration_ns[at] >= duration_ns) {
        if (call->trace[at] == trace)
            return;
        at++;
    }
    if (at == CAUS_EXEMPLARS)
        return;
    size_t end = at;
    while (end < call->count && call->trace[end] != trace)
        end++;
    if (end == call->count && call->count < CAUS_EXEMPLARS)
        call->count++;
    else if (end == call->count)
        end--;
    for (; end > at; end--) {
        call->duration_ns[end] = call->duration_ns[end - 1];
        call->trace[end] = call->trace[end - 1];
    }
    call->duration_ns[at] = duration_ns;
    call->trace[at] = trace;
}

static void scan(const caus_spans *spans, call_list *list)
{
    for (size_t s = 0; s < spans->span_count; s++) {
        uint32_t parent = spans->parent[s];
        if (parent == CAUS_NO_SPAN || spans->duration_ns[s] < 0 ||
            caus_span_phase(spans, s) != CAUS_PHASE_INCIDENT)
            continue;
        hop_call *call = call_between(list, caus_span_service(spans, parent),
                                      caus_span_service(spans, s), false);
        if (call)
            keep(call, spans->duration_ns[s], spans->trace[s]);
    }
}

static hop_call *call_of(const caus_case *about, const caus_hop *hop,
                         call_list *list, bool begin)
{
    caus_topology names = {.service_count = about->spans->service_count,
                           .services = about->spans->services};
    size_t caller =
        caus_topology_find(&names, about->suspects[hop->to].service);
    size_t callee =
        caus_topology_find(&names, about->suspects[hop->from].service);
    return caller == SIZE_MAX || callee == SIZE_MAX
               ? NULL
               : call_between(list, caller, callee, begin);
}

static caus_status show(const caus_case *about, call_list *list, caus_hop *hop,
                        caus_error *err)
{
    const hop_call *call = call_of(about, hop, list, false);
    if (!call || !call->count)
        return CAUS_OK;
    const char **ids = CAUS_ARRAY(about->out, const char *, CAUS_EXEMPLARS);
    if (!ids)
        return caus_arena_fail(about->out, err);
    for (size_t k = 0; k < call->count; k++)
        ids[k] = about->spans->trace_ids[call->trace[k]];
    hop->exemplars = ids;
    hop->exemplar_count = call->count;
    return CAUS_OK;
}

caus_status caus_exemplars_fill(const caus_case *about, caus_hop *const *hops,
                                size_t count, caus_error *err)
{
    const caus_spans *spans = about->spans;
    if (!spans || !count)
        return CAUS_OK;
    call_list *list = CAUS_ARRAY(about->out, call_list, 1);
    if (list)
        list->first = CAUS_ARRAY(about->out, size_t, spans->service_count + 1);
    if (!list || !list->first)
        return caus_arena_fail(about->out, err);
    for (size_t s = 0; s < spans->service_count; s++)
        list->first[s] = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        call_of(about, hops[i], list, true);
    scan(spans, list);
    for (size_t i = 0; i < count; i++)
        CAUS_TRY(show(about, list, hops[i], err));
    return CAUS_OK;
}
