/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for whom, by what services show outside. */
#ifndef CAUS_SRC_ROOTCAUSE_WAITING_H
#define CAUS_SRC_ROOTCAUSE_WAITING_H

#include "rootcause/rootcause_internal.h"

/* Failures of a service to which others are witnesses, whatever it counts
 * itself: requests that it does not get, and those that traces show to begin in
 * it. */
double caus_waiting_witnessed(const caus_context *context, size_t service);

/* What calls to one callee, of which their caller measures how they fare, make
 * of a kind of it: those that fail are made again, which takes time, and those
 * that take long fail. Less than 0: nobody measures them. */
double caus_calls_made_by(const caus_scores *scores, size_t call, size_t kind);

/* The loudest of that over all calls of a service but those to `except`;
 * SIZE_MAX = of all. */
double caus_calls_loudest(const caus_scene *scene, const caus_scores *scores,
                          size_t service, size_t except, size_t kind);

/* Fills `own_end` and raises `outside` by it, once `toward` is there: what a
 * service finds bad at its own end it shows, whatever it answers. */
void caus_own_ends_find(const caus_scene *scene, caus_scores *scores);

/* Fills `seen`, `below`, `common` and `waited`, once `outside`, `calling` and
 * `toward` are there. */
void caus_waiting_find(const caus_context *context, caus_scores *scores);

/* How much of what a service shows of a kind its callees, those of its own that
 * are only guessed, and what its calls take explain, in [0, 1]. */
double caus_waiting_explained(const caus_scene *scene,
                              const caus_scores *scores, size_t service,
                              size_t kind);

/* How much of what traces show in a service those that it calls, or reaches
 * over others, explain by the time that they lose themselves, or callees by
 * their failures, which make it wait and ask again, in [0, 1]. */
double caus_waiting_explained_loss(const caus_context *context,
                                   const caus_scores *scores, size_t service);

/* What traces lose in all traced callers of a service of which nobody records
 * spans nor measures latency: they may have waited for it. */
double caus_waiting_untraced(const caus_context *context,
                             const caus_scores *scores, size_t service);

/* How far calls fail in a service by its traces, or are missing there or at its
 * callers, if they do not reach it. */
double caus_waiting_failing(const caus_context *context, size_t service);

/* How much a service may be what its callers wait for: one of which nobody
 * measures latency or errors may have them itself. */
double caus_waiting_way(const caus_context *context, const caus_scores *scores,
                        size_t service);

#endif
