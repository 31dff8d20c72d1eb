# SPDX-License-Identifier: Apache-2.0
caus_bench(cmiknn ${CMAKE_CURRENT_LIST_DIR}/cmiknn.c)
