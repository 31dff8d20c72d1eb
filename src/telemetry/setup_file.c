/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals as a vars.yml file. */
#include <math.h>
#include <string.h>

#include "telemetry/specs_internal.h"
#include "telemetry/survey_internal.h"

/* A double-quoted YAML scalar; its escapes are those of JSON. */
static void add_quoted(caus_text *text, const char *value)
{
    caus_json json;
    caus_json_init(&json, text, 0);
    caus_json_text(&json, value);
}

static void add_trace_query(caus_text *text, const caus_variable_spec *spec)
{
    const char *dimension = "calls";
    if (spec->trace_value == CAUS_TRACE_ERRORS)
        dimension = "errors";
    else if (spec->trace_value >= CAUS_TRACE_LATENCY)
        dimension = "duration";
    caus_text_add(text, "    source: {type: traces, impl: clickhouse}\n"
                        "    trace_query:\n"
                        "      service: ");
    add_quoted(text, spec->service);
    caus_text_format(text, "\n      dimension: %s\n", dimension);
}

static void add_metrics_query(caus_text *text, const caus_variable_spec *spec)
{
    if (*spec->service) {
        caus_text_add(text, "    service: ");
        add_quoted(text, spec->service);
        caus_text_add_char(text, '\n');
    }
    caus_text_add(text, "    source: {type: metrics, impl: prometheus}\n"
                        "    metrics_query: ");
    add_quoted(text, spec->query);
    caus_text_add_char(text, '\n');
}

static void add_proposal(caus_text *text, const caus_proposal *proposal)
{
    const caus_variable_spec *spec = &proposal->spec;
    caus_text_add(text, "  - name: ");
    add_quoted(text, spec->name);
    caus_text_format(text, " # %s", caus_signal_name(proposal->signal));
    if (isfinite(proposal->last_value))
        caus_text_format(text, ", last value %.4g", proposal->last_value);
    caus_text_add_char(text, '\n');
    if (spec->origin == CAUS_ORIGIN_TRACE)
        add_trace_query(text, spec);
    else
        add_metrics_query(text, spec);
    caus_text_format(text, "    kind: %s\n", caus_kind_name(spec->kind));
    if (spec->unit && *spec->unit) {
        caus_text_add(text, "    unit: ");
        add_quoted(text, spec->unit);
        caus_text_add_char(text, '\n');
    }
}

caus_status caus_setup_write(const caus_setup *setup, caus_arena *out,
                             const char **text, size_t *length, caus_error *err)
{
    caus_text made = {0};
    const char *before = "";
    caus_text_add(&made, "# Variables proposed by caus init: edit as you like. "
                         "Format: caus help vars\n"
                         "variables:\n");
    for (size_t i = 0; i < setup->proposal_count; i++) {
        const char *service = setup->proposals[i].spec.service;
        if (strcmp(service, before) != 0)
            caus_text_add_char(&made, '\n');
        before = service;
        add_proposal(&made, &setup->proposals[i]);
    }
    return caus_text_finish(&made, out, text, length, err);
}
