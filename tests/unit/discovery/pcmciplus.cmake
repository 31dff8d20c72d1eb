# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmciplus_test ${CMAKE_CURRENT_LIST_DIR}/pcmciplus_test.c
              ${CMAKE_CURRENT_LIST_DIR}/planted.c)
set_tests_properties(pcmciplus_test PROPERTIES LABELS threads)

caus_add_test(max_tests_test ${CMAKE_CURRENT_LIST_DIR}/max_tests_test.c
              ${CMAKE_CURRENT_LIST_DIR}/planted.c)
set_tests_properties(max_tests_test PROPERTIES LABELS threads)
