# SPDX-License-Identifier: Apache-2.0
caus_add_test(explain_test ${CMAKE_CURRENT_LIST_DIR}/explain_test.c)
