# SPDX-License-Identifier: Apache-2.0
caus_bench(extent ${CMAKE_CURRENT_LIST_DIR}/extent.c)
