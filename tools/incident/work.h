// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_WORK_H
#define INCIDENT_WORK_H

#include "service.h"

// The service's own part of a request: sleeps as long as the work takes,
// burns what the fault makes it burn, hangs when it is one of those that do.
void work_do(struct service *service, struct chance *chance,
             const struct job *job);

// Whether this request fails by itself.
bool work_fails(struct service *service, struct chance *chance);

// How often one callee is called for this request.
unsigned work_call_count(struct service *service, struct chance *chance);

// Once a second: memory and connections that the fault keeps.
void work_step(struct service *service);

#endif
