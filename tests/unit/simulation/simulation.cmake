# SPDX-License-Identifier: Apache-2.0
caus_add_test(world_test ${CMAKE_CURRENT_LIST_DIR}/world_test.c)
caus_add_test(world_records_test ${CMAKE_CURRENT_LIST_DIR}/world_records_test.c)
caus_add_test(world_files_test ${CMAKE_CURRENT_LIST_DIR}/world_files_test.c)
target_link_libraries(world_files_test PRIVATE PkgConfig::JANSSON)
