# SPDX-License-Identifier: Apache-2.0
caus_add_test(jpcmciplus_test ${CMAKE_CURRENT_LIST_DIR}/jpcmciplus_test.c
              ${CMAKE_CURRENT_LIST_DIR}/world.c)
set_tests_properties(jpcmciplus_test PROPERTIES LABELS threads)
caus_add_test(windows_test ${CMAKE_CURRENT_LIST_DIR}/windows_test.c
              ${CMAKE_CURRENT_LIST_DIR}/world.c)
set_tests_properties(windows_test PROPERTIES LABELS threads)
