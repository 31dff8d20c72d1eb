/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects that several answers have. What is not known is left
 * out. */
#ifndef CAUS_SRC_RENDER_MEMBERS_H
#define CAUS_SRC_RENDER_MEMBERS_H

#include "base/base.h"
#include "caus/anomaly.h"
#include "caus/changes.h"

/* NaN and infinity are not known. */
void caus_put_number(caus_json *json, const char *key, double value);
void caus_put_time(caus_json *json, const char *key, int64_t time_ns);

/* A text whose invalid bytes are replaced in `arena`. */
void caus_put_clean(caus_json *json, caus_arena *arena, const char *key,
                    const char *value);
/* The same; NULL and "" are not known. */
void caus_put_known(caus_json *json, caus_arena *arena, const char *key,
                    const char *value);

/* "onset", with the interval where it lies with about 95 % belief. */
void caus_put_onset(caus_json *json, const caus_onset *onset);

/* What a change is, into an object that is open. */
void caus_put_change(caus_json *json, caus_arena *arena,
                     const caus_change *change);

#endif
