# SPDX-License-Identifier: Apache-2.0
caus_add_test(lingam_property_test
              ${CMAKE_CURRENT_LIST_DIR}/lingam_property_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
set_tests_properties(lingam_property_test PROPERTIES LABELS threads)
