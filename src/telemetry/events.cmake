# SPDX-License-Identifier: Apache-2.0
# Readers of what happened: spans, changes, log lines.
foreach(source changes_document.c changes_file.c event_time.c json_line.c logs_csv.c logs_document.c logs_file.c spans_csv.c spans_document.c wanted_row.c)
  target_sources(caus_telemetry PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${source})
endforeach()
