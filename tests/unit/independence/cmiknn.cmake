# SPDX-License-Identifier: Apache-2.0
caus_add_test(cmiknn_test ${CMAKE_CURRENT_LIST_DIR}/cmiknn_test.c
              ${CMAKE_CURRENT_LIST_DIR}/cmiknn_ask.c)
set_tests_properties(cmiknn_test PROPERTIES LABELS threads)
