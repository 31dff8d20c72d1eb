# SPDX-License-Identifier: Apache-2.0
foreach(part promql scan)
  caus_add_test(prometheus_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/prometheus_${part}_test.c)
endforeach()
caus_add_test(prometheus_fetch_test
              ${CMAKE_CURRENT_LIST_DIR}/prometheus_fetch_test.c
              ${CMAKE_CURRENT_LIST_DIR}/../http/loopback.c)
target_link_libraries(prometheus_fetch_test PRIVATE Threads::Threads)
