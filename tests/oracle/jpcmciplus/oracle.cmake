# SPDX-License-Identifier: Apache-2.0
caus_add_test(jpcmciplus_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/jpcmciplus_oracle_test.c)
target_link_libraries(jpcmciplus_oracle_test PRIVATE PkgConfig::JANSSON)
