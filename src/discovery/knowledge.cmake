# SPDX-License-Identifier: Apache-2.0
target_sources(caus_discovery PRIVATE ${CMAKE_CURRENT_LIST_DIR}/knowledge.c
               ${CMAKE_CURRENT_LIST_DIR}/knowledge_names.c
               ${CMAKE_CURRENT_LIST_DIR}/lag_prior.c ${CMAKE_CURRENT_LIST_DIR}/parents.c
               ${CMAKE_CURRENT_LIST_DIR}/compare.c ${CMAKE_CURRENT_LIST_DIR}/knowledge_graph.c
               ${CMAKE_CURRENT_LIST_DIR}/stability.c)
