/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are safe to show, cut and wrapped to columns, quoted for each
 * format. */
#ifndef CAUS_SRC_RENDER_TEXTS_H
#define CAUS_SRC_RENDER_TEXTS_H

#include "base/base.h"

typedef enum caus_clean {
    CAUS_CLEAN_UTF8,      /* invalid bytes become U+FFFD, nothing else */
    CAUS_CLEAN_PRINTABLE, /* and control characters too; line breaks and tabs
                             become spaces */
    CAUS_CLEAN_ASCII      /* and the rest of Unicode becomes ASCII */
} caus_clean;

/* A safe copy of a text, or the text itself; NULL only without memory. */
const char *caus_clean_text(caus_arena *arena, const char *text,
                            caus_clean how);

/* The code point at *at, which moves on; U+FFFD for a byte that is no UTF-8.
 * 0 at the end. */
uint32_t caus_utf8_next(const char **at);
void caus_utf8_add(caus_text *text, uint32_t code);

/* Columns of a terminal: 0 for combining marks, 2 for wide characters. */
size_t caus_text_columns(const char *text);

/* Appends at most `columns` columns of a text, cut in the middle (or at the
 * end) by `mark`. Returns the columns taken. */
size_t caus_text_add_cut(caus_text *text, const char *value, size_t columns,
                         const char *mark, bool middle);
void caus_text_add_spaces(caus_text *text, size_t count);

/*
 * Appends a paragraph broken at spaces. Words longer than a line are broken
 * where the line ends.
 *
 *   indent     columns before every line but the first, which is where the
 *              caller left off with `indent` columns used
 *   max_lines  0 = no limit; the last line ends in `mark` when text is left
 *
 * Returns the lines written; each ends with a line break.
 */
size_t caus_text_add_wrapped(caus_text *text, const char *value, size_t width,
                             size_t indent, size_t max_lines, const char *mark);

/*
 * Appends "next: " and a command, never cut, only continued: it is there to be
 * pasted.
 *
 *   text  NULL = only count
 *
 * Returns the lines it takes.
 */
size_t caus_text_add_next(caus_text *text, const char *command, size_t width);

/* Ends a text after its first screen, with a line that says how many more there
 * are and how to see them; nothing where there are none. */
void caus_text_fold(caus_text *text, size_t screen_length);

/* Quoted for the format: the characters that mean something there. */
void caus_text_add_xml(caus_text *text, const char *value);
void caus_text_add_dot(caus_text *text, const char *value);
void caus_text_add_mermaid(caus_text *text, const char *value);
void caus_text_add_markdown(caus_text *text, const char *value);
void caus_text_add_markdown_code(caus_text *text, const char *value);

/* "200,000" */
void caus_text_add_count(caus_text *text, uint64_t count);

/* Two digits of a size that is not negative, without an exponent up to a
 * million: "0.34", "170". text [32] */
void caus_format_effect(double size, char text[32]);

/* "0.041" or "1.2e-9"; "not computed" without a number. text [32] */
void caus_format_p(double p, char text[32]);
void caus_text_add_p(caus_text *text, double p);

#endif
