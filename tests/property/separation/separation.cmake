# SPDX-License-Identifier: Apache-2.0
caus_add_test(separation_test ${CMAKE_CURRENT_LIST_DIR}/separation_test.c)
