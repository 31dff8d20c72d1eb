# SPDX-License-Identifier: Apache-2.0
# Readers of what happened: spans, changes, log lines.
target_sources(caus_telemetry PRIVATE
  ${CMAKE_CURRENT_SOURCE_DIR}/spans_csv.c)
