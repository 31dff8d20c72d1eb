# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(time ${CMAKE_CURRENT_LIST_DIR}/time.c)
