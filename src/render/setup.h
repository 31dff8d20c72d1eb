/* SPDX-License-Identifier: Apache-2.0 */
/* What the pages about servers share. */
#ifndef CAUS_SRC_RENDER_SETUP_H
#define CAUS_SRC_RENDER_SETUP_H

#include "render/render_internal.h"

/* A page of text or JSON that is being written; without memory `text` has
 * failed. */
typedef struct caus_sheet {
    caus_text *text;
    caus_arena *arena; /* scratch */
    const caus_render_options *options;
    caus_clean clean;
    size_t width;
    const char *bold, *dim, *warn, *reset;
} caus_sheet;

typedef void caus_sheet_fn(caus_sheet *sheet, const void *answer);

/* How sheets of one kind are written. */
typedef struct caus_sheet_kind {
    const char *what; /* "proposed variables": for sentences */
    caus_sheet_fn *write_json, *write_text;
} caus_sheet_kind;

/* Writes an answer by one of them; fails for formats other than JSON and text.
 */
caus_status caus_sheet_render(const caus_sheet_kind *kind, const void *answer,
                              caus_format format,
                              const caus_render_options *options,
                              caus_arena *out, const char **text,
                              size_t *length, caus_error *err);

/* A safe copy of a text. */
const char *caus_sheet_clean(caus_sheet *sheet, const char *value);
void caus_sheet_put(caus_sheet *sheet, caus_json *json, const char *key,
                    const char *value);
/* A paragraph, with lines after the first indented. */
void caus_sheet_add(caus_sheet *sheet, const char *style, size_t indent,
                    const char *value);
void caus_sheet_add_next(caus_sheet *sheet, const char *command);
void caus_sheet_add_servers(caus_sheet *sheet,
                            const caus_answer_server *servers, size_t count);
void caus_sheet_put_servers(caus_sheet *sheet, caus_json *json,
                            const caus_answer_server *servers, size_t count);
void caus_sheet_put_queries(caus_sheet *sheet, caus_json *json,
                            const caus_fetched_query *queries, size_t count);

#endif
