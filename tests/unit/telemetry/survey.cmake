# SPDX-License-Identifier: Apache-2.0
caus_add_test(survey_test ${CMAKE_CURRENT_LIST_DIR}/survey_test.c
              ${CMAKE_CURRENT_LIST_DIR}/../http/loopback.c)
target_link_libraries(survey_test PRIVATE Threads::Threads)
