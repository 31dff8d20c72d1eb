/* SPDX-License-Identifier: Apache-2.0 */
/* A page of terminal text, shared by the first screen and the report below. */
#ifndef CAUS_SRC_RENDER_TEXT_PAGE_H
#define CAUS_SRC_RENDER_TEXT_PAGE_H

#include "render/render_internal.h"

/* What stands between names and numbers, in Unicode or ASCII. */
typedef struct caus_glyphs {
    const char *dash, *arrow, *both, *plain, *cut, *minus, *dot;
} caus_glyphs;

typedef struct caus_page {
    const caus_view *view;
    const caus_render_options *options;
    caus_text *text;
    const char *bold, *dim, *warn, *reset;
    caus_glyphs glyphs;
    size_t width;
    size_t lines; /* written so far */
} caus_page;

void caus_page_add_paragraph(caus_page *page, const char *style,
                             const char *value, size_t indent,
                             size_t max_lines);

/* Widths of the columns of a table of links. */
typedef struct caus_link_columns {
    size_t name, lag, p;
    bool has_effects; /* in the place of p */
} caus_link_columns;

/* As wide as the strongest `count` links between two variables need; effects
 * are shown where one of them has any. */
caus_link_columns caus_page_link_columns(const caus_page *page, size_t count,
                                         bool shows_effects);
void caus_page_add_link_heading(caus_page *page, const char *title,
                                const caus_link_columns *columns);
void caus_page_add_link(caus_page *page, const caus_link *link,
                        const caus_link_columns *columns);

/* The comparison with a drawn graph; nothing without one. */
void caus_page_add_comparison(caus_page *page);

/* Everything below the first screen. */
void caus_page_add_report(caus_page *page);

#endif
