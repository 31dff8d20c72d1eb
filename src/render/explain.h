/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation for people and for programs. */
#ifndef CAUS_SRC_RENDER_EXPLAIN_H
#define CAUS_SRC_RENDER_EXPLAIN_H

#include "caus/render.h"
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
/* "high", "medium" or "low". */
const char *caus_tale_confidence(double confidence);
/* Services that are told in full. */
size_t caus_tale_top(const caus_tale *tale);
/* "+15 s", "order unknown": what is known of a hop's delay. text [64] */
void caus_tale_format_lag(const caus_hop *hop, char text[64]);

void caus_explanation_write_json(const caus_tale *tale);
void caus_explanation_write_text(const caus_tale *tale);
void caus_explanation_write_markdown(const caus_tale *tale);

#endif
