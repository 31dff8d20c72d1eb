/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for programs. */
#include "render/explain.h"
#include "render/members.h"

static void put(const caus_tale *tale, caus_json *json, const char *key,
                const char *value)
{
    caus_json_put_text(json, key, caus_tale_clean(tale, value));
}

/* What could be seen: who reacts after the end is not in it. */
static void write_searched(const caus_tale *tale, caus_json *json)
{
    const caus_explanation *told = tale->answer->explanation;
    const caus_series *series = tale->answer->series;
    caus_time_span window = caus_tale_window(tale);
    caus_json_key(json, "searched");
    caus_json_begin_object(json);
    caus_put_time(json, "start", window.start_ns);
    caus_put_time(json, "end", window.end_ns);
    caus_json_put_double(json, "step_seconds", (double)series->step_ns / 1e9);
    caus_json_put_unsigned(json, "variables", series->variable_count);
    caus_json_put_unsigned(json, "services", caus_tale_measured(tale));
    caus_json_key(json, "beside");
    caus_json_begin_array(json);
    if (told->has_calls)
        caus_json_text(json, "calls");
    if (told->has_traces)
        caus_json_text(json, "traces");
    if (told->has_logs)
        caus_json_text(json, "logs");
    if (told->has_changes)
        caus_json_text(json, "changes");
    caus_json_end_array(json);
    caus_put_number(json, "usual_delays_up_to_seconds", told->usual_s);
    caus_json_end_object(json);
}

static void write_ending(caus_json *json, const caus_ending *ending)
{
    if (!ending->known)
        return;
    caus_json_put_bool(json, "ongoing", !ending->is_over);
    if (!ending->is_over)
        return;
    caus_json_key(json, "end");
    caus_json_begin_object(json);
    caus_put_time(json, "time", ending->time_ns);
    caus_json_end_object(json);
}

static const char *variable_name(const caus_tale *tale, size_t variable)
{
    return caus_tale_clean(tale,
                           tale->answer->series->variables[variable].name);
}

static const char *service_name(const caus_tale *tale, size_t rank)
{
    return caus_tale_clean(tale,
                           tale->answer->explanation->suspects[rank].service);
}

static void write_texts(const caus_tale *tale, caus_json *json,
                        const char *const *items, size_t count)
{
    caus_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        caus_json_text(json, caus_tale_clean(tale, items[i]));
    caus_json_end_array(json);
}

static void write_clue(const caus_tale *tale, caus_json *json,
                       const caus_clue *clue)
{
    caus_put_number(json, "score", clue->score);
    caus_put_number(json, "before", clue->before);
    caus_put_number(json, "after", clue->after);
    caus_put_number(json, "size", clue->size);
    const char *unit = tale->answer->series->variables[clue->variable].unit;
    if (unit[0])
        put(tale, json, "unit", unit);
    caus_put_onset(json, &clue->onset);
}

