# SPDX-License-Identifier: Apache-2.0
caus_bench(contexts ${CMAKE_CURRENT_LIST_DIR}/contexts.c)
