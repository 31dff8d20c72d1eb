# SPDX-License-Identifier: Apache-2.0
caus_add_test(granger_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/granger_oracle_test.c)
target_link_libraries(granger_oracle_test PRIVATE PkgConfig::JANSSON)
