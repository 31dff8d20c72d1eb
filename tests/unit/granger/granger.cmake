# SPDX-License-Identifier: Apache-2.0
caus_add_test(granger_test ${CMAKE_CURRENT_LIST_DIR}/granger_test.c)
