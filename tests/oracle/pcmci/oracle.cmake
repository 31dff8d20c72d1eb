# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmci_oracle_test ${CMAKE_CURRENT_LIST_DIR}/pcmci_oracle_test.c)
target_link_libraries(pcmci_oracle_test PRIVATE PkgConfig::JANSSON)
