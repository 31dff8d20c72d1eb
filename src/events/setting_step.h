/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that stepped, as whoever finds one tells it. */
#ifndef CAUS_SRC_EVENTS_SETTING_STEP_H
#define CAUS_SRC_EVENTS_SETTING_STEP_H

#include "base/base.h"
#include "caus/changes.h"

/* A setting that had one value, and from a time on another. */
typedef struct caus_setting_step {
    int64_t time_ns;
    const char *name;  /* of the setting, without its service */
    const char *whole; /* as its source has it */
    double from, to;
} caus_setting_step;

/*
 * Words a step as a change of a configuration: its time, kind, ref and text. Of
 * what service it is and who told it is for the caller to say.
 *
 * Fails with CAUS_ERR_OUT_OF_MEMORY.
 */
caus_status caus_setting_step_tell(const caus_setting_step *step,
                                   caus_arena *out, caus_change *result,
                                   caus_error *err);

#endif
