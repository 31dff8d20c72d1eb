# SPDX-License-Identifier: Apache-2.0
caus_bench(coverage ${CMAKE_CURRENT_LIST_DIR}/coverage.c)
