# SPDX-License-Identifier: Apache-2.0
foreach(part bins fetch logs plan rows sql traces)
  caus_add_test(clickhouse_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/clickhouse_${part}_test.c)
endforeach()
foreach(part fetch logs traces)
  target_link_libraries(clickhouse_${part}_test PRIVATE Threads::Threads)
endforeach()
