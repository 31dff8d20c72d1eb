# SPDX-License-Identifier: Apache-2.0
foreach(part changes evidence logs samples shift spans spans_document stops ways)
  caus_add_test(events_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c)
  target_include_directories(events_${part}_test PRIVATE
    ${PROJECT_SOURCE_DIR}/tests/unit/telemetry)
endforeach()
