# SPDX-License-Identifier: Apache-2.0
caus_add_test(lingam_oracle_test
              ${CMAKE_CURRENT_LIST_DIR}/lingam_oracle_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
target_link_libraries(lingam_oracle_test PRIVATE PkgConfig::JANSSON)
