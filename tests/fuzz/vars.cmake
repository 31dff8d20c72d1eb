# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(vars ${CMAKE_CURRENT_LIST_DIR}/vars.c)
