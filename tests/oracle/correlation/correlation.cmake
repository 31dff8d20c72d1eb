# SPDX-License-Identifier: Apache-2.0
caus_add_test(correlation_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/correlation_oracle_test.c)
target_link_libraries(correlation_oracle_test PRIVATE PkgConfig::JANSSON)
