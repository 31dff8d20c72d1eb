# SPDX-License-Identifier: Apache-2.0
caus_add_test(dagma_oracle_test ${CMAKE_CURRENT_LIST_DIR}/dagma_oracle_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
target_link_libraries(dagma_oracle_test PRIVATE PkgConfig::JANSSON)
