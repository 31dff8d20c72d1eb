/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of names: what a word tells of a service. */
#ifndef CAUS_SRC_ROOTCAUSE_MEANINGS_H
#define CAUS_SRC_ROOTCAUSE_MEANINGS_H

#include "rootcause/aspect.h"

/* Which way a word tells it. */
typedef enum caus_sense {
    CAUS_SENSE_PLAIN,
    CAUS_SENSE_GOOD,  /* more is better */
    CAUS_SENSE_UP,    /* so is it, but no request was answered */
    CAUS_SENSE_GONE,  /* what is not there */
    CAUS_SENSE_ANSWER /* of answers: how long they took, or how many there were
                       */
} caus_sense;

typedef struct caus_meaning {
    const char *word; /* a whole word, or with '*' the beginning of one; NULL =
                         no word is known */
    caus_aspect aspect;
    caus_sense sense;
} caus_meaning;

/* Whether more of what is measured is better. */
static inline bool caus_meaning_is_good(const caus_meaning *meaning)
{
    return meaning->sense == CAUS_SENSE_GOOD || meaning->sense == CAUS_SENSE_UP;
}

/* The meaning of the word in a name, without its service, that counts before
 * the others; without any it is nothing of CAUS_ASPECT_OTHER. O(words of the
 * name times those known). */
const caus_meaning *caus_meaning_of(const char *name);

#endif
