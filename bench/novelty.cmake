# SPDX-License-Identifier: Apache-2.0
caus_bench(novelty ${CMAKE_CURRENT_LIST_DIR}/novelty.c)
