/* SPDX-License-Identifier: Apache-2.0 */
#include "render/members.h"

#include <math.h>

#include "caus/time.h"
#include "render/texts.h"

void caus_put_number(caus_json *json, const char *key, double value)
{
    if (isfinite(value))
        caus_json_put_double(json, key, value);
}

void caus_put_time(caus_json *json, const char *key, int64_t time_ns)
{
    char text[40];
    caus_time_format(time_ns, text);
    caus_json_put_text(json, key, text);
}

void caus_put_clean(caus_json *json, caus_arena *arena, const char *key,
                    const char *value)
{
    const char *clean = caus_clean_text(arena, value, CAUS_CLEAN_UTF8);
    if (clean)
        caus_json_put_text(json, key, clean);
    else
        json->text->failed = true;
}

void caus_put_known(caus_json *json, caus_arena *arena, const char *key,
                    const char *value)
{
    if (value && *value)
        caus_put_clean(json, arena, key, value);
}

void caus_put_onset(caus_json *json, const caus_onset *onset)
{
    if (!onset->found)
        return;
    char time[40];
    caus_json_key(json, "onset");
    caus_json_begin_object(json);
    caus_put_time(json, "time", onset->time_ns);
    caus_json_key(json, "interval");
    caus_json_begin_array(json);
    caus_time_format(onset->first_ns, time);
    caus_json_text(json, time);
    caus_time_format(onset->last_ns, time);
    caus_json_text(json, time);
    caus_json_end_array(json);
    caus_json_end_object(json);
}

void caus_put_change(caus_json *json, caus_arena *arena,
                     const caus_change *change)
{
    caus_put_time(json, "time", change->time_ns);
    caus_put_known(json, arena, "service", change->service);
    caus_put_clean(json, arena, "kind", change->kind_name);
    caus_put_known(json, arena, "ref", change->ref);
    caus_put_known(json, arena, "text", change->text);
    caus_put_known(json, arena, "source", change->source);
    caus_put_known(json, arena, "query", change->query);
}
