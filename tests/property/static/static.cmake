# SPDX-License-Identifier: Apache-2.0
caus_add_test(static_property_test
              ${CMAKE_CURRENT_LIST_DIR}/static_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/truth.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
caus_add_test(score_property_test
              ${CMAKE_CURRENT_LIST_DIR}/score_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/endless.c
              ${CMAKE_CURRENT_LIST_DIR}/truth.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
caus_add_test(score_prior_property_test
              ${CMAKE_CURRENT_LIST_DIR}/score_prior_property_test.c
              ${CMAKE_CURRENT_LIST_DIR}/allowed.c
              ${CMAKE_CURRENT_LIST_DIR}/endless.c
              ${CMAKE_CURRENT_LIST_DIR}/truth.c
              ${PROJECT_SOURCE_DIR}/tests/oracle/structure/sem.c)
