# SPDX-License-Identifier: Apache-2.0
caus_bench(explain ${CMAKE_CURRENT_LIST_DIR}/explain.c)
