# SPDX-License-Identifier: Apache-2.0
foreach(part changes formats golden json links report sentence svg text utf8)
  caus_add_test(render_${part}_test
                ${CMAKE_CURRENT_LIST_DIR}/${part}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/answers.c)
endforeach()
foreach(part json links)
  target_link_libraries(render_${part}_test PRIVATE PkgConfig::JANSSON)
endforeach()
