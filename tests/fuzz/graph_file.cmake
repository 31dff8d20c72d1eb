# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(graph_file ${CMAKE_CURRENT_LIST_DIR}/graph_file.c)
