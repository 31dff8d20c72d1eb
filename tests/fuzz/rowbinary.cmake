# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(rowbinary ${CMAKE_CURRENT_LIST_DIR}/rowbinary.c)
