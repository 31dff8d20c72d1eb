# SPDX-License-Identifier: Apache-2.0
caus_add_test(lpcmci_property_test
              ${CMAKE_CURRENT_LIST_DIR}/lpcmci_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/exact.c)
