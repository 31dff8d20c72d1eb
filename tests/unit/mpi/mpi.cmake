# SPDX-License-Identifier: Apache-2.0
caus_add_test(ranks_test ${CMAKE_CURRENT_LIST_DIR}/ranks_test.c)
set_tests_properties(ranks_test PROPERTIES LABELS threads)
