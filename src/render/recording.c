/* SPDX-License-Identifier: Apache-2.0 */
#include "render/recording.h"

/* In unsigned arithmetic, as the ends may lie anywhere. */
size_t caus_recording_steps(const caus_grid *grid)
{
    if (grid->step_ns <= 0 || grid->end_ns < grid->start_ns)
        return 0;
    uint64_t width = (uint64_t)grid->end_ns - (uint64_t)grid->start_ns;
    return (size_t)(width / (uint64_t)grid->step_ns) + 1;
}

size_t caus_recording_total(const caus_recording_info *info)
{
    size_t total = 0;
    for (size_t i = 0; i < info->variable_count; i++)
        total += info->sample_counts[i];
    return total;
}

caus_status caus_render_recording(const caus_recording_info *info,
                                  const char *path, caus_format format,
                                  const caus_render_options *options,
                                  caus_arena *out, const char **text,
                                  size_t *length, caus_error *err)
{
    if (format != CAUS_FORMAT_JSON && format != CAUS_FORMAT_TEXT)
        return CAUS_FAIL(err, CAUS_ERR_INVALID_ARGUMENT,
                         "what an incident file holds is shown as text or "
                         "json: choose --format text or --format json");
    caus_arena *scratch = caus_arena_new(0);
    if (!scratch)
        return CAUS_FAIL(err, CAUS_ERR_OUT_OF_MEMORY,
                         "no memory to describe a recording");
    caus_text made = {0};
    if (format == CAUS_FORMAT_JSON)
        caus_recording_write_json(&made, scratch, info, path);
    else
        caus_recording_write_text(&made, scratch, info, path, options);
    caus_arena_free(scratch);
    return caus_text_finish(&made, out, text, length, err);
}
