# SPDX-License-Identifier: Apache-2.0
foreach(part annotations facts survey)
  caus_add_test(${part}_test ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/../http/loopback.c)
  target_link_libraries(${part}_test PRIVATE Threads::Threads)
endforeach()
foreach(part hosts propose_metrics)
  caus_add_test(${part}_test ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c)
endforeach()
