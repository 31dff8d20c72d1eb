/* SPDX-License-Identifier: Apache-2.0 */
/* Services that are measured and that the call graph does not know, and call
 * graphs of other services than those measured. */
#ifndef CAUS_SRC_ROOTCAUSE_STRANGERS_H
#define CAUS_SRC_ROOTCAUSE_STRANGERS_H

#include "rootcause/rootcause_internal.h"

/*
 * Whether a call graph speaks of what is measured: a call joins two services
 * with variables or spans, or it knows half of them at least. Fails with
 * CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_calls_fit(const caus_series *series,
                           const caus_topology *calls, const caus_spans *spans,
                           bool *result, caus_error *err);

/*
 * Marks the services that take requests, are no observers and stand in no call:
 * who calls them is not known. No observer is who answers sooner than an entry
 * does, without calls than anybody, once the shifts are measured: users see
 * what they wait for. What the case was opened with stays as it is.
 */
caus_status caus_strangers_mark(caus_case *about, caus_error *err);

/* A warning of such services; "" = none, NULL = no memory. */
const char *caus_strangers_say(const caus_case *about);
/* A warning of a call graph that does not fit; "" = it does, NULL = no memory.
 */
const char *caus_calls_say_unfit(const caus_case *about);
/* The same of traces of which no service has variables, while one is called
 * nearly as one that has. */
const char *caus_spans_say_unfit(const caus_case *about);

#endif
