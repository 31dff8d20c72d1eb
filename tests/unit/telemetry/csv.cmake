# SPDX-License-Identifier: Apache-2.0
foreach(part csv csv_errors csv_open csv_packed csv_topology specs specs_file specs_endpoint
             time)
  caus_add_test(${part}_test ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c)
endforeach()
