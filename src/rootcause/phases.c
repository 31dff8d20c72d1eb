/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that nobody has cut into before and after: the onset does. */
#include "rootcause/rootcause_internal.h"

static bool has_both_phases(const caus_spans *spans)
{
    size_t incident = 0;
    for (size_t t = 0; t < spans->trace_count; t++)
        incident += spans->trace_phase[t] == CAUS_PHASE_INCIDENT;
    return incident > 0 && incident < spans->trace_count;
}

caus_status caus_case_take_spans(caus_case *about, caus_error *err)
{
    const caus_spans *given = about->options->spans;
    about->spans = given;
    if (!given || has_both_phases(given))
        return CAUS_OK;
    caus_spans *cut = CAUS_ARRAY(about->out, caus_spans, 1);
    unsigned char *phase =
        CAUS_ARRAY(about->out, unsigned char, given->trace_count + 1);
    if (!cut || !phase)
        return caus_arena_fail(about->out, err);
    /* What a row says is of the step before its time. */
    int64_t from_ns = about->options->has_onset
                          ? about->options->onset_ns
                          : about->onset.time_ns - about->series->step_ns + 1;
    *cut = *given;
    for (size_t t = 0; t < given->trace_count; t++) {
        size_t first = given->trace_start[t];
        bool late = given->start_ns[first] >= from_ns;
        phase[t] = late ? CAUS_PHASE_INCIDENT : CAUS_PHASE_NORMAL;
    }
    cut->trace_phase = phase;
    about->spans = cut;
    return CAUS_OK;
}
