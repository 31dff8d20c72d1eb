# SPDX-License-Identifier: Apache-2.0
caus_add_test(tests_linear_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/linear_oracle_test.c)
target_link_libraries(tests_linear_oracle_test PRIVATE PkgConfig::JANSSON)
