# SPDX-License-Identifier: Apache-2.0
caus_add_test(pcmciplus_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/pcmciplus_oracle_test.c)
target_link_libraries(pcmciplus_oracle_test PRIVATE PkgConfig::JANSSON)
