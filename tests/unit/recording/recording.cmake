# SPDX-License-Identifier: Apache-2.0
caus_add_test(recording_chunk_test ${CMAKE_CURRENT_LIST_DIR}/chunk_test.c)
caus_add_test(recording_secret_test ${CMAKE_CURRENT_LIST_DIR}/secret_test.c)
foreach(part file damage crash render)
  caus_add_test(recording_${part}_test ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/telemetry_made.c)
endforeach()
target_link_libraries(recording_render_test PRIVATE PkgConfig::JANSSON)
target_link_libraries(recording_damage_test PRIVATE SQLite::SQLite3)
