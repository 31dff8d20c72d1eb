# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(events_spans ${CMAKE_CURRENT_LIST_DIR}/events_spans.c)
caus_add_fuzz(events_lines ${CMAKE_CURRENT_LIST_DIR}/events_lines.c)
caus_add_fuzz(events_traces ${CMAKE_CURRENT_LIST_DIR}/events_traces.c)
