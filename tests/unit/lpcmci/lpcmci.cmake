# SPDX-License-Identifier: Apache-2.0
caus_add_test(lpcmci_test ${CMAKE_CURRENT_LIST_DIR}/lpcmci_test.c
              ${CMAKE_CURRENT_LIST_DIR}/../discovery/planted.c)
set_tests_properties(lpcmci_test PROPERTIES LABELS threads)
