# SPDX-License-Identifier: Apache-2.0
caus_add_test(static_tests_test ${CMAKE_CURRENT_LIST_DIR}/static_tests_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
set_tests_properties(static_tests_test PROPERTIES LABELS threads)
