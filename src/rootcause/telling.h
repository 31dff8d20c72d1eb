/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of suspects: facts, findings, sentences, and what is missing. */
#ifndef CAUS_SRC_ROOTCAUSE_TELLING_H
#define CAUS_SRC_ROOTCAUSE_TELLING_H

#include "rootcause/placebo.h"

/* What traces tell of the first suspects. */
caus_status caus_trace_facts_find(caus_case *about, caus_error *err);
/* Whether they tell anything of a service. */
bool caus_trace_tells(const caus_case *about, size_t service);
/* The share of all time that traces lose which is lost in a service, where that
 * is worth telling; else 0. */
double caus_trace_lost_share(const caus_case *about, size_t service);
/* What is broken in the traces of one of the first suspects, once its facts are
 * found: failures that begin in it, or steps that are missing or new, whichever
 * is more; NULL = nothing. */
const caus_trace_fact *caus_trace_broken(const caus_case *about,
                                         size_t service);
/* "9.12 ms" or "1.5 s" */
void caus_trace_time_add(caus_text *text, double seconds);
/* Whether anything of a service is measured inside (processor, memory, disk).
 */
bool caus_measures_inside(const caus_case *about, size_t service);
/* Whether a variable of a service has values enough on both sides of the onset:
 * any, or of those outside it (latency, errors). */
bool caus_measured_around(const caus_case *about, size_t service, bool outside);

/* Of what the first has more than a suspect behind it, the part of the score
 * that sets it apart most. */
caus_term caus_suspect_widest(const caus_case *about, size_t rank);
/* "what moved inside it": what a part of the score is made of. */
const char *caus_term_reason(const caus_case *about, caus_term term);
/* Sets `runner_up`, where a second suspect has a score and the verdict is
 * known. */
caus_status caus_runner_up_say(const caus_case *about, caus_explanation *result,
                               caus_error *err);
/* What is checked of a suspect or of a hop. */
typedef struct caus_findings {
    caus_finding *items; /* [room] */
    size_t count, room;
    bool out_of_memory; /* for a sentence of one of them */
} caus_findings;

caus_status caus_findings_begin(caus_arena *out, size_t room,
                                caus_findings *list, caus_error *err);
/* found: what is so where the check failed, else not looked at. Sentences are
 * NULL for want of memory. */
void caus_findings_add(caus_findings *list, caus_check_state state,
                       const char *text, const char *found);

static inline caus_check_state caus_state_if(bool passed)
{
    return passed ? CAUS_STATE_PASSED : CAUS_STATE_FAILED;
}

/* What speaks for a suspect and against it. */
caus_status caus_suspect_check(caus_case *about, size_t rank,
                               const caus_placebo *placebo, caus_error *err);
/* Whether no series has two values. */
bool caus_case_is_constant(const caus_case *about);

/* What is missing, and the warnings. */
caus_status caus_notes_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err);

/* Findings and sentences of the suspects; the words of the whole. */
caus_status caus_words_fill(caus_case *about, const caus_placebo *placebo,
                            caus_explanation *result, caus_error *err);

#endif
