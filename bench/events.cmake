# SPDX-License-Identifier: Apache-2.0
caus_bench(events ${CMAKE_CURRENT_LIST_DIR}/events.c)
