/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for people and for programs. */
#ifndef CAUS_SRC_RENDER_EXPLAIN_H
#define CAUS_SRC_RENDER_EXPLAIN_H

#include "caus/render.h"
#include "render/instant.h"
#include "render/texts.h"

/* An explanation being written. */
typedef struct caus_tale {
    const caus_explanation_answer *answer;
    const caus_render_options *options;
    caus_arena *arena;
    caus_text *text;
    caus_clean clean;
} caus_tale;

/* A safe copy of a text; on want of memory "" and the text has failed. */
const char *caus_tale_clean(const caus_tale *tale, const char *value);
/* "high", "medium" or "low"; "not proven" unless a cause is named. */
const char *caus_tale_confidence(const caus_explanation *told);
/* "1.5 times the strongest of 7 healthy windows"; where it is no more, "though
 * one of 7 healthy windows shows as much in metrics", as .8 times beside a high
 * confidence reads like a mistake; "" = not known. text [80] */
void caus_tale_format_strength(const caus_explanation *told, char text[80]);
/* What the services' confidence is of: unless a cause is named, it holds only
 * if anything happened. */
bool caus_tale_is_conditional(const caus_explanation *told);
/* What was changed and may have begun it; NULL = nothing that is likely, or
 * nothing began. */
const char *caus_tale_nearest_change(const caus_explanation *told);
/* Services that are told in full. */
size_t caus_tale_top(const caus_tale *tale);
/* Terms that are told: of log lines only where there are some. */
size_t caus_tale_term_count(const caus_tale *tale);
/* "15 s later", "perhaps 15 s later" or "order not measurable" where the order
 * is not known. text [64] */
void caus_tale_format_lag(const caus_hop *hop, char text[64]);
/* The same of a service that the cause can reach; where it is not known what is
 * usual, or "". text [64] */
void caus_tale_format_reach(const caus_reach *reach, char text[64]);

/* ---- what could be seen, and when it was; without a full stop ---- */

/* From the first row to the last that was compared. */
caus_time_span caus_tale_window(const caus_tale *tale);
/* Services of which a variable is known. */
size_t caus_tale_measured(const caus_tale *tale);
/* "searched effects 0–14 min after the onset; later ones cannot appear" */
void caus_tale_add_scope(const caus_tale *tale, caus_text *text,
                         const char *dash);
/* "14 variables of 6 services, calls, traces; no logs, no changes" */
void caus_tale_add_sources(const caus_tale *tale, caus_text *text);
/* "2026-11-21 16:11–17:08 UTC, 515 rows of 5 s before the onset, 170 after" */
void caus_tale_add_window(const caus_tale *tale, caus_text *text,
                          const char *dash, const char *separator);
/* How sure an onset is: "between 16:54:10 and 16:55:45 UTC", "as given"; "" =
 * nothing to add. text [80] */
void caus_tale_format_onset_note(const caus_tale *tale, char text[80]);
/* "onset 2026-11-21 16:54:30 UTC, between 16:54:10 and 16:55:45 UTC", or from
 * when on nothing was found */
void caus_tale_add_onset(const caus_tale *tale, caus_text *text);
/* "it ended …", or that it goes on; nothing where that is not known. */
void caus_tale_add_ending(const caus_tale *tale, caus_text *text);

/* A link to Explore and what it shows. */
typedef struct caus_tale_link {
    const char *title;
    const char *url;
} caus_tale_link;

typedef struct caus_tale_links {
    size_t count;
    caus_tale_link items[8];
} caus_tale_links;

/* Metrics, traces and logs of a suspect; none where no Grafana is known. */
caus_tale_links caus_tale_find_links(const caus_tale *tale,
                                     const caus_suspect *suspect);

void caus_explanation_write_json(const caus_tale *tale);
void caus_explanation_write_text(const caus_tale *tale);
void caus_explanation_write_markdown(const caus_tale *tale);

#endif
