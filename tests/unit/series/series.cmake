# SPDX-License-Identifier: Apache-2.0
foreach(name align cadence counters hash quality series stationarity time_columns transform variable)
  caus_add_test(${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c)
endforeach()
