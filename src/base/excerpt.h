/* SPDX-License-Identifier: Apache-2.0 */
/* Input text as an error sentence may show it, and whether it is UTF-8. */
#ifndef CAUS_SRC_BASE_EXCERPT_H
#define CAUS_SRC_BASE_EXCERPT_H

#include "caus/base.h"

typedef struct caus_excerpt {
    char text[64];
} caus_excerpt;

/*
 * The first bytes of a text, cut at a character with "..." after it; control
 * characters and bytes that are not UTF-8 show as '?'.
 */
caus_excerpt caus_excerpt_of(const char *text, size_t length);

/*
 * Bytes of the character at the start of a text of `length` > 0 bytes; 0 if it
 * is not well-formed UTF-8.
 */
size_t caus_utf8_character(const char *text, size_t length);

/* Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
 */
bool caus_utf8_is_valid(const char *text, size_t length);

/* Whether a byte below 0x20 or 0x7f is among them. */
bool caus_text_has_control(const char *text, size_t length);

#endif