static void write_metrics(const caus_tale *tale, caus_json *json,
                          const caus_suspect *suspect)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_json_key(json, "metrics");
    caus_json_begin_array(json);
    for (size_t i = 0; i < suspect->clue_count; i++) {
        const caus_clue *clue = &told->clues[suspect->clues[i]];
        if (clue->score <= 0)
            break;
        caus_json_begin_object(json);
        caus_json_put_text(json, "variable",
                           variable_name(tale, clue->variable));
        write_clue(tale, json, clue);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_checks(const caus_tale *tale, caus_json *json,
                         const caus_finding *checks, size_t count)
{
    static const char *const states[] = {"untested", "failed", "passed"};
    caus_json_key(json, "checks");
    caus_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        caus_json_begin_object(json);
        caus_json_put_text(json, "result", states[checks[i].state]);
        put(tale, json, "check", checks[i].text);
        if (checks[i].found)
            put(tale, json, "found", checks[i].found);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_interval(caus_json *json, double low, double high)
{
    caus_json_key(json, "lag_interval");
    caus_json_begin_array(json);
    caus_json_double(json, low);
    caus_json_double(json, high);
    caus_json_end_array(json);
}

static void write_hop(const caus_tale *tale, caus_json *json,
                      const caus_hop *hop)
{
    caus_json_begin_object(json);
    caus_json_put_text(json, "from", service_name(tale, hop->from));
    caus_json_put_text(json, "to", service_name(tale, hop->to));
    if (hop->word)
        caus_json_put_text(json, "word", hop->word);
    else
        put(tale, json, "sentence", hop->unearned);
    if (hop->has_lag) {
        caus_json_put_double(json, "lag_seconds", hop->lag_s);
        write_interval(json, hop->lag_low_s, hop->lag_high_s);
    }
    if (hop->variable != SIZE_MAX) {
        caus_json_put_text(json, "variable",
                           variable_name(tale, hop->variable));
        caus_put_number(json, "effect", hop->effect);
    }
    caus_put_number(json, "usual_delay_seconds", hop->delay_s);
    write_checks(tale, json, hop->checks, hop->check_count);
    put(tale, json, "disproof", hop->disproof);
    if (hop->query) {
        caus_json_key(json, "query");
        caus_json_begin_object(json);
        caus_json_put_text(json, "source", hop->query_source);
        put(tale, json, "text", hop->query);
        caus_json_end_object(json);
    }
    caus_json_key(json, "exemplars");
    write_texts(tale, json, hop->exemplars, hop->exemplar_count);
    caus_json_end_object(json);
}

static void write_terms(const caus_tale *tale, caus_json *json,
                        const caus_suspect *suspect)
{
    size_t count = caus_tale_term_count(tale);
    caus_json_key(json, "terms");
    caus_json_begin_object(json);
    for (size_t t = 0; t < count; t++) {
        caus_json_key(json, caus_term_name((caus_term)t));
        caus_json_begin_object(json);
        caus_json_put_double(json, "score", suspect->terms[t]);
        caus_json_put_unsigned(json, "rank_without", suspect->rank_without[t]);
        caus_json_end_object(json);
    }
    caus_json_end_object(json);
}

static void write_share(caus_json *json, const caus_share *share)
{
    if (!share->known)
        return;
    caus_json_key(json, "share");
    caus_json_begin_object(json);
    caus_json_put_double(json, "value", share->value);
    caus_json_key(json, "interval");
    caus_json_begin_array(json);
    caus_json_double(json, share->low);
    caus_json_double(json, share->high);
    caus_json_end_array(json);
    caus_json_end_object(json);
}

static void write_trace_facts(const caus_tale *tale, caus_json *json,
                              const caus_suspect *suspect)
{
    if (!suspect->trace_fact_count)
        return;
    caus_json_key(json, "traces");
    caus_json_begin_array(json);
    for (size_t i = 0; i < suspect->trace_fact_count; i++) {
        const caus_trace_fact *fact = &suspect->trace_facts[i];
        caus_json_begin_object(json);
        caus_json_put_text(json, "evidence",
                           caus_evidence_name(fact->evidence));
        caus_put_number(json, "before", fact->before);
        caus_put_number(json, "after", fact->after);
        caus_put_number(json, "q_value", fact->q_value);
        put(tale, json, "sentence", fact->sentence);
        caus_json_key(json, "exemplars");
        write_texts(tale, json, fact->exemplars, fact->exemplar_count);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_log_facts(const caus_tale *tale, caus_json *json,
                            const caus_suspect *suspect)
{
    if (!suspect->log_fact_count)
        return;
    caus_json_key(json, "logs");
    caus_json_begin_array(json);
    for (size_t i = 0; i < suspect->log_fact_count; i++) {
        const caus_log_fact *fact = &suspect->log_facts[i];
        caus_json_begin_object(json);
        put(tale, json, "template", fact->text);
        caus_json_put_text(json, "severity",
                           caus_severity_name(fact->severity));
        caus_json_put_bool(json, "new", fact->is_new);
        caus_json_put_unsigned(json, "before", fact->before);
        caus_json_put_unsigned(json, "after", fact->after);
        caus_put_number(json, "expected", fact->expected);
        caus_put_number(json, "size", fact->size);
        caus_put_time(json, "first", fact->first_ns);
        put(tale, json, "sentence", fact->sentence);
        caus_json_key(json, "exemplars");
        write_texts(tale, json, fact->exemplars, fact->exemplar_count);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_links(const caus_tale *tale, caus_json *json,
                        const caus_suspect *suspect)
{
    caus_tale_links links = caus_tale_find_links(tale, suspect);
    if (!links.count)
        return;
    caus_json_key(json, "links");
    caus_json_begin_array(json);
    for (size_t i = 0; i < links.count; i++) {
        caus_json_begin_object(json);
        caus_json_put_text(json, "title", links.items[i].title);
        caus_json_put_text(json, "url", links.items[i].url);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_suspect(const caus_tale *tale, caus_json *json, size_t rank)
{
    const caus_suspect *suspect = &tale->answer->explanation->suspects[rank];
    caus_json_begin_object(json);
    caus_json_put_unsigned(json, "rank", rank + 1);
    put(tale, json, "service", suspect->service);
    caus_json_put_double(json, "score", suspect->score);
    caus_json_put_double(json, "confidence", suspect->confidence);
    if (suspect->observer)
        caus_json_put_bool(json, "observer", true);
    write_share(json, &suspect->share);
    if (rank < caus_tale_top(tale)) {
        caus_put_onset(json, &suspect->onset);
        write_terms(tale, json, suspect);
        write_metrics(tale, json, suspect);
        caus_json_key(json, "chain");
        caus_json_begin_array(json);
        for (size_t i = 0; i < suspect->hop_count; i++)
            write_hop(tale, json, &suspect->chain[i]);
        caus_json_end_array(json);
        caus_json_key(json, "exemplars");
        write_texts(tale, json, suspect->exemplars, suspect->exemplar_count);
        write_checks(tale, json, suspect->findings, suspect->finding_count);
        write_trace_facts(tale, json, suspect);
        write_log_facts(tale, json, suspect);
        write_links(tale, json, suspect);
        put(tale, json, "sentence", suspect->sentence);
    }
    caus_json_end_object(json);
}

static void write_variables(const caus_tale *tale, caus_json *json)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_json_key(json, "variables");
    caus_json_begin_array(json);
    for (size_t i = 0; i < told->clue_count; i++) {
        const caus_clue *clue = &told->clues[i];
        caus_json_begin_object(json);
        caus_json_put_unsigned(json, "rank", i + 1);
        caus_json_put_text(json, "variable",
                           variable_name(tale, clue->variable));
        put(tale, json, "service",
            tale->answer->series->variables[clue->variable].service);
        write_clue(tale, json, clue);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_changes(const caus_tale *tale, caus_json *json)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_json_key(json, "changes");
    caus_json_begin_array(json);
    for (size_t i = 0; i < told->change_count; i++) {
        const caus_culprit_change *change = &told->changes[i];
        caus_json_begin_object(json);
        caus_json_put_unsigned(json, "rank", i + 1);
        put(tale, json, "change", change->ref[0] ? change->ref : change->kind);
        put(tale, json, "service", change->service);
        put(tale, json, "kind", change->kind);
        put(tale, json, "text", change->text);
        caus_put_time(json, "time", change->time_ns);
        caus_json_put_unsigned(json, "count", change->count);
        caus_json_put_double(json, "confidence", change->confidence);
        caus_json_put_bool(json, "indistinguishable",
                           change->indistinguishable);
        put(tale, json, "sentence", change->sentence);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_reach(const caus_tale *tale, caus_json *json)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_json_key(json, "blast_radius");
    caus_json_begin_array(json);
    for (size_t i = 0; i < told->reach_count; i++) {
        const caus_reach *reach = &told->reach[i];
        caus_json_begin_object(json);
        caus_json_put_text(json, "service", service_name(tale, reach->suspect));
        caus_json_put_unsigned(json, "calls_away", reach->distance);
        caus_json_put_bool(json, "moved", reach->moved);
        if (reach->has_lag && reach->lag_s >= 0)
            caus_json_put_double(json, "delay_seconds", reach->lag_s);
        if (reach->has_lag)
            write_interval(json, reach->lag_low_s, reach->lag_high_s);
        caus_put_number(json, "expected_delay_seconds", reach->expected_s);
        caus_json_end_object(json);
    }
    caus_json_end_array(json);
}

static void write_notes(const caus_tale *tale, caus_json *json)
{
    const caus_explanation *told = tale->answer->explanation;
    if (told->runner_up)
        put(tale, json, "runner_up", told->runner_up);
    if (told->hidden_cause)
        put(tale, json, "hidden_cause", told->hidden_cause);
    caus_json_key(json, "missing");
    write_texts(tale, json, told->missing, told->missing_count);
    caus_json_key(json, "warnings");
    caus_json_begin_array(json);
    for (size_t i = 0; i < told->warning_count; i++)
        caus_json_text(json, caus_tale_clean(tale, told->warnings[i]));
    for (size_t i = 0; i < tale->answer->warning_count; i++)
        caus_json_text(json, caus_tale_clean(tale, tale->answer->warnings[i]));
    caus_json_end_array(json);
}

void caus_explanation_write_json(const caus_tale *tale)
{
    const caus_explanation *told = tale->answer->explanation;
    caus_json json;
    caus_json_init(&json, tale->text, 2);
    caus_json_begin_object(&json);
    caus_json_put_text(&json, "caus", "1");
    caus_json_put_text(&json, "kind", "explanation");
    caus_json_put_text(&json, "version", CAUS_VERSION);
    write_searched(tale, &json);
    caus_json_put_text(&json, "verdict", caus_verdict_name(told->verdict));
    put(tale, &json, "summary", told->summary);
    if (told->doubt)
        put(tale, &json, "doubt", told->doubt);
    if (told->symptom != SIZE_MAX) {
        caus_json_put_text(&json, "symptom",
                           variable_name(tale, told->symptom));
        caus_json_put_bool(&json, "symptom_chosen", told->symptom_chosen);
    }
    caus_put_onset(&json, &told->onset);
    caus_json_put_bool(&json, "onset_given", told->onset_given);
    if (told->sought != CAUS_SOUGHT_EVERYWHERE)
        caus_json_put_bool(&json, "onset_near",
                           told->sought == CAUS_SOUGHT_NEAR);
    write_ending(&json, &told->ending);
    caus_json_put_unsigned(&json, "rows_before", told->rows_before);
    caus_json_put_unsigned(&json, "rows_after", told->rows_after);
    caus_put_number(&json, "strength", told->strength);
    caus_put_number(&json, "alarm", told->alarm);
    caus_put_number(&json, "alarm_alone", told->alone);
    caus_put_number(&json, "departure", told->departure);
    caus_put_number(&json, "departure_beyond", told->departure_beyond);
    caus_put_number(&json, "beyond", told->beyond);
    caus_put_number(&json, "explained", told->explained);
    caus_put_number(&json, "unfelt", told->unfelt);
    caus_put_number(&json, "untold", told->untold);
    caus_json_put_unsigned(&json, "placebo_windows", told->placebo_count);
    caus_json_key(&json, "services");
    caus_json_begin_array(&json);
    for (size_t i = 0; i < told->suspect_count; i++)
        write_suspect(tale, &json, i);
    caus_json_end_array(&json);
    write_variables(tale, &json);
    write_changes(tale, &json);
    write_reach(tale, &json);
    write_notes(tale, &json);
    caus_json_put_text(&json, "inputs_sha256", tale->answer->inputs_sha256);
    caus_json_key(&json, "seed");
    caus_json_unsigned(&json, tale->answer->seed);
    caus_json_end_object(&json);
    caus_text_add_char(tale->text, '\n');
}
