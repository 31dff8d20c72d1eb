# SPDX-License-Identifier: Apache-2.0
caus_bench(methods ${CMAKE_CURRENT_LIST_DIR}/methods.c)
