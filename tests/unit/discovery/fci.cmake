# SPDX-License-Identifier: Apache-2.0
caus_add_test(fci_test ${CMAKE_CURRENT_LIST_DIR}/fci_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
set_tests_properties(fci_test PROPERTIES LABELS threads)
