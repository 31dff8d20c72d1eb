# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(prom_matrix ${CMAKE_CURRENT_LIST_DIR}/prom_matrix.c)
caus_add_fuzz(prom_query ${CMAKE_CURRENT_LIST_DIR}/prom_query.c)
