/* SPDX-License-Identifier: Apache-2.0 */
#include "events/setting_step.h"
#include "base/amount.h"
#include "caus/time.h"

caus_status caus_setting_step_tell(const caus_setting_step *step,
                                   caus_arena *out, caus_change *result,
                                   caus_error *err)
{
    char from[32], to[32], at[40];
    caus_amount_format_set(step->from, from);
    caus_amount_format_set(step->to, to);
    caus_time_format(step->time_ns, at);
    const char *ref =
        caus_arena_format(out, "%s from %s to %s", step->name, from, to);
    const char *text = caus_arena_format(out, "%s went from %s to %s at %s",
                                         step->whole, from, to, at);
    if (!ref || !text)
        return caus_arena_fail(out, err);
    *result = (caus_change){.time_ns = step->time_ns,
                            .service = "",
                            .kind = CAUS_CHANGE_CONFIG,
                            .kind_name = "config",
                            .ref = ref,
                            .text = text,
                            .source = "",
                            .query = ""};
    return CAUS_OK;
}
