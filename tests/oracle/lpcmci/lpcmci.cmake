# SPDX-License-Identifier: Apache-2.0
caus_add_test(lpcmci_oracle_test ${CMAKE_CURRENT_LIST_DIR}/lpcmci_oracle_test.c)
target_link_libraries(lpcmci_oracle_test PRIVATE PkgConfig::JANSSON)
