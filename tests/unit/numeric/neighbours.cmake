# SPDX-License-Identifier: Apache-2.0
caus_add_test(neighbours_test ${CMAKE_CURRENT_LIST_DIR}/neighbours_test.c)
