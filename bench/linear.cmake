# SPDX-License-Identifier: Apache-2.0
caus_bench(linear ${CMAKE_CURRENT_LIST_DIR}/linear.c)
