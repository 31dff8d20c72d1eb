# SPDX-License-Identifier: Apache-2.0
foreach(name gram_search gram_sums)
  caus_add_test(${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/shards.c)
  set_tests_properties(${name}_test PROPERTIES LABELS threads)
endforeach()
