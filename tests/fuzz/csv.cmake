# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(csv ${CMAKE_CURRENT_LIST_DIR}/csv.c)
