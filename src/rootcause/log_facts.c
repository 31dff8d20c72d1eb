/* SPDX-License-Identifier: Apache-2.0 */
/* What log lines tell of a service, in words: its templates that rose most. */
#include <math.h>
#include <string.h>

#include "rootcause/chain.h"
#include "rootcause/logs.h"
#include "rootcause/weights.h"

enum { MOST_FACTS = 3, CLOCK = 11, TEXT_BYTES = 56 };

static bool is_told(const caus_log_rise *rise)
{
    return rise->size >= caus_off_size && rise->clue > 0;
}

/* The template of a service with the largest clue after those before `than`;
 * UINT32_MAX = none. */
static uint32_t next_template(const caus_case *about, size_t service,
                              uint32_t than)
{
    const caus_log_table *table = about->log_table;
    const caus_log_rise *rises = about->log_rises;
    uint32_t best = UINT32_MAX;
    for (size_t k = 0; k < table->logs->template_count; k++) {
        if (table->service_of[k] != service || !is_told(&rises[k]))
            continue;
        if (than != UINT32_MAX &&
            (rises[k].clue > rises[than].clue ||
             (rises[k].clue == rises[than].clue && k <= than)))
            continue;
        if (best == UINT32_MAX || rises[k].clue > rises[best].clue)
            best = (uint32_t)k;
    }
    return best;
}

bool caus_log_rose(const caus_case *about, size_t service)
{
    return about->context.logs &&
           next_template(about, service, UINT32_MAX) != UINT32_MAX;
}

/* The first line from the onset on, and the first trace ids. */
static caus_status find_lines(const caus_case *about, uint32_t kind,
                              caus_log_fact *fact, caus_error *err)
{
    const caus_logs *logs = about->log_table->logs;
    int64_t from_ns =
        about->timeline.time_ns[about->onset_row] - about->series->step_ns;
    const char **ids = CAUS_ARRAY(about->out, const char *, CAUS_EXEMPLARS);
    if (!ids)
        return caus_arena_fail(about->out, err);
    bool found = false;
    for (size_t i = 0; i < logs->record_count; i++) {
        if (logs->kind[i] != kind || logs->time_ns[i] <= from_ns)
            continue;
        if (!found)
            fact->first_ns = logs->time_ns[i];
        found = true;
        if (!logs->trace[i] || fact->exemplar_count == CAUS_EXEMPLARS)
            continue;
        const char *id = logs->trace_ids[logs->trace[i] - 1];
        if (!fact->exemplar_count || ids[fact->exemplar_count - 1] != id)
            ids[fact->exemplar_count++] = id;
    }
    fact->exemplars = ids;
    return CAUS_OK;
}

/* As much of a text as fits, cut behind a word or a character. */
static void add_text(caus_text *text, const char *value)
{
    size_t length = strlen(value);
    if (length <= TEXT_BYTES) {
        caus_text_add(text, value);
        return;
    }
    for (length = TEXT_BYTES; length > 0 && value[length] != ' ';)
        length--;
    if (length == 0)
        for (length = TEXT_BYTES;
             ((unsigned char)value[length] & 0xc0) == 0x80;)
            length--;
    caus_text_add_bytes(text, value, length);
    caus_text_add(text, " …");
}

/* How many lines were to be expected: a rate known from few lines is no more
 * exact than this. */
static void add_expected(double expected, caus_text *text)
{
    const double rough = 100; /* from here on two digits count */
    double unit = 1;
    while (expected / unit >= rough)
        unit *= 10;
    if (expected < .5)
        caus_text_add(text, " instead of none or one");
    else
        caus_text_format(text, " instead of about %.0f",
                         unit * round(expected / unit));
}

/* new error lines: "price of item <*> is null" 42 times since 10:03:07Z */
static caus_status say(const caus_case *about, caus_log_fact *fact,
                       caus_error *err)
{
    caus_severity severity = fact->severity;
    caus_text text = {0};
    char at[40];
    caus_time_format(fact->first_ns - fact->first_ns % 1000000000, at);
    caus_text_format(&text, "%s %s%slines: \"", fact->is_new ? "new" : "more",
                     severity ? caus_severity_name(severity) : "",
                     severity ? " " : "");
    add_text(&text, fact->text);
    caus_text_format(&text, "\" %zu time%s since %s", fact->after,
                     fact->after == 1 ? "" : "s", at + CLOCK);
    if (!fact->is_new)
        add_expected(fact->expected, &text);
    return caus_text_finish(&text, about->out, &fact->sentence, NULL, err);
}

static caus_status tell(const caus_case *about, uint32_t kind,
                        caus_log_fact *fact, caus_error *err)
{
    const caus_log_rise *rise = &about->log_rises[kind];
    const caus_log_template *of = &about->log_table->logs->templates[kind];
    *fact = (caus_log_fact){.text = of->text,
                            .severity = of->severity,
                            .is_new = rise->before <= 0,
                            .before = (size_t)rise->before,
                            .after = (size_t)rise->after,
                            .expected = rise->expected,
                            .size = rise->size};
    CAUS_TRY(find_lines(about, kind, fact, err));
    return say(about, fact, err);
}

caus_status caus_log_facts_find(caus_case *about, caus_error *err)
{
    size_t suspects = about->scene.service_count;
    if (!about->context.logs)
        return CAUS_OK;
    if (suspects > CAUS_MOST_CHAINS)
        suspects = CAUS_MOST_CHAINS;
    caus_log_fact *facts =
        CAUS_ARRAY(about->out, caus_log_fact, suspects * MOST_FACTS + 1);
    if (!facts)
        return caus_arena_fail(about->out, err);
    for (size_t i = 0; i < suspects; i++) {
        caus_suspect *suspect = &about->suspects[i];
        uint32_t kind = UINT32_MAX;
        suspect->log_facts = facts;
        while (suspect->log_fact_count < MOST_FACTS) {
            kind = next_template(about, about->ranked[i], kind);
            if (kind == UINT32_MAX)
                break;
            CAUS_TRY(tell(about, kind, facts++, err));
            suspect->log_fact_count++;
        }
    }
    return CAUS_OK;
}

void caus_log_fact_add(const caus_suspect *suspect, caus_text *text)
{
    if (suspect->log_fact_count)
        caus_text_format(text, "%s%s", text->length ? "; " : "",
                         suspect->log_facts[0].sentence);
}
