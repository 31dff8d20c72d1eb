/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "render/explain.h"

enum { DEFAULT_TOP = 10 };

static const double high_confidence = .8, medium_confidence = .5;

const char *caus_tale_clean(const caus_tale *tale, const char *value)
{
    const char *clean = caus_clean_text(tale->arena, value, tale->clean);
    if (!clean)
        tale->text->failed = true;
    return clean ? clean : "";
}

bool caus_tale_is_conditional(const caus_explanation *told)
{
    return told->verdict != CAUS_VERDICT_CAUSE;
}

const char *caus_tale_nearest_change(const caus_explanation *told)
{
    const double least_confidence = .05;
    bool found = told->verdict != CAUS_VERDICT_NO_ANOMALY;
    return found && told->change_count &&
                   told->changes[0].confidence >= least_confidence
               ? told->changes[0].sentence
               : NULL;
}

const char *caus_tale_confidence(const caus_explanation *told)
{
    double confidence = told->suspects[0].confidence;
    if (caus_tale_is_conditional(told))
        return "not proven";
    if (confidence >= high_confidence)
        return "high";
    return confidence >= medium_confidence ? "medium" : "low";
}

void caus_tale_format_strength(const caus_explanation *told, char text[80])
{
    text[0] = '\0';
    if (!isfinite(told->strength))
        return;
    if (told->strength > 1)
        snprintf(text, 80, "%.1f times the strongest of %zu healthy windows",
                 told->strength, told->placebo_count);
    else
        snprintf(text, 80,
                 "though one of %zu healthy windows shows as much in metrics%s",
                 told->placebo_count, told->has_logs ? " and logs" : "");
}

size_t caus_tale_top(const caus_tale *tale)
{
    size_t top = tale->answer->top ? tale->answer->top : DEFAULT_TOP;
    size_t count = tale->answer->explanation->suspect_count;
    return top < count ? top : count;
}

size_t caus_tale_term_count(const caus_tale *tale)
{
    _Static_assert(CAUS_TERM_LOGS == CAUS_TERM_COUNT - 1, "the last term");
    return tale->answer->explanation->has_logs ? CAUS_TERM_COUNT
                                               : CAUS_TERM_LOGS;
}

static int64_t length_of(double delay_s)
{
    return (int64_t)(fabs(delay_s) * 1e9);
}

/* "35 s later", "at the same time". text [64] */
static void format_delay(double delay_s, char text[64])
{
    char size[40];
    caus_duration_format(length_of(delay_s), size);
    if (length_of(delay_s))
        snprintf(text, 64, "%s %s", size, delay_s < 0 ? "earlier" : "later");
    else
        snprintf(text, 64, "at the same time");
}

static void say_lag(double lag_s, double low_s, double high_s, char text[64])
{
    char delay[64];
    format_delay(lag_s, delay);
    if (low_s > 0 || length_of(lag_s) == 0)
        snprintf(text, 64, "%s", delay);
    else if (high_s < 0)
        snprintf(text, 64, "%.32s, which contradicts it", delay);
    else if (lag_s > 0)
        snprintf(text, 64, "perhaps %.50s", delay);
    else
        snprintf(text, 64, "order not measurable");
}

void caus_tale_format_lag(const caus_hop *hop, char text[64])
{
    if (hop->has_lag)
        say_lag(hop->lag_s, hop->lag_low_s, hop->lag_high_s, text);
    else
        snprintf(text, 64, "delay not known");
}

void caus_tale_format_reach(const caus_reach *reach, char text[64])
{
    char delay[64];
    text[0] = '\0';
    if (reach->has_lag) {
        say_lag(reach->lag_s, reach->lag_low_s, reach->lag_high_s, text);
    } else if (isfinite(reach->expected_s)) {
        format_delay(reach->expected_s, delay);
        snprintf(text, 64, "usually %.50s", delay);
    }
}

caus_status caus_render_explanation(const caus_explanation_answer *answer,
                                    caus_format format,
                                    const caus_render_options *options,
                                    caus_arena *out, const char **text,
                                    size_t *length, caus_error *err)
{
    if (format != CAUS_FORMAT_JSON && format != CAUS_FORMAT_TEXT &&
        format != CAUS_FORMAT_MARKDOWN)
        return CAUS_FAIL(err, CAUS_ERR_UNSUPPORTED,
                         "an explanation is written as json, text or "
                         "markdown: choose one by --format or by the ending "
                         "of -o; caus report writes html");
    caus_arena *arena = caus_arena_new(0);
    if (!arena)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to write the explanation");
    caus_text made = {0};
    caus_tale tale = {.answer = answer,
                      .options = options,
                      .arena = arena,
                      .text = &made,
                      .clean = format == CAUS_FORMAT_JSON ? CAUS_CLEAN_UTF8
                               : format == CAUS_FORMAT_TEXT && options->ascii
                                   ? CAUS_CLEAN_ASCII
                                   : CAUS_CLEAN_PRINTABLE};
    if (format == CAUS_FORMAT_JSON)
        caus_explanation_write_json(&tale);
    else if (format == CAUS_FORMAT_TEXT)
        caus_explanation_write_text(&tale);
    else
        caus_explanation_write_markdown(&tale);
    caus_status status = caus_text_finish(&made, out, text, length, err);
    caus_arena_free(arena);
    return status;
}
