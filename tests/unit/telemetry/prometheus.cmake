# SPDX-License-Identifier: Apache-2.0
foreach(part promql scan)
  caus_add_test(prometheus_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/prometheus_${part}_test.c)
endforeach()
