# SPDX-License-Identifier: Apache-2.0
caus_add_test(graph_test ${CMAKE_CURRENT_LIST_DIR}/graph_test.c)
caus_add_test(service_test ${CMAKE_CURRENT_LIST_DIR}/service_test.c)
caus_add_test(graph_file_test ${CMAKE_CURRENT_LIST_DIR}/graph_file_test.c)
