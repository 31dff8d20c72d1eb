/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a variable's name that tell what is measured: parted by
 * separators and capitals, without the names of labels, and without labels that
 * tell only where. */
#ifndef CAUS_SRC_ROOTCAUSE_MEASURE_WORDS_H
#define CAUS_SRC_ROOTCAUSE_MEASURE_WORDS_H

#include "base/base.h"

/* Words that tell of the calls that a service makes, not of those that it
 * gets. */
enum { CAUS_CALL_WORDS = 5 };
extern const char *const caus_call_words[CAUS_CALL_WORDS];

/* The next word at or after *text, NULL at the end; moves *text behind it. */
const char *caus_measure_word(const char **text, size_t *length);

/* Whether a word is a pattern, in whatever case: a whole word, or with '*' the
 * beginning of one. */
static inline bool caus_word_matches(const char *word, size_t length,
                                     const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] && pattern[i] != '*'; i++) {
        if (i >= length || caus_lower(word[i]) != pattern[i])
            return false;
    }
    return pattern[i] == '*' || i == length;
}

/* Whether it is one of these patterns. */
bool caus_word_is_any(const char *word, size_t length,
                      const char *const *patterns, size_t count);

/* Whether any word, the last one before labels, or the only one is one of
 * these. */
bool caus_measure_has(const char *name, const char *const *patterns,
                      size_t count);
bool caus_measure_ends_in(const char *name, const char *const *patterns,
                          size_t count);
/* Whether any word stands right behind one of others. */
bool caus_measure_has_behind(const char *name, const char *const *patterns,
                             size_t count, const char *const *before,
                             size_t before_count);
bool caus_measure_is_only(const char *name, const char *const *patterns,
                          size_t count);

/* Whether a label says by its code that the calls which are counted failed: of
 * HTTP from 500 on, of gRPC anything but 0. */
bool caus_measure_is_failed_code(const char *name);

#define CAUS_IS_ANY(word, length, words) \
    caus_word_is_any(word, length, words, sizeof(words) / sizeof *(words))
#define CAUS_HAS_WORD(name, words) \
    caus_measure_has(name, words, sizeof(words) / sizeof *(words))
#define CAUS_ENDS_IN(name, words) \
    caus_measure_ends_in(name, words, sizeof(words) / sizeof *(words))
#define CAUS_HAS_BEHIND(name, words, before)                              \
    caus_measure_has_behind(name, words, sizeof(words) / sizeof *(words), \
                            before, sizeof(before) / sizeof *(before))

#endif
