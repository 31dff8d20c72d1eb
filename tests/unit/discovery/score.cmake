# SPDX-License-Identifier: Apache-2.0
caus_add_test(score_test ${CMAKE_CURRENT_LIST_DIR}/score_test.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
