# SPDX-License-Identifier: Apache-2.0
foreach(part bins fetch plan rows sql)
  caus_add_test(clickhouse_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/clickhouse_${part}_test.c)
endforeach()
target_link_libraries(clickhouse_fetch_test PRIVATE Threads::Threads)
