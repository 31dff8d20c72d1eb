/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms of what an incident file holds. */
#ifndef CAUS_SRC_RENDER_RECORDING_H
#define CAUS_SRC_RENDER_RECORDING_H

#include "render/render_internal.h"

/* Steps of a grid that a file claims; 0 for one that makes no sense. */
size_t caus_recording_steps(const caus_grid *grid);
size_t caus_recording_total(const caus_recording_info *info);

/* Scratch texts live in `arena`; without memory `text` has failed. */
void caus_recording_write_json(caus_text *text, caus_arena *arena,
                               const caus_recording_info *info,
                               const char *path);
void caus_recording_write_text(caus_text *text, caus_arena *arena,
                               const caus_recording_info *info,
                               const char *path,
                               const caus_render_options *options);

#endif
