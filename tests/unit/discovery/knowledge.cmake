# SPDX-License-Identifier: Apache-2.0
caus_add_test(knowledge_test
              ${CMAKE_CURRENT_LIST_DIR}/knowledge_test.c)
caus_add_test(honoured_test
              ${CMAKE_CURRENT_LIST_DIR}/honoured_test.c)
caus_add_test(comparison_test
              ${CMAKE_CURRENT_LIST_DIR}/comparison_test.c)
caus_add_test(parents_test
              ${CMAKE_CURRENT_LIST_DIR}/parents_test.c)
