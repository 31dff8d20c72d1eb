# SPDX-License-Identifier: Apache-2.0
caus_add_test(lingam_test ${CMAKE_CURRENT_LIST_DIR}/lingam_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
