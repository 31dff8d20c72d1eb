# SPDX-License-Identifier: Apache-2.0
caus_add_test(cmiknn_oracle_test ${CMAKE_CURRENT_LIST_DIR}/cmiknn_oracle_test.c
              ${PROJECT_SOURCE_DIR}/tests/unit/independence/cmiknn_ask.c)
target_link_libraries(cmiknn_oracle_test PRIVATE PkgConfig::JANSSON)
