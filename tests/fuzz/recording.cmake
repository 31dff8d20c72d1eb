# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(chunk ${CMAKE_CURRENT_LIST_DIR}/chunk.c)
caus_add_fuzz(recording ${CMAKE_CURRENT_LIST_DIR}/recording.c)
caus_add_fuzz(scrub ${CMAKE_CURRENT_LIST_DIR}/scrub.c)
