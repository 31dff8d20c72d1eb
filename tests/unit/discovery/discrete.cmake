# SPDX-License-Identifier: Apache-2.0
caus_add_test(discrete_pc_test ${CMAKE_CURRENT_LIST_DIR}/discrete_pc_test.c
              ${CMAKE_CURRENT_LIST_DIR}/categories.c)
set_tests_properties(discrete_pc_test PROPERTIES LABELS threads)
caus_add_test(discrete_score_test ${CMAKE_CURRENT_LIST_DIR}/discrete_score_test.c
              ${CMAKE_CURRENT_LIST_DIR}/categories.c)
