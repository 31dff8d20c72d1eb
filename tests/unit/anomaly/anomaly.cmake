# SPDX-License-Identifier: Apache-2.0
foreach(name detect onset forecast run_lengths forest)
  caus_add_test(anomaly_${name}_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.c
                ${CMAKE_CURRENT_LIST_DIR}/plant.c)
endforeach()
set_tests_properties(anomaly_detect_test PROPERTIES LABELS threads)
