# SPDX-License-Identifier: Apache-2.0
foreach(name amount arena error json_writer map random run text)
  caus_add_test(${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c)
endforeach()
