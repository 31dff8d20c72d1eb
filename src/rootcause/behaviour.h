/* SPDX-License-Identifier: Apache-2.0 */
/* What services do that no variable of theirs says: they are away, or ask
 * others more. */
#ifndef CAUS_SRC_ROOTCAUSE_BEHAVIOUR_H
#define CAUS_SRC_ROOTCAUSE_BEHAVIOUR_H

#include "rootcause/placebo.h"

enum { CAUS_LEAST_HEARD = 10 }; /* rows with a value, for silence to tell */

/* Fills `silent_before`, once the timeline is there. */
caus_status caus_silence_init(caus_case *about, caus_error *err);
/* Fills `memory_falls` likewise. */
caus_status caus_restart_init(caus_case *about, caus_error *err);
/* Rows [from, to), and what variables shift in them. */
typedef struct caus_window {
    size_t from, to;
    const caus_shift *shifts; /* [variable_count] */
    size_t restarted;         /* services that were started anew in it, of
                                 caus_restart_count() */
} caus_window;

/* How many services were started anew in rows [from, to); O(memory of all ×
 * rows). */
size_t caus_restart_count(const caus_case *about, size_t from, size_t to);
/* How surely a service was started anew in a window: memory that is given back
 * at once, below its level, was that of a process which ended, and another took
 * its place, be it before anybody asked it for its values. What an incident
 * filled, or what filled before it, a collector of garbage gives back; and as
 * much as any service ever gave back, a collector may, whose turn had not come.
 * Of several that fall so any one can be the incident's: a release, or another
 * day, starts them all. */
double caus_restart_clue(const caus_case *about, size_t service,
                         const caus_window *window);

/* How much it is worth that a service is not measured in some rows of a window,
 * as if it were a share of requests that fail, as far as somebody feels it in
 * these, or that its memory falls at once; 0 = nothing. */
double caus_silence_clue(const caus_case *about, size_t service,
                         const caus_window *window);

/* How much of it tells that anything happened: who is started anew may have
 * harmed nobody. */
double caus_silence_alarm(const caus_case *about, size_t service);
/* How rare it is by chance that values get lost as often as those of the
 * service that is silent least by chance, as a normal deviate; 0 = nobody is
 * silent. */
double caus_silence_deviate(const caus_case *about);
/* The onsets of services that fell silent before anything else of them moved.
 */
void caus_silence_use_onsets(caus_case *about);
/* Moves an onset that was found, not before row `least`, to the first row in
 * which a service was silent that is so again from the onset on: it never was
 * in healthy rows. */
void caus_silence_date(const caus_case *about, size_t least, caus_onset *onset);

/* Fills the context's `idle` and `stopped` from the shifts. */
caus_status caus_idle_find(caus_case *about, caus_error *err);
/* How surely one of those who read what waits in a service stopped, in [0, 1].
 */
double caus_idle_stopped(const caus_context *context, size_t service);

/* Fills `calls_each` once the shifts are measured. */
caus_status caus_demand_init(caus_case *about, caus_error *err);
/* How much more often a service is called in rows [from, to) than the requests
 * of its callers and failures account for. */
double caus_demand_clue(const caus_case *about, size_t service, size_t from,
                        size_t to, caus_shift_space *space);
/* How much of what services are asked more (`asked`, of every service) each of
 * their callers does: who does more itself (`busy`, a clue of every service),
 * or asks others more, sooner than who does what it did. Fills `shares` by call
 * [calls]. */
void caus_demand_share_out(const caus_scene *scene, const double *asked,
                           const double *busy, double *shares);
/* What is asked more, or less, asks others so, as far as `most` of each: passes
 * `amounts` on to callees, of services [service_count]. */
void caus_demand_pass_on(const caus_scene *scene, const double *most,
                         double *amounts);
/* Lessens clues of services that get more requests because some service asks
 * more, by its callers' doing or over others. Sets the context's `pushed`. */
caus_status caus_demand_weigh(caus_case *about, double *clues, caus_error *err);

/* Fills `lacks`: how many requests services get for each of their callers',
 * beside healthy windows; all 0 without calls, or without these, as nobody
 * knows then how far it goes by chance. */
caus_status caus_lacks_find(caus_case *about, const caus_placebo *placebo,
                            caus_error *err);
/* Fills `witnesses`, from clues and `lacks`, and the context's `seldom`. */
caus_status caus_witnesses_find(caus_case *about, const double *clues,
                                caus_error *err);
/* Fills the context's `missed`, `cut_off` and `unreached` from both: services
 * that lack requests while a caller fails. */
caus_status caus_missed_find(caus_case *about, caus_error *err);
/* Fills the context's `unasked` from both: callers of services that lack
 * requests while neither fails. */
caus_status caus_unasked_find(caus_case *about, caus_error *err);
/* Lessens clues of the latency of services that get fewer requests because one
 * leaves out calls, by what is left out of them or over others. */
caus_status caus_unasked_weigh(caus_case *about, double *clues,
                               caus_error *err);

/* In how many rows a service was not measured, where that tells. */
void caus_silence_add(const caus_case *about, size_t service, caus_text *text);
/* Whom it asks more, and how often, where that tells. */
void caus_demand_add(const caus_case *about, size_t service, caus_text *text);
/* How many requests of its callers miss it, where that tells. */
void caus_missed_add(const caus_case *about, size_t service, caus_text *text);
/* How much less it takes of what waits for it elsewhere, where that tells. */
void caus_idle_add(const caus_case *about, size_t service, caus_text *text);
/* Whom it asks less, and how often, where that tells. */
void caus_unasked_add(const caus_case *about, size_t service, caus_text *text);
/* Whether a service is not measured any more while others are, and nothing
 * tells whether it stopped or is only asked no more. */
bool caus_silence_is_open(const caus_case *about, size_t service);
/* Of services that are not measured any more while others are, a sentence each,
 * `most` at most, in the order of their rank. */
caus_status caus_silence_tell(const caus_case *about, const char **notes,
                              size_t most, size_t *count, caus_error *err);

#endif
