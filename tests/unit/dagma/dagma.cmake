# SPDX-License-Identifier: Apache-2.0
caus_add_test(dagma_test ${CMAKE_CURRENT_LIST_DIR}/dagma_test.c)
