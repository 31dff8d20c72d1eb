# SPDX-License-Identifier: Apache-2.0
caus_add_test(kernel_test ${CMAKE_CURRENT_LIST_DIR}/kernel_test.c)
caus_add_test(kernel_numeric_test ${CMAKE_CURRENT_LIST_DIR}/kernel_numeric_test.c)
set_tests_properties(kernel_test PROPERTIES LABELS threads)
