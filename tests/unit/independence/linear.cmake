# SPDX-License-Identifier: Apache-2.0
caus_add_test(linear_test ${CMAKE_CURRENT_LIST_DIR}/linear_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
caus_add_test(linear_search_test ${CMAKE_CURRENT_LIST_DIR}/linear_search_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
set_tests_properties(linear_search_test PROPERTIES LABELS threads)
caus_add_test(interval_test ${CMAKE_CURRENT_LIST_DIR}/interval_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/discovery/planted.c)
