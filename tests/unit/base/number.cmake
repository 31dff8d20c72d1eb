# SPDX-License-Identifier: Apache-2.0
caus_add_test(number_test ${CMAKE_CURRENT_LIST_DIR}/number_test.c)
