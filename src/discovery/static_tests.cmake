# SPDX-License-Identifier: Apache-2.0
# Static searches by any test of independence, and searches between vectors.
target_sources(caus_discovery PRIVATE ${CMAKE_CURRENT_LIST_DIR}/static_by.c
               ${CMAKE_CURRENT_LIST_DIR}/static_tests.c
               ${CMAKE_CURRENT_LIST_DIR}/vectors.c)
