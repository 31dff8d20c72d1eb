# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(specs ${CMAKE_CURRENT_LIST_DIR}/specs.c)
